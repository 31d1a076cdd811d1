"""The ATA parts of smartctl's JSON."""

from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.report import (
    Attribute,
    SelfTest,
    SelfTestOutcome,
    Statistic,
)

_MOST_ROWS = 256
_MOST_STATISTICS = 400
_BY_NIBBLE = {
    1: SelfTestOutcome.ABORTED,
    2: SelfTestOutcome.INTERRUPTED,
    15: SelfTestOutcome.RUNNING,
}
_BYTE = 255


def attributes(document: Node) -> list[Attribute] | None:
    """Return the table, or None where the drive gave none."""
    table = document.at("ata_smart_attributes", "table")
    if not isinstance(table.value, list):
        return None
    return [row for entry in list(table.items())[:_MOST_ROWS] if (row := _attribute(entry))]


def _attribute(entry: Node) -> Attribute | None:
    number = entry.at("id").count()
    if number is None or number > _BYTE:
        return None
    return Attribute(
        id=number,
        name=entry.at("name").word(),
        value=entry.at("value").count(),
        worst=entry.at("worst").count(),
        threshold=entry.at("thresh").count(),
        raw=entry.at("raw", "value").count(),
        raw_text=entry.at("raw", "string").word(),
        when_failed=_when_failed(entry.at("when_failed").word()),
        is_prefailure=entry.at("flags", "prefailure").flag(),
    )


def _when_failed(text: str) -> str:
    word = text.lower().replace("-", "_")
    if "now" in word:
        return "now"
    return "past" if "past" in word else ""


def self_tests(document: Node) -> list[SelfTest] | None:
    """Return the log, the newest test first; it stands in one of two places."""
    log = document.at("ata_smart_self_test_log")
    for name in ("extended", "standard"):
        part = log.at(name)
        if part.names():
            return [_self_test(entry) for entry in list(part.at("table").items())[:_MOST_ROWS]]
    return None


def _self_test(entry: Node) -> SelfTest:
    status = entry.at("status")
    return SelfTest(
        kind=entry.at("type", "string").word(),
        outcome=_outcome(status),
        detail=status.at("string").word(),
        at_hours=entry.at("lifetime_hours").count(),
        lba=entry.at("lba").count(),
    )


def _outcome(status: Node) -> SelfTestOutcome:
    """Take only a plain `false` for a failure: it is absent for tests that did not end."""
    passed = status.at("passed").flag()
    if passed is not None:
        return SelfTestOutcome.PASSED if passed else SelfTestOutcome.FAILED
    return _BY_NIBBLE.get((status.at("value").count() or 0) >> 4, SelfTestOutcome.UNKNOWN)


def running_percent(document: Node) -> int | None:
    """Return how much of a running self-test is left."""
    status = document.at("ata_smart_data", "self_test", "status")
    left = status.at("remaining_percent").count()
    return left if left is not None and (status.at("value").count() or 0) >> 4 == 15 else None  # noqa: PLR2004 - ACS: "in progress"


def error_log_count(document: Node) -> int | None:
    """Return how many errors the drive has logged in its life."""
    log = document.at("ata_smart_error_log")
    for name in ("extended", "summary"):
        count = log.at(name, "count").count()
        if count is not None:
            return count
    return None


def statistics(document: Node) -> list[Statistic]:
    """Return the device statistics that the drive declares valid."""
    found: list[Statistic] = []
    for page in document.at("ata_device_statistics", "pages").items():
        number = page.at("number").count()
        for entry in page.at("table").items():
            offset, value = entry.at("offset").count(), entry.at("value").count()
            is_valid = entry.at("flags", "valid").flag() is not False
            if number is None or offset is None or value is None or not is_valid:
                continue
            if len(found) >= _MOST_STATISTICS:
                return found
            found.append(
                Statistic(
                    page=number,
                    offset=offset,
                    name=entry.at("name").word(),
                    value=value,
                    is_normalized=entry.at("flags", "normalized").flag() is True,
                )
            )
    return found
