"""Reads values out of JSON that somebody else wrote: missing and odd ones become None."""

from collections.abc import Mapping, Sequence
from math import isfinite

from pydantic import JsonValue
from unity_plugin import Unsupported

Object = Mapping[str, JsonValue]


def an_object(value: JsonValue, place: str) -> Object:
    """Return an object; `Unsupported` when it is none."""
    if not isinstance(value, dict):
        raise Unsupported(
            f"{place} answered JSON of another shape than expected.",
            fix="Check that the address is the one of the service, and its version.",
        )
    return value


def objects(value: JsonValue, place: str) -> Sequence[Object]:
    """Return a list of objects; `Unsupported` when it is none."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unsupported(
            f"{place} answered JSON of another shape than expected.",
            fix="Check that the address is the one of the service, and its version.",
        )
    return [one for one in value if isinstance(one, dict)]


def inner(value: Object, *path: str) -> Object:
    """Return an object that lies deeper; an empty one when it is missing."""
    found: JsonValue = dict(value)
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def number(value: Object, key: str) -> float | None:
    """Return a number, also one that is written as text; None for anything else."""
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        read = float(found)
    except ValueError:
        return None
    return read if isfinite(read) else None


def text(value: Object, key: str) -> str:
    """Return a text, or an empty one."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def truth(value: Object, key: str) -> bool | None:
    """Return yes or no, however it is written: true, 1, "1"."""
    match value.get(key):
        case bool() as found:
            return found
        case 1 | "1":
            return True
        case 0 | "0":
            return False
        case _:
            return None
