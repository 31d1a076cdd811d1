"""Rows as lines of JSON, the same for both engines and for any version of the schema.

A table is described by its own shape, made from the models when a backup is made and kept in it:
what an older Unity saved is read by that, not by the models of today.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    select,
)
from sqlalchemy.types import DateTime, TypeEngine

from app.kernel.crypto import Sealed
from app.kernel.types import UTCDateTime

BATCH = 2000
Value = str | int | float | bool | bytes | uuid.UUID | datetime | list[object] | dict[str, object]


class Kind(StrEnum):
    """What a column holds, whatever an engine calls it."""

    UUID = "uuid"
    TIME = "time"
    BYTES = "bytes"
    JSON = "json"
    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"


class ColumnShape(BaseModel):
    """One column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=63)
    kind: Kind


class Shape(BaseModel):
    """One table: its columns in order, and those that its rows are sorted by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=63)
    columns: tuple[ColumnShape, ...]
    key: tuple[str, ...]

    @cached_property
    def table(self) -> Table:
        """The table as a statement needs it, without constraints."""
        columns = (Column(column.name, _type(column.kind)) for column in self.columns)
        return Table(self.name, MetaData(), *columns)


def shape_of(table: Table) -> Shape:
    """Describe a table of the models."""
    columns = tuple(ColumnShape(name=c.name, kind=_kind(c.type, c)) for c in table.columns)
    return Shape(
        name=table.name, columns=columns, key=tuple(key.name for key in table.primary_key.columns)
    )


def ordered(shape: Shape, connection: Connection) -> Select[tuple[object, ...]]:
    """Select all rows in the order of their key, which must not depend on the engine."""
    is_sqlite = connection.dialect.name == "sqlite"
    key = [shape.table.c[name] for name in shape.key]
    # SQLite compares bytes; PostgreSQL would follow the language of its cluster.
    return select(shape.table).order_by(
        *(
            one.collate("C") if isinstance(one.type, String) and not is_sqlite else one
            for one in key
        )
    )


@dataclass(slots=True)
class Fingerprint:
    """Counts and hashes the lines of a table."""

    rows: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, line: bytes) -> None:
        """Take the next line."""
        self.rows += 1
        self._digest.update(line)

    @property
    def entry(self) -> "TableEntry":
        """What came of it."""
        return TableEntry(rows=self.rows, sha256=self._digest.hexdigest())


class TableEntry(BaseModel):
    """What is said of one table: equal entries are equal rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


def read_rows(connection: Connection, shape: Shape) -> Iterator[Row[tuple[object, ...]]]:
    """Yield the rows of a table, in order, without holding all of them."""
    options = {"yield_per": BATCH}
    with connection.execute(ordered(shape, connection), execution_options=options) as result:
        yield from result


def read_lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """Yield the rows of a table as lines, in order."""
    encode = line_encoder(shape)
    for row in read_rows(connection, shape):
        yield encode(row)


def fingerprint(connection: Connection, shape: Shape) -> TableEntry:
    """Count and hash the rows of a table as they stand."""
    found = Fingerprint()
    for line in read_lines(connection, shape):
        found.add(line)
    return found.entry


def line_encoder(shape: Shape) -> Callable[[Sequence[object]], bytes]:
    """Return what writes a row of the table as a line."""
    encoders = [_ENCODERS.get(column.kind) for column in shape.columns]

    def encode(row: Sequence[object]) -> bytes:
        plain = [
            value if value is None or one is None else one(value)
            for one, value in zip(encoders, row, strict=True)
        ]
        text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        return text.encode() + b"\n"

    return encode


def decode_lines(lines: Iterable[bytes], shape: Shape) -> Iterator[dict[str, object]]:
    """Read lines back; raises ValueError or KeyError for what is no row of this table."""
    names = [column.name for column in shape.columns]
    decoders = [_DECODERS.get(column.kind) for column in shape.columns]
    for line in lines:
        plain = json.loads(line)
        yield {
            name: value if value is None or one is None else one(value)
            for name, one, value in zip(names, decoders, plain, strict=True)
        }


def _bytes(value: object) -> str:
    if isinstance(value, Sealed):
        value = value.blob
    if not isinstance(value, bytes | memoryview):
        raise TypeError("A column of bytes gave something else.")
    return base64.b64encode(bytes(value)).decode()


def _time(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError("A column of times gave something else.")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


_ENCODERS: dict[Kind, Callable[[object], object]] = {
    Kind.UUID: str,
    Kind.TIME: _time,
    Kind.BYTES: _bytes,
}
_DECODERS: dict[Kind, Callable[[str], object]] = {
    Kind.UUID: uuid.UUID,
    Kind.TIME: datetime.fromisoformat,
    Kind.BYTES: base64.b64decode,
}


# SQLAlchemy's types are invariant in what they hold, so a table of them can only say Any.
_Type = TypeEngine[Any]


def _type(kind: Kind) -> _Type:
    types: dict[Kind, _Type] = {
        Kind.UUID: Uuid(),
        Kind.TIME: UTCDateTime(),
        Kind.BYTES: LargeBinary(),
        Kind.JSON: JSON(none_as_null=True),
        Kind.TEXT: Text(),
        Kind.INT: BigInteger(),
        Kind.FLOAT: Float(),
        Kind.BOOL: Boolean(),
    }
    return types[kind]


_KINDS: tuple[tuple[type[_Type], Kind], ...] = (
    (Uuid, Kind.UUID),
    (DateTime, Kind.TIME),
    (LargeBinary, Kind.BYTES),
    (JSON, Kind.JSON),
    (Boolean, Kind.BOOL),
    (Integer, Kind.INT),
    (Float, Kind.FLOAT),
    (String, Kind.TEXT),
)


def _kind(type_: _Type, column: Column[object]) -> Kind:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    for known, kind in _KINDS:
        if isinstance(plain, known):
            return kind
    raise TypeError(f"No backup can hold {column}: its type {type_!r} has no portable form.")
