"""The inventory: what the machines are made of, from the newest facts of each."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.collection import FactState
from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.schemas.base import Page, PageQuery
from app.schemas.infrastructure.inventory import InventoryRow
from app.services.core.facts import Rate
from app.services.core.labels import Labels, labels_of
from app.services.core.queries import contains, sorted_by
from app.services.core.tables import Cell, csv_lines

_SORTS = {"name": func.lower(MonitoredServer.name), "host": func.lower(MonitoredServer.host)}
_STEP = 100
# Of the standard rate the identity, of the live one the memory, of the slow one all else.
_RATES = (Rate.LIVE.value, Rate.STANDARD.value, Rate.SLOW.value)
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("name", "Name"),
    ("host", "Host"),
    ("tags", "Tags"),
    ("groups", "Groups"),
    ("vendor", "Vendor"),
    ("model", "Model"),
    ("board", "Board"),
    ("firmware", "Firmware"),
    ("virtualisation", "Virtualisation"),
    ("processor", "Processor"),
    ("sockets", "Sockets"),
    ("cores", "Cores"),
    ("threads", "Threads"),
    ("memory_bytes", "Memory (bytes)"),
    ("architecture", "Architecture"),
    ("os", "System"),
    ("kernel", "Kernel"),
    ("addresses", "Addresses"),
    ("drives", "Drives"),
    ("drive_bytes", "Drives (bytes)"),
    ("updates", "Updates"),
    ("seen_at", "Read at"),
)
Facts = Mapping[str, JsonValue]


class InventoryReader:
    """Reads the inventory; the number of queries does not grow with the machines."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: PageQuery) -> Page[InventoryRow]:
        """Search machines by name or host."""
        wanted = (
            or_(contains(MonitoredServer.name, query.q), contains(MonitoredServer.host, query.q))
            if query.q
            else MonitoredServer.id.is_not(None)
        )
        total = await self._session.scalar(select(func.count(MonitoredServer.id)).where(wanted))
        servers = await self._session.scalars(
            select(MonitoredServer)
            .where(wanted)
            .order_by(*sorted_by(query.sort or "name", _SORTS, MonitoredServer.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[InventoryRow](
            items=await self.rows(servers.all()),
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def csv(self) -> str:
        """Return the whole inventory as CSV."""
        servers = await self._session.scalars(
            select(MonitoredServer).order_by(func.lower(MonitoredServer.name), MonitoredServer.id)
        )
        text = csv_lines([[heading for _, heading in _COLUMNS]])
        for some in batched(servers.all(), _STEP):
            text += csv_lines([_cells(row) for row in await self.rows(some)])
        return text

    async def rows(self, servers: Sequence[MonitoredServer]) -> list[InventoryRow]:
        """Return what some machines are made of."""
        ids = [server.id for server in servers]
        facts = await self._facts(ids)
        drives = await self._drives(ids)
        labels = await labels_of(self._session, ids)
        return [
            _row(server, facts.get(server.id, _NOTHING), drives.get(server.id, (0, 0)), labels)
            for server in servers
        ]

    async def _facts(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, "_Facts"]:
        states = await self._session.scalars(
            select(FactState).where(FactState.server_id.in_(ids), FactState.rate.in_(_RATES))
        )
        found: dict[uuid.UUID, dict[str, JsonValue]] = {}
        read = {}
        for state in states:
            found.setdefault(state.server_id, {}).update(json.loads(state.readings))
            if state.rate == Rate.SLOW.value:
                read[state.server_id] = state.asked_at
        return {one: _Facts(values, read.get(one)) for one, values in found.items()}

    async def _drives(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
        rows = await self._session.execute(
            select(
                StorageDevice.server_id,
                func.count(),
                func.coalesce(func.sum(StorageDevice.capacity_bytes), 0),
            )
            .where(StorageDevice.server_id.in_(ids), StorageDevice.state == DeviceState.PRESENT)
            .group_by(StorageDevice.server_id)
        )
        return {row[0]: (row[1], int(row[2] or 0)) for row in rows}


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of one machine, as they were stored."""

    values: Facts
    seen_at: datetime | None = None

    def text(self, fact: str, name: str) -> str:
        """Return a word of a fact, or nothing."""
        value = self._of(fact, name)
        return value if isinstance(value, str) else ""

    def number(self, fact: str, name: str) -> int | None:
        """Return a whole number of a fact, where there is one."""
        value = self._of(fact, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return int(value)

    def addresses(self) -> list[str]:
        """Return the addresses under which others can reach the machine."""
        value = self._of("addresses", "addresses")
        rows = value if isinstance(value, list) else []
        return [
            str(row["address"])
            for row in rows
            if isinstance(row, dict) and row.get("scope") == "global" and "address" in row
        ]

    def _of(self, fact: str, name: str) -> JsonValue:
        value = self.values.get(fact)
        return value.get(name) if isinstance(value, dict) else None


_NOTHING = _Facts({})


def _row(
    server: MonitoredServer, facts: _Facts, drives: tuple[int, int], labels: Labels
) -> InventoryRow:
    kind = facts.text("virtualisation", "kind")
    return InventoryRow(
        server_id=server.id,
        name=server.name,
        host=server.host,
        tags=labels.tags(server.id),
        groups=labels.groups(server.id),
        vendor=facts.text("hardware", "vendor"),
        model=facts.text("hardware", "model"),
        board=facts.text("hardware", "board"),
        firmware=facts.text("hardware", "firmware"),
        virtualisation=facts.text("virtualisation", "technology") or kind,
        processor=facts.text("hardware", "processor"),
        sockets=facts.number("hardware", "sockets"),
        cores=facts.number("hardware", "cores"),
        threads=facts.number("hardware", "threads"),
        memory_bytes=facts.number("memory", "total"),
        architecture=facts.text("hardware", "architecture"),
        os=facts.text("identity", "os"),
        kernel=facts.text("identity", "kernel"),
        addresses=facts.addresses(),
        drives=drives[0],
        drive_bytes=drives[1],
        updates=facts.number("packages", "pending"),
        seen_at=facts.seen_at,
    )


def batched(servers: Sequence[MonitoredServer], size: int) -> Iterator[Sequence[MonitoredServer]]:
    """Yield parts, so that the facts of a thousand machines are not all in memory at once."""
    for start in range(0, len(servers), size):
        yield servers[start : start + size]


def _cells(row: InventoryRow) -> list[Cell]:
    return [_cell(getattr(row, name)) for name, _ in _COLUMNS]


def _cell(value: object) -> Cell:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float) else None
