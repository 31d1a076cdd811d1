"""The rules over the numbers of databases that Unity brings along, each with its source."""

from dataclasses import dataclass

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import Operator, Threshold, Timing
from app.services.core.alerts.builtin import BuiltInRule
from app.services.infrastructure.databases.figures import KINDS

_DOMAIN = "infrastructure"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NETDATA = "netdata, health.d/"
_AWESOME = "awesome-prometheus-alerts"


@dataclass(frozen=True, slots=True)
class _Words:
    """What a rule says."""

    name: str
    title: str
    over: str
    message: str
    fix: str
    source: str
    runbook: str


@dataclass(frozen=True, slots=True)
class _Level:
    """Where a rule begins and ends."""

    raised: float
    cleared: float | None = None
    seconds: int = 0
    operator: Operator = Operator.ABOVE
    severity: Severity = Severity.WARNING


def _rule(key: str, figure: str, level: _Level, words: _Words) -> BuiltInRule:
    kind = KINDS[figure]
    return BuiltInRule(
        key=f"database_{key}",
        name=words.name,
        domain=_DOMAIN,
        severity=level.severity,
        definition=Threshold(
            metric=kind.metric,
            operator=level.operator,
            raise_level=level.raised,
            clear_level=level.cleared,
            unit=kind.unit,
        ),
        timing=Timing(for_seconds=level.seconds),
        title=f"{{name}}: {words.title}",
        over=f"{{name}}: {words.over}",
        message=words.message,
        fix=words.fix,
        runbook=words.runbook,
        source=words.source,
    )


