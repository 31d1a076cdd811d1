"""What other tools' published rules say of the same report, re-implemented for comparison only.

They show where opinions differ; Unity's verdict does not depend on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.services.infrastructure.facts.smart.report import (
    Attribute,
    Protocol,
    ReadState,
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
# Scrutiny's buckets of annual failure rates: an attribute, and from (exclusive) to (inclusive).
_Buckets = tuple[tuple[int, int, float], ...]
_CRITICAL: dict[int, _Buckets] = {
    5: ((0, 0, 0.025), (0, 1, 0.027), (1, 4, 0.075), (4, 16, 0.075), (16, 70, 0.236),
        (70, 260, 0.363), (260, 1100, 0.573)),
    10: ((0, 0, 0.055), (0, 80, 0.565)),
    187: ((0, 0, 0.028), (0, 1, 0.339), (1, 22, 0.24), (22, 65, 0.83), (65, 120, 1.62)),
    196: ((0, 0, 0.007), (0, 11, 0.12), (11, 17, 0.17)),
    197: ((0, 0, 0.026), (0, 1, 0.34), (1, 2, 0.34), (2, 6, 0.68)),
    198: ((0, 0, 0.029), (0, 16, 0.81)),
}  # fmt: skip
_FAILED_AT = 0.10


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
        return SecondOpinion("Scrutiny", Opinion.FAILED, "no status counts as failed")
    if report.protocol is Protocol.NVME:
        log = report.nvme
        bad = [
            name
            for name, is_bad in (
                ("media errors", bool(log and log.media_errors)),
                ("warning", bool(log and log.critical_warning)),
            )
            if is_bad
        ]
        return SecondOpinion("Scrutiny", Opinion.FAILED if bad else Opinion.PASSED, ", ".join(bad))
    if report.protocol is Protocol.SCSI:
        rows = report.scsi.counters if report.scsi else []
        is_bad = any(row.uncorrected or row.corrected_by_retries for row in rows)
        grown = bool(report.scsi and report.scsi.grown_defects)
        return SecondOpinion("Scrutiny", Opinion.FAILED if is_bad or grown else Opinion.PASSED)
    failed = [one.id for one in report.attributes or [] if _is_failed(one)]
    return _opinion("Scrutiny", Opinion.FAILED, failed)


def _is_failed(attribute: Attribute) -> bool:
    buckets = _CRITICAL.get(attribute.id)
    if buckets is None or attribute.raw is None:
        return False
    for low, high, rate in buckets:
        if low < attribute.raw <= high or attribute.raw == low == high:
            return rate >= _FAILED_AT
    return False  # above its last bucket Scrutiny knows no rate, and only warns


def _opinion(who: str, bad: Opinion, ids: Sequence[int]) -> SecondOpinion:
    return SecondOpinion(who, bad if ids else Opinion.PASSED, _named(ids))


def _named(ids: Sequence[int]) -> str:
    return ", ".join(str(number) for number in ids)
