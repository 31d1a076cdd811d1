"""Real accounts: login shells of all kinds, passwords, and what sudo allows them."""

import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.ssh import SshShells
from app.ports.shell import (
    Command,
    FileStat,
    LoginRefused,
    Outcome,
    PasswordLogin,
    Shell,
    ShellUnusable,
    Target,
)
from tests.parts.sshd import Account, Sshd, by_password, running_sshd, throw_away_account

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.needs("root")]

ID = Command(("id", "-u"), sudo=True)
HOSTILE = "a'b\"c $HOME `id` \\ \n*;é"


@pytest.fixture
async def shells() -> AsyncIterator[SshShells]:
    pool = SshShells()
    yield pool
    await pool.close()


@pytest.fixture
async def plain_sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    """Return an sshd that leaves the accounts their own home."""
    async with running_sshd(tmp_path / "sshd", own_home=False) as server:
        yield server


@contextlib.contextmanager
def sudoers(line: str) -> Iterator[None]:
    """Allow something to an account for the time of a test."""
    name = line.split(maxsplit=1)[0]
    file = Path("/etc/sudoers.d") / name
    file.write_text(f"{line}\n")
    file.chmod(0o440)
    try:
        subprocess.run(["visudo", "-c", "-q", "-f", str(file)], check=True)
        yield
    finally:
        file.unlink()


async def write_own(shell: Shell, path: str) -> FileStat | None:
    async with shell.files() as files:
        await files.write_atomic(path, b"x", mode=0o600)
        return await files.stat(path)


async def check_shell(shells: SshShells, target: Target) -> None:
    """Ask what a login shell could garble."""
    async with shells.open(target) as shell:
        results = await shell.run_many(
            [
                Command(("printf", "%s", HOSTILE)),
                Command(("sh", "-c", "echo err >&2; exit 4")),
                Command(("printenv", "LC_ALL")),
                Command(("cat",), secret_input=HOSTILE.encode()),
            ]
        )
    assert [result.stdout for result in results] == [HOSTILE, "", "C\n", HOSTILE]
    assert (results[1].stderr, results[1].exit_status) == ("err\n", 4)


@pytest.mark.parametrize(
    "login_shell",
    [
        "/bin/sh",
        "/bin/bash",
        pytest.param("/usr/bin/fish", marks=pytest.mark.needs("fish")),
        pytest.param("/bin/csh", marks=pytest.mark.needs("csh")),
    ],
)
async def test_any_login_shell_carries_the_script(
    shells: SshShells, plain_sshd: Sshd, tmp_path: Path, login_shell: str
) -> None:
    with throw_away_account(login_shell, tmp_path / "home") as account:
        await check_shell(shells, by_password(plain_sshd.target(), account))
        await shells.close()


async def test_noisy_start_up_files_and_banners_are_dropped(
    shells: SshShells, tmp_path: Path, account: Account
) -> None:
    banner = tmp_path / "banner"
    banner.write_text("*** Authorised use only ***\n\x1b[31mred\x1b[0m\n")
    noise = "echo Welcome; echo trouble >&2; printf 'no newline'; export LC_ALL=de_DE.UTF-8\n"
    (account.home / ".bashrc").write_text(noise)
    async with running_sshd(tmp_path / "sshd", f"Banner {banner}", own_home=False) as sshd:
        await check_shell(shells, by_password(sshd.target(), account))
        await shells.close()


async def test_account_without_a_shell_is_unusable(
    shells: SshShells, plain_sshd: Sshd, tmp_path: Path
) -> None:
    with throw_away_account("/usr/sbin/nologin", tmp_path / "home") as account:
        with pytest.raises(ShellUnusable) as caught:
            async with shells.open(by_password(plain_sshd.target(), account)):
                pass
        assert "nologin" in caught.value.fix


async def test_keyboard_interactive_takes_the_password(
    shells: SshShells, tmp_path: Path, account: Account
) -> None:
    ways = "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes"
    async with running_sshd(tmp_path / "sshd", ways, own_home=False) as sshd:
        target = by_password(sshd.target(), account)
        async with shells.open(target) as shell:
            assert (await shell.run(Command(("id", "-un")))).stdout.strip() == account.name
        with pytest.raises(LoginRefused):
            async with shells.open(replace(target, logins=(PasswordLogin("wrong"),))):
                pass
        await shells.close()


