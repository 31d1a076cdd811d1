"""The built-in conditions: offline, degraded, a filesystem nearly full, a failed unit."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel

from app.models.infrastructure.monitored_server import ServerStatus
from app.services.core.alarms import Condition, Observation, Rule
from app.services.infrastructure.facts.filesystems import Filesystems, FilesystemsFact
from app.services.infrastructure.facts.units import FailedUnits
from app.services.infrastructure.status import Verdict
from app.services.infrastructure.summary import filesystem_percent

FULL_ABOVE, FULL_CLEARS_BELOW = 90.0, 88.0

# One lost cycle is a reboot or a busy network; two in a row are worth a message.
OFFLINE = Rule("server_offline", "{name} is offline", "{name} is back online", after=2)
HOST_KEY = Rule(
    "host_key_changed",
    "{name} answers with another host key",
    "{name} answers with an approved host key",
)
DEGRADED = Rule("server_degraded", "{name} is degraded", "{name} is well again", after=2)
FILESYSTEM = Rule(
    "filesystem_full", "{name}: {subject} is nearly full", "{name}: {subject} has room"
)
# A rule of its own, because a hanging network mount must not end the alert of a local disk.
REMOTE_FILESYSTEM = replace(FILESYSTEM, kind="remote_filesystem_full")
UNIT = Rule("unit_failed", "{name}: {subject} has failed", "{name}: {subject} no longer failed")
RULES: tuple[Rule, ...] = (OFFLINE, HOST_KEY, DEGRADED, FILESYSTEM, REMOTE_FILESYSTEM, UNIT)


def observe(
    server_id: uuid.UUID, name: str, verdict: Verdict, values: Mapping[str, BaseModel]
) -> Observation:
    """Say which conditions hold; a fact that was not read this time decides nothing."""
    found: dict[Rule, Sequence[Condition]] = {}
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
    found |= conditions(values)
    return Observation(server_id, name, found)


def conditions(values: Mapping[str, BaseModel]) -> dict[Rule, Sequence[Condition]]:
    """Return what the values alone say, for each rule that they can judge."""
    found: dict[Rule, Sequence[Condition]] = {}
    for fact, value in values.items():
        match value:
            case Filesystems():
                is_local = fact == FilesystemsFact.name
                found[FILESYSTEM if is_local else REMOTE_FILESYSTEM] = _full(value)
            case FailedUnits():
                found[UNIT] = _failed(value)
            case _:
                pass
    return found


def _full(value: Filesystems) -> list[Condition]:
    conditions = []
    for one in value.filesystems:
        percent = filesystem_percent(one.used_bytes, one.available_bytes)
        if percent is None or percent < FULL_CLEARS_BELOW or one.size_bytes == 0:
            continue
        conditions.append(
            Condition(
                f"{one.mountpoint} is {percent:.0f} % full.",
                subject=one.mountpoint,
                fix=f"See what fills it: `du -xh --max-depth=2 {one.mountpoint} | sort -h`.",
                only_keeps=percent <= FULL_ABOVE,
            )
        )
    return conditions


def _failed(value: FailedUnits) -> list[Condition]:
    return [
        Condition(
            f"The unit {unit.name} has failed: {unit.description or unit.state}.",
            subject=unit.name,
            fix=f"See why: `systemctl status {unit.name}`, `journalctl -u {unit.name} -n 50`.",
        )
        for unit in value.units
    ]
