"""Redis and Valkey: what they are asked, and what their answers mean."""

import re
from collections.abc import Iterator, Mapping

from app.ports.database_driver import Question, Row
from app.services.infrastructure.databases.answers import Answers, number, of, total, word
from app.services.infrastructure.databases.figures import (
    Column,
    Figure,
    Problem,
    Reading,
    Table,
    percent,
)

_INFO = Question("info", "INFO all")
_SLOW = Question("slow", "SLOWLOG GET 15")
_CLIENTS = Question("maxclients", "CONFIG GET maxclients")
_SAVE = Question("save", "CONFIG GET save")
_TIME = Question("time", "TIME")
_CLUSTER = Question("cluster", "CLUSTER INFO")
SERVER = (_INFO,)
_WATCHED = re.compile(r"master\d{1,5}")
_HUGE_FRAGMENTATION_FROM = 100 * 1024 * 1024  # below, the ratio says nothing


def questions(answers: Answers) -> tuple[Question, ...]:
    """Return what is asked every round, of one that said what it is."""
    info = read_info(answers.text("info"))
    if _is_sentinel(info):
        return (_TIME,)
    always = (_SLOW, _CLIENTS, _SAVE, _TIME)
    return (*always, _CLUSTER) if info.get("cluster_enabled") == "1" else always


def read(answers: Answers) -> Reading:
    """Read a round."""
    info = read_info(answers.text("info"))
    role = {"master": "primary", "slave": "replica"}.get(info.get("role", ""), info.get("role", ""))
    reading = Reading(
        kind="valkey" if "valkey_version" in info else "",
        version=info.get("valkey_version", info.get("redis_version", ""))[:120],
        role=role[:40],
        figures=[
            *_connections(answers, info),
            *_work(answers, info),
            *_memory(answers, info),
            *_replication(answers, info),
            *_safety(answers, info),
            _figure(answers, "uptime_seconds", info, "uptime_in_seconds"),
        ],
        tables=[_keyspace(info), _slow_table(answers), _replica_table(info)],
        problems=list(_problems(answers, info)),
    )
    if answers.why("info"):
        reading.missing.append(answers.why("info"))
    return _of_sentinel(reading, info) if _is_sentinel(info) else reading


def _is_sentinel(info: Mapping[str, str]) -> bool:
    return info.get("redis_mode") == "sentinel"


def _of_sentinel(reading: Reading, info: Mapping[str, str]) -> Reading:
    """Leave of a reading what a sentinel has: it keeps no data, and watches those who do."""
    watched = [_fields(value) for name, value in info.items() if _WATCHED.fullmatch(name)]
    told = {"connections", "rejected_connections", "queries", "uptime_seconds"}
    reading.role = "sentinel"
    reading.figures = [one for one in reading.figures if one.key in told]
    reading.tables = [
        Table(
            key="replication",
            title="Primaries that it watches",
            why="" if watched else "It watches none.",
            columns=[
                Column(key="name", title="Name"),
                Column(key="address", title="Primary"),
                Column(key="state", title="State"),
                Column(key="replicas", title="Replicas", unit="count"),
                Column(key="sentinels", title="Sentinels", unit="count"),
            ],
            rows=[
                [one.get("name"), one.get("address"), one.get("status"),
                 number(one.get("slaves")), number(one.get("sentinels"))]
                for one in watched
            ],
        )
    ]  # fmt: skip
    reading.problems = [
        Problem(
            code="primary_lost",
            message=f"It sees the primary of {one.get('name')} ({one.get('address')}) as down.",
            fix="See that machine; with enough sentinels a replica takes over by itself:"
            f" `SENTINEL CKQUORUM {one.get('name')}`.",
        )
        for one in watched
        if one.get("status") != "ok"
    ]
    return reading


def _fields(value: str) -> Mapping[str, str]:
    """Read `name=orders,status=ok,address=…`."""
    return dict(part.partition("=")[::2] for part in value.split(","))


