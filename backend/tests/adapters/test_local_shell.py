"""This machine's own shell: what is particular to it beyond the port's contract."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.local_shell import LocalShell
from app.ports.shell import Command, Outcome


@pytest.fixture
async def shell() -> AsyncIterator[LocalShell]:
    local = LocalShell()
    yield local
    await local.close()


async def test_given_up_command_is_ended_with_its_children(
    shell: LocalShell, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    hang = Command(("sh", "-c", f"sleep 60 & echo $! >{note}; wait"), seconds=0.3, instant=True)
    results = await shell.run_many([hang, Command(("echo", "on"))])
    assert [result.outcome for result in results] == [Outcome.TIMED_OUT, Outcome.RAN]
    pid = int(await asyncio.to_thread(note.read_text))
    for _ in range(100):
        if not await asyncio.to_thread(is_running, pid):
            return
        await asyncio.sleep(0.02)
    pytest.fail("The child of the given-up command still runs.")


async def test_own_locale_and_start_up_files_do_not_matter(
    shell: LocalShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".profile").write_text("echo noise\n")
    (tmp_path / "env").write_text("echo noise\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ENV", str(tmp_path / "env"))
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    result = await shell.run(Command(("printenv", "LC_ALL")))
    assert (result.stdout, result.stderr) == ("C\n", "")


async def test_many_groups_run_side_by_side(shell: LocalShell) -> None:
    groups = [[Command(("echo", str(number)))] * 3 for number in range(8)]
    answers = await asyncio.gather(*map(shell.run_many, groups))
    assert [[one.stdout for one in answer] for answer in answers] == [
        [f"{number}\n"] * 3 for number in range(8)
    ]


async def test_closed_shell_starts_again_when_asked(shell: LocalShell) -> None:
    for _ in range(2):
        assert (await shell.run(Command(("echo", "on")))).stdout == "on\n"
        await shell.close()


async def test_budget_ends_a_group_of_hanging_commands(shell: LocalShell) -> None:
    hang = Command(("sleep", "60"), seconds=60)
    async with asyncio.timeout(3):
        results = await shell.run_many([hang] * 3, budget=timedelta(seconds=0.3))
    assert {result.outcome for result in results} == {Outcome.TIMED_OUT}


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
