"""The verdict on a drive: a pure function of its report and of what is remembered of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.services.infrastructure.facts.smart.report import (
    Attribute,
    Protocol,
    ReadState,
    SmartReport,
    is_remark,
    smartctl_name,
)
from app.services.infrastructure.storage.rules import (
    CRITICAL_BITS,
    LOOK,
    MMC,
    NVME,
    RANK,
    REPLACE,
    RULES,
    VENDOR,
    Level,
    Rule,
)
from app.services.infrastructure.storage.signals import (
    Signals,
    failed_places,
    failed_test,
    missing_parts,
    signals_of,
)

_NOT_READ_BITS = 0b111
_IMPLAUSIBLE = 2**32  # no counter of errors gets there while the drive still answers
_TEMPERATURES = frozenset({190, 194})
_HOTTEST = 150  # beyond it, the sensor is broken
_BYTE = 255
_SPARE_MARGIN = 10
_MMC_SPARE_USED = {2: 80, 3: 90}  # pre-EOL information: percent, at least
_MMC_URGENT = 90
_NOT_SAID = "a command to the drive failed"
_READABLE = "read failure"
# Where a drive states no limits of its own (Prometheus' rules 60/70, makers' data sheets).
_DISK_LIMITS, _FLASH_LIMITS = (55, 60), (70, 80)
_OWN_LIMITS = "The drive's own limits"
_TYPICAL_LIMITS = "Typical limits; this drive states none"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a drive; `value` is what an acknowledgement remembers."""

    code: str
    level: Level
    message: str
    value: int
    source: str
    fix: str = ""
    baseline: int | None = None
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class DeviceVerdict:
    """The level of what nobody has acknowledged, and all reasons, the worst first."""

    level: Level
    reasons: tuple[Reason, ...] = ()
    unknown: str = ""  # why it is not known to be well


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was seen before: at the first sight, and lately (oldest first)."""

    baseline: Mapping[str, int] = field(default_factory=dict)
    recent: Sequence[tuple[datetime, Mapping[str, int]]] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A person's own limits for one rule of one drive. None leaves the rule's own out."""

    is_ignored: bool = False
    watch: int | None = None
    warning: int | None = None
    failing: int | None = None

    def steps(self) -> tuple[tuple[int, Level], ...]:
        """Return the steps, the smallest first."""
        given = (
            (self.watch, Level.WATCH),
            (self.warning, Level.WARNING),
            (self.failing, Level.FAILING),
        )
        return tuple((limit, level) for limit, level in given if limit is not None)


@dataclass(frozen=True, slots=True)
class Said:
    """What people have said about a drive: acknowledged values and own limits, by rule."""

    acknowledged: Mapping[str, int] = field(default_factory=dict)
    overrides: Mapping[str, Override] = field(default_factory=dict)


NOTHING_REMEMBERED = Remembered()
NOTHING_SAID = Said()


def judge_drive(
    report: SmartReport,
    now: datetime,
    remembered: Remembered = NOTHING_REMEMBERED,
    said: Said = NOTHING_SAID,
) -> DeviceVerdict:
    """Say how a drive is, and why.

    What speaks against it counts even where the reading is incomplete; that nothing does counts
    only when everything was read. So missing data makes a drive neither well nor failing.
    """
    if report.state is not ReadState.READ:
        return DeviceVerdict(Level.UNKNOWN, unknown=report.detail or "It was not read.")
    signals = signals_of(report)
    found = [
        reason
        for reason in (
            *_by_rules(report, signals, now, remembered, said),
            *_by_vendor(report),
            *_by_nvme(report),
            *_by_mmc(report),
            *_by_temperature(report, said),
            *_by_self_test(report),
        )
        if not _is_ignored(reason, said)
    ]
    reasons = sorted(
        (_acknowledged(reason, said) for reason in found), key=lambda one: -RANK[one.level]
    )
    worst = max(
        (one.level for one in reasons if not one.is_acknowledged),
        key=RANK.__getitem__,
        default=Level.OK,
    )
    unknown = _why_unknown(report)
    if unknown and RANK[worst] < RANK[Level.UNKNOWN]:
        worst = Level.UNKNOWN
    return DeviceVerdict(worst, tuple(reasons), unknown)


def _is_ignored(reason: Reason, said: Said) -> bool:
    override = said.overrides.get(reason.code)
    return override is not None and override.is_ignored


