"""A real MariaDB: its numbers are those of its status, load moves its alerts."""

import asyncio
import os
import subprocess

import pytest

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.services.infrastructure.databases.figures import Reading
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


async def test_sizes_show_without_any_right_to_the_data(desk: Desk, prepared: Running) -> None:
    say(prepared, "CREATE DATABASE `my-books`; CREATE TABLE `my-books`.`a b` (t VARCHAR(900))")
    say(prepared, "INSERT INTO `my-books`.`a b` SELECT REPEAT('x', 900) FROM shop.seq_1_to_9000")
    key = await desk.enter(DatabaseKind.MARIADB, *doors(prepared), login=LOGIN)
    await desk.ask(key)
    deep = Reading.model_validate_json((await desk.row(key)).deep_reading)
    held = say(prepared, f"SHOW GRANTS FOR '{USER}'@'localhost'")
    assert "my-books" not in held
    on_disk = next((prepared.folder / "my@002dbooks").glob("*.ibd")).stat().st_size
    sizes = {dict(one.labels).get("database"): one.value for one in deep.figures}
    assert sizes["my-books"] == on_disk > 9_000_000
    assert sizes[None] == pytest.approx(sum(size or 0 for name, size in sizes.items() if name))
    largest = next(one for one in deep.tables if one.key == "tables").rows[0]
    assert largest[:4] == ["my-books", "a b", "InnoDB", on_disk]


async def test_old_versions_that_pile_up_are_told(desk: Desk, prepared: Running) -> None:
    key = await desk.enter(DatabaseKind.MARIADB, *doors(prepared), login=LOGIN)
    reader = await _client(
        prepared, "START TRANSACTION WITH CONSISTENT SNAPSHOT; SELECT * FROM shop.t;\n", stays=True
    )
    opened = "SELECT COUNT(*) FROM information_schema.innodb_trx"
    for _ in range(100):
        if int(say(prepared, opened)):
            break
        await asyncio.sleep(0.05)
    changes = "FOR i IN 1..50500 DO UPDATE shop.t SET v = v + 1 WHERE id = 7; END FOR"
    say(prepared, f"DELIMITER //\nBEGIN NOT ATOMIC {changes}; END //\n")
    try:
        assert "its old row versions pile up" in await desk.ask_until(key, 15)
        told = (await desk.reading(key)).value("history_length")
        assert told == pytest.approx(status(prepared, "Innodb_history_list_length"), rel=0.01)
    finally:
        reader.kill()
        await reader.wait()
    for _ in range(200):
        if status(prepared, "Innodb_history_list_length") < 1000:
            break
        await asyncio.sleep(0.1)
    assert "its old row versions pile up" not in await desk.ask_until(key, 5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask as another account")
def test_an_account_of_the_machine_logs_in_without_a_password(prepared: Running) -> None:
    say(prepared, script_for(DatabaseKind.MARIADB, "10.11", account="daemon").without_password)
    ran = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={prepared.socket}", "-N", "-B", "-A"],
        input="SHOW ALL SLAVES STATUS; SELECT COUNT(*) > 0 FROM information_schema.innodb_metrics;"
        " SELECT COUNT(*) >= 0 FROM performance_schema.events_statements_summary_by_digest;",
        capture_output=True,
        text=True,
        check=True,
        user="daemon",
    )
    assert ran.stdout.split() == ["1", "1"]


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
