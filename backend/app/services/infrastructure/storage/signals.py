"""The numbers of a report that the rules judge; all of them grow as things get worse."""

import re
from collections.abc import Iterator

from app.services.infrastructure.facts.smart.report import (
    Attribute,
    Protocol,
    SelfTest,
    SelfTestOutcome,
    SmartReport,
)
from app.services.infrastructure.storage.vendor_names import (
    COUNTERS,
    LBA_WRITTEN,
    LEFT_BY_NAME,
    LEFT_BY_VALUE,
    NO_WEAR,
    SAME_IN_ALL_DISKS,
    UNITS_WRITTEN,
)

_PACKED_FROM = 1 << 16
_DATA_UNIT = 512_000  # bytes; NVMe counts in thousands of 512
_HUNDRED = 100
_MOST_YEARS_IN_HOURS = 60 * 24 * 366
Signals = dict[str, int]


def signals_of(report: SmartReport) -> Signals:
    """Return the counters by name; a counter that the drive does not have is not in it."""
    found: Signals = {}
    found.update(_of_ata(report))
    found.update(_of_nvme(report))
    found.update(_of_scsi(report))
    wear = wear_percent(report)
    if wear is not None:
        found["wear"] = wear
    if report.temperature.current is not None:
        found["temperature"] = report.temperature.current
    return found


def attribute_signal(attribute: Attribute, *, has_platters: bool) -> str:
    """Name the signal that this attribute stands for, if any."""
    number = attribute.id
    is_known = (
        has_platters
        and number in SAME_IN_ALL_DISKS
        and attribute.name in ("", "Unknown_Attribute", "Unknown_HDD_Attribute")
    )
    for signal, named in COUNTERS.items():
        if number in named.ids and attribute.name in named.names:
            return signal
        if is_known and number == named.ids[0]:
            return signal
    return ""


def attribute_count(attribute: Attribute) -> int | None:
    """Return the count in a raw value.

    smartctl prints counters that share one raw value apart ("12 12 12"); the largest counts.
    """
    words = attribute.raw_text.split()
    if len(words) > 1 and all(word.isdecimal() and word.isascii() for word in words):
        return max(int(word[:20]) for word in words)
    leading = re.match(r"(\d{1,39})(?![\d/:])", attribute.raw_text)
    # The text is what smartctl made of the bytes for this very drive; the number has them all.
    shown = int(leading[1]) if leading else None
    if attribute.raw is None:
        return shown
    return attribute.raw if shown is None else max(shown, attribute.raw) if not words[1:] else shown


def _of_ata(report: SmartReport) -> Signals:
    """Return the largest count of each thing: some drives count it under two ids."""
    found: Signals = {}
    for signal, count in _counts(report):
        found[signal] = max(count, found.get(signal, 0))
    return found


def _counts(report: SmartReport) -> Iterator[tuple[str, int]]:
    has_platters = not report.is_solid_state
    for attribute in report.attributes or []:
        signal = attribute_signal(attribute, has_platters=has_platters)
        count = attribute_count(attribute) if signal else None
        if count is not None:
            is_packed = signal == "command_timeouts" and _is_seagate(report)
            yield signal, _unpacked(count) if is_packed else count
    for statistic in report.statistics:
        signal = _STATISTICS.get((statistic.page, statistic.offset), "")
        if signal:
            yield signal, statistic.value


def _is_seagate(report: SmartReport) -> bool:
    return report.model.startswith("ST") or "seagate" in f"{report.family} {report.model}".lower()


def _unpacked(count: int) -> int:
    """Return the first of the three counters of 16 bits that Seagate packs into 188.

    They are all timeouts, those over 5 and those over 7.5 seconds, so none is larger than the one
    before it: 51540393996 is 12, 12 and 12. What does not look so is left as it is.
    """
    words = (count & 0xFFFF, count >> 16 & 0xFFFF, count >> 32 & 0xFFFF)
    is_packed = _PACKED_FROM <= count < 1 << 48 and words[0] >= words[1] >= words[2]
    return words[0] if is_packed else count


# ACS-4, device statistics: page and offset. Firmware fills some of them with nonsense, so the
# rules never let them do more than ask for attention.
_STATISTICS = {
    (3, 32): "statistic_reallocated",
    (4, 8): "statistic_uncorrectable",
}


def _of_nvme(report: SmartReport) -> Iterator[tuple[str, int]]:
    log = report.nvme
    if log is None:
        return
    if log.critical_warning is not None:
        yield "critical_warning", log.critical_warning
    if log.media_errors is not None:
        yield "media_errors", log.media_errors
    if log.unsafe_shutdowns is not None:
        yield "unsafe_shutdowns", log.unsafe_shutdowns
    if log.available_spare is not None:
        yield "spare_used", max(0, _HUNDRED - log.available_spare)


def _of_scsi(report: SmartReport) -> Iterator[tuple[str, int]]:
    health = report.scsi
    if health is None:
        return
    if health.grown_defects is not None:
        yield "grown_defects", health.grown_defects
    if health.pending_defects is not None:
        yield "pending_defects", health.pending_defects
    known = [row.uncorrected for row in health.counters if row.uncorrected is not None]
    if known:
        yield "uncorrected", sum(known)


