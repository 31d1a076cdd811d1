"""The errors that a drive has logged itself, as smartctl's JSON tells them: ATA's and NVMe's."""

from collections.abc import Iterator

from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.report import LoggedError

_MOST = 24
_MOST_READ = 256
# The standard's mark for a place that means nothing.
_NO_PLACE = 2**64 - 1


def logged_errors(document: Node) -> list[LoggedError]:
    """Return the newest errors, the newest first."""
    found = [*_of_ata(document), *_of_nvme(document)]
    found.sort(key=lambda one: one.number or 0, reverse=True)
    return found[:_MOST]


def _entries(log: Node) -> list[Node]:
    return list(log.at("table").items())[:_MOST_READ]


def _of_ata(document: Node) -> Iterator[LoggedError]:
    log = document.at("ata_smart_error_log")
    # Both logs tell of the same errors; the extended one has room for large addresses.
    entries = _entries(log.at("extended")) or _entries(log.at("summary"))
    for entry in entries:
        registers = entry.at("completion_registers")
        commands = list(entry.at("previous_commands").items())
        what = entry.at("error_description").word().removeprefix("Error: ").partition(" at LBA")[0]
        error = registers.at("error").count()
        yield LoggedError(
            number=entry.at("error_number").count(),
            what=what or (f"error register {error:#04x}" if error is not None else "not told"),
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
