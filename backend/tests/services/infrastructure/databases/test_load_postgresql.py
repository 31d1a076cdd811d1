"""Real load on a real PostgreSQL moves its alerts, and its end ends them."""

import contextlib
import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.services.infrastructure.databases.figures import Reading
from app.services.infrastructure.databases.postgresql_questions import questions
from app.services.infrastructure.databases.scripts import PASSWORD, USER, script_for
from tests.parts import databases
from tests.parts.databases import Running, asked, number
from tests.services.infrastructure.databases.desk import MINUTE, Desk

pytestmark = pytest.mark.needs("postgres")
LOGIN = (USER, PASSWORD)
CAUGHT_UP = "SELECT (pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn())::int"


def tcp(running: Running) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": running.port}


def until(running: Running, query: str) -> None:
    for _ in range(400):
        if number(running, query):
            return
        threading.Event().wait(0.05)
    raise AssertionError(query)


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """Return a PostgreSQL with next to no cache, and our login in it."""
    with databases.postgresql("shared_buffers=1MB", "autovacuum=off", "wal_level=replica") as it:
        with asked(it) as connection:
            connection.execute(script_for(DatabaseKind.POSTGRESQL, "15.1").text.encode())
            connection.execute("CREATE TABLE pair AS SELECT i AS id FROM generate_series(1, 2) i")
            connection.execute(
                "CREATE TABLE large AS SELECT repeat('x', 900) AS t FROM generate_series(1, 9000)"
            )
            connection.execute("ANALYZE")
        yield it


def make_deadlocks(running: Running, times: int) -> None:
    """Let two sessions wait for each other, again and again."""
    meet = threading.Barrier(2)

    def lock(first: int, second: int) -> None:
        with asked(running, autocommit=False) as connection:
            connection.execute("SET deadlock_timeout = '1ms'")
            connection.commit()
            for _ in range(times):
                connection.execute("SELECT FROM pair WHERE id = %s FOR UPDATE", [first])
                meet.wait(timeout=20)
                with contextlib.suppress(psycopg.errors.DeadlockDetected):
                    connection.execute("SELECT FROM pair WHERE id = %s FOR UPDATE", [second])
                connection.rollback()
                meet.wait(timeout=20)

    workers = [threading.Thread(target=lock, args=pair) for pair in ((1, 2), (2, 1))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


async def test_many_deadlocks_are_told(desk: Desk, small: Running) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(small), login=LOGIN)
    await desk.ask(key)
    before = number(small, "SELECT sum(deadlocks) FROM pg_stat_database")
    for _ in range(3):
        make_deadlocks(small, 60)
        desk.site.clock.advance(5 * MINUTE)
        await desk.ask(key)
    told = (await desk.reading(key)).value("deadlocks")
    assert told == number(small, "SELECT sum(deadlocks) FROM pg_stat_database") == before + 180
    assert "it ends many deadlocks" in await desk.firing(key)
    assert "it ends many deadlocks" not in await desk.ask_until(key, 15)


async def test_reading_past_the_cache_is_told_and_reading_from_it_ends_that(
    desk: Desk, small: Running
) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(small), login=LOGIN)
    with asked(small) as connection:
        # So much was read from the cache since it started that no hour would show.
        connection.execute("DO 'BEGIN FOR i IN 1..200000 LOOP PERFORM FROM pair; END LOOP; END'")
    await desk.ask(key)
    for _ in range(8):
        with asked(small) as connection:
            for _ in range(6):
                connection.execute("SELECT count(*) FROM large")
        desk.site.clock.advance(5 * MINUTE)
        await desk.ask(key)
    assert "it reads mostly from its disks" in await desk.firing(key)
    with asked(small) as connection:
        connection.execute("DO 'BEGIN FOR i IN 1..9000 LOOP PERFORM FROM pair; END LOOP; END'")
    assert "it reads mostly from its disks" not in await desk.ask_until(key, 5)


