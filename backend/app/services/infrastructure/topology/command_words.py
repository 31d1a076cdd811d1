"""From what is known of a thing to the words of a command that a person types there: pure.

Every value is quoted for a shell: names come from machines, and a folder may be called anything.
What is not known is left out, so that the runbook shows its place in capitals instead.
"""

from collections.abc import Iterator, Mapping, Sequence

from app.kernel.text import in_command, printable
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseKind
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.schemas.infrastructure.commands import CommandName, CommandPart
from app.services.infrastructure.facts.databases.reader import PORTS
from app.services.infrastructure.pools.datasets import DatasetView
from app.services.infrastructure.pools.places import drive_of
from app.services.infrastructure.pools.view import PoolMember, PoolView

ALONE = "alone"  # a drive without a pool, a database without a container
Words = Mapping[str, str]
# The program, the account that it is started as, and its option for a port.
_CLIENTS: Mapping[DatabaseKind, tuple[str, str, str]] = {
    DatabaseKind.POSTGRESQL: ("psql", "postgres", "-p"),
    DatabaseKind.MYSQL: ("mysql", "", "-P"),
    DatabaseKind.MARIADB: ("mariadb", "", "-P"),
    DatabaseKind.MONGODB: ("mongosh", "", "--port"),
    DatabaseKind.REDIS: ("redis-cli", "", "-p"),
    DatabaseKind.VALKEY: ("valkey-cli", "", "-p"),
}
_SOCKET_OPTIONS = {
    DatabaseKind.MYSQL: "-S",
    DatabaseKind.MARIADB: "-S",
    DatabaseKind.REDIS: "-s",
    DatabaseKind.VALKEY: "-s",
}


def part(kind: str, words: Words) -> CommandPart:
    """Return the words of one kind; empty ones are not known."""
    return CommandPart(kind=kind, names=names(words))


def names(words: Words) -> list[CommandName]:
    """Return words as they are shown; empty ones are not known."""
    return [CommandName(name=name, value=value) for name, value in words.items() if value]


def quoted(value: str) -> str:
    """Quote what a machine called something; a name that cannot be typed is not known."""
    return in_command(value) if value and printable(value) == value else ""


def of_drive(drive: StorageDevice) -> Words:
    """Return what a drive is called by the kernel, and how smartctl is asked for it."""
    path = drive.path or f"/dev/{drive.name}"
    kind = f"-d {quoted(drive.smart_type)} " if drive.smart_type else ""
    return {
        "disk": "" if drive.is_behind_controller else quoted(f"/dev/{drive.name}"),
        "kernel_name": "" if drive.is_behind_controller else quoted(drive.name),
        "smart": f"{kind}{quoted(path)}",
        "serial": quoted(drive.serial),
    }


def of_named_disk(name: str) -> Words:
    """Return the words for a disk of which only the kernel's name is known."""
    path = quoted(f"/dev/{name}")
    return {"disk": path, "kernel_name": quoted(name), "smart": path}


def of_pool(
    pool: StoragePool, drive: StorageDevice | None = None, datasets: Sequence[DatasetView] = ()
) -> Words:
    """Return what a pool is called, and its member that is hurt, or that lies on a drive."""
    view = PoolView.model_validate_json(pool.detail) if pool.detail else None
    words = {"pool": quoted(pool.name)}
    if pool.kind == PoolKind.MD:
        words |= {"array": quoted(f"/dev/{pool.name}"), "array_name": quoted(pool.name)}
    if view is None:
        return words
    old = _on_drive(view, drive) if drive is not None else _hurt(view)
    words |= {"old": quoted(_name_of(view, old)), "mount": quoted(view.mount)}
    volume = next((one.name for one in view.volumes if one.health), "")
    words["volume"] = quoted(f"{pool.name}/{volume}") if volume else ""
    late = next((one.name for one in datasets if one.is_late), "")
    full = max(datasets, key=lambda one: one.quota_percent or 0.0, default=None)
    words["late_dataset"] = quoted(late)
    words["full_dataset"] = quoted(full.name) if full is not None and full.quota_percent else ""
    return words


def _leaves(view: PoolView) -> Iterator[PoolMember]:
    return (one for one in view.members if one.is_leaf)


def _on_drive(view: PoolView, drive: StorageDevice) -> PoolMember | None:
    """Find the member that lies on a drive; of one that is gone, the only one that is hurt."""
    leaves = list(_leaves(view))
    mine = [one for one in leaves if drive_of(one.name, one.path, [drive]) is not None]
    hurt = [one for one in leaves if not one.is_well]
    lost = hurt if len(hurt) == 1 else []
    return next(iter(mine or lost), None)


def _hurt(view: PoolView) -> PoolMember | None:
    """Find the member that is not well, else the one with the most errors."""
    lost = [one for one in _leaves(view) if not one.is_well]
    worst = max(_leaves(view), key=lambda one: one.errors, default=None)
    if lost:
        return lost[0]
    return worst if worst is not None and worst.errors else None


def _name_of(view: PoolView, one: PoolMember | None) -> str:
    """Return how its own tool is told of a member: ZFS by its name, btrfs by its number."""
    if one is None:
        return ""
    match view.kind:
        case PoolKind.ZFS:
            return one.name
        case PoolKind.BTRFS if one.name.startswith("device "):
            return one.name.removeprefix("device ")
        case _:
            return one.path


def of_database(row: DatabaseInstance, engine: str = "") -> list[CommandPart]:
    """Return how its own client is started there; `engine` is how its container's is called."""
    container = quoted(row.container)
    words = {
        "client": _client(row, engine),
        "container": container,
        "engine": engine,
        "data": quoted(row.host_path or row.data_path),
        "mount": quoted(row.mountpoint),
        "port": str(row.port or ""),
    }
    return [part(row.kind, words), part("container" if container else ALONE, words)]


def _client(row: DatabaseInstance, engine: str) -> str:
    if row.kind not in _CLIENTS:
        return ""
    program, account, option = _CLIENTS[row.kind]
    if row.container:
        user = f" -U {account}" if account else ""
        return f"{engine} exec -it {quoted(row.container)} {program}{user}"
    where = _where(row, option)
    needs_root = row.kind in (DatabaseKind.MYSQL, DatabaseKind.MARIADB)
    become = f"sudo -u {account} " if account else "sudo " if needs_root else ""
    return f"{become}{program}{where}"


def _where(row: DatabaseInstance, option: str) -> str:
    """Name the socket or port where it is not the one that the client takes by itself."""
    socket = next((str(door["path"]) for door in row.doors if door.get("path")), "")
    if row.kind in _SOCKET_OPTIONS and socket:
        return f" {_SOCKET_OPTIONS[row.kind]} {quoted(socket)}"
    is_usual = row.port is None or row.port == PORTS[row.kind]
    return "" if is_usual else f" {option} {row.port}"
