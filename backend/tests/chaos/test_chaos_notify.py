"""Notifications while everything dies: the sender, PostgreSQL, the network and the receivers.

Three kills over 60 alerts by default; `make chaos-notify N=100` kills a hundred times over 1,000.
The seed is printed, and UNITY_TEST_SEED repeats a run. Every alert must end as delivered or as a
dead letter, and every message that came twice must carry one id and have a kill that explains it.
"""

import asyncio
import gc
import os
import random
import secrets
import signal
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app import bootstrap
from app.kernel.clock import SystemClock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.event import Event
from app.models.core.event_delivery import EventDelivery
from app.models.core.notification_delivery import (
    OPEN,
    AttemptState,
    DeliveryState,
    NotificationAttempt,
    NotificationDelivery,
    NotificationDeliveryAlert,
)
from app.models.core.notification_thread import NotificationNotice
from app.schemas.core.notification_channel import ChannelWrite
from app.services.core.alerts.events import AlertFired
from app.services.core.outbox import Outbox
from app.services.core.permissions import system
from tests.chaos.receivers import Cable, Heard, Receivers
from tests.parts import postgres
from tests.services.core.notifications.kit import Kit, at_once

KILLS = int(os.environ.get("UNITY_TEST_KILLS", "3"))
ALERTS = int(os.environ.get("UNITY_TEST_ALERTS", "1000" if KILLS > 3 else "60"))
SEED = int(os.environ.get("UNITY_TEST_SEED", str(secrets.randbelow(1_000_000))))
BACKEND = Path(__file__).parents[2]
START = "from app.cli import main; main()"
KINDS = ("sender", "database", "network", "receiver")
# A message comes twice when the answer to it was lost (the network or the receiver died while it
# was taken), or when its sender died before it had noted the answer. So the kill lies at the moment
# when the receiver took it, give or take what a busy machine needs for a few bytes; the sender may
# also die a little later, or for as long as there was no database to note it in.
SLACK, NOTING, RECOVERY = 0.5, 1.0, 2.0

pytestmark = [
    pytest.mark.needs("postgres"),
    pytest.mark.timeout(600 + KILLS * 30 + ALERTS),
    # The library of the mail server leaves the connections of one that dies to the collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True, slots=True)
class Kill:
    """What was killed, and from when to when it was gone."""

    kind: str
    at: float
    until: float


@dataclass
class Stage:
    """Unity on its PostgreSQL, the receivers, and whoever kills them."""

    cluster: postgres.DurableCluster
    url: str
    data: Path
    vault: Vault
    random: random.Random
    receivers: Receivers = field(default_factory=Receivers)
    kills: list[Kill] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    is_ending: bool = False
    counts: dict[str, int | None] = field(default_factory=dict)  # when last looked at

    def __post_init__(self) -> None:
        self.web = Cable(lambda: self.receivers.web.port)
        self.mail = Cable(lambda: self.receivers.mail_port)
        self.database = Database(self.url)

    async def supervise(self) -> None:
        """Start Unity whenever it is not there, as a service manager would."""
        while not self.is_ending:
            self.process = await self._start()
            await self.process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNITY_")}
        environment = {
            **own,
            "UNITY_DATA": str(self.data),
            "UNITY_DATABASE__URL": self.url,
            "UNITY_SERVER__LISTEN": "127.0.0.1:0",
            "UNITY_LOG__LEVEL": "WARNING",
            "UNITY_COLLECT__ADD_LOCAL": "false",
            "UNITY_NOTIFICATIONS__ALLOW": "127.0.0.1",
            "UNITY_NOTIFICATIONS__LOOK_SECONDS": "1",
            "UNITY_NOTIFICATIONS__FIRST_RETRY_SECONDS": "0.2",
            "UNITY_NOTIFICATIONS__LEASE_SECONDS": "6",
        }
        with (self.data.parent / "unity.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", START, "serve"),
                cwd=BACKEND,
                env=environment,
                stdout=log,
                stderr=log,
            )

    async def kill(self, kind: str) -> None:
        """Kill one part, keep it away for a moment, and bring it back."""
        began = time.time()
        gone = self.random.uniform(0.1, 1.5)
        match kind:
            case "sender":
                if self.process is not None and self.process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.kill(self.process.pid, signal.SIGKILL)
            case "database":
                await asyncio.to_thread(self.cluster.crash)
                await asyncio.sleep(gone)
                await asyncio.to_thread(self.cluster.start)
            case "network":
                for cable in (self.web, self.mail):
                    await cable.end.close()
                await asyncio.sleep(gone)
                for cable in (self.web, self.mail):
                    await cable.end.open()
            case _:
                await self.receivers.close()
                await asyncio.sleep(gone)
                await self.receivers.open()
        self.kills.append(Kill(kind, began, time.time()))

    async def end(self) -> None:
        self.is_ending = True
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    async def announce(self, number: int, alert_id: uuid.UUID) -> None:
        """Let an alert fire, again and again until the database has it."""
        told = _alert(number, alert_id)
        while True:
            try:
                async with self.database.transaction() as session:
                    Outbox(session, SystemClock()).announce(system("chaos"), told)
            except (SQLAlchemyError, OSError):
                await asyncio.sleep(0.1)
            else:
                return

    async def is_done(self) -> bool:
        """Tell whether nothing is on its way any more."""
        try:
            async with self.database.snapshot() as session:
                counts = [
                    await session.scalar(select(func.count()).select_from(one))
                    for one in (
                        select(Event.id)
                        .where(Event.kind == "alert.fired", Event.dispatched_at.is_(None))
                        .subquery(),
                        select(EventDelivery.id)
                        .where(EventDelivery.handled_at.is_(None))
                        .subquery(),
                        select(NotificationNotice.id).subquery(),
                        select(NotificationDelivery.id)
                        .where(NotificationDelivery.state.in_(OPEN))
                        .subquery(),
                    )
                ]
                told = await session.scalar(select(func.count(NotificationDelivery.id))) or 0
        except (SQLAlchemyError, OSError):
            return False
        names = ("events", "unheard", "notices", "open")
        self.counts = {**dict(zip(names, counts, strict=True)), "told": told}
        return not any(counts) and told >= 2 * ALERTS


