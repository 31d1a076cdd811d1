"""What is wrong with a pool, with the source of each rule. Pure: a view and the time.

A worse value never makes a verdict better: every rule only adds a reason, and the level is that
of the worst one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.pools.btrfs_verdicts import judge_btrfs, judge_btrfs_scrub
from app.services.infrastructure.pools.datasets import DatasetView, judge_datasets
from app.services.infrastructure.pools.lvm_verdicts import judge_lvm
from app.services.infrastructure.pools.md_verdicts import judge_md
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.room import judge_room
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.pools.zfs_verdicts import judge_zfs
from app.services.infrastructure.storage.rules import RANK, Level

# Debian and Ubuntu scrub on the second Sunday of each month, which are up to 35 days apart: at 32
# days, as the Zabbix community has it, a machine that does as it should would be told of.
SCRUB_EVERY = timedelta(days=36)
_NOT_READABLE = frozenset(
    {"FAULTED", "UNAVAIL", "SUSPENDED", "OFFLINE", "REMOVED", "inactive", "broken", "exported"}
)
_LATE = timedelta(days=7)
_PASSES = frozenset({"scrub", "check", "repair"})
_SCRUBS = "Debian's zfsutils-linux scrubs on each second Sunday: every 35 days at the latest"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known beside the view: the last scrub, the first sight, and the schedule."""

    last_scrub_at: datetime | None = None
    first_seen_at: datetime | None = None
    scrub_days: int = 0
    scrub_errors: int | None = None  # of btrfs, which only root may ask
    uncorrectable: int | None = None
    datasets: Sequence[DatasetView] = ()  # of ZFS


_NOTHING = Kept()


def judge_pool(pool: PoolView, now: datetime, kept: Kept = _NOTHING) -> list[PoolReason]:
    """Return all reasons, the worst first; none means that it is well."""
    found = [
        *_judge_kind(pool, now, kept),
        *_scrub_age(pool, now, kept),
        *judge_room(pool),
        *judge_datasets(pool.name, kept.datasets),
    ]
    return sorted(found, key=lambda reason: -RANK[reason.level])


def _judge_kind(pool: PoolView, now: datetime, kept: Kept) -> list[PoolReason]:
    match pool.kind:
        case PoolKind.ZFS:
            return list(judge_zfs(pool, now))
        case PoolKind.MD:
            return list(judge_md(pool))
        case PoolKind.BTRFS:
            scrub = judge_btrfs_scrub(pool, kept.scrub_errors, kept.uncorrectable or 0)
            return [*judge_btrfs(pool), *scrub]
        case PoolKind.LVM:
            return list(judge_lvm(pool))


def level_of(reasons: list[PoolReason]) -> Level:
    """Return the level of the worst reason."""
    return max((reason.level for reason in reasons), key=RANK.__getitem__, default=Level.OK)


def _scrub_age(pool: PoolView, now: datetime, kept: Kept) -> Iterator[PoolReason]:
    """Say that the last scrub is too long ago; of what keeps no date, only where one is planned."""
    if pool.state in _NOT_READABLE or pool.missing:
        return
    last = pool.last_scrub_at or kept.last_scrub_at
    is_expected = pool.kind is PoolKind.ZFS or kept.scrub_days > 0
    since = last or (kept.first_seen_at if is_expected else None)
    limit = timedelta(days=kept.scrub_days) + _LATE if kept.scrub_days else SCRUB_EVERY
    until = _looked_at(pool, now)
    if since is None or until is None or until - since <= limit:
        return
    days = (now - since).days
    never = f"It has not been scrubbed in the {days} days that it is known."
    yield PoolReason(
        code="scrub_overdue",
        level=Level.WARNING,
        topic="scrub",
        message=f"The last scrub ended {days} days ago." if last else never,
        fix=_overdue_fix(pool),
        source="The schedule of this pool, and a week" if kept.scrub_days else _SCRUBS,
    )


def _looked_at(pool: PoolView, now: datetime) -> datetime | None:
    """Return until when a pool has waited for a scrub; None where that cannot be said.

    What was overdue when its scrub began is so until that ends: only then was all of it read. One
    that runs long does not become overdue by it.
    """
    if pool.activity not in _PASSES or pool.is_activity_paused:
        return now
    return pool.activity_started_at


def _overdue_fix(pool: PoolView) -> str:
    if pool.is_activity_paused:
        return "One was begun and is paused: let it go on."
    if pool.activity in _PASSES:
        return "One runs now: wait for its end."
    if pool.activity:
        return f"Wait for the end of the {pool.activity} that runs, then start one on its page."
    return "Start one on its page, or have one planned: data that nobody reads rot unseen."