async def test_a_transaction_that_stays_open_is_told(desk: Desk, small: Running) -> None:
    await desk.lower("long_transaction", 0.2)
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(small), login=LOGIN)
    with asked(small, autocommit=False) as connection:
        connection.execute("SELECT FROM pair")
        until(small, "SELECT count(*) FROM pg_stat_activity WHERE now() - xact_start > '0.3 s'")
        assert "a transaction is open for very long" in await desk.ask_until(key, 5)
    assert await desk.ask_until(key, 5) == set()


async def test_transaction_numbers_that_run_out_are_told(desk: Desk) -> None:
    with databases.aged_postgresql(1_100_000_000) as aged:
        with asked(aged) as connection:
            connection.execute(script_for(DatabaseKind.POSTGRESQL, "15.1").text.encode())
        key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(aged), login=LOGIN)
        assert "it runs out of transaction numbers" in await desk.ask_until(key, 0)
        told = (await desk.reading(key)).value("wraparound_percent")
        assert told == pytest.approx(number(aged, "SELECT max(age(datfrozenxid)) FROM pg_database")
                                     / 2e7, abs=0.01)  # fmt: skip
        with asked(aged) as connection:
            names = connection.execute("SELECT datname FROM pg_database").fetchall()
            connection.execute("ALTER DATABASE template0 ALLOW_CONNECTIONS true")
        where = f"host={aged.socket.parent} port={aged.port} user=postgres"
        for (name,) in names:
            with psycopg.connect(f"{where} dbname={name}", autocommit=True) as connection:
                connection.execute("VACUUM FREEZE")
        assert await desk.ask_until(key, 5) == set()


@pytest.fixture(scope="module")
def followed(small: Running) -> Iterator[Running]:
    """Return a standby of it."""
    with databases.standby_of(small) as standby:
        until(small, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
        yield standby


async def test_a_standby_and_its_primary_say_what_they_are(
    desk: Desk, small: Running, followed: Running
) -> None:
    primary = await desk.enter(DatabaseKind.POSTGRESQL, tcp(small), login=LOGIN)
    standby = await desk.enter(DatabaseKind.POSTGRESQL, tcp(followed), login=LOGIN)
    assert (await desk.ask(primary)).role == "primary"
    assert (await desk.reading(primary)).value("replicas") == 1
    until(followed, CAUGHT_UP)
    row = await desk.ask(standby)
    assert (row.state, row.role) == (DatabaseState.ONLINE, "standby")
    reading = await desk.reading(standby)
    assert (reading.value("replication_broken"), reading.value("replication_lag_seconds")) == (0, 0)
    # It counts no changes: that is not the same as none.
    deep = Reading.model_validate_json((await desk.row(standby)).deep_reading)
    assert deep.value("dead_rows") is None
    assert "standby" in next(one.why for one in deep.figures if one.key == "dead_rows_percent")
    largest = deep.tables[0].rows[0]
    assert (largest[1], largest[3:5]) == ("public.large", [9000, None])


@pytest.mark.parametrize(
    ("received", "replayed", "age", "lag"),
    [
        # The primary is quiet: the last commit is old, and nothing is missing.
        ("0/3000148", "0/3000148", "1 hour", 0),
        # It has just started, and receives the segment anew from its beginning.
        ("0/3000000", "0/3000148", "1 hour", 0),
        ("0/3000148", "0/3000000", "1 hour", 3600),
        # It has not applied a commit since it started: how far behind it is, nothing tells.
        ("0/3000148", "0/3000000", None, None),
    ],
)
def test_how_far_a_standby_is_behind(
    small: Running, received: str, replayed: str, age: str | None, lag: float | None
) -> None:
    with asked(small, autocommit=False) as connection:
        told = sql.SQL(
            "CREATE SCHEMA told; SET search_path = told, pg_catalog;"
            "CREATE TABLE pg_stat_wal_receiver AS SELECT 1 AS pid;"
            "CREATE FUNCTION pg_is_in_recovery() RETURNS bool RETURN true;"
            "CREATE FUNCTION pg_is_wal_replay_paused() RETURNS bool RETURN false;"
            "CREATE FUNCTION pg_last_wal_receive_lsn() RETURNS pg_lsn RETURN {}::pg_lsn;"
            "CREATE FUNCTION pg_last_wal_replay_lsn() RETURNS pg_lsn RETURN {}::pg_lsn;"
            "CREATE FUNCTION pg_last_xact_replay_timestamp() RETURNS timestamptz"
            " RETURN pg_catalog.now() - {}::interval"
        )
        connection.execute(told.format(received, replayed, age))
        question = next(one for one in questions(150_000) if one.key == "own_lag")
        (*_, found) = connection.execute(question.text.encode()).fetchone() or [None]
        connection.rollback()
    assert found == lag


async def test_a_standby_that_falls_behind_is_told(
    desk: Desk, small: Running, followed: Running
) -> None:
    await desk.lower("lag", 0.3)
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(followed), login=LOGIN)
    with asked(followed) as standby, asked(small) as primary:
        primary.execute("UPDATE pair SET id = id")
        until(followed, "SELECT (pg_last_xact_replay_timestamp() IS NOT NULL)::int")
        standby.execute("SELECT pg_wal_replay_pause()")
        primary.execute("UPDATE pair SET id = id")
        until(followed, "SELECT (pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"
              " AND now() - pg_last_xact_replay_timestamp() > '0.5 s')::int")  # fmt: skip
        # Once is not enough: after a quiet hour, what comes next is an hour younger for a moment.
        assert (await desk.ask(key)).lag_seconds is not None
        assert "its replication is behind" not in await desk.firing(key)
        desk.site.clock.advance(5 * MINUTE)
        assert "its replication is behind" in await desk.ask_until(key, 5)
        row = await desk.row(key)
        assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "replay_paused")
        standby.execute("SELECT pg_wal_replay_resume()")
    until(followed, CAUGHT_UP)
    assert await desk.ask_until(key, 5) == set()
    assert (await desk.row(key)).state == DatabaseState.ONLINE


