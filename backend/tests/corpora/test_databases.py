"""Status tables of real databases, as rows, through the real mapping: no field is swapped."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports.database_driver import Answer
from app.services.infrastructure.databases import mongodb, mysql, postgresql, redis
from app.services.infrastructure.databases.answers import Answers
from app.services.infrastructure.databases.figures import Reading
from tests.corpora.folder import FOLDER
from tests.corpora.tables import info_pairs, mysql_rows, psql_rows

pytestmark = pytest.mark.needs("corpora")
# Our questions, the recorded tables with the same columns, and what they are called there.
_POSTGRES = {
    "states": "server_connections_state.txt",
    "databases": "database_stats.txt",
    "sizes": "database_size.txt",
    "locks": "database_locks.txt",
    "running": "xact_query_running_time.txt",
    "wraparound": "txid_wraparound.txt",
    "checkpoints": "checkpoints.txt",
    "standbys": "replication_standby_app_wal_lag.txt",
    "tables": "stat_user_tables_db_postgres.txt",
}


def mysqls() -> Iterator[Path]:
    yield from sorted((FOLDER / "mysql/netdata").glob("*/*/global_status.txt"))


def differences(reading: Reading, expected: dict[str, float | None]) -> list[str]:
    """Return the figures that are not what the twin has read."""
    found = []
    for key, value in expected.items():
        got = reading.value(key)
        if (got is None) != (value is None) or got != pytest.approx(value, abs=0.001):
            found.append(f"{key}: {got} is not {value}")
    return found


def told(capsys: pytest.CaptureFixture[str], name: str, expected: int, wrong: list[str]) -> None:
    with capsys.disabled():
        print(f"\n  {name}: {expected} fields, {len(wrong)} swapped", end="")  # noqa: T201 - the figure that is asked for
    assert wrong == []


def test_the_views_of_postgresql(capsys: pytest.CaptureFixture[str]) -> None:
    folder = FOLDER / "postgres/netdata/v14.4"
    rows = {key: psql_rows(folder / name) for key, name in _POSTGRES.items()}
    most = psql_rows(folder / "settings_max_connections.txt")[0]["current_setting"]
    locks = psql_rows(folder / "settings_max_locks_held.txt")[0]["?column?"]
    uptime = psql_rows(folder / "uptime.txt")[0]["extract"]
    rows["server"] = [{"max_connections": most, "max_locks": locks, "uptime": uptime}]
    answers = Answers(Answer(key, tuple(found)) for key, found in rows.items())

    def column(key: str, name: str) -> list[float]:
        return [float(str(row[name])) for row in rows[key] if row[name] is not None]

    used = sum(column("states", "count"))
    hits, reads = (sum(column("databases", f"blks_{name}_bytes")) for name in ("hit", "read"))
    granted, waiting = (
        sum(float(str(row["locks_count"])) for row in rows["locks"] if row["granted"] == word)
        for word in ("t", "f")
    )
    dead, live = (sum(column("tables", f"n_{name}_tup")) for name in ("dead", "live"))
    asked, timed = (column("checkpoints", f"checkpoints_{name}")[0] for name in ("req", "timed"))
    expected: dict[str, float | None] = {
        "connections": used,
        "connections_limit": 100,
        "connections_used_percent": used,
        "connections_active": 1,
        "connections_idle_in_transaction": 8,
        "transactions": sum(column("databases", "xact_commit")),
        "rollbacks": sum(column("databases", "xact_rollback")),
        "temporary_bytes": sum(column("databases", "temp_bytes")),
        "deadlocks": sum(column("databases", "deadlocks")),
        "cache_hit_percent": 100 * hits / (hits + reads),
        "size_bytes": sum(column("sizes", "size")),
        "locks": granted,
        "locks_used_percent": 100 * granted / 6400,
        "locks_waiting": waiting,
        "longest_transaction_seconds": max(column("running", "xact_running_time")),
        "longest_query_seconds": max(column("running", "query_running_time")),
        "wraparound_percent": 100 * 9 / 2e9,
        "checkpoints_requested_percent": 100 * asked / (asked + timed),
        "replicas": 3,
        "uptime_seconds": 499906.075943,
    }
    wrong = differences(postgresql.read(answers), expected)
    deep = {"dead_rows": dead, "dead_rows_percent": 100 * dead / (dead + live)}
    wrong += differences(postgresql.read_deep([answers]), {**deep})
    told(capsys, "postgresql 14.4", len(expected) + len(deep), wrong)


@pytest.mark.parametrize("path", list(mysqls()), ids=lambda path: path.parent.name)
def test_the_status_of_mysql_and_mariadb(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = path.parent
    tables = {"status": mysql_rows(path), "version": mysql_rows(folder / "version.txt")}
    tables["variables"] = mysql_rows(folder / "global_variables.txt")
    replica = next(iter(sorted(folder.glob("*status_multi_source.txt"))), None)
    tables["replica"] = mysql_rows(replica) if replica is not None else []
    answers = Answers(Answer(key, tuple(rows)) for key, rows in tables.items())
    status = {str(row["Variable_name"]): str(row["Value"]) for row in tables["status"]}
    settings = {str(row["Variable_name"]): str(row["Value"]) for row in tables["variables"]}

    def value(name: str) -> float | None:
        return float(status[name]) if name in status else None

    asked, missed = value("Innodb_buffer_pool_read_requests"), value("Innodb_buffer_pool_reads")
    most, used = settings.get("max_connections"), value("Threads_connected")
    limit = float(most) if most is not None else None
    expected: dict[str, float | None] = {
        "connections": used,
        "connections_limit": limit,
        "connections_used_percent": (
            100 * used / limit if used is not None and limit is not None else None
        ),
        "rejected_connections": value("Connection_errors_max_connections"),
        "queries": value("Questions"),
        "slow_queries": value("Slow_queries"),
        "rollbacks": value("Com_rollback"),
        "threads_running": value("Threads_running"),
        "cache_hit_percent": 100 * (asked - missed) / asked if asked and missed else None,
        "memory_used_bytes": value("Innodb_buffer_pool_bytes_data"),
        "locks_waiting": value("Innodb_row_lock_current_waits"),
        "deadlocks": value("Innodb_deadlocks"),
        "uptime_seconds": value("Uptime"),
    }
    reading = mysql.read(answers)
    wrong = differences(reading, expected)
    lags = [one for one in reading.figures if one.key == "replication_lag_seconds" and one.labels]
    assert len(lags) == (len(tables["replica"]) if len(tables["replica"]) > 1 else 0)
    assert (reading.kind == "mariadb") == ("mariadb" in str(folder))
    told(capsys, f"{folder.parent.name} {folder.name}", len(expected), wrong)


def test_the_info_of_redis(capsys: pytest.CaptureFixture[str]) -> None:
    path = FOLDER / "redis/netdata/v6.0.9/info_all.txt"
    info = info_pairs(path)
    names = {
        "connections": "connected_clients",
        "rejected_connections": "rejected_connections",
        "blocked_clients": "blocked_clients",
        "queries": "total_commands_processed",
        "memory_used_bytes": "used_memory",
        "evicted_keys": "evicted_keys",
        "expired_keys": "expired_keys",
        "replicas": "connected_slaves",
        "unsaved_changes": "rdb_changes_since_last_save",
        "uptime_seconds": "uptime_in_seconds",
    }
    expected: dict[str, float | None] = {key: float(info[name]) for key, name in names.items()}
    expected |= {"key_hit_percent": 100.0, "memory_limit_bytes": None, "save_failed": 0.0}
    reading = redis.read(Answers([Answer("info", text=path.read_text())]))
    assert (reading.version, reading.role) == ("6.0.9", "primary")
    told(capsys, "redis 6.0.9", len(expected), differences(reading, expected))


def _mongo(node: object) -> object:
    """Give a dump the names of MongoDB's own answer: it was written by another program's types."""
    if isinstance(node, list):
        return [_mongo(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {_MONGO.get(name, name[0].lower() + name[1:]): _mongo(node[name]) for name in node}


_MONGO = {
    "OpCounters": "opcounters",
    "GetMore": "getmore",
    "BytesCurrentlyInCache": "bytes currently in the cache",
    "MaximumBytesConfigured": "maximum bytes configured",
    "PagesReadIntoCache": "pages read into cache",
}


def test_the_status_of_mongodb(capsys: pytest.CaptureFixture[str]) -> None:
    folder = FOLDER / "mongodb/netdata/v6.0.3"
    dump = json.loads((folder / "mongod-serverStatus.json").read_text())
    members = json.loads((folder / "replSetGetStatus.json").read_text())["Members"]
    hello = {"setName": "replicaset", "isWritablePrimary": True}
    answers = {
        "status": _mongo(dump),
        "members": {"members": _mongo(members)},
        "hello": hello,
    }
    done = ("Insert", "Query", "Update", "Delete", "GetMore", "Command")
    used, free = (dump["Connections"][name] for name in ("Current", "Available"))
    cache = dump["WiredTiger"]["Cache"]
    expected: dict[str, float | None] = {
        "connections": used,
        "connections_limit": used + free,
        "connections_used_percent": 100 * used / (used + free),
        "connections_active": dump["Connections"]["Active"],
        "queries": sum(dump["OpCounters"][name] for name in done),
        "transactions": dump["Transactions"]["TotalCommitted"],
        "memory_used_bytes": cache["BytesCurrentlyInCache"],
        "memory_limit_bytes": cache["MaximumBytesConfigured"],
        "members_unhealthy": 0,
        # It is the primary itself; of what the dump leaves out nothing is claimed.
        "replication_lag_seconds": None,
        "cache_hit_percent": None,
        "cursors_open": dump["Metrics"]["Cursor"]["Open"]["Total"],
    }
    reading = mongodb.read(
        Answers(Answer(key, text=json.dumps(said)) for key, said in answers.items())
    )
    assert reading.role == "primary"
    standby = [one for one in reading.figures if one.labels]
    assert [(one.labels, one.value) for one in standby] == [
        ((("replica", "mongodb-secondary:27017"),), 0.0)
    ]
    told(capsys, "mongodb 6.0.3", len(expected), differences(reading, expected))