def _alert(number: int, alert_id: uuid.UUID) -> AlertFired:
    now = SystemClock().now()
    return AlertFired(
        object_kind="alert",
        object_id=alert_id,
        object_name=f"alert {number}",
        alert_type="chaos",
        domain="core",
        severity="warning",
        title=f"alert {number} of chaos",
        message="Everything dies.",
        fix="",
        runbook="",
        subject="",
        began_at=now,
        at=now,
    )


@pytest.fixture
def cluster() -> Iterator[postgres.DurableCluster]:
    """Return a PostgreSQL of its own that keeps what it has promised when it is killed."""
    with postgres.durable_cluster() as running:
        yield running


@asynccontextmanager
async def _open(cluster: postgres.DurableCluster, folder: Path) -> AsyncIterator[Stage]:
    data = folder / "data"
    url = cluster.url(cluster.create())
    settings = Settings.model_validate({"data": data, "database": {"url": url}})
    database, vault = await bootstrap.open_database(settings)
    stage = Stage(cluster, url, data, vault, random.Random(SEED))  # noqa: S311 - repeatable
    await stage.receivers.open()
    for cable in (stage.web, stage.mail):
        await cable.end.open()
    await _enter_channels(stage, database)
    await database.dispose()
    try:
        yield stage
    finally:
        await stage.end()
        for cable in (stage.web, stage.mail):
            await cable.end.close()
        await stage.receivers.close()
        await stage.database.dispose()


async def _enter_channels(stage: Stage, database: Database) -> None:
    kit = Kit(database, SystemClock(), stage.vault)  # type: ignore[arg-type] # any clock will do
    url = SecretStr(f"http://127.0.0.1:{stage.web.end.port}/hook")
    web = await kit.channel("web", secrets={"url": url}, has_self_test=False)
    settings: dict[str, JsonValue] = {
        "host": "127.0.0.1",
        "port": stage.mail.end.port,
        "security": "none",
        "sender": "unity@home.test",
        "recipients": ["me@home.test"],
    }
    wish = ChannelWrite(name="mail", service="email", settings=settings, has_self_test=False)
    async with database.transaction() as session:
        mail = await kit.channels(session).create(system("chaos"), wish)
    await _only_route(kit, web, mail.id)


async def _only_route(kit: Kit, *channels: uuid.UUID) -> None:
    async with kit.database.transaction() as session:
        for route in await kit.routes(session).list():
            await kit.routes(session).delete(system("chaos"), route.id)
    await kit.route(at_once(*channels))


async def test_every_alert_arrives_or_is_a_dead_letter_and_each_duplicate_has_its_kill(
    cluster: postgres.DurableCluster, tmp_path: Path
) -> None:
    sys.stdout.write(f"\nUNITY_TEST_SEED={SEED} kills={KILLS} alerts={ALERTS}\n")
    async with _open(cluster, tmp_path) as stage, asyncio.TaskGroup() as group:
        group.create_task(stage.supervise())
        alerts = {number: uuid7() for number in range(ALERTS)}
        feeding = group.create_task(_feed(stage, alerts))
        await _kill_at_random(stage, feeding)
        await feeding
        try:
            async with asyncio.timeout(180 + ALERTS):
                while not await stage.is_done():  # noqa: ASYNC110 - another process works
                    await asyncio.sleep(0.5)
        except TimeoutError:
            log = (tmp_path / "unity.log").read_text(errors="replace")
            pytest.fail(f"It does not end: {stage.counts}\n{log[-6000:]}")
        finally:
            await stage.end()
        await _judge(stage, alerts)


async def _feed(stage: Stage, alerts: dict[int, uuid.UUID]) -> None:
    """Spread the alerts over the kills."""
    for number, alert_id in alerts.items():
        await stage.announce(number, alert_id)
        await asyncio.sleep(KILLS * 1.5 / ALERTS)


