"""What forecasts need to know beside the line: how worn drives are, and what databases lie on."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.database_instance import DatabaseInstance
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.services.core.metrics.queries import MetricReader
from app.services.infrastructure.foresight.lines import read_histories
from app.services.infrastructure.foresight.wear import Life, duty_of

_POWERED = "smartctl_device_power_on_seconds"
_AVAILABLE = "node_filesystem_avail_bytes"
_DUTY_DAYS = 60


@dataclass(frozen=True, slots=True)
class DriveLife:
    """What a drive says of itself now."""

    wear: float | None
    power_on_hours: float | None
    duty: float

    def watched(self, times: Sequence[float], values: Sequence[float]) -> Life:
        """Return it with the wear that was seen of it."""
        return Life(self.wear, self.power_on_hours, times, values, self.duty)


Lives = Mapping[uuid.UUID, DriveLife]


async def read_lives(session: AsyncSession, now: datetime) -> Lives:
    """Return the drives that tell how worn they are, and that are still there."""
    device = StorageDevice
    rows = (
        await session.execute(
            select(device.id, device.wear_percent, device.power_on_hours).where(
                device.wear_percent.is_not(None), device.state == DeviceState.PRESENT
            )
        )
    ).all()
    ids = [row.id for row in rows]
    duties: dict[uuid.UUID, float] = {}
    async for some in read_histories(session, _POWERED, now, _DUTY_DAYS, only=ids):
        duties |= {one.name.resource_id: duty_of(one.times, one.values) for one in some}
    return {
        row.id: DriveLife(row.wear_percent, row.power_on_hours, duties.get(row.id, 1.0))
        for row in rows
    }


async def read_levels(session: AsyncSession) -> Mapping[uuid.UUID, float]:
    """Return how many bytes are free where each database lies, when that is known."""
    instance = DatabaseInstance
    rows = (
        await session.execute(
            select(instance.id, instance.server_id, instance.mountpoint).where(
                instance.mountpoint != ""
            )
        )
    ).all()
    if not rows:
        return {}
    latest = await MetricReader(session).latest(
        sorted({row.server_id for row in rows}), [_AVAILABLE]
    )
    free = {
        (one.series.resource_id, dict(one.series.labels).get("mountpoint")): one.value
        for one in latest
    }
    found = {row.id: free.get((row.server_id, row.mountpoint)) for row in rows}
    return {each: value for each, value in found.items() if value is not None}
