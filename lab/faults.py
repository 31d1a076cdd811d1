"""The faults of the laboratory: each is made on the real machine, seen by Unity, and mended."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from machine import Machine
from unity_process import Json, Unity

# The table is written by hand: Debian's minimal system has no program for it.
PARTITION = """
import struct, sys
def entry(start, size):
    return struct.pack("<B3sB3sII", 0, b"\\xfe\\xff\\xff", 0x83, b"\\xfe\\xff\\xff", start, size)
first, whole = 130 * 2048, 300 * 2048
table = entry(2048, first) + entry(2048 + first, whole - first - 4096)
open(sys.argv[1], "r+b").write(bytes(446) + table + bytes(32) + b"\\x55\\xaa")
"""
PREPARE = """
# A list of packages takes a minute here, and is not what is tried.
[ ! -e /usr/bin/apt-get ] || mv /usr/bin/apt-get /usr/bin/apt-get.aside
[ ! -e /dev/md0 ] || exit 0
for disk in a b c d; do
  python3 /root/partition.py /dev/sd$disk
  blockdev --rereadpt /dev/sd$disk
done
udevadm settle
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 /dev/sda1 /dev/sdb1 2>&1
vgcreate -q data /dev/sdc1
lvcreate -q -y --type thin-pool -L 60M -n thin data
lvcreate -q -y -V 100M --thinpool data/thin -n files
mkfs.btrfs -q -f -m raid1 -d raid1 -L pictures /dev/sdd1 /dev/sdc2
mkdir -p /srv/pictures
mount /dev/sdd1 /srv/pictures
dd if=/dev/urandom of=/srv/pictures/one bs=1M count=40 status=none
sync
modprobe zfs
zpool create -f tank mirror /dev/sda2 /dev/sdb2
dd if=/dev/urandom of=/tank/one bs=1M count=40 status=none
sync
for n in $(seq 120); do grep -q resync /proc/mdstat || break; sleep 1; done
"""


@dataclass
class Lab:
    """The machine, the running Unity, and what was proven so far."""

    machine: Machine
    unity: Unity
    server_id: str
    passed: list[str] = field(default_factory=list)

    def collect(self, times: int = 1) -> None:
        """Have the machine asked."""
        for _ in range(times):
            self.unity.collect(self.server_id)

    def prove(self, *, holds: bool, what: str) -> None:
        """Note what was seen, or end the test."""
        if not holds:
            raise AssertionError(f"NOT SO: {what}")
        self.passed.append(what)
        print(f"  ok  {what}", flush=True)

    def firing(self) -> list[Json]:
        """Return the alerts of the machine that fire."""
        return [
            one
            for one in self.unity.alerts(state="open")
            if one["state"] in ("firing", "acknowledged") and one["server_id"] == self.server_id
        ]

    def pool(self, name: str) -> Json:
        """Return a pool with all that is known of it."""
        found = self.unity.get("/api/infrastructure/pools", q=name)["items"]
        row = next(one for one in found if one["name"] == name)
        shown: Json = self.unity.get(f"/api/infrastructure/pools/{row['id']}")
        return shown

    def has_pools(self) -> bool:
        """Say whether all pools of the machine are known."""
        found = self.unity.get("/api/infrastructure/pools")["items"]
        return {"tank", "md0", "pictures", "data"} <= {one["name"] for one in found}

    def drive(self, name: str) -> Json:
        """Return a drive with all that is known of it."""
        found = self.unity.get("/api/infrastructure/devices", per_page="100")["items"]
        row = next(one for one in found if one["name"] == name)
        shown: Json = self.unity.get(f"/api/infrastructure/devices/{row['id']}")
        return shown

    def fault(
        self,
        kind: str,
        about: str,
        break_it: Callable[[], object],
        cause: str,
        *,
        slow: bool = False,
    ) -> None:
        """Make a fault, and show its alert with the cause; `slow`: only a slow round sees it."""
        break_it()
        found: list[Json] = []
        for _ in self._looks(slow=slow):
            found = [one for one in self.firing() if one["kind"] == kind]
            if any(cause in one["message"] for one in found):
                break
        told = "; ".join(f"{one['title']}: {one['message']}" for one in found)
        self.prove(holds=any(cause in one["message"] for one in found), what=f"{about}: {told}")

    def mend(
        self, kind: str, about: str, mend_it: Callable[[], object], *, slow: bool = False
    ) -> None:
        """Mend it, and show that the alert is over."""
        mend_it()
        left: list[str] = []
        for _ in self._looks(slow=slow):
            left = [one["message"] for one in self.firing() if one["kind"] == kind]
            if not left:
                break
        self.prove(holds=not left, what=f"{about}: resolved {left or ''}".rstrip())

    def _looks(self, *, slow: bool) -> Iterator[None]:
        """Look again and again while the rounds go on, at most for some minutes."""
        end = time.monotonic() + (600 if slow else 300)
        while time.monotonic() < end:
            if slow:
                self.collect()
            yield
            time.sleep(3)

    def until(self, what: Callable[[], bool], seconds: float = 180) -> bool:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            time.sleep(3)
        return True


def degraded_array(lab: Lab) -> None:
    """Take a member out of an array, and have it filled again."""
    box = lab.machine
    lab.fault(
        "pool_degraded",
        "md: a member fails",
        lambda: box.sh("mdadm /dev/md0 --fail /dev/sdb1 2>&1"),
        "1 of 2 members work",
    )
    said = box.sh("mdadm --detail /dev/md0 | grep 'State :'")
    lab.prove(
        holds="degraded" in said, what=f"md: mdadm says the same:{said.split(':')[1].rstrip()}"
    )
    lab.mend(
        "pool_degraded",
        "md: the member is added again and filled",
        lambda: box.sh(
            "mdadm /dev/md0 --remove /dev/sdb1 2>&1; mdadm /dev/md0 --add /dev/sdb1 2>&1"
        ),
    )
    is_well = lab.until(lambda: lab.pool("md0")["level"] == "ok")
    lab.prove(holds=is_well, what="md: the array is well")


def thin_pool_fills(lab: Lab) -> None:
    """Fill a thin pool, and give it room."""
    box = lab.machine
    fill = "dd if=/dev/urandom of=/dev/data/files bs=1M count=57 status=none; sync"
    lab.fault("lvm_thin_data_full", "LVM: a thin pool fills", lambda: box.sh(fill), "full")
    shown = next(one for one in lab.pool("data")["volumes"] if one["name"] == "thin")
    said = box.sh("lvs --noheadings -o data_percent data/thin").strip()
    lab.prove(
        holds=abs(float(said) - shown["data_percent"]) < 0.1,
        what=f"LVM: lvs says the same: {said} %",
    )
    lab.mend(
        "lvm_thin_data_full",
        "LVM: it was given room",
        lambda: box.sh("lvextend -q -L +40M data/thin"),
    )


def corrupted_btrfs(lab: Lab) -> None:
    """Let a device of btrfs return other data than were written."""
    box = lab.machine
    spoil = (
        "dd if=/dev/urandom of=/dev/sdc2 bs=1M seek=40 count=60 conv=notrunc status=none;"
        " echo 3 > /proc/sys/vm/drop_caches; btrfs scrub start -B /srv/pictures || true"
    )
    lab.fault("pool_errors", "btrfs: data rot on one device", lambda: box.sh(spoil), "checksums")
    lines = box.sh("btrfs device stats /srv/pictures | grep corruption").splitlines()
    said = max(int(line.split()[1]) for line in lines)
    shown = max(one["checksum_errors"] or 0 for one in lab.pool("pictures")["members"])
    lab.prove(holds=said == shown, what=f"btrfs: its own statistics say the same: {shown}")
    lab.mend(
        "pool_errors",
        "btrfs: the copies mended it, the counters are reset",
        lambda: box.sh("btrfs device stats --reset /srv/pictures"),
    )


def degraded_zfs(lab: Lab) -> None:
    """Degrade a ZFS pool, and make it whole again."""
    box = lab.machine
    lab.fault(
        "pool_degraded",
        "ZFS: a device is taken offline",
        lambda: box.sh("zpool offline tank sdb2"),
        "DEGRADED",
    )
    lab.mend(
        "pool_degraded",
        "ZFS: it is back and resilvered",
        lambda: box.sh("zpool online tank sdb2; sleep 5"),
    )


def hurt_zfs(lab: Lab) -> None:
    """Hurt a ZFS pool that goes on to call itself ONLINE."""
    box = lab.machine
    spoil = (
        "zpool sync tank; dd if=/dev/urandom of=/dev/sdb2 bs=1M seek=10 count=90 conv=notrunc"
        " status=none; zpool scrub tank;"
        " for n in $(seq 60); do zpool status tank | grep -q 'in progress' || break; sleep 1; done"
    )
    lab.fault("pool_errors", "ZFS: hurt while ONLINE", lambda: box.sh(spoil), "errors")
    shown = lab.pool("tank")
    errors = next(one for one in shown["members"] if one["name"] == "sdb2")["checksum_errors"]
    said = box.sh("zpool status -p tank | awk '$1 == \"sdb2\" {print $5}'").strip()
    lab.prove(
        holds=shown["state"] == "ONLINE" and str(errors) == said,
        what=f"ZFS: it calls itself {shown['state']} with {said} checksum errors of sdb2",
    )
    clear = (
        "zpool clear tank; zpool scrub tank;"
        " for n in $(seq 60); do zpool status tank | grep -q 'in progress' || break; sleep 1; done"
    )
    lab.mend("pool_errors", "ZFS: scrubbed and cleared", lambda: box.sh(clear))


def failing_nvme(lab: Lab) -> None:
    """Let an NVMe drive report that it is read-only, by the machine's monitor."""

    def warn(value: int) -> object:
        return lab.machine.monitor(
            {
                "execute": "qom-set",
                "arguments": {
                    "path": "/machine/peripheral/nvme0",
                    "property": "smart_critical_warning",
                    "value": value,
                },
            }
        )

    lab.fault("drive_health", "NVMe: it warns of itself", lambda: warn(8), "read-only", slow=True)
    said = json.loads(lab.machine.ssh("smartctl -j -a /dev/nvme0 || true"))
    bits = said["nvme_smart_health_information_log"]["critical_warning"]
    lab.prove(holds=bits == 8, what=f"NVMe: smartctl says the same: critical warning {bits}")
    lab.mend("drive_health", "NVMe: the warning is gone", lambda: warn(0), slow=True)


