"""What is known of a ZFS pool, whichever version of the tools told it."""

from enum import StrEnum

from pydantic import BaseModel

_SLOWEST = 10 * 1024**2  # bytes a second


class ScanKind(StrEnum):
    """What went through the pool's data."""

    SCRUB = "scrub"
    RESILVER = "resilver"


class ScanState(StrEnum):
    """How far it is."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Scan(BaseModel):
    """The last or running scrub or resilver.

    Times are seconds since 1970. `percent` is of what has to be issued, at most 100: the tools
    can count beyond the whole, because data are written meanwhile (openzfs issue 18338).
    The text tells the time left; JSON tells the numbers of the running pass that it is made of,
    with the time that was spent paused added to the start.
    """

    kind: ScanKind
    state: ScanState
    started_at: int | None = None
    ended_at: int | None = None
    percent: float | None = None
    repaired_bytes: int | None = None
    examined_bytes: int | None = None
    total_bytes: int | None = None
    errors: int | None = None
    seconds_left: int | None = None
    duration_seconds: int | None = None
    paused_at: int | None = None
    pass_started_at: int | None = None
    pass_issued_bytes: int | None = None
    left_bytes: int | None = None

    def time_left(self, now: float) -> int | None:
        """Return how many seconds it will still take, as far as the tool itself would say.

        `zpool status` gives none below 10 MB a second, where it is a guess (`zpool_main.c`).
        """
        if self.seconds_left is not None or self.state is not ScanState.RUNNING:
            return self.seconds_left
        begun, issued, left = self.pass_started_at, self.pass_issued_bytes, self.left_bytes
        if begun is None or not issued or left is None:
            return None
        a_second = issued / max(1.0, now - begun)
        return round(left / a_second) if a_second >= _SLOWEST else None


class VdevGroup(StrEnum):
    """What a device is in the pool for."""

    DATA = "data"
    LOG = "log"
    CACHE = "cache"
    SPARE = "spare"
    SPECIAL = "special"
    DEDUP = "dedup"


class Vdev(BaseModel):
    """A device or a mirror, RAID-Z … of devices; `parent` is the index of the one above it."""

    name: str
    group: VdevGroup
    state: str
    parent: int | None = None
    is_leaf: bool = True
    path: str = ""
    read_errors: int | None = None
    write_errors: int | None = None
    checksum_errors: int | None = None
    slow_ios: int | None = None
    note: str = ""


class ZfsPool(BaseModel):
    """One pool. `data_errors` counts permanent errors; None means that they could not be known."""

    name: str
    state: str
    message_id: str = ""  # such as ZFS-8000-9P; older versions and some states name none
    status: str = ""
    action: str = ""
    data_errors: int | None = None
    scan: Scan | None = None
    guid: str = ""
    size_bytes: int | None = None
    allocated_bytes: int | None = None
    free_bytes: int | None = None
    fragmentation_percent: float | None = None
    capacity_percent: float | None = None
    is_read_only: bool | None = None
    read_errors: int | None = None
    write_errors: int | None = None
    checksum_errors: int | None = None
    vdevs: list[Vdev]


class ZfsPools(BaseModel):
    """The imported pools, in the order of the tool."""

    pools: list[ZfsPool]
