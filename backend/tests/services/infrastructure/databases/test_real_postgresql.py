"""A real PostgreSQL: its numbers are those of its views, load moves its alerts."""

import contextlib
import threading

import psycopg
import pytest

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState, LoginMode
from app.services.infrastructure.databases.scripts import PASSWORD, USER, script_for
from tests.parts.databases import Running, asked, number
from tests.services.infrastructure.databases.desk import MINUTE, Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

pytestmark = pytest.mark.needs("postgres")


def doors(running: Running) -> list[dict[str, str | int]]:
    return [
        {"path": "", "host": "127.0.0.1", "port": running.port},
        {"path": str(running.socket), "host": "", "port": 0},
    ]


@pytest.fixture(scope="module")
def prepared(a_postgresql: Running) -> Running:
    """Run the script that people are shown, and fill a table."""
    script = script_for(DatabaseKind.POSTGRESQL, "15.1")
    with asked(a_postgresql) as connection:
        connection.execute(script.text.encode())
        connection.execute(b"CREATE EXTENSION pg_stat_statements")
        connection.execute(b"CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 20000) i")
        connection.execute(b"ANALYZE t")
    return a_postgresql


LOGIN = (USER, PASSWORD)


async def test_the_script_makes_a_login_that_reads_all_and_writes_nothing(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=LOGIN)
    row = await desk.ask(key)
    assert (row.state, row.reason) == (DatabaseState.ONLINE, "")
    assert row.data_path == str(prepared.folder)
    reading = await desk.reading(key)
    assert unexplained(reading) == []
    assert {table.key: table.why for table in reading.tables}["slow_queries"] == ""
    assert all(figure.value is not None or figure.why for figure in reading.figures)
    where = f"host=127.0.0.1 port={prepared.port} user={USER} password={PASSWORD} dbname=postgres"
    with psycopg.connect(where) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM t")
        connection.rollback()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE mine ()")


async def test_its_numbers_are_those_of_its_views(desk: Desk, prepared: Running) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=LOGIN)
    await desk.ask(key)
    reading = await desk.reading(key)
    assert reading.value("connections_limit") == number(prepared, "SHOW max_connections")
    size = "SELECT sum(pg_database_size(oid)) FROM pg_database WHERE datallowconn"
    assert reading.value("size_bytes") == pytest.approx(number(prepared, size), 0.02)
    commits = number(
        prepared,
        "SELECT sum(xact_commit) FROM pg_stat_database JOIN pg_database d ON d.oid = datid"
        " WHERE NOT datistemplate",
    )
    assert reading.value("transactions") == pytest.approx(commits, abs=60)
    age = number(prepared, "SELECT max(age(datfrozenxid)) FROM pg_database")
    assert reading.value("wraparound_percent") == pytest.approx(age / 2e7, abs=0.01)
    # Archiving is on, and its command always fails.
    assert reading.value("backup_age_seconds") is None


async def test_the_machines_account_logs_in_without_a_password(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared))
    desk.site.machine(desk.server_id).sockets.add(str(prepared.socket))
    async with desk.site.database.transaction() as stored:
        row = await stored.get_one(type(await desk.row(key)), key)
        row.login, row.login_user = LoginMode.SOCKET, USER
    assert (await desk.ask(key)).state == DatabaseState.ONLINE


async def test_a_wrong_password_is_a_refusal_and_a_lacking_right_is_said(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=(USER, "wrong"))
    row = await desk.ask(key)
    assert (row.reason_kind, row.refusals) == ("refused", 1)
    with asked(prepared) as connection:
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    poor = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=("plain", "plain"))
    row = await desk.ask(poor)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "partly_hidden")
    assert "pg_monitor" in row.reason


async def test_connections_that_are_used_up_are_told(desk: Desk, prepared: Running) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=LOGIN)
    with contextlib.ExitStack() as held:
        for _ in range(11):
            held.enter_context(asked(prepared))
        # Two are kept for administrators, so that it is full for Unity before its limit.
        row = await desk.ask(key)
        assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "busy")
        assert row.refusals == 0
        held.pop_all().close()
        for _ in range(10):
            held.enter_context(asked(prepared))
        assert "its connections are nearly used up" in await desk.ask_until(key, 5)
        row = await desk.row(key)
        # Of its 13, two are for administrators: nobody else gets them.
        assert row.connections_percent == pytest.approx(100 * 10 / 11, 0.01)
    assert "its connections are nearly used up" not in await desk.ask_until(key, 5)


async def test_waiting_for_locks_and_many_locks_are_told(desk: Desk, prepared: Running) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=LOGIN)
    with asked(prepared) as connection:
        for which in range(40):
            connection.execute(f"CREATE TABLE IF NOT EXISTS many{which} ()".encode())
    with asked(prepared, autocommit=False) as holder:
        names = ", ".join(f"many{which}" for which in range(40))
        holder.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE".encode())
        waiting = threading.Thread(target=_reads_many0, args=(prepared,))
        waiting.start()
        while number(prepared, "SELECT count(*) FROM pg_locks WHERE NOT granted") < 1:
            pass
        assert "it holds unusually many locks" in await desk.ask_until(key, 5)
        reading = await desk.reading(key)
        assert reading.value("locks_waiting") == 1
        assert reading.value("longest_transaction_seconds") > 0  # type: ignore[operator]  # it is a number
        table = next(one for one in reading.tables if one.key == "transactions")
        assert any("LOCK TABLE" in str(row) for row in table.rows)
    waiting.join()
    assert "it holds unusually many locks" not in await desk.ask_until(key, 5)


def _reads_many0(running: Running) -> None:
    with asked(running) as connection:
        connection.execute("SELECT * FROM many0")


async def test_dead_rows_and_a_failing_archive_are_told(desk: Desk, prepared: Running) -> None:
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors(prepared), login=LOGIN)
    with asked(prepared) as connection:
        connection.execute("DELETE FROM t WHERE id % 2 = 0")
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("ANALYZE t")
    while number(prepared, "SELECT failed_count FROM pg_stat_archiver") == 0:
        pass
    assert "the archiving of its log fails" in await desk.ask_until(key, 20)
    deep = (await desk.row(key)).deep_reading
    dead = number(prepared, "SELECT sum(n_dead_tup) FROM pg_stat_user_tables")
    assert f'"key":"dead_rows","value":{dead}' in deep
    for _ in range(3):
        desk.site.clock.advance(61 * MINUTE)
        await desk.ask(key)
    assert "its dead rows are not cleared away" in await desk.firing(key)
