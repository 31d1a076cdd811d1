"""Writes drives in one transaction: who is there, who came, who went."""

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceEdge, ResourceKind
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.core.resources import NewResource, ResourceService
from app.services.infrastructure.storage.conditions import DriveView, observe_drive
from app.services.infrastructure.storage.identity import Known, Match, Seen, identify
from app.services.infrastructure.storage.rows import name_of, view_of

# A reboot, a firmware update or a loose cable is over by then.
GRACE = timedelta(minutes=15)
_LIGHT = (
    StorageDevice.server_id,
    StorageDevice.identity,
    StorageDevice.serial,
    StorageDevice.smart_serial,
    StorageDevice.wwn,
    StorageDevice.model,
    StorageDevice.vendor,
    StorageDevice.media,
    StorageDevice.transport,
    StorageDevice.capacity_bytes,
    StorageDevice.name,
    StorageDevice.path,
    StorageDevice.address,
    StorageDevice.uses,
    StorageDevice.state,
    StorageDevice.last_seen_at,
    StorageDevice.missing_since,
    StorageDevice.is_behind_controller,
    StorageDevice.read_at,
)
_BY_THE_DRIVE = frozenset({"model", "vendor", "media", "capacity_bytes"})
_NO_SERIALS = frozenset({""})
_LOOKED_UP = 2000


class Register:
    """Writes drives in one transaction: who is there, who came, who went."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._now = clock.now()
        self._resources = ResourceService(session, clock)
        self._rows: dict[uuid.UUID, StorageDevice] = {}
        self._loaded: dict[uuid.UUID, list[StorageDevice]] = defaultdict(list)  # by their server
        self._turned: set[uuid.UUID] = set()  # drives that went or came back
        self._members: set[uuid.UUID] = set()  # drives that are away, and something stands on them

    async def match(self, seen: Mapping[uuid.UUID, Sequence[Seen]]) -> dict[uuid.UUID, list[Match]]:
        """Say of each drive that was seen who it is; one query where no stranger came."""
        if not seen:
            return {}
        await self._load(StorageDevice.server_id.in_(seen))
        known = {serial for one in self.known() for serial in one.serials}
        strangers = [
            one
            for drives in seen.values()
            for one in drives
            if one.serial.lower() not in known or not one.serial
        ]
        for start in range(0, len(strangers), _LOOKED_UP):
            part = strangers[start : start + _LOOKED_UP]
            serials = {one.serial for one in part} - _NO_SERIALS
            wwns = {one.wwn for one in part} - _NO_SERIALS
            if serials or wwns:
                await self._load(
                    or_(
                        StorageDevice.serial.in_(serials),
                        StorageDevice.smart_serial.in_(serials),
                        StorageDevice.wwn.in_(wwns),
                    )
                )
        everyone = self.known()
        return {
            server_id: identify(server_id, drives, everyone) for server_id, drives in seen.items()
        }

    async def _load(self, wanted: ColumnElement[bool]) -> None:
        rows = await self._session.scalars(
            select(StorageDevice)
            .where(wanted)
            .order_by(StorageDevice.id)
            .options(load_only(*_LIGHT, raiseload=True))
        )
        self._know(rows)

    def _know(self, rows: Iterable[StorageDevice]) -> None:
        for row in rows:
            if row.id not in self._rows:
                self._rows[row.id] = row
                self._loaded[row.server_id].append(row)

    async def enter(
        self, server_id: uuid.UUID, matches: Sequence[Match], *, behind_controller: bool = False
    ) -> list[StorageDevice]:
        """Write the drives of one server; those of its kind that were not seen are missing."""
        entered = []
        for match in matches:
            row = self._rows[match.known.id] if match.known else None
            if row is None:
                row = await self._add(server_id, match, behind_controller=behind_controller)
            else:
                await self._keep(server_id, row, match)
            entered.append(row)
        there = {row.id for row in entered}
        self._miss(
            row
            for row in self._loaded[server_id]
            if row.server_id == server_id  # it has not moved meanwhile
            and row.id not in there
            and row.is_behind_controller is behind_controller
        )
        return entered

    async def _add(
        self, server_id: uuid.UUID, match: Match, *, behind_controller: bool
    ) -> StorageDevice:
        seen, now = match.seen, self._now
        row = StorageDevice(
            id=uuid7(),
            server_id=server_id,
            identity=match.identity,
            **_described(seen),
            uses=list(seen.uses),
            path="" if behind_controller else f"/dev/{seen.name}",
            is_behind_controller=behind_controller,
            state=DeviceState.PRESENT,
            first_seen_at=now,
            last_seen_at=now,
            created_at=now,
            updated_at=now,
        )
        kind = ResourceKind.STORAGE_DEVICE
        await self._resources.create(
            NewResource(row.id, kind, name_of(row)[:255], parent_id=server_id, server_id=server_id)
        )
        self._session.add(row)
        self._know([row])
        self.tell(row, "first_seen", f"Seen for the first time, as {seen.name}.")
        return row

    async def _keep(self, server_id: uuid.UUID, row: StorageDevice, match: Match) -> None:
        seen, called = match.seen, name_of(row)
        if row.server_id != server_id:
            self.tell(row, "moved", f"Moved to another server, where it is {seen.name}.")
            row.server_id = server_id
            await self._session.execute(
                update(Resource)
                .where(Resource.id == row.id)
                .values(parent_id=server_id, server_id=server_id, updated_at=self._now)
            )
        elif row.name != seen.name:
            self.tell(row, "renamed", f"It was {row.name} and is {seen.name} now.")
        if row.state != DeviceState.PRESENT:
            self.tell(row, "back", "It is there again.")
            self._turned.add(row.id)
            row.state, row.missing_since = DeviceState.PRESENT, None
        for column, value in _described(seen).items():
            # An empty answer is no news: some systems tell the serial number to root only. And
            # what the drive itself said of its model is better than what the kernel cut short.
            kept = getattr(row, column)
            is_known = column in _BY_THE_DRIVE and row.read_at is not None and bool(kept)
            if value not in ("", None) and not is_known and kept != value:
                setattr(row, column, value)
        if row.uses != list(seen.uses):
            row.uses = list(seen.uses)
        if row.identity != match.identity:
            row.identity = match.identity
        if not row.is_behind_controller:
            row.path = f"/dev/{seen.name}"
        row.last_seen_at = self._now
        await self.follow_name(row, called)

    def _miss(self, rows: Iterable[StorageDevice]) -> None:
        for row in rows:
            if row.state == DeviceState.PRESENT:
                row.state, row.missing_since = DeviceState.MISSING, self._now
                self._turned.add(row.id)
                self.tell(row, "missing", f"Not listed any more; it was {row.name}.")
            elif row.state == DeviceState.MISSING and self._is_over(row.missing_since):
                row.state = DeviceState.GONE
                self.tell(row, "gone", "It did not come back.")
                self._turned.add(row.id)

    def _is_over(self, missing_since: datetime | None) -> bool:
        return missing_since is not None and self._now - missing_since >= GRACE

    async def find_members(self) -> None:
        """Find out which of the drives that are missing something stands on."""
        away = [one for one, row in self._rows.items() if row.state == DeviceState.MISSING]
        if away:
            found = await self._session.scalars(
                select(ResourceEdge.target_id).where(ResourceEdge.target_id.in_(away))
            )
            self._members = set(found)

    def observations(self, read: Container[uuid.UUID]) -> list[Observation]:
        """Say what is wrong with the drives that were read, and which ones went or came back."""
        return [
            observe_drive(replace(view_of(row), is_member=row.id in self._members), self._now)
            if row.server_id in read
            else Observation(
                row.id, name_of(row), _gone(row, self._now, is_member=row.id in self._members)
            )
            for row in self._rows.values()
            if row.server_id in read or row.id in self._turned
        ]

    async def follow_name(self, row: StorageDevice, called: str) -> None:
        """Rename the drive's resource, where it is called otherwise now."""
        if name_of(row) != called:
            await self._resources.rename(row.id, name_of(row)[:255])

    def known(self) -> list[Known]:
        """Return the drives that were looked at so far."""
        return [_known(row) for row in self._rows.values()]

    def tell(self, row: StorageDevice, kind: str, message: str) -> None:
        """Write something into the history of a drive."""
        self._session.add(
            StorageDeviceEvent(
                id=uuid7(), device_id=row.id, at=self._now, kind=kind, message=message[:500]
            )
        )

    async def of_server(self, server_id: uuid.UUID) -> list[StorageDevice]:
        """Return all drives of a server with everything that is known of them."""
        await self._session.flush()
        rows = await self._session.scalars(
            select(StorageDevice)
            .where(StorageDevice.server_id == server_id)
            .order_by(StorageDevice.id)
            .execution_options(populate_existing=True)
        )
        found = list(rows)
        self._know(found)
        return found


