"""PostgreSQL: what its answers mean."""

from collections.abc import Iterator

from app.ports.database_driver import Row
from app.services.infrastructure.databases.answers import (
    Answers,
    largest,
    number,
    of,
    total,
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

_PAGE = 8192
_BILLION = 2_000_000_000  # where PostgreSQL refuses new transactions


def read(answers: Answers) -> Reading:
    """Read a round of the whole server."""
    server = answers.row("server")
    standby = server.get("pg_is_in_recovery")
    reading = Reading(
        version=word(server, "server_version").split(" ")[0],
        role={True: "standby", False: "primary", "t": "standby", "f": "primary"}.get(
            standby if isinstance(standby, bool | str) else "", ""
        ),
        data_path=word(answers.row("data"), "data_directory"),
        figures=[
            *_connections(answers, server),
            *_work(answers),
            *_locks(answers, server),
            *_replication(answers),
            *_upkeep(answers),
            *_safety(answers, server),
            answers.figure("uptime_seconds", of(server, "uptime"), "server"),
        ],
        tables=[
            _database_table(answers),
            _slow_table(answers),
            _running_table(answers),
            _standby_table(answers),
        ],
        problems=list(_problems(answers)),
        databases=[
            str(row["datname"])
            for row in answers.rows("sizes")
            if row.get("may_connect") in (True, "t")
        ],
    )
    if not (server.get("is_monitor") or server.get("is_superuser")):
        reading.missing.append(
            "The role is not in pg_monitor: what other users run, and their sizes, stay hidden."
        )
    return reading


def read_deep(of_databases: list[Answers], *, unread: int = 0) -> Reading:
    """Read what was asked of single databases: dead rows, and the largest tables."""
    rows = [row for answers in of_databases for row in answers.rows("tables")]
    why = next((answers.why("tables") for answers in of_databases if answers.why("tables")), "")
    dead, live = (total(of(row, name) for row in rows) for name in ("n_dead_tup", "n_live_tup"))
    whole = None if dead is None or live is None else dead + live
    ages = [of(row, "vacuum_age") for row in rows if (of(row, "n_live_tup") or 0) > 10_000]  # noqa: PLR2004 - small tables need no vacuum
    none = why or "There are no tables."
    if any(row.get("is_standby") in (True, "t") for row in rows):
        none = "It is a standby, which keeps no count of dead rows; its primary does."
    tables = Table(
        key="tables",
        title="Largest tables",
        why=_without(unread) if rows else none,
        columns=[
            Column(key="database", title="Database"),
            Column(key="table", title="Table"),
            Column(key="size", title="Size", unit="bytes"),
            Column(key="live", title="Rows", unit="count"),
            Column(key="dead", title="Dead rows", unit="count"),
            Column(key="dead_percent", title="Dead", unit="percent"),
            Column(key="vacuum_age", title="Last vacuum", unit="age"),
        ],
        rows=[_table_row(row) for row in _largest_first(rows, "total_relation_size")[:25]],
    )
    return Reading(
        figures=[
            Figure(key="dead_rows", value=dead, why="" if dead is not None else none),
            Figure(
                key="dead_rows_percent",
                value=percent(dead, whole),
                why="" if whole else none,
            ),
            Figure(
                key="vacuum_age_seconds",
                value=largest(ages),
                why="" if largest(ages) is not None else "No large table was vacuumed here yet.",
            ),
        ],
        tables=[tables],
    )


def _without(unread: int) -> str:
    return f"The tables of {unread} further databases were not read in time." if unread else ""


def _connections(answers: Answers, server: Row) -> Iterator[Figure]:
    states = {word(row, "state"): of(row, "count") for row in answers.rows("states")}
    used = total(states.values()) if states else (None if answers.why("states") else 0)
    most = of(server, "max_connections")
    # What is kept for administrators nobody else gets: without it, full is full.
    usable = None if most is None else most - (of(server, "reserved") or 0)
    idle = [count for state, count in states.items() if state.startswith("idle in transaction")]
    yield answers.figure("connections", used, "states")
    yield answers.figure("connections_limit", most, "server")
    yield answers.figure("connections_used_percent", percent(used, usable), "states", "server")
    active = states.get("active", None if used is None else 0)
    yield answers.figure("connections_active", active, "states")
    waiting = None if used is None else (total(idle) or 0)
    yield answers.figure("connections_idle_in_transaction", waiting, "states")


def _work(answers: Answers) -> Iterator[Figure]:
    rows = answers.rows("databases")

    def every(name: str) -> float | None:
        return total(of(row, name) for row in rows)

    yield answers.figure("transactions", every("xact_commit"), "databases")
    yield answers.figure("rollbacks", every("xact_rollback"), "databases")
    yield answers.figure("temporary_bytes", every("temp_bytes"), "databases")
    yield answers.figure("deadlocks", every("deadlocks"), "databases")
    hits, reads = every("blks_hit_bytes"), every("blks_read_bytes")
    pages = None if hits is None else hits / _PAGE
    whole = None if hits is None or reads is None else (hits + reads) / _PAGE
    none = "Nothing was read yet."
    yield answers.share("cache_hit_percent", pages, whole, "databases", why=none)
    running = [of(row, "query_running_time") for row in answers.rows("running")]
    longest = largest(running) if running else (None if answers.why("running") else 0)
    yield answers.figure("longest_query_seconds", longest, "running", why="No query runs.")
    sizes = answers.rows("sizes")
    yield answers.figure("size_bytes", total(of(row, "size") for row in sizes), "sizes")
    for row in sizes[:50]:
        labels = (("database", word(row, "datname")[:60]),)
        yield answers.figure("size_bytes", of(row, "size"), "sizes", labels=labels)


def _locks(answers: Answers, server: Row) -> Iterator[Figure]:
    rows = answers.rows("locks")
    is_known = not answers.why("locks")

    def count(granted: tuple[object, ...]) -> float | None:
        found = total(of(row, "locks_count") for row in rows if row.get("granted") in granted)
        return (found or 0) if is_known else None

    held = count((True, "t"))
    yield answers.figure("locks", held, "locks")
    share = percent(held, of(server, "max_locks"))
    yield answers.figure("locks_used_percent", share, "locks", "server")
    yield answers.figure("locks_waiting", count((False, "f")), "locks")
    times = [of(row, "xact_running_time") for row in answers.rows("running")]
    longest = largest(times) if times else (None if answers.why("running") else 0)
    yield answers.figure("longest_transaction_seconds", longest, "running")


def _replication(answers: Answers) -> Iterator[Figure]:
    standbys = answers.rows("standbys")
    is_known = not answers.why("standbys")
    yield answers.figure("replicas", float(len(standbys)) if is_known else None, "standbys")
    yield from _own_state(answers)
    for row in standbys[:20]:
        labels = (("replica", word(row, "application_name")[:60] or "standby"),)
        # Without traffic the view shows no lag, which means that there is none; to whom it shows
        # no state either, it shows nothing.
        is_shown = bool(word(row, "state"))
        yield answers.figure(
            "replication_lag_seconds",
            (of(row, "replay_lag") or 0.0) if is_shown else None,
            "standbys",
            why="The login may not see it.",
            labels=_unique(labels, row),
        )
        yield answers.figure(
            "replication_lag_bytes",
            of(row, "replay_delta"),
            "standbys",
            why="The standby has not told yet how far it is.",
            labels=_unique(labels, row),
        )
    if not standbys:
        yield answers.figure("replication_lag_bytes", None, "standbys", why="None is connected.")
    slots = answers.rows("slots")
    kept = largest(of(row, "retained") for row in slots if row.get("active") in (False, "f"))
    yield answers.figure(
        "slot_retained_bytes", kept, "slots", why="No slot waits for a replica that is away."
    )


def _own_state(answers: Answers) -> Iterator[Figure]:
    """Say how a standby itself does."""
    own = answers.row("own_lag")
    is_standby = own.get("is_standby") in (True, "t")
    none = "It is a primary; what its standbys lack stands in the table of replication."
    if of(own, "receivers"):
        none = "It has applied no change since it started."
    elif is_standby:
        none = "It receives nothing, so how far its primary is by now is not known."
    yield answers.figure("replication_lag_seconds", of(own, "lag"), "own_lag", why=none)
    broken = float(_has_lost_its_primary(answers)) if is_standby else None
    yield answers.figure("replication_broken", broken, "own_lag", why="It is a primary.")


def _has_lost_its_primary(answers: Answers) -> bool:
    own = answers.row("own_lag")
    is_set = answers.row("source").get("is_set")
    # One that is fed from an archive has no receiver, and lacks none.
    follows = own.get("streamed") if is_set is None else is_set
    is_standby = own.get("is_standby") in (True, "t")
    return is_standby and of(own, "receivers") == 0 and follows in (True, "t")


def _unique(labels: tuple[tuple[str, str], ...], row: Row) -> tuple[tuple[str, str], ...]:
    address = word(row, "client_addr")
    return (*labels, ("address", address)) if address else labels


def _upkeep(answers: Answers) -> Iterator[Figure]:
    oldest = of(answers.row("wraparound"), "oldest_current_xid")
    yield answers.figure("wraparound_percent", percent(oldest, _BILLION), "wraparound")
    row = answers.row("checkpoints")
    asked, timed = of(row, "checkpoints_req"), of(row, "checkpoints_timed")
    whole = None if asked is None or timed is None else asked + timed
    share = percent(asked, whole)
    none = "There was no checkpoint yet."
    yield answers.figure("checkpoints_requested_percent", share, "checkpoints", why=none)


def _safety(answers: Answers, server: Row) -> Iterator[Figure]:
    row = answers.row("archiver")
    is_on = word(server, "archive_mode") in ("on", "always")
    age = of(row, "archived_age") if is_on else None
    off = "The log is not archived (archive_mode is off), and base backups leave no trace inside."
    none = "Nothing was archived yet." if is_on else off
    yield answers.figure("backup_age_seconds", age, "archiver", why=none)
    failing = number(row.get("is_failing") in (True, "t")) if is_on and row else None
    yield answers.figure("archive_failed", failing, "archiver", why=off)


def _problems(answers: Answers) -> Iterator[Problem]:
    if _has_lost_its_primary(answers):
        yield Problem(
            code="replication_stopped",
            message="It is a standby, and receives nothing from its primary.",
            fix="Look into its log; check primary_conninfo and that the primary is up.",
        )
    if answers.row("own_lag").get("is_paused") in (True, "t"):
        yield Problem(
            code="replay_paused",
            message="Somebody has paused the replay: it receives changes and applies none.",
            fix="Let it go on when that is over: `SELECT pg_wal_replay_resume()`.",
        )


def _largest_first(rows: list[Row], name: str) -> list[Row]:
    return sorted(rows, key=lambda row: -(of(row, name) or 0))


def _table_row(row: Row) -> list[str | float | int | bool | None]:
    dead, live = of(row, "n_dead_tup"), of(row, "n_live_tup")
    whole = None if dead is None or live is None else dead + live
    return [
        word(row, "datname"),
        f"{word(row, 'schemaname')}.{word(row, 'relname')}",
        of(row, "total_relation_size"),
        live,
        dead,
        percent(dead, whole),
        of(row, "vacuum_age"),
    ]


def _database_table(answers: Answers) -> Table:
    sizes = {word(row, "datname"): of(row, "size") for row in answers.rows("sizes")}
    rows: list[list[str | float | int | bool | None]] = []
    for row in answers.rows("databases"):
        hits, reads = of(row, "blks_hit_bytes"), of(row, "blks_read_bytes")
        whole = None if hits is None or reads is None else hits + reads
        name = word(row, "datname")
        rows.append(
            [name, sizes.get(name), of(row, "numbackends"), percent(hits, whole),
             of(row, "deadlocks"), of(row, "temp_bytes")]
        )  # fmt: skip
    return Table(
        key="databases",
        title="Databases",
        why=answers.why("databases"),
        columns=[
            Column(key="database", title="Database"),
            Column(key="size", title="Size", unit="bytes"),
            Column(key="connections", title="Connections", unit="count"),
            Column(key="cache_hit", title="From the cache", unit="percent"),
            Column(key="deadlocks", title="Deadlocks", unit="count"),
            Column(key="temporary", title="Temporary files", unit="bytes"),
        ],
        rows=sorted(rows, key=lambda one: -(number(one[1]) or 0))[:100],
    )


def _slow_table(answers: Answers) -> Table:
    why = answers.why("slow")
    if why and "pg_stat_statements" in why:
        why = "The extension pg_stat_statements is not set up in the database of the login."
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
            [without_literals(row, "query"), word(row, "datname"), of(row, "calls"),
             of(row, "total_ms"), of(row, "mean_ms")]
            for row in answers.rows("slow")
        ],
    )  # fmt: skip


