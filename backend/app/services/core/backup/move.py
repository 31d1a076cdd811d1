"""Moves all data from SQLite to PostgreSQL, and proves it table by table.

The source is only read. The target is filled in one transaction: a move that is cut off leaves an
empty database, and is simply started again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, OperationalError

from app.kernel import migrations
from app.kernel.errors import StartRefused
from app.services.core.backup import fill
from app.services.core.backup.dump import frozen, shapes
from app.services.core.backup.errors import DatabaseInUse, MoveRefused
from app.services.core.backup.rows import Fingerprint, Shape, TableEntry, line_encoder, read_rows

Tell = Callable[[str, int], None]  # table, rows


@dataclass(frozen=True, slots=True)
class Moved:
    """One table on both sides."""

    table: str
    source: TableEntry
    target: TableEntry


def move(source: URL, target: URL, tell: Tell) -> list[Moved]:
    """Copy everything. Blocks; the caller holds the data folder of the source."""
    _check_source(source)
    _check_target(target)
    with fill.leading(target):
        migrations.upgrade_now(target)
        with frozen(source) as old, fill.opened(target) as new:
            copied = _copy_all(old, new, tell)
            moved = [
                Moved(shape.name, copied[shape.name], fill.settle(new, shape)) for shape in shapes()
            ]
            _prove(moved)
            new.commit()
    return moved


def _check_source(source: URL) -> None:
    if source.get_backend_name() != "sqlite":
        raise MoveRefused(
            "The data of this Unity lies in PostgreSQL already.",
            fix="Unset UNITY_DATABASE__URL to move what lies in the data folder.",
        )
    revision = migrations.current_revision(source)
    if revision is None:
        raise MoveRefused("The data folder holds no data of Unity.", fix="Check UNITY_DATA.")
    if revision != migrations.head_revision():
        raise MoveRefused(
            f"The database has the schema {revision} of another version of Unity.",
            fix="Run `unity migrate` first.",
        )


def _check_target(target: URL) -> None:
    if target.get_backend_name() != "postgresql":
        raise MoveRefused(
            "The new place is no PostgreSQL database.",
            fix="Write it as postgresql://user@host/name.",
        )
    try:
        with fill.opened(target) as connection:
            used = fill.used_tables(connection)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0].rstrip(".")
        raise StartRefused(f"The new database cannot be opened: {reason}.") from error
    if used:
        raise DatabaseInUse(
            f"The new database holds data already ({', '.join(used[:3])}); nothing was changed.",
            fix="Make an empty one: createdb unity.",
        )


def _copy_all(old: Connection, new: Connection, tell: Tell) -> dict[str, TableEntry]:
    try:
        with fill.filling(new):
            return {shape.name: _copy(old, new, shape, tell) for shape in shapes()}
    except IntegrityError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        raise MoveRefused(
            f"Some rows point at rows that are not there: {reason} Nothing was kept.",
            fix="Delete those rows, or restore a backup from before, then move again.",
        ) from error


def _copy(old: Connection, new: Connection, shape: Shape, tell: Tell) -> TableEntry:
    found, encode = Fingerprint(), line_encoder(shape)

    def passing() -> Iterator[dict[str, object]]:
        for row in read_rows(old, shape):
            found.add(encode(row))
            yield row._asdict()

    fill.add(new, shape, passing())
    tell(shape.name, found.rows)
    return found.entry


def _prove(moved: list[Moved]) -> None:
    for one in moved:
        if one.source != one.target:
            raise MoveRefused(
                f"The rows of {one.table} did not arrive as they were; nothing was kept.",
                fix="Report it, with the versions of both databases.",
            )
