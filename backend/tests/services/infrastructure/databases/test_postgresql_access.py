"""How a PostgreSQL lets in, or does not: each way is told apart, in whatever language it speaks."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.services.infrastructure.databases.scripts import PASSWORD, USER, script_for
from tests.parts import databases
from tests.parts.databases import Running, asked
from tests.services.infrastructure.databases.desk import MINUTE, Desk

LOGIN = (USER, PASSWORD)
REFUSED = "password authentication failed"
_LOCAL = "local all postgres trust\n"


def tcp(port: int) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": port}


def near(running: Running) -> dict[str, str | int]:
    return {"path": str(running.socket), "host": "", "port": 0}


def log_of(running: Running) -> str:
    """Return its log once a mark came through, too: another process writes it."""
    mark, log = uuid4().hex, running.folder / "log" / "it.log"
    with asked(running) as connection:
        connection.execute(f"DO 'BEGIN RAISE LOG ''{mark}''; END'".encode())
    for _ in range(400):
        if mark in (text := log.read_text()):
            return text
        threading.Event().wait(0.05)
    raise AssertionError("What was said last did not come to the log.")


def admit(running: Running, *lines: str) -> None:
    """Write who is let in, and have it read anew."""
    (running.folder / "pg_hba.conf").write_text(_LOCAL + "".join(f"{line}\n" for line in lines))
    with asked(running) as connection:
        connection.execute("SELECT pg_reload_conf()")
        # A new connection follows the new lines; the old one only asks.
        seen = "SELECT count(*) FROM pg_hba_file_rules"
        assert connection.execute(seen).fetchone() == (len(lines) + 1,)


@pytest.fixture(scope="module")
def a_strict_postgresql() -> Iterator[Running]:
    """Return a PostgreSQL that speaks TLS, writes a log, and has a database that few may enter."""
    options = ("logging_collector=on", "log_directory=log", "log_filename=it.log")
    with databases.postgresql(*options) as running:
        databases.make_certificate(running.folder)
        with asked(running) as connection:
            connection.execute(script_for(DatabaseKind.POSTGRESQL, "15.1").text.encode())
            for name in ("shop", "books"):
                connection.execute(f"CREATE DATABASE {name}".encode())
            connection.execute("REVOKE CONNECT ON DATABASE shop FROM PUBLIC")
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        yield running


@pytest.mark.needs("postgres")
async def test_a_wrong_password_is_tried_once_where_tls_is_on(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql, "host all all 127.0.0.1/32 scram-sha-256")
    before = log_of(a_strict_postgresql).count(REFUSED)
    doors = (tcp(a_strict_postgresql.port), near(a_strict_postgresql))
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors, login=(USER, "wrong"))
    row = await desk.ask(key)
    assert (row.reason_kind, row.refusals) == ("refused", 1)
    assert log_of(a_strict_postgresql).count(REFUSED) == before + 1


@pytest.mark.needs("postgres")
async def test_one_that_wants_tls_is_spoken_to_over_tls(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql, "hostssl all all 127.0.0.1/32 scram-sha-256")
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(a_strict_postgresql.port), login=LOGIN)
    assert (await desk.ask(key)).state == DatabaseState.ONLINE
    row = await desk.ask(
        await desk.enter(
            DatabaseKind.POSTGRESQL, tcp(a_strict_postgresql.port), login=(USER, "wrong")
        )
    )
    assert row.reason_kind == "refused"
    assert "pg_hba" not in row.reason


@pytest.mark.needs("postgres")
async def test_a_door_that_lets_this_login_in_is_found_behind_one_that_does_not(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql, f"local all {USER} scram-sha-256")
    doors = (tcp(a_strict_postgresql.port), near(a_strict_postgresql))
    key = await desk.enter(DatabaseKind.POSTGRESQL, *doors, login=LOGIN)
    desk.site.machine(desk.server_id).sockets.add(str(a_strict_postgresql.socket))
    assert (await desk.ask(key)).state == DatabaseState.ONLINE


@pytest.mark.needs("postgres")
async def test_a_socket_for_accounts_only_says_which_line_is_missing_and_is_tried_again(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql, "local all all peer")
    key = await desk.enter(DatabaseKind.POSTGRESQL, near(a_strict_postgresql), login=LOGIN)
    desk.site.machine(desk.server_id).sockets.add(str(a_strict_postgresql.socket))
    for _ in range(4):
        await desk.collector.collect_due()
        desk.site.clock.advance(5 * MINUTE)
    row = await desk.row(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "not_let_in")
    assert f"`local all {USER} scram-sha-256`" in row.fix
    assert await desk.firing(key) == {"postgresql refuses Unity's login"}
    # No password was sent, so nothing is counted, and the line is noticed as soon as it is there.
    assert row.refusals == 0
    admit(a_strict_postgresql, f"local all {USER} scram-sha-256", "local all all peer")
    await desk.collector.collect_due()
    assert (await desk.row(key)).state == DatabaseState.ONLINE
    assert await desk.firing(key) == set()


@pytest.mark.needs("postgres")
async def test_no_line_at_all_names_the_address_that_it_is_missing_for(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql)
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(a_strict_postgresql.port), login=LOGIN)
    row = await desk.ask(key)
    assert row.reason_kind == "not_let_in"
    assert f"`host all {USER} 127.0.0.1/32 scram-sha-256`" in row.fix


@pytest.mark.needs("postgres")
async def test_databases_that_it_may_not_enter_are_measured_and_not_knocked_at(
    desk: Desk, a_strict_postgresql: Running
) -> None:
    admit(a_strict_postgresql, "host all all 127.0.0.1/32 scram-sha-256")
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(a_strict_postgresql.port), login=LOGIN)
    row = await desk.ask(key)
    with asked(a_strict_postgresql) as connection:
        total = connection.execute(
            "SELECT sum(pg_database_size(oid)) FROM pg_database WHERE datallowconn"
        ).fetchone()
    assert total is not None
    assert row.size_bytes == pytest.approx(float(total[0]), rel=0.02)
    reading = await desk.reading(key)
    assert sorted(reading.databases) == ["books", "postgres"]
    assert "permission denied for database" not in log_of(a_strict_postgresql)


@pytest.mark.needs("postgres")
async def test_many_databases_are_all_looked_into(desk: Desk, a_postgresql: Running) -> None:
    with asked(a_postgresql) as connection:
        script = script_for(DatabaseKind.POSTGRESQL, "15.1").text
        connection.execute(f"{script}".encode())
        for number in range(14):
            connection.execute(f"CREATE DATABASE d{number} STRATEGY file_copy".encode())
    key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(a_postgresql.port), login=LOGIN)
    for number in range(14):
        where = f"host={a_postgresql.socket.parent} port={a_postgresql.port} user=postgres"
        with psycopg.connect(f"{where} dbname=d{number}", autocommit=True) as connection:
            connection.execute("CREATE TABLE t ()")
    deep = (await desk.ask(key)).deep_reading
    assert [f'"d{number}"' in deep for number in range(14)] == [True] * 14


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", 4 + len(body)) + body


def _fatal(severity: str, code: str, said: str) -> bytes:
    fields = (b"S", severity), (b"V", "FATAL"), (b"C", code), (b"M", said)
    body = b"".join(mark + text.encode() + b"\0" for mark, text in fields) + b"\0"
    return _message(b"E", body)


@contextlib.asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[int]:
    """Speak PostgreSQL's protocol as far as the first answer, which is always the same."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            wish = await reader.readexactly(length - 4)
            if wish == struct.pack("!i", 80877103):  # for TLS
                writer.write(b"N")
                (length,) = struct.unpack("!i", await reader.readexactly(4))
                await reader.readexactly(length - 4)
            writer.write(answer)
            await writer.drain()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