def _acknowledged(reason: Reason, said: Said) -> Reason:
    known = said.acknowledged.get(reason.code)
    if known is None or reason.value > known:
        return reason
    return Reason(
        reason.code,
        reason.level,
        reason.message,
        reason.value,
        reason.source,
        reason.fix,
        reason.baseline,
        is_acknowledged=True,
    )


def _why_unknown(report: SmartReport) -> str:
    if (report.exit_status or 0) & _NOT_READ_BITS:
        said = next((one for one in report.messages if not is_remark(one)), _NOT_SAID)
        return f"smartctl could not read all of it: {said.rstrip('.')}."
    missing = list(dict.fromkeys(missing_parts(report)))
    return f"The drive did not tell {', '.join(missing[:4])}." if missing else ""


def _by_rules(
    report: SmartReport, signals: Signals, now: datetime, remembered: Remembered, said: Said
) -> Iterator[Reason]:
    kind = "ssd" if report.is_solid_state else "disk"
    name = smartctl_name(report.device, report.device_type)
    for rule in RULES:
        value = signals.get(rule.signal)
        if value is None or (rule.only and rule.only != kind):
            continue
        levels = [_by_steps(rule, value, said), *_by_growth(rule, value, now, remembered)]
        worst = max(levels, key=RANK.__getitem__)
        if worst is not Level.OK:
            yield _reason(rule, value, worst, remembered, name)


def _by_steps(rule: Rule, value: int, said: Said) -> Level:
    override = said.overrides.get(rule.code)
    steps = (override.steps() if override else ()) or rule.steps
    return max(
        (level for limit, level in steps if value >= limit),
        key=RANK.__getitem__,
        default=Level.OK,
    )


def _by_growth(rule: Rule, value: int, now: datetime, remembered: Remembered) -> Iterator[Level]:
    baseline = remembered.baseline.get(rule.signal)
    if rule.growth is not None and baseline is not None and value > baseline:
        yield rule.growth
    for rate in rule.rates:
        since = now - timedelta(days=rate.days)
        seen = [
            known[rule.signal]
            for at, known in remembered.recent
            if at >= since and rule.signal in known
        ]
        if seen and value - min(seen) >= rate.amount:
            yield rate.level


def _reason(rule: Rule, value: int, level: Level, remembered: Remembered, device: str) -> Reason:
    baseline = remembered.baseline.get(rule.signal)
    message = rule.what.format(value=value)
    if value >= _IMPLAUSIBLE:
        message += ", which cannot be true: the drive or a bridge garbles its answers"
    elif baseline is not None and value > baseline:
        message += f", {value - baseline} of them since it is watched"
    # What fails is not waited for, whatever the rule says of fewer.
    advice = REPLACE if level is Level.FAILING and rule.fix == LOOK else rule.fix
    fix = advice.format(device=device or "DEVICE")
    return Reason(rule.code, level, f"{message}.", value, rule.source, fix, baseline)


def _by_vendor(report: SmartReport) -> Iterator[Reason]:
    # NVMe drives say "failed" for whatever warning; which one it is counts, and is judged apart.
    is_explained = bool(report.nvme and report.nvme.critical_warning)
    if report.passed is False and not is_explained:
        yield Reason(
            "status_failed",
            Level.FAILING,
            "The drive says of itself that it fails.",
            1,
            VENDOR,
            "Save what lies on it now, and replace it.",
        )
    for attribute in report.attributes or []:
        level = _threshold_level(attribute)
        if level is not None:
            when = "is" if _is_below(attribute) else "was once"
            yield Reason(
                f"threshold_{attribute.id}",
                level,
                f"{attribute.name.replace('_', ' ')} {when} at or below the maker's threshold.",
                1,
                VENDOR,
                "The maker takes this for a failure: ask for a replacement under warranty."
                if level is Level.FAILING
                else "",
            )


def _is_below(attribute: Attribute) -> bool:
    if attribute.when_failed == "now":
        return True
    value, threshold = attribute.value, attribute.threshold
    # 0, 254 and 255 are no values but marks of the standard.
    return value is not None and bool(threshold) and 0 < value <= min(threshold or 0, _BYTE - 2)


def _threshold_level(attribute: Attribute) -> Level | None:
    is_temperature = attribute.id in _TEMPERATURES
    if _is_below(attribute):
        is_grave = attribute.is_prefailure is not False and not is_temperature
        return Level.FAILING if is_grave else Level.WARNING
    if attribute.when_failed == "past" and not is_temperature:
        return Level.WATCH
    return None


