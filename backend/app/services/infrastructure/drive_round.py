"""Asking a machine's drives: the second half of a slow cycle, in the same shell.

What can be asked depends on what was answered before: which programs there are, then which drives
there are, then each drive. Every command names one drive, so that a sudoers line can name exactly
this command; `-n standby` leaves a sleeping disk asleep.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from app.ports.shell import Command, CommandResult, Outcome, Shell
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.block_devices import BlockDevicesFact, read_lsblk
from app.services.infrastructure.facts.smart.answer import read_drive, read_nvme_log
from app.services.infrastructure.facts.smart.mmc_health import MMC_HEALTH, read_mmc
from app.services.infrastructure.facts.smart.report import ReadState, SmartReport
from app.services.infrastructure.facts.smart.scan import ScannedDevice, read_scan
from app.services.infrastructure.facts.smart_tools import SmartTools

SCAN_SECONDS = 20.0
DRIVE_SECONDS = 20.0
_AT_ONCE = 24  # drives in one script: a broken connection loses no more
_FIRST_WITH_NVME_TESTS = (7, 4)
_NAMESPACE = re.compile(r"^nvme\d{1,4}n\d{1,4}$")


@dataclass(frozen=True, slots=True)
class DriveAnswer:
    """One drive as the machine names it, and its report."""

    device: ScannedDevice
    report: SmartReport


@dataclass(frozen=True, slots=True)
class DriveReadings:
    """What came of a round: the drives, or why there are none."""

    answers: tuple[DriveAnswer, ...] = ()
    boards: tuple[DriveAnswer, ...] = ()  # eMMCs, which the kernel tells of by itself
    refusal: ReadState | None = None
    detail: str = ""
    commands: tuple[Command, ...] = field(default=(), compare=False)


def scan_command(tools: SmartTools, *, sudo: bool) -> Command:
    """Return the command that lists the drives; it opens them, but reads nothing of them."""
    form = ("-j",) if tools.has_json else ()
    argv = ("smartctl", "-n", "standby", *form, "--scan-open")
    return Command(argv, seconds=SCAN_SECONDS, sudo=sudo)


def drive_command(tools: SmartTools, device: ScannedDevice, *, sudo: bool) -> Command:
    """Return the command that reads one drive."""
    if not tools.smartctl:
        argv: tuple[str, ...] = ("nvme", "smart-log", "-o", "json", device.name)
    else:
        form = ("-j",) if tools.has_json else ()
        kind = () if device.type == "auto" else ("-d", device.type)
        argv = ("smartctl", "-n", "standby", "-x", *form, *kind, device.name)
    return Command(argv, seconds=DRIVE_SECONDS, sudo=sudo)


def log_command(tools: SmartTools, device: ScannedDevice, *, sudo: bool) -> Command | None:
    """Return the command for an NVMe drive's log of self-tests, where smartctl cannot read it."""
    is_read_by_smartctl = tools.smartctl and _version(tools.smartctl) >= _FIRST_WITH_NVME_TESTS
    if device.type != "nvme" or not tools.nvme or is_read_by_smartctl:
        return None
    argv = ("nvme", "self-test-log", "-o", "json", device.name)
    return Command(argv, seconds=DRIVE_SECONDS, sudo=sudo)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


async def ask_drives(
    shell: Shell, tools: SmartTools | None, *, sudo: bool, budget: timedelta, turn: int = 0
) -> DriveReadings:
    """Ask for the drives and read each; what is not reached within the budget is said so.

    `turn` says with which drive to begin, so that a machine whose drives take longer than the
    budget has all of them read in the end.
    """
    boards = await _ask_boards(shell)
    if tools is None:
        detail = "smartctl is not installed there."
        return DriveReadings(boards=boards, refusal=ReadState.ABSENT, detail=detail)
    began = time.monotonic()
    devices, readings = await _list(shell, tools, sudo=sudo)
    if readings is not None:
        return replace(readings, boards=boards)
    first = turn % len(devices) if devices else 0
    turned = [*devices[first:], *devices[:first]]
    commands = [drive_command(tools, device, sudo=sudo) for device in turned]
    results: list[CommandResult] = []
    for start in range(0, len(commands), _AT_ONCE):
        left = budget.total_seconds() - (time.monotonic() - began)
        if left <= 0:
            break
        part = commands[start : start + _AT_ONCE]
        results += await shell.run_many(part, budget=timedelta(seconds=left))
    answers = [
        DriveAnswer(device, _report(results, index, device)) for index, device in enumerate(turned)
    ]
    left = budget.total_seconds() - (time.monotonic() - began)
    if left > 0:
        logs = _Logs(shell, tools, sudo=sudo)
        answers = await logs.added_to(answers, timedelta(seconds=left))
        commands += logs.asked
    listing = [scan_command(tools, sudo=sudo)] if tools.smartctl else []
    return DriveReadings(tuple(answers), boards, commands=(*listing, *commands))


