"""The numbers of databases: what each is called, what it means, and why one may be missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import BaseModel

from app.services.core.facts import Sample

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of number. The metric is `unity_database_<key>`, `_total` behind a counter."""

    key: str
    title: str
    group: str
    unit: str = ""
    is_counter: bool = False

    @property
    def metric(self) -> str:
        return f"unity_database_{self.key}{'_total' if self.is_counter else ''}"


_GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "Connections": (
        Kind("connections", "Connections", "Connections"),
        Kind("connections_limit", "Most connections", "Connections"),
        Kind("connections_used_percent", "Connections in use", "Connections", "percent"),
        Kind("connections_active", "Connections at work", "Connections"),
        Kind("connections_idle_in_transaction", "Idle in a transaction", "Connections"),
        Kind("rejected_connections", "Refused", "Connections", "per second", is_counter=True),
        Kind("blocked_clients", "Waiting clients", "Connections"),
    ),
    "Work": (
        Kind("transactions", "Transactions", "Work", "per second", is_counter=True),
        Kind("rollbacks", "Rolled back", "Work", "per second", is_counter=True),
        Kind("queries", "Questions", "Work", "per second", is_counter=True),
        Kind("slow_queries", "Slow queries", "Work", "per second", is_counter=True),
        Kind("longest_query_seconds", "Longest query", "Work", "s"),
        Kind("temporary_bytes", "Temporary files", "Work", "bytes per second", is_counter=True),
        Kind("threads_running", "Threads at work", "Work"),
        Kind("cursors_open", "Open cursors", "Work"),
        Kind("key_hit_percent", "Keys asked for that were there", "Work", "percent"),
    ),
    "Memory": (
        Kind("cache_hit_percent", "Read from the cache", "Memory", "percent"),
        Kind("memory_used_bytes", "Memory in use", "Memory", "bytes"),
        Kind("memory_limit_bytes", "Memory limit", "Memory", "bytes"),
        Kind("memory_used_percent", "Memory in use of its limit", "Memory", "percent"),
        Kind("fragmentation_ratio", "Memory taken for each byte used", "Memory"),
        Kind("evicted_keys", "Keys thrown out for room", "Memory", "per second", is_counter=True),
        Kind("expired_keys", "Keys whose time was over", "Memory", "per second", is_counter=True),
        Kind("keys", "Keys", "Memory"),
    ),
    "Locks": (
        Kind("locks", "Locks held", "Locks"),
        Kind("locks_used_percent", "Locks held of the most", "Locks", "percent"),
        Kind("locks_waiting", "Waiting for a lock", "Locks"),
        Kind("deadlocks", "Deadlocks", "Locks", "per second", is_counter=True),
        Kind("longest_transaction_seconds", "Longest transaction", "Locks", "s"),
        Kind("history_length", "Old row versions to clear away", "Locks"),
    ),
    "Replication": (
        Kind("replicas", "Replicas connected", "Replication"),
        Kind("replication_lag_seconds", "Behind its source", "Replication", "s"),
        Kind("replication_lag_bytes", "Log that a replica lacks", "Replication", "bytes"),
        Kind("replication_broken", "Broken replication", "Replication"),
        Kind("slot_retained_bytes", "Kept for a replica that is away", "Replication", "bytes"),
        Kind("oplog_window_seconds", "Window of the oplog", "Replication", "s"),
        Kind("members_unhealthy", "Members that are not well", "Replication"),
        Kind("cluster_not_ready", "Not ready in its cluster", "Replication"),
    ),
    "Upkeep": (
        Kind("dead_rows", "Dead rows", "Upkeep"),
        Kind("dead_rows_percent", "Dead rows", "Upkeep", "percent"),
        Kind("wraparound_percent", "Of the transaction numbers used", "Upkeep", "percent"),
        Kind("vacuum_age_seconds", "Oldest vacuum of a large table", "Upkeep", "s"),
        Kind("checkpoints_requested_percent", "Checkpoints out of turn", "Upkeep", "percent"),
    ),
    "Storage": (
        Kind("size_bytes", "Size", "Storage", "bytes"),
        Kind("capacity_bytes", "Capacity", "Storage", "bytes"),
        Kind("free_bytes", "Free", "Storage", "bytes"),
        Kind("used_percent", "Capacity in use", "Storage", "percent"),
        Kind("objects", "Objects", "Storage"),
        Kind("drives_offline", "Drives offline", "Storage"),
        Kind("drives_online", "Drives online", "Storage"),
        Kind("nodes_offline", "Nodes offline", "Storage"),
        Kind("quorum_missing", "Too few drives to write", "Storage"),
        Kind("healing_drives", "Drives being healed", "Storage"),
    ),
    "Safety": (
        Kind("last_save_age_seconds", "Since the last save", "Safety", "s"),
        Kind("unsaved_changes", "Changes since the last save", "Safety"),
        Kind("save_failed", "The last save failed", "Safety"),
        Kind("backup_age_seconds", "Since the last backup that was seen", "Safety", "s"),
        Kind("archive_failed", "Archiving of the log fails", "Safety"),
    ),
    "Process": (Kind("uptime_seconds", "Runs for", "Process", "s"),),
}  # fmt: skip
KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.key: kind for kinds in _GROUPS.values() for kind in kinds}
)
# Of these an alert that watches one series ends when the engine no longer has it.
WHOLE = frozenset({"size_bytes", "dead_rows_percent", "slot_retained_bytes"})


