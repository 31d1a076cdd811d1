/** Where Unity lives: "" at the root of its host, "/unity" under a base path. Set by <base> in index.html. */
export const basePath = new URL('.', document.baseURI).pathname.replace(/\/$/, '');
