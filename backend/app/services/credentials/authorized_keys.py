"""Edits of an authorized_keys file as bytes: lines of others stay as they are, byte for byte.

Such files hold whatever people put there over the years: Windows line ends, a last line without
an end (to which a careless append glues the new key), other encodings, 100,000 lines.
"""

import uuid
from dataclasses import dataclass

_MARK = b"unity:"


@dataclass(frozen=True, slots=True)
class OwnLine:
    """The line that Unity writes for a key: its two words, and the comment by which it knows it."""

    public_key: str  # "algorithm base64"
    key_id: uuid.UUID
    version: int

    @property
    def blob(self) -> bytes:
        """The base64 word, which alone tells keys apart."""
        return self.public_key.split()[1].encode()

    @property
    def marker(self) -> bytes:
        """The comment."""
        return _MARK + f"{self.key_id}:{self.version}".encode()

    @property
    def text(self) -> bytes:
        """The line, without its end."""
        return self.public_key.encode() + b" " + self.marker


def holds(content: bytes, line: OwnLine) -> bool:
    """Tell whether any line, whoever wrote it, lets the key in."""
    return any(_is_for(one, line.blob) for one in content.splitlines())


def holds_own(content: bytes, line: OwnLine) -> bool:
    """Tell whether Unity's own line of the key is there."""
    return any(_is_own(one, line) for one in content.splitlines())


def append(content: bytes, line: OwnLine) -> bytes:
    """Add the line at the end, in the file's way of ending lines."""
    end = b"\r\n" if content.count(b"\r\n") * 2 > content.count(b"\n") else b"\n"
    glue = b"" if not content or content.endswith(b"\n") else end
    return content + glue + line.text + end


def without_own(content: bytes, line: OwnLine) -> bytes:
    """Remove exactly Unity's own lines of the key."""
    return b"".join(one for one in _lines(content) if not _is_own(one, line))


def _lines(content: bytes) -> list[bytes]:
    """Split after each line feed only; a lone carriage return belongs to its line."""
    parts = content.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _is_for(line: bytes, blob: bytes) -> bool:
    return not line.lstrip().startswith(b"#") and blob in line.split()


def _is_own(line: bytes, own: OwnLine) -> bool:
    """Compare key and mark: a person may have put the same key there, with other options."""
    words = line.split()
    mark = _MARK + str(own.key_id).encode() + b":"
    return _is_for(line, own.blob) and words[-1].startswith(mark)
