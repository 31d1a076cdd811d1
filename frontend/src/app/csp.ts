// The nonce that index.html got from the server. Mantine's style elements carry it, and so do those of
// the scroll lock under its dialogs, which reads webpack's name for it.
const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');

export function styleNonce(): string {
  return meta?.nonce ?? '';
}

export function shareNonce(): void {
  if (meta?.nonce) Object.assign(globalThis, { __webpack_nonce__: meta.nonce });
}
