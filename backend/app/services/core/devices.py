"""What a browser says about itself, in plain words: "Firefox on Linux". A hint, never a proof."""

import re

from app.kernel.text import printable

_BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"Vivaldi/", "Vivaldi"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"CriOS/|HeadlessChrome/|Chrom(e|ium)/", "Chrome"),
    (r"Version/[\d.]+ .*Safari/", "Safari"),
    (r"^curl/", "curl"),
    (r"^[Pp]ython", "a Python program"),
    (r"^unity", "the unity command"),
)
_SYSTEMS = (
    (r"Android", "Android"),
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "macOS"),
    (r"Windows", "Windows"),
    (r"FreeBSD", "FreeBSD"),
    (r"Linux", "Linux"),
)
_LONGEST = 60


def device_name(user_agent: str) -> str:
    """Return the program and its system as people call them; what is unknown stays as it is."""
    program, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if program and system:
        return f"{program} on {system}"
    shown = printable(user_agent).strip()[:_LONGEST]
    return program or (f"a program on {system}" if system else shown) or "an unknown program"


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, text)), "")
