"""The newest reading of a drive, taken out of its week of readings by the database.

Of thousands of drives the whole weeks are hundreds of megabytes; the newest points are few.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import JSON, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from app.models.infrastructure.storage_device import StorageDevice


class _Last(GenericFunction[object]):
    """The last entry of a list that is kept as JSON."""

    type = JSON(none_as_null=True)
    inherit_cache = True


@compiles(_Last, "sqlite")
def _sqlite(last: _Last, compiler: SQLCompiler, **options: object) -> str:
    return f"json_extract({compiler.process(last.clauses, **options)}, '$[#-1]')"


@compiles(_Last, "postgresql")
def _postgresql(last: _Last, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(last.clauses, **options)} -> -1)"


def newest_point() -> ColumnElement[object]:
    """Return the newest of a drive's remembered points, as a column of a query."""
    return _Last(StorageDevice.recent).label("newest")


def signals_in(point: object) -> Mapping[str, int]:
    """Return the counters of a point; none where nothing was read yet."""
    signals = point[1] if isinstance(point, Sequence) and len(point) > 1 else {}
    known = signals if isinstance(signals, dict) else {}
    return {str(name): value for name, value in known.items() if isinstance(value, int)}
