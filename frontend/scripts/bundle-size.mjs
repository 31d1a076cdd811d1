// Weighs what the browser must load before the first paint, compressed, and fails over the limit.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 300;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);

const scripts = new Set();
const styles = new Set();
const visit = (chunk) => {
  if (scripts.has(chunk.file)) return;
  scripts.add(chunk.file);
  for (const css of chunk.css ?? []) styles.add(css);
  for (const name of chunk.imports ?? []) visit(manifest[name]);
};
visit(entry);

const weigh = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0) /
  1000;
const js = weigh(scripts);
console.log(
  `initial JavaScript ${js.toFixed(1)} kB, styles ${weigh(styles).toFixed(1)} kB compressed (limit ${LIMIT_KB} kB)`,
);
if (js > LIMIT_KB) {
  console.error('The first load is too heavy: import the new part lazily.');
  process.exit(1);
}
