"""The ledger of drives: takes in what the machines show, in the transaction of their cycle."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.metrics.writer import Point
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.facts.block_devices import BlockDevices, BlockDevicesFact
from app.services.infrastructure.storage.identity import Seen
from app.services.infrastructure.storage.readings import DriveReader
from app.services.infrastructure.storage.register import Register
from app.services.infrastructure.storage.sightings import drives_of


class DriveLedger:
    """A sink of the collection. One for a process."""

    def __init__(self, clock: Clock, reader: DriveReader, alerts: AlertEngine) -> None:
        self._clock = clock
        self._reader = reader
        self._alerts = alerts

    async def store(
        self, session: AsyncSession, results: Sequence[CycleResult]
    ) -> Sequence[AlertChange]:
        """Write which drives are there, and what was read of them; return what is to be told."""
        seen: dict[uuid.UUID, list[Seen]] = {}
        for result in results:
            listed = result.values.get(BlockDevicesFact.name)
            if isinstance(listed, BlockDevices):
                seen[result.claim.server_id] = drives_of(listed)
        read = [result for result in results if result.drives is not None]
        if not seen and not read:
            return ()
        register = Register(session, self._clock)
        for server_id, matches in (await register.match(seen)).items():
            await register.enter(server_id, matches)
        points: list[Point] = []
        for result in read:
            points += await self._reader.store(session, register, result)
        await register.find_members()
        observations = register.observations({result.claim.server_id for result in read})
        if not observations:
            return ()
        await session.flush()
        return await self._alerts.take(session, observations, Ingest(points))
