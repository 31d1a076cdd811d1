"""MongoDB and what speaks its protocol: what it is asked, and what its answers mean."""

from collections.abc import Iterator
from datetime import datetime

from app.ports.database_driver import Question
from app.services.infrastructure.databases.answers import Answers, total
from app.services.infrastructure.databases.figures import (
    Column,
    Figure,
    Problem,
    Reading,
    Table,
    percent,
)
from app.services.infrastructure.facts.document import Node

_PRIMARY, _SECONDARY, _ARBITER = 1, 2, 7
_STATES = {
    0: "starting",
    1: "primary",
    2: "secondary",
    3: "recovering",
    5: "starting",
    6: "unknown",
    7: "arbiter",
    8: "down",
    9: "rolling back",
    10: "removed",
}
_ENDS = (
    '{{"find": "oplog.rs", "sort": {{"$natural": {order}}}, "limit": 1, "projection": {{"ts": 1}}}}'
)
SERVER = (Question("build", '{"buildInfo": 1}'), Question("hello", '{"hello": 1}'))
_HOST = Question("options", '{"getCmdLineOpts": 1}')
_STATUS = Question("status", '{"serverStatus": 1, "tcmalloc": 0, "mirroredReads": 0}')
_MEMBERS = Question("members", '{"replSetGetStatus": 1}')
_SIZES = Question("sizes", '{"listDatabases": 1}', seconds=8)
_FIRST = Question("oplog_first", _ENDS.format(order=1), database="local")
_LAST = Question("oplog_last", _ENDS.format(order=-1), database="local")
_OPLOG = Question("oplog", '{"collStats": "oplog.rs"}', database="local")
_MOST_LABELS = 50
_MILLISECONDS = 1000


def questions(answers: Answers) -> tuple[Question, ...]:
    """Return what is asked every round; a server alone has neither members nor an oplog."""
    alone = (_STATUS, _SIZES, _HOST)
    if answers.document("hello").at("setName").word():
        return (*alone, _MEMBERS, _FIRST, _LAST, _OPLOG)
    return alone


def read(answers: Answers) -> Reading:
    """Read a round."""
    status, hello = answers.document("status"), answers.document("hello")
    members = [Member(node) for node in answers.document("members").at("members").items()]
    build = answers.document("build")
    reading = Reading(
        version=_version(build)[:120],
        role=_role(hello, status),
        data_path=answers.document("options").at("parsed", "storage", "dbPath").word(),
        figures=[
            *_connections(answers, status),
            *_work(answers, status),
            *_memory(answers, status),
            *_replication(answers, members, hello),
            *_storage(answers),
            answers.figure("uptime_seconds", status.at("uptime").number(), "status"),
            Figure(key="backup_age_seconds", why="mongodump and snapshots leave no trace inside."),
        ],
        tables=[_database_table(answers), _member_table(answers, members)],
        problems=list(_problems(members)),
    )
    refused = [answers.get(key) for key in ("status", "members", "sizes", "oplog_last")]
    if any(one is not None and one.missing == "no_right" for one in refused):
        reading.missing.append("The user is not a clusterMonitor: part of the numbers is hidden.")
    return reading


class Member:
    """A member of a replica set, as replSetGetStatus tells it."""

    def __init__(self, node: Node) -> None:
        self.name = node.at("name").word()
        self.is_self = node.at("self").flag() is True
        self.state = node.at("state").count()
        self.health = node.at("health").number()
        self.optime = seconds_of(node.at("optimeDate"))
        self.ping = node.at("pingMs").number()

    @property
    def is_well(self) -> bool:
        return self.health == 1 and self.state in (_PRIMARY, _SECONDARY, _ARBITER)


def seconds_of(node: Node) -> float | None:
    """Return a time of the extended JSON in seconds: a date, a number of milliseconds, a stamp."""
    stamp = node.at("$timestamp", "t").number()
    if stamp is not None:
        return stamp
    value = node.at("$date").value if node.has("$date") else node.value
    long = Node(value).at("$numberLong").number()
    if long is not None:
        return long / _MILLISECONDS
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return None
    return None


def _version(build: Node) -> str:
    """Return the engine's own version: others claim to be a MongoDB for the sake of clients."""
    own = build.at("ferretdbVersion").word() or build.at("ferretdb", "version").word()
    return f"FerretDB {own}" if own else build.at("version").word()


def _role(hello: Node, status: Node) -> str:
    if hello.at("msg").word() == "isdbgrid" or status.at("process").word() == "mongos":
        return "router"
    if not hello.at("setName").word():
        return "standalone" if hello.value else ""
    if hello.at("isWritablePrimary").flag() or hello.at("ismaster").flag():
        return "primary"
    return "secondary" if hello.at("secondary").flag() else "member that is not ready"


def _connections(answers: Answers, status: Node) -> Iterator[Figure]:
    place = status.at("connections")
    used, free = place.at("current").number(), place.at("available").number()
    most = None if used is None or free is None else used + free
    yield answers.figure("connections", used, "status")
    yield answers.figure("connections_limit", most, "status")
    yield answers.figure("connections_used_percent", percent(used, most), "status")
    yield answers.figure("connections_active", place.at("active").number(), "status")
    yield answers.figure("rejected_connections", place.at("rejected").number(), "status")


