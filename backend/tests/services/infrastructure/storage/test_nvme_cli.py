"""What nvme-cli tells beyond smartctl: the log of self-tests, which smartctl reads from 7.4 on."""

import json
from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.drive_round import ask_drives, log_command
from app.services.infrastructure.facts.smart.answer import read_nvme_log
from app.services.infrastructure.facts.smart.report import ReadState, SelfTestOutcome
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.facts.smart_tools import SmartTools
from app.services.infrastructure.storage.privileges import drive_commands
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import nvme
from tests.services.infrastructure.storage.test_ledger import SCAN, disk, drives, lists

DRIVE = ScannedDevice(name="/dev/nvme0", type="nvme", protocol="NVMe")
LOG = ("nvme", "self-test-log", "-o", "json", "/dev/nvme0")
BOTH = SmartTools(smartctl="7.3", has_json=True, nvme="2.3")


def log(*results: int, running: int = 0) -> str:
    """Return the log as nvme-cli prints it (nvme-print-json.c, json_self_test_log)."""
    reports = [
        {"Self test result": result}
        if result == 15
        else {
            "Self test result": result,
            "Self test code": 2,
            "Segment number": 0,
            "Valid Diagnostic Information": 0,
            "Power on hours": 1200 - index,
            "Vendor Specific": 0,
        }
        for index, result in enumerate(results)
    ]
    return json.dumps(
        {
            "Current Device Self-Test Operation": 2 if running else 0,
            "Current Device Self-Test Completion": running,
            "List of Valid Reports": reports,
        }
    )


def answered(text: str, outcome: Outcome = Outcome.RAN) -> CommandResult:
    return CommandResult(LOG, outcome, 0, text, "")


@pytest.mark.parametrize(
    ("smartctl", "has_nvme", "kind", "is_asked"),
    [
        ("7.3", True, "nvme", True),
        ("6.6", True, "nvme", True),
        ("", True, "nvme", True),
        ("7.4", True, "nvme", False),
        ("7.10", True, "nvme", False),
        ("7.3", False, "nvme", False),
        ("7.3", True, "sat", False),
    ],
)
def test_nvme_cli_is_asked_only_where_smartctl_is_absent_or_too_old(
    smartctl: str,
    kind: str,
    *,
    has_nvme: bool,
    is_asked: bool,
) -> None:
    tools = SmartTools(smartctl=smartctl, has_json=True, nvme="2.3" if has_nvme else "")
    command = log_command(tools, ScannedDevice(name="/dev/nvme0", type=kind), sudo=True)
    assert (command is not None) is is_asked


def test_its_log_of_self_tests_is_read() -> None:
    found = read_nvme_log(answered(log(7, 1, 0, 15, running=30)))
    tests = found["self_tests"]
    assert isinstance(tests, list)
    assert [(one.kind, one.outcome, one.at_hours) for one in tests] == [
        ("Extended", SelfTestOutcome.FAILED, 1200),
        ("Extended", SelfTestOutcome.ABORTED, 1199),
        ("Extended", SelfTestOutcome.PASSED, 1198),
    ]
    assert found["self_test_running_percent"] == 70


@pytest.mark.parametrize("text", ["", "what is this", "[]", "{}", '{"List of Valid Reports": 3}'])
def test_a_log_that_is_none_changes_nothing(text: str) -> None:
    assert read_nvme_log(answered(text)).get("self_tests") in (None, [])
    assert read_nvme_log(answered(log(7), Outcome.REFUSED)) == {}


async def test_a_failed_test_that_only_nvme_cli_tells_is_seen_and_its_line_is_offered(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    server_id = await site.enter("box", sudo="passwordless")
    machine = site.machine(server_id)
    lists(machine, disk("nvme0n1", "S5H9NS0N000001", tran="nvme"))
    teach(machine)
    machine.answers(*LOG, stdout=log(6, 0))
    await site.collector().collect_server(server_id)
    (row,) = await drives(site)
    assert (row.level, row.reasons[0]["code"]) == ("failing", "self_test_failed")
    async with database.snapshot() as session:
        offered = [command.argv for command in await drive_commands(session, server_id)]
    asked = [one.argv for one in machine.calls if one.sudo and one.argv[0] in ("smartctl", "nvme")]
    assert offered == asked, "The lines for sudo are for exactly what is asked."
    assert offered[-1] == LOG


async def test_a_log_that_hangs_leaves_the_report_as_it_was() -> None:
    machine = FakeShell()
    teach(machine)
    machine.hangs(*LOG)
    found = await ask_drives(machine, BOTH, sudo=False, budget=timedelta(seconds=30))
    (only,) = found.answers
    assert (only.report.state, only.report.self_tests) == (ReadState.READ, None)


def teach(machine: FakeShell) -> None:
    """Teach a machine an NVMe drive, smartctl 7.3 and nvme-cli."""
    machine.answers("smartctl", "--version", stdout="smartctl 7.3 2022-02-28 r5338 [x86_64]\n")
    machine.answers("nvme", "version", stdout="nvme version 2.3 (git 2.3)\n")
    devices = [{"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"}]
    machine.answers(*SCAN, stdout=json.dumps({"smartctl": {"exit_status": 0}, "devices": devices}))
    argv = ("smartctl", "-n", "standby", "-x", "-j", "-d", "nvme", "/dev/nvme0")
    machine.answers(*argv, stdout=json.dumps(nvme()))
