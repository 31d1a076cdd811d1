"""What a kept connection does: reuse, edits, breaks, hangs, floods, and servers without SFTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.local_shell import LocalShell
from app.adapters.ssh import SshLimits, SshShells
from app.ports.shell import (
    Command,
    ConnectionLost,
    LoginTimedOut,
    Outcome,
    ShellError,
    ShellUnusable,
    Target,
    TransferFailed,
    Unreachable,
)
from tests.parts.sshd import Sshd, running_sshd

pytestmark = pytest.mark.needs("sshd")


@pytest.fixture
async def shells() -> AsyncIterator[SshShells]:
    pool = SshShells()
    yield pool
    await pool.close()


def modes_of(*paths: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in paths if path.exists()]


async def ask(shells: SshShells, target: Target, *argv: str, seconds: float = 5.0) -> str:
    async with shells.open(target) as shell:
        return (await shell.run(Command(argv, seconds=seconds))).stdout


async def test_one_connection_serves_many_openings(shells: SshShells, sshd: Sshd) -> None:
    for _ in range(3):
        assert await ask(shells, sshd.target(), "echo", "on") == "on\n"
    assert sshd.log.count("Accepted publickey") == 1


async def test_one_shell_serves_many_groups(shells: SshShells, sshd: Sshd) -> None:
    answers = {await ask(shells, sshd.target(), "sh", "-c", "echo $PPID") for _ in range(3)}
    async with shells.open(sshd.target()) as shell:
        instant = Command(("sh", "-c", "echo $PPID"), instant=True)
        parents = {(await shell.run(instant)).stdout for _ in range(3)}
    assert len(answers) == 3  # `timeout` stands between: a process for each
    assert len(parents) == 1


async def test_group_is_one_session_of_one_shell(shells: SshShells, sshd: Sshd) -> None:
    command = Command(("sh", "-c", "echo $PPID"), instant=True)
    async with shells.open(sshd.target()) as shell:
        results = await shell.run_many([command] * 8)
    assert len({result.stdout for result in results}) == 1


async def test_edited_target_logs_in_anew(shells: SshShells, sshd: Sshd) -> None:
    target = sshd.target()
    async with shells.open(target) as old:
        assert await ask(shells, replace(target, version="2"), "echo", "on") == "on\n"
        assert (await old.run(Command(("echo", "still")))).stdout == "still\n"
    assert sshd.log.count("Accepted publickey") == 2


async def test_idle_connection_is_let_go(sshd: Sshd) -> None:
    shells = SshShells(SshLimits(idle_seconds=0.1))
    await ask(shells, sshd.target(), "true")
    for _ in range(100):
        if not shells._places and "do_cleanup" in sshd.log:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("The idle connection stayed open.")


async def test_many_groups_at_once_stay_below_the_session_limit(
    shells: SshShells, tmp_path: Path
) -> None:
    async with running_sshd(tmp_path, "MaxSessions 5") as sshd:
        answers = await asyncio.gather(
            *(ask(shells, sshd.target(), "echo", str(number)) for number in range(20))
        )
        assert answers == [f"{number}\n" for number in range(20)]
        await shells.close()


async def test_broken_connection_is_told_and_the_next_opening_logs_in_anew(
    shells: SshShells, sshd: Sshd
) -> None:
    async with shells.open(sshd.target()) as shell:
        with pytest.raises(ConnectionLost) as caught:
            # The shell's grandparent is the sshd process of this connection.
            await shell.run(Command(("sh", "-c", "kill -9 $(ps -o ppid= -p $PPID)"), instant=True))
    assert str(sshd.port) in caught.value.detail
    assert await ask(shells, sshd.target(), "echo", "again") == "again\n"


async def test_kept_shell_that_died_is_replaced_in_silence(shells: SshShells, sshd: Sshd) -> None:
    async with shells.open(sshd.target()) as shell:
        pid = (await shell.run(Command(("sh", "-c", "echo $PPID"), instant=True))).stdout.strip()
        await (await asyncio.create_subprocess_exec("kill", "-9", pid)).wait()
        for _ in range(3):
            await asyncio.sleep(0.02)
            assert (await shell.run(Command(("echo", "on")))).stdout == "on\n"


async def test_command_that_kills_its_shell_costs_its_own_section(
    shells: SshShells, sshd: Sshd
) -> None:
    async with shells.open(sshd.target()) as shell:
        results = await shell.run_many(
            [
                Command(("echo", "one")),
                Command(("sh", "-c", "kill -9 $PPID"), instant=True),
                Command(("echo", "two")),
            ]
        )
    assert [result.stdout for result in results] == ["one\n", "", "two\n"]
    assert results[1].outcome is not Outcome.RAN


async def test_unwatched_command_that_hangs_costs_its_own_section(
    shells: SshShells, sshd: Sshd
) -> None:
    async with shells.open(sshd.target()) as shell, asyncio.timeout(5):
        results = await shell.run_many(
            [Command(("sleep", "60"), seconds=0.3, instant=True), Command(("echo", "two"))]
        )
    assert [result.outcome for result in results] == [Outcome.TIMED_OUT, Outcome.RAN]


async def test_budget_ends_the_group_and_keeps_what_was_finished(
    shells: SshShells, sshd: Sshd
) -> None:
    commands = [Command(("echo", "one")), Command(("sleep", "60"), seconds=60), Command(("true",))]
    async with shells.open(sshd.target()) as shell, asyncio.timeout(5):
        results = await shell.run_many(commands, budget=timedelta(seconds=1))
        assert [result.outcome for result in results] == [
            Outcome.RAN,
            Outcome.TIMED_OUT,
            Outcome.TIMED_OUT,
        ]
        assert (await shell.run(Command(("echo", "on")))).stdout == "on\n"


async def test_gigabyte_of_output_costs_its_own_section(shells: SshShells, sshd: Sshd) -> None:
    flood = Command(("head", "-c", "1000000000", "/dev/zero"), seconds=30)
    async with shells.open(sshd.target()) as shell, asyncio.timeout(10):
        results = await shell.run_many([Command(("echo", "one")), flood, Command(("echo", "two"))])
    assert [result.outcome for result in results] == [Outcome.RAN, Outcome.CUT, Outcome.RAN]
    assert len(results[1].stdout) == 4 * 1024 * 1024


async def test_flood_of_standard_error_is_cut_too(shells: SshShells, sshd: Sshd) -> None:
    async with shells.open(sshd.target()) as shell, asyncio.timeout(10):
        results = await shell.run_many([Command(("sh", "-c", "yes >&2")), Command(("echo", "two"))])
    assert [result.outcome for result in results] == [Outcome.CUT, Outcome.RAN]


async def test_cancelled_group_leaves_the_connection_usable(shells: SshShells, sshd: Sshd) -> None:
    async with shells.open(sshd.target()) as shell:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await shell.run(Command(("sleep", "60"), seconds=60))
        assert (await shell.run(Command(("echo", "on")))).stdout == "on\n"
    assert sshd.log.count("Accepted publickey") == 1


async def test_start_up_file_that_waits_ends_in_a_login_time_out(
    shells: SshShells, sshd: Sshd
) -> None:
    (sshd.folder / "home" / ".bashrc").write_text("sleep 60\n")
    (sshd.folder / "home" / ".profile").write_text("sleep 60\n")
    shells = SshShells(SshLimits(greeting_seconds=0.5))
    async with running_sshd(sshd.folder / "hung", "ForceCommand sleep 60") as hung:
        with pytest.raises(LoginTimedOut) as caught:
            await ask(shells, hung.target(), "true")
        assert "accepted the login" in caught.value.detail
        await shells.close()


async def test_account_that_may_run_nothing_is_unusable(shells: SshShells, tmp_path: Path) -> None:
    async with running_sshd(tmp_path, "ForceCommand echo This account is closed.") as sshd:
        with pytest.raises(ShellUnusable) as caught:
            await ask(shells, sshd.target(), "true")
        assert "/bin/sh" in caught.value.fix


async def test_machine_that_hangs_after_login_is_dropped_when_the_budget_ends(
    shells: SshShells, sshd: Sshd
) -> None:
    async with shells.open(sshd.target()) as shell:
        pid = (await shell.run(Command(("sh", "-c", "echo $PPID"), instant=True))).stdout.strip()
        await (await asyncio.create_subprocess_exec("kill", "-STOP", pid)).wait()
        results = await shell.run_many([Command(("true",))], budget=timedelta(seconds=0.3))
        await (await asyncio.create_subprocess_exec("kill", "-CONT", pid)).wait()
    assert results[0].outcome is Outcome.TIMED_OUT
    assert await ask(shells, sshd.target(), "echo", "on") == "on\n"
    assert sshd.log.count("Accepted publickey") == 2


async def test_bad_machines_do_not_delay_the_others(tmp_path: Path) -> None:
    shells = SshShells(SshLimits(login_seconds=4.0, greeting_seconds=4.0))
    ended: list[str] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def visit(name: str, target: Target, *argv: str) -> None:
        with contextlib.suppress(ShellError):
            await ask(shells, target, *argv, seconds=3.5)
        ended.append(name)

    async with (
        running_sshd(tmp_path / "good") as good,
        running_sshd(tmp_path / "hung", "ForceCommand sleep 60") as hung,
        await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent,
    ):
        port = silent.sockets[0].getsockname()[1]
        async with asyncio.timeout(10):
            await asyncio.gather(
                visit("silent", replace(good.target(key="silent"), port=port)),
                visit("hung", hung.target(), "true"),
                visit("slow", good.target(key="slow"), "sleep", "60"),
                visit("flood", good.target(key="flood"), "yes"),
                *(visit("good", good.target(key=f"good-{n}"), "true") for n in range(5)),
            )
        await shells.close()
    assert set(ended[:6]) == {"good", "flood"}
    assert set(ended[6:]) == {"silent", "hung", "slow"}


async def test_sshd_that_vanished_is_unreachable(shells: SshShells, tmp_path: Path) -> None:
    async with running_sshd(tmp_path) as sshd:
        target = sshd.target()
    with pytest.raises(Unreachable):
        await ask(shells, target, "true")


async def test_locale_of_the_machine_does_not_reach_the_commands(
    shells: SshShells, tmp_path: Path
) -> None:
    async with running_sshd(tmp_path, "SetEnv LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8") as sshd:
        async with shells.open(sshd.target()) as shell:
            results = await shell.run_many(
                [Command(("printenv", "LC_ALL")), Command(("cat", "/proc-missing/uptime"))]
            )
        assert results[0].stdout == "C\n"
        assert "No such file" in results[1].stderr
        await shells.close()


async def test_machine_without_sftp_keeps_the_promises_of_files(
    shells: SshShells, tmp_path: Path
) -> None:
    folder = tmp_path / "far"
    folder.mkdir()
    async with running_sshd(tmp_path / "sshd", with_sftp=False) as sshd:
        async with shells.open(sshd.target()) as shell, shell.files() as files:
            content = bytes(range(256)) * 40
            await files.write_atomic(f"{folder}/it's", content, mode=0o640)
            await files.write_atomic(f"{folder}/it's", content[1:], mode=0o600)
            assert await files.read(f"{folder}/it's") == content[1:]
            found = await files.stat(f"{folder}/it's")
            assert found is not None
            assert (found.mode, found.size, found.is_dir) == (0o600, len(content) - 1, False)
            await files.make_dir(f"{folder}/made", mode=0o700)
            made = await files.stat(f"{folder}/made")
            assert made is not None
            assert (made.mode, made.is_dir) == (0o700, True)
            assert await files.stat(f"{folder}/nothing") is None
            for path in (f"{folder}/no/file", f"{folder}/made"):
                with pytest.raises(TransferFailed, match="far/"):
                    await files.read(path)
            with pytest.raises(TransferFailed, match="larger than"):
                await files.read(f"{folder}/it's", limit=10)
        await shells.close()
    assert sorted(path.name for path in folder.iterdir()) == ["it's", "made"]


async def test_failed_write_leaves_the_old_file_and_nothing_beside_it(
    shells: SshShells, sshd: Sshd, tmp_path: Path
) -> None:
    target = tmp_path / "far" / "folder-in-the-way"
    target.mkdir(parents=True)
    async with shells.open(sshd.target()) as shell, shell.files() as files:
        with pytest.raises(TransferFailed, match="folder-in-the-way"):
            await files.write_atomic(str(target), b"x", mode=0o600)
    assert [path.name for path in target.parent.iterdir()] == ["folder-in-the-way"]


async def test_forwarded_socket_is_closed_to_others(
    shells: SshShells, sshd: Sshd, tmp_path: Path
) -> None:
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "far")
    async with server, shells.open(sshd.target()) as shell:
        async with shell.forward_unix(str(tmp_path / "far")) as listener:
            near = Path(listener.path)
            assert modes_of(near, near.parent) == [0o600, 0o700]
        assert modes_of(near.parent) == []


async def test_this_machine_is_answered_by_the_local_shell() -> None:
    local = LocalShell()
    target = Target("local", "localhost", 0, "", is_local=True)
    pool = SshShells(local=local)
    async with pool.open(target) as shell:
        assert shell is local
        assert (await shell.run(Command(("echo", "on")))).stdout == "on\n"
    await pool.close()
    assert not local._processes
    with pytest.raises(ShellError):
        async with SshShells().open(target):
            pass
    with contextlib.suppress(ShellError):
        await SshShells().probe_host_key(target)