async def test_sudo_without_a_password_runs_as_root(
    shells: SshShells, plain_sshd: Sshd, account: Account
) -> None:
    target = by_password(plain_sshd.target(), account)
    with sudoers(f"{account.name} ALL=(root) NOPASSWD: ALL"):
        async with shells.open(target) as shell:
            results = await shell.run_many(
                [ID, Command(("no-such-program",), sudo=True), Command(("id", "-u"))]
            )
        async with shells.open(replace(target, sudo_password="needless")) as shell:
            needless = await shell.run(Command(("cat",), sudo=True, secret_input=b"mine"))
    assert (results[0].outcome, results[0].stdout) == (Outcome.RAN, "0\n")
    assert results[1].outcome is Outcome.ABSENT
    assert results[2].stdout != "0\n"
    assert needless.stdout == "mine"


async def test_sudo_with_a_password_takes_it_from_standard_input(
    shells: SshShells, plain_sshd: Sshd, account: Account, tmp_path: Path
) -> None:
    target = by_password(plain_sshd.target(), account)
    spied = tmp_path / "spied"
    with sudoers(f"{account.name} ALL=(root) ALL"):
        async with shells.open(replace(target, sudo_password=account.password)) as shell:
            spy = Command(("sh", "-c", f"ps -ewwo args >{spied}; cat; id -u"), sudo=True)
            for _ in range(2):  # the second time it is known to want the password
                results = await shell.run_many([ID, Command(("echo", "on")), spy])
                assert [result.stdout for result in results] == ["0\n", "on\n", "0\n"]
            secret = Command(("cat",), sudo=True, secret_input=b"mine")
            assert (await shell.run(secret)).stdout == "mine"
        assert "sudo -k -S" in spied.read_text()
        assert account.password not in spied.read_text()
    assert account.password not in plain_sshd.log


async def test_wrong_sudo_password_is_tried_once_on_a_connection(
    shells: SshShells, plain_sshd: Sshd, account: Account
) -> None:
    target = replace(by_password(plain_sshd.target(), account), sudo_password="wrong")
    with sudoers(f"{account.name} ALL=(root) ALL"):
        async with shells.open(target) as shell:
            results = await shell.run_many(
                [ID, Command(("id", "-g"), sudo=True), Command(("echo", "on"))]
            )
            again = await shell.run(ID)
    assert [result.outcome for result in results] == [
        Outcome.REFUSED,
        Outcome.REFUSED,
        Outcome.RAN,
    ]
    for untried in (results[1], again):
        assert "incorrect password" in untried.stderr
        assert untried.seconds == 0.0


@pytest.mark.parametrize("password", [None, "wrong"])
async def test_missing_sudo_right_is_refused(
    shells: SshShells, plain_sshd: Sshd, account: Account, password: str | None
) -> None:
    target = replace(by_password(plain_sshd.target(), account), sudo_password=password)
    async with shells.open(target) as shell:
        results = await shell.run_many([ID, Command(("echo", "on"))])
    assert [result.outcome for result in results] == [Outcome.REFUSED, Outcome.RAN]


async def test_machine_without_sudo_is_refused_and_not_absent(
    shells: SshShells, plain_sshd: Sshd, account: Account
) -> None:
    target = by_password(plain_sshd.target(), account)
    (account.home / ".bashrc").write_text('export PATH="$HOME/bin"\n')
    (account.home / "bin").mkdir()
    async with shells.open(target) as shell:
        path = (await shell.run(Command(("printenv", "PATH"), instant=True))).stdout
        results = await shell.run_many([Command(("true",), sudo=True)])
    assert "/usr/bin" not in path.split(":")
    assert results[0].outcome is Outcome.REFUSED


async def test_hanging_command_behind_sudo_costs_its_own_section(
    shells: SshShells, plain_sshd: Sshd, account: Account
) -> None:
    target = by_password(plain_sshd.target(), account)
    with sudoers(f"{account.name} ALL=(root) NOPASSWD: /usr/bin/sleep 30"):
        async with shells.open(target) as shell:
            results = await shell.run_many(
                [Command(("sleep", "30"), sudo=True, seconds=0.5), Command(("echo", "on"))],
                budget=timedelta(seconds=10),
            )
    assert [result.outcome for result in results] == [Outcome.TIMED_OUT, Outcome.RAN]
    assert results[0].seconds < 5


async def test_files_have_the_owner_that_was_asked_for(
    shells: SshShells, plain_sshd: Sshd, account: Account, tmp_path: Path
) -> None:
    async with shells.open(plain_sshd.target()) as shell, shell.files() as files:
        path = f"{tmp_path}/owned"
        await files.write_atomic(path, b"x", mode=0o4750, uid=12345, gid=54321)
        found = await files.stat(path)
    assert found is not None
    assert (found.uid, found.gid, found.mode) == (12345, 54321, 0o4750)
    async with shells.open(by_password(plain_sshd.target(), account)) as shell:
        own = await write_own(shell, f"{account.home}/own")
    assert own is not None
    assert own.uid != 0
