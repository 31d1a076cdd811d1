"""The DatabaseCollector: asks databases through their machines' shells, and has the results kept.

It alternates: take what is due (a transaction), ask (the network), store (a transaction). All are
asked side by side within the limit; one that hangs is cut off by its own time-outs and costs only
itself. Nothing listens on a port for it: the way is a socket inside of the SSH connection.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from app.kernel.clock import Clock
from app.kernel.logging import get_logger
from app.models.infrastructure.database_instance import DatabaseKind
from app.ports.database_driver import (
    Conversation,
    DatabaseDriver,
    DatabaseDrivers,
    DatabaseError,
    DatabaseLogin,
    DatabaseNotLetIn,
    DatabaseSilent,
    DatabaseUnreachable,
)
from app.ports.shell import Listener, Shell, ShellError, Shells, TransferFailed
from app.services.core.facts import Unparsable
from app.services.infrastructure.databases.answers import Answers
from app.services.infrastructure.databases.figures import Reading
from app.services.infrastructure.databases.matching import is_family
from app.services.infrastructure.databases.rounds import (
    ask_deep,
    ask_round,
    ask_tables,
    read_tables,
)
from app.services.infrastructure.databases.states import (
    Verdict,
    judge_error,
    judge_reading,
)
from app.services.infrastructure.databases.store import DatabaseStore, Outcome
from app.services.infrastructure.databases.visits import Visit, Visits
from app.services.infrastructure.facts.databases.found import Door
from app.services.infrastructure.facts.databases.reader import read_databases
from app.services.infrastructure.facts.databases.script import LOOK

_AT_ONCE = 16
_CONNECT_SECONDS = 8.0
_ROUND_SECONDS = 30.0
_DEEP_SECONDS = 60.0
_MOST_DATABASES = 100
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the databases of one run."""

    asked: int = 0
    answered: int = 0
    resting: int = 0


