"""Whether an answer is the one that was wished for, with a reason in words."""

import re
from collections.abc import Iterator

from pydantic import JsonValue
from unity_plugin import Unsupported

from unity_builtins.http_check.form import HttpCheckConfig
from unity_builtins.shared.web import Answer

_RANGE = re.compile(r"^(\d{3})(?:-(\d{3}))?$")


def faults(config: HttpCheckConfig, answer: Answer) -> Iterator[str]:
    """Yield what is wrong with an answer; nothing when all is as wished."""
    if not accepted(config.statuses, answer.status):
        yield f"status {answer.status} instead of {config.statuses}"
    cut = " in its first MiB" if answer.is_cut else ""
    if config.contains and config.contains not in answer.text:
        yield f"“{config.contains}” is missing{cut}"
    if config.contains_not and config.contains_not in answer.text:
        yield f"“{config.contains_not}” is in the answer"
    if config.json_pointer:
        yield from _json_faults(config, answer)


def accepted(statuses: str, status: int) -> bool:
    """Tell whether a status is in a list like `200-299, 401`."""
    for part in statuses.split(","):
        found = _RANGE.match(part.strip())
        if found and int(found[1]) <= status <= int(found[2] or found[1]):
            return True
    return False


def _json_faults(config: HttpCheckConfig, answer: Answer) -> Iterator[str]:
    try:
        value = pointed(answer.json(), config.json_pointer)
    except Unsupported:
        yield "the answer is not JSON"
        return
    except LookupError:
        yield f"{config.json_pointer} is missing in the JSON"
        return
    if written(value) != config.json_value:
        yield f"{config.json_pointer} is {written(value)[:80]} instead of {config.json_value}"


def pointed(document: JsonValue, pointer: str) -> JsonValue:
    """Return what a JSON pointer (RFC 6901) points at; `LookupError` when there is nothing."""
    value = document
    for raw in pointer.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[part]
        elif isinstance(value, list) and part.isdecimal():
            value = value[int(part)]
        else:
            raise LookupError(pointer)
    return value


def written(value: JsonValue) -> str:
    """Write a value as a person enters it: true, 3, text without quotes."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case _:
            return str(value)