FULL_RU = _fatal("ВАЖНО", "53300", "извините, уже слишком много клиентов")
FULL_DE = _fatal("FATAL", "53300", "tut mir leid, schon zu viele Verbindungen")
WRONG_RU = _fatal("ВАЖНО", "28P01", 'пользователь "unity" не прошёл проверку подлинности')
WRONG_FR = _fatal(
    "FATAL", "28P01", "authentification par mot de passe échouée pour l'utilisateur «\xa0unity\xa0»"
)
STANDBY = _fatal("FATAL", "57P03", "the database system is not accepting connections")
NO_LINE_ZH = _fatal(
    "致命错误",
    "28000",
    '没有用于主机 "127.0.0.1", 用户 "unity", 数据库 "postgres", 的 pg_hba.conf 记录',
)
POOLER = _fatal("FATAL", "08P01", "unsupported startup parameter: options")
OLD = (
    _message(b"R", struct.pack("!i", 0))
    + _message(b"S", b"server_version\x009.6.24\0")
    + _message(b"S", b"client_encoding\x00UTF8\0")
    + _message(b"K", struct.pack("!ii", 1, 1))
    + _message(b"Z", b"I")
)


@pytest.mark.parametrize(
    ("answer", "state", "kind", "words"),
    [
        (FULL_RU, DatabaseState.DEGRADED, "busy", "слишком"),
        (FULL_DE, DatabaseState.DEGRADED, "busy", "zu viele"),
        (STANDBY, DatabaseState.DEGRADED, "busy", "not accepting"),
        (WRONG_RU, DatabaseState.NEEDS_CREDENTIALS, "refused", "unity"),
        (WRONG_FR, DatabaseState.NEEDS_CREDENTIALS, "refused", "unity"),
        (NO_LINE_ZH, DatabaseState.NEEDS_CREDENTIALS, "not_let_in", "pg_hba.conf"),
        (POOLER, DatabaseState.DEGRADED, "unsupported", "pooler"),
        (OLD, DatabaseState.DEGRADED, "unsupported", "9.6"),
    ],
)
async def test_what_it_says_is_understood_in_any_language(
    desk: Desk, answer: bytes, state: DatabaseState, kind: str, words: str
) -> None:
    async with speaking(answer) as port:
        key = await desk.enter(DatabaseKind.POSTGRESQL, tcp(port), login=LOGIN)
        async with asyncio.timeout(5):
            row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (state, kind)
    assert words in row.reason
    assert row.refusals == (1 if kind == "refused" else 0)
