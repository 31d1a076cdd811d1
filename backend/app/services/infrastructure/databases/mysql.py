"""MySQL and MariaDB: what they are asked, and what their answers mean.

Both say most in SHOW GLOBAL STATUS under the same names. Replication has an older and a newer
vocabulary (slave and master, replica and source), and MariaDB its own statement for it.
"""

from collections.abc import Iterator, Mapping

from app.ports.database_driver import Question, Row, Value
from app.services.infrastructure.databases.answers import (
    Answers,
    largest,
    lower,
    number,
    of,
    without_literals,
    word,
)
from app.services.infrastructure.databases.figures import (
    Column,
    Figure,
    Problem,
    Reading,
    Table,
    percent,
)

SERVER = (
    Question("version", "SHOW VARIABLES WHERE Variable_name IN ('version', 'version_comment')"),
)
_STATUS = Question("status", "SHOW GLOBAL STATUS")
_VARIABLES = Question(
    "variables",
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_connections', 'read_only',"
    " 'super_read_only', 'datadir', 'log_bin', 'slow_query_log', 'long_query_time',"
    " 'performance_schema', 'innodb_buffer_pool_size')",
)
_REPLICA_MARIADB = Question("replica", "SHOW ALL SLAVES STATUS")
_REPLICA_OLD = Question("replica", "SHOW SLAVE STATUS")
_REPLICA = Question("replica", "SHOW REPLICA STATUS")
_TRANSACTIONS = Question(
    "transactions",
    "SELECT t.trx_mysql_thread_id AS id, p.user AS user, p.db AS db, t.trx_state AS state,"
    " TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS age, LEFT(t.trx_query, 200) AS query"
    " FROM information_schema.innodb_trx t LEFT JOIN information_schema.processlist p"
    " ON p.id = t.trx_mysql_thread_id ORDER BY t.trx_started LIMIT 20",
)
_PROCESSES = Question(
    "processes",
    "SELECT time, user FROM information_schema.processlist"
    " WHERE info IS NOT NULL AND command NOT IN ('Sleep', 'Daemon', 'Binlog Dump',"
    " 'Binlog Dump GTID') AND id <> CONNECTION_ID() AND user <> 'system user'",
)
_HISTORY = Question(
    "history",
    "SELECT count AS history_length FROM information_schema.innodb_metrics"
    " WHERE name = 'trx_rseg_history_len'",
)
_SLOW = Question(
    "slow",
    "SELECT LEFT(digest_text, 300) AS query, schema_name, count_star AS calls,"
    " sum_timer_wait / 1e9 AS total_ms, avg_timer_wait / 1e9 AS mean_ms"
    " FROM performance_schema.events_statements_summary_by_digest"
    " WHERE digest_text IS NOT NULL ORDER BY sum_timer_wait DESC LIMIT 15",
)
_NEW_WORDS_SINCE = (8, 0, 22)


def is_mariadb(answers: Answers) -> bool:
    """Say which of the two answers; MariaDB names itself in its version."""
    settings = _named(answers, "version")
    return any("mariadb" in str(settings.get(name, "")).lower() for name in settings)


def questions(answers: Answers) -> tuple[Question, ...]:
    """Return what is asked every round, in the words of this version."""
    replica = _REPLICA if version_of(answers) >= _NEW_WORDS_SINCE else _REPLICA_OLD
    if is_mariadb(answers):
        replica = _REPLICA_MARIADB
    return (_STATUS, _VARIABLES, replica, _TRANSACTIONS, _PROCESSES, _HISTORY, _SLOW)


def version_of(answers: Answers) -> tuple[int, ...]:
    """Return the numbers of the version."""
    text = str(_named(answers, "version").get("version", ""))
    parts = text.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isascii() and part.isdecimal())


