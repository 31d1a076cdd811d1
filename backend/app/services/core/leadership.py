"""Which of several processes drives the clock: the one that holds PostgreSQL's advisory lock.

The lock belongs to a connection, so it ends with its process, however that dies. For a moment
two may believe to lead; the schedules' compare-and-swap makes that harmless.
"""

from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.kernel.logging import get_logger

log = get_logger(__name__)

LOCK = 0x756E6974795F6C64  # "unity_ld", the place in PostgreSQL's advisory locks


class Leadership:
    """This process's claim. With SQLite there is one process, and it leads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: AsyncConnection | None = None

    async def holds(self) -> bool:
        """Tell whether this process leads now; try to when nobody does."""
        if self._database.is_sqlite:
            return True
        try:
            if self._connection is not None:
                await self._connection.scalar(select(1))
                return True
            return await self._try()
        except (SQLAlchemyError, OSError) as error:
            log.warning("leadership_lost", error=type(error).__name__)
            await self.release()
            return False

    async def _try(self) -> bool:
        connection = await self._database.engine.connect()
        is_mine = False
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            is_mine = bool(await connection.scalar(select(func.pg_try_advisory_lock(LOCK))))
        finally:
            if not is_mine:
                await connection.close()
        if is_mine:
            self._connection = connection
            log.info("leadership_taken")
        return is_mine

    async def release(self) -> None:
        """Let another process lead."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # A closed connection gives the lock back only when the server notices its end.
        with suppress(SQLAlchemyError, OSError):
            await connection.scalar(select(func.pg_advisory_unlock(LOCK)))
        # Not back into the pool, where a connection that failed to unlock would keep the lock.
        await connection.invalidate()
        await connection.close()
