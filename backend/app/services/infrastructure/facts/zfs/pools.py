"""The state of the ZFS pools: ONLINE is not yet healthy, so errors and scrubs are read too."""

import re
from types import MappingProxyType
from typing import cast

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, NoRight, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.document import find_document
from app.services.infrastructure.facts.reading import count, number
from app.services.infrastructure.facts.zfs import status_json, status_text
from app.services.infrastructure.facts.zfs.model import ScanState, ZfsPool, ZfsPools

_COLUMNS = "name,guid,size,allocated,free,fragmentation,capacity,health,readonly"
_MARK = "== status =="
# JSON is known since OpenZFS 2.3, exact numbers since 0.8; the shell is there to choose.
# Local times without a zone are asked for in UTC.
STATUS = Command(
    (
        "sh",
        "-c",
        (
            "export TZ=UTC;"
            f" zpool list -Hp -o {_COLUMNS}; echo '{_MARK}';"
            " zpool status -j -p --json-int 2>/dev/null || zpool status -p 2>/dev/null"
            " || zpool status"
        ),
    ),
    seconds=20,
    needs="zpool",
)
_NONE = "no pools available"
# What libzfs says when it finds no module or device of the kernel (`libzfs_error_init`).
_NO_KERNEL = re.compile(
    r"ZFS modules (?:are not loaded|cannot be auto-loaded)|module is not loaded"
    r"|/dev/zfs (?:and /proc/self/mounts are|is) required",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r"^[ \t]*\{", re.MULTILINE)  # behind warnings, too
_STATES = ("ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED")


class ZfsPoolsFact(Fact[ZfsPools]):
    is_rare = True
    name = "zfs_pools"
    title = "ZFS pools"
    commands = (STATUS,)
    programs = ("zpool",)
    value = ZfsPools
    fixes = MappingProxyType(
        {
            Trouble.NO_RIGHT: "Let the login read /dev/zfs, or install a newer OpenZFS.",
            Trouble.TIMED_OUT: "A pool that hangs is often suspended: `zpool status -x` there.",
        }
    )

    def parse(self, results: tuple[CommandResult, ...]) -> ZfsPools | None:
        result = results[0]
        if result.outcome is not Outcome.RAN:
            return None
        said = result.stdout + result.stderr
        if "permission denied" in said.lower():
            raise NoRight(self.name, "The login may not ask ZFS.")
        if _NO_KERNEL.search(said):
            # The tools are there, their kernel module is not, as after an update of the kernel: so
            # no pool is imported, and those that were known are gone.
            return ZfsPools(pools=[])
        table, mark, status = result.stdout.partition(f"{_MARK}\n")
        if not mark:
            raise Unparsable(self.name, "it ends before the status")
        if not status.strip() or status.startswith(_NONE):
            if _NONE in said:
                return ZfsPools(pools=[])
            raise Unparsable(self.name, "it says nothing of the status")
        if _DOCUMENT.search(status):
            pools = status_json.read_pools(find_document(self.name, status))
        else:
            pools = status_text.read_pools(status)
        _add_sizes({pool.name: pool for pool in pools}, table)
        return ZfsPools(pools=pools)

    def samples(self, value: ZfsPools) -> list[Sample]:
        return [sample for pool in value.pools for sample in _samples(pool)]


def _add_sizes(pools: dict[str, ZfsPool], table: str) -> None:
    for line in table.splitlines():
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS.split(",")) or cells[0] not in pools:
            continue
        pool = pools[cells[0]]
        pool.guid = pool.guid or printable(cells[1])
        pool.size_bytes, pool.allocated_bytes = _whole(cells[2]), _whole(cells[3])
        pool.free_bytes = _whole(cells[4])
        pool.fragmentation_percent, pool.capacity_percent = _percent(cells[5]), _percent(cells[6])
        pool.is_read_only = {"on": True, "off": False}.get(cells[8])


def _whole(text: str) -> int | None:
    """Return a size; a faulted pool has dashes."""
    try:
        return None if text in ("-", "") else count(text)
    except ValueError as error:
        raise Unparsable("zfs_pools", "a size is no number") from error


def _percent(text: str) -> float | None:
    try:
        return None if text in ("-", "") else number(text.removesuffix("%"))
    except ValueError as error:
        raise Unparsable("zfs_pools", "a percentage is no number") from error


def _samples(pool: ZfsPool) -> list[Sample]:
    labels = (("zpool", pool.name),)
    # node_exporter's name and form: one series for each state, 1 for the one that holds.
    samples = [
        Sample(
            "node_zfs_zpool_state",
            float(pool.state == state),
            (*labels, ("state", state.lower())),
        )
        for state in _STATES
    ]
    numbers = {
        "unity_zfs_pool_size_bytes": (pool.size_bytes, "bytes"),
        "unity_zfs_pool_allocated_bytes": (pool.allocated_bytes, "bytes"),
        "unity_zfs_pool_free_bytes": (pool.free_bytes, "bytes"),
        "unity_zfs_pool_used_percent": (pool.capacity_percent, "percent"),
        "unity_zfs_pool_fragmentation_percent": (pool.fragmentation_percent, "percent"),
        "unity_zfs_pool_data_errors": (pool.data_errors, ""),
    }
    samples += [
        Sample(metric, float(cast("float", value)), labels, unit)
        for metric, (value, unit) in numbers.items()
        if value is not None
    ]
    scan = pool.scan
    if scan is not None and scan.state is ScanState.RUNNING and scan.percent is not None:
        samples.append(Sample("unity_zfs_scan_percent", scan.percent, labels, "percent"))
    return samples