REPLAY = b"""#!/usr/bin/python3
import json, os, subprocess, sys
done = subprocess.run(["/usr/sbin/smartctl.real", *sys.argv[1:]], capture_output=True, text=True)
text = done.stdout
if sys.argv[-1] == "/dev/sda" and "-x" in sys.argv and os.path.exists("/run/replay"):
    answer, recorded = json.loads(text), json.load(open("/run/replay"))
    answer["ata_smart_attributes"]["table"] = recorded
    text = json.dumps(answer)
sys.stdout.write(text)
sys.exit(done.returncode)
"""


def attribute(number: int, name: str, raw: int) -> Json:
    """Return one row of the table of a SATA drive."""
    flags = {"value": 50, "string": "-O--CK ", "prefailure": False}
    counted = {"value": raw, "string": str(raw)}
    return {"id": number, "name": name, "value": 200, "worst": 200, "thresh": 0,
            "when_failed": "", "flags": flags, "raw": counted}  # fmt: skip


def ailing_sata(lab: Lab) -> None:
    """Raise a SATA drive's attributes: rows are replayed in front of the real smartctl."""
    box = lab.machine
    box.sh("mv /usr/sbin/smartctl /usr/sbin/smartctl.real")
    box.put("/usr/sbin/smartctl", REPLAY)

    def replay(pending: int) -> None:
        rows = [
            attribute(5, "Reallocated_Sector_Ct", 0),
            attribute(197, "Current_Pending_Sector", pending),
        ]
        box.put("/run/replay", json.dumps(rows).encode())

    lab.fault("drive_health", "SATA: pending sectors rise", lambda: replay(24), "24", slow=True)
    lab.prove(holds=lab.drive("sda")["level"] == "failing", what="SATA: the verdict is failing")
    lab.mend(
        "drive_health",
        "SATA: the drive's own values again",
        lambda: box.sh("rm /run/replay"),
        slow=True,
    )
    box.sh("mv /usr/sbin/smartctl.real /usr/sbin/smartctl")