def _described(seen: Seen) -> dict[str, str | int | list[str] | None]:
    return {
        "name": seen.name[:256],
        "serial": seen.serial,
        "smart_serial": "",
        "wwn": seen.wwn,
        "model": seen.model,
        "vendor": seen.vendor,
        "media": seen.media,
        "transport": seen.transport,
        "capacity_bytes": seen.capacity_bytes,
        "address": seen.address,
    }


def _known(row: StorageDevice) -> Known:
    serials = {row.serial.lower(), row.smart_serial.lower()} - _NO_SERIALS
    return Known(
        id=row.id,
        server_id=row.server_id,
        identity=row.identity,
        name=row.name,
        serials=frozenset(serials),
        wwn=row.wwn,
        capacity_bytes=row.capacity_bytes,
        is_present=row.state == DeviceState.PRESENT,
    )


def _gone(
    row: StorageDevice, now: datetime, *, is_member: bool
) -> dict[AlertType, Sequence[Condition]]:
    place = DriveView(
        id=row.id,
        name=row.name,
        state=DeviceState(row.state),
        read_state=None,
        read_detail="",
        path=row.path,
        place=row.name,
        missing_since=row.missing_since,
        read_at=None,
        is_listed_only=True,
        is_member=is_member,
    )
    return dict(observe_drive(place, now).conditions)
