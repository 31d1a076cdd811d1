"""Reads what the script printed of the processes: pure text in, found databases out."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.kernel.text import printable
from app.models.infrastructure.database_instance import DatabaseKind
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.databases.containers import Container, container_of
from app.services.infrastructure.facts.databases.found import Door, FoundDatabase
from app.services.infrastructure.facts.databases.places import Mount, place_of, read_mount
from app.services.infrastructure.facts.databases.sockets import Listening, Net, read_tcp, read_unix

FACT = "databases"
_KINDS = {
    "postgres": DatabaseKind.POSTGRESQL,
    "postmaster": DatabaseKind.POSTGRESQL,
    "mysqld": DatabaseKind.MYSQL,
    "mariadbd": DatabaseKind.MARIADB,
    "mongod": DatabaseKind.MONGODB,
    "ferretdb": DatabaseKind.MONGODB,
    "redis-server": DatabaseKind.REDIS,
    "keydb-server": DatabaseKind.REDIS,
    "redis-sentinel": DatabaseKind.REDIS,
    "valkey-sentinel": DatabaseKind.VALKEY,
    "valkey-server": DatabaseKind.VALKEY,
    "minio": DatabaseKind.MINIO,
}
PORTS = {
    DatabaseKind.POSTGRESQL: 5432,
    DatabaseKind.MYSQL: 3306,
    DatabaseKind.MARIADB: 3306,
    DatabaseKind.MONGODB: 27017,
    DatabaseKind.REDIS: 6379,
    DatabaseKind.VALKEY: 6379,
    DatabaseKind.MINIO: 9000,
}
_SOCKET_NAMES = {
    DatabaseKind.MYSQL: re.compile(r"/(mysqld?|mariadb)\.sock$"),
    DatabaseKind.MARIADB: re.compile(r"/(mysqld?|mariadb)\.sock$"),
    DatabaseKind.REDIS: re.compile(r"/redis[^/]*\.sock$"),
    DatabaseKind.VALKEY: re.compile(r"/valkey[^/]*\.sock$"),
}
# Options that say where the data lie, where it listens, and where its socket is.
_DATA = ("-D", "--datadir", "--dbpath", "--dir", "--data-dir", "data_directory")
_PORT = ("-p", "-P", "--port", "port")
_SOCKET = ("--socket", "-S", "--unixsocket")
_X_PROTOCOL = 33060  # of MySQL
_CLUSTER_BUS = 10_000  # above the port of a node of Redis
_MOST = 64
_MOST_SOCKETS = 64  # of one process
_LONGEST = 1000
_VERSION_IN_PATH = re.compile(r"/(?:postgresql|pgsql)[/-](\d+(?:\.\d+)?)/")
_SETTING = re.compile(r"^\s*(port|unix_socket_directories)\s*=?\s*'?([^'#]*)'?")
_TITLE = re.compile(r"^\S*(?:redis|valkey|keydb)-(?:server|sentinel)\s+(\S+):(\d+)")


@dataclass(frozen=True, slots=True)
class _Process:
    """What was printed of one process, sorted by what it is."""

    pid: int
    name: str
    user_id: int | None
    arguments: Sequence[str]
    container: Container
    settings: Mapping[str, str]
    folder: str
    program: str
    version: str
    lock: Sequence[str]  # port and socket folder of postmaster.pid
    inodes: Sequence[str]
    net: Net
    mounts: Sequence[Mount]


@dataclass(slots=True)
class _Open:
    """Where a process listens, and whether its machine has no way to the addresses of its own."""

    port: int | None
    doors: list[Door]
    is_shut_in: bool


def read_databases(text: str) -> list[FoundDatabase]:
    """Return what the script has found, or raise `Unparsable`."""
    if text.strip() == "none":
        return []
    if not text.startswith("h\n"):
        raise Unparsable(FACT, "not the answer of the search")
    host, processes = _sort(text.splitlines())
    opened = [_open(one, host.net) for one in processes]
    _publish(processes, opened, host.net)
    return [_found(*one, host) for one in zip(processes, opened, strict=True)]


def _sort(lines: list[str]) -> tuple[_Process, list[_Process]]:
    host: dict[str, list[str]] = {}
    current = host
    processes: list[tuple[int, str, dict[str, list[str]]]] = []
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "p":
            pid, _, name = rest.partition(" ")
            name = name.strip("()")
            if not pid.isdecimal() or name not in _KINDS:
                raise Unparsable(FACT, "a process that was not asked for")
            current = {}
            processes.append((int(pid), name, current))
        else:
            current.setdefault(mark, []).append(rest)
    return _process(0, "", host), [_process(*one) for one in processes[:_MOST]]


def _process(pid: int, name: str, lines: Mapping[str, list[str]]) -> _Process:
    """Read the lines of one process by their marks."""

    def last(mark: str) -> str:
        return lines[mark][-1] if mark in lines else ""

    def each(mark: str) -> list[str]:
        return lines.get(mark, [])

    user = last("i").split()
    settings = [found for rest in each("k") if (found := _SETTING.match(rest)) is not None]
    sockets = (*map(read_tcp, each("t")), *map(read_unix, each("u")))
    return _Process(
        pid,
        name,
        user_id=int(user[1]) if len(user) > 1 and user[1].isdecimal() else None,
        arguments=each("c"),
        container=container_of(each("g")),
        settings={found[1]: found[2].strip() for found in settings},
        folder=last("w"),
        program=last("e"),
        version=last("v").strip(),
        lock=[rest.strip() for rest in each("q")],
        inodes=tuple(dict.fromkeys(rest.strip() for rest in each("s"))),
        net=Net((row for row in sockets if row is not None), (rest.strip() for rest in each("a"))),
        mounts=[read_mount(rest) for rest in each("m")],
    )


def _open(process: _Process, host: Net) -> _Open:
    kind, container = _KINDS[process.name], process.container
    own_net = bool(container.name) and process.net.is_apart_from(host)
    net = process.net if own_net else host
    rows = _own(process, kind, net, is_alone=own_net)
    port = next((row.port for row in rows if row.port), None)
    return _Open(
        port=port if port is not None else _hint(process),
        doors=_distinct(door for row in rows for door in _doors(row, net, is_inside=own_net)),
        is_shut_in=own_net and container.owner_id is not None,
    )


def _publish(processes: Sequence[_Process], opened: Sequence[_Open], host: Net) -> None:
    """Find what an engine without root holds open for its containers, whom nothing else reaches.

    Only the number of the port and the user tell whose it is: of two that may have it, none does.
    """
    wanted = [one.doors for one in opened if not one.is_shut_in]
    for process, one in zip(processes, opened, strict=True):
        if one.is_shut_in:
            rows = [
                row
                for row in host.at_port(one.port or 0)
                if row.user_id == process.container.owner_id
            ]
            rows = _in_order(rows, one.port or 0, _KINDS[process.name])
            one.doors = _distinct(door for row in rows for door in _doors(row, host))
            wanted.append(one.doors)
    claims = Counter(door.words for doors in wanted for door in doors)
    for one in opened:
        if one.is_shut_in:
            one.doors = [door for door in one.doors if claims[door.words] == 1]


def _found(process: _Process, opened: _Open, host: _Process) -> FoundDatabase:
    kind, container = _KINDS[process.name], process.container
    data = _clean(_data_path(process, kind))
    place = place_of(data, process.mounts if container.name else host.mounts, host.mounts)
    return FoundDatabase(
        kind=kind,
        pid=process.pid,
        user_id=process.user_id,
        version=_version(process),
        port=opened.port,
        doors=opened.doors,
        data_path=data,
        host_path=place.path,
        mountpoint=place.mountpoint,
        device=place.device,
        container=container.name,
        engine=container.engine,
        owner_id=container.owner_id,
        notes=list(_notes(process, opened, data)),
    )


def _distinct(doors: Iterable[Door]) -> list[Door]:
    return list({(door.path, door.host, door.port): door for door in doors}.values())


def _own(process: _Process, kind: DatabaseKind, net: Net, *, is_alone: bool) -> list[Listening]:
    """Return the sockets of this process: by its open files, else by port, name and user."""
    port = _hint(process) or PORTS[kind]
    mine = net.of_inodes(process.inodes)
    if mine:
        return _in_order(mine, port, kind)
    mine = [row for row in net.at_port(port) if _is_of(row, process, is_alone=is_alone)]
    if not mine and _hint(process) is None and (is_alone or process.user_id):
        # One port of a user of its own can be nothing else; of several, none is guessed.
        mine = _of_one_port(
            row for row in net.with_ports() if _is_of(row, process, is_alone=is_alone)
        )
    port = next((row.port for row in mine), port)
    return _in_order([*mine, *_sockets(process, kind, net, port)], port, kind)


def _of_one_port(rows: Iterable[Listening]) -> list[Listening]:
    found: list[Listening] = []
    for row in rows:
        if found and row.port != found[0].port:
            return []
        found.append(row)
    return found


def _is_of(row: Listening, process: _Process, *, is_alone: bool) -> bool:
    return is_alone or process.user_id is None or row.user_id == process.user_id


def _sockets(process: _Process, kind: DatabaseKind, net: Net, port: int) -> Sequence[Listening]:
    """Return the Unix sockets that are its by their paths."""
    given = _option(process.arguments, _SOCKET)
    if given:
        return net.at_path(given)
    if kind is DatabaseKind.POSTGRESQL:
        folder = _option(process.arguments, ("-k",)) or (*process.lock[1:2], "")[0]
        name = f".s.PGSQL.{port}"
        return net.at_path(f"{folder}/{name}") if folder else net.named(name)
    if kind is DatabaseKind.MONGODB:
        return net.named(f"mongodb-{port}.sock")
    pattern = _SOCKET_NAMES.get(kind)
    return net.matching(pattern) if pattern is not None else ()


def _in_order(rows: list[Listening], port: int, kind: DatabaseKind) -> list[Listening]:
    """Put the port that it is known by first, and leave out what no client speaks to."""
    rows = rows[:_MOST_SOCKETS]
    ports = {row.port for row in rows}
    both = {row.port for row in rows if row.is_wildcard and row.address != "::"}
    useful = [
        row
        for row in rows
        if not _is_inner(row, ports, kind) and not (row.address == "::" and row.port in both)
    ]
    return sorted(
        useful, key=lambda row: (row.path != "", row.port != port, row.port, not row.is_loopback)
    )


def _is_inner(row: Listening, ports: set[int], kind: DatabaseKind) -> bool:
    if kind in (DatabaseKind.MYSQL, DatabaseKind.MARIADB):
        return row.port == _X_PROTOCOL or row.path.endswith("mysqlx.sock")
    if kind in (DatabaseKind.REDIS, DatabaseKind.VALKEY):
        return row.port - _CLUSTER_BUS in ports  # the talk between the nodes of a cluster
    return False


def _doors(row: Listening, net: Net, *, is_inside: bool = False) -> Iterator[Door]:
    """Yield where its machine reaches a socket, the likeliest first."""
    if row.path:
        # A socket inside of a container lies in folders that its machine does not see.
        if not is_inside and row.path.startswith("/"):
            yield Door(path=row.path)
    elif not is_inside:
        yield from (Door(host=host, port=row.port) for host in row.loopbacks)
    elif not row.is_loopback and not row.is_wildcard:
        yield Door(host=row.address, port=row.port)
    elif row.is_wildcard:
        addresses = sorted(one for one in net.addresses if not one.startswith("127."))
        yield from (Door(host=host, port=row.port) for host in addresses[:1])


def _hint(process: _Process) -> int | None:
    """Return the port that arguments, title or settings name."""
    if process.lock and process.lock[0].isdecimal():
        return int(process.lock[0])
    title = _TITLE.match(process.arguments[0]) if process.arguments else None
    words = [title[2] if title else "", _option(process.arguments, _PORT)]
    words += [process.settings.get("port", "")]
    words += [_option(process.arguments, ("--address",)).rpartition(":")[2]]
    found = next((int(word) for word in words if word.isdecimal()), 0)
    return found if 0 < found < 2**16 else None


def _option(arguments: Sequence[str], names: tuple[str, ...]) -> str:
    for index, word in enumerate(arguments):
        name, is_joined, value = word.partition("=")
        if name in names:
            return value if is_joined else next(iter(arguments[index + 1 : index + 2]), "")
    return ""


def _data_path(process: _Process, kind: DatabaseKind) -> str:
    given = _option(process.arguments, _DATA)
    if given.startswith("/"):
        return given
    if kind is DatabaseKind.MINIO:
        words = [word for word in process.arguments[1:] if word.startswith("/")]
        return words[0] if words else ""
    if kind is DatabaseKind.MONGODB or process.folder == "/":
        return ""  # it does not go into its folder
    return process.folder


def _version(process: _Process) -> str:
    if process.version:
        return _clean(process.version)[:40]
    for text in (process.program, *process.arguments[:1]):
        if (found := _VERSION_IN_PATH.search(text)) is not None:
            return found[1]
    return ""


def _clean(text: str) -> str:
    return printable(text.removesuffix(" (deleted)"))[:_LONGEST]


def _notes(process: _Process, opened: _Open, data: str) -> Iterator[str]:
    if not process.folder:
        yield (
            "The login of this server is neither root nor the database's own user: which sockets"
            " and folder are its was concluded from its arguments, its user and its port."
        )
    if not data:
        yield "Its data folder is shown to root, or after a login to the database."
    if opened.doors:
        return
    if not process.container.name:
        yield "It was not seen where it listens."
        return
    yield "It listens inside of its container only, where its machine cannot reach it."
    if opened.is_shut_in and opened.port:
        yield (
            "Its container was started without root. Unity finds its port where it is published"
            f" under its own number, once: `-p 127.0.0.1:{opened.port}:{opened.port}`."
        )