def own_readings(lab: Lab) -> None:
    """Compare what smartctl itself says of each drive with what Unity shows."""
    for name in ("sda", "sdb", "sdc", "sdd", "nvme0n1"):
        path = f"/dev/{name.removesuffix('n1')}"
        said = json.loads(lab.machine.ssh(f"smartctl -j -x {path} || true"))
        shown = lab.drive(name)
        asked = [said.get("serial_number"), said.get("user_capacity", {}).get("bytes")]
        asked[1] = asked[1] or said.get("nvme_total_capacity")
        # An emulated NVMe drive tells smartctl no capacity; the kernel's is shown then.
        same = shown["serial"] == asked[0] and asked[1] in (None, shown["capacity_bytes"])
        degrees = said.get("temperature", {}).get("current")
        near = degrees is None or abs(degrees - (shown["temperature_celsius"] or 0)) <= 1
        self_said = said.get("smart_status", {}).get("passed")
        lab.prove(
            holds=same and near and self_said == shown["passed"],
            what=f"SMART: {name} {shown['serial']} as smartctl reads it ({shown['level']})",
        )


def exporter_agrees(lab: Lab) -> None:
    """Compare the numbers of arrays, pools and file systems with node_exporter's."""
    binary = Path("/usr/bin/prometheus-node-exporter")
    try:
        content = binary.read_bytes()
    except OSError:
        print("  --  node_exporter is missing: apt-get install prometheus-node-exporter")
        return
    lab.machine.put("/usr/local/bin/node_exporter", content)
    lab.machine.sh(
        "nohup node_exporter --web.listen-address=127.0.0.1:9100 >/dev/null 2>&1 & sleep 4"
    )
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9100/metrics').read().decode())"
    lines = lab.machine.ssh(f'python3 -c "{fetch}"').splitlines()
    lab.collect()
    wanted = (
        "node_md_disks{",
        "node_md_disks_required{",
        "node_zfs_zpool_state{",
        "node_btrfs_size_bytes{",
    )
    compared = 0
    for line in lines:
        if not line.startswith(wanted):
            continue
        name, _, rest = line.partition("{")
        labels, _, number = rest.rpartition("} ")
        pairs = dict(part.split("=", 1) for part in labels.replace('"', "").split(","))
        value = _ours(lab, name, pairs)
        if value is not None:
            lab.prove(holds=value == float(number), what=f"node_exporter agrees: {line}")
            compared += 1
    lab.prove(holds=compared >= 8, what=f"node_exporter: {compared} readings compared")