_LOAD: tuple[BuiltInRule, ...] = (
    _rule(
        "connections",
        "connections_used_percent",
        _Level(80, 70, 2 * _MINUTE),
        _Words(
            "A database's connections are nearly used up",
            "its connections are nearly used up",
            "it has connections again",
            "{value} of its connections are in use; when all are, it lets nobody in.",
            "See who holds them, idle ones first; a pool in front of it helps more than a higher"
            " limit.",
            f"{_NETDATA}postgres.conf and mysql.conf: 80 %, cleared at 70 %",
            "databases-connections",
        ),
    ),
    _rule(
        "refused_connections",
        "rejected_connections",
        _Level(0, None),
        _Words(
            "A database refuses connections",
            "it refuses connections",
            "it takes connections again",
            "It refused connections because all were in use.",
            "See who holds them: clients that do not close, or too small a limit.",
            f"{_NETDATA}redis.conf: connections_rejected above 0",
            "databases-connections",
        ),
    ),
    _rule(
        "cache",
        "cache_hit_percent",
        _Level(50, 60, 30 * _MINUTE, Operator.BELOW),
        _Words(
            "A database reads mostly from its disks",
            "it reads mostly from its disks",
            "it reads mostly from memory again",
            "Only {value} of what it reads comes from its cache.",
            "Give its cache more memory, or find the query that reads whole tables.",
            f"{_NETDATA}postgres.conf: cache hit below 50 %, cleared at 60 %",
            "databases-load",
        ),
    ),
    _rule(
        "lock_waits",
        "locks_waiting",
        _Level(10, 5, 2 * _MINUTE),
        _Words(
            "Many wait for locks in a database",
            "many wait for locks",
            "nobody has to wait for long",
            "{value} sessions wait for a lock that another one holds.",
            "Find who holds it: its page lists the longest transactions; end that one.",
            f"{_NETDATA}mysql.conf: waited locks, 10",
            "databases-locks",
        ),
    ),
    _rule(
        "locks_held",
        "locks_used_percent",
        _Level(20, 15, 2 * _MINUTE),
        _Words(
            "A database holds unusually many locks",
            "it holds unusually many locks",
            "its locks are few again",
            "{value} of the locks that it can keep are held.",
            "See what holds them, mostly a migration or a dump of many tables at once.",
            f"{_NETDATA}postgres.conf: locks, 20 %, cleared at 15 %; {_AWESOME}: 20 %",
            "databases-locks",
        ),
    ),
    _rule(
        "deadlocks",
        "deadlocks",
        _Level(round(10 / _MINUTE, 5), round(5 / _MINUTE, 5), 5 * _MINUTE),
        _Words(
            "A database ends many deadlocks",
            "it ends many deadlocks",
            "deadlocks are rare again",
            "It had to end sessions that waited for each other, ten or more a minute.",
            "Let the program take its locks in one order; the database's log names both queries.",
            f"{_NETDATA}postgres.conf: deadlocks, 10 a minute",
            "databases-locks",
        ),
    ),
    _rule(
        "long_transaction",
        "longest_transaction_seconds",
        _Level(_HOUR, 30 * _MINUTE),
        _Words(
            "A transaction is open for very long",
            "a transaction is open for very long",
            "no transaction is open for long",
            "A transaction is open for {value}. Meanwhile nothing that it might see is cleared.",
            "See on its page whose it is; end it if it was forgotten.",
            "Zabbix, PostgreSQL by agent 2; an hour, for batch work is usual",
            "databases-locks",
        ),
    ),
)
_REPLICATION: tuple[BuiltInRule, ...] = (
    _rule(
        "lag",
        "replication_lag_seconds",
        _Level(30, 10, 2 * _MINUTE),
        _Words(
            "A replica is behind",
            "its replication is behind",
            "its replication is up to date",
            "The replication is {value} behind.",
            "See whether the replica's disk or the network is slow, or one large change is long.",
            f"{_NETDATA}mysql.conf: 30 s, cleared at 10 s; {_AWESOME}: 30 s",
            "databases-replication",
        ),
    ),
    _rule(
        "replication_broken",
        "replication_broken",
        _Level(0, None, _MINUTE, severity=Severity.CRITICAL),
        _Words(
            "Replication has stopped",
            "its replication has stopped",
            "its replication runs again",
            "It is a replica, and no longer receives or applies the changes of its source.",
            "Its page shows the last error; mend that and start the replication again.",
            f"{_NETDATA}mysql.conf: SQL or I/O thread not running; redis.conf: link down",
            "databases-replication",
        ),
    ),
    _rule(
        "slot",
        "slot_retained_bytes",
        _Level(10 * 1024**3, 5 * 1024**3, 10 * _MINUTE),
        _Words(
            "A replica that is away fills the disk of its primary",
            "a replica that is away fills its disk",
            "nothing piles up for a replica",
            "{value} of the log are kept for a replica that is not connected.",
            "Bring the replica back, or drop its slot: `SELECT pg_drop_replication_slot('…')`.",
            f"{_AWESOME}: unused replication slot for 10 minutes; 10 GB by our own measure",
            "databases-replication",
        ),
    ),
    _rule(
        "oplog_window",
        "oplog_window_seconds",
        _Level(_DAY, 2 * _DAY, _HOUR, Operator.BELOW),
        _Words(
            "The oplog has room for less than a day",
            "its oplog has room for less than a day",
            "its oplog has room enough",
            "At this pace of changes the oplog has room for {value} only. A member that is away for"
            " longer has to be copied anew.",
            "Enlarge it: `db.adminCommand({{replSetResizeOplog: 1, size: 16000}})`, in MB.",
            "MongoDB's manual: a window of at least 24 hours",
            "databases-replication",
        ),
    ),
    _rule(
        "members",
        "members_unhealthy",
        _Level(0, None, _MINUTE),
        _Words(
            "A member of a replica set is not well",
            "members of its set are not well",
            "all members of its set are well",
            "{value} members of its set are down or not ready.",
            "Its page lists the members; look at that one's machine and log.",
            f"{_AWESOME}: MongoDB member health 0",
            "databases-replication",
        ),
    ),
    _rule(
        "cluster",
        "cluster_not_ready",
        _Level(0, None, _MINUTE, severity=Severity.CRITICAL),
        _Words(
            "A cluster member answers no queries",
            "its cluster does not let it answer",
            "its cluster lets it answer again",
            "It says that its cluster is not ready, and refuses queries.",
            "See which members are missing: `SHOW STATUS LIKE 'wsrep%'` of MariaDB and MySQL,"
            " `CLUSTER NODES` of Redis.",
            f"{_NETDATA}mysql.conf: wsrep_ready not 1; Redis: cluster_state not ok",
            "databases-replication",
        ),
    ),
)
_UPKEEP: tuple[BuiltInRule, ...] = (
    _rule(
        "wraparound",
        "wraparound_percent",
        _Level(50, 40, 0),
        _Words(
            "A PostgreSQL runs out of transaction numbers",
            "it runs out of transaction numbers",
            "it has transaction numbers again",
            "{value} of the transaction numbers are used; at 100 % it stops to write.",
            "Find what keeps vacuum from its work: old transactions, prepared ones, slots. Then"
            " `VACUUM FREEZE` the oldest tables.",
            f"{_NETDATA}postgres.conf: 90 %; autovacuum forces itself at 10 %, so 50 % is stuck",
            "databases-upkeep",
        ),
    ),
    _rule(
        "dead_rows",
        "dead_rows_percent",
        _Level(30, 20, _HOUR),
        _Words(
            "Dead rows are not cleared away",
            "its dead rows are not cleared away",
            "its dead rows are cleared away",
            "{value} of the rows in its largest tables are dead: they cost room and time.",
            "See which tables on its page; `VACUUM (VERBOSE) …` says what keeps them.",
            f"{_AWESOME}: dead tuples above 10 %; 30 % of all, by our own measure",
            "databases-upkeep",
        ),
    ),
    _rule(
        "history",
        "history_length",
        _Level(50_000, 20_000, 10 * _MINUTE),
        _Words(
            "InnoDB cannot clear away old versions of rows",
            "its old row versions pile up",
            "its old row versions are cleared away",
            "{value} old versions wait; reading becomes slower and the undo space grows.",
            "Look for a transaction that is open for long, on its page.",
            f"{_AWESOME} and Percona: history list length above 50,000",
            "databases-upkeep",
        ),
    ),
)
_SAFETY: tuple[BuiltInRule, ...] = (
    _rule(
        "memory",
        "memory_used_percent",
        _Level(90, 80, 5 * _MINUTE),
        _Words(
            "A database has nearly used its memory limit",
            "it has nearly used its memory limit",
            "it has memory again",
            "{value} of maxmemory is in use; then keys are thrown out, or writing fails.",
            "Raise maxmemory if the machine has room, or see what grows: `redis-cli --bigkeys`.",
            f"{_AWESOME}: Redis out of configured maxmemory, 90 %",
            "databases-memory",
        ),
    ),
    _rule(
        "fragmentation",
        "fragmentation_ratio",
        _Level(2.0, 1.5, _HOUR),
        _Words(
            "A database takes far more memory than it uses",
            "it takes far more memory than it uses",
            "it takes the memory that it uses",
            "It takes {value} times the memory that its data need.",
            "Switch on active defragmentation: `CONFIG SET activedefrag yes`; or restart it.",
            f"{_AWESOME}: fragmentation ratio above 1.5; seen for an hour at 2",
            "databases-memory",
        ),
    ),
    _rule(
        "save_failed",
        "save_failed",
        _Level(0, None, 0, severity=Severity.CRITICAL),
        _Words(
            "A database cannot save its data",
            "it cannot save its data",
            "it saves its data again",
            "The last save to disk failed. By default it refuses to write from then on (MISCONF).",
            "Make room on its disk, or let fork have memory: `sysctl vm.overcommit_memory=1`. Then"
            " `redis-cli BGSAVE`.",
            f"{_NETDATA}redis.conf: bgsave broken",
            "databases-memory",
        ),
    ),
    _rule(
        "archive",
        "archive_failed",
        _Level(0, None, 10 * _MINUTE),
        _Words(
            "The archiving of a database's log fails",
            "the archiving of its log fails",
            "its log is archived again",
            "The last attempt to archive its log failed. Backups reach to the last archived piece"
            " only, and the pieces fill its disk.",
            "Its log says why archive_command failed; run that command by hand.",
            "pgBackRest's and barman's own checks: failed_count moves after the last success",
            "databases-backup",
        ),
    ),
    _rule(
        "drives",
        "drives_offline",
        _Level(0, None, _MINUTE),
        _Words(
            "MinIO has lost drives",
            "drives are offline",
            "all drives are back",
            "{value} of its drives are offline.",
            "`mc admin info` names them; look at their machine, cables and log.",
            f"{_AWESOME}: minio_cluster_disk_offline_total above 0",
            "databases-minio",
        ),
    ),
    _rule(
        "quorum",
        "quorum_missing",
        _Level(0, None, 0, severity=Severity.CRITICAL),
        _Words(
            "MinIO cannot write",
            "it has too few drives to write",
            "it has enough drives to write",
            "Too few of its drives are there: writing fails, and soon reading.",
            "Bring drives or nodes back: `mc admin info`.",
            "MinIO's manual: /minio/health/cluster answers 503 below the write quorum",
            "databases-minio",
        ),
    ),
    _rule(
        "object_store_full",
        "used_percent",
        _Level(90, 85, 5 * _MINUTE),
        _Words(
            "MinIO is nearly full",
            "it is nearly full",
            "it has room again",
            "{value} of its capacity is used.",
            "Delete old versions with a lifecycle rule, or add drives.",
            f"{_AWESOME}: MinIO disk space usage, less than 10 % free",
            "databases-minio",
        ),
    ),
)
RULES: tuple[BuiltInRule, ...] = (*_LOAD, *_REPLICATION, *_UPKEEP, *_SAFETY)
