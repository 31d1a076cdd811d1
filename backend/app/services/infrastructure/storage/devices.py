"""What people say about drives: acknowledged, limited, retired, to be tested."""

import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, InvalidInput, JsonValue
from app.kernel.ids import uuid7
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.schemas.infrastructure.storage_device import LimitWrite, SelfTestSchedule
from app.services.core.alerts.engine import AlertEngine
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.infrastructure.storage.conditions import observe_drive
from app.services.infrastructure.storage.device_list import DeviceNotFound
from app.services.infrastructure.storage.readings import judge_again
from app.services.infrastructure.storage.rows import name_of, view_of
from app.services.infrastructure.storage.rules import RULES

_LIMITED = frozenset(
    {*(rule.code for rule in RULES), "temperature", "spare_blocks", "self_test_failed"}
)


class NothingToAcknowledge(Conflict):
    """The drive has no such reason, or it is acknowledged already."""


class DeviceIsThere(Conflict):
    """A drive that is plugged in cannot be retired."""


class UnknownRule(InvalidInput):
    """No rule has this code."""


class DeviceService:
    """Writes what people say, in one transaction; the alerts follow at once."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, alerts: AlertEngine
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._alerts = alerts

    async def get(self, device_id: uuid.UUID) -> StorageDevice:
        """Return one drive, or raise `DeviceNotFound`."""
        row = await self._session.get(StorageDevice, device_id)
        if row is None:
            raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
        return row

    async def acknowledge(self, actor: Actor, device_id: uuid.UUID, codes: list[str]) -> None:
        """Take values as known: they are quiet until they change."""
        row = await self.get(device_id)
        now = self._clock.now()
        found = {
            str(entry["code"]): entry["value"]
            for entry in row.reasons
            if not entry["is_acknowledged"] and (not codes or entry["code"] in codes)
        }
        if not found:
            raise NothingToAcknowledge(
                f"There is nothing to acknowledge of {name_of(row)}.", fix="Reload the page."
            )
        at = now.isoformat()
        row.acknowledged = {
            **row.acknowledged,
            **{code: {"value": found[code], "by": actor.name, "at": at} for code in found},
        }
        await self._judged(row)
        self._tell(row, actor, "acknowledged", f"Acknowledged: {', '.join(sorted(found))}.")
        values: dict[str, JsonValue] = {code: str(value) for code, value in found.items()}
        await self._record(actor, "device.acknowledged", row, values)

    async def forget(self, actor: Actor, device_id: uuid.UUID, code: str) -> None:
        """Take an acknowledgement back."""
        row = await self.get(device_id)
        if code not in row.acknowledged:
            raise NothingToAcknowledge(f"{code} is not acknowledged.", fix="Reload the page.")
        row.acknowledged = {one: entry for one, entry in row.acknowledged.items() if one != code}
        await self._judged(row)
        self._tell(row, actor, "unacknowledged", f"No longer acknowledged: {code}.")
        await self._record(actor, "device.unacknowledged", row, {"code": code})

    async def limit(
        self, actor: Actor, device_id: uuid.UUID, code: str, limits: LimitWrite | None
    ) -> None:
        """Set own limits for one rule, or take them back."""
        row = await self.get(device_id)
        if code not in _LIMITED and not code.startswith(("threshold_", "critical_")):
            raise UnknownRule(f"No rule is called {code[:60]}.", field="code")
        others = {one: entry for one, entry in row.overrides.items() if one != code}
        if limits is not None:
            others[code] = limits.model_dump()
        row.overrides = others
        await self._judged(row)
        what = "Own limits" if limits is not None else "The usual limits again"
        self._tell(row, actor, "limits", f"{what} for {code}.")
        details = None if limits is None else limits.model_dump(mode="json")
        await self._record(actor, "device.limited", row, {"code": code, "limits": details})

    async def retire(
        self, actor: Actor, device_id: uuid.UUID, replaced_by_id: uuid.UUID | None
    ) -> None:
        """Say that a drive is not coming back; its history stays."""
        row = await self.get(device_id)
        if row.state == DeviceState.PRESENT:
            raise DeviceIsThere(
                f"{name_of(row)} is plugged in.", fix="Take it out first; then retire it."
            )
        if replaced_by_id is not None:
            await self.get(replaced_by_id)
        row.state, row.retired_at = DeviceState.RETIRED, self._clock.now()
        row.replaced_by_id = replaced_by_id
        await self._judged(row)
        self._tell(row, actor, "retired", "Retired.")
        replaced = None if replaced_by_id is None else str(replaced_by_id)
        await self._record(actor, "device.retired", row, {"replaced_by_id": replaced})

    async def schedule(
        self, actor: Actor, device_id: uuid.UUID, schedule: SelfTestSchedule
    ) -> None:
        """Say how often self-tests are started."""
        row = await self.get(device_id)
        row.short_test_days, row.long_test_days = schedule.short_days, schedule.long_days
        row.updated_at = self._clock.now()
        await self._record(actor, "device.self_tests_scheduled", row, schedule.model_dump())

    async def _judged(self, row: StorageDevice) -> None:
        now = self._clock.now()
        row.updated_at = now
        judge_again(row, now)
        await self._session.flush()
        await self._alerts.take(self._session, [observe_drive(view_of(row), now)])

    def _tell(self, row: StorageDevice, actor: Actor, kind: str, message: str) -> None:
        self._session.add(
            StorageDeviceEvent(
                id=uuid7(),
                device_id=row.id,
                at=self._clock.now(),
                kind=kind,
                message=message[:500],
                actor=actor.name[:120],
            )
        )

    async def _record(
        self, actor: Actor, action: str, row: StorageDevice, details: Mapping[str, JsonValue]
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="storage_device",
            object_id=row.id,
            name=name_of(row),
            details=details,
            resource_id=row.id,
        )
