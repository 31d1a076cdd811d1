"""Write the expected verdicts: `python -m tests.corpora.expect`, in `backend/`.

Read the difference before you commit it: each line is a judgement on somebody's drive.
"""

from pathlib import Path

import yaml

from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.folder import name_of, report_of, smartctl_recordings
from tests.corpora.moments import NOW

EXPECTED = Path(__file__).parent / "expected_verdicts.yaml"


def verdicts() -> dict[str, str]:
    """Return `level: codes` of every recording."""
    found = {}
    for path in smartctl_recordings():
        verdict = judge_drive(report_of(path.read_text()), NOW)
        codes = " ".join(f"{one.code}={one.value}" for one in verdict.reasons)
        found[name_of(path)] = f"{verdict.level} {codes}".strip()
    return found


if __name__ == "__main__":
    head = "# The verdict on each published recording, reviewed by hand. See expect.py.\n"
    EXPECTED.write_text(head + yaml.safe_dump(verdicts(), width=1000))
