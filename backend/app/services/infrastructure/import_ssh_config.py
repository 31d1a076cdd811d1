"""Reads ~/.ssh/config as ssh_config(5) describes it: the first value of a keyword counts."""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.services.infrastructure.import_entry import ImportEntry, left_out

# For a stripped line: what may match in two ways would take the square of a long line's length.
_LINE = re.compile(r"([A-Za-z]+)(?:\s*=\s*|\s+)(.*)")
_KEYWORDS = ("hostname", "port", "user", "proxyjump")
_WILDCARDS = frozenset("*?!")


@dataclass(slots=True)
class _Block:
    """A `Host` block: its patterns and the values under it."""

    line: int
    patterns: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict)

    def matches(self, alias: str) -> bool:
        no = [one[1:] for one in self.patterns if one.startswith("!")]
        yes = [one for one in self.patterns if not one.startswith("!")]
        return any(fnmatch.fnmatchcase(alias, one) for one in yes) and not any(
            fnmatch.fnmatchcase(alias, one) for one in no
        )


def read_ssh_config(text: str) -> list[ImportEntry]:
    """Return one entry for each alias that is no pattern."""
    blocks, notes = _blocks(text)
    entries: list[ImportEntry] = notes
    seen: set[str] = set()
    for block in blocks:
        for alias in block.patterns:
            if _WILDCARDS & set(alias):
                if alias != "*":
                    note = "A pattern names no single machine; its values count for the others."
                    entries.append(left_out(block.line, alias, note))
            elif alias not in seen:
                seen.add(alias)
                entries.append(_entry(block.line, alias, blocks))
    return sorted(entries, key=lambda entry: entry.line)


def _blocks(text: str) -> tuple[list[_Block], list[ImportEntry]]:
    blocks = [_Block(0, ("*",))]
    notes: list[ImportEntry] = []
    current: _Block | None = blocks[0]
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.match(line.strip())
        if found is None or line.lstrip().startswith("#"):
            continue
        keyword, value = found[1].lower(), found[2]
        if keyword == "host":
            current = _Block(number, tuple(_words(value)))
            blocks.append(current)
        elif keyword == "match":
            current = None
            notes.append(left_out(number, f"Match {value}", "Match blocks are not read."))
        elif keyword == "include":
            note = "Include is not followed; paste the text of that file too."
            notes.append(left_out(number, f"Include {value}", note))
        elif current is not None and keyword in _KEYWORDS:
            current.values.setdefault(keyword, _unquoted(value))
    return blocks, notes


def _entry(line: int, alias: str, blocks: Sequence[_Block]) -> ImportEntry:
    values: dict[str, str] = {}
    for block in blocks:
        if block.matches(alias):
            for keyword, value in block.values.items():
                values.setdefault(keyword, value)
    entry = ImportEntry(
        line=line,
        name=alias,
        host=values.get("hostname", alias).replace("%h", alias),
        port=values.get("port", ""),
        username=values.get("user", ""),
    )
    jump = values.get("proxyjump", "none")
    if jump.lower() != "none":
        # `user@gate:22,inner`: the last one is the machine's own jump host.
        *before, last = jump.split(",")
        entry.jump = last.strip()
        if before:
            entry.note = f"Of the jump hosts {jump} only the last one is read."
    return entry


def _words(value: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', value)]


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
