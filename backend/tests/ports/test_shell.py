"""The contract of the `Shell` and `Shells` ports, kept by the fake, by this machine and by sshd."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.local_shell import LocalShell
from app.adapters.ssh import SshShells
from app.kernel.database import Database
from app.ports.shell import (
    Command,
    HostKeyChanged,
    HostKeyUnknown,
    Outcome,
    Shell,
    Shells,
    Target,
    TransferFailed,
)
from tests.fakes.shell import A_HOST_KEY, FakeFile, FakeShell, FakeShells
from tests.parts.sshd import new_key, read_host_key, running_sshd

SCRIPT = "printf 'out\\033[1m\\001'; printf 'err' >&2; exit 3"


@dataclass
class World:
    """A shell, and a folder on its machine that the test may write to."""

    shell: Shell
    folder: str


def _taught(folder: str) -> FakeShell:
    shell = FakeShell()
    shell.answers("echo", "hello")
    shell.answers("echo", "one", stdout="one\n")
    shell.answers("echo", "two", stdout="two\n")
    shell.answers("printf", "%s", "a'b\"c $HOME `id` \\ \n*", stdout="a'b\"c $HOME `id` \\ \n*")
    shell.answers("printf", "é\\377", stdout="é�")
    shell.answers("sh", "-c", SCRIPT, stdout="out\x1b[1m\x01", stderr="err", exit_status=3)
    shell.hangs("sleep", "60")
    shell.floods("yes")
    shell.echoes_input("cat")
    for path in (folder, f"{folder}/far"):
        shell.disk.entries[path] = FakeFile(is_dir=True, mode=0o755)
    shell.sockets.add(f"{folder}/far/socket")
    return shell


@pytest.fixture(params=["fake", "local", pytest.param("ssh", marks=pytest.mark.needs("sshd"))])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Return each kind of shell in turn."""
    folder = tmp_path / "world"
    (folder / "far").mkdir(parents=True)
    if request.param == "fake":
        yield World(_taught(str(folder)), str(folder))
    elif request.param == "local":
        local = LocalShell()
        yield World(local, str(folder))
        await local.close()
    else:
        shells = SshShells()
        async with running_sshd(tmp_path / "sshd") as sshd:
            async with shells.open(sshd.target()) as shell:
                yield World(shell, str(folder))
            await shells.close()


async def test_results_come_in_the_order_of_the_commands(world: World) -> None:
    results = await world.shell.run_many([Command(("echo", "one")), Command(("echo", "two"))])
    assert [result.stdout for result in results] == ["one\n", "two\n"]
    assert [result.argv for result in results] == [("echo", "one"), ("echo", "two")]


async def test_no_commands_give_no_results(world: World) -> None:
    assert await world.shell.run_many([]) == []


async def test_nonzero_exit_is_a_result_and_the_streams_stay_apart(world: World) -> None:
    result = await world.shell.run(Command(("sh", "-c", SCRIPT)))
    assert (result.outcome, result.exit_status) == (Outcome.RAN, 3)
    assert (result.stdout, result.stderr) == ("out\x1b[1m\x01", "err")


async def test_arguments_are_never_shell_text(world: World) -> None:
    hostile = "a'b\"c $HOME `id` \\ \n*"
    result = await world.shell.run(Command(("printf", "%s", hostile)))
    assert result.stdout == hostile


async def test_bytes_that_are_not_utf8_are_replaced(world: World) -> None:
    result = await world.shell.run(Command(("printf", "é\\377")))
    assert result.stdout == "é�"


async def test_missing_program_is_absent(world: World) -> None:
    result = await world.shell.run(Command(("no-such-program", "-x")))
    assert (result.outcome, result.exit_status) == (Outcome.ABSENT, 127)


async def test_hanging_command_costs_its_own_section_only(world: World) -> None:
    commands = [
        Command(("echo", "one")),
        Command(("sleep", "60"), seconds=0.3),
        Command(("echo", "two")),
    ]
    async with asyncio.timeout(5):
        results = await world.shell.run_many(commands)
    assert [result.outcome for result in results] == [
        Outcome.RAN,
        Outcome.TIMED_OUT,
        Outcome.RAN,
    ]
    assert results[2].stdout == "two\n"


async def test_flooding_command_costs_its_own_section_only(world: World) -> None:
    async with asyncio.timeout(20):
        results = await world.shell.run_many([Command(("yes",)), Command(("echo", "two"))])
    assert [result.outcome for result in results] == [Outcome.CUT, Outcome.RAN]
    assert results[0].stdout.startswith("y\ny\n")
    assert len(results[0].stdout) == 4 * 1024 * 1024
    assert results[1].stdout == "two\n"


async def test_secret_input_reaches_the_program_only(world: World) -> None:
    command = Command(("cat",), secret_input=b"s3cret")
    results = await world.shell.run_many([Command(("echo", "one")), command])
    assert [result.stdout for result in results] == ["one\n", "s3cret"]
    assert "s3cret" not in repr(command)


async def test_spent_budget_gives_timed_out_results(world: World) -> None:
    results = await world.shell.run_many([Command(("echo", "one"))], budget=timedelta(0))
    assert [result.outcome for result in results] == [Outcome.TIMED_OUT]


