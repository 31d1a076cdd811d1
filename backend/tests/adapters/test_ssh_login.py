"""Logins that work, and each way in which one cannot: its own error, with its cause and fix."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.ssh import SshLimits, SshShells
from app.ports.shell import (
    Command,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    LoginTimedOut,
    NameNotResolved,
    NotSsh,
    PasswordLogin,
    PrivateKeyLogin,
    ShellError,
    Target,
    Unreachable,
)
from tests.parts.ports import free_port
from tests.parts.sshd import Sshd, new_key, read_host_key, running_sshd

pytestmark = pytest.mark.needs("sshd")


@pytest.fixture
async def shells() -> AsyncIterator[SshShells]:
    pool = SshShells()
    yield pool
    await pool.close()


@pytest.fixture
async def impatient() -> AsyncIterator[SshShells]:
    """Return a pool for those who never answer."""
    pool = SshShells(SshLimits(login_seconds=0.6))
    yield pool
    await pool.close()


async def failure(shells: SshShells, target: Target) -> ShellError:
    """Return the error that opening the target ends with."""
    with pytest.raises(ShellError) as caught:
        async with shells.open(target):
            pass
    assert caught.value.detail.endswith((".", ")."))
    return caught.value


def nowhere(port: int, host: str = "127.0.0.1") -> Target:
    return Target("nowhere", host, port, "unity", logins=(PasswordLogin("secret"),))


@contextlib.asynccontextmanager
async def listener(says: bytes, *, stays: bool) -> AsyncIterator[tuple[int, list[int]]]:
    """Listen like something that is not sshd; count who came."""
    visitors: list[int] = []
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitors.append(1)
        writer.write(says)
        if stays:
            await reader.read()
            await gone.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], visitors
        gone.set()


async def test_unknown_name_says_which_name(shells: SshShells) -> None:
    error = await failure(shells, nowhere(22, "no-such-machine.invalid"))
    assert isinstance(error, NameNotResolved)
    assert "no-such-machine.invalid" in error.detail


@pytest.mark.parametrize("host", ['na"s', "na's; id", "a..b", "x" * 300, "$(id)"])
async def test_hostile_host_name_is_only_a_name_without_an_address(
    shells: SshShells, host: str
) -> None:
    error = await failure(shells, nowhere(22, host))
    assert isinstance(error, NameNotResolved)
    assert error.fix


async def test_closed_port_is_unreachable_and_says_so(shells: SshShells) -> None:
    error = await failure(shells, nowhere(free_port()))
    assert type(error) is Unreachable
    assert "refused" in error.detail
    assert "sshd" in error.fix


async def test_silent_listener_ends_in_a_login_time_out(impatient: SshShells) -> None:
    async with listener(b"", stays=True) as (port, _):
        assert isinstance(await failure(impatient, nowhere(port)), LoginTimedOut)


@pytest.mark.parametrize(
    "says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\xff" * 200 + b"\n", b""]
)
async def test_listener_that_is_no_ssh_server_is_told_apart(shells: SshShells, says: bytes) -> None:
    async with listener(says, stays=False) as (port, _):
        error = await failure(shells, nowhere(port))
    assert isinstance(error, NotSsh)
    assert f"127.0.0.1:{port}" in error.detail


async def test_old_protocol_is_not_ssh_2(shells: SshShells) -> None:
    async with listener(b"SSH-1.5-OpenSSH_1.2\r\n", stays=True) as (port, _):
        assert isinstance(await failure(shells, nowhere(port)), NotSsh)


async def test_those_who_wait_for_one_login_share_its_failure(impatient: SshShells) -> None:
    async with listener(b"", stays=True) as (port, visitors):
        errors = await asyncio.gather(*(failure(impatient, nowhere(port)) for _ in range(5)))
    assert len(errors) == 5
    assert len(visitors) == 1


async def test_first_contact_sends_no_credential(shells: SshShells, sshd: Sshd) -> None:
    target = replace(sshd.target(pinned=False), logins=(PasswordLogin("secret"),))
    error = await failure(shells, target)
    assert isinstance(error, HostKeyUnknown)
    assert error.offered == sshd.host_key
    assert sshd.host_key.fingerprint in error.detail
    await shells.probe_host_key(target)
    assert "kex" in sshd.log
    assert "userauth" not in sshd.log


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_changed_host_key_sends_no_credential(
    shells: SshShells, sshd: Sshd, tmp_path: Path, kind: str
) -> None:
    pin = read_host_key(new_key(tmp_path, "pinned", kind=kind).public)
    error = await failure(shells, replace(sshd.target(), pinned=(pin,)))
    assert isinstance(error, HostKeyChanged)
    assert error.offered == sshd.host_key
    assert pin.fingerprint in error.detail
    assert sshd.host_key.fingerprint in error.detail
    assert "userauth" not in sshd.log


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
async def test_host_keys_of_other_kinds_are_pinned_too(
    shells: SshShells, tmp_path: Path, kind: str
) -> None:
    async with running_sshd(tmp_path, host_key_kind=kind) as sshd:
        async with shells.open(sshd.target()) as shell:
            assert (await shell.run(Command(("true",)))).exit_status == 0
        await shells.close()


async def test_wrong_key_is_refused_and_says_what_was_tried(
    shells: SshShells, sshd: Sshd, tmp_path: Path
) -> None:
    other = new_key(tmp_path, "other")
    error = await failure(shells, sshd.target(PrivateKeyLogin(other.private)))
    assert isinstance(error, LoginRefused)
    assert "the key" in error.detail
    assert "authorized_keys" in error.fix


async def test_wrong_password_is_offered_once_only(shells: SshShells, sshd: Sshd) -> None:
    error = await failure(shells, sshd.target(PasswordLogin("wrong-s3cret")))
    assert isinstance(error, LoginRefused)
    assert "the password" in error.detail
    assert "wrong-s3cret" not in f"{error.detail}{error.fix}{error!r}"
    assert sshd.log.count("Failed password") == 1


async def test_no_credential_at_all_is_a_refusal_of_its_own(shells: SshShells, sshd: Sshd) -> None:
    error = await failure(shells, replace(sshd.target(), logins=()))
    assert isinstance(error, LoginRefused)
    assert "no credential" in error.detail


async def test_key_with_passphrase_opens_and_a_wrong_one_is_told(
    shells: SshShells, sshd: Sshd, tmp_path: Path
) -> None:
    locked = new_key(tmp_path, "locked", phrase="open sesame")
    sshd.authorize(locked.public)
    async with shells.open(sshd.target(PrivateKeyLogin(locked.private, "open sesame"))) as shell:
        assert (await shell.run(Command(("true",)))).exit_status == 0
    for phrase in ("wrong", None):
        error = await failure(
            shells, sshd.target(PrivateKeyLogin(locked.private, phrase), key="other")
        )
        assert isinstance(error, LoginRefused)
        assert "passphrase" in error.detail.lower()


async def test_second_credential_is_tried_when_the_first_is_refused(
    shells: SshShells, sshd: Sshd, tmp_path: Path
) -> None:
    other = PrivateKeyLogin(new_key(tmp_path, "other").private)
    target = sshd.target(other, PrivateKeyLogin(sshd.key.private))
    async with shells.open(target) as shell:
        assert (await shell.run(Command(("true",)))).exit_status == 0


async def test_own_keys_and_configuration_of_this_machine_are_never_used(
    shells: SshShells, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "own-home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(sshd.key.private)
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    (home / ".ssh" / "config").write_text("Host *\n  Port 1\n  ProxyJump nobody@nowhere\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(home / "agent"))
    error = await failure(shells, sshd.target(PasswordLogin("wrong")))
    assert isinstance(error, LoginRefused)
    assert "publickey" not in sshd.log.replace("publickey,", "")
    assert "Accepted" not in sshd.log


async def test_machine_behind_a_jump_host_answers_over_one_jump_connection(
    shells: SshShells, tmp_path: Path
) -> None:
    async with running_sshd(tmp_path / "jump") as jump, running_sshd(tmp_path / "far") as far:
        behind = [
            replace(far.target(key=f"far-{number}"), jump=jump.target()) for number in range(2)
        ]
        assert await shells.probe_host_key(behind[0]) == far.host_key
        for target in behind:
            async with shells.open(target) as shell:
                assert (await shell.run(Command(("echo", "far")))).stdout == "far\n"
        assert jump.log.count("Accepted publickey") == 1
        assert far.log.count("Accepted publickey") == 2
        await shells.close()


async def test_failures_around_a_jump_host_name_the_right_machine(
    shells: SshShells, sshd: Sshd
) -> None:
    closed = free_port()
    target = Target("far", "127.0.0.1", closed, "unity", jump=sshd.target())
    error = await failure(shells, target)
    assert isinstance(error, Unreachable)
    assert "jump host" in error.detail
    assert str(closed) in error.detail
    unknown = await failure(shells, replace(target, jump=sshd.target(key="new", pinned=False)))
    assert isinstance(unknown, HostKeyUnknown)
    assert unknown.target_key == "new"


async def test_burst_of_logins_at_one_sshd_stays_below_its_limit(tmp_path: Path) -> None:
    shells = SshShells(SshLimits(logins_per_second=1000))
    async with running_sshd(tmp_path, "MaxStartups 8:100:8") as sshd:

        async def ask(number: int) -> int | None:
            async with shells.open(sshd.target(key=f"server-{number}")) as shell:
                return (await shell.run(Command(("true",)))).exit_status

        assert await asyncio.gather(*map(ask, range(16))) == [0] * 16
        assert "drop connection" not in sshd.log
        await shells.close()


async def test_logins_at_one_sshd_are_spread_over_time(sshd: Sshd) -> None:
    shells = SshShells(SshLimits(logins_per_second=2))
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(shells.probe_host_key(sshd.target(key=str(n))) for n in range(4)))
    assert asyncio.get_running_loop().time() - began >= 0.9