async def test_a_standby_without_its_primary_is_told_and_one_fed_from_an_archive_is_not(
    desk: Desk, followed: Running
) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(followed), login=LOGIN)
    await desk.ask(key)
    with points_elsewhere(followed, "host=127.0.0.1 port=1"):
        assert "its replication has stopped" in await desk.ask_until(key, 5)
        row = await desk.row(key)
        assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "replication_stopped")
        assert row.lag_seconds is None
    with points_elsewhere(followed, ""):
        assert "its replication has stopped" not in await desk.ask_until(key, 5)
        assert (await desk.row(key)).state == DatabaseState.ONLINE


@contextlib.contextmanager
def points_elsewhere(followed: Running, where: str) -> Iterator[None]:
    """Let a standby look for its primary elsewhere for a while, or nowhere."""
    set_to = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}")
    receivers = "SELECT (count(*) = {})::int FROM pg_stat_wal_receiver"
    with asked(followed) as standby:
        before = standby.execute("SHOW primary_conninfo").fetchone()
        assert before is not None
        try:
            standby.execute(set_to.format(where))
            standby.execute("SELECT pg_reload_conf()")
            until(followed, receivers.format(0))
            yield
        finally:
            standby.execute(set_to.format(before[0]))
            standby.execute("SELECT pg_reload_conf()")
            until(followed, receivers.format(1))


async def test_a_slot_that_nobody_reads_piles_up_and_is_told(desk: Desk, small: Running) -> None:
    await desk.lower("slot", 20_000_000)
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(small), login=LOGIN)
    with asked(small) as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('away', true)")
        for _ in range(2):
            connection.execute("UPDATE pair SET id = id")
            connection.execute("SELECT pg_switch_wal()")
        assert "a replica that is away fills its disk" in await desk.ask_until(key, 15)
        kept = number(small, "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots")
        assert (await desk.reading(key)).value("slot_retained_bytes") == pytest.approx(kept, 0.01)
        connection.execute("SELECT pg_drop_replication_slot('away')")
    assert await desk.ask_until(key, 5) == set()
