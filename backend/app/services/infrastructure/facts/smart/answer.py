"""From what a command answered to the report of a drive; why it could not be read is in it too."""

import re

from app.kernel.text import printable
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.document import Node, find_document
from app.services.infrastructure.facts.smart import json_answer, nvme_json, text_answer
from app.services.infrastructure.facts.smart.report import (
    Protocol,
    ReadState,
    SelfTest,
    SmartReport,
    Temperatures,
)

FACT = "smart"
# smartctl(8), EXIT STATUS: the first three say that something could not be read.
NOT_READ_BITS = 0b111
_SLEEPS = re.compile(
    r"Device is in (?:STANDBY|SLEEP|IDLE|LOW POWER|STOPPED)[A-Z_() ]*mode", re.IGNORECASE
)
_DENIED = ("Permission denied", "Operation not permitted", "must be root", "a password is required")
_NO_SMART = (
    "device lacks SMART capability",
    "SMART support is: Unavailable",
    "Unknown USB bridge",
    "Unable to detect device type",
    "not a known device type",
    "Device does not support SMART",
)
_BY_OUTCOME = {
    Outcome.TIMED_OUT: (ReadState.TIMED_OUT, "It did not answer in time."),
    Outcome.ABSENT: (ReadState.ABSENT, "smartctl is not installed on the machine."),
    Outcome.REFUSED: (ReadState.NO_RIGHT, "The login may not run smartctl as root."),
    Outcome.CUT: (ReadState.UNPARSABLE, "The answer was too long."),
}
_KEPT = 300


def read_drive(result: CommandResult) -> SmartReport:
    """Read the answer of one command on one drive. Never raises for what it said."""
    if result.outcome in _BY_OUTCOME:
        state, detail = _BY_OUTCOME[result.outcome]
        return SmartReport(state=state, detail=detail)
    try:
        if result.argv[0].rpartition("/")[2] == "nvme":
            return _of_nvme_cli(result)
        return _classified(result, parse(result.stdout))
    except Unparsable as failure:
        return _unread(result, failure)


def parse(text: str) -> SmartReport:
    """Read smartctl's JSON or text; raises `Unparsable` for anything else."""
    try:
        document = find_document(FACT, text)
    except Unparsable:
        if not text_answer.is_smartctl(text):
            raise
        return text_answer.report_of(text)
    if not any(document.has(name) for name in ("smartctl", "device", "json_format_version")):
        raise Unparsable(FACT, "JSON, but not of smartctl")
    return json_answer.report_of(document)


def _classified(result: CommandResult, report: SmartReport) -> SmartReport:
    status = result.exit_status if result.exit_status is not None else report.exit_status
    said = "\n".join((result.stdout[:20_000], result.stderr, *report.messages))
    state, detail = _state(said, report, status or 0)
    return report.model_copy(update={"exit_status": status, "state": state, "detail": detail})


def has_health(report: SmartReport) -> bool:
    """Say whether anything was read that tells of health."""
    parts = (report.passed, report.nvme, report.scsi, report.attributes)
    return any(part is not None for part in parts)


def _state(said: str, report: SmartReport, status: int) -> tuple[ReadState, str]:
    if has_health(report):
        return ReadState.READ, ""
    if _SLEEPS.search(said):
        return ReadState.STANDBY, "It sleeps, and was left asleep."
    if any(words in said for words in _DENIED):
        return ReadState.NO_RIGHT, "Only root may read it."
    if any(words in said for words in _NO_SMART):
        return ReadState.UNSUPPORTED, "It offers no SMART data."
    message = _first(report.messages) or _failure_line(said)
    if status & NOT_READ_BITS:
        return ReadState.NOT_OPENED, message or "smartctl could not read it."
    return ReadState.READ, message


def _first(messages: list[str]) -> str:
    return messages[0][:_KEPT] if messages else ""


def _failure_line(said: str) -> str:
    for line in said.splitlines()[:200]:
        if "failed" in line or "error" in line.lower():
            return printable(line.strip()[:_KEPT])
    return ""


def _unread(result: CommandResult, failure: Unparsable) -> SmartReport:
    said = f"{result.stdout[:20_000]}\n{result.stderr}"
    if any(words in said for words in _DENIED):
        state, detail = ReadState.NO_RIGHT, "Only root may read it."
    elif _SLEEPS.search(said):
        state, detail = ReadState.STANDBY, "It sleeps, and was left asleep."
    else:
        state, detail = ReadState.UNPARSABLE, f"The answer could not be read: {failure.why}."
    return SmartReport(state=state, detail=detail, exit_status=result.exit_status)


def _of_nvme_cli(result: CommandResult) -> SmartReport:
    log = find_document(FACT, result.stdout)
    if not log.has("critical_warning"):
        raise Unparsable(FACT, "not the health log of nvme")
    health = nvme_json.health_of_nvme_cli(log)
    return SmartReport(
        state=ReadState.READ,
        exit_status=result.exit_status,
        protocol=Protocol.NVME,
        # nvme-cli gives no status of its own: the drive's is its warning byte.
        passed=None if health.critical_warning is None else health.critical_warning == 0,
        temperature=Temperatures(current=_kelvin(log)),
        power_on_hours=health.power_on_hours,
        power_cycles=health.power_cycles,
        nvme=health,
    )


def read_nvme_log(result: CommandResult) -> dict[str, list[SelfTest] | int | None]:
    """Return the fields of a report that nvme-cli's log of self-tests tells; none when it fails."""
    if result.outcome is not Outcome.RAN:
        return {}
    try:
        log = find_document(FACT, result.stdout)
    except Unparsable:
        return {}
    tests = nvme_json.self_tests_of_nvme_cli(log)
    running = nvme_json.running_in_nvme_cli(log)
    return {} if tests is None else {"self_tests": tests, "self_test_running_percent": running}


def _kelvin(log: Node) -> int | None:
    kelvin = log.at("temperature").count()
    return nvme_json.celsius(kelvin) if kelvin else None