class Share(BaseModel):
    """Counts since the engine started, of which a share is told: so many of so many."""

    part: float
    whole: float


class Figure(BaseModel):
    """One number that was read, or why it was not. `labels` tell several of one kind apart.

    With `share` the value is that of the time since the round in which these counts were read.
    """

    key: str
    value: float | None = None
    why: str = ""
    labels: Labels = ()
    share: Share | None = None


class Column(BaseModel):
    """A column of a table; `unit` says how its numbers are written."""

    key: str
    title: str
    unit: str = ""


class Table(BaseModel):
    """Rows for people: the largest databases, the slowest queries. Or why there are none."""

    key: str
    title: str
    columns: list[Column]
    rows: list[list[str | float | int | bool | None]] = []
    why: str = ""


class Problem(BaseModel):
    """Something that the engine itself says is not well."""

    code: str
    message: str
    fix: str = ""


class Reading(BaseModel):
    """What one round read of a database."""

    kind: str = ""  # where the engine says that it is another than its process is called
    version: str = ""
    role: str = ""  # primary, replica, standalone, member of a cluster …
    data_path: str = ""
    figures: list[Figure] = []
    tables: list[Table] = []
    problems: list[Problem] = []
    missing: list[str] = []  # what the login may not see, in sentences
    databases: list[str] = []  # that may be asked for their tables, where each is asked alone

    def value(self, key: str) -> float | None:
        """Return the number without labels of a kind."""
        return next((one.value for one in self.figures if one.key == key and not one.labels), None)


def samples_of(figures: Iterable[Figure]) -> list[Sample]:
    """Return the numbers that are kept over time."""
    found = []
    for one in figures:
        kind = KINDS[one.key]
        if one.value is not None:
            # What is kept of a counter is its rate: "per second" comes with that.
            unit = kind.unit.removesuffix("per second").strip() if kind.is_counter else kind.unit
            found.append(Sample(kind.metric, one.value, one.labels, unit, kind.is_counter))
    return found


_ENOUGH = 1000  # of fewer reads a share says nothing


def since_last(reading: Reading, before: Reading) -> None:
    """Let shares be those of the time since they were last told, not since the engine's start.

    Over months no hour of bad reads moves a share of all that was ever read.
    """
    known = {one.key: one for one in before.figures if one.share is not None}
    for one in reading.figures:
        earlier = known.get(one.key)
        if one.share is None or earlier is None or earlier.share is None:
            continue
        part, whole = one.share.part - earlier.share.part, one.share.whole - earlier.share.whole
        if part < 0 or whole < part:
            continue  # it was started anew, or its counts were set back
        if whole < _ENOUGH:
            one.value, one.share = earlier.value, earlier.share
        else:
            one.value = percent(part, whole)


def percent(part: float | None, whole: float | None) -> float | None:
    """Return a share in percent; None where either is not known or the whole is nothing."""
    if part is None or whole is None or whole <= 0:
        return None
    return round(100 * part / whole, 3)
