"""Self-tests: which are due (pure), and starting one on the machine."""

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import Conflict
from app.kernel.ids import uuid7
from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer, SudoMode
from app.models.infrastructure.storage_device import (
    DeviceState,
    StorageDevice,
    StorageDeviceEvent,
)
from app.ports.shell import Command, CommandResult, Outcome, Shells, Target
from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.storage.device_list import DeviceNotFound
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.targets import TargetBuilder

SHORT, LONG = "short", "long"
_SECONDS = 30.0
# A long test slows a drive down for hours; two at once on one machine are felt.
_LONG_TAKES = timedelta(hours=24)
_SHORT_TAKES = timedelta(minutes=15)
_HOT = "temperature"
_MINUTES = re.compile(r"Please wait (\d{1,6}) minutes?")
_STARTED = ("Testing has begun", "has begun", "Self-test has begun", "background self test")


class SelfTestRefused(Conflict):
    """The drive cannot be tested now."""


@dataclass(frozen=True, slots=True)
class Plannable:
    """What the planner knows of a drive."""

    id: uuid.UUID
    server_id: uuid.UUID
    short_days: int
    long_days: int
    short_at: datetime | None
    long_at: datetime | None
    first_seen_at: datetime
    is_ready: bool  # present, awake, not hot, not failing


@dataclass(frozen=True, slots=True)
class Due:
    """A test to start now."""

    device_id: uuid.UUID
    kind: str


def due_tests(drives: Sequence[Plannable], now: datetime) -> list[Due]:
    """Return what to start: on each machine one drive at a time, the longest overdue first.

    A long test that is due goes before the short one, and stands for it. A drive that was never
    tested counts from when it was first seen, so that new drives do not all start at once.
    """
    busy = {one.server_id for one in drives if _is_running(one, now)}
    waiting = sorted(
        ((overdue, kind, one) for one in drives for overdue, kind in _overdue(one, now)),
        key=lambda entry: (-entry[0], entry[1], entry[2].id),
    )
    found: list[Due] = []
    for _, kind, one in waiting:
        if one.is_ready and one.server_id not in busy:
            busy.add(one.server_id)
            found.append(Due(one.id, kind))
    return found


def _is_running(one: Plannable, now: datetime) -> bool:
    spans = ((one.short_at, _SHORT_TAKES), (one.long_at, _LONG_TAKES))
    return any(at is not None and now - at < span for at, span in spans)


def _overdue(one: Plannable, now: datetime) -> Iterator[tuple[timedelta, str]]:
    """Yield how long a test has been due, at most one for each drive."""
    for days, at, kind in (
        (one.long_days, one.long_at, LONG),
        (one.short_days, max(filter(None, (one.short_at, one.long_at)), default=None), SHORT),
    ):
        overdue = now - (at or one.first_seen_at) - timedelta(days=days)
        if days and overdue >= timedelta(0):
            yield overdue, kind
            return


@dataclass(frozen=True, slots=True)
class Started:
    """What became of asking for a test."""

    message: str
    minutes: int | None = None


def start_command(path: str, smart_type: str, kind: str, *, sudo: bool) -> Command:
    """Return the command that starts a test, unless the drive sleeps."""
    kinds = () if smart_type in ("", "auto") else ("-d", smart_type)
    argv = ("smartctl", "-n", "standby", "-t", kind, *kinds, path)
    return Command(argv, seconds=_SECONDS, sudo=sudo)


def read_start(result: CommandResult) -> Started:
    """Read the answer, or raise `SelfTestRefused` with what smartctl said."""
    if result.outcome is not Outcome.RAN:
        words = {
            Outcome.ABSENT: "smartctl is not installed there.",
            Outcome.REFUSED: "The login may not start tests as root.",
        }
        raise SelfTestRefused(
            words.get(result.outcome, "The drive did not answer in time."),
            fix="Test the connection of its server: it shows the sudoers lines that are missing.",
        )
    minutes = _MINUTES.search(result.stdout)
    if minutes or any(words in result.stdout for words in _STARTED):
        return Started("The test has begun.", int(minutes[1]) if minutes else None)
    lines = [line for line in result.stdout.splitlines()[3:] if line.strip()]
    said = printable(lines[0].strip()[:200]) if lines else "smartctl said nothing."
    raise SelfTestRefused(f"The drive did not start the test: {said}")


@dataclass(frozen=True, slots=True)
class _Subject:
    target: Target
    path: str
    smart_type: str
    sudo: bool


class SelfTester:
    """Starts tests: reads the row, asks the machine, writes what came of it."""

    def __init__(self, database: Database, shells: Shells, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault
        self._clock = clock

    async def start(self, device_id: uuid.UUID, kind: str, actor: str) -> Started:
        """Start one test; the next slow cycle brings its result."""
        subject = await self._subject(device_id)
        command = start_command(subject.path, subject.smart_type, kind, sudo=subject.sudo)
        async with self._shells.open(subject.target) as shell:
            result = await shell.run(command)
        started = read_start(result)
        async with self._database.transaction() as session:
            row = await session.get(StorageDevice, device_id)
            if row is not None:
                now = self._clock.now()
                if kind == LONG:
                    row.long_test_at = now
                else:
                    row.short_test_at = now
                session.add(
                    StorageDeviceEvent(
                        id=uuid7(),
                        device_id=device_id,
                        at=now,
                        kind="self_test",
                        message=f"A {kind} self-test was started.",
                        actor=actor[:120],
                    )
                )
        return started

    async def due(self) -> list[Due]:
        """Return the tests that the schedules ask for now."""
        async with self._database.snapshot() as session:
            rows = await session.scalars(
                select(StorageDevice).where(
                    StorageDevice.state == DeviceState.PRESENT,
                    or_(StorageDevice.short_test_days > 0, StorageDevice.long_test_days > 0),
                )
            )
            return due_tests([_plannable(row) for row in rows], self._clock.now())

    async def _subject(self, device_id: uuid.UUID) -> _Subject:
        async with self._database.snapshot() as session:
            row = await session.get(StorageDevice, device_id)
            if row is None:
                raise DeviceNotFound("There is no drive with this id.", fix="Reload the list.")
            if row.state != DeviceState.PRESENT:
                raise SelfTestRefused("The drive is not plugged in.")
            server = await session.get(MonitoredServer, row.server_id)
            if server is None:
                raise DeviceNotFound("Its server is gone.", fix="Reload the list.")
            target = await TargetBuilder(self._vault).build(session, server)
            return _Subject(target, row.path, row.smart_type, server.sudo != SudoMode.NONE)


def _plannable(row: StorageDevice) -> Plannable:
    is_hot = any(entry["code"] == _HOT for entry in row.reasons)
    is_awake = row.read_state == ReadState.READ
    return Plannable(
        id=row.id,
        server_id=row.server_id,
        short_days=row.short_test_days,
        long_days=row.long_test_days,
        short_at=row.short_test_at,
        long_at=row.long_test_at,
        first_seen_at=row.first_seen_at,
        is_ready=is_awake and not is_hot and row.level != Level.FAILING.value,
    )
