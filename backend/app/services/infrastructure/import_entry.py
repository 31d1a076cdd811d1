"""One machine as a text names it, before anything is checked."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ImportEntry:
    """What a text says of one machine; `note` says why it is left out, when it is."""

    line: int
    name: str
    host: str = ""
    port: str = ""
    username: str = ""
    jump: str = ""
    groups: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    note: str = ""
    is_skipped: bool = False
    is_invalid: bool = False


def left_out(line: int, name: str, note: str) -> ImportEntry:
    """Return an entry that is only shown."""
    return ImportEntry(line=line, name=name, note=note, is_skipped=True)


def faulty(line: int, name: str, note: str) -> ImportEntry:
    """Return an entry that is a mistake in the text."""
    return ImportEntry(line=line, name=name, note=note, is_invalid=True)
