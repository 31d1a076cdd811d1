"""The datasets of a ZFS pool: what is kept of them, and what is wrong with their room and age.

Nobody says how often a dataset is to get a snapshot, so its own rhythm does: the days of its newest
snapshots. One that was made by hand, or a burst of them on one day, is no rhythm and expects none.
"""

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pydantic import BaseModel

from app.kernel.text import size_words
from app.services.infrastructure.facts.zfs.datasets import ZfsDataset
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.storage.rules import Level

MOST_KEPT = 300  # of one pool; those that say something come first
QUOTA_WATCH, QUOTA_WARNING = 80.0, 90.0
_DAYS_OF_A_RHYTHM = 4
_SHORTEST = timedelta(days=2)
_TIMES = 2
_NAMED = 5
_SANOID = "sanoid, sanoid.defaults.conf: warned when the newest snapshot is older than its rhythm"
_QUOTAS = "TrueNAS, alert/source/quota.py: from 80 % of a quota"


class DatasetView(BaseModel):
    """One dataset as a machine showed it last, with what is remembered of its snapshots."""

    name: str
    used_bytes: int | None = None
    available_bytes: int | None = None
    quota_bytes: int | None = None
    quota_used_bytes: int | None = None
    snapshot_bytes: int | None = None
    snapshots: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    every_seconds: int | None = None  # the longest that it was without, of its last days
    is_late: bool = False

    @property
    def quota_percent(self) -> float | None:
        """Return how much of the quota is used: of the two that ZFS has, the fuller one."""
        if not self.quota_bytes or self.quota_used_bytes is None:
            return None
        return round(100 * self.quota_used_bytes / self.quota_bytes, 1)


def keep(
    shown: Sequence[ZfsDataset], before: Sequence[DatasetView], now: datetime
) -> list[DatasetView]:
    """Return what is kept of the datasets of one pool; those that tell nothing are left out."""
    known = {one.name: one for one in before}
    views = [_view(one, known.get(one.name), now) for one in shown]
    telling = [one for one in views if one.newest_at or one.quota_bytes]
    return sorted(telling, key=_first)[:MOST_KEPT]


def _first(one: DatasetView) -> tuple[bool, float, str]:
    return (not one.is_late, -(one.quota_percent or 0.0), one.name)


def _view(shown: ZfsDataset, before: DatasetView | None, now: datetime) -> DatasetView:
    quota, used = _tightest(shown)
    view = DatasetView(
        name=shown.name,
        used_bytes=shown.used_bytes,
        available_bytes=shown.available_bytes,
        quota_bytes=quota,
        quota_used_bytes=used,
        snapshot_bytes=shown.snapshot_bytes,
        snapshots=shown.snapshots,
        oldest_at=_time(shown.oldest_snapshot_at),
        newest_at=_time(shown.days[0]) if shown.days else None,
        every_seconds=_rhythm(shown.days),
    )
    if before is not None and before.every_seconds is not None:
        # Clearing up goes on when making has ended, so a rhythm outlives the snapshots it is of.
        view.newest_at = view.newest_at or before.newest_at
        if view.newest_at == before.newest_at or view.every_seconds is None:
            view.every_seconds = before.every_seconds
    view.is_late = _is_late(view, now)
    return view


def _tightest(one: ZfsDataset) -> tuple[int | None, int | None]:
    pairs = ((one.quota_bytes, one.used_bytes), (one.refquota_bytes, one.referenced_bytes))
    known = [(quota, used) for quota, used in pairs if quota and used is not None]
    return max(known, key=lambda pair: pair[1] / pair[0], default=(None, None))


def _rhythm(days: Sequence[int]) -> int | None:
    """Return the longest time between two of its last days with snapshots, newest first."""
    if len(days) < _DAYS_OF_A_RHYTHM:
        return None
    return max(0, *(newer - older for newer, older in pairwise(days)))


def _is_late(one: DatasetView, now: datetime) -> bool:
    if one.newest_at is None or one.every_seconds is None:
        return False
    return now - one.newest_at > max(_SHORTEST, _TIMES * timedelta(seconds=one.every_seconds))


def judge_datasets(pool: str, datasets: Sequence[DatasetView]) -> Iterator[PoolReason]:
    """Say which datasets are nearly full, and which get no snapshots any more."""
    late = [one for one in datasets if one.is_late]
    if late:
        example = shlex.quote(f"{late[0].name}@now")
        yield PoolReason(
            code="zfs_snapshots_late",
            level=Level.WARNING,
            topic="snapshots",
            message=_late(late),
            fix="Look at what makes them (`systemctl list-timers`, sanoid, zrepl, cron); by hand:"
            f" `zfs snapshot {example}`. If it is meant, say that you know it.",
            source=_SANOID,
        )
    full = [(one.quota_percent, one) for one in datasets if one.quota_percent is not None]
    full = sorted((one for one in full if one[0] >= QUOTA_WATCH), key=lambda one: -one[0])
    if full:
        percent, worst = full[0]
        yield PoolReason(
            code="zfs_quota",
            level=Level.WARNING if percent >= QUOTA_WARNING else Level.WATCH,
            topic="quota",
            message=_full(full),
            fix="Delete what is not needed, or give it more:"
            f" `zfs get quota,refquota {shlex.quote(worst.name)}` and"
            f" `zfs list -o space -r {shlex.quote(pool)}` show what uses it.",
            source=_QUOTAS,
        )


def _late(late: Sequence[DatasetView]) -> str:
    named = [
        f"{one.name} has had none since {one.newest_at:%Y-%m-%d %H:%M} UTC" for one in late[:_NAMED]
    ]
    return "Snapshots have stopped: " + ", ".join(named) + _more(late) + "."


def _full(full: Sequence[tuple[float, DatasetView]]) -> str:
    named = [
        f"{one.name} uses {percent:.0f} % of {size_words(one.quota_bytes or 0)}"
        for percent, one in full[:_NAMED]
    ]
    return "Near the quota: " + ", ".join(named) + _more(full) + "."


def _more(all_of_them: Sequence[object]) -> str:
    beyond = len(all_of_them) - _NAMED
    return f", and {beyond} more" if beyond > 0 else ""


def _time(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
