"""Overview, facts and runs as people read them, and what Prometheus scrapes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState, Severity
from app.models.infrastructure.collection import ServerSummary
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.ports.shell import Unreachable
from app.schemas.infrastructure.reading import Overview, RunQuery
from app.schemas.infrastructure.server import ServerQuery
from app.services.core.exposition import Exposition
from app.services.infrastructure.overview import OverviewReader
from app.services.infrastructure.own_metrics import families
from app.services.infrastructure.readings import Readings
from app.services.infrastructure.server_list import ServerList
from tests.services.infrastructure.collecting import DF, Site, behaves, df
from tests.services.infrastructure.pools.test_ledger import shows


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def read(site: Site) -> Overview:
    async with site.database.snapshot() as session:
        return await OverviewReader(session, site.clock, 300).read()


async def scrape(site: Site) -> str:
    async with site.database.snapshot() as session:
        own = await families(session, site.clock, 300)
        return await Exposition(session, site.clock, "1.2.3").text(own)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Count the statements that are sent to the engine that reads."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


async def test_what_is_wrong_with_a_drive_or_pool_stands_there_too(site: Site) -> None:
    nas = await site.enter("nas")
    machine = site.machine(nas)
    shows(machine, "md_arrays", "debian-12-degraded")
    await site.collector().collect_due()

    (problem,) = (await read(site)).problems

    assert (problem.server_id, problem.server_name) == (nas, "nas")
    assert (problem.resource_name, problem.kind) == ("md0", "pool_degraded")
    assert problem.severity == Severity.CRITICAL
    assert problem.alert_id is not None


async def test_what_follows_from_another_alert_is_not_told_beside_it(site: Site) -> None:
    nas = await site.enter("nas")
    shows(site.machine(nas), "md_arrays", "debian-12-degraded")
    await site.collector().collect_due()
    async with site.database.transaction() as session:
        pool = (await session.scalars(select(Alert))).one()
        cause = Alert(
            kind="drive_gone",
            domain="infrastructure",
            resource_id=nas,
            fingerprint="a drive",
            severity=Severity.CRITICAL,
            title="",
            message="It is gone.",
            state=AlertState.FIRING,
            began_at=pool.began_at,
        )
        session.add(cause)
        await session.flush()
        pool.cause_id = cause.id
    assert [one.kind for one in (await read(site)).problems] == ["drive_gone"]


async def test_what_is_wrong_stands_first(site: Site) -> None:
    good, bad, full = [await site.enter(name) for name in ("good", "bad", "full")]
    site.shells.failures[str(bad)] = Unreachable("No route.", fix="Switch it on.")
    site.machine(full).answers(*DF, stdout=df(97))
    await site.collector().collect_due()
    overview = await read(site)
    assert [(one.severity, one.server_id, one.kind) for one in overview.problems] == [
        ("critical", bad, "unreachable"),
        ("warning", full, "filesystem_full"),
    ]
    assert overview.problems[0].fix == "Switch it on."
    assert [tile.id for tile in overview.servers] == [bad, full, good]
    assert overview.totals[ServerStatus.ONLINE] == 2
    assert overview.totals[ServerStatus.OFFLINE] == 1
    assert {(change.server_id, change.status) for change in overview.changes} == {
        (good, "online"),
        (full, "online"),
        (bad, "offline"),
    }


@pytest.mark.both_engines
async def test_of_very_many_problems_the_worst_and_oldest_are_shown_and_all_counted(
    site: Site,
) -> None:
    nas, now = await site.enter("nas"), site.clock.now()
    async with site.database.transaction() as session:
        await session.execute(update(MonitoredServer).values(status=ServerStatus.ONLINE))
        session.add_all(
            Alert(
                kind="unit_failed",
                domain="infrastructure",
                resource_id=nas,
                fingerprint=str(number),
                severity=Severity.CRITICAL if number % 2 else Severity.WARNING,
                title="",
                subject=str(number),
                message="It failed.",
                state=AlertState.FIRING,
                began_at=now - timedelta(minutes=number),
            )
            for number in range(240)
        )
    overview = await read(site)
    assert overview.problem_counts[Severity.CRITICAL] == 120
    assert overview.problem_counts[Severity.WARNING] >= 120
    assert [one.subject for one in overview.problems] == [
        str(number) for number in range(239, 39, -2)
    ]


async def test_a_collector_that_stands_still_leaves_no_server_green(site: Site) -> None:
    await site.enter("nas")
    await site.collector().collect_due()
    site.clock.advance(timedelta(minutes=11))
    overview = await read(site)
    assert overview.servers[0].status == "unknown"
    assert overview.problems[0].kind == "stale"


async def test_a_tile_tells_the_numbers(site: Site) -> None:
    server_id = await site.enter("nas")
    await site.next_cycle()
    behaves(site.machine(server_id), busy=1100, idle=9300)
    await site.next_cycle()
    tile = (await read(site)).servers[0]
    assert (tile.cpu_percent, tile.memory_percent, tile.load1) == (25.0, 40.0, 0.25)
    assert (tile.filesystem_percent, tile.filesystem_mountpoint) == (40.0, "/")
    assert tile.spark.percent == [25.0]


async def test_the_queries_of_the_overview_do_not_grow_with_the_servers(site: Site) -> None:
    await site.enter("first")
    await site.collector().collect_due()
    with counted(site.database) as few:
        await read(site)
    for number in range(20):
        await site.enter(f"further-{number}")
    await site.collector().collect_due()
    with counted(site.database) as many:
        await read(site)
    assert len(many) == len(few) <= 5


async def test_the_queries_of_a_scrape_do_not_grow_with_the_servers(site: Site) -> None:
    await site.enter("first")
    await site.collector().collect_due()
    with counted(site.database) as few:
        await scrape(site)
    for number in range(10):
        await site.enter(f"further-{number}")
    await site.collector().collect_due()
    with counted(site.database) as many:
        await scrape(site)
    assert len(many) == len(few)


async def test_runs_keep_the_troubles_of_each_fact(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).answers(*DF, stdout="garbage\nmore\n")
    await site.collector().collect_due()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle()
    async with site.database.snapshot() as session:
        page = await Readings(session, site.clock, 300).runs(server_id, RunQuery())
    newest, first = page.items
    assert (newest.status, newest.error) == ("offline", "No route.")
    assert (first.status, first.error) == ("degraded", "")
    assert [(one.fact, one.trouble) for one in first.troubles] == [("filesystems", "unparsable")]


async def test_facts_that_were_never_asked_are_listed_too(site: Site) -> None:
    server_id = await site.enter("nas")
    async with site.database.snapshot() as session:
        facts = await Readings(session, site.clock, 300).facts(server_id)
    assert facts.status == "unknown"
    assert {"cpu", "memory", "filesystems"} <= {one.fact for one in facts.facts}
    assert all(one.value is None and one.asked_at is None for one in facts.facts)


async def test_a_scrape_gives_counters_as_they_were_read(site: Site) -> None:
    await site.enter('nas "one"')
    await site.collector().collect_due()
    text = await scrape(site)
    assert "# TYPE node_cpu_seconds_total counter\n" in text
    line = 'node_cpu_seconds_total{instance="nas \\"one\\"",mode="user"} 10.0\n'
    assert line in text
    assert 'unity_servers{status="online"} 1.0\n' in text
    assert 'unity_build_info{version="1.2.3"} 1.0\n' in text
    assert "process_resident_memory_bytes" in text


async def test_a_scrape_leaves_out_what_is_overdue(site: Site) -> None:
    await site.enter("nas")
    await site.collector().collect_due()
    site.clock.advance(timedelta(minutes=11))
    assert "node_load1" not in await scrape(site)


@pytest.mark.needs("prometheus")
async def test_prometheus_own_checker_can_read_the_page(site: Site) -> None:
    await site.enter("nas")
    await site.collector().collect_due()
    ran = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this test
        ["promtool", "check", "metrics"],
        input=(await scrape(site)).encode(),
        capture_output=True,
        check=False,
        timeout=20,
    )
    # 3 means that it could read all of it and dislikes names, which are node_exporter's own.
    assert ran.returncode in (0, 3), ran.stderr.decode()
    assert b"unity_" not in ran.stderr


async def test_the_list_filters_by_the_status_that_is_true_now(site: Site) -> None:
    await site.enter("often")
    await site.enter("seldom", interval_seconds=86_400.0)
    await site.enter("off", is_enabled=False)
    await site.collector().collect_due()
    site.clock.advance(timedelta(minutes=11))
    found: dict[ServerStatus, list[str]] = {}
    async with site.database.snapshot() as session:
        servers = ServerList(session, site.clock, 300)
        for status in ServerStatus:
            page = await servers.page(ServerQuery(status=status))
            assert all(one.status is status for one in page.items)
            found[status] = [one.name for one in page.items]
        worst_first = await servers.page(ServerQuery(sort="status"))
    assert found[ServerStatus.UNKNOWN] == ["often"]
    assert found[ServerStatus.ONLINE] == ["seldom"]
    assert found[ServerStatus.DISABLED] == ["off"]
    assert [one.name for one in worst_first.items] == ["often", "seldom", "off"]


@pytest.mark.both_engines
@pytest.mark.parametrize("number", ["cpu_percent", "memory_percent", "filesystem_percent"])
async def test_the_list_sorts_by_what_was_measured_with_unmeasured_servers_last(
    site: Site, number: str
) -> None:
    ids = {name: await site.enter(name) for name in ("b-idle", "c-busy", "a-middle", "d-unknown")}
    await site.collector().collect_due()
    await site.enter("e-never-asked")
    async with site.database.transaction() as session:
        for name, percent in (
            ("b-idle", 0.0),
            ("c-busy", 97.5),
            ("a-middle", 40),
            ("d-unknown", None),
        ):
            await session.execute(
                update(ServerSummary)
                .where(ServerSummary.server_id == ids[name])
                .values({number: percent})
            )
    async with site.database.snapshot() as session:
        servers = ServerList(session, site.clock, 300)
        idlest = await servers.page(ServerQuery(sort=number))
        busiest = await servers.page(ServerQuery(sort=f"-{number}"))
        second = await servers.page(ServerQuery(sort=f"-{number}", page=2, per_page=2))
    unmeasured = {"d-unknown", "e-never-asked"}
    assert [one.name for one in idlest.items[:3]] == ["b-idle", "a-middle", "c-busy"]
    assert [one.name for one in busiest.items[:3]] == ["c-busy", "a-middle", "b-idle"]
    assert {one.name for one in idlest.items[3:]} == unmeasured
    assert {one.name for one in busiest.items[3:]} == unmeasured
    assert second.total == 5
    assert second.items[0].name == "b-idle"


async def test_only_an_order_by_a_measured_number_joins_what_was_measured(site: Site) -> None:
    await site.enter("nas")
    with counted(site.database) as statements:
        async with site.database.snapshot() as session:
            servers = ServerList(session, site.clock, 300)
            await servers.page(ServerQuery(sort="name"))
            plain = "".join(statements)
            await servers.page(ServerQuery(sort="-memory_percent"))
    assert "server_summary" not in plain
    assert "server_summary" in "".join(statements)
