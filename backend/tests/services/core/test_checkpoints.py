"""Checkpoints: what was sent out finds a chain that was cut, rewritten or rolled back."""

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from app.adapters.checkpoint_sinks import NetworkSinks
from app.kernel.clock import ManualClock
from app.kernel.config import AuditPart
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.audit_checkpoint import AuditCheckpoint, AuditSigningKey
from app.models.core.audit_entry import AuditEntry
from app.models.core.audit_sink import CheckpointDelivery, CheckpointState, SinkKind
from app.ports.checkpoint_sink import SinkAddress, SinkFailed
from app.schemas.core.checkpoint import SinkWrite
from app.services.core.audit import AuditLog
from app.services.core.audit_chain import FIRST_PREV, canonical, link
from app.services.core.audit_entries import AuditEntries
from app.services.core.audit_sinks import AuditSinks, SinkTargetNotValid
from app.services.core.audit_verify import Report
from app.services.core.checkpoint_form import Checkpoint, read_lines
from app.services.core.checkpoint_keys import read_public_keys, signature_check
from app.services.core.checkpoints import MOST_ATTEMPTS, Checkpointer
from app.services.core.permissions import system
from tests.parts.receivers import web_receiver

TESTS = system("tests")
SETTINGS = AuditPart(checkpoint_entries=10, checkpoint_seconds=3600)


class World:
    """A database with its log, and a file elsewhere that keeps the checkpoints."""

    def __init__(self, database: Database, clock: ManualClock, vault: Vault, kept: Path) -> None:
        self.database, self.clock, self.vault, self.kept = database, clock, vault, kept
        self.checkpointer = Checkpointer(database, clock, vault, NetworkSinks(), SETTINGS)

    async def write(self, count: int, word: str = "entry") -> None:
        for number in range(count):
            async with self.database.transaction() as session:
                await AuditLog(session, self.clock, b"k").record(
                    TESTS, "thing.done", kind="thing", object_id=None, name=f"{word} {number}"
                )

    async def add_sink(self, kind: SinkKind, target: str) -> None:
        async with self.database.transaction() as session:
            audit = AuditLog(session, self.clock, b"k")
            wish = SinkWrite(name=kind.value, kind=kind, target=target)
            await AuditSinks(session, self.clock, audit).create(TESTS, wish)

    async def kept_checkpoints(self) -> tuple[list[Checkpoint], list[str]]:
        async with self.database.snapshot() as session:
            publics = (await session.scalars(select(AuditSigningKey.public))).all()
        keys = read_public_keys("\n".join(publics))
        return read_lines(self.kept.read_text().splitlines(), signature_check(keys))

    async def verify(self) -> Report:
        checkpoints, wrong = await self.kept_checkpoints()
        assert wrong == []
        async with self.database.snapshot() as session:
            return await AuditEntries(session).verify(checkpoints=checkpoints)

    async def deliveries(self) -> Sequence[CheckpointDelivery]:
        async with self.database.snapshot() as session:
            return (await session.scalars(select(CheckpointDelivery))).all()


@pytest.fixture
async def world(database: Database, clock: ManualClock, vault: Vault, tmp_path: Path) -> World:
    """Return a log of some entries whose checkpoints go to a file."""
    world = World(database, clock, vault, tmp_path / "kept.jsonl")
    await world.add_sink(SinkKind.FILE, str(world.kept))
    return world


@pytest.mark.both_engines
async def test_a_checkpoint_is_signed_after_so_many_entries_or_so_much_time(world: World) -> None:
    await world.write(3)
    assert (await world.checkpointer.run()).signed == 1  # the first one, of what stands
    assert (await world.checkpointer.run()).signed == 0
    await world.write(9)
    assert (await world.checkpointer.run()).signed == 0
    await world.write(1)
    assert (await world.checkpointer.run()).signed == 1
    await world.write(1)
    world.clock.advance(timedelta(seconds=3599))
    assert (await world.checkpointer.run()).signed == 0
    world.clock.advance(timedelta(seconds=1))
    assert (await world.checkpointer.run()).signed == 1
    world.clock.advance(timedelta(hours=5))
    assert (await world.checkpointer.run()).signed == 0  # nothing new was written
    found, wrong = await world.kept_checkpoints()
    assert [one.seq for one in found] == [4, 14, 15]
    assert wrong == []
    assert (await world.verify()).is_intact


async def test_only_the_sealed_half_of_the_key_is_stored(world: World) -> None:
    await world.write(1)
    await world.checkpointer.run()
    async with world.database.snapshot() as session:
        key = (await session.scalars(select(AuditSigningKey))).one()
    assert repr(key.private) == "***"
    assert key.private.blob[:2] == b"U1"


async def test_a_changed_checkpoint_has_no_signature(world: World) -> None:
    await world.write(1)
    await world.checkpointer.run()
    good = world.kept.read_text()
    for field in ("seq", "count"):
        line = json.loads(good) | {field: 1}
        world.kept.write_text(json.dumps(line))
        found, wrong = await world.kept_checkpoints()
        assert found == []
        assert "signature" in wrong[0]