async def _kill_at_random(stage: Stage, feeding: asyncio.Task[None]) -> None:
    async with asyncio.timeout(120):
        while not stage.receivers.heard:  # noqa: ASYNC110 - the first start takes a while
            await asyncio.sleep(0.1)
    # Each kind comes as often as the others, in an order that only the seed knows.
    kinds = [KINDS[number % len(KINDS)] for number in range(KILLS)]
    stage.random.shuffle(kinds)
    for kind in kinds:
        await asyncio.sleep(stage.random.uniform(0.2, 2.5))
        await stage.kill(kind)
    del feeding


async def _judge(stage: Stage, alerts: dict[int, uuid.UUID]) -> None:
    async with stage.database.snapshot() as session:
        rows = (
            await session.execute(
                select(
                    NotificationDeliveryAlert.alert_id,
                    NotificationDelivery.channel_name,
                    NotificationDelivery.id,
                    NotificationDelivery.state,
                ).join(
                    NotificationDelivery,
                    NotificationDelivery.id == NotificationDeliveryAlert.delivery_id,
                )
            )
        ).all()
    by_alert = {(row.alert_id, row.channel_name): row for row in rows}
    assert len(by_alert) == len(rows) == 2 * ALERTS, "one row for each alert and channel"
    heard: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for one in stage.receivers.heard:
        heard[one.channel, one.key].append(one)
    dead = 0
    for number, alert_id in alerts.items():
        for channel in ("web", "mail"):
            row = by_alert[alert_id, channel]
            if row.state == DeliveryState.DEAD:
                dead += 1
                continue
            assert row.state == DeliveryState.DELIVERED, (number, channel, row.state)
            found = heard[channel, str(row.id)]
            assert found, f"alert {number} counts as delivered, but {channel} never heard it"
            assert {one.title for one in found} == {f"[warning] alert {number} of chaos"}
    known = {(row.channel_name, str(row.id)) for row in rows}
    assert set(heard) <= known, "a message under an id that the ledger does not know"
    _explain(stage, heard, await _tries(stage), dead)


async def _tries(stage: Stage) -> dict[str, list[NotificationAttempt]]:
    async with stage.database.snapshot() as session:
        rows = await session.scalars(
            select(NotificationAttempt).order_by(NotificationAttempt.number)
        )
        tries: dict[str, list[NotificationAttempt]] = defaultdict(list)
        for row in rows:
            tries[str(row.delivery_id)].append(row)
    return tries


def _explain(
    stage: Stage,
    heard: dict[tuple[str, str], list[Heard]],
    tries: dict[str, list[NotificationAttempt]],
    dead: int,
) -> None:
    """List each duplicate with the kill that caused it."""
    lines, unexplained = [], []
    for (channel, key), times in heard.items():
        used = set()
        for first, second in pairwise(times):
            tried = _attempt_of(first, tries[key])
            cause = None if tried is None or tried.id in used else _cause(stage, first, tried)
            if tried is None or cause is None:
                state = "no attempt" if tried is None else f"attempt {tried.number} {tried.state}"
                unexplained.append((channel, key, first.at, second.at, state))
                continue
            used.add(tried.id)
            lines.append(
                f"{channel} {key} twice: attempt {tried.number} {tried.state},"
                f" {cause.kind} killed {cause.at - first.at:+.2f} s"
            )
    took = sum(len(times) for times in heard.values())
    counts = {kind: sum(kill.kind == kind for kill in stage.kills) for kind in KINDS}
    summary = (
        f"kills={counts} messages={len(heard)} received={took} duplicates={len(lines)}"
        f" unexplained={len(unexplained)} dead_letters={dead} seed={SEED}\n"
    )
    sys.stdout.write("\n".join([*sorted(lines), summary]))
    assert not unexplained, f"these came twice without a kill: {unexplained}"
    assert len(stage.kills) == KILLS
    gc.collect()  # here, where its warnings are expected, and not in the middle of another test


def _attempt_of(heard: Heard, tries: list[NotificationAttempt]) -> NotificationAttempt | None:
    """Return the attempt that sent what a receiver took."""
    begun = [one for one in tries if one.began_at.timestamp() <= heard.at]
    return begun[-1] if begun else None


def _cause(stage: Stage, heard: Heard, tried: NotificationAttempt) -> Kill | None:
    """Return the kill after which a message that was taken was sent again, if there is one."""
    match tried.state:
        case AttemptState.FAILED:
            fits = [
                kill
                for kill in stage.kills
                if kill.kind in ("network", "receiver")
                and kill.at - SLACK <= heard.at <= kill.until + SLACK
            ]
        case AttemptState.INTERRUPTED:
            fits = [
                kill
                for kill in stage.kills
                if kill.kind == "sender"
                and heard.at - SLACK <= kill.at <= _noted_by(stage, heard.at)
            ]
        case _:
            fits = []  # it was noted as delivered, and sent again all the same
    return min(fits, key=lambda kill: abs(kill.at - heard.at), default=None)


def _noted_by(stage: Stage, taken: float) -> float:
    """Return when a living sender has noted what was taken: later while the database is away."""
    noted = taken + NOTING
    for kill in stage.kills:
        if kill.kind == "database" and kill.at <= noted and taken <= kill.until:
            noted = max(noted, kill.until + RECOVERY)
    return noted