def read_info(text: str) -> Mapping[str, str]:
    """Read the answer to INFO: lines of `name:value` under headings."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, is_pair, value = line.strip().partition(":")
        if is_pair and not line.startswith("#"):
            found.setdefault(name, value)
    return found


def _figure(answers: Answers, key: str, info: Mapping[str, str], name: str) -> Figure:
    return answers.figure(key, number(info.get(name)), "info")


def _pairs(answers: Answers, key: str) -> list[str]:
    """Return the parts of a flat list as texts."""
    return [word(row, "0") for row in answers.rows(key)]


def _connections(answers: Answers, info: Mapping[str, str]) -> Iterator[Figure]:
    used = number(info.get("connected_clients"))
    most = number(info.get("maxclients"))
    if most is None:  # before version 7
        parts = _pairs(answers, "maxclients")
        most = number(parts[1]) if len(parts) > 1 else None
    yield answers.figure("connections", used, "info")
    yield answers.figure("connections_limit", most, "info", "maxclients")
    yield answers.figure("connections_used_percent", percent(used, most), "info", "maxclients")
    yield _figure(answers, "rejected_connections", info, "rejected_connections")
    yield _figure(answers, "blocked_clients", info, "blocked_clients")


def _work(answers: Answers, info: Mapping[str, str]) -> Iterator[Figure]:
    yield _figure(answers, "queries", info, "total_commands_processed")
    hits, misses = number(info.get("keyspace_hits")), number(info.get("keyspace_misses"))
    whole = None if hits is None or misses is None else hits + misses
    # A key that is not there was read from nowhere: it says nothing of memory and disks.
    none = "Nothing was read yet."
    yield answers.share("key_hit_percent", hits, whole, "info", why=none)


def _memory(answers: Answers, info: Mapping[str, str]) -> Iterator[Figure]:
    used, most = number(info.get("used_memory")), number(info.get("maxmemory"))
    none = "There is no limit (maxmemory is 0)."
    yield answers.figure("memory_used_bytes", used, "info")
    yield answers.figure("memory_limit_bytes", most or None, "info", why=none)
    policy = info.get("maxmemory_policy", "noeviction")
    meant = f"At its limit it throws keys out ({policy}), as it is meant to."
    share = percent(used, most) if policy == "noeviction" else None
    yield answers.figure("memory_used_percent", share, "info", why=meant if most else none)
    ratio = number(info.get("mem_fragmentation_ratio"))
    is_large = used is not None and used >= _HUGE_FRAGMENTATION_FROM
    small = "It means nothing for less than 100 MB."
    yield answers.figure("fragmentation_ratio", ratio if is_large else None, "info", why=small)
    yield _figure(answers, "evicted_keys", info, "evicted_keys")
    yield _figure(answers, "expired_keys", info, "expired_keys")
    counts = [_entry(value, "keys") for name, value in info.items() if _is_keyspace(name)]
    yield answers.figure("keys", (total(counts) or 0) if info else None, "info")
    yield answers.figure("size_bytes", used, "info")


def _replication(answers: Answers, info: Mapping[str, str]) -> Iterator[Figure]:
    yield _figure(answers, "replicas", info, "connected_slaves")
    is_replica = info.get("role") == "slave"
    none = "It is not a replica."
    age = number(info.get("master_last_io_seconds_ago")) if is_replica else None
    age = None if age is not None and age < 0 else age
    yield answers.figure(
        "replication_lag_seconds", age, "info", why="The link is down." if is_replica else none
    )
    broken = float(info.get("master_link_status") != "up") if is_replica else None
    yield answers.figure("replication_broken", broken, "info", why=none)
    state = _cluster(answers).get("cluster_state")
    down = None if state is None else float(state != "ok")
    is_in = info.get("cluster_enabled") == "1"
    why = answers.why("cluster") if is_in else "It is in no cluster."
    yield Figure(key="cluster_not_ready", value=down, why="" if state is not None else why)


def _cluster(answers: Answers) -> Mapping[str, str]:
    return read_info(answers.text("cluster"))


def _safety(answers: Answers, info: Mapping[str, str]) -> Iterator[Figure]:
    saved_at = number(info.get("rdb_last_save_time"))
    now = _now(answers)
    up = number(info.get("uptime_in_seconds"))
    age = None if saved_at is None or now is None else max(0.0, now - saved_at)
    # Until the first save the engine tells the time of its start as the time of a save.
    never = age is not None and up is not None and age >= up - 2
    changes = number(info.get("rdb_changes_since_last_save"))
    parts = _pairs(answers, "save")
    is_off = len(parts) > 1 and parts[1] == "" and info.get("aof_enabled") == "0"
    off = "It is set to keep nothing on disk."
    yield answers.figure("last_save_age_seconds", None if is_off else age, "info", "time", why=off)
    yield answers.figure("unsaved_changes", changes, "info")
    failed = info.get("rdb_last_bgsave_status"), info.get("aof_last_write_status")
    value = float(any(one not in (None, "ok") for one in failed)) if failed[0] else None
    yield answers.figure("save_failed", value, "info")
    none = off if is_off else "It was not saved since it started."
    backup = None if is_off or never else age
    yield answers.figure("backup_age_seconds", backup, "info", "time", why=none)


def _now(answers: Answers) -> float | None:
    """Return the time of the far machine: its clock wrote the times that are compared with it."""
    parts = _pairs(answers, "time")
    return number(parts[0]) if parts else None


def _problems(answers: Answers, info: Mapping[str, str]) -> Iterator[Problem]:
    if _cluster(answers).get("cluster_state", "ok") != "ok":
        yield Problem(
            code="cluster_lost",
            message="Its cluster is down: not every slot has a primary, so it refuses commands.",
            fix="See which nodes are missing: `redis-cli CLUSTER NODES`.",
        )
    if info.get("rdb_last_bgsave_status") not in (None, "ok"):
        yield Problem(
            code="save_failed",
            message="The last save to disk failed; by default it then refuses to write (MISCONF).",
            fix="Look into its log: mostly the disk is full, or fork fails"
            " (vm.overcommit_memory=0). Then run BGSAVE.",
        )
    if info.get("aof_last_write_status") not in (None, "ok"):
        yield Problem(
            code="aof_failed",
            message="The append-only file could not be written.",
            fix="Look into its log: mostly the disk is full.",
        )
    if info.get("role") == "slave" and info.get("master_link_status") != "up":
        source = f"{info.get('master_host', '')}:{info.get('master_port', '')}"
        yield Problem(
            code="replication_stopped",
            message=f"It has lost its primary {source}.",
            fix="Check that the primary is up and that its password is the one in masterauth.",
        )
    if info.get("loading") == "1":
        yield Problem(code="loading", message="It is still reading its data from disk.")


def _is_keyspace(name: str) -> bool:
    return name.startswith("db") and name[2:].isdecimal()


def _entry(value: str, name: str) -> float | None:
    for part in value.split(","):
        key, _, found = part.partition("=")
        if key == name:
            return number(found)
    return None


def _keyspace(info: Mapping[str, str]) -> Table:
    names = [name for name in info if _is_keyspace(name)]
    return Table(
        key="databases",
        title="Databases",
        why="" if names else "There are no keys.",
        columns=[
            Column(key="database", title="Database"),
            Column(key="keys", title="Keys", unit="count"),
            Column(key="expires", title="Keys with an end", unit="count"),
        ],
        rows=[[name, _entry(info[name], "keys"), _entry(info[name], "expires")] for name in names],
    )


def _slow_table(answers: Answers) -> Table:
    rows = answers.rows("slow")
    return Table(
        key="slow_queries",
        title="Slowest commands of late",
        why=answers.why("slow") or ("" if rows else "No command was slow."),
        columns=[
            Column(key="at", title="At", unit="time"),
            Column(key="took", title="Took", unit="ms"),
            Column(key="command", title="Command"),
        ],
        rows=[[of(row, "1"), (of(row, "2") or 0) / 1000, _command(row)] for row in rows],
    )


def _command(row: Row) -> str:
    """Return only the name of the command: what it was about may be anybody's data."""
    words = word(row, "3").split(" ")
    more = len(words) - 1
    return f"{words[0]} … {more} more" if more else words[0]


def _replica_table(info: Mapping[str, str]) -> Table:
    rows: list[list[str | float | int | bool | None]] = []
    for name, value in info.items():
        if name.startswith("slave") and name[5:].isdecimal():
            fields = _fields(value)
            place = f"{fields.get('ip', '')}:{fields.get('port', '')}"
            rows.append([place, fields.get("state", ""), number(fields.get("lag"))])
    return Table(
        key="replication",
        title="Replicas",
        why="" if rows else "None is connected.",
        columns=[
            Column(key="replica", title="Replica"),
            Column(key="state", title="State"),
            Column(key="lag", title="Last heard", unit="s"),
        ],
        rows=rows,
    )
