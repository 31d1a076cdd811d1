"""Fuzz every parser in turn: `python -m tests.fuzz SECONDS [NAME...]`, in `backend/`.

Noise hardly ever becomes long and well-formed, so each parser is measured with long answers that
are made of real ones, too, for the same bar of time.
"""

import re
import subprocess
import sys

from tests.fuzz.grown import slowest
from tests.fuzz.parsers import targets

# Of CPU for an answer of 100 kB: the bar that the noise is held to as well.
_MOST_SECONDS = 0.1
_DONE = re.compile(r"number_of_executed_units:\s+(\d+)")


def main() -> None:
    """Print the executions of each; end with status 1 when one had a finding."""
    seconds, chosen = sys.argv[1], sys.argv[2:]
    failed, table = [], targets()
    for name in chosen or sorted(table):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.run", name, seconds],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
        )
        done = _DONE.search(ran.stderr)
        executions = int(done[1]) if done else 0
        cost = slowest(table[name])
        is_well = ran.returncode == 0 and executions > 0
        is_quick = cost.seconds <= _MOST_SECONDS
        verdict = "ok" if is_well and is_quick else "FOUND"
        spent = f"{1000 * cost.seconds:.0f} ms for 100 kB"
        print(f"{name:<22}{executions:>10,} executions{spent:>22}  {verdict}", flush=True)  # noqa: T201 - the figures that are asked for
        if not is_well:
            print(ran.stdout[-3000:], ran.stderr[-3000:], flush=True)  # noqa: T201 - the finding
        if not is_quick:
            print(f"slow with this again and again: {cost.repeated}", flush=True)  # noqa: T201 - the finding
        if verdict != "ok":
            failed.append(name)
    if failed:
        sys.exit(f"Findings: {', '.join(failed)}")


if __name__ == "__main__":
    main()
