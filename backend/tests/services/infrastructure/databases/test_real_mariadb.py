"""A real MariaDB: its numbers are those of its status, load moves its alerts."""

import asyncio
import subprocess

import pytest

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.services.infrastructure.databases.scripts import PASSWORD, USER, script_for
from tests.parts.databases import Running
from tests.services.infrastructure.databases.desk import Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

pytestmark = pytest.mark.needs("mariadb")
LOGIN = (USER, PASSWORD)


def say(running: Running, statements: str) -> str:
    """Run statements as its administrator."""
    ran = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={running.socket}", "-u", "root", "-N", "-B", "-A"],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def status(running: Running, name: str) -> float:
    return float(say(running, f"SHOW GLOBAL STATUS LIKE '{name}'").split()[1])


def doors(running: Running) -> list[dict[str, str | int]]:
    return [{"path": "", "host": "127.0.0.1", "port": running.port}]


@pytest.fixture(scope="module")
def prepared(a_mariadb: Running) -> Running:
    """Run the script that people are shown, and fill a table."""
    say(a_mariadb, script_for(DatabaseKind.MARIADB, "10.11").text)
    say(a_mariadb, "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)")
    say(a_mariadb, "INSERT INTO shop.t SELECT seq, 0 FROM shop.seq_1_to_500")
    say(a_mariadb, f"GRANT SELECT ON shop.* TO '{USER}'@'localhost'")
    return a_mariadb


async def test_the_script_makes_a_login_that_reads_its_status(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.MYSQL, *doors(prepared), login=LOGIN)
    row = await desk.ask(key)
    assert (row.state, row.reason) == (DatabaseState.ONLINE, "")
    # The process may be called mysqld; the answer says what it is.
    assert (row.kind, row.version[:5]) == (DatabaseKind.MARIADB, "10.11")
    assert row.data_path == str(prepared.folder)
    reading = await desk.reading(key)
    assert unexplained(reading) == []
    assert reading.value("connections_limit") == 60
    asked = status(prepared, "Innodb_buffer_pool_read_requests")
    missed = status(prepared, "Innodb_buffer_pool_reads")
    assert reading.value("cache_hit_percent") == pytest.approx(
        100 * (asked - missed) / asked, abs=2
    )
    assert all(figure.value is not None or figure.why for figure in reading.figures)
    assert "shop" in row.deep_reading


async def test_a_wrong_password_is_told_from_a_server_that_is_full(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.MARIADB, *doors(prepared), login=(USER, "wrong"))
    row = await desk.ask(key)
    assert (row.reason_kind, row.refusals) == ("refused", 1)
    full = await desk.enter(DatabaseKind.MARIADB, *doors(prepared), login=LOGIN)
    say(prepared, "SET GLOBAL max_connections = 10")
    sleeping = [await _sleeper(prepared) for _ in range(9)]
    try:
        for _ in range(100):
            if status(prepared, "Threads_connected") >= 10:
                break
            await asyncio.sleep(0.05)
        assert "its connections are nearly used up" in await desk.ask_until(full, 5)
    finally:
        for process in sleeping:
            process.kill()
            await process.wait()
        say(prepared, "SET GLOBAL max_connections = 60")


async def test_waiting_locks_and_a_broken_replication_are_told(
    desk: Desk, prepared: Running
) -> None:
    key = await desk.enter(DatabaseKind.MARIADB, *doors(prepared), login=LOGIN)
    holder = await _client(prepared, "BEGIN; UPDATE shop.t SET v = 1;\n", stays=True)
    held = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_locked > 100"
    for _ in range(100):
        if int(say(prepared, held)):
            break
        await asyncio.sleep(0.05)
    waiting = [await _client(prepared, "UPDATE shop.t SET v = 2 WHERE id = 7;") for _ in range(12)]
    say(prepared, "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1; START SLAVE")
    try:
        for _ in range(100):
            if status(prepared, "Innodb_row_lock_current_waits") == 12:
                break
            await asyncio.sleep(0.1)
        firing = await desk.ask_until(key, 5)
        assert {"many wait for locks", "its replication has stopped"} <= firing
        reading = await desk.reading(key)
        assert reading.value("locks_waiting") == 12
        row = await desk.row(key)
        assert (row.role, row.reason_kind) == ("replica", "replication_stopped")
    finally:
        for process in (holder, *waiting):
            if process.returncode is None:
                process.kill()
            await process.wait()
        say(prepared, "STOP SLAVE; RESET SLAVE ALL")


async def _sleeper(running: Running) -> asyncio.subprocess.Process:
    return await _client(running, "", stays=True)


async def _client(
    running: Running, statements: str, *, stays: bool = False
) -> asyncio.subprocess.Process:
    """Start a client; one that stays is idle, so that its connection ends when it is killed."""
    process = await asyncio.create_subprocess_exec(
        *("mariadb", "--no-defaults", f"--socket={running.socket}", "-u", "root", "-n"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(statements.encode())
    await process.stdin.drain()
    if not stays:
        process.stdin.close()
    return process
