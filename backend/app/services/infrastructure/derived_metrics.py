"""Shares in percent, which people set levels on: node_exporter leaves them to the one who asks.

They are written beside what they come from, so that a rule is one comparison and a chart of it
needs no arithmetic. A counter in percent-seconds becomes a rate in percent.
"""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from app.services.core.facts import Sample
from app.services.infrastructure.facts.cpu import CpuTimes
from app.services.infrastructure.facts.disk_io import DiskIo
from app.services.infrastructure.facts.filesystems import Filesystem, Filesystems, FilesystemsFact
from app.services.infrastructure.facts.kernel_tables import KernelTables
from app.services.infrastructure.facts.load import Load
from app.services.infrastructure.facts.memory import Memory
from app.services.infrastructure.facts.pressure import Pressure
from app.services.infrastructure.summary import filesystem_percent

PERCENT, PERCENT_SECONDS = "percent", "percent s"
FILESYSTEM_SHARES = (
    "filesystem_used_percent",
    "filesystem_last_room_percent",
    "filesystem_inodes_used_percent",
)
# ZFS may have a thousand filesystems, all of one pool.
_MOST_FILESYSTEMS = 24
# 2 % of it are 5 GiB. Two percent of a larger file system are room for weeks.
_ROOM_THAT_COUNTS = 250 * 2**30


def derived(values: Mapping[str, BaseModel]) -> Iterator[Sample]:
    """Yield the shares of one round."""
    cores = 1
    for value in values.values():
        if isinstance(value, CpuTimes):
            cores = value.cores
            yield from _cpu(value)
    for fact, value in values.items():
        match value:
            case Load():
                yield Sample("unity_load15_percent", 100 * value.load15 / cores, unit=PERCENT)
            case Memory():
                yield from _memory(value)
            case Filesystems():
                yield from _filesystems(value, filesystem_prefix(fact))
            case DiskIo():
                yield from _disks(value)
            case Pressure():
                yield from _pressure(value)
            case KernelTables():
                yield from _kernel_tables(value)
            case _:
                pass


def _pressure(value: Pressure) -> Iterator[Sample]:
    for one in value.resources:
        # Some program always waits for a processor or a disk that is of use; that all wait for
        # a disk or for memory is a loss. Of the processor there is only the first.
        stall = one.some if one.resource == "cpu" else one.full
        if stall is not None and one.resource != "irq":
            yield Sample(f"unity_pressure_{one.resource}_percent", stall.avg300, unit=PERCENT)


def _kernel_tables(value: KernelTables) -> Iterator[Sample]:
    for metric, table in (
        ("unity_open_files_used_percent", value.open_files),
        ("unity_conntrack_used_percent", value.connections),
    ):
        used = table.percent() if table is not None else None
        if used is not None:
            yield Sample(metric, used, unit=PERCENT)


def _disks(value: DiskIo) -> Iterator[Sample]:
    for disk in value.disks:
        labels = (("device", disk.device),)
        for metric, seconds, unit in (
            ("unity_disk_busy_percent_seconds_total", 100 * disk.busy_seconds, PERCENT_SECONDS),
            # With the rates of reads and writes it says how long one of them takes.
            ("unity_disk_wait_seconds_total", disk.wait_seconds, "s"),
        ):
            yield Sample(metric, seconds, labels, unit=unit, is_counter=True)


def filesystem_prefix(fact: str) -> str:
    """Return how the metrics of a fact about file systems begin.

    Network mounts have their own, because one that hangs must not end the alert of a local disk.
    """
    return "unity_" if fact == FilesystemsFact.name else "unity_remote_"


def _cpu(value: CpuTimes) -> Iterator[Sample]:
    worked = value.user + value.nice + value.system + value.irq + value.softirq
    for mode, seconds in (
        ("busy", worked + value.steal),
        ("iowait", value.iowait),
        ("steal", value.steal),
    ):
        # With another number of cores it is another series: a share of more would jump.
        labels = (("cores", str(value.cores)), ("mode", mode))
        yield Sample(
            "unity_cpu_percent_seconds_total",
            100 * seconds / value.cores,
            labels,
            unit=PERCENT_SECONDS,
            is_counter=True,
        )


def _memory(value: Memory) -> Iterator[Sample]:
    # What the cache of ZFS holds beyond its least is given back when somebody needs it.
    reclaimable = max(0, (value.zfs_arc or 0) - (value.zfs_arc_min or 0))
    available = min(value.total, value.available + reclaimable)
    if value.total:
        used = 100 * (value.total - available) / value.total
        yield Sample("unity_memory_used_percent", round(used, 2), unit=PERCENT)
    if value.swap_total:
        swapped = 100 * (value.swap_total - value.swap_free) / value.swap_total
        yield Sample("unity_swap_used_percent", round(swapped, 2), unit=PERCENT)


def _filesystems(value: Filesystems, prefix: str) -> Iterator[Sample]:
    largest = sorted(value.filesystems, key=lambda one: -one.size_bytes)
    for one in largest[:_MOST_FILESYSTEMS]:
        yield from _filesystem(one, prefix)


def _filesystem(one: Filesystem, prefix: str) -> Iterator[Sample]:
    labels = (("device", one.device), ("fstype", one.fstype), ("mountpoint", one.mountpoint))
    used = filesystem_percent(one.used_bytes, one.available_bytes)
    if used is not None:
        yield Sample(f"{prefix}filesystem_used_percent", round(used, 2), labels, unit=PERCENT)
        room = min(one.used_bytes + one.available_bytes, _ROOM_THAT_COUNTS)
        last = max(0.0, 100 - 100 * one.available_bytes / room)
        yield Sample(f"{prefix}filesystem_last_room_percent", round(last, 2), labels, unit=PERCENT)
    if one.inodes and one.inodes_free is not None:
        inodes = 100 * (one.inodes - one.inodes_free) / one.inodes
        yield Sample(
            f"{prefix}filesystem_inodes_used_percent", round(inodes, 2), labels, unit=PERCENT
        )
