"""The names of series: from a sample's metric and labels to the series' number."""

import json
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_series import MetricSeries, SeriesKind
from app.services.core.metrics.statements import table_of

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels, bool]  # metric, labels, is it a counter

_LONGEST_METRIC = 200
# PostgreSQL's index rows end at 2,704 bytes.
_LONGEST_LABELS = 1500
# A machine that shows ever new interfaces or mounts must not fill the database.
MOST_SERIES = 5000


@dataclass(slots=True)
class KnownSeries:
    """What the writer has to know of a series."""

    id: int
    interval: int


@dataclass(slots=True)
class _Names:
    stamp: int
    by_key: dict[Key, KnownSeries] = field(default_factory=dict)


class SeriesCache:
    """The series of the resources that this process writes; one for a process.

    An entry counts only while its stamp equals that of the resource's state row, so that what
    another process changed, or a transaction that was rolled back had entered, is never used.
    """

    def __init__(self) -> None:
        self._names: dict[uuid.UUID, _Names] = {}

    def is_fresh(self, resource_id: uuid.UUID, stamp: int) -> bool:
        """Tell whether what is known of a resource still counts."""
        names = self._names.get(resource_id)
        return names is not None and names.stamp == stamp

    def get(self, resource_id: uuid.UUID) -> dict[Key, KnownSeries]:
        """Return the series of a resource that is known."""
        return self._names[resource_id].by_key

    def put(self, resource_id: uuid.UUID, stamp: int) -> dict[Key, KnownSeries]:
        """Begin anew for a resource."""
        names = self._names[resource_id] = _Names(stamp)
        return names.by_key

    def restamp(self, resource_id: uuid.UUID, stamp: int) -> None:
        """Note that the state row gets another stamp in this transaction."""
        self._names[resource_id].stamp = stamp

    def drop(self, resource_ids: Iterable[uuid.UUID]) -> None:
        """Forget resources that are gone."""
        for resource_id in resource_ids:
            self._names.pop(resource_id, None)


@dataclass(frozen=True, slots=True)
class NewSeries:
    """A series that is about to be made."""

    resource_id: uuid.UUID
    key: Key
    unit: str
    interval: int
    since: int


def new_stamp() -> int:
    """Return a stamp that no other transaction has drawn."""
    return secrets.randbits(62)


def canonical(labels: Labels) -> str:
    """Return labels as the JSON text that names them in the database."""
    return json.dumps(dict(labels), sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=8192)
def parse_labels(text: str) -> Labels:
    """Return the labels that `canonical` wrote, in order."""
    labels: dict[str, str] = json.loads(text)
    return tuple(labels.items())


def is_storable(key: Key) -> bool:
    """Tell whether the names are short enough to be stored and indexed."""
    return 0 < len(key[0]) <= _LONGEST_METRIC and len(canonical(key[1])) <= _LONGEST_LABELS


def sorted_key(key: Key) -> Key:
    """Return the key with its labels in order."""
    return key[0], tuple(sorted(dict(key[1]).items())), key[2]


async def load_series(
    session: AsyncSession, cache: SeriesCache, stamps: dict[uuid.UUID, int]
) -> None:
    """Fill the cache with the series of some resources: one statement for all of them."""
    if not stamps:
        return
    known = {resource_id: cache.put(resource_id, stamp) for resource_id, stamp in stamps.items()}
    table = MetricSeries
    rows = await session.execute(
        select(
            table.resource_id, table.id, table.metric, table.labels, table.kind, table.interval
        ).where(table.resource_id.in_(stamps))
    )
    for resource_id, series_id, metric, labels, kind, interval in rows:
        key = (metric, parse_labels(labels), kind == SeriesKind.RATE)
        known[resource_id][key] = KnownSeries(series_id, interval)


def rate_unit(unit: str) -> str:
    """Return the unit of a counter's growth per second: seconds per second cancel out."""
    return unit.removesuffix(" s") if unit.endswith(" s") else f"{unit} per second".strip()


async def create_series(session: AsyncSession, wanted: Sequence[NewSeries]) -> None:
    """Insert series. Their numbers are read later, all at once: SQLite returns them one by one."""
    rows: list[dict[str, object]] = [
        {
            "resource_id": new.resource_id,
            "metric": new.key[0],
            "labels": canonical(new.key[1]),
            "kind": (SeriesKind.RATE if new.key[2] else SeriesKind.GAUGE).value,
            "unit": (rate_unit(new.unit) if new.key[2] else new.unit)[:40],
            "interval": new.interval,
            "since": new.since,
        }
        for new in wanted
    ]
    await session.execute(insert(table_of(MetricSeries)), rows)
