"""How a Redis lets in, or does not; and those that are none that keeps data."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from app.adapters.databases import Drivers
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    DatabaseState,
)
from app.ports.database_driver import DatabaseLogin, Missing, Question
from app.ports.shell import Listener
from app.services.infrastructure.databases.redis import read_info
from app.services.infrastructure.databases.scripts import PASSWORD, USER, script_for
from app.services.infrastructure.facts.databases.script import LOOK
from tests.parts import databases
from tests.parts.databases import Running
from tests.parts.ports import free_port
from tests.services.infrastructure.databases.desk import Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

SECRET = "open-sesame-47"


def tcp(port: int) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": port}


def cli(running: Running, lines: str, *options: str) -> str:
    """Speak to it over its unix socket, as people do."""
    ran = subprocess.run(
        ["redis-cli", "-s", running.socket, *options],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


@pytest.mark.needs("redis")
async def test_one_that_speaks_tls_only_is_read(desk: Desk) -> None:
    with databases.redis_with_tls("no", "--requirepass", SECRET) as port:
        key = await desk.enter(DatabaseKind.REDIS, tcp(port), login=("default", SECRET))
        row = await desk.ask(key)
    assert (row.state, row.reason) == (DatabaseState.ONLINE, "")


@pytest.mark.needs("redis")
async def test_one_that_wants_a_certificate_of_the_client_says_so(desk: Desk) -> None:
    with databases.redis_with_tls("yes", "--requirepass", SECRET) as port:
        key = await desk.enter(DatabaseKind.REDIS, tcp(port), login=("default", SECRET))
        row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "not_let_in")
    assert "certificate" in row.reason
    assert "tls-auth-clients" in row.fix


async def test_one_that_hangs_up_is_told_in_words(desk: Desk) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        key = await desk.enter(DatabaseKind.REDIS, tcp(server.sockets[0].getsockname()[1]))
        row = await desk.ask(key)
    assert row.state == DatabaseState.DEGRADED
    assert row.reason.endswith("It ended the connection before it had answered.")


@pytest.mark.needs("redis")
async def test_a_password_that_the_server_repeats_is_shown_nowhere(desk: Desk) -> None:
    with databases.redis("--rename-command", "AUTH", "") as running:
        key = await desk.enter(DatabaseKind.REDIS, tcp(running.port), login=("unity", SECRET))
        shown = f"h\nt    0: 0100007F:{running.port:04X} 0:0 0A 0:0 0:0 0 5 0 77 1\n"
        shown += (
            f"p 9 (redis-server)\ni Uid:\t5\t5\t5\t5\nc redis-server 127.0.0.1:{running.port}\n"
        )
        desk.site.machine(desk.server_id).answers(*LOOK.argv, stdout=shown)
        with capture_logs() as logs:
            row = await desk.ask(key)
    assert row.state != DatabaseState.ONLINE
    assert SECRET not in f"{row.reason} {row.fix} {row.reading} {logs}"


@pytest.mark.needs("redis")
async def test_the_script_makes_a_login_that_reads_all_numbers_and_no_key(desk: Desk) -> None:
    script = script_for(DatabaseKind.REDIS, "7.0.15").text
    lines = [line for line in script.splitlines() if line[:1] != "#" and line != "ACL SAVE"]
    with databases.redis("--requirepass", SECRET) as running:
        # Run twice: people do, and a user that was there before keeps no rights from then.
        cli(running, f"ACL SETUSER {USER} on nopass ~* +@all\n", "-a", SECRET, "--no-auth-warning")
        for _ in range(2):
            said = cli(running, "\n".join(lines), "-a", SECRET, "--no-auth-warning")
            assert said.split() == ["OK"] * len(lines)
        key = await desk.enter(DatabaseKind.REDIS, tcp(running.port), login=(USER, PASSWORD))
        row = await desk.ask(key)
        assert (row.state, row.reason) == (DatabaseState.ONLINE, "")
        hidden = [one for one in (await desk.reading(key)).figures if "may not" in one.why]
        assert hidden == []
        way, login = Listener("", "127.0.0.1", running.port), DatabaseLogin(USER, PASSWORD)
        async with Drivers().of("redis").open(way, login, seconds=5) as talk:
            for command in ("GET a", "SET a 1", "KEYS *", "CONFIG SET maxclients 5", "ACL LIST"):
                assert (await talk.ask(Question("x", command))).missing is Missing.NO_RIGHT


@pytest.mark.needs("redis")
async def test_a_cache_that_is_full_by_design_is_no_alarm(desk: Desk) -> None:
    with databases.redis("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru") as running:
        cli(running, "\n".join(f"SET key{n} {'x' * 4000}" for n in range(1500)))
        # Most of what is asked for was thrown out.
        cli(running, "\n".join(f"GET key{n}" for n in range(1000)))
        key = await desk.enter(DatabaseKind.REDIS, tcp(running.port))
        assert await desk.ask_until(key, 60) == set()
        reading = await desk.reading(key)
    assert reading.value("memory_used_percent") is None
    assert "allkeys-lru" in next(o.why for o in reading.figures if o.key == "memory_used_percent")
    asked = reading.value("key_hit_percent")
    assert asked is not None
    assert asked < 50


@pytest.mark.needs("redis")
async def test_a_node_whose_cluster_is_down_is_told(desk: Desk) -> None:
    # By itself it would talk to its peers 10,000 ports above, which may be beyond the last one.
    bus = str(free_port())
    with databases.redis("--cluster-enabled", "yes", "--cluster-port", bus) as running:
        key = await desk.enter(DatabaseKind.REDIS, tcp(running.port))
        assert "its cluster does not let it answer" in await desk.ask_until(key, 5)
        row = await desk.row(key)
        assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "cluster_lost")
        cli(running, "CLUSTER ADDSLOTSRANGE 0 16383\n")
        for _ in range(100):
            if "cluster_state:ok" in cli(running, "CLUSTER INFO\n"):
                break
            await asyncio.sleep(0.1)
        assert await desk.ask_until(key, 5) == set()


@contextlib.contextmanager
def a_sentinel(folder: Path, watched: int) -> Iterator[int]:
    port, settings = free_port(), folder / "sentinel.conf"
    settings.write_text(
        f"port {port}\nsentinel monitor orders 127.0.0.1 {watched} 1\n"
        "sentinel down-after-milliseconds orders 300\n"
    )
    process = subprocess.Popen(
        ["redis-server", settings, "--sentinel"], stdout=subprocess.DEVNULL, cwd=folder
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait(timeout=10)


@pytest.mark.needs("redis")
async def test_a_sentinel_is_one_and_tells_of_the_primary_that_it_misses(
    desk: Desk, tmp_path: Path
) -> None:
    with databases.redis() as watched, a_sentinel(tmp_path, watched.port) as port:
        key = await desk.enter(DatabaseKind.REDIS, tcp(port))
        row = await _asked_until(desk, key, DatabaseState.ONLINE)
        assert row.role == "sentinel"
        reading = await desk.reading(key)
        assert reading.tables[0].rows == [["orders", f"127.0.0.1:{watched.port}", "ok", 0, 1]]
        assert unexplained(reading) == []
        os.kill(watched.process.pid, signal.SIGKILL)
        row = await _asked_until(desk, key, DatabaseState.DEGRADED)
        assert (row.reason_kind, "orders" in row.reason) == ("primary_lost", True)


async def _asked_until(desk: Desk, key: UUID, state: DatabaseState) -> DatabaseInstance:
    for _ in range(60):
        if (row := await desk.ask(key)).state == state:
            break
        await asyncio.sleep(0.2)
    assert row.state == state
    return row


@contextlib.asynccontextmanager
async def of_version_5() -> AsyncIterator[int]:
    """Answer as Redis 5 does, whose AUTH takes a password and no name."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_in = False
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                count = int((await reader.readuntil(b"\r\n"))[1:])
                words = []
                for _ in range(count):
                    length = int((await reader.readuntil(b"\r\n"))[1:])
                    words.append((await reader.readexactly(length + 2))[:-2].decode())
                if words[0] == "AUTH":
                    is_in = words[1:] == [SECRET]
                    many = b"-ERR wrong number of arguments for 'auth' command\r\n"
                    writer.write(b"+OK\r\n" if is_in else many)
                elif not is_in:
                    writer.write(b"-NOAUTH Authentication required.\r\n")
                elif words[0] == "INFO":
                    writer.write(b"$43\r\nredis_version:5.0.14\r\nconnected_clients:1\r\n\r\n")
                else:
                    writer.write(b"+PONG\r\n" if words[0] == "PING" else b"*0\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def test_before_version_6_the_password_goes_without_a_name(desk: Desk) -> None:
    async with of_version_5() as port:
        key = await desk.enter(DatabaseKind.REDIS, tcp(port), login=("default", SECRET))
        row = await desk.ask(key)
    assert (row.state, row.version) == (DatabaseState.ONLINE, "5.0.14")


@pytest.mark.needs("redis")
async def test_memory_in_crumbs_is_told(desk: Desk) -> None:
    with databases.redis("--enable-debug-command", "yes") as running:
        key = await desk.enter(DatabaseKind.REDIS, tcp(running.port))
        cli(running, "DEBUG POPULATE 600000 key 500\n")
        # Of every page some is left.
        away = "for i = 0, 599999 do if i % 3 > 0 then redis.call('DEL', 'key:'..i) end end"
        cli(running, "", "EVAL", away, "0")
        assert "it takes far more memory than it uses" in await desk.ask_until(key, 65)
        info = read_info(cli(running, "INFO memory\n"))
        told = (await desk.reading(key)).value("fragmentation_ratio")
        assert told == pytest.approx(float(info["mem_fragmentation_ratio"]), rel=0.05)
