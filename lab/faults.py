"""The faults of the laboratory: what breaks, the alert that tells it, what mends it.

Beside each stands what the machine's own tools say at that moment.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from laboratory import Fault, Lab, Reading
from machine import LabError
from preparing import REPLAY, THIN
from readings import exporter_says
from unity_process import Json

# Published recordings of real drives; none of them is kept here.
CORPORA = Path(os.environ.get("UNITY_CORPORA") or "/nonexistent") / "smartctl"
WELL = "smartctl_exporter/sat-Western_Digital_Ultrastar_DC_HC550-WDC__WUH721818ALN604-sda.json"
ILL = "scrutiny/smart-megaraid1.json"


def mdadm_says(lab: Lab) -> Iterator[Reading]:
    """Compare the state of the array and of its members."""
    text = lab.machine.ssh("mdadm --detail /dev/md0")
    counts = {
        name.strip(): value.strip()
        for name, mark, value in (line.partition(" : ") for line in text.splitlines())
        if mark
    }
    shown = lab.pool("md0")
    members = [one for one in shown["members"] if one["is_leaf"]]
    well = sum(one["is_well"] for one in members)
    yield Reading("md0: working members", "mdadm", int(counts["Active Devices"]), well)
    ill = sum(not one["is_well"] for one in members)
    yield Reading("md0: failed members", "mdadm", int(counts["Failed Devices"]), ill)


def lvs_says(lab: Lab) -> Iterator[Reading]:
    """Compare how full the thin pool is."""
    said = lab.machine.ssh("lvs --noheadings -o data_percent,metadata_percent data/thin").split()
    shown = next(one for one in lab.pool("data")["volumes"] if one["name"] == "thin")
    yield Reading("data/thin: data %", "lvs", float(said[0]), shown["data_percent"])
    yield Reading("data/thin: metadata %", "lvs", float(said[1]), shown["metadata_percent"])


def btrfs_says(lab: Lab) -> Iterator[Reading]:
    """Compare the counter of the device that has the errors."""
    lines = lab.machine.ssh("btrfs device stats /srv/pictures | grep corruption").splitlines()
    said = max(int(line.split()[1]) for line in lines)
    shown = max(one["checksum_errors"] or 0 for one in lab.pool("pictures")["members"])
    yield Reading("pictures: corruption errors", "btrfs", said, shown)


def zpool_says(lab: Lab) -> Iterator[Reading]:
    """Compare the states of the pool and of the hurt device, and its errors."""
    rows = [line.split() for line in lab.machine.ssh("zpool status -p tank").splitlines()]
    shown = lab.pool("tank")
    pool = next(row for row in rows if row[:1] == ["state:"])
    yield Reading("tank: state", "zpool", pool[1], shown["state"])
    row = next(row for row in rows if row[:1] == ["sdb2"])
    member = next(one for one in shown["members"] if one["name"] == "sdb2")
    yield Reading("tank: sdb2 is", "zpool", row[1], member["state"])
    yield Reading("tank: sdb2 checksums", "zpool", int(row[4]), member["checksum_errors"])


def zpool_json_says(lab: Lab) -> Iterator[Reading]:
    """Compare with the JSON, which only newer versions speak."""
    said = json.loads(lab.machine.ssh("zpool status -j -p --json-int tank"))
    pool = said["pools"]["tank"]
    shown = lab.pool("tank")
    yield Reading("tank: state in JSON", "zpool -j", pool["state"], shown["state"])
    leaf = _vdev(pool["vdevs"], "sdb2")
    member = next(one for one in shown["members"] if one["name"] == "sdb2")
    yield Reading("tank: sdb2 is", "zpool -j", leaf["state"], member["state"])
    counted = leaf["checksum_errors"]
    yield Reading("tank: sdb2 checksums", "zpool -j", counted, member["checksum_errors"])


def _vdev(vdevs: Json, name: str) -> Json:
    for one in vdevs.values():
        if one["name"] == name:
            found: Json = one
            return found
        if inner := one.get("vdevs"):
            return _vdev(inner, name)
    raise LabError(f"zpool does not name {name}")


def scrub_clean(lab: Lab) -> None:
    """Forget the errors of btrfs, and scrub again: what a scrub found is so until the next."""
    lab.machine.sh("btrfs device stats --reset /srv/pictures; btrfs scrub start -B /srv/pictures")
    lab.collect()  # how a scrub ended is asked by the slow round only, every six hours


def warn(lab: Lab, value: int) -> None:
    """Set the critical warning of the NVMe drive by the machine's monitor."""
    place = {"path": "/machine/peripheral/nvme0", "property": "smart_critical_warning"}
    lab.machine.monitor({"execute": "qom-set", "arguments": {**place, "value": value}})


