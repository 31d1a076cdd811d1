"""Reads what the script printed of the processes: pure text in, found databases out."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.kernel.text import printable
from app.models.infrastructure.database_instance import DatabaseKind
from app.services.core.facts import Unparsable
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
    DatabaseKind.MONGODB: re.compile(r"/mongodb-\d+\.sock$"),
}
# Options that say where the data lie, where it listens, and where its socket is.
_DATA = ("-D", "--datadir", "--dbpath", "--dir", "--data-dir", "data_directory")
_PORT = ("-p", "-P", "--port", "port")
_SOCKET = ("--socket", "-S", "--unixsocket")
_X_PROTOCOL = 33060  # of MySQL
_CLUSTER_BUS = 10_000  # above the port of a node of Redis
_MOST = 64
_LONGEST = 1000
_CONTAINER = re.compile(r"(?:^|[/\-:])([0-9a-f]{64})(?:\.scope)?(?:/|$)")
_ENGINE = re.compile(r"docker|libpod|containerd|crio|kubepods")
_VERSION_IN_PATH = re.compile(r"/(?:postgresql|pgsql)[/-](\d+(?:\.\d+)?)/")
_SETTING = re.compile(r"^\s*(port|unix_socket_directories)\s*=?\s*'?([^'#]*)'?")
_TITLE = re.compile(r"^\S*(?:redis|valkey|keydb)-server\s+(\S+):(\d+)")


@dataclass(slots=True)
class _Process:
    """The lines of one process, sorted by what they are."""

    pid: int
    name: str
    user_id: int | None = None
    arguments: list[str] = field(default_factory=list)
    cgroup: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    program: str = ""
    version: str = ""
    lock: list[str] = field(default_factory=list)  # port and socket folder of postmaster.pid
    inodes: set[str] = field(default_factory=set)
    net: Net = field(default_factory=Net)
    mounts: list[Mount] = field(default_factory=list)


def read_databases(text: str) -> list[FoundDatabase]:
    """Return what the script has found, or raise `Unparsable`."""
    if text.strip() == "none":
        return []
    if not text.startswith("h\n"):
        raise Unparsable(FACT, "not the answer of the search")
    host, processes = _sort(text.splitlines())
    return [_found(one, host) for one in processes[:_MOST]]


def _sort(lines: list[str]) -> tuple[_Process, list[_Process]]:
    host = current = _Process(0, "")
    processes: list[_Process] = []
    for line in lines:
        mark, _, rest = line.partition(" ")
        if mark == "p":
            pid, _, name = rest.partition(" ")
            name = name.strip("()")
            if not pid.isdecimal() or name not in _KINDS:
                raise Unparsable(FACT, "a process that was not asked for")
            current = _Process(int(pid), name)
            processes.append(current)
        else:
            _take(current, mark, rest)
    return host, processes


def _take(process: _Process, mark: str, rest: str) -> None:
    match mark:
        case "i":
            words = rest.split()
            process.user_id = int(words[1]) if len(words) > 1 and words[1].isdecimal() else None
        case "e":
            process.program = rest
        case "w":
            process.folder = rest
        case "v":
            process.version = rest.strip()
        case "k":
            if (found := _SETTING.match(rest)) is not None:
                process.settings[found[1]] = found[2].strip()
        case _:
            _take_one_of_many(process, mark, rest)


def _take_one_of_many(process: _Process, mark: str, rest: str) -> None:
    match mark:
        case "c":
            process.arguments.append(rest)
        case "g":
            process.cgroup.append(rest)
        case "s":
            process.inodes.add(rest.strip())
        case "q":
            process.lock.append(rest.strip())
        case "t":
            process.net.take(read_tcp(rest))
        case "u":
            process.net.take(read_unix(rest))
        case "a":
            process.net.addresses.add(rest.strip())
        case "m":
            process.mounts.append(read_mount(rest))
        case _:
            return


def _found(process: _Process, host: _Process) -> FoundDatabase:
    kind = _KINDS[process.name]
    container = _container(process.cgroup)
    own_net = bool(container) and process.net.addresses != host.net.addresses
    net = process.net if own_net else host.net
    rows = _own(process, kind, net, is_alone=own_net)
    doors = _distinct(_door(row, net, is_inside=own_net) for row in rows)
    port = next((row.port for row in rows if row.port), None)
    data = _clean(_data_path(process, kind))
    place = place_of(data, process.mounts if container else host.mounts, host.mounts)
    return FoundDatabase(
        kind=kind,
        pid=process.pid,
        user_id=process.user_id,
        version=_version(process),
        port=port if port is not None else _hint(process),
        doors=doors,
        data_path=data,
        host_path=place.path,
        mountpoint=place.mountpoint,
        device=place.device,
        container=container[:12],
        notes=list(_notes(process, data, has_doors=bool(doors))),
    )


def _distinct(doors: Iterable[Door]) -> list[Door]:
    found = {(door.path, door.host, door.port): door for door in doors}
    found.pop(("", "", 0), None)  # one that its machine cannot reach
    return list(found.values())


def _own(process: _Process, kind: DatabaseKind, net: Net, *, is_alone: bool) -> list[Listening]:
    """Return the sockets of this process: by its open files, else by port, name and user."""
    port = _hint(process) or PORTS[kind]
    mine = [row for row in net.rows if row.inode in process.inodes]
    if mine:
        return _in_order(mine, port, kind)
    mine = [row for row in net.rows if row.port == port and _is_of(row, process, is_alone=is_alone)]
    if not mine and _hint(process) is None:
        same = [row for row in net.rows if row.port and _is_of(row, process, is_alone=is_alone)]
        # One port of a user of its own can be nothing else; of several, none is guessed.
        is_own_user = is_alone or bool(process.user_id)
        mine = same if is_own_user and len({row.port for row in same}) == 1 else []
    port = next((row.port for row in mine), port)
    mine += [row for row in net.rows if row.path and _is_socket(row.path, process, kind, port)]
    return _in_order(mine, port, kind)


def _is_of(row: Listening, process: _Process, *, is_alone: bool) -> bool:
    return is_alone or process.user_id is None or row.user_id == process.user_id


def _is_socket(path: str, process: _Process, kind: DatabaseKind, port: int) -> bool:
    given = _option(process.arguments, _SOCKET)
    if given:
        return path == given
    if kind is DatabaseKind.POSTGRESQL:
        folder = _option(process.arguments, ("-k",)) or (process.lock[1:2] or [""])[0]
        return path == f"{folder}/.s.PGSQL.{port}" if folder else path.endswith(f"/.s.PGSQL.{port}")
    if kind is DatabaseKind.MONGODB:
        return path.endswith(f"/mongodb-{port}.sock")
    pattern = _SOCKET_NAMES.get(kind)
    return pattern is not None and pattern.search(path) is not None


def _in_order(rows: list[Listening], port: int, kind: DatabaseKind) -> list[Listening]:
    """Put the port that it is known by first, and leave out what no client speaks to."""
    ports = {row.port for row in rows}
    useful = [row for row in rows if not _is_inner(row, ports, kind)]
    return sorted(
        useful, key=lambda row: (row.path != "", row.port != port, row.port, not row.is_loopback)
    )


def _is_inner(row: Listening, ports: set[int], kind: DatabaseKind) -> bool:
    if kind in (DatabaseKind.MYSQL, DatabaseKind.MARIADB):
        return row.port == _X_PROTOCOL or row.path.endswith("mysqlx.sock")
    if kind in (DatabaseKind.REDIS, DatabaseKind.VALKEY):
        return row.port - _CLUSTER_BUS in ports  # the talk between the nodes of a cluster
    return False


def _door(row: Listening, net: Net, *, is_inside: bool) -> Door:
    if row.path:
        # A socket inside of a container lies in folders that its machine does not see.
        return Door() if is_inside or not row.path.startswith("/") else Door(path=row.path)
    if not is_inside:
        return Door(host=row.address if not row.is_wildcard else row.own_loopback, port=row.port)
    if row.is_loopback:
        return Door()
    if not row.is_wildcard:
        return Door(host=row.address, port=row.port)
    addresses = sorted(one for one in net.addresses if not one.startswith("127."))
    return Door(host=addresses[0], port=row.port) if addresses else Door()


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


def _option(arguments: list[str], names: tuple[str, ...]) -> str:
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


def _container(cgroup: list[str]) -> str:
    for line in cgroup:
        found = _CONTAINER.search(line)
        if found is not None and (_ENGINE.search(line) or ".scope" in line or "/" in line):
            return found[1]
    return ""


def _clean(text: str) -> str:
    return printable(text.removesuffix(" (deleted)"))[:_LONGEST]


def _notes(process: _Process, data: str, *, has_doors: bool) -> Iterator[str]:
    if not process.folder:
        yield (
            "The login of this server is neither root nor the database's own user: which sockets"
            " and folder are its was concluded from its arguments, its user and its port."
        )
    if not data:
        yield "Its data folder is shown to root, or after a login to the database."
    if not has_doors and _container(process.cgroup):
        yield "It listens inside of its container only, where its machine cannot reach it."
    elif not has_doors:
        yield "It was not seen where it listens."