class DatabaseCollector:
    """One for each process that runs jobs; its limit holds over all jobs of the process."""

    def __init__(
        self,
        shells: Shells,
        drivers: DatabaseDrivers,
        visits: Visits,
        store: DatabaseStore,
        clock: Clock,
    ) -> None:
        self._shells = shells
        self._drivers = drivers
        self._visits = visits
        self._store = store
        self._clock = clock
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def collect_due(self) -> Tally:
        """Ask all databases that are due."""
        due = await self._visits.take_due(4 * _AT_ONCE)
        if due.resting:
            await self._store.rest(due.resting)
        if not due.visits:
            return Tally(resting=len(due.resting))
        # Gathered with the exceptions as results: one database's must not cancel the others.
        ends = await asyncio.gather(
            *(self._visit(visit) for visit in due.visits), return_exceptions=True
        )
        for visit, end in zip(due.visits, ends, strict=True):
            if isinstance(end, BaseException):
                log.error("visit_crashed", database_id=str(visit.database_id), exc_info=end)
        answered = sum(isinstance(end, Outcome) and end.reading is not None for end in ends)
        return Tally(len(due.visits), answered, len(due.resting))

    async def collect(self, database_id: uuid.UUID) -> Verdict | None:
        """Ask one database now; None when it is gone, or its server cannot be logged in to."""
        due = await self._visits.take(database_id)
        if not due.visits:
            return None
        outcome = await self._visit(due.visits[0])
        return outcome.verdict

    async def _visit(self, visit: Visit) -> Outcome:
        async with self._slots:
            outcome = await self._ask(visit)
        await self._store.write(outcome)
        return outcome

    async def _ask(self, visit: Visit) -> Outcome:
        at = self._clock.now()
        try:
            async with asyncio.timeout(_ROUND_SECONDS + _DEEP_SECONDS):
                async with self._shells.open(visit.target) as shell:
                    return await self._ask_through(shell, visit)
        except ShellError:
            # The machine itself does not answer, which its own page says. What was last seen of
            # the database stays, under its time.
            return Outcome(visit, at)
        except TimeoutError:
            return Outcome(visit, at, judge_error(DatabaseSilent(_TOO_LONG), is_there=True))

    async def _ask_through(self, shell: Shell, visit: Visit) -> Outcome:
        at = self._clock.now()
        try:
            async with asyncio.timeout(_ROUND_SECONDS):
                reading, door = await self._read(shell, visit)
        except TimeoutError:
            return Outcome(visit, at, judge_error(DatabaseSilent(_TOO_LONG), is_there=True))
        except DatabaseUnreachable as error:
            is_there = await _runs_still(shell, visit)
            return Outcome(visit, at, judge_error(error, is_there=is_there))
        except DatabaseError as error:
            return Outcome(visit, at, judge_error(error, is_there=True), error=error)
        deep = await self._read_deep(shell, visit, door, reading) if visit.is_deep else None
        return Outcome(visit, at, judge_reading(reading), reading=reading, deep=deep)

    async def _read(self, shell: Shell, visit: Visit) -> tuple[Reading, Door]:
        """Knock at the doors in order; the next one only where the one before led nowhere."""
        failure: DatabaseError = DatabaseUnreachable(_NO_DOOR)
        for door in visit.doors:
            try:
                async with self._talk(shell, visit, door, visit.login) as talk:
                    return await ask_round(visit.kind, talk), door
            except DatabaseNotLetIn as error:
                failure = error
            except DatabaseUnreachable as error:
                error.fix = error.fix or _way_out(door)
                # That a door is there, and closed to this login, tells more.
                failure = failure if isinstance(failure, DatabaseNotLetIn) else error
        raise failure

    async def _read_deep(
        self, shell: Shell, visit: Visit, door: Door, reading: Reading
    ) -> Reading | None:
        """Read what costs more; whatever goes wrong with it, the round itself stands."""
        if visit.kind is DatabaseKind.POSTGRESQL:
            return await self._read_tables(shell, visit, door, reading.databases)
        try:
            async with (
                asyncio.timeout(_DEEP_SECONDS),
                self._talk(shell, visit, door, visit.login) as talk,
            ):
                return await ask_deep(visit.kind, talk)
        except DatabaseError as error:
            _note_deep(visit, error.detail)
        except TimeoutError:
            _note_deep(visit, _TOO_LONG)
        return None

    async def _read_tables(
        self, shell: Shell, visit: Visit, door: Door, names: Sequence[str]
    ) -> Reading | None:
        """Read the tables of one database after the other, of as many as there is time for."""
        found: list[Answers] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEEP_SECONDS):
                for name in names[:_MOST_DATABASES]:
                    login = DatabaseLogin(visit.login.user, visit.login.password, name)
                    try:
                        async with self._talk(shell, visit, door, login) as talk:
                            found.append(await ask_tables(talk))
                    except DatabaseError as error:  # the others may be well
                        _note_deep(visit, error.detail)
        return read_tables(found, of=len(names)) if found else None

    @contextlib.asynccontextmanager
    async def _talk(
        self, shell: Shell, visit: Visit, door: Door, login: DatabaseLogin
    ) -> AsyncIterator[Conversation]:
        driver: DatabaseDriver = self._drivers.of(visit.kind)
        try:
            async with (
                _way(shell, door) as way,
                driver.open(way, login, seconds=_CONNECT_SECONDS) as talk,
            ):
                yield talk
        except TransferFailed as error:
            raise DatabaseUnreachable(error.detail, fix=error.fix) from error
        except DatabaseError as error:
            error.detail = login.hidden_in(error.detail)
            raise


def _way(shell: Shell, door: Door) -> contextlib.AbstractAsyncContextManager[Listener]:
    if door.path:
        return shell.forward_unix(door.path)
    return shell.forward_tcp(door.host, door.port)


def _way_out(door: Door) -> str:
    if not door.host or door.host.startswith("127.") or door.host == "::1":
        return ""
    return (
        f"See whether its machine itself reaches {door.words}. Of a container that was started"
        " without root it does not: give that one the network of the machine (`--network host`)."
    )


def _note_deep(visit: Visit, why: str) -> None:
    log.info("deep_round_failed", database_id=str(visit.database_id), error=why)


async def _runs_still(shell: Shell, visit: Visit) -> bool:
    """Look whether its process is there: only that tells an end from a way that is closed."""
    try:
        found = read_databases((await shell.run(LOOK)).stdout)
    except (Unparsable, ValueError):
        return True  # nobody knows, so its end is not claimed
    doors = {door.words for door in visit.doors}
    return any(
        is_family(one.kind, visit.kind)
        and (
            bool(doors & {door.words for door in one.doors})
            or (bool(one.host_path) and one.host_path == visit.host_path)
        )
        for one in found
    )


_TOO_LONG = f"It took longer than {_ROUND_SECONDS:g} s to answer."
_NO_DOOR = "It was not seen where it listens, so there is no way to it."
