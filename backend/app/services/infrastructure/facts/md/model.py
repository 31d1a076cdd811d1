"""What is known of an md array."""

from enum import StrEnum

from pydantic import BaseModel


class SyncKind(StrEnum):
    """What the kernel does to the whole array."""

    RESYNC = "resync"  # after a crash or at creation: all data are there
    RECOVERY = "recovery"  # a member is filled: until then one more loss may be too much
    CHECK = "check"  # reads and compares; nothing is wrong
    REPAIR = "repair"
    RESHAPE = "reshape"


class Sync(BaseModel):
    """A running or waiting pass over the array."""

    kind: SyncKind
    is_waiting: bool = False  # DELAYED or PENDING: another array on the same disks goes first
    percent: float | None = None
    seconds_left: int | None = None
    speed_bytes: int | None = None  # a second


class MemberRole(StrEnum):
    """What a device does in its array."""

    ACTIVE = "active"
    REBUILDING = "rebuilding"
    SPARE = "spare"
    FAULTY = "faulty"
    JOURNAL = "journal"
    REPLACEMENT = "replacement"


class Member(BaseModel):
    """One device of an array; `slot` is its place, None for spares and faulty ones."""

    name: str
    role: MemberRole
    slot: int | None = None
    is_write_mostly: bool = False
    errors: int | None = None  # corrected read errors, as the kernel counts them


class MdArray(BaseModel):
    """One array. `state` is the kernel's word in mdstat: active, inactive, broken."""

    name: str
    level: str  # raid1 …, or "container" for what a firmware RAID keeps its arrays in
    state: str
    is_read_only: bool = False
    is_container_part: bool = False
    metadata: str = ""
    size_bytes: int | None = None
    wanted: int | None = None  # members that belong to it
    working: int | None = None  # of these, those in sync
    bitmap: str = ""  # internal, external, or nothing
    mismatches: int | None = None
    sync: Sync | None = None
    uuid: str = ""
    members: list[Member]


class MdArrays(BaseModel):
    """The arrays in the order of the kernel's list."""

    arrays: list[MdArray]
