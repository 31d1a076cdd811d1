"""What the model may look up of machines: servers, their facts, drives and pools."""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from pydantic import Field

from app.kernel.errors import JsonValue
from app.models.infrastructure.monitored_server import ServerStatus
from app.schemas.core.alert import AlertDetail
from app.schemas.infrastructure.reading import FactRead
from app.schemas.infrastructure.server import ServerQuery, ServerRead
from app.schemas.infrastructure.storage_device import DeviceQuery, DeviceRead
from app.schemas.infrastructure.storage_pool import PoolQuery, PoolRead
from app.services.core.assistant.briefing import Section
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.tools import (
    Arguments,
    CannotLook,
    Desk,
    ReadTool,
    Rows,
    Words,
    listed,
    shortened,
    without_empty,
)
from app.services.core.permissions import P
from app.services.core.platform import Platform
from app.services.infrastructure.pools.pool_list import PoolList
from app.services.infrastructure.readings import Readings
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.server_list import ServerList
from app.services.infrastructure.storage.device_list import DeviceList

_MOST_OF_A_FACT = 1500
_MOST_FACTS = 6
_LEVELS = Literal["", "ok", "unknown", "watch", "warning", "failing"]
# What helps to understand almost any alert of a machine.
_TOLD_FACTS = ("identity", "uptime", "load", "memory", "virtualisation", "reboot")


class FindServers(Arguments):
    """Which servers."""

    text: Words = Field("", max_length=200, description="A part of the name or host.")
    status: Literal["", "online", "degraded", "offline", "unknown", "disabled"] = ""
    tag: Words = Field("", max_length=60)
    group: Words = Field("", max_length=60)
    limit: Rows = 10


async def find_servers(desk: Desk, wanted: FindServers) -> JsonValue:
    """List servers."""
    page = await _servers(desk).page(
        ServerQuery(
            q=wanted.text,
            status=ServerStatus(wanted.status) if wanted.status else None,
            tag=wanted.tag,
            group=wanted.group,
            per_page=wanted.limit,
        )
    )
    return listed(
        [
            {"ref": desk.references.add("server", one.id, one.name), **_server(one)}
            for one in page.items
        ],
        page.total,
    )


def _server(one: ServerRead) -> Mapping[str, JsonValue]:
    return {
        "name": one.name,
        "host": one.host,
        "status": one.status.value,
        "reason": one.reason,
        "what_to_do": one.fix,
        "since": one.status_since.isoformat() if one.status_since else None,
        "last_seen_at": one.last_seen_at.isoformat() if one.last_seen_at else None,
        "tags": [*one.tags],
        "groups": [*one.groups],
        "notes": one.notes[:500],
        "logs_in_with": one.ssh_key_name or one.credential_name,
        "reached_through": one.jump_server_name,
    }


def _servers(desk: Desk) -> ServerList:
    platform = desk.platform
    return ServerList(desk.session, platform.clock, platform.settings.collect.standard_seconds)


class ReadFacts(Arguments):
    """Which facts of which server."""

    server: str = Field(max_length=60, description="The reference of a server.")
    facts: list[str] = Field(
        default_factory=list, max_length=40, description="Names of facts; none lists the names."
    )


async def read_facts(desk: Desk, wanted: ReadFacts) -> JsonValue:
    """Read facts of a server, or list what there is."""
    server = desk.thing(wanted.server, "server")
    if server is None:
        raise CannotLook("Give the reference of a server.")
    platform = desk.platform
    readings = Readings(desk.session, platform.clock, platform.settings.collect.standard_seconds)
    found = (await readings.facts(server.id)).facts
    if not wanted.facts:
        return {
            "facts": {
                one.fact: one.title if one.value is not None else f"not read: {one.trouble}"
                for one in found
            }
        }
    chosen = [one for one in found if one.fact in wanted.facts][:_MOST_FACTS]
    if not chosen:
        names = ", ".join(one.fact for one in found)
        raise CannotLook(f"There are no such facts. There are: {names}.")
    return {one.fact: _fact(one) for one in chosen}


def _fact(one: FactRead) -> JsonValue:
    if one.value is None:
        return without_empty({"not_read": one.trouble or "not yet", "why": one.detail})
    value = cast("JsonValue", one.value)  # pydantic's JSON is ours
    text = shortened(value, _MOST_OF_A_FACT)
    return {
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "value": text if text.endswith("less)") else value,
    }


class FindDrives(Arguments):
    """Which drives."""

    text: Words = Field("", max_length=200, description="Model, serial number, name or server.")
    level: _LEVELS = Field("", description="The verdict; empty: all, the worst first.")
    server: Words = Field("", max_length=60, description="The reference of a server.")
    limit: Rows = 10


