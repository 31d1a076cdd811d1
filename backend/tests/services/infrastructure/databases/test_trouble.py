"""What goes wrong on the way: silence, refusal, an end. Each costs only itself."""

import asyncio
import contextlib
import gc
import struct
from collections.abc import AsyncIterator

import pytest
from bson import encode

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.ports.shell import Unreachable
from app.services.infrastructure.databases import collector
from app.services.infrastructure.facts.databases.script import LOOK
from tests.parts.ports import free_port
from tests.services.infrastructure.databases.desk import Desk


@contextlib.asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """Accept connections and never say a word."""
    ended = asyncio.Event()

    async def keep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
        ended.set()


def at(port: int) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": port}


@pytest.mark.parametrize("kind", list(DatabaseKind))
async def test_one_that_hangs_is_cut_off_and_called_slow(
    desk: Desk, kind: DatabaseKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "_CONNECT_SECONDS", 0.3)
    async with silent_server() as port:
        key = await desk.enter(kind, at(port), login=("unity", "long enough"))
        async with asyncio.timeout(5):
            row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "silent")
    assert row.refusals == 0


async def test_one_that_hangs_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "_CONNECT_SECONDS", 0.5)
    async with silent_server() as port:
        keys = [await desk.enter(DatabaseKind.REDIS, at(port)) for _ in range(8)]
        gone = await desk.enter(DatabaseKind.REDIS, at(free_port()))
        desk.site.machine(desk.server_id).answers(*LOOK.argv, stdout="none\n")
        async with asyncio.timeout(4):
            await desk.collector.collect_due()
    assert (await desk.row(gone)).state == DatabaseState.OFFLINE
    assert {(await desk.row(key)).reason_kind for key in keys} == {"silent"}


async def test_a_closed_port_of_a_running_process_is_no_end(desk: Desk) -> None:
    port = free_port()
    key = await desk.enter(DatabaseKind.REDIS, at(port))
    shown = f"h\nt    0: 0100007F:{port:04X} 0:0 0A 0:0 0:0 0 5 0 77 1\np 9 (redis-server)\n"
    shown += f"i Uid:\t5\t5\t5\t5\nc redis-server 127.0.0.1:{port}\n"
    desk.site.machine(desk.server_id).answers(*LOOK.argv, stdout=shown)
    row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "no_way")
    assert "AllowTcpForwarding" in row.fix


# pymongo leaves the socket of a broken handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", list(DatabaseKind))
async def test_what_speaks_another_protocol_is_not_the_database(
    desk: Desk, kind: DatabaseKind
) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = int(server.sockets[0].getsockname()[1])
        desk.site.machine(desk.server_id).answers(*LOOK.argv, stdout="none\n")
        key = await desk.enter(kind, at(port), login=("unity", "long enough"))
        row = await desk.ask(key)
    assert row.state in (DatabaseState.OFFLINE, DatabaseState.DEGRADED)
    assert row.refusals == 0
    gc.collect()  # here, where its warning is expected, and not in the middle of another test


async def test_a_mongodb_that_is_too_old_is_no_refusal(desk: Desk) -> None:
    hello = encode({"ok": 1, "ismaster": True, "minWireVersion": 0, "maxWireVersion": 8})

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # MongoDB's wire protocol: a header, then OP_REPLY to the old way to ask, else OP_MSG.
        while asked := await reader.read(4096):
            _, number, _, kind = struct.unpack_from("<iiii", asked)
            is_message = kind == 2013
            body = (
                struct.pack("<ib", 0, 0) if is_message else struct.pack("<iqii", 8, 0, 0, 1)
            ) + hello
            writer.write(struct.pack("<iiii", 16 + len(body), 1, number, kind if is_message else 1))
            writer.write(body)
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = int(server.sockets[0].getsockname()[1])
        key = await desk.enter(DatabaseKind.MONGODB, at(port), login=("unity", "long enough"))
        row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "unsupported")
    assert "4.4" in row.reason
    assert row.refusals == 0


async def test_while_its_machine_is_silent_a_database_stays_as_it_was_seen(desk: Desk) -> None:
    key = await desk.enter(DatabaseKind.REDIS, at(free_port()))
    before = await desk.row(key)
    desk.site.machine(desk.server_id).failure = Unreachable("No route to host.")
    after = await desk.ask(key)
    assert (after.state, after.reason) == (before.state, before.reason)
    assert after.next_due_at is not None
