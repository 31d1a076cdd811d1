"""Print other tools' verdicts beside ours: `python -m tests.corpora.opinions`, in `backend/`."""

import sys
from collections import Counter

from app.services.infrastructure.storage.second_opinions import Opinion, second_opinions
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.folder import IS_THERE, WHY_NOT, report_of, smartctl_recordings
from tests.corpora.moments import NOW

_WHO = ("Unity", "Drive", "Backblaze", "Pulse", "Scrutiny")
_WIDTH = 11


def main() -> None:
    """Print a line for each recording on which anybody has something to say, then the sums."""
    if not IS_THERE:
        sys.exit(WHY_NOT)
    sums = {who: Counter[str]() for who in _WHO}
    lines = []
    for path in smartctl_recordings():
        report = report_of(path.read_text())
        verdict = judge_drive(report, NOW)
        words = {one.who: one.opinion.value for one in second_opinions(report)}
        words["Unity"] = verdict.level.value
        for who in _WHO:
            sums[who][words.get(who, "none")] += 1
        is_quiet = {*words.values()} <= {"ok", Opinion.PASSED.value, Opinion.NONE.value}
        if not is_quiet:
            cells = "".join(f"{words.get(who, 'none'):<{_WIDTH}}" for who in _WHO)
            lines.append(f"{cells}{path.stem}")
    print("".join(f"{who:<{_WIDTH}}" for who in _WHO) + "Recording")  # noqa: T201 - a command that prints
    print("\n".join(lines))  # noqa: T201 - a command that prints
    for who, counts in sums.items():
        print(f"{who:<{_WIDTH}}{dict(sorted(counts.items()))}")  # noqa: T201 - a command that prints


if __name__ == "__main__":
    main()
