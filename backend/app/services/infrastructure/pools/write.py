"""What the row of a pool keeps between two looks, and how a verdict is written into it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.infrastructure.facts.btrfs_status import BtrfsBalance, BtrfsScrub
from app.services.infrastructure.facts.md.mdadm import MdadmReport
from app.services.infrastructure.pool_round import PoolReadings
from app.services.infrastructure.pools.datasets import DatasetView, keep
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.verdicts import Kept, level_of


def kept_of(row: StoragePool) -> Kept:
    """Return what the rules may know of a pool's past and of its schedule."""
    root = root_detail_of(row)
    uncorrectable = root.scrub.counters.get("uncorrectable_errors") if root.scrub else None
    return Kept(
        row.last_scrub_at,
        row.first_seen_at,
        row.scrub_days,
        scrub_errors=row.last_scrub_errors if root.scrub else None,
        uncorrectable=uncorrectable,
        datasets=root.datasets,
    )


class RootDetail(BaseModel):
    """What only a slow round asks of a pool, the last time that it could; most of it as root."""

    array: MdadmReport | None = None
    scrub: BtrfsScrub | None = None
    balance: BtrfsBalance | None = None
    datasets: list[DatasetView] = []
    device_names: dict[int, str] = {}  # of btrfs, by number
    read_at: datetime | None = None


def root_detail_of(row: StoragePool) -> RootDetail:
    """Return what only root was told of a pool."""
    return RootDetail.model_validate_json(row.root_detail) if row.root_detail else RootDetail()


def write_root_detail(row: StoragePool, readings: PoolReadings, now: datetime) -> bool:
    """Write what a round brought of this pool; say whether it brought anything."""
    found = RootDetail(
        array=readings.arrays.get(row.identity),
        scrub=readings.scrubs.get(row.identity),
        balance=readings.balances.get(row.identity),
        device_names=readings.device_names.get(row.identity, {}),
    )
    datasets = readings.datasets.get(row.name) if row.kind == PoolKind.ZFS else None
    if datasets is not None:
        found.datasets = keep(datasets, root_detail_of(row).datasets, now)
    elif found == RootDetail():
        return False
    if not found.device_names:  # their disks may sleep
        found.device_names = root_detail_of(row).device_names
    found.read_at = now
    row.root_detail = found.model_dump_json(exclude_defaults=True)
    scrub = found.scrub
    if scrub is not None and scrub.status == "finished" and scrub.started_at is not None:
        ended = scrub.started_at + (scrub.seconds or 0)
        row.last_scrub_at = datetime.fromtimestamp(ended, UTC)
        row.last_scrub_errors = scrub.errors
    return True


def write_reasons(
    row: StoragePool, reasons: Sequence[PoolReason], now: datetime
) -> list[PoolReason]:
    """Write a verdict; return the reasons that nobody has acknowledged.

    An acknowledgement is of the very words of an error, with its number. It is forgotten once
    the error is no longer shown, so that the same one counts when it comes back.
    """
    shown = {reason.message for reason in reasons}
    if not shown.issuperset(row.acknowledged):
        row.acknowledged = {
            message: entry for message, entry in row.acknowledged.items() if message in shown
        }
    loud = [reason for reason in reasons if reason.message not in row.acknowledged]
    level = level_of(loud).value
    if row.level != level:
        row.level, row.level_since = level, now
    told = [_told(reason, is_known=reason.message in row.acknowledged) for reason in reasons]
    if row.reasons != told:
        row.reasons = told
    return loud


def _told(reason: PoolReason, *, is_known: bool) -> dict[str, str]:
    return {
        "code": reason.code,
        "level": reason.level.value,
        "topic": reason.topic,
        "message": reason.message,
        "fix": reason.fix,
        "source": reason.source,
        "is_acknowledged": "yes" if is_known else "",
    }
