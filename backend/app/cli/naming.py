"""Finds the one thing that a word on the command line means."""

from collections.abc import Sequence

from app.cli.client import Json
from app.kernel.errors import InvalidInput, NotFound

# Enough of an id to tell things apart; UUIDv7 begin with the time, so the end counts.
_SHORTEST = 4


def the_one(rows: Sequence[Json], text: str, noun: str, command: str) -> Json:
    """Return the row with this name, id or end of an id; `command` is the one that lists them."""
    wanted = text.casefold()
    found = [row for row in rows if wanted and wanted in _names_of(row)]
    if not found and len(text) >= _SHORTEST:
        found = [row for row in rows if str(row["id"]).endswith(wanted)]
    if not found:
        raise NotFound(f"There is no {noun} {text!r}.", fix=f"`{command}` lists them.")
    if len(found) > 1:
        ids = ", ".join(str(row["id"])[-12:] for row in found)
        raise InvalidInput(f"More than one {noun} is meant by {text!r}.", fix=f"Name one of {ids}.")
    return found[0]


def _names_of(row: Json) -> set[str]:
    return {str(row["id"]), str(row.get("name") or "").casefold()}


def items_of(answer: Json) -> list[Json]:
    """Return the rows of a list that has no pages."""
    items = answer.get("items")
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
