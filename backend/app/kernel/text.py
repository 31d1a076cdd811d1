"""Text from machines, made safe to show to a person."""

import re
import shlex
from collections.abc import Mapping

# ECMA-48 sequences, in their 7-bit (ESC) and 8-bit (C1) spellings: control sequences such as
# colours, then strings such as window titles, which end with BEL or ST, then all other escapes.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)


def printable(text: str) -> str:
    """Return the text on one line, without escape sequences, control and invisible characters.

    A terminal would obey the sequences, and invisible characters (those that change the writing
    direction, above all) make one name look like another. White space becomes a plain space.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " " if character.isspace() else ""
        for character in _ESCAPES.sub("", text)
    )


def in_command(name: str) -> str:
    """Return a name as a person types it in a command: quoted where a shell would read more in it.

    A name that is not known stays empty.
    """
    return shlex.quote(printable(name)) if name else ""


def headers_as_sent(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Spell HTTP headers in UTF-8, without spaces and line ends around their values.

    Raise `ValueError` for a value that no header can carry. It does not quote the value, which may
    be a secret; HTTP libraries do.
    """
    bare = {name: value.strip() for name, value in headers.items()}
    if any(one < " " or one == "\x7f" for value in bare.values() for one in value):
        raise ValueError("A header holds a line break or another control character.")
    return {name.encode(): value.encode("utf-8", "replace") for name, value in bare.items()}


def size_words(number: float) -> str:
    """Write bytes for people, with three digits and the binary units that pages show."""
    value, units = float(number), iter(("B", "KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    # What would be rounded to 1024 is one of the next unit.
    while abs(value) >= 1023.5 and unit != "PiB":  # noqa: PLR2004 - see above
        value, unit = value / 1024, next(units, "PiB")
    return f"{value:.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"  # noqa: PLR2004 - three digits either way
