"""What is known of a ZFS pool, whichever version of the tools told it."""

from enum import StrEnum

from pydantic import BaseModel


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
