"""The groups, asked for real of the machine that runs the tests."""

import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.ports.script import PRELUDE, Dialect, TimeoutStyle, compose
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import FactReading, Rate
from app.services.infrastructure.facts.cpu import CpuTimes
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.facts.identity import Identity
from app.services.infrastructure.facts.memory import Memory
from app.services.infrastructure.facts.processes import Processes
from app.services.infrastructure.facts.table import GROUPS
from tests.facts.record import ask

pytestmark = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux")


def _readings(rate: Rate) -> dict[str, FactReading[BaseModel]]:
    group = GROUPS[rate]
    readings = group.read([ask(command) for command in group.commands])
    return {reading.fact: reading for reading in readings}


def test_the_standard_group_reads_this_machine() -> None:
    readings = _readings(Rate.STANDARD)
    cpu, memory = readings["cpu"].value, readings["memory"].value
    mounts, identity = readings["filesystems"].value, readings["identity"].value
    assert isinstance(cpu, CpuTimes)
    assert cpu.idle > 0
    assert isinstance(memory, Memory)
    assert 0 < memory.available <= memory.total
    assert isinstance(mounts, Filesystems)
    assert "/" in {one.mountpoint for one in mounts.filesystems}
    assert isinstance(identity, Identity)
    assert identity.hostname
    assert not [one for one in readings.values() if one.trouble in {"unparsable", "no_right"}]


def test_the_live_group_finds_the_process_that_is_this_test() -> None:
    processes = _readings(Rate.LIVE)["processes"].value
    assert isinstance(processes, Processes)
    assert processes.total > 1
    assert len(processes.by_cpu) <= 15


def test_a_standard_round_is_few_commands_and_one_script() -> None:
    commands = GROUPS[Rate.STANDARD].commands
    # Each is a process on every machine every five minutes; the databases brought the eleventh,
    # the kernel log the twelfth, which a machine with nothing in it is asked twice an hour.
    # What a round costs beside other tools is measured by `make bench-collect`.
    assert len(commands) <= 12
    script = compose("unity:test", commands, Dialect(TimeoutStyle.DECIMAL, is_root=True))
    text = PRELUDE.encode() + script
    ran = subprocess.run(["/bin/sh"], input=text, capture_output=True, check=False, timeout=20)
    assert ran.stdout.count(b"unity:test") == len(commands) + 1


def test_a_shared_command_is_asked_once() -> None:
    for group in GROUPS.values():
        assert len(set(group.commands)) == len(group.commands)


def test_a_hung_network_mount_leaves_the_local_ones() -> None:
    group = GROUPS[Rate.STANDARD]

    def answer(command: Command) -> CommandResult:
        if "nfs" in command.argv:
            return CommandResult(command.argv, Outcome.TIMED_OUT, None, "", "")
        return ask(command)

    readings = {one.fact: one for one in group.read([answer(one) for one in group.commands])}
    assert readings["remote_filesystems"].trouble == "timed_out"
    assert "umount" in readings["remote_filesystems"].fix
    assert readings["filesystems"].value is not None