def _ours(lab: Lab, metric: str, labels: dict[str, str]) -> float | None:
    """Return our newest value of a series of node_exporter's name; None where we keep none."""
    kept = {
        name: labels[name]
        for name in ("device", "state", "zpool", "uuid", "block_group_type")
        if name in labels
    }
    query = {"metric": metric, "resource": lab.server_id, "points": "500"}
    for series in lab.unity.get("/api/metrics/query", **query)["series"]:
        own = series["labels"]
        if all(own.get(name) == value for name, value in kept.items()):
            values = [one for one in series["avg"] if one is not None]
            return float(values[-1]) if values else None
    return None


def upkeep_runs(lab: Lab) -> None:
    """Start self-tests and scrubs from Unity, and follow them to their ends."""
    asked: list[tuple[str, str]] = []
    for name in ("sda", "nvme0n1"):
        drive = lab.drive(name)
        path = f"/api/infrastructure/devices/{drive['id']}/self-tests"
        run = lab.unity.wait(lab.unity.post(path, {"kind": "short"})["run_id"])
        if run["state"] == "succeeded":
            asked.append((name, drive["id"]))
        else:
            print(f"  --  {name}: {run['error']}")
    for name in ("tank", "md0", "pictures"):
        pool = lab.pool(name)
        path = f"/api/infrastructure/pools/{pool['id']}/scrubs"
        run = lab.unity.wait(lab.unity.post(path, {"verb": "scrub"})["run_id"])
        lab.prove(
            holds=run["state"] == "succeeded",
            what=f"upkeep: {name}: {run['result'] or run['error']}",
        )
        asked.append((name, pool["id"]))
    for _ in range(12):
        lab.machine.sh("sleep 10")
        lab.collect()
        if all(_action(lab, one)["state"] != "running" for _, one in asked):
            break
    for name, resource_id in asked:
        action = _action(lab, resource_id)
        lab.prove(
            holds=action["state"] == "passed",
            what=f"upkeep: {name}: `{action['command']}` {action['state']}: {action['message']}",
        )


def _action(lab: Lab, resource_id: str) -> Json:
    found = lab.unity.get("/api/infrastructure/upkeep/actions", resource_id=resource_id)
    first: Json = found["items"][0]
    return first


def databases_found(lab: Lab) -> None:
    """Start PostgreSQL and Redis, and have them found where this Unity looks for databases."""
    lab.machine.sh("service postgresql start; service redis-server start; sleep 5")
    lab.collect()
    try:
        found = lab.unity.get("/api/infrastructure/databases")["items"]
    except AssertionError as error:
        print(f"  --  databases: {str(error)[:90]}")
        return
    kinds = {one["kind"] for one in found}
    lab.prove(holds={"postgresql", "redis"} <= kinds, what=f"databases found: {sorted(kinds)}")


FAULTS: Iterable[Callable[[Lab], None]] = (
    degraded_array,
    degraded_zfs,
    hurt_zfs,
    corrupted_btrfs,
    thin_pool_fills,
    failing_nvme,
    ailing_sata,
    own_readings,
    exporter_agrees,
    upkeep_runs,
    databases_found,
)