async def find_drives(desk: Desk, wanted: FindDrives) -> JsonValue:
    """List drives with their verdicts."""
    server = desk.thing(wanted.server, "server")
    page = await DeviceList(desk.session).page(
        DeviceQuery(
            q=wanted.text,
            level=wanted.level,
            server_id=server.id if server else None,
            per_page=wanted.limit,
        )
    )
    return listed([_drive(desk, one) for one in page.items], page.total)


def _drive(desk: Desk, one: DeviceRead) -> Mapping[str, JsonValue]:
    return {
        "ref": desk.references.add("storage_device", one.id, one.title),
        "name": one.name,
        "model": one.model,
        "serial": one.serial,
        "server": one.server_name,
        "server_ref": desk.references.add("server", one.server_id, one.server_name),
        "media": one.media,
        "capacity_bytes": one.capacity_bytes,
        "uses": [*one.uses],
        "state": one.state.value,
        "verdict": one.level,
        "verdict_since": one.level_since.isoformat() if one.level_since else None,
        "why_unknown": one.unknown_reason,
        "reasons": [f"{reason.message} {reason.fix}".strip() for reason in one.reasons],
        "temperature_celsius": one.temperature_celsius,
        "wear_percent": one.wear_percent,
        "power_on_hours": one.power_on_hours,
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "missing_since": one.missing_since.isoformat() if one.missing_since else None,
    }


class FindPools(Arguments):
    """Which pools."""

    text: Words = Field("", max_length=200, description="A part of the name, or of its server's.")
    level: _LEVELS = Field("", description="The verdict; empty: all, the worst first.")
    server: Words = Field("", max_length=60, description="The reference of a server.")
    limit: Rows = 10


async def find_pools(desk: Desk, wanted: FindPools) -> JsonValue:
    """List pools with their verdicts."""
    server = desk.thing(wanted.server, "server")
    page = await PoolList(desk.session).page(
        PoolQuery(
            q=wanted.text,
            level=wanted.level,
            server_id=server.id if server else None,
            per_page=wanted.limit,
        )
    )
    return listed([_pool(desk, one) for one in page.items], page.total)


def _pool(desk: Desk, one: PoolRead) -> Mapping[str, JsonValue]:
    return {
        "ref": desk.references.add("storage_pool", one.id, one.name),
        "name": one.name,
        "kind": one.kind.value,
        "layout": one.layout,
        "server": one.server_name,
        "server_ref": desk.references.add("server", one.server_id, one.server_name),
        "state": one.state,
        "verdict": one.level,
        "reasons": [f"{reason.message} {reason.fix}".strip() for reason in one.reasons],
        "size_bytes": one.size_bytes,
        "used_percent": one.used_percent,
        "activity": one.activity,
        "activity_percent": one.activity_percent,
        "last_scrub_at": one.last_scrub_at.isoformat() if one.last_scrub_at else None,
        "last_scrub_errors": one.last_scrub_errors,
        "missing_since": one.missing_since.isoformat() if one.missing_since else None,
    }


# The cast holds because a tool is only ever given the arguments that it reads itself.
INFRASTRUCTURE_TOOLS = cast(
    "Sequence[ReadTool[Arguments]]",
    (
        ReadTool(
            "find_servers",
            "Looking for servers",
            "Find servers: status and reason, when last seen, tags, groups, login.",
            P.SERVERS_READ,
            FindServers,
            find_servers,
        ),
        ReadTool(
            "read_facts",
            "Reading facts of a server",
            "Read facts of a server, such as system, memory, file systems, packages, units.",
            P.SERVERS_READ,
            ReadFacts,
            read_facts,
        ),
        ReadTool(
            "find_drives",
            "Looking for drives",
            "Find drives: verdict and reasons, model, temperature, wear, hours, uses.",
            P.SERVERS_READ,
            FindDrives,
            find_drives,
        ),
        ReadTool(
            "find_pools",
            "Looking for pools",
            "Find storage pools (ZFS, RAID, LVM, btrfs): verdict and reasons, fill, scrubs.",
            P.SERVERS_READ,
            FindPools,
            find_pools,
        ),
    ),
)


class ServerBriefing:
    """What there is to know of the server of an alert."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def read(self, eyes: Eyes, alert: AlertDetail) -> Sequence[Section]:
        """Return the server with a few of its facts, its drives and pools that are not well."""
        if alert.server_id is None or not eyes.may(P.SERVERS_READ):
            return ()
        platform = self._platform
        seconds = platform.settings.collect.standard_seconds
        async with eyes.looking(P.SERVERS_READ) as session:
            servers = ServerList(session, platform.clock, seconds)
            try:
                server = await servers.get(alert.server_id)
            except ServerNotFound:  # out of the reach of this right
                return ()
            facts = (await Readings(session, platform.clock, seconds).facts(server.id)).facts
        told = {one.fact: _fact(one) for one in facts if one.fact in _TOLD_FACTS and one.value}
        return (Section("server", without_empty(_server(server))), Section("facts", told))
