"""Rows as lines of JSON, without loss: what JSON has no form for is tagged."""

import base64
import json
import uuid
from datetime import UTC, datetime

from sqlalchemy import RowMapping, Table

from app.kernel.crypto import Sealed

_TAG = "$"


def to_line(row: RowMapping) -> bytes:
    """Write one row."""
    plain = {name: _encode(value) for name, value in row.items()}
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def from_line(line: bytes, table: Table) -> dict[str, object]:
    """Read one row; raises ValueError when a column is unknown to this version."""
    plain = json.loads(line)
    unknown = set(plain) - set(table.columns.keys())
    if unknown:
        raise ValueError(f"{table.name} has no column {min(unknown)}")
    return {name: _decode(value) for name, value in plain.items()}


def _encode(value: object) -> object:
    if isinstance(value, Sealed):
        return {_TAG: "sealed", "v": base64.b64encode(value.blob).decode()}
    if isinstance(value, bytes | memoryview):
        return {_TAG: "bytes", "v": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, uuid.UUID):
        return {_TAG: "uuid", "v": str(value)}
    if isinstance(value, datetime):
        return {_TAG: "time", "v": value.astimezone(UTC).isoformat()}
    if isinstance(value, dict | list):
        return {_TAG: "json", "v": value}
    return value


def _decode(value: object) -> object:
    if not isinstance(value, dict):
        return value
    kind, inner = value[_TAG], value["v"]
    match kind:
        case "sealed":
            return Sealed(base64.b64decode(inner))
        case "bytes":
            return base64.b64decode(inner)
        case "uuid":
            return uuid.UUID(inner)
        case "time":
            return datetime.fromisoformat(inner)
        case "json":
            return inner
    raise ValueError(f"unknown form {kind}")
