"""What the infrastructure watches for by itself: offline, degraded, a host key, a failed unit.

What can be told from a measurement, such as a file system that is nearly full, is a rule about
that measurement instead.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from app.kernel.text import in_command
from app.models.core.alert import Severity
from app.models.infrastructure.monitored_server import ServerStatus
from app.schemas.core.alert_rule import Threshold
from app.services.core.alerts.builtin import BuiltInRule
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.depth_conditions import depth_conditions
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.facts.units import FailedUnit, FailedUnits
from app.services.infrastructure.status import Verdict
from app.services.infrastructure.summary import filesystem_percent

DOMAIN = "infrastructure"
FULL_ABOVE, FULL_CLEARS_BELOW = 90.0, 88.0
_FULL_FIX = "See what fills it: `du -xh --max-depth=2 {subject} | sort -h`."

# One lost cycle is a reboot or a busy network; two in a row are worth a message.
OFFLINE = AlertType(
    kind="server_offline",
    domain=DOMAIN,
    title="{name} is offline",
    over="{name} is back online",
    severity=Severity.CRITICAL,
    for_samples=2,
    consequences="Nothing else can be known of it, or of what runs on it.",
    about="A server is offline",
    runbook="server-offline",
    source="Nagios and Checkmk: a state counts once it was seen again;"
    " awesome-prometheus-alerts: PrometheusTargetMissing",
)
HOST_KEY = AlertType(
    kind="host_key_changed",
    domain=DOMAIN,
    title="{name} answers with another host key",
    over="{name} answers with an approved host key",
    severity=Severity.CRITICAL,
    consequences="Unity does not log in until somebody has approved the key.",
    about="A server answers with another host key",
    runbook="host-key-changed",
    source="OpenSSH, ssh_config(5): StrictHostKeyChecking refuses a host whose key has changed",
)
DEGRADED = AlertType(
    kind="server_degraded",
    domain=DOMAIN,
    title="{name} is degraded",
    over="{name} is well again",
    for_samples=2,
    consequences="Some of its facts are missing or old.",
    about="A server is degraded",
    runbook="server-degraded",
    source="Unity's own: a fact that can be mended was missing twice in a row",
)
UNIT = AlertType(
    kind="unit_failed",
    domain=DOMAIN,
    title="{name}: {subject} has failed",
    over="{name}: {subject} no longer failed",
    consequences="The service does not run.",
    about="A systemd unit has failed",
    runbook="unit-failed",
    source="netdata, health.d/systemdunits.conf: a unit in the state failed",
)
TYPES: tuple[AlertType, ...] = (OFFLINE, HOST_KEY, DEGRADED, UNIT)

_FULL = Threshold(
    metric="unity_filesystem_used_percent",
    raise_level=FULL_ABOVE,
    clear_level=FULL_CLEARS_BELOW,
    unit="percent",
)
FILESYSTEM = BuiltInRule(
    key="filesystem_full",
    name="A file system is nearly full",
    domain=DOMAIN,
    severity=Severity.WARNING,
    definition=_FULL,
    title="{name}: {subject} is nearly full",
    over="{name}: {subject} has room",
    message="{subject} is {value} full.",
    fix=_FULL_FIX,
    runbook="filesystem-full",
    source="netdata, health.d/disks.conf: disk_space_usage, warns from 80 to 90 %",
)
# A rule of its own, because a hanging network mount must not end the alert of a local disk.
REMOTE_FILESYSTEM = BuiltInRule(
    key="remote_filesystem_full",
    name="A network file system is nearly full",
    domain=DOMAIN,
    severity=Severity.WARNING,
    definition=_FULL.model_copy(update={"metric": "unity_remote_filesystem_used_percent"}),
    title="{name}: {subject} is nearly full",
    over="{name}: {subject} has room",
    message="{subject} is {value} full.",
    fix=_FULL_FIX,
    runbook="filesystem-full",
    source="netdata, health.d/disks.conf: disk_space_usage, warns from 80 to 90 %",
)
RULES: tuple[BuiltInRule, ...] = (FILESYSTEM, REMOTE_FILESYSTEM)


def observe(
    server_id: uuid.UUID, name: str, verdict: Verdict, values: Mapping[str, BaseModel]
) -> Observation:
    """Say which conditions hold; a fact that was not read this time decides nothing."""
    found: dict[AlertType, Sequence[Condition]] = {}
    said = Condition(verdict.reason, fix=verdict.fix)
    match verdict.status:
        case ServerStatus.OFFLINE:
            # Whether its key is still another one is only known when it answers.
            if verdict.kind == "host_key_changed":
                found[HOST_KEY] = [said]
            # Whether its facts are well cannot be known now, so "degraded" stays as it was.
            found[OFFLINE] = [said]
        case ServerStatus.DEGRADED:
            found[OFFLINE], found[HOST_KEY], found[DEGRADED] = [], [], [said]
        case ServerStatus.ONLINE:
            found[OFFLINE], found[HOST_KEY], found[DEGRADED] = [], [], []
        case _:
            pass
    for value in values.values():
        if isinstance(value, FailedUnits):
            found[UNIT] = failed_units(value)
    found.update(depth_conditions(values))
    return Observation(server_id, name, found)


def problems(values: Mapping[str, BaseModel]) -> Iterator[Condition]:
    """Yield what the values alone show to be wrong, by the first values of the rules."""
    for value in values.values():
        match value:
            case Filesystems():
                yield from _full(value)
            case FailedUnits():
                yield from failed_units(value)
            case _:
                pass


def failed_units(value: FailedUnits) -> list[Condition]:
    """Return a condition for each unit that has failed."""
    return [_failed(unit) for unit in value.units]


def _failed(unit: FailedUnit) -> Condition:
    name = in_command(unit.name)
    return Condition(
        f"The unit {unit.name} has failed: {unit.description or unit.state}.",
        subject=unit.name,
        fix=f"See why: `systemctl status {name}`, `journalctl -u {name} -n 50`.",
    )


def _full(value: Filesystems) -> Iterator[Condition]:
    for one in value.filesystems:
        percent = filesystem_percent(one.used_bytes, one.available_bytes)
        if percent is not None and percent > FULL_ABOVE and one.size_bytes > 0:
            yield Condition(
                f"{one.mountpoint} is {percent:.0f} % full.",
                subject=one.mountpoint,
                fix=_FULL_FIX.format(subject=in_command(one.mountpoint)),
            )
