"""What other tools' published rules say of the same report, re-implemented for comparison only.

They show where opinions differ; Unity's verdict does not depend on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.services.infrastructure.facts.smart.report import (
    Attribute,
    NvmeHealth,
    Protocol,
    ReadState,
    ScsiHealth,
    SmartReport,
)


class Opinion(StrEnum):
    """What another tool would show."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    NONE = "none"  # it has no rule for this drive


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """One tool's word, and what it stands on."""

    who: str
    opinion: Opinion
    why: str = ""


_BACKBLAZE_FIVE = (5, 187, 188, 197, 198)
_PULSE_HOT, _PULSE_WARM = 70, 60
# Scrutiny (webapp/backend/pkg/thresholds/ata_attribute_metadata.go, MIT): it calls failed where
# the drives in a bucket failed at 10 percent a year, or at 20 for an attribute that is not
# critical. Here are those buckets, joined: above the first number, up to the second.
_Ranges = tuple[tuple[int, int], ...]
_FAILED_BY_RAW: Mapping[int, _Ranges] = {
    5: ((16, 70_000),),
    10: ((1, 80),),
    11: ((1, 80),),
    183: ((2, 130),),
    187: ((0, 120),),
    188: ((100, 104 * 10**9),),
    189: ((30, 150),),
    196: ((11, 17), (27, 45)),
    197: ((1, 1600),),
    198: ((0, 16),),
    199: ((16, 35), (70, 130)),
}
_FAILED_BY_VALUE: Mapping[int, _Ranges] = {
    184: ((93, 94), (97, 99)),
    195: ((12, 24), (36, 48)),
}
_TIMEOUTS = 188
_SCSI_UNCORRECTED, _SCSI_GROWN, _USED_UP = 10, 40, 100


def second_opinions(report: SmartReport) -> tuple[SecondOpinion, ...]:
    """Return the opinions on a report that was read."""
    if report.state is not ReadState.READ:
        return ()
    return (_vendor(report), _backblaze(report), _pulse(report), _scrutiny(report))


def _raw(report: SmartReport) -> dict[int, int]:
    return {one.id: one.raw for one in report.attributes or [] if one.raw is not None}


def _vendor(report: SmartReport) -> SecondOpinion:
    if report.passed is None:
        return SecondOpinion("Drive", Opinion.NONE, "it did not say")
    return SecondOpinion("Drive", Opinion.PASSED if report.passed else Opinion.FAILED)


def _backblaze(report: SmartReport) -> SecondOpinion:
    if report.protocol is not Protocol.ATA:
        return SecondOpinion("Backblaze", Opinion.NONE, "published for SATA only")
    raw = _raw(report)
    above = [number for number in _BACKBLAZE_FIVE if raw.get(number)]
    return _opinion("Backblaze", Opinion.WARNING, above)


def _pulse(report: SmartReport) -> SecondOpinion:
    raw = _raw(report)
    grave = [number for number in (197, 198) if raw.get(number)]
    if report.passed is False or grave:
        return SecondOpinion("Pulse", Opinion.FAILED, _named(grave) or "status")
    hot = report.temperature.current or 0
    if raw.get(5) or hot >= _PULSE_WARM:
        return SecondOpinion("Pulse", Opinion.WARNING, "5" if raw.get(5) else f"{hot} °C")
    return SecondOpinion("Pulse", Opinion.PASSED)


def _scrutiny(report: SmartReport) -> SecondOpinion:
    if report.passed is not True:
        why = "status" if report.passed is False else "no status counts as failed"
        return SecondOpinion("Scrutiny", Opinion.FAILED, why)
    if report.protocol is Protocol.ATA:
        failed = [one.id for one in report.attributes or [] if _is_failed(one)]
        return _opinion("Scrutiny", Opinion.FAILED, failed)
    bad = [*_bad_of_nvme(report.nvme), *_bad_of_scsi(report.scsi)]
    return SecondOpinion("Scrutiny", Opinion.FAILED if bad else Opinion.PASSED, ", ".join(bad))


def _bad_of_nvme(log: NvmeHealth | None) -> Iterator[str]:
    if log is None:
        return
    if log.critical_warning:
        yield "warning"
    if log.media_errors:
        yield "media errors"
    if (log.percentage_used or 0) > _USED_UP:
        yield "wear"
    spare, threshold = log.available_spare, log.available_spare_threshold
    if spare is not None and threshold is not None and spare < threshold:
        yield "spare blocks"


def _bad_of_scsi(health: ScsiHealth | None) -> Iterator[str]:
    if health is None:
        return
    if (health.grown_defects or 0) > _SCSI_GROWN:
        yield "grown defects"
    counters = (row for row in health.counters if row.operation in ("read", "write"))
    if any((row.uncorrected or 0) > _SCSI_UNCORRECTED for row in counters):
        yield "uncorrected errors"


def _is_failed(attribute: Attribute) -> bool:
    if attribute.when_failed == "now":
        return True
    number, value = attribute.id, attribute.value
    if number in _FAILED_BY_VALUE:
        return value is not None and _lies_in(value, _FAILED_BY_VALUE[number])
    raw = _last_of_three(attribute) if number == _TIMEOUTS else attribute.raw
    # Above its last bucket it knows no rate, and only warns.
    return raw is not None and _lies_in(raw, _FAILED_BY_RAW.get(number, ()))


def _lies_in(number: int, ranges: _Ranges) -> bool:
    return any(low < number <= high for low, high in ranges)


def _last_of_three(attribute: Attribute) -> int | None:
    """Take Seagate's three counters apart, as Scrutiny does where they rise."""
    words = attribute.raw_text.split()
    if len(words) == 3 and all(word.isdecimal() for word in words):  # noqa: PLR2004 - three counters
        first, second, third = (int(word[:20]) for word in words)
        if first <= second <= third:
            return third
    return attribute.raw


def _opinion(who: str, bad: Opinion, ids: Sequence[int]) -> SecondOpinion:
    return SecondOpinion(who, bad if ids else Opinion.PASSED, _named(ids))


def _named(ids: Sequence[int]) -> str:
    return ", ".join(str(number) for number in ids)