def nvme_says(lab: Lab) -> Iterator[Reading]:
    """Compare the warning and the drive's own verdict."""
    said = json.loads(lab.machine.ssh("smartctl -j -a /dev/nvme0 || true"))
    shown = lab.drive("nvme0n1")
    yield Reading("nvme0n1: passed", "smartctl", said["smart_status"]["passed"], shown["passed"])
    bits = said["nvme_smart_health_information_log"]["critical_warning"]
    own = json.loads(lab.machine.ssh("nvme smart-log -o json /dev/nvme0"))["critical_warning"]
    yield Reading("nvme0n1: critical warning", "nvme", own, bits)
    yield Reading("nvme0n1: verdict", "warning 8", "failing", shown["level"])


def verdict(drive: str, level: str) -> Callable[[Lab], Iterator[Reading]]:
    """Compare the verdict on a drive with the one that the recording deserves."""

    def says(lab: Lab) -> Iterator[Reading]:
        yield Reading(f"{drive}: verdict", "recording", level, lab.drive(drive)["level"])

    return says


def replay(drive: str, recording: Callable[[], Json]) -> Callable[[Lab], None]:
    """Have smartctl answer with a recording from now on."""

    def do(lab: Lab) -> None:
        box = lab.machine
        box.sh("[ -e /usr/sbin/smartctl.real ] || cp /usr/sbin/smartctl /usr/sbin/smartctl.real")
        box.put("/usr/sbin/smartctl", REPLAY)
        box.put(f"/run/replay-{drive}", json.dumps(recording()).encode())

    return do


def end_replay(lab: Lab) -> None:
    """Let smartctl answer itself again."""
    lab.machine.sh("rm -f /run/replay-*; mv /usr/sbin/smartctl.real /usr/sbin/smartctl")


def rows(**counted: int) -> Callable[[], Json]:
    """Return attributes of a SATA drive with these raw values."""
    numbers = {"Reallocated_Sector_Ct": 5, "Current_Pending_Sector": 197}
    normal = {"value": 200, "worst": 200, "thresh": 0, "when_failed": ""}
    flags = {"value": 50, "string": "-O--CK ", "prefailure": False}
    table: list[Json] = []
    for name, number in numbers.items():
        raw = {"value": counted.get(name, 0), "string": str(counted.get(name, 0))}
        table.append({"id": number, "name": name, **normal, "flags": flags, "raw": raw})
    return lambda: {"attributes": table}


def published(path: str) -> Callable[[], Json]:
    """Return a published recording of a real drive."""

    def read() -> Json:
        try:
            found: Json = json.loads((CORPORA / path).read_text())
        except OSError as error:
            raise LabError("set UNITY_CORPORA to the folder of the recordings") from error
        return found

    return read


def well_and_then_ill(lab: Lab) -> None:
    """Replay a drive that is well, have it read, and then one that fails."""
    replay("sdb", published(WELL))(lab)
    lab.collect()
    replay("sdb", published(ILL))(lab)


def redis_says(lab: Lab) -> Iterator[Reading]:
    """Compare what its service says."""
    said = lab.machine.ssh("systemctl is-active redis-server || true").strip()
    state = lab.database("redis")["state"]
    yield Reading("redis", "systemctl", said, {"offline": "inactive"}.get(state, state))


def run(script: str) -> Callable[[Lab], object]:
    """Return what runs a script on the machine."""
    return lambda lab: lab.machine.sh(script)


def both(*says: Callable[[Lab], Iterable[Reading]]) -> Callable[[Lab], Iterator[Reading]]:
    """Return all that several tools say."""
    return lambda lab: (one for each in says for one in each(lab))