def _by_nvme(report: SmartReport) -> Iterator[Reason]:
    log = report.nvme
    if log is None:
        return
    warning = log.critical_warning or 0
    for bit, code, level, message in CRITICAL_BITS:
        if warning >> bit & 1 or (warning > _BYTE and bit == CRITICAL_BITS[-1][0]):
            fix = "Save what lies on it now, and replace it." if level is Level.FAILING else ""
            yield Reason(f"critical_{code}", level, f"{message}.", 1, NVME, fix)
    spare, threshold = log.available_spare, log.available_spare_threshold
    if spare == threshold == 0 and not log.percentage_used:
        # Emulated drives (QEMU, volumes of clouds) fill in none of the three.
        return
    if spare is None or threshold is None or spare >= 100:  # noqa: PLR2004 - all of it, in percent
        return
    if spare < threshold or spare <= threshold + _SPARE_MARGIN:
        is_low = spare < threshold
        yield Reason(
            "spare_blocks",
            Level.FAILING if is_low else Level.WARNING,
            f"{spare} % of the spare blocks are left; the drive's own limit is {threshold} %.",
            100 - spare,
            NVME,
            "Replace the drive; without spare blocks it can no longer write.",
        )


def _by_mmc(report: SmartReport) -> Iterator[Reason]:
    used = _MMC_SPARE_USED.get(report.mmc.pre_eol or 0) if report.mmc else None
    if used is not None:
        yield Reason(
            "spare_blocks",
            Level.FAILING if used >= _MMC_URGENT else Level.WARNING,
            f"{used} % of its spare blocks are used.",
            used,
            MMC,
            "Save what lies on it, and replace the chip or its board; without spare blocks it can"
            " no longer write.",
        )


def _by_temperature(report: SmartReport, said: Said) -> Iterator[Reason]:
    current = report.temperature.current
    if current is None:
        return
    limits, source = _limits(report)
    override = said.overrides.get("temperature")
    own = override.steps() if override else ()
    steps = own or ((limits[0], Level.WATCH), (limits[1], Level.WARNING))
    level = max(
        (level for limit, level in steps if current >= limit),
        key=RANK.__getitem__,
        default=Level.OK,
    )
    if level is Level.OK:
        return
    message = (
        f"It shows {current} °C, which cannot be true: its sensor is broken."
        if current > _HOTTEST
        else f"It is {current} °C hot; the limit is {steps[0][0]} °C."
    )
    fix = "Look at the fans, the dust and the room between the drives."
    yield Reason("temperature", level, message, current, source, fix)


def _limits(report: SmartReport) -> tuple[tuple[int, int], str]:
    """Return from where on it is warm and hot.

    The hot limit is never above the typical one by more than the drive asks for, and one that
    cannot be a limit (0, 255) is none.
    """
    typical = _FLASH_LIMITS if report.is_solid_state else _DISK_LIMITS
    stated = report.temperature
    warning = stated.warning_limit if _can_be_limit(stated.warning_limit) else None
    critical = stated.critical_limit if _can_be_limit(stated.critical_limit) else None
    if warning is None and critical is None:
        return typical, _TYPICAL_LIMITS
    hot = critical if critical is not None else (warning or 0) + 5
    warm = warning if warning is not None else hot - 5
    return (min(warm, hot), max(warm, hot)), _OWN_LIMITS


def _can_be_limit(limit: int | None) -> bool:
    return limit is not None and 30 <= limit <= 130  # noqa: PLR2004 - no drive is made for others


def _by_self_test(report: SmartReport) -> Iterator[Reason]:
    test = failed_test(report)
    if test is not None:
        detail = test.detail or "failed"
        is_readable = _READABLE in detail.lower()
        where = "" if test.lba is None else f", at sector {test.lba}"
        yield Reason(
            "self_test_failed",
            Level.WARNING if is_readable else Level.FAILING,
            f"A self-test of it failed: {detail}{where}.",
            max(1, failed_places(report)),
            "The drive's own self-test",
            "Check the backups, then replace the drive.",
        )


def protocol_name(protocol: Protocol) -> str:
    """Return how people write it."""
    return {Protocol.ATA: "SATA", Protocol.NVME: "NVMe", Protocol.SCSI: "SAS"}.get(protocol, "")
