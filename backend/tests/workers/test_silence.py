"""An engine that stands still or dies is noticed by people and by the monitor outside.

The engine is a real process, the address outside a real port; signals do the harm.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from app.adapters.notify.notifiers import Notifiers
from app.kernel.clock import SystemClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.heartbeat import DeadMansSwitch, Heartbeat
from app.schemas.core.notification_ledger import DeadMansSwitchRead, DeadMansSwitchWrite
from app.services.core.notifications.composing import Composer
from app.services.core.notifications.heartbeats import (
    DELIVERY,
    ENGINE,
    DeadMan,
    Heartbeats,
    Watchdog,
)
from app.services.core.notifications.ledger import SignsOfLife
from tests.services.core.notifications.kit import TESTS, ZONE, Kit, at_once
from tests.workers.beating import EVERY

SILENT, BACK = "[critical] Unity's own alerts are silent", "Unity's own alerts work again"

pytestmark = [pytest.mark.both_engines, pytest.mark.timeout(120)]


@dataclass
class Monitor:
    """The address outside, which expects to be asked again and again."""

    asked: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


@pytest.fixture
async def monitor() -> AsyncIterator[Monitor]:
    monitor = Monitor()
    async with await asyncio.start_server(monitor.serve, "127.0.0.1") as server:
        monitor.port = server.sockets[0].getsockname()[1]
        yield monitor


@asynccontextmanager
async def engine(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workers.beating", url),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def after_a_round(process: asyncio.subprocess.Process) -> None:
    """Return when a round has just ended, so that a signal hits no open transaction."""
    assert process.stdout is not None
    with suppress(TimeoutError):
        while True:  # the lines of rounds that ended long ago
            async with asyncio.timeout(0.02):
                await process.stdout.readline()
    async with asyncio.timeout(40):
        assert await process.stdout.readline() == b"round\n"


@dataclass
class Watch:
    """What Unity's watching job does, with the time of each look."""

    kit: Kit
    watchdog: Watchdog
    dead_man: DeadMan
    beats: Heartbeats
    composer: Composer
    silent: list[str] = field(default_factory=list)

    async def look(self) -> None:
        await self.beats.beat(DELIVERY, every=EVERY)
        self.silent = await self.watchdog.look()
        await self.dead_man.ping()
        await self.composer.compose()
        await self.kit.deliverer().deliver()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(40):
            while not is_so():
                await self.look()
                await asyncio.sleep(0.1)

    async def seconds_since_the_last_round(self) -> float:
        async with self.kit.database.snapshot() as session:
            beat = await session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == ENGINE))
        assert beat is not None
        return (self.kit.clock.now() - beat).total_seconds()

    async def last_error(self) -> str:
        async with self.kit.database.snapshot() as session:
            signs = SignsOfLife(session, self.kit.clock, self.kit.vault, self.kit.audit(session))
            read: DeadMansSwitchRead = await signs.switch()
        return read.last_error


@pytest.fixture
async def watch(database: Database, vault: Vault, monitor: Monitor) -> Watch:
    clock = SystemClock()
    kit = Kit(database, clock, vault)  # type: ignore[arg-type] # any clock will do
    await kit.route(at_once(await kit.channel("phone")))
    url = SecretStr(f"http://127.0.0.1:{monitor.port}/ping")
    async with database.transaction() as session:
        signs = SignsOfLife(session, clock, vault, kit.audit(session))
        await signs.set_switch(TESTS, DeadMansSwitchWrite(url=url))
        await session.execute(update(DeadMansSwitch).values(every_seconds=1))
    outside = Notifiers(allowed=[ip_network("127.0.0.1/32")])
    return Watch(
        kit,
        Watchdog(database, clock, zone=ZONE),
        DeadMan(database, vault, clock, outside),
        Heartbeats(database, clock),
        Composer(database, clock, link="https://unity.test/alerts", zone=ZONE),
    )


async def silence_is_noticed(watch: Watch, monitor: Monitor) -> None:
    await watch.until(lambda: watch.silent == [ENGINE])
    assert await watch.seconds_since_the_last_round() > 2 * EVERY.total_seconds()
    asked = monitor.asked
    for _ in range(15):
        await watch.look()
        await asyncio.sleep(0.1)
    assert monitor.asked == asked, "the monitor outside misses its ping"
    assert await watch.last_error() == "Not sent: no sign of life of alerts."


async def works_again(watch: Watch, monitor: Monitor) -> None:
    asked = monitor.asked
    await watch.until(lambda: monitor.asked > asked and watch.kit.notifier.titles[-1] == BACK)


async def test_an_engine_that_stands_still_or_is_killed_is_missed_inside_and_outside(
    watch: Watch, monitor: Monitor, database_url: str
) -> None:
    async with engine(database_url) as process:
        await after_a_round(process)
        await watch.until(lambda: monitor.asked >= 2 and not watch.silent)
        for how in (signal.SIGSTOP, signal.SIGKILL):
            known = len(watch.kit.notifier.titles)
            await after_a_round(process)
            os.kill(process.pid, how)
            await silence_is_noticed(watch, monitor)
            titles = watch.kit.notifier.titles[known:]
            assert titles == [SILENT], "told once, however often it is looked for"
            if how is signal.SIGSTOP:
                os.kill(process.pid, signal.SIGCONT)
                await works_again(watch, monitor)
