"""What is taken out of a text before it leaves: secrets always, addresses if that is wanted.

Tools choose what they tell field by field, so no secret should be here at all; this is for the ones
that people and machines write where nobody expects them, such as a note or a command line.
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import cache

from app.kernel.errors import JsonValue
from app.kernel.logging import MASK, clean_text, is_secret_name

_LONGEST_PLACE = 20  # of a placeholder, brackets included


@cache
def _secrets() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the forms of secrets, each bounded, so that no text takes long. Compiled when used."""
    names = (
        "pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    )
    named = rf"(?:{names})[\w-]{{0,20}}[\"']?\s{{0,3}}[=:]\s{{0,3}}"
    value = r"(?:\"[^\"\n]{1,500}\"|'[^'\n]{1,500}'|[^\s,;\"'}\]]{1,500})"
    forms = (
        (r"(?P<keep>://[^\s/:@]{0,100}:)[^\s/@]{1,200}(?=@)", r"\g<keep>" + MASK),
        (r"(?i)(?P<keep>\b(?:bearer|basic)\s{1,3})[\w.~+/=-]{8,4000}", r"\g<keep>" + MASK),
        (rf"(?i)(?P<keep>{named}){value}", r"\g<keep>" + MASK),
        (rf"(?i)(?P<keep>\s--?(?:{names})\s{{1,3}})\S{{1,500}}", r"\g<keep>" + MASK),
        (r"\beyJ[\w-]{5,4000}\.[\w-]{5,4000}\.[\w-]{5,4000}", MASK),  # a signed token (RFC 7519)
        (r"\$(?:1|2[aby]|5|6|7|y|argon2id?)\$[\w./$,=+-]{8,300}", MASK),  # a hashed password
        (r"\b(?:sk|pk|rk)-[\w-]{16,300}", MASK),
        (r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|tskey-|hf_|npm_)[\w-]{10,300}", MASK),
        (r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b", MASK),
        (r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,100}", MASK),
    )
    return tuple((re.compile(form), instead) for form, instead in forms)


@cache
def _addresses() -> tuple[re.Pattern[str], ...]:
    return (
        re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b"),  # e-mail
        re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])"),  # MAC
        re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.]*[\w])"),
        re.compile(r"(?i)(?<![\w.:])[0-9a-f:]{2,39}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:])"),
    )


class Redaction:
    """Redacts the texts of one conversation: the same address has the same placeholder in all."""

    def __init__(self, *, hides_addresses: bool) -> None:
        self._hides_addresses = hides_addresses
        self._places: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Return what may leave of a text."""
        text = clean_text(text)
        for form, instead in _secrets():
            text = form.sub(instead, text)
        if self._hides_addresses:
            for form in _addresses():
                text = form.sub(self._place, text)
        return text

    def value(self, value: JsonValue) -> JsonValue:
        """Return what may leave of a document: also the values of fields whose name says secret."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {
                self.text(name): MASK
                if is_secret_name(name)
                and isinstance(inner, str | int | float)
                and inner != ""
                and not isinstance(inner, bool)
                else self.value(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        return value

    def restored(self, text: str) -> str:
        """Put the addresses back, for the person's own eyes and for our own tools."""
        for address, place in self._places.items():
            text = text.replace(place, address)
        return text

    def _place(self, found: re.Match[str]) -> str:
        address = found[0]
        if not _is_address(address):
            return address
        return self._places.setdefault(address, f"[address-{len(self._places) + 1}]")


def _is_address(text: str) -> bool:
    if "@" in text or re.fullmatch(r"(?i)(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", text):
        return True
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified


class Restoring:
    """Puts addresses back into a text that comes in pieces, which may cut a placeholder in two."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._rest = ""

    def take(self, piece: str) -> str:
        """Take a piece; return what can be shown by now."""
        text = self._rest + piece
        opened = text.rfind("[")
        is_open = opened >= 0 and "]" not in text[opened:] and len(text) - opened < _LONGEST_PLACE
        self._rest = text[opened:] if is_open else ""
        return self._redaction.restored(text[:opened] if is_open else text)

    def rest(self) -> Iterator[str]:
        """Yield what is left at the end, if anything is."""
        if self._rest:
            yield self._redaction.restored(self._rest)
            self._rest = ""