def read(answers: Answers) -> Reading:
    """Read a round."""
    status, settings = _named(answers, "status"), _named(answers, "variables")
    replicas = answers.rows("replica")
    reading = Reading(
        kind="mariadb" if is_mariadb(answers) else "mysql",
        version=str(_named(answers, "version").get("version", "")).partition("-")[0][:120],
        role=_role(status, replicas, settings),
        data_path=str(settings.get("datadir", ""))[:1000].rstrip("/"),
        figures=[
            *_connections(answers, status, settings),
            *_work(answers, status),
            *_memory(answers, status),
            *_locks(answers, status),
            *_replication(answers, status, replicas),
            answers.figure("uptime_seconds", number(status.get("Uptime")), "status"),
            Figure(
                key="backup_age_seconds",
                why="Backups by mariadb-backup, xtrabackup or mysqldump leave no trace inside.",
            ),
        ],
        tables=[_slow_table(answers), _transaction_table(answers), _replica_table(answers)],
        problems=list(_problems(replicas, status)),
    )
    hidden = [answers.get(key) for key in ("replica", "transactions", "history")]
    if any(one is not None and one.missing == "no_right" for one in hidden):
        reading.missing.append(
            "The user lacks PROCESS or the right to see replication: transactions and the state"
            " of a replica stay hidden."
        )
    return reading


def _named(answers: Answers, key: str) -> Mapping[str, Value]:
    return {word(row, "Variable_name"): row.get("Value") for row in answers.rows(key)}


def _role(status: Mapping[str, Value], replicas: tuple[Row, ...], settings: object) -> str:
    if _is_cluster(status):
        return "member of a cluster"
    if replicas:
        return "replica"
    return "primary" if settings else ""


def _is_cluster(status: Mapping[str, Value]) -> bool:
    return (number(status.get("wsrep_cluster_size")) or 0) > 0


def _connections(
    answers: Answers, status: Mapping[str, Value], settings: Mapping[str, Value]
) -> Iterator[Figure]:
    used = number(status.get("Threads_connected"))
    most = number(settings.get("max_connections"))
    yield answers.figure("connections", used, "status")
    yield answers.figure("connections_limit", most, "variables")
    yield answers.figure("connections_used_percent", percent(used, most), "status", "variables")
    refused = number(status.get("Connection_errors_max_connections"))
    yield answers.figure("rejected_connections", refused, "status")


def _work(answers: Answers, status: Mapping[str, Value]) -> Iterator[Figure]:
    for key, name in (
        ("queries", "Questions"),
        ("slow_queries", "Slow_queries"),
        ("rollbacks", "Com_rollback"),
        ("threads_running", "Threads_running"),
    ):
        yield answers.figure(key, number(status.get(name)), "status")
    times = [of(lower(row), "time") for row in answers.rows("processes")]
    longest = largest(times) if times else (None if answers.why("processes") else 0)
    yield answers.figure("longest_query_seconds", longest, "processes")


def _memory(answers: Answers, status: Mapping[str, Value]) -> Iterator[Figure]:
    asked = number(status.get("Innodb_buffer_pool_read_requests"))
    missed = number(status.get("Innodb_buffer_pool_reads"))
    # Requests count those that had to go to the disk too.
    hits = None if asked is None or missed is None else max(0.0, asked - missed)
    none = "Nothing was read yet."
    yield answers.share("cache_hit_percent", hits, asked, "status", why=none)
    size = number(status.get("Innodb_buffer_pool_bytes_data"))
    yield answers.figure("memory_used_bytes", size, "status")


def _locks(answers: Answers, status: Mapping[str, Value]) -> Iterator[Figure]:
    waiting = number(status.get("Innodb_row_lock_current_waits"))
    yield answers.figure("locks_waiting", waiting, "status")
    deadlocks = number(status.get("Innodb_deadlocks"))  # MariaDB
    none = "MySQL counts its deadlocks only where that counter is switched on."
    yield answers.figure("deadlocks", deadlocks, "status", why=none)
    times = [of(lower(row), "age") for row in answers.rows("transactions")]
    longest = largest(times) if times else (None if answers.why("transactions") else 0)
    yield answers.figure("longest_transaction_seconds", longest, "transactions")
    length = of(lower(answers.row("history")), "history_length")
    if length is None:
        length = number(status.get("Innodb_history_list_length"))  # MariaDB
    yield answers.figure("history_length", length, "history")


def _replication(
    answers: Answers, status: Mapping[str, Value], replicas: tuple[Row, ...]
) -> Iterator[Figure]:
    none = "It is not a replica."
    if not replicas:
        yield answers.figure("replication_lag_seconds", None, "replica", why=none)
        yield answers.figure("replication_broken", None, "replica", why=none)
    for row in replicas:
        labels = _channel(row) if len(replicas) > 1 else ()
        lag = _either(row, "Seconds_Behind_Source", "Seconds_Behind_Master")
        seconds = number(lag)
        delay = of(row, "SQL_Delay") or 0
        if seconds is not None:
            seconds = max(0.0, seconds - delay)  # what it is told to stay behind is no lag
        stopped = "Its replication does not run."
        yield Figure(key="replication_lag_seconds", value=seconds, labels=labels,
                     why="" if seconds is not None else stopped)  # fmt: skip
        yield Figure(key="replication_broken", value=float(not _runs(row)), labels=labels)
    ready = str(status.get("wsrep_ready", "")).upper()
    single = "It is in no cluster."
    value = float(ready != "ON") if _is_cluster(status) else None
    yield answers.figure("cluster_not_ready", value, "status", why=single)


