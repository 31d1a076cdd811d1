"""The collector over scripted machines: what it stores, and whom it lets wait."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.metric_series import MetricSeries
from app.models.infrastructure.collection import (
    CollectionRun,
    FactState,
    ServerSummary,
    StatusChange,
)
from app.models.infrastructure.monitored_server import HostKeyPin, MonitoredServer
from app.ports.shell import LoginRefused, Outcome, Shell, Target, Unreachable
from app.services.core.facts import Rate
from app.services.infrastructure.claims import Claims
from app.services.infrastructure.facts.reading import FILES
from app.services.infrastructure.facts.table import GROUPS
from app.services.infrastructure.readings import Readings
from app.services.infrastructure.targets import TargetBuilder
from tests.fakes.shell import FakeShells
from tests.services.infrastructure.collecting import DF, Site, behaves, df

CLAIM = {"standard": timedelta(minutes=5), "lease": timedelta(seconds=90)}


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def test_a_cycle_stores_status_facts_summary_metrics_and_run(site: Site) -> None:
    server_id = await site.enter("nas")
    tally = await site.collector().collect_due()
    assert (tally.asked, tally.answered, tally.crashed) == (1, 1, 0)
    row = await site.server(server_id)
    assert (row.status, row.reason_kind) == ("online", "ok")
    assert row.last_seen_at == row.last_attempt_at == row.status_since == site.clock.now()
    assert row.next_due_at == site.clock.now() + timedelta(minutes=5)
    async with site.database.snapshot() as session:
        rates = set(await session.scalars(select(FactState.rate)))
        assert rates == {"live", "standard"}
        summary = (await session.scalars(select(ServerSummary))).one()
        assert summary.memory_percent == pytest.approx(40.0)
        assert (summary.filesystem_percent, summary.filesystem_mountpoint) == (40.0, "/")
        run = (await session.scalars(select(CollectionRun))).one()
        assert (run.status, run.facts_failed, run.error) == ("online", 0, "")
        assert await session.scalar(select(func.count()).select_from(MetricSeries))
        change = (await session.scalars(select(StatusChange))).one()
        assert (change.was, change.status) == ("unknown", "online")


async def test_the_use_of_the_processors_comes_from_two_cycles(site: Site) -> None:
    server_id = await site.enter("nas")
    collector = site.collector()
    await collector.collect_due()
    behaves(site.machine(server_id), busy=1500, idle=9500)
    await site.next_cycle(collector)
    async with site.database.snapshot() as session:
        summary = (await session.scalars(select(ServerSummary))).one()
    assert summary.cpu_percent == 50.0
    assert summary.spark.endswith(":50")


async def test_a_server_is_not_asked_before_it_is_due(site: Site) -> None:
    await site.enter("nas")
    collector = site.collector()
    await collector.collect_due()
    assert (await collector.collect_due()).asked == 0


async def test_a_disabled_server_is_not_asked(site: Site) -> None:
    await site.enter("nas", is_enabled=False)
    assert (await site.collector().collect_due()).asked == 0


async def test_one_server_that_cannot_be_reached_leaves_the_others_alone(site: Site) -> None:
    good, bad = await site.enter("good"), await site.enter("bad")
    site.shells.failures[str(bad)] = Unreachable("No route.", fix="Switch it on.")
    await site.collector().collect_due()
    assert (await site.server(good)).status == "online"
    row = await site.server(bad)
    assert (row.status, row.reason_kind, row.reason) == ("offline", "unreachable", "No route.")
    assert row.fix == "Switch it on."
    assert row.last_seen_at is None
    assert row.last_attempt_at == site.clock.now()


async def test_a_failure_keeps_the_facts_of_before_with_their_age(site: Site) -> None:
    server_id = await site.enter("nas")
    collector = site.collector()
    await collector.collect_due()
    before = site.clock.now()
    site.shells.failures[str(server_id)] = LoginRefused("The password is wrong.")
    await site.next_cycle(collector)
    async with site.database.snapshot() as session:
        facts = await Readings(session, site.clock, 300).facts(server_id)
    memory = next(fact for fact in facts.facts if fact.fact == "memory")
    assert facts.status == "offline"
    assert memory.value is not None
    assert memory.read_at == before


async def test_garbage_costs_one_fact_and_keeps_its_old_value(site: Site) -> None:
    server_id = await site.enter("nas")
    collector = site.collector()
    await collector.collect_due()
    first = site.clock.now()
    site.machine(server_id).answers(*DF, stdout="\x1b[31mno table at all\nand more\n")
    await site.next_cycle(collector)
    second = site.clock.now()
    await site.next_cycle(collector)
    row = await site.server(server_id)
    assert (row.status, row.reason_kind) == ("degraded", "facts_failed")
    assert "filesystems" in row.reason
    async with site.database.snapshot() as session:
        facts = await Readings(session, site.clock, 300).facts(server_id)
    found = next(fact for fact in facts.facts if fact.fact == "filesystems")
    assert found.trouble == "unparsable"
    assert found.value is not None
    assert (found.read_at, found.trouble_since) == (first, second)
    assert "\x1b" not in facts.model_dump_json()


async def test_a_command_that_hangs_costs_its_own_facts(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).hangs(*DF)
    await site.collector().collect_due()
    row = await site.server(server_id)
    assert row.status == "degraded"
    assert "no answer in time" in row.reason
    async with site.database.snapshot() as session:
        facts = await Readings(session, site.clock, 300).facts(server_id)
    assert next(fact for fact in facts.facts if fact.fact == "memory").value is not None


async def test_slow_facts_that_took_too_long_are_asked_again_soon(site: Site) -> None:
    server_id = await site.enter("busy", slow_due_at=None)
    apt = next(
        command.argv for command in GROUPS[Rate.SLOW].commands if command.argv[0] == "apt-get"
    )
    site.machine(server_id).hangs(*apt)
    await site.collector().collect_due()
    due = (await site.server(server_id)).slow_due_at
    assert due is not None
    assert due <= site.clock.now() + timedelta(seconds=2 * site.settings.standard_seconds)
    site.machine(server_id).answers(*apt, outcome=Outcome.ABSENT)
    site.clock.advance(timedelta(seconds=2 * site.settings.standard_seconds))
    await site.collector().collect_due()
    due = (await site.server(server_id)).slow_due_at
    assert due is not None
    assert due > site.clock.now() + timedelta(hours=5)


async def test_a_flood_costs_its_own_facts(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).floods(*DF)
    await site.collector().collect_due()
    row = await site.server(server_id)
    assert (row.status, row.reason_kind) == ("degraded", "facts_failed")


async def test_a_login_without_any_answer_is_offline(site: Site) -> None:
    server_id = await site.enter("nas")
    for command in GROUPS[Rate.STANDARD].commands:
        site.machine(server_id).hangs(*command.argv)
    await site.collector().collect_due()
    assert (await site.server(server_id)).reason_kind == "no_answer"


async def test_a_clock_two_days_off_degrades(site: Site) -> None:
    server_id = await site.enter("nas")
    seconds = (site.clock.now() - timedelta(days=2)).timestamp()
    site.machine(server_id).answers("date", "+%s.%N %z", stdout=f"{seconds:.0f}.5 +0000\n")
    await site.collector().collect_due()
    row = await site.server(server_id)
    assert (row.status, row.reason_kind) == ("degraded", "clock_skew")
    assert "2.0 days behind" in row.reason
    # The live facts do not ask for the time, so they cannot call the clock right.
    await site.collector().collect_live({server_id})
    assert (await site.server(server_id)).reason_kind == "clock_skew"


async def test_first_contact_waits_and_records_the_offered_key(site: Site) -> None:
    server_id = await site.enter("nas", is_pinned=False)
    await site.collector().collect_due()
    row = await site.server(server_id)
    assert (row.status, row.reason_kind) == ("unknown", "host_key_unknown")
    async with site.database.snapshot() as session:
        pin = (await session.scalars(select(HostKeyPin))).one()
    assert (pin.server_id, pin.state) == (server_id, "offered")


class SlowShells(FakeShells):
    """Machines of which some hang in the login, or break Unity's own code."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging: set[str] = set()
        self.breaking: set[str] = set()
        self.arrived, self.gate = asyncio.Event(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def open(self, target: Target) -> AsyncIterator[Shell]:
        if target.key in self.hanging:
            self.arrived.set()
            await self.gate.wait()
        if target.key in self.breaking:
            raise RuntimeError("A bug in an adapter.")
        async with super().open(target) as shell:
            yield shell


async def test_a_server_that_hangs_delays_the_others_by_less_than_a_second(site: Site) -> None:
    site.shells = shells = SlowShells()
    slow, quick = await site.enter("slow"), await site.enter("quick")
    shells.hanging.add(str(slow))
    async with site.live.subscribe(["server"]) as events, asyncio.TaskGroup() as group:
        cycle = group.create_task(site.collector().collect_due())
        async with asyncio.timeout(1):
            event = await anext(events)
        assert event.payload["ids"] == [str(quick)]
        assert not cycle.done()
        assert (await site.server(quick)).status == "online"
        shells.gate.set()
    assert (await site.server(slow)).status == "online"


async def test_a_bug_in_one_cycle_does_not_stop_the_others_nor_repeat_at_once(site: Site) -> None:
    site.shells = shells = SlowShells()
    bad, good = await site.enter("bad"), await site.enter("good")
    shells.breaking.add(str(bad))
    collector = site.collector()
    tally = await collector.collect_due()
    assert tally.crashed == 1
    assert (await site.server(good)).status == "online"
    due = (await site.server(bad)).next_due_at
    assert due is not None
    assert due > site.clock.now()
    assert (await collector.collect_due()).asked == 0


async def test_a_server_deleted_during_its_cycle_leaves_nothing(site: Site) -> None:
    site.shells = shells = SlowShells()
    gone, stays = await site.enter("gone"), await site.enter("stays")
    shells.hanging.add(str(gone))
    async with asyncio.TaskGroup() as group:
        group.create_task(site.collector().collect_due())
        await shells.arrived.wait()
        async with site.database.transaction() as session:
            await session.execute(delete(MonitoredServer).where(MonitoredServer.id == gone))
        shells.gate.set()
    async with site.database.snapshot() as session:
        assert set(await session.scalars(select(FactState.server_id))) == {stays}


async def test_asking_for_a_cycle_during_one_is_not_forgotten(site: Site) -> None:
    site.shells = shells = SlowShells()
    server_id = await site.enter("nas")
    shells.hanging.add(str(server_id))
    collector = site.collector()
    async with asyncio.TaskGroup() as group:
        group.create_task(collector.collect_due())
        await shells.arrived.wait()
        async with site.database.transaction() as session:
            row = await session.get(MonitoredServer, server_id)
            assert row is not None
            row.next_due_at = site.clock.now()
        shells.gate.set()
    assert len(shells.opened) == 2


async def test_a_round_that_meets_one_somebody_asked_for_keeps_the_interval(site: Site) -> None:
    site.shells = shells = SlowShells()
    server_id = await site.enter("nas")
    shells.hanging.add(str(server_id))
    collector = site.collector()
    async with asyncio.TaskGroup() as group:
        group.create_task(collector.collect_server(server_id))
        await shells.arrived.wait()
        await collector.collect_due()
        shells.gate.set()
    assert (await site.server(server_id)).next_due_at == site.clock.now() + CLAIM["standard"]


@pytest.mark.parametrize("failure", [Unreachable("Nothing listens there."), None])
async def test_a_round_that_ends_late_does_not_take_back_what_a_later_one_found(
    site: Site, failure: Unreachable | None
) -> None:
    site.shells = shells = SlowShells()
    server_id = await site.enter("nas")
    shells.hanging.add(str(server_id))
    async with asyncio.TaskGroup() as group:
        group.create_task(site.collector().collect_due())
        await shells.arrived.wait()
        # It is mended meanwhile, and somebody asks for a round at once.
        shells.hanging.clear()
        site.clock.advance(timedelta(seconds=5))
        site.machine(server_id).answers(*DF, stdout=df(70))
        await site.collector().collect_server(server_id)
        site.machine(server_id).answers(*DF, stdout=df(40))
        if failure is not None:
            shells.failures[str(server_id)] = failure
        shells.gate.set()
    row = await site.server(server_id)
    assert (row.status, row.last_seen_at) == ("online", site.clock.now())
    async with site.database.snapshot() as session:
        document = await session.scalar(
            select(FactState.readings).where(FactState.rate == Rate.STANDARD.value)
        )
        disks = json.loads(document or "{}")["filesystems"]["filesystems"]
        assert [one["used_bytes"] for one in disks] == [700_000 * 1024]


async def test_live_facts_of_the_local_and_watched_servers_leave_no_runs(site: Site) -> None:
    local = await site.enter("here", is_local=True)
    watched, other = await site.enter("watched"), await site.enter("other")
    collector = site.collector()
    await collector.collect_due()
    site.clock.advance(timedelta(seconds=10))
    tally = await collector.collect_live({watched})
    assert tally.asked == 2
    assert (await site.server(local)).last_seen_at == site.clock.now()
    assert (await site.server(watched)).last_seen_at == site.clock.now()
    assert (await site.server(other)).last_seen_at != site.clock.now()
    async with site.database.snapshot() as session:
        rates = set(await session.scalars(select(CollectionRun.rate)))
    assert rates == {Rate.STANDARD.value}


async def test_collecting_one_server_asks_for_everything_and_tells_the_verdict(site: Site) -> None:
    server_id = await site.enter("nas")
    verdict = await site.collector().collect_server(server_id)
    assert verdict is not None
    assert verdict.status == "online"
    asked = {command.argv for command in site.machine(server_id).calls}
    assert FILES.argv in asked
    assert {command.argv for command in GROUPS[Rate.SLOW].commands} <= asked


async def test_many_results_are_stored_in_few_transactions(site: Site) -> None:
    for number in range(30):
        await site.enter(f"machine-{number}")
    heard = 0
    async with site.live.subscribe(["server"]) as events:
        await site.collector().collect_due()
        async with asyncio.timeout(1):
            asked = 0
            while asked < 30:
                ids = (await anext(events)).payload["ids"]
                assert isinstance(ids, list)
                asked += len(ids)
                heard += 1
    assert heard <= 3


@pytest.mark.both_engines
async def test_two_workers_never_take_the_same_server(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    for number in range(20):
        await site.enter(f"machine-{number}")
    workers = [Claims(database, clock, TargetBuilder(vault), **CLAIM) for _ in range(4)]
    taken = await asyncio.gather(*(one.take_due(Rate.STANDARD, 20) for one in workers))
    ids = [claim.server_id for claims in taken for claim in claims]
    assert len(ids) == len(set(ids)) == 20


@pytest.mark.both_engines
async def test_a_whole_cycle_works_on_both_engines(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    first, second = await site.enter("first"), await site.enter("second")
    collector = site.collector()
    await collector.collect_due()
    site.machine(second).answers(*DF, stdout="garbage\nmore\n")
    await site.next_cycle(collector)
    assert (await site.server(first)).status == "online"
    assert (await site.server(second)).status == "degraded"


async def test_a_claim_that_was_never_finished_comes_back_after_its_lease(site: Site) -> None:
    server_id = await site.enter("nas")
    claims = Claims(site.database, site.clock, TargetBuilder(site.vault), **CLAIM)
    assert len(await claims.take_due(Rate.STANDARD, 10)) == 1
    site.clock.advance(timedelta(seconds=91))
    assert [one.server_id for one in await claims.take_due(Rate.STANDARD, 10)] == [server_id]
