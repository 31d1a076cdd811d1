"""`make lab-test`: real faults on real machines, told by a running Unity, and mended.

`python lab/lab_test.py [NAME...]` runs only the named faults and readings. UNITY_LAB_KEEP=1 keeps
the machines, and takes up those that were kept. UNITY_CORPORA names the folder of the published
recordings of drives. It ends with 0 only when every fault was told with its cause and was over
again, and every reading of the machine's own tools is what Unity shows.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
from faults import FAULTS, FAULTS_IN_JSON
from laboratory import Fault, Lab, Outcome, Reading, prove
from machine import LabError, Machine, machine
from preparing import PARTITION, POOLS, ZFS_ALONE
from readings import READINGS, start_exporter
from unity_process import Unity, unity

_FAILURES = (
    AssertionError,
    LabError,
    LookupError,
    OSError,
    StopIteration,
    ValueError,
    httpx2.HTTPError,
    subprocess.SubprocessError,
)
_KEEPS = os.environ.get("UNITY_LAB_KEEP") == "1"
_TABLE = "{:<5}{:<14}{:<46}{:>24}{:>24}"


class Report:
    """What was seen in the whole run."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.readings: list[Reading] = []
        self.missing: list[str] = []
        self._began = time.monotonic()

    def say(self, what: str) -> None:
        """Print how far it is."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {what}", flush=True)

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Let a part that fails cost only itself."""
        try:
            yield
        except _FAILURES as error:
            self.missing.append(name)
            self.say(f"MISSING {name}: {type(error).__name__}: {error}")

    def prove(self, lab: Lab, fault: Fault) -> None:
        """Make a fault, and say in one line what came of it."""
        with self.part(fault.name):
            outcome = prove(lab, fault)
            self.outcomes.append(outcome)
            self.readings += outcome.readings
            self.say(outcome.line())
            self._differences(outcome.readings)

    def compared(self, name: str, found: Sequence[Reading]) -> None:
        """Say in one line what came of a comparison."""
        self.readings += found
        agreed = sum(one.agrees for one in found)
        self.say(f"{name}: {agreed} of {len(found)} readings agree")
        self._differences(found)

    def _differences(self, found: Sequence[Reading]) -> None:
        for one in (one for one in found if not one.agrees):
            self.say(f"NOT {one.what}: {one.tool} {one.theirs}, Unity {one.ours}")

    def end(self) -> int:
        """Print the table and the sum; return 0 when nothing is missing."""
        print(_TABLE.format("", "tool", "what", "it says", "Unity shows"))
        for one in self.readings:
            mark = "ok" if one.agrees else "NOT"
            print(_TABLE.format(mark, one.tool, one.what, str(one.theirs), str(one.ours)))
        proven = sum(one.is_proven for one in self.outcomes)
        agreed = sum(one.agrees for one in self.readings)
        self.say(
            f"{proven} of {len(self.outcomes)} faults told and over, {agreed} of"
            f" {len(self.readings)} readings agree, missing: {', '.join(self.missing) or 'nothing'}"
        )
        is_whole = not self.missing and bool(self.outcomes or self.readings)
        return (
            0 if is_whole and proven == len(self.outcomes) and agreed == len(self.readings) else 1
        )


def host_key(box: Machine) -> str:
    """Return the machine's own host key."""
    words = box.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub").split()
    return " ".join(words[:2])


def enter(report: Report, api: Unity, box: Machine, preparation: str, pools: set[str]) -> Lab:
    """Prepare a machine, enter it in Unity, and wait until its pools are known."""
    report.say(f"{box.image.suite} answers")
    box.put("/root/partition.py", PARTITION.encode())
    box.sh(preparation, seconds=400)
    report.say("its pools are made")
    name = f"lab-{box.image.suite}"
    lab = Lab(box, api, api.enter(name, box.port, box.image.key, host_key(box)))
    if not lab.until(lambda: lab.knows_pools(pools), seconds=600):
        raise LabError(f"the pools of {name} were not seen")
    report.say("Unity sees its pools")
    return lab


def on_first(report: Report, api: Unity, wanted: Sequence[str]) -> None:
    """Compare all tools while all is well, and make all faults."""
    readings = {name: says for name, says in READINGS.items() if not wanted or name in wanted}
    faults = [one for one in FAULTS if not wanted or one.name in wanted]
    if not readings and not faults:
        return
    with machine("test", "bookworm", keeps=_KEEPS) as box:
        lab = enter(report, api, box, POOLS, {"tank", "md0", "pictures", "data"})
        with report.part("node_exporter's start"):
            start_exporter(box)
        lab.collect()
        for name, says in readings.items():
            with report.part(name):
                found = list(says(lab))
                if not found:
                    raise LabError("there was nothing to compare")
                report.compared(name, found)
        for fault in faults:
            report.prove(lab, fault)


def on_second(report: Report, api: Unity, wanted: Sequence[str]) -> None:
    """Make the faults of ZFS where it answers in JSON."""
    faults = [one for one in FAULTS_IN_JSON if not wanted or one.name in wanted]
    if not faults:
        return
    with machine("second", "trixie", keeps=_KEEPS) as box:
        lab = enter(report, api, box, ZFS_ALONE, {"tank"})
        for fault in faults:
            report.prove(lab, fault)


def main(wanted: Sequence[str]) -> int:
    """Run it all, or what is named."""
    known = {*READINGS, *(one.name for one in (*FAULTS, *FAULTS_IN_JSON))}
    if unknown := set(wanted) - known:
        sys.exit(f"lab: no fault or reading is called {', '.join(sorted(unknown))}")
    report = Report()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory(prefix="unity-lab-") as folder,
        unity(Path(folder), port) as api,
    ):
        with report.part("Debian 12"):
            on_first(report, api, wanted)
        with report.part("Debian 13"):
            on_second(report, api, wanted)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
