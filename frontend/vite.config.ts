// How the page is built and tested.
//
// Content security policy. The backend serves index.html and replaces two things in it:
//   __CSP_NONCE__  by a fresh nonce, the same as in the header
//                  `script-src 'self' 'nonce-…'; style-src 'self' 'nonce-…'`;
//   <base href="/"> by the base path, when Unity lives under one.
// There is no inline script. Mantine and the scroll lock under its dialogs do add <style> elements
// while running, so a nonce is needed for styles; see src/app/csp.ts. Style attributes set by React
// go through the CSSOM, which the policy allows.
//
// Built with relative addresses (`base: './'`): together with <base> the same files work at any path.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: './',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: 'dist',
    target: 'es2023',
    manifest: true,
    // Data addresses would need `img-src data:`; a file is as good.
    assetsInlineLimit: 0,
    // scripts/bundle-size.mjs weighs what counts: the first load, compressed.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    // The runbooks are read from the documentation beside this folder.
    fs: { allow: ['..'] },
    proxy: { '/api': { target: process.env.UNITY_URL ?? 'http://127.0.0.1:8484' } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    css: false,
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
