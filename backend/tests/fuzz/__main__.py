"""Fuzz every parser in turn: `python -m tests.fuzz SECONDS [NAME...]`, in `backend/`."""

import re
import subprocess
import sys

from tests.fuzz.parsers import targets

_DONE = re.compile(r"number_of_executed_units:\s+(\d+)")


def main() -> None:
    """Print the executions of each; end with status 1 when one had a finding."""
    seconds, chosen = sys.argv[1], sys.argv[2:]
    failed = []
    for name in chosen or sorted(targets()):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.run", name, seconds],
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
        )
        done = _DONE.search(ran.stderr)
        executions = int(done[1]) if done else 0
        is_well = ran.returncode == 0 and executions > 0
        print(f"{name:<22}{executions:>10,} executions  {'ok' if is_well else 'FOUND'}", flush=True)  # noqa: T201 - the figure that is asked for
        if not is_well:
            failed.append(name)
            print(ran.stdout[-3000:], ran.stderr[-3000:], flush=True)  # noqa: T201 - the finding
    if failed:
        sys.exit(f"Findings: {', '.join(failed)}")


if __name__ == "__main__":
    main()