@pytest.mark.both_engines
async def test_a_deleted_and_a_moved_entry_are_found(world: World) -> None:
    """T6 of the threat model."""
    await world.write(12)
    await world.checkpointer.run()
    async with world.database.transaction() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq == 5))
    report = await world.verify()
    assert [fault.seq for fault in report.faults][:1] == [5]


async def test_an_older_database_put_back_is_found(world: World, tmp_path: Path) -> None:
    """T7: the chain of the old database is whole in itself; only the kept checkpoint knows."""
    path = Path(world.database.url.database or "")
    await world.write(5)
    await world.checkpointer.run()
    await world.database.dispose()
    shutil.copy(path, tmp_path / "old.db")
    world.database = Database(f"sqlite:///{path}")
    world.checkpointer = Checkpointer(
        world.database, world.clock, world.vault, NetworkSinks(), SETTINGS
    )
    await world.write(20)
    await world.checkpointer.run()
    await world.database.dispose()
    for rest in ("-wal", "-shm"):
        Path(f"{path}{rest}").unlink(missing_ok=True)  # noqa: ASYNC240 - a test may block
    shutil.copy(tmp_path / "old.db", path)
    world.database = Database(f"sqlite:///{path}")
    async with world.database.snapshot() as session:
        assert (await AuditEntries(session).verify()).is_intact
    assert not (await world.verify()).is_intact
    # It stays found when life goes on over the old database.
    await world.write(30, "other")
    report = await world.verify()
    assert "rewritten, or continued" in report.faults[0].problem
    await world.database.dispose()


async def test_entries_cut_off_the_end_are_found(world: World) -> None:
    await world.write(12)
    await world.checkpointer.run()
    async with world.database.transaction() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq > 8))
    async with world.database.snapshot() as session:
        assert (await AuditEntries(session).verify()).is_intact
    report = await world.verify()
    assert "cut off the end" in report.faults[0].problem


async def recompute(world: World) -> None:
    """Change the past and compute every hash anew, as who controls the machine can."""
    async with world.database.transaction() as session:
        rows = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
        prev = FIRST_PREV
        for row in rows:
            entry = json.loads(row.entry)
            if row.seq == 3:
                entry["object"]["name"] = row.object_name = "nothing happened"
            row.entry, row.prev = canonical(entry), prev
            row.h = prev = link(row.seq, row.prev, entry)


async def test_a_chain_computed_anew_disagrees_with_what_was_sent_out(world: World) -> None:
    """T22, even when the checkpoints in the database are signed anew with the stolen key."""
    await world.write(12)
    await world.checkpointer.run()
    await recompute(world)
    async with world.database.snapshot() as session:
        assert (await AuditEntries(session).verify()).is_intact
    assert "rewritten" in (await world.verify()).faults[0].problem
    async with world.database.transaction() as session:
        await session.execute(delete(AuditCheckpoint))
    await world.checkpointer.run(at_once=True)
    assert not (await world.verify()).is_intact


async def test_a_chain_that_disagrees_gets_no_new_signature(world: World) -> None:
    await world.write(12)
    await world.checkpointer.run()
    await recompute(world)
    await world.write(30)
    outcome = await world.checkpointer.run()
    assert outcome.signed == 0
    assert "not the one that a checkpoint attests" in outcome.fault


@pytest.mark.both_engines
async def test_a_place_that_is_away_gets_it_later_and_is_given_up_at_last(world: World) -> None:
    await world.add_sink(SinkKind.SYSLOG_TCP, "127.0.0.1:1")
    await world.write(1)
    assert (await world.checkpointer.run()).failed == 1
    assert (await world.checkpointer.run()).failed == 0  # it waits a while
    for _ in range(MOST_ATTEMPTS):
        world.clock.advance(timedelta(hours=1))
        await world.checkpointer.run()
    states = sorted(one.state for one in await world.deliveries())
    assert states[0] == CheckpointState.GIVEN_UP
    async with world.database.transaction() as session:
        sinks = AuditSinks(session, world.clock, AuditLog(session, world.clock, b"k"))
        broken = next(one for one in await sinks.list() if one.failed)
        assert "127.0.0.1" in broken.error
        assert await sinks.retry(TESTS, broken.id) == broken.failed
    assert (await world.checkpointer.run()).failed >= 1


LINE = '{"unity":"audit-checkpoint/1","seq":1}'


