"""Closes what the rounds show to have ended, in the transaction that stores them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.infrastructure.storage_action import StorageAction
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.upkeep.journal import (
    TESTS,
    open_actions,
    settle_scrub,
    settle_test,
)


class UpkeepLedger:
    """A sink of the collection; it stands behind those of drives and pools."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def store(self, session: AsyncSession, results: Sequence[CycleResult]) -> tuple[()]:
        """Look how what was started goes on."""
        asked = {result.claim.server_id for result in results if result.has_answered}
        if not asked:
            return ()
        await session.flush()
        for action in await open_actions(session, asked):
            await self._look(session, action)
        return ()

    async def _look(self, session: AsyncSession, action: StorageAction) -> None:
        now = self._clock.now()
        if action.kind in TESTS:
            drive = await session.get(StorageDevice, action.resource_id, populate_existing=True)
            if drive is not None:
                settle_test(action, drive, now)
            return
        pool = await session.get(StoragePool, action.resource_id)
        if pool is not None and pool.detail:
            settle_scrub(action, pool, PoolView.model_validate_json(pool.detail), now)
