"""Pools: the list, and one of them with its members."""

import uuid
from datetime import datetime

from pydantic import Field

from app.models.infrastructure.storage_pool import PoolKind
from app.schemas.base import Input, Output, PageQuery
from app.schemas.infrastructure.upkeep import ScrubVerb


class PoolQuery(PageQuery):
    """Which pools a list shows."""

    kind: PoolKind | None = Field(None, description="`zfs`, `md`, `lvm` or `btrfs`.")
    level: str = Field("", max_length=20, description="Only those with this verdict.")
    server_id: uuid.UUID | None = Field(None, description="Only those of this server.")


class PoolReasonRead(Output):
    """One thing that speaks against a pool."""

    code: str = Field(examples=["zfs_degraded"])
    level: str
    message: str
    fix: str
    source: str = Field(description="Where the rule comes from.")
    is_acknowledged: bool = Field(description="Known to somebody; quiet until it changes.")


class PoolRead(Output):
    """A pool as lists show it."""

    id: uuid.UUID
    server_id: uuid.UUID
    server_name: str
    kind: PoolKind
    name: str
    layout: str = Field(examples=["raidz2"])
    state: str = Field(description="In the word of its own tool.", examples=["ONLINE"])
    level: str = Field(description="`ok`, `unknown`, `watch`, `warning` or `failing`.")
    level_since: datetime | None
    reasons: list[PoolReasonRead]
    size_bytes: int | None
    used_bytes: int | None
    used_percent: float | None
    fragmentation_percent: float | None
    activity: str = Field(description="What runs: scrub, resilver, check; or nothing.")
    activity_percent: float | None
    activity_ends_at: datetime | None
    last_scrub_at: datetime | None
    last_scrub_errors: int | None
    first_seen_at: datetime
    last_seen_at: datetime
    missing_since: datetime | None
    scrub_days: int = Field(description="How often Unity starts a scrub; 0: never.")
    scrub_hour: int | None = Field(description="From which hour one may begin; null: at any.")
    scrub_started_at: datetime | None = Field(description="When Unity last started one.")


class ScrubSchedule(Input):
    """How often Unity starts scrubs; 0 days: never."""

    days: int = Field(ge=0, le=366, examples=[30])
    hour: int | None = Field(
        None, ge=0, le=23, description="It begins within six hours from then; null: at any time."
    )


class ScrubStart(Input):
    """Start, pause or stop a scrub."""

    verb: ScrubVerb


class PoolMemberRead(Output):
    """A device of a pool, or what devices are put together to."""

    name: str
    state: str
    role: str
    parent: int | None = Field(description="The index of the member above, in this list.")
    is_leaf: bool
    is_well: bool
    path: str
    read_errors: int | None
    write_errors: int | None
    checksum_errors: int | None
    note: str
    device_id: uuid.UUID | None = Field(description="The drive it lies on, when it is known.")


class VolumeRead(Output):
    """A logical volume."""

    name: str
    layout: str
    size_bytes: int | None
    data_percent: float | None
    metadata_percent: float | None
    sync_percent: float | None
    health: str


class DatasetRead(Output):
    """A dataset of ZFS that has snapshots or a quota."""

    name: str = Field(examples=["tank/home"])
    used_bytes: int | None
    available_bytes: int | None
    quota_bytes: int | None = Field(description="Of `quota` and `refquota` the fuller one.")
    quota_percent: float | None = Field(description="How much of the quota is used.")
    snapshots: int
    snapshot_bytes: int | None = Field(description="What only snapshots still hold.")
    oldest_at: datetime | None
    newest_at: datetime | None
    every_seconds: int | None = Field(
        description="The longest that it was lately without a new snapshot; null: no rhythm."
    )
    is_late: bool = Field(description="It got snapshots regularly, and does not any more.")


class PoolNote(Output):
    """Something that only this kind of pool tells."""

    name: str
    value: str


class PoolDetail(PoolRead):
    """A pool with everything that is known of it."""

    status: str = Field(description="What its own tool says about its state.")
    action: str = Field(description="What its own tool advises.")
    message_id: str = Field(examples=["ZFS-8000-9P"])
    data_errors: int | None
    mismatches: int | None
    cannot_scrub: str = Field(description="Why it cannot be scrubbed; empty when it can.")
    notes: list[PoolNote]
    members: list[PoolMemberRead]
    volumes: list[VolumeRead]
    datasets: list[DatasetRead]
    datasets_read_at: datetime | None = Field(description="They are asked every six hours.")


class PoolSummary(Output):
    """The pools by verdict."""

    total: int
    levels: dict[str, int]
    size_bytes: int
    used_bytes: int
    busy: int = Field(description="How many are being scrubbed, checked or filled.")
