"""Which of the databases that are shown is which of those that are known: pure.

A restart changes the process, an upgrade the version, an edit the port, and a container's
re-creation its id. What stays is the folder of the data, and else the place where it listens.
"""

from collections.abc import Sequence

from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseKind
from app.services.infrastructure.facts.databases.found import FoundDatabase

# A process does not say which of the two it is; its answer does.
_FAMILIES = (
    frozenset({DatabaseKind.MYSQL, DatabaseKind.MARIADB}),
    frozenset({DatabaseKind.REDIS, DatabaseKind.VALKEY}),
)


def match(
    found: Sequence[FoundDatabase], known: Sequence[DatabaseInstance]
) -> list[tuple[FoundDatabase, DatabaseInstance | None]]:
    """Pair what was found with what is known, each at most once."""
    free = list(known)
    pairs: dict[int, DatabaseInstance] = {}
    for rule in (_is_same_folder, _is_same_place, _is_same_port):
        for index, one in enumerate(found):
            if index in pairs:
                continue
            row = next(
                (row for row in free if is_family(one.kind, row.kind) and rule(one, row)), None
            )
            if row is not None:
                pairs[index] = row
                free.remove(row)
    return [(one, pairs.get(index)) for index, one in enumerate(found)]


def is_family(one: str, other: str) -> bool:
    """Say whether two kinds may be the same engine."""
    return one == other or any({one, other} <= family for family in _FAMILIES)


def _is_same_folder(one: FoundDatabase, row: DatabaseInstance) -> bool:
    return bool(one.host_path) and one.host_path == row.host_path


def _is_same_place(one: FoundDatabase, row: DatabaseInstance) -> bool:
    """Compare the doors, in the same container or in none."""
    if _folders_differ(one, row) or one.container != row.container:
        return False
    doors = {(door.path, door.host, door.port) for door in one.doors}
    known = {
        (str(door.get("path", "")), str(door.get("host", "")), int(door.get("port", 0)))
        for door in row.doors
    }
    return bool(doors & known) or (not doors and not known and one.port == row.port)


def _is_same_port(one: FoundDatabase, row: DatabaseInstance) -> bool:
    """Compare the ports: a container that was made anew has another id, perhaps another address."""
    if _folders_differ(one, row) or bool(one.container) != bool(row.container):
        return False
    return one.port is not None and one.port == row.port


def _folders_differ(one: FoundDatabase, row: DatabaseInstance) -> bool:
    return bool(one.host_path and row.host_path) and one.host_path != row.host_path