def _work(answers: Answers, status: Node) -> Iterator[Figure]:
    kinds = ("insert", "query", "update", "delete", "getmore", "command")
    done = total(status.at("opcounters", kind).number() for kind in kinds)
    yield answers.figure("queries", done, "status")
    cursors = status.at("metrics", "cursor", "open", "total").number()
    yield answers.figure("cursors_open", cursors, "status")
    queued = status.at("globalLock", "currentQueue", "total").number()
    yield answers.figure("locks_waiting", queued, "status")
    transactions = status.at("transactions", "totalCommitted").number()
    yield answers.figure("transactions", transactions, "status")


def _memory(answers: Answers, status: Node) -> Iterator[Figure]:
    cache = status.at("wiredTiger", "cache")
    used = cache.at("bytes currently in the cache").number()
    most = cache.at("maximum bytes configured").number()
    asked = cache.at("pages requested from the cache").number()
    missed = cache.at("pages read into cache").number()
    hits = None if asked is None or missed is None else max(0.0, asked - missed)
    none = "This storage engine tells nothing of its cache."
    yield answers.share("cache_hit_percent", hits, asked, "status", why=none)
    yield answers.figure("memory_used_bytes", used, "status", why=none)
    yield answers.figure("memory_limit_bytes", most, "status", why=none)


def _replication(answers: Answers, members: list[Member], hello: Node) -> Iterator[Figure]:
    alone = "" if hello.at("setName").word() else "It is in no replica set."
    primary = next((one for one in members if one.state == _PRIMARY), None)
    own = next((one for one in members if one.is_self), None)
    lag = None
    if own is not None and own.state == _SECONDARY and primary is not None:
        lag = _behind(own, primary)
    why = alone or "It is not a secondary."
    yield answers.figure("replication_lag_seconds", lag, *_asked(alone, "members"), why=why)
    unwell = float(sum(not one.is_well for one in members)) if members else None
    yield answers.figure("members_unhealthy", unwell, *_asked(alone, "members"), why=alone)
    for one in members:
        behind = _behind(one, primary) if primary is not None else None
        if not one.is_self and one.state == _SECONDARY and behind is not None:
            labels = (("replica", one.name[:60]),)
            yield Figure(key="replication_lag_seconds", value=behind, labels=labels)
    keys = _asked(alone, "oplog_first", "oplog_last")
    yield answers.figure("oplog_window_seconds", _oplog_window(answers), *keys, why=alone)


def _asked(alone: str, *keys: str) -> tuple[str, ...]:
    return () if alone else keys


def _behind(one: Member, primary: Member) -> float | None:
    if one.optime is None or primary.optime is None:
        return None
    return max(0.0, primary.optime - one.optime)


def _oplog_window(answers: Answers) -> float | None:
    """Return for how many seconds of changes the oplog has room, at the pace of those it holds.

    One that is not full yet, as in a set that is an hour old, reaches back no further than to its
    own beginning; that says nothing of how long a member may be away.
    """
    first, last = (_oplog_end(answers, key) for key in ("oplog_first", "oplog_last"))
    if first is None or last is None:
        return None
    told = answers.document("oplog")
    room, used = told.at("maxSize").number(), told.at("size").number()
    growth = max(1.0, room / used) if room and used else 1.0
    return max(0.0, last - first) * growth


def _oplog_end(answers: Answers, key: str) -> float | None:
    batch = list(answers.document(key).at("cursor", "firstBatch").items())
    return seconds_of(batch[0].at("ts")) if batch else None


def _storage(answers: Answers) -> Iterator[Figure]:
    sizes = answers.document("sizes")
    rows = list(sizes.at("databases").items())
    whole = sizes.at("totalSize").number()
    if whole is None:
        whole = total(row.at("sizeOnDisk").number() for row in rows)
    yield answers.figure("size_bytes", whole, "sizes")
    for row in rows[:_MOST_LABELS]:
        labels = (("database", row.at("name").word()[:60]),)
        size = row.at("sizeOnDisk").number()
        yield answers.figure("size_bytes", size, "sizes", labels=labels)


def _problems(members: list[Member]) -> Iterator[Problem]:
    if members and not any(one.state == _PRIMARY for one in members):
        yield Problem(
            code="no_primary",
            message="Its replica set has no primary: nothing can be written.",
            fix="See with rs.status() which members are up, and bring a majority back.",
        )
    for one in members:
        if not one.is_well:
            state = _STATES.get(one.state or 0, "unknown")
            yield Problem(
                code="member_unwell",
                message=f"The member {one.name} is {state}.",
                fix="Look at that member's log, and that the others reach it.",
            )


def _database_table(answers: Answers) -> Table:
    rows = list(answers.document("sizes").at("databases").items())
    return Table(
        key="databases",
        title="Databases",
        why=answers.why("sizes"),
        columns=[
            Column(key="database", title="Database"),
            Column(key="size", title="Size", unit="bytes"),
        ],
        rows=[[row.at("name").word(), row.at("sizeOnDisk").number()] for row in rows[:100]],
    )


def _member_table(answers: Answers, members: list[Member]) -> Table:
    primary = next((one for one in members if one.state == _PRIMARY), None)
    why = "" if members else "It is in no replica set."
    return Table(
        key="replication",
        title="Replica set",
        why=why if answers.get("members") is None else answers.why("members"),
        columns=[
            Column(key="member", title="Member"),
            Column(key="state", title="State"),
            Column(key="lag", title="Behind", unit="s"),
            Column(key="ping", title="Answers in", unit="ms"),
        ],
        rows=[
            [one.name, _STATES.get(one.state or 0, "unknown"),
             None if primary is None else _behind(one, primary), one.ping]
            for one in members
        ],
    )  # fmt: skip
