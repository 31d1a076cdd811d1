// Sets the colour scheme before the first paint. A file and not an inline script, so that the
// content security policy needs no exception.
(function () {
  var wish = null;
  try {
    wish = window.localStorage.getItem('unity-color-scheme');
  } catch {
    // Storage may be forbidden; then the system's scheme is used.
  }
  var dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
  var scheme = wish === 'light' || wish === 'dark' ? wish : dark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