async def test_file_written_is_read_back_with_its_mode(world: World) -> None:
    path = f"{world.folder}/written 'quoted'"
    async with world.shell.files() as files:
        await files.write_atomic(path, b"one\0\xff", mode=0o640)
        await files.write_atomic(path, b"two\0\xff", mode=0o600)
        assert await files.read(path) == b"two\0\xff"
        found = await files.stat(path)
    assert found is not None
    assert (found.size, found.mode, found.is_dir, found.is_symlink) == (5, 0o600, False, False)


async def test_missing_path_has_no_stat_and_cannot_be_read(world: World) -> None:
    async with world.shell.files() as files:
        assert await files.stat(f"{world.folder}/nothing") is None
        with pytest.raises(TransferFailed, match="nothing"):
            await files.read(f"{world.folder}/nothing")


async def test_file_over_the_limit_is_not_read(world: World) -> None:
    async with world.shell.files() as files:
        await files.write_atomic(f"{world.folder}/large", b"x" * 100, mode=0o600)
        with pytest.raises(TransferFailed, match="larger than"):
            await files.read(f"{world.folder}/large", limit=99)
        assert len(await files.read(f"{world.folder}/large", limit=100)) == 100


async def test_failed_write_names_the_path(world: World) -> None:
    async with world.shell.files() as files:
        with pytest.raises(TransferFailed, match="missing/file"):
            await files.write_atomic(f"{world.folder}/missing/file", b"", mode=0o600)


async def test_folder_is_made_once_and_may_be_there_already(world: World) -> None:
    async with world.shell.files() as files:
        for _ in range(2):
            await files.make_dir(f"{world.folder}/made", mode=0o700)
        found = await files.stat(f"{world.folder}/made")
        await files.write_atomic(f"{world.folder}/made/file", b"", mode=0o600)
        with pytest.raises(TransferFailed):
            await files.make_dir(f"{world.folder}/made/file", mode=0o700)
    assert found is not None
    assert (found.is_dir, found.mode) == (True, 0o700)


async def test_forwarded_socket_reaches_the_far_one(world: World) -> None:
    path = f"{world.folder}/far/socket"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"far:" + await reader.readline())
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    async with server, world.shell.forward_unix(path) as listener:
        reader, writer = await asyncio.open_unix_connection(listener.path)
        writer.write(b"hello\n")
        assert await reader.read() == b"far:hello\n"
        writer.close()
        await writer.wait_closed()


async def test_forwarded_port_reaches_the_far_one(world: World) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"far:" + await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, world.shell.forward_tcp(host, port) as listener:
        if listener.path:
            reader, writer = await asyncio.open_unix_connection(listener.path)
        else:
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
        writer.write(b"hello\n")
        assert await reader.read() == b"far:hello\n"
        writer.close()
        await writer.wait_closed()


async def test_missing_socket_is_told_at_once(world: World) -> None:
    with pytest.raises(TransferFailed, match="nowhere"):
        async with world.shell.forward_unix(f"{world.folder}/nowhere"):
            pass


@pytest.fixture(params=["fake", pytest.param("ssh", marks=pytest.mark.needs("sshd"))])
async def pool(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Shells, Target]]:
    """Return each kind of pool with a target of it."""
    if request.param == "fake":
        fake = FakeShells()
        fake.machine("nas").answers("true")
        yield fake, Target("nas", "192.0.2.1", 22, "unity", pinned=(A_HOST_KEY,))
        return
    shells = SshShells()
    async with running_sshd(tmp_path / "sshd") as sshd:
        yield shells, sshd.target()
        await shells.close()


async def test_first_contact_offers_the_key_for_approval(pool: tuple[Shells, Target]) -> None:
    shells, target = pool
    with pytest.raises(HostKeyUnknown) as refusal:
        async with shells.open(replace(target, pinned=())):
            pass
    assert refusal.value.offered == target.pinned[0]
    assert refusal.value.target_key == target.key
    assert await shells.probe_host_key(replace(target, pinned=())) == target.pinned[0]


async def test_other_key_than_the_pinned_one_is_refused(
    pool: tuple[Shells, Target], tmp_path: Path
) -> None:
    shells, target = pool
    other = read_host_key(new_key(tmp_path, "other").public)
    with pytest.raises(HostKeyChanged) as refusal:
        async with shells.open(replace(target, pinned=(other,))):
            pass
    assert refusal.value.offered == target.pinned[0]


async def test_approved_machine_answers(pool: tuple[Shells, Target]) -> None:
    shells, target = pool
    async with shells.open(target) as shell:
        assert (await shell.run(Command(("true",)))).exit_status == 0
    await shells.forget(target.key)


async def test_fake_machine_refuses_to_be_asked_inside_a_transaction(database: Database) -> None:
    async with database.transaction():
        with pytest.raises(AssertionError, match="inside a database transaction"):
            await FakeShell().run(Command(("true",)))
        with pytest.raises(AssertionError), contextlib.suppress(ZeroDivisionError):
            async with FakeShells().open(Target("nas", "192.0.2.1", 22, "unity")):
                pass
