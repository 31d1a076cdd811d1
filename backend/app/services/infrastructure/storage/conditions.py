"""What is wrong with a drive, as the alert engine takes it: a pure function of its row."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.kernel.text import in_command
from app.models.core.alert import Severity
from app.models.infrastructure.storage_device import DeviceState
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.status import spoken
from app.services.infrastructure.storage.rules import RANK, Level
from app.services.infrastructure.storage.verdicts import Reason

_DOMAIN = "infrastructure"
HEALTH = AlertType(
    kind="drive_health",
    domain=_DOMAIN,
    title="{name} is not well",
    over="{name} is well again",
    severity=Severity.WARNING,
    runbook="drives",
    consequences="What lies on it may be lost.",
    about="A drive fails, or shows signs that it will",
    source="Backblaze's failure statistics, the NVM Express specification and the makers' own"
    " thresholds; each reason names its own",
)
HEAT = AlertType(
    kind="drive_hot",
    domain=_DOMAIN,
    title="{name} is too hot",
    over="{name} has cooled down",
    runbook="drives",
    consequences="Heat shortens its life, and makes it slow.",
    about="A drive is hotter than its limit",
    source="the drive's own limits; each reason names its source",
)
CABLE = AlertType(
    kind="drive_cable",
    domain=_DOMAIN,
    title="{name}: data is damaged on the way to the drive",
    over="{name}: the way to the drive is good again",
    runbook="drives",
    consequences="The machine becomes slow, or loses the drive.",
    about="A cable, slot or power supply damages data on its way",
    source="Checkmk: the counter grew since the drive was discovered",
)
WORN = AlertType(
    kind="drive_worn",
    domain=_DOMAIN,
    title="{name} is nearly worn out",
    over="{name} is not worn out",
    runbook="drives",
    consequences="Its maker no longer promises that it keeps data.",
    about="A solid state drive has used up its rated endurance",
    source="NVM Express base specification: 100 percent is the endurance that the maker rates",
)
GONE = AlertType(
    kind="drive_gone",
    domain=_DOMAIN,
    title="{name} is gone",
    over="{name} is there again",
    runbook="drives",
    consequences="A pool or array that it belongs to has lost its redundancy.",
    about="A drive that was there is not listed any more",
    source="mdadm and TrueNAS tell of a lost member at once; a reboot or a cable that is moved"
    " takes 15 minutes",
)
UNREADABLE = AlertType(
    kind="drive_unreadable",
    domain=_DOMAIN,
    title="{name} cannot be judged",
    over="{name} can be judged again",
    severity=Severity.INFO,
    runbook="drives",
    consequences="Nobody would notice that it fails.",
    about="The health of a drive cannot be read",
    source="Unity's own: eight readings in a row, six hours apart",
)
TYPES: tuple[AlertType, ...] = (HEALTH, HEAT, CABLE, WORN, GONE, UNREADABLE)

_OF_CODE = {
    "temperature": HEAT,
    "critical_temperature_flag": HEAT,
    "crc_errors_grow": CABLE,
    "command_timeouts": CABLE,
    "worn": WORN,
}
_SEVERITY = {
    Level.WATCH: Severity.INFO,
    Level.WARNING: Severity.WARNING,
    Level.FAILING: Severity.CRITICAL,
}
# A drive without SMART is no fault, and one that sleeps will wake.
_FAULTS = frozenset(
    {ReadState.NO_RIGHT, ReadState.NOT_OPENED, ReadState.TIMED_OUT, ReadState.UNPARSABLE}
)
_FIXES = {
    ReadState.NO_RIGHT: "Test the connection of its server: it shows the sudoers lines that are"
    " missing.",
    ReadState.NOT_OPENED: "Run the command by hand on the machine: `smartctl -x {path}`.",
    ReadState.TIMED_OUT: "A drive that does not answer is often about to fail. Look into the"
    " kernel's log: `journalctl -k | grep -i -e ata -e nvme`.",
    ReadState.UNPARSABLE: "Update smartmontools on the machine.",
}
_UNKNOWN_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class DriveView:
    """What there is to say of one drive now."""

    id: uuid.UUID
    name: str
    state: DeviceState
    read_state: ReadState | None
    read_detail: str
    path: str
    place: str  # the name in the machine
    missing_since: datetime | None
    read_at: datetime | None
    reasons: Sequence[Reason] = ()
    is_listed_only: bool = False  # the machine was asked which drives it has, and no more
    is_member: bool = False  # something stands on it


def observe_drive(view: DriveView, now: datetime) -> Observation:
    """Say which conditions hold; what was not read this time decides nothing."""
    found: dict[AlertType, Sequence[Condition]] = {GONE: _gone(view, now)}
    if view.state is DeviceState.RETIRED:
        return Observation(view.id, view.name, dict.fromkeys(TYPES, ()))
    if view.state is not DeviceState.PRESENT or view.is_listed_only:
        return Observation(view.id, view.name, found)
    found[UNREADABLE] = _unreadable(view, now)
    if view.read_state is ReadState.READ:
        for alert_type in (HEALTH, HEAT, CABLE, WORN):
            found[alert_type] = _of_type(alert_type, view)
    return Observation(view.id, view.name, found)


def _gone(view: DriveView, now: datetime) -> list[Condition]:
    # What an array has lost is no cable that somebody moves: nobody waits for it to come back.
    if view.state is not DeviceState.GONE and not (
        view.state is DeviceState.MISSING and view.is_member
    ):
        return []
    age = now - (view.missing_since or now)
    lost = (
        f"{view.place} has not been listed for {spoken(age)}."
        if age
        else f"{view.place} is not listed any more, and something stands on it."
    )
    return [
        Condition(
            lost,
            severity=Severity.CRITICAL,
            fix="Look at its cable and power. If it was taken out on purpose, retire it in Unity.",
        )
    ]


def _unreadable(view: DriveView, now: datetime) -> list[Condition]:
    if view.read_state not in _FAULTS:
        return []
    # A drive that was read lately has a verdict still; one failed attempt is no news.
    if view.read_at is not None and now - view.read_at < _UNKNOWN_AFTER:
        return []
    fix = _FIXES[view.read_state].format(path=in_command(view.path))
    return [Condition(view.read_detail or "It could not be read.", fix=fix)]


def _of_type(alert_type: AlertType, view: DriveView) -> list[Condition]:
    """Make one condition of all reasons of a kind: a drive that fails is one incident."""
    reasons = [
        reason
        for reason in view.reasons
        if not reason.is_acknowledged and _OF_CODE.get(reason.code, HEALTH) is alert_type
    ]
    if not reasons:
        return []
    worst = max(reasons, key=lambda reason: RANK[reason.level])
    return [
        Condition(
            worst.message,
            fix=worst.fix,
            severity=_SEVERITY[worst.level],
            value=float(worst.value),
            reasons=tuple(reason.message for reason in reasons),
            labels=(("code", worst.code), ("place", view.place)),
        )
    ]