_SCRUBBED = (
    "zpool scrub tank; for n in $(seq 60);"
    " do zpool status tank | grep -q 'in progress' || break; sleep 1; done"
)
_SPOIL_ZFS = (
    "zpool sync tank; dd if=/dev/urandom of=/dev/sdb2 bs=1M seek=10 count=90 conv=notrunc,fsync"
    f" status=none; {_SCRUBBED}"
)
_SPOIL_BTRFS = (
    "dd if=/dev/urandom of=/dev/sdc2 bs=1M seek=40 count=60 conv=notrunc,fsync status=none;"
    " echo 3 > /proc/sys/vm/drop_caches; btrfs scrub start -B /srv/pictures || true"
)
# What was written once on a machine that was kept fills nothing again: it gets a new pool.
_FILL = (
    f"if [ -e /root/filled ]; then lvremove -q -y data/thin; {THIN} fi; touch /root/filled;"
    " dd if=/dev/urandom of=/dev/data/files bs=1M count=57 status=none; sync"
)


def _zfs(where: str, says: Callable[[Lab], Iterable[Reading]]) -> tuple[Fault, ...]:
    return (
        Fault(
            f"{where}-offline",
            "a device of a ZFS mirror is taken offline",
            "pool_degraded",
            "sdb2 is OFFLINE",
            run("zpool offline tank sdb2"),
            run("zpool online tank sdb2; sleep 5"),
            says,
        ),
        Fault(
            f"{where}-hurt",
            "data of a ZFS mirror is spoiled; it calls itself ONLINE",
            "pool_errors",
            "sdb2 has had errors",
            run(_SPOIL_ZFS),
            run(f"zpool clear tank; {_SCRUBBED}"),
            says,
        ),
    )


FAULTS = (
    Fault(
        "md-member",
        "a member of a Linux RAID fails; mended by a rebuild",
        "pool_degraded",
        "1 of 2 members work",
        run("mdadm /dev/md0 --fail /dev/sdb1 2>&1"),
        run("mdadm /dev/md0 --remove /dev/sdb1 2>&1; mdadm /dev/md0 --add /dev/sdb1 2>&1"),
        both(mdadm_says, exporter_says("node_md_disks", "node_md_disks_required")),
    ),
    *_zfs("zfs", both(zpool_says, exporter_says("node_zfs_zpool_state"))),
    Fault(
        "btrfs-rot",
        "a device of btrfs returns other data than were written",
        "pool_errors",
        "errors of checksums",
        run(_SPOIL_BTRFS),
        scrub_clean,
        btrfs_says,
    ),
    Fault(
        "lvm-thin",
        "a thin pool of LVM fills",
        "lvm_thin_data_full",
        "data/thin are",
        run(_FILL),
        run("lvextend -q -L +40M data/thin"),
        lvs_says,
    ),
    Fault(
        "redis-stopped",
        "a Redis that ran is stopped",
        "database_offline",
        "does not run any more",
        run("service redis-server stop"),
        run("service redis-server start"),
        redis_says,
    ),
    Fault(
        "nvme-warning",
        "an NVMe drive warns that it is read-only (by the machine's monitor)",
        "drive_health",
        "read-only",
        lambda lab: warn(lab, 8),
        lambda lab: warn(lab, 0),
        nvme_says,
        is_asked=True,
    ),
    Fault(
        "sata-pending",
        "a SATA drive has sectors that it cannot read (rows replayed)",
        "drive_health",
        "24",
        replay("sda", rows(Current_Pending_Sector=24)),
        end_replay,
        verdict("sda", "failing"),
        is_asked=True,
    ),
    Fault(
        "sata-recording",
        "a SATA drive becomes one that failed elsewhere (recordings replayed)",
        "drive_health",
        "387",
        well_and_then_ill,
        replay("sdb", published(WELL)),
        verdict("sdb", "failing"),
        is_asked=True,
    ),
)
# On a second machine, whose ZFS answers in JSON.
FAULTS_IN_JSON = _zfs("zfs-json", zpool_json_says)