def _running_table(answers: Answers) -> Table:
    return Table(
        key="transactions",
        title="Longest transactions now",
        why=answers.why("running"),
        columns=[
            Column(key="pid", title="Process", unit="id"),
            Column(key="user", title="User"),
            Column(key="database", title="Database"),
            Column(key="state", title="State"),
            Column(key="age", title="Open for", unit="s"),
            Column(key="waits", title="Waits for"),
            Column(key="query", title="Last query"),
        ],
        rows=[
            [of(row, "pid"), word(row, "usename"), word(row, "datname"), word(row, "state"),
             of(row, "xact_running_time"), word(row, "wait_event_type"),
             without_literals(row, "query")]
            for row in answers.rows("running")[:15]
        ],
    )  # fmt: skip


def _standby_table(answers: Answers) -> Table:
    return Table(
        key="replication",
        title="Standbys",
        why=answers.why("standbys") or ("" if answers.rows("standbys") else "None is connected."),
        columns=[
            Column(key="name", title="Name"),
            Column(key="address", title="Address"),
            Column(key="state", title="State"),
            Column(key="mode", title="Mode"),
            Column(key="lag", title="Behind", unit="s"),
            Column(key="bytes", title="Behind", unit="bytes"),
        ],
        rows=[
            [word(row, "application_name"), word(row, "client_addr"), word(row, "state"),
             word(row, "sync_state"), of(row, "replay_lag"), of(row, "replay_delta")]
            for row in answers.rows("standbys")
        ],
    )  # fmt: skip