def wear_percent(report: SmartReport) -> int | None:
    """Return how much of the rated endurance is used; it may be more than 100."""
    known = [
        value
        for value in (
            report.nvme.percentage_used if report.nvme else None,
            report.scsi.endurance_used_percent if report.scsi else None,
            report.mmc.life_used_percent if report.mmc else None,
            report.endurance_used_percent,
            *(one.value for one in report.statistics if (one.page, one.offset) == (7, 8)),
        )
        if value is not None
    ]
    if known:
        return max(known)
    if not report.is_solid_state:
        return None
    left = [found for one in report.attributes or [] if (found := _left(one)) is not None]
    return _HUNDRED - min(left) if left else None


def _left(attribute: Attribute) -> int | None:
    """Return how much of its life an attribute says to be left, in percent."""
    value, raw = attribute.value, attribute.raw
    if (attribute.id, attribute.name) in NO_WEAR:
        return None
    if attribute.name in LEFT_BY_NAME and not value and raw is not None:
        return raw if raw <= _HUNDRED else None
    is_told = attribute.name in LEFT_BY_NAME or attribute.name in LEFT_BY_VALUE
    return value if is_told and value is not None and value <= _HUNDRED else None


def written_bytes(report: SmartReport) -> int | None:
    """Return how much was written in the life of the drive."""
    if report.nvme and report.nvme.data_units_written is not None:
        return report.nvme.data_units_written * _DATA_UNIT
    for one in report.statistics:
        if (one.page, one.offset) == (1, 24):
            return one.value * (report.logical_block_bytes or 512)
    for attribute in report.attributes or []:
        raw = attribute.raw
        if raw is not None and attribute.name == LBA_WRITTEN:
            return raw * (report.logical_block_bytes or 512)
        if raw is not None and attribute.name in UNITS_WRITTEN:
            return raw * UNITS_WRITTEN[attribute.name]
    for row in report.scsi.counters if report.scsi else ():
        if row.operation == "write" and row.gigabytes is not None:
            return int(row.gigabytes * 1e9)
    return None


def power_on_hours(report: SmartReport) -> int | None:
    """Return the hours, unless they are more than a drive can have."""
    hours = report.power_on_hours
    return hours if hours is not None and hours < _MOST_YEARS_IN_HOURS else None


def failed_test(report: SmartReport) -> SelfTest | None:
    """Return the newest failed self-test that no pass has overtaken since.

    A short test reads next to nothing of a drive, so its pass takes back nothing of what a long
    one found. smartctl counts so too.
    """
    overtaken = 0
    for test in report.self_tests or []:
        if test.outcome is SelfTestOutcome.PASSED:
            overtaken = max(overtaken, _depth(test))
        elif test.outcome is SelfTestOutcome.FAILED and _depth(test) > overtaken:
            return test
    return None


def failed_places(report: SmartReport) -> int:
    """Return at how many different places self-tests failed."""
    tests = report.self_tests or []
    failed = [test for test in tests if test.outcome is SelfTestOutcome.FAILED]
    return len({(test.lba, test.detail) for test in failed})


def _depth(test: SelfTest) -> int:
    kind = test.kind.lower()
    return 2 if "extended" in kind or "long" in kind else 1


def missing_parts(report: SmartReport) -> list[str]:
    """Name what a healthy drive of its kind would have told, and this one did not."""
    if report.protocol is Protocol.MMC:
        return list(_missing_of_mmc(report))
    missing = [] if report.passed is not None else ["its own status"]
    if report.is_guessed:
        missing.append("its own status")
    match report.protocol:
        case Protocol.ATA:
            missing += [] if report.attributes else ["its attributes"]
            missing += _broken_attributes(report)
        case Protocol.NVME:
            missing += _missing_of_nvme(report)
        case Protocol.SCSI:
            is_told = report.scsi is not None and (
                report.scsi.grown_defects is not None or report.scsi.counters
            )
            missing += [] if is_told else ["its error counters"]
        case Protocol.UNKNOWN:
            missing.append("what kind of drive it is")
    return missing


def _broken_attributes(report: SmartReport) -> Iterator[str]:
    has_platters = not report.is_solid_state
    for one in report.attributes or []:
        signal = attribute_signal(one, has_platters=has_platters)
        if signal and attribute_count(one) is None:
            yield f"attribute {one.id}"


def _missing_of_mmc(report: SmartReport) -> Iterator[str]:
    if report.mmc is None or report.mmc.life_used_percent is None:
        yield "how much of its life is used"
    if report.mmc is None or report.mmc.pre_eol is None:
        yield "the state of its spare blocks"


def _missing_of_nvme(report: SmartReport) -> Iterator[str]:
    log = report.nvme
    if log is None:
        yield "its health log"
        return
    for name in (
        "critical_warning",
        "available_spare",
        "available_spare_threshold",
        "percentage_used",
        "media_errors",
    ):
        if getattr(log, name) is None:
            yield name.replace("_", " ")
