"""The script that makes a login which may only read: shown to people, never run by Unity."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.models.infrastructure.database_instance import DatabaseKind

USER = "unity"
PASSWORD = "CHOOSE-A-PASSWORD"  # noqa: S105 - what people replace
_MARIADB_NEW = (10, 5)
_POSTGRESQL_MONITOR = 10


@dataclass(frozen=True, slots=True)
class LoginScript:
    """What to run, where, and what each right opens."""

    language: str  # sql, shell
    run_with: str
    text: str
    unlocks: tuple[str, ...]
    without_password: str = ""  # the same with the account of the machine in place of a password


@dataclass(frozen=True, slots=True)
class _Place:
    version: tuple[int, ...]
    inside: str
    account: str


def script_for(
    kind: DatabaseKind, version: str, *, inside: str = "", account: str = ""
) -> LoginScript:
    """Return the script for an engine and version; `account` is the machine's that Unity uses.

    `inside` is what a person puts before a command in the database's container.
    """
    makers = {
        DatabaseKind.POSTGRESQL: _postgresql,
        DatabaseKind.MYSQL: _mysql,
        DatabaseKind.MARIADB: _mariadb,
    }
    if kind in makers:
        return makers[kind](
            _Place(_numbers(version), inside, account.replace('"', "").replace("'", ""))
        )
    script = _OTHERS[kind]
    is_in_there = inside and kind is not DatabaseKind.MINIO  # `mc` runs anywhere
    return replace(script, run_with=f"{inside} {script.run_with}") if is_in_there else script


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3] if len(part) < 6)  # noqa: PLR2004 - digits of a part


def _postgresql(place: _Place) -> LoginScript:
    lines = [f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}';"]
    if place.version and place.version[0] < _POSTGRESQL_MONITOR:
        lines += [
            "-- Before version 10 there is no role for monitoring: sizes and queries of others",
            "-- stay hidden, which Unity says.",
        ]
    else:
        lines.append(f"GRANT pg_monitor TO {USER};")
    lines += [
        f"ALTER ROLE {USER} SET default_transaction_read_only = on;",
        f"ALTER ROLE {USER} SET statement_timeout = '10s';",
        f"ALTER ROLE {USER} CONNECTION LIMIT 5;",
        "-- For the slowest queries, once in the database of the login; it needs a restart",
        "-- with shared_preload_libraries set to pg_stat_statements:",
        "-- CREATE EXTENSION pg_stat_statements;",
    ]
    return LoginScript(
        "sql",
        f"{place.inside} psql -U postgres" if place.inside else "sudo -u postgres psql",
        "\n".join(lines),
        (
            "pg_monitor: all activity, sizes, replication and settings; no data of any table",
            "pg_stat_statements: which queries take most time, without their values",
        ),
        without_password=""
        if place.inside or not place.account
        else f'CREATE ROLE "{place.account}" LOGIN;\nGRANT pg_monitor TO "{place.account}";',
    )


def _mysql(place: _Place) -> LoginScript:
    host = "%" if place.inside else "localhost"
    who = f"'{USER}'@'{host}'"
    return LoginScript(
        "sql",
        f"{place.inside} mysql -u root -p" if place.inside else "sudo mysql",
        "\n".join(
            [
                f"CREATE USER {who} IDENTIFIED BY '{PASSWORD}' WITH MAX_USER_CONNECTIONS 5;",
                f"GRANT PROCESS, REPLICATION CLIENT ON *.* TO {who};",
                f"GRANT SELECT ON performance_schema.* TO {who};",
                "-- For the number of rows of tables, and for sizes of other engines than InnoDB,",
                "-- which show to whom may read them:",
                f"-- GRANT SELECT ON *.* TO {who};",
            ]
        ),
        _MYSQL_UNLOCKS,
        without_password=_by_socket(place, "auth_socket", "REPLICATION CLIENT"),
    )


def _mariadb(place: _Place) -> LoginScript:
    host = "%" if place.inside else "localhost"
    who = f"'{USER}'@'{host}'"
    # MariaDB 10.5 split the right to see replication into several.
    is_new = not place.version or place.version >= _MARIADB_NEW
    rights = "BINLOG MONITOR, SLAVE MONITOR" if is_new else "REPLICATION CLIENT"
    return LoginScript(
        "sql",
        f"{place.inside} mariadb -u root -p" if place.inside else "sudo mariadb",
        "\n".join(
            [
                f"CREATE USER {who} IDENTIFIED BY '{PASSWORD}' WITH MAX_USER_CONNECTIONS 5;",
                f"GRANT PROCESS, {rights} ON *.* TO {who};",
                f"GRANT SELECT ON performance_schema.* TO {who};",
                "-- For the number of rows of tables, and for sizes of other engines than InnoDB,",
                "-- which show to whom may read them:",
                f"-- GRANT SELECT ON *.* TO {who};",
            ]
        ),
        _MYSQL_UNLOCKS,
        without_password=_by_socket(place, "unix_socket", rights),
    )


def _by_socket(place: _Place, plugin: str, rights: str) -> str:
    account = place.account
    if place.inside or account in ("", "root"):
        return ""  # root of the machine is the administrator of the database already
    way = "WITH" if plugin == "auth_socket" else "VIA"
    return (
        f"CREATE USER '{account}'@'localhost' IDENTIFIED {way} {plugin};\n"
        f"GRANT PROCESS, {rights} ON *.* TO '{account}'@'localhost';\n"
        f"GRANT SELECT ON performance_schema.* TO '{account}'@'localhost';"
    )


_MYSQL_UNLOCKS = (
    "PROCESS: who is connected, transactions, InnoDB and the sizes of its files",
    "the right to see replication: whether a replica runs, and how far it is behind",
    "SELECT on performance_schema: which queries take most time, without their values",
    "SELECT on all: numbers of rows. It opens the data too, so leave it out where that matters",
)
_REDIS_TEXT = "\n".join(
    [
        (
            f"ACL SETUSER {USER} reset on >{PASSWORD} +ping +info +slowlog|get +time"
            " +config|get +cluster|info"
        ),
        "ACL SAVE",
        "# ACL SAVE needs `aclfile` in the configuration; else CONFIG REWRITE keeps it.",
        "# Before version 6 there are no users: enter the password of requirepass, with the",
        "# user name left as `default`.",
    ]
)
_REDIS_UNLOCKS = (
    "INFO: all numbers; SLOWLOG GET: the slowest commands; no key can be read",
    "CONFIG GET: the limit of clients and whether it saves to disk",
)
_OTHERS: Mapping[DatabaseKind, LoginScript] = MappingProxyType(
    {
        DatabaseKind.REDIS: LoginScript("shell", "redis-cli", _REDIS_TEXT, _REDIS_UNLOCKS),
        DatabaseKind.VALKEY: LoginScript("shell", "valkey-cli", _REDIS_TEXT, _REDIS_UNLOCKS),
        DatabaseKind.MONGODB: LoginScript(
            "javascript",
            "mongosh",
            "\n".join(
                [
                    "use admin",
                    "db.createUser({",
                    f'  user: "{USER}", pwd: "{PASSWORD}",',
                    "  roles: [",
                    '    { role: "clusterMonitor", db: "admin" },',
                    '    { role: "read", db: "local" }',
                    "  ]",
                    "})",
                ]
            ),
            (
                "clusterMonitor: state, connections, sizes, members of the set",
                "read on local: how far back the oplog reaches",
            ),
        ),
        DatabaseKind.MINIO: LoginScript(
            "shell",
            "mc",
            "\n".join(
                [
                    "cat > unity-metrics.json <<'END'",
                    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",',
                    ' "Action": ["admin:Prometheus"], "Resource": ["arn:aws:s3:::*"]}]}',
                    "END",
                    "mc admin policy create ALIAS unity-metrics unity-metrics.json",
                    f"mc admin user add ALIAS {USER} {PASSWORD}",
                    f"mc admin policy attach ALIAS unity-metrics --user {USER}",
                ]
            ),
            ("admin:Prometheus: drives, nodes, capacity and buckets; no object can be read",),
        ),
    }
)