@asynccontextmanager
async def listener(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen as a syslog server does."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - it waits for another program's side
            await asyncio.sleep(0.01)


async def test_syslog_by_tcp_counts_its_octets() -> None:
    async with listener() as (port, heard):
        await NetworkSinks().send(SinkAddress("syslog_tcp", f"127.0.0.1:{port}"), LINE)
        await until(lambda: heard)
    length, _, message = heard[0].partition(b" ")
    assert int(length) == len(message)
    assert message.startswith(b"<109>1 20")
    assert message.endswith(b" audit-checkpoint - " + LINE.encode())


async def test_syslog_by_udp_is_one_datagram() -> None:
    loop, heard = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    class Hear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's
            heard.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(Hear, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    await NetworkSinks().send(SinkAddress("syslog_udp", f"127.0.0.1:{port}"), LINE)
    assert (await asyncio.wait_for(heard.get(), 5)).endswith(LINE.encode())
    transport.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for localhost, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", str(paths[0])]
    subprocess.run([*command, "-keyout", str(paths[1])], check=True, capture_output=True)
    return paths


async def test_syslog_by_tls_believes_only_a_known_certificate(
    certificate: tuple[Path, Path],
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    async with listener(served) as (port, heard):
        address = SinkAddress("syslog_tls", f"localhost:{port}")
        with pytest.raises(SinkFailed, match="certificate"):
            await NetworkSinks().send(address, LINE)
        trusted = NetworkSinks(tls=lambda: ssl.create_default_context(cafile=certificate[0]))
        await trusted.send(address, LINE)
        await until(lambda: any(LINE.encode() in one for one in heard))


async def test_a_webhook_gets_the_line_and_must_answer_well() -> None:
    answers = iter((b"204 No Content", b"500 Oops"))
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        bodies.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 " + next(answers) + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await NetworkSinks().send(SinkAddress("webhook", url), LINE)
        with pytest.raises(SinkFailed, match="500"):
            await NetworkSinks().send(SinkAddress("webhook", url), LINE)
    assert bodies[0] == LINE.encode()


async def test_a_webhook_is_left_after_its_status_and_asks_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    heads: list[bytes] = []
    is_left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nand so on")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        is_left.set()

    server = await asyncio.start_server(serve, "localhost", 0)
    async with server, asyncio.timeout(5):
        port = server.sockets[0].getsockname()[1]
        await NetworkSinks().send(SinkAddress("webhook", f"http://localhost:{port}/a"), LINE)
        await is_left.wait()
    assert heads[0].startswith(b"POST /a HTTP/1.1\r\n")
    assert f"host: localhost:{port}\r\n".encode() in heads[0].lower()


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("webhook", "http://169.254.169.254/"),
        ("syslog_udp", "169.254.169.254:514"),
        ("syslog_tcp", "[fd00:ec2::254]:601"),
        ("syslog_tls", "169.254.169.254"),
    ],
)
async def test_no_place_is_the_metadata_of_a_cloud(kind: str, target: str) -> None:
    with pytest.raises(SinkFailed, match="never speaks"):
        await NetworkSinks().send(SinkAddress(kind, target), LINE)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("webhook", "http://127.0.0.1:1/canary"),
        ("webhook", f"http://{'a' * 64}.test/canary"),
        ("syslog_tcp", f"{'a' * 64}.test:601"),
        ("syslog_udp", "a..test:514"),
    ],
)
async def test_a_place_that_fails_stops_no_other_and_keeps_its_secret(
    world: World, kind: str, target: str
) -> None:
    await world.add_sink(SinkKind(kind), target)
    await world.write(1)
    outcome = await world.checkpointer.run()
    assert (outcome.sent, outcome.failed) == (1, 1)
    errors = " ".join(one.error for one in await world.deliveries())
    assert errors.strip()
    assert "canary" not in errors
    async with world.database.snapshot() as session:
        entries = " ".join(await session.scalars(select(AuditEntry.entry)))
    assert "audit_sink.created" in entries
    assert "canary" not in entries


async def test_each_address_of_a_name_is_tried() -> None:
    async def lookup(_name: str, _port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with web_receiver() as server:
        port = server.url.rpartition(":")[2]
        place = SinkAddress("webhook", f"http://logs.test:{port}/a")
        await NetworkSinks(lookup=lookup).send(place, LINE)
    ((first, headers, body),) = server.heard
    assert (first, headers["host"], body) == (
        "POST /a HTTP/1.1",
        f"logs.test:{port}",
        LINE.encode(),
    )


@pytest.mark.parametrize("who", ["me:canary@", "canary@", ":canary@"])
async def test_a_password_in_an_address_is_neither_kept_nor_repeated(
    world: World, who: str
) -> None:
    address = f"http://{who}127.0.0.1:1/"
    with pytest.raises(SinkTargetNotValid, match="holds a password") as refused:
        await world.add_sink(SinkKind.WEBHOOK, address)
    with pytest.raises(SinkFailed) as failed:
        await NetworkSinks().send(SinkAddress("webhook", address), LINE)
    assert "canary" not in f"{refused.value} {failed.value}"


async def test_a_file_grows_and_a_link_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    for _ in range(2):
        await NetworkSinks().send(SinkAddress("file", str(path)), LINE)
    assert path.read_text() == f"{LINE}\n{LINE}\n"
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(SinkFailed):
        await NetworkSinks().send(SinkAddress("file", str(tmp_path / "link")), LINE)


async def test_keys_are_read_as_pem_and_as_base64(world: World) -> None:
    await world.write(1)
    await world.checkpointer.run()
    async with world.database.snapshot() as session:
        public = (await session.scalars(select(AuditSigningKey))).one()
    pem = (
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"
        + public.public
        + "\n-----END PUBLIC KEY-----\n"
    )
    assert read_public_keys(pem).keys() == read_public_keys(public.public).keys() == {public.name}
