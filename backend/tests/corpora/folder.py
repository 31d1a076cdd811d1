"""Where the published recordings lie, and which of them belong to whom."""

import os
from pathlib import Path

from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.facts.smart.answer import read_drive
from app.services.infrastructure.facts.smart.report import SmartReport

FOLDER = Path(os.environ.get("UNITY_CORPORA") or "/nonexistent")
IS_THERE = FOLDER.is_dir()
WHY_NOT = "needs recordings: set UNITY_CORPORA to their folder"


def smartctl_recordings() -> list[Path]:
    """Return the recordings of whole drives."""
    folders = ("smartctl/smartctl_exporter", "smartctl/scrutiny")
    return sorted(path for folder in folders for path in (FOLDER / folder).glob("*.json"))


def report_of(text: str) -> SmartReport:
    """Read a recording as the collector would."""
    return read_drive(CommandResult(("smartctl",), Outcome.RAN, None, text, ""))


def name_of(path: Path) -> str:
    """Return the recording's name in the file of expected verdicts."""
    return str(path.relative_to(FOLDER))
