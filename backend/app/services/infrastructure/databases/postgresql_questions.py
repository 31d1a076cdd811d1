"""What PostgreSQL is asked.

Read with the rights of `pg_monitor`, which PostgreSQL has had since version 10. Where a view was
renamed or split between versions, the question is put in the words of the one that answers.
"""

from app.ports.database_driver import Question

_CHECKPOINTER_SINCE = 170_000
_STATEMENTS_TIME_SINCE = 130_000
_SERVER = Question(
    "server",
    "SELECT current_setting('server_version') AS server_version,"
    " current_setting('server_version_num')::int AS server_version_num,"
    " pg_is_in_recovery() AS pg_is_in_recovery,"
    " current_setting('max_connections')::int AS max_connections,"
    " current_setting('superuser_reserved_connections')::int"
    " + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,"
    " current_setting('max_connections')::bigint"
    " * current_setting('max_locks_per_transaction')::bigint AS max_locks,"
    " extract(epoch FROM now() - pg_postmaster_start_time()) AS uptime,"
    " extract(epoch FROM now()) AS now,"
    " current_setting('archive_mode') AS archive_mode,"
    " pg_has_role(current_user, 'pg_monitor', 'MEMBER') AS is_monitor,"
    " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser",
)
_STATES = Question(
    "states",
    "SELECT state, count(*) AS count FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY state",
)
_DATABASES = Question(
    "databases",
    "SELECT d.datname, s.numbackends, d.datconnlimit, s.xact_commit, s.xact_rollback,"
    " s.blks_read * b.size AS blks_read_bytes, s.blks_hit * b.size AS blks_hit_bytes,"
    " s.tup_returned, s.tup_fetched, s.tup_inserted, s.tup_updated, s.tup_deleted,"
    " s.conflicts, s.temp_files, s.temp_bytes, s.deadlocks"
    " FROM pg_stat_database s JOIN pg_database d ON d.oid = s.datid,"
    " (SELECT current_setting('block_size')::bigint AS size) b"
    " WHERE NOT d.datistemplate ORDER BY d.datname",
)
_SIZES = Question(
    "sizes",
    # Whoever may read all statistics sees the size also of those that it may not connect to.
    "SELECT datname, pg_database_size(oid) AS size,"
    " has_database_privilege(oid, 'CONNECT') AND NOT datistemplate AS may_connect"
    " FROM pg_database WHERE datallowconn AND (has_database_privilege(oid, 'CONNECT')"
    " OR pg_has_role('pg_read_all_stats', 'MEMBER')) ORDER BY 2 DESC",
    seconds=8,
)
_LOCKS = Question(
    "locks",
    "SELECT coalesce(d.datname, '') AS datname, l.mode, l.granted, count(*) AS locks_count"
    " FROM pg_locks l LEFT JOIN pg_database d ON d.oid = l.database"
    " WHERE l.pid IS DISTINCT FROM pg_backend_pid() GROUP BY 1, 2, 3",
)
_RUNNING = Question(
    "running",
    "SELECT datname, state, extract(epoch FROM now() - xact_start) AS xact_running_time,"
    " CASE WHEN state = 'active' THEN extract(epoch FROM now() - query_start) END"
    " AS query_running_time, pid, usename, wait_event_type, left(query, 200) AS query"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 50",
)
_WRAPAROUND = Question(
    "wraparound",
    "SELECT max(greatest(age(datfrozenxid), mxid_age(datminmxid))) AS oldest_current_xid"
    " FROM pg_database",
)
_CHECKPOINTS_OLD = Question(
    "checkpoints", "SELECT checkpoints_timed, checkpoints_req FROM pg_stat_bgwriter"
)
_CHECKPOINTS = Question(
    "checkpoints",
    "SELECT num_timed AS checkpoints_timed, num_requested AS checkpoints_req"
    " FROM pg_stat_checkpointer",
)
_STANDBYS = Question(
    "standbys",
    "SELECT application_name, host(client_addr) AS client_addr, state, sync_state,"
    " extract(epoch FROM write_lag) AS write_lag, extract(epoch FROM flush_lag) AS flush_lag,"
    " extract(epoch FROM replay_lag) AS replay_lag,"
    " CASE WHEN pg_is_in_recovery() THEN NULL"
    " ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) END AS replay_delta"
    # A base backup in the making stands in the same view.
    " FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY application_name",
)
_OWN_LAG = Question(
    "own_lag",
    # A standby that has replayed all it received is not behind, however old the last commit is;
    # and what it is told to wait before it applies a change is no lag. One that has just started
    # receives the segment anew from its beginning, and so less than it has replayed.
    "SELECT r.is_standby, r.receivers, r.streamed, r.is_paused,"
    " CASE WHEN NOT r.is_standby OR r.receivers = 0 THEN NULL"
    " WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0"
    # Before it has applied a commit nothing tells how far it is; greatest() would say 0.
    " WHEN pg_last_xact_replay_timestamp() IS NULL THEN NULL ELSE greatest(0,"
    " extract(epoch FROM now() - pg_last_xact_replay_timestamp()) - r.delay) END AS lag"
    " FROM (SELECT pg_is_in_recovery() AS is_standby,"
    " pg_last_wal_receive_lsn() IS NOT NULL AS streamed,"
    " CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS is_paused,"
    " coalesce(extract(epoch FROM"
    " nullif(current_setting('recovery_min_apply_delay', true), '')::interval), 0) AS delay,"
    " (SELECT count(*) FROM pg_stat_wal_receiver) AS receivers) r",
)
# One that never streamed since it started may be fed from an archive, or may not find its primary.
_SOURCE = Question(
    "source",
    "SELECT current_setting('primary_conninfo', true) <> '' AS is_set",  # a setting since 12
)
_SLOTS = Question(
    "slots",
    "SELECT slot_name, slot_type, active, CASE WHEN pg_is_in_recovery() THEN NULL"
    " ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) END AS retained"
    " FROM pg_replication_slots",
)
_ARCHIVER = Question(
    "archiver",
    "SELECT archived_count, failed_count, extract(epoch FROM now() - last_archived_time)"
    " AS archived_age, extract(epoch FROM now() - last_failed_time) AS failed_age,"
    " coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL) AS is_failing"
    " FROM pg_stat_archiver",
)
_DATA = Question("data", "SELECT current_setting('data_directory') AS data_directory")
_SLOW = Question(
    "slow",
    "SELECT left(s.query, 300) AS query, s.calls, s.{total} AS total_ms, s.{mean} AS mean_ms,"
    " s.rows, d.datname FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
    # Our own questions would be the first on many a quiet server.
    # Where Unity shares the role of an administrator, theirs would be lost with them.
    " WHERE s.calls > 0 AND s.userid NOT IN"
    " (SELECT oid FROM pg_roles WHERE rolname = current_user AND NOT rolsuper)"
    " ORDER BY s.{total} DESC LIMIT 15",
)
SERVER = (_SERVER,)
_TABLES = Question(
    "tables",
    # A standby counts no changes of its own, and knows of rows what its primary wrote down.
    "SELECT current_database() AS datname, s.schemaname, s.relname, pg_is_in_recovery()"
    " AS is_standby, CASE WHEN pg_is_in_recovery() THEN nullif(c.reltuples, -1) ELSE n_live_tup END"
    " AS n_live_tup, CASE WHEN pg_is_in_recovery() THEN NULL ELSE n_dead_tup END AS n_dead_tup,"
    " extract(epoch FROM now() - greatest(last_vacuum, last_autovacuum)) AS vacuum_age,"
    " pg_total_relation_size(relid) AS total_relation_size FROM pg_stat_user_tables s"
    " JOIN pg_class c ON c.oid = s.relid"
    " ORDER BY pg_total_relation_size(relid) DESC LIMIT 100",
    seconds=8,
)


def questions(version: int) -> tuple[Question, ...]:
    """Return what is asked every round, in the words of this version."""
    checkpoints = _CHECKPOINTS if version >= _CHECKPOINTER_SINCE else _CHECKPOINTS_OLD
    names = ("total_exec_time", "mean_exec_time")
    if version < _STATEMENTS_TIME_SINCE:
        names = ("total_time", "mean_time")
    slow = Question("slow", _SLOW.text.format(total=names[0], mean=names[1]))
    return (
        *(_STATES, _DATABASES, _SIZES, _LOCKS, _RUNNING, _WRAPAROUND, checkpoints),
        *(_STANDBYS, _OWN_LAG, _SOURCE, _SLOTS, _ARCHIVER, _DATA, slow),
    )


def deep_questions() -> tuple[Question, ...]:
    """Return what is asked of each single database, less often."""
    return (_TABLES,)