def _either(row: Row, *names: str) -> Value:
    return next((row[name] for name in names if name in row), None)


def _runs(row: Row) -> bool:
    threads = (
        _either(row, "Replica_IO_Running", "Slave_IO_Running"),
        _either(row, "Replica_SQL_Running", "Slave_SQL_Running"),
    )
    # "Connecting" is a thread that has lost its source and tries again.
    return all(str(state).lower() == "yes" for state in threads)


def _channel(row: Row) -> tuple[tuple[str, str], ...]:
    name = _either(row, "Channel_Name", "Connection_name")
    return (("channel", str(name or "default")[:60]),)


def _problems(replicas: tuple[Row, ...], status: Mapping[str, Value]) -> Iterator[Problem]:
    for row in replicas:
        if not _runs(row):
            said = word(row, "Last_IO_Error") or word(row, "Last_SQL_Error") or "no error is told"
            yield Problem(
                code="replication_stopped",
                message=f"Its replication does not run: {said}.",
                fix="Look at SHOW REPLICA STATUS, mend what its error says, then START REPLICA.",
            )
    state = str(status.get("wsrep_cluster_status", "Primary"))
    if _is_cluster(status) and state.lower() != "primary":
        yield Problem(
            code="cluster_lost",
            message=f"It is not in the majority of its cluster ({state}).",
            fix="See which members are up, and that they reach each other.",
        )


def _slow_table(answers: Answers) -> Table:
    why = answers.why("slow")
    if not why and not answers.rows("slow"):
        why = "The performance schema keeps no statements here (performance_schema is off)."
    return Table(
        key="slow_queries",
        title="Most time was spent in",
        why=why,
        columns=[
            Column(key="query", title="Query"),
            Column(key="database", title="Database"),
            Column(key="calls", title="Calls", unit="count"),
            Column(key="total", title="Total", unit="ms"),
            Column(key="mean", title="Each", unit="ms"),
        ],
        rows=[
            [without_literals(row, "query"), word(row, "schema_name"), of(row, "calls"),
             of(row, "total_ms"), of(row, "mean_ms")]
            for row in map(lower, answers.rows("slow"))
        ],
    )  # fmt: skip


def _transaction_table(answers: Answers) -> Table:
    return Table(
        key="transactions",
        title="Longest transactions now",
        why=answers.why("transactions"),
        columns=[
            Column(key="id", title="Thread", unit="id"),
            Column(key="user", title="User"),
            Column(key="database", title="Database"),
            Column(key="state", title="State"),
            Column(key="age", title="Open for", unit="s"),
            Column(key="query", title="Query"),
        ],
        rows=[
            [of(row, "id"), word(row, "user"), word(row, "db"), word(row, "state"),
             of(row, "age"), without_literals(row, "query")]
            for row in map(lower, answers.rows("transactions"))
        ],
    )  # fmt: skip


def _replica_table(answers: Answers) -> Table:
    return Table(
        key="replication",
        title="Sources",
        why=answers.why("replica") or ("" if answers.rows("replica") else "It has no source."),
        columns=[
            Column(key="channel", title="Channel"),
            Column(key="source", title="Source"),
            Column(key="receives", title="Receives"),
            Column(key="applies", title="Applies"),
            Column(key="lag", title="Behind", unit="s"),
            Column(key="error", title="Last error"),
        ],
        rows=[
            [
                _channel(row)[0][1],
                str(_either(row, "Source_Host", "Master_Host") or ""),
                str(_either(row, "Replica_IO_Running", "Slave_IO_Running") or ""),
                str(_either(row, "Replica_SQL_Running", "Slave_SQL_Running") or ""),
                number(_either(row, "Seconds_Behind_Source", "Seconds_Behind_Master")),
                word(row, "Last_IO_Error") or word(row, "Last_SQL_Error"),
            ]
            for row in answers.rows("replica")
        ],
    )
