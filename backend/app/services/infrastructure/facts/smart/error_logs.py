"""The errors that a drive has logged itself, ATA's and NVMe's: in smartctl's JSON, and its text."""

import re
from collections.abc import Iterable, Iterator

from app.kernel.text import printable
from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.report import LoggedError

_MOST = 24
_MOST_READ = 256
# The standard's mark for a place that means nothing.
_NO_PLACE = 2**64 - 1
# The forms of smartctl's ataprint.cpp and nvmeprint.cpp, the same since 5.1 and 6.5. The extended
# log has its place in brackets, and two more columns.
_ERROR = re.compile(
    r"^Error (\d{1,9})(?: \[\d+\])? occurred at disk power-on lifetime: (\d{1,9}) hours",
    re.MULTILINE,
)
_REGISTERS = re.compile(
    r"^  ([0-9a-f]{2})(?: (?:[0-9a-f]{2}|--)){6,12}(?:  (\S.*))?$", re.MULTILINE
)
_COMMAND = re.compile(
    r"^  (?:[0-9a-f]{2} ){8,13} *(?:\d+d\+)?\d\d:\d\d:\d\d\.\d{3}  (\S.*)$", re.MULTILINE
)
_PLACE = re.compile(r" at LBA = 0x[0-9a-f]+ = (\d{1,20})")
_NVME_HEAD = re.compile(r"^Num +ErrCount +SQId .*$", re.MULTILINE)
_NVME_ROW = re.compile(r"^ *\d+ +(\d{1,20}) +\d+ +\S+ +(0x[0-9a-f]{4}) +\S+ +(\d{1,20}|-) ")
_LONGEST = 120
_LONGEST_ENTRY = 4096


def logged_errors(document: Node) -> list[LoggedError]:
    """Return the newest errors, the newest first."""
    return _newest([*_of_ata(document), *_of_nvme(document)])


def logged_errors_in_text(text: str) -> list[LoggedError]:
    """Return the same out of the text of versions that know no JSON."""
    return _newest([*_of_ata_text(text), *_of_nvme_text(text)])


def _newest(found: Iterable[LoggedError]) -> list[LoggedError]:
    return sorted(found, key=lambda one: one.number or 0, reverse=True)[:_MOST]


def _entries(log: Node) -> list[Node]:
    return list(log.at("table").items())[:_MOST_READ]


def _of_ata(document: Node) -> Iterator[LoggedError]:
    log = document.at("ata_smart_error_log")
    # Both logs tell of the same errors; the extended one has room for large addresses.
    entries = _entries(log.at("extended")) or _entries(log.at("summary"))
    for entry in entries:
        registers = entry.at("completion_registers")
        commands = list(entry.at("previous_commands").items())
        yield LoggedError(
            number=entry.at("error_number").count(),
            what=_what(entry.at("error_description").word(), registers.at("error").count()),
            command=commands[0].at("command_name").word() if commands else "",
            at_hours=entry.at("lifetime_hours").count(),
            lba=registers.at("lba").count(),
        )


def _of_nvme(document: Node) -> Iterator[LoggedError]:
    for entry in _entries(document.at("nvme_error_information_log")):
        status = entry.at("status_field")
        code = status.at("value").count()
        told = status.at("string").word()
        place = entry.at("lba", "value").count()
        yield LoggedError(
            number=entry.at("error_count").count(),
            what=told or (f"status {code:#06x}" if code is not None else "not told"),
            lba=None if place == _NO_PLACE else place,
        )


def _what(description: str, register: int | None) -> str:
    """Say what went wrong, without the place, which has a field of its own."""
    what = description.removeprefix("Error: ").partition(" at LBA")[0]
    return what or (f"error register {register:#04x}" if register is not None else "not told")


def _of_ata_text(text: str) -> Iterator[LoggedError]:
    _, *parts = _ERROR.split(text, maxsplit=_MOST_READ)
    for number, hours, rest in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        entry = rest[:_LONGEST_ENTRY]
        registers, command = _REGISTERS.search(entry), _COMMAND.search(entry)
        told = printable((registers[2] or "")[:_LONGEST]) if registers else ""
        place = _PLACE.search(told)
        yield LoggedError(
            number=int(number),
            what=_what(told, int(registers[1], 16) if registers else None),
            command=printable(command[1][:_LONGEST]).strip() if command else "",
            at_hours=int(hours),
            lba=int(place[1]) if place else None,
        )


def _of_nvme_text(text: str) -> Iterator[LoggedError]:
    head = _NVME_HEAD.search(text)
    if head is None:
        return
    rows = map(_NVME_ROW.match, text[head.end() + 1 :].splitlines()[:_MOST_READ])
    for row in rows:
        if row is None:
            return
        place = None if row[3] == "-" else int(row[3])
        yield LoggedError(
            number=int(row[1]),
            what=f"status {row[2]}",
            lba=None if place == _NO_PLACE else place,
        )
