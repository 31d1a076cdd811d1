"""`make lab-test`: real faults on a real machine, told by a running Unity, and mended.

`python lab/lab_test.py [NAME...]` runs only the named faults; UNITY_LAB_KEEP=1 keeps the machine,
and takes up the one that was kept.
"""

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import httpx2

from faults import FAULTS, PARTITION, PREPARE, Lab
from machine import LabError, Machine, machine
from unity_process import unity


def host_key(box: Machine) -> str:
    """Return the machine's own host key, read over its console login."""
    words = box.ssh("cat /etc/ssh/ssh_host_ed25519_key.pub").split()
    return " ".join(words[:2])


def main(wanted: list[str]) -> int:
    """Run the faults; return how many failed."""
    began, failed = time.monotonic(), []
    keeps = os.environ.get("UNITY_LAB_KEEP") == "1"
    with (
        tempfile.TemporaryDirectory(prefix="unity-lab-") as folder,
        machine("test", keeps=keeps) as box,
    ):
        print(f"the machine runs ({time.monotonic() - began:.0f} s)", flush=True)
        box.put("/root/partition.py", PARTITION.encode())
        box.sh(PREPARE, seconds=400)
        print(f"its pools are made ({time.monotonic() - began:.0f} s)", flush=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with unity(Path(folder), port) as api:
            server_id = api.enter("lab", box.port, box.image.key, host_key(box))
            lab = Lab(box, api, server_id)
            if not lab.until(lab.has_pools, seconds=600):
                raise LabError("the pools were not seen")
            print(f"Unity sees its pools ({time.monotonic() - began:.0f} s)", flush=True)
            for fault in FAULTS:
                if wanted and fault.__name__ not in wanted:
                    continue
                print(f"{fault.__name__}: {fault.__doc__}", flush=True)
                try:
                    fault(lab)
                except (AssertionError, LabError, StopIteration, httpx2.HTTPError) as error:
                    failed.append(fault.__name__)
                    print(f"  FAILED  {error}", flush=True)
            print(f"{len(lab.passed)} proven, {len(failed)} failed {failed or ''}")
    print(f"in {time.monotonic() - began:.0f} s")
    return len(failed)


if __name__ == "__main__":
    try:
        sys.exit(min(main(sys.argv[1:]), 100))
    except LabError as error:
        sys.exit(f"lab: {error}")
