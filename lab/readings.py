"""What the machine's own tools say while all is well, beside what Unity shows."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from laboratory import Lab, Reading
from machine import LabError, Machine
from unity_process import Json

EXPORTER = Path("/usr/bin/prometheus-node-exporter")
_FETCH = (
    "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9100/metrics').read().decode())"
)
# Series of node_exporter that Unity keeps under the same name: the labels that tell them apart,
# and how far apart both may be, for they are not read in the same instant.
_SERIES: dict[str, tuple[tuple[str, ...], float]] = {
    "node_md_disks": (("device", "state"), 0),
    "node_md_disks_required": (("device",), 0),
    "node_zfs_zpool_state": (("zpool", "state"), 0),
    "node_btrfs_size_bytes": (("uuid", "block_group_type"), 0),
    "node_filesystem_size_bytes": (("mountpoint",), 0),
    "node_filesystem_files": (("mountpoint",), 0),
    "node_filesystem_avail_bytes": (("mountpoint",), 0.02),
    "node_memory_MemTotal_bytes": ((), 0),
    "node_memory_MemAvailable_bytes": ((), 0.25),
    "node_boot_time_seconds": ((), 2e-9),
}
# node_exporter has a series for each state that there might be, and says 0 inodes of btrfs, which
# has no table of them; Unity shows none there.
_ZERO_IS_NONE = ("node_md_disks", "node_filesystem_files")


def start_exporter(box: Machine) -> None:
    """Run node_exporter on the machine, as its owner might; on one that was kept it may run."""
    with contextlib.suppress(LabError):
        box.ssh(f'python3 -c "{_FETCH}"')
        return
    try:
        content = EXPORTER.read_bytes()
    except OSError as error:
        raise LabError("apt-get install prometheus-node-exporter") from error
    box.put("/usr/local/bin/node_exporter", content)
    address = "--web.listen-address=127.0.0.1:9100"
    box.sh(f"nohup node_exporter {address} >/dev/null 2>&1 & sleep 4")


def exporter_says(*names: str) -> Callable[[Lab], Iterator[Reading]]:
    """Compare these series of node_exporter with what Unity keeps."""

    def says(lab: Lab) -> Iterator[Reading]:
        for line in lab.machine.ssh(f'python3 -c "{_FETCH}"').splitlines():
            name, _, value = line.rpartition(" ")
            metric, _, rest = name.partition("{")
            if metric not in names or 'fstype="tmpfs"' in rest:
                continue
            wanted, within = _SERIES[metric]
            labels = _labels(rest.removesuffix("}"), wanted)
            ours = _newest(lab, metric, labels)
            if ours is None and float(value) == 0 and metric in _ZERO_IS_NONE:
                continue
            what = " ".join([metric, *labels.values()])
            yield Reading(what, "node_exporter", float(value), ours, within)

    return says


def _labels(text: str, wanted: Iterable[str]) -> dict[str, str]:
    pairs = dict(part.split("=", 1) for part in text.replace('"', "").split(",") if part)
    return {name: pairs[name] for name in wanted if name in pairs}


def _newest(lab: Lab, metric: str, labels: dict[str, str]) -> float | None:
    """Return our newest value of a series."""
    end = datetime.now(UTC) + timedelta(seconds=5)
    query = {
        "metric": metric,
        "resource": lab.server_id,
        "labels": json.dumps(labels) if labels else "",
        "from": (end - timedelta(minutes=5)).isoformat(),
        "to": end.isoformat(),
        "points": "500",
    }
    for series in lab.unity.get("/api/metrics/query", **query)["series"]:
        for value in reversed(series["avg"]):
            if value is not None:
                return float(value)
    return None


def smartctl_says(lab: Lab) -> Iterator[Reading]:
    """Compare the identity and the health of every drive."""
    names = ("sda", "sdb", "sdc", "sdd", "nvme0n1")
    each = "smartctl --json=c -x /dev/$name || true; echo"
    lines = lab.machine.sh(f"for name in {' '.join(names)}; do {each}; done; true").split("\n")
    for name, line in zip(names, filter(None, lines), strict=True):
        said = json.loads(line)
        shown = lab.drive(name)
        yield Reading(f"{name}: serial", "smartctl", said["serial_number"], shown["serial"])
        passed = said["smart_status"]["passed"]
        yield Reading(f"{name}: passed", "smartctl", passed, shown["passed"])
        degrees = said["temperature"]["current"]
        yield Reading(f"{name}: °C", "smartctl", degrees, shown["temperature_celsius"], 0.05)
        # An emulated NVMe drive tells smartctl no capacity.
        if capacity := said.get("user_capacity", {}).get("bytes"):
            yield Reading(f"{name}: bytes", "smartctl", capacity, shown["capacity_bytes"])


def pools_say(lab: Lab) -> Iterator[Reading]:
    """Compare the pools' sizes with their own tools'."""
    box = lab.machine
    size = int(box.ssh("zpool get -Hp -o value size tank"))
    yield Reading("tank: bytes", "zpool", size, lab.pool("tank")["size_bytes"])
    level = next(
        line.partition(":")[2].strip()
        for line in box.ssh("mdadm --detail /dev/md0").splitlines()
        if "Raid Level" in line
    )
    yield Reading("md0: level", "mdadm", level, lab.pool("md0")["layout"])
    units = "--noheadings --units b --nosuffix"
    whole = int(box.ssh(f"vgs {units} -o vg_size data"))
    yield Reading("data: bytes", "vgs", whole, lab.pool("data")["size_bytes"])
    for name in ("thin", "files"):
        said = int(box.ssh(f"lvs {units} -o lv_size data/{name}"))
        shown = next(one for one in lab.pool("data")["volumes"] if one["name"] == name)
        yield Reading(f"data/{name}: bytes", "lvs", said, shown["size_bytes"])


def databases_say(lab: Lab) -> Iterator[Reading]:
    """Find both databases; log in to PostgreSQL as Unity itself proposes; compare the numbers."""
    box = lab.machine
    for kind in ("redis", "postgresql"):
        if not lab.until(partial(_is_found, lab, kind), seconds=300):
            raise LabError(f"{kind} was not found")
    redis = dict(
        line.strip().split(":", 1) for line in box.ssh("redis-cli info").splitlines() if ":" in line
    )
    shown = lab.database("redis")
    yield Reading("redis: state", "redis-cli", "online", shown["state"])
    yield Reading("redis: version", "redis-cli", redis["redis_version"], shown["version"])
    limit = float(redis["maxclients"])
    yield Reading("redis: limit", "redis-cli", limit, _figure(shown, "connections_limit"))

    address = f"/api/infrastructure/databases/{lab.database('postgresql')['id']}"
    script = lab.unity.get(f"{address}/script")
    box.sh(f"su postgres -c psql <<'END'\n{script['without_password']}\nEND")
    lab.unity.call("PUT", f"{address}/login", {"mode": "socket"})
    lab.unity.wait(lab.unity.post(f"{address}/check")["run_id"])
    shown = lab.database("postgresql")
    yield Reading("postgresql: state", "psql", "online", shown["state"])
    version = _psql(box, "show server_version").split()[0]
    yield Reading("postgresql: version", "psql", version, shown["version"])
    limit = float(_psql(box, "show max_connections"))
    yield Reading("postgresql: limit", "psql", limit, _figure(shown, "connections_limit"))
    # template0 lets nobody in, so a login that may only read is not told its size.
    sizes = "select sum(pg_database_size(oid)) from pg_database where datallowconn"
    size = float(_psql(box, sizes))
    yield Reading("postgresql: bytes", "psql", size, shown["size_bytes"], 0.02)


def _is_found(lab: Lab, kind: str) -> bool:
    """Say whether a database is known and was asked; where it is not yet, ask the machine."""
    try:
        known = lab.database(kind)["state"] in {"online", "needs_credentials"}
    except LabError:
        known = False
    if not known:
        lab.collect()
    return known


def _psql(box: Machine, question: str) -> str:
    return box.sh(f"su postgres -c 'psql -Atc \"{question}\"'").strip()


def _figure(shown: Json, key: str) -> float | None:
    values = [one["value"] for one in shown["figures"] if one["key"] == key]
    return values[0] if values else None


def upkeep_says(lab: Lab) -> Iterator[Reading]:
    """Start a self-test and scrubs from Unity, and follow them to their ends."""
    asked: list[tuple[str, str]] = []
    starts = [("sda", lab.drive("sda")["id"], "devices", "self-tests", {"kind": "short"})]
    starts += [
        (name, lab.pool(name)["id"], "pools", "scrubs", {"verb": "scrub"})
        for name in ("tank", "md0", "pictures")
    ]
    for name, resource_id, room, verb, body in starts:
        path = f"/api/infrastructure/{room}/{resource_id}/{verb}"
        run = lab.unity.wait(lab.unity.post(path, body)["run_id"])
        yield Reading(f"{name}: {verb} begun", "its run", "succeeded", run["state"])
        asked.append((name, resource_id))
    for _ in range(12):
        lab.machine.sh("sleep 10")
        lab.collect()
        if all(_action(lab, one)["state"] != "running" for _, one in asked):
            break
    for name, resource_id in asked:
        action = _action(lab, resource_id)
        yield Reading(f"{name}: {action['command']}", "its log", "passed", action["state"])


def _action(lab: Lab, resource_id: str) -> Json:
    found = lab.unity.get("/api/infrastructure/upkeep/actions", resource_id=resource_id)
    first: Json = found["items"][0]
    return first


READINGS: dict[str, Callable[[Lab], Iterator[Reading]]] = {
    "smartctl": smartctl_says,
    "pools": pools_say,
    "node_exporter": exporter_says(*_SERIES),
    "databases": databases_say,
    "upkeep": upkeep_says,
}