async def _ask_boards(shell: Shell) -> tuple[DriveAnswer, ...]:
    result = (await shell.run_many([MMC_HEALTH]))[0]
    return tuple(
        # Without a type: no command of smartctl is made for it.
        DriveAnswer(ScannedDevice(name=f"/dev/{name}", type="", protocol="MMC"), report)
        for name, report in read_mmc(result.stdout).items()
    )


class _Logs:
    """Adds what smartctl leaves out of the reports of a round."""

    def __init__(self, shell: Shell, tools: SmartTools, *, sudo: bool) -> None:
        self._shell, self._tools, self._sudo = shell, tools, sudo
        self.asked: list[Command] = []

    async def added_to(
        self, answers: Sequence[DriveAnswer], budget: timedelta
    ) -> list[DriveAnswer]:
        """Ask for the logs of the drives that answered; what does not come is left out."""
        wanted = {
            index: command
            for index, one in enumerate(answers)
            if one.report.state is ReadState.READ and one.report.self_tests is None
            if (command := log_command(self._tools, one.device, sudo=self._sudo)) is not None
        }
        if not wanted:
            return list(answers)
        self.asked = list(wanted.values())
        results = await self._shell.run_many(self.asked, budget=budget)
        found = dict(zip(wanted, map(read_nvme_log, results), strict=True))
        return [
            replace(one, report=one.report.model_copy(update=found.get(index, {})))
            for index, one in enumerate(answers)
        ]


def _report(results: Sequence[CommandResult], index: int, device: ScannedDevice) -> SmartReport:
    if index >= len(results) or _was_not_reached(results[index]):
        detail = "The time for this server's drives was used up; it comes first another time."
        return SmartReport(state=ReadState.NOT_REACHED, detail=detail)
    report = read_drive(results[index])
    # Text does not say what was asked for; the name is wanted in what people are told to do.
    return report.model_copy(update={"device": device.name, "device_type": device.type})


def _was_not_reached(result: CommandResult) -> bool:
    return result.outcome is Outcome.TIMED_OUT and result.seconds < DRIVE_SECONDS / 2


async def _list(
    shell: Shell, tools: SmartTools, *, sudo: bool
) -> tuple[list[ScannedDevice], DriveReadings | None]:
    if not tools.smartctl:
        listed = (await shell.run_many(BlockDevicesFact.commands))[0]
        return _namespaces(listed), None
    command = scan_command(tools, sudo=sudo)
    result = (await shell.run_many([command]))[0]
    if result.outcome is not Outcome.RAN:
        report = read_drive(result)
        return [], DriveReadings(refusal=report.state, detail=report.detail, commands=(command,))
    try:
        return read_scan(result.stdout), None
    except Unparsable as failure:
        detail = f"The list of drives could not be read: {failure.why}."
        return [], DriveReadings(refusal=ReadState.UNPARSABLE, detail=detail, commands=(command,))


def _namespaces(listed: CommandResult) -> list[ScannedDevice]:
    """Return the NVMe drives that the kernel knows, where only nvme-cli is installed."""
    try:
        devices = read_lsblk(listed.stdout)
    except Unparsable:
        return []
    return [
        ScannedDevice(name=f"/dev/{one.kname}", type="nvme", protocol="NVMe")
        for one in devices
        if _NAMESPACE.match(one.kname)
    ]
