"""Finds the one thing that a word on the command line means."""

from collections.abc import Sequence

from app.cli.client import Json
from app.kernel.errors import InvalidInput, NotFound

# Enough of an id to tell things apart; UUIDv7 begin with the time, so the end counts.
_SHORTEST = 4


def the_one(rows: Sequence[Json], text: str, noun: str, command: str) -> Json:
    """Return the row with this name, id or end of an id; `command` is the one that lists them."""
    found = named(rows, text)
    if not found and len(text) >= _SHORTEST:
        found = [row for row in rows if str(row["id"]).endswith(text.casefold())]
    one = single(found, text, noun)
    if one is None:
        raise unknown(text, noun, command)
    return one


def named(rows: Sequence[Json], text: str) -> list[Json]:
    """Return the rows that have this name or id; files name things so, without ends of ids."""
    wanted = text.casefold()
    return [row for row in rows if wanted and wanted in _names_of(row)]


def single(found: Sequence[Json], text: str, noun: str) -> Json | None:
    """Return what was found, if anything; several are refused."""
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found)
        raise InvalidInput(
            f"More than one {noun} is meant by {text!r}.", fix=f"Give the id of one: {ids}."
        )
    return found[0] if found else None


def unknown(text: str, noun: str, command: str) -> NotFound:
    """Return the refusal of what is not there; `command` is the one that lists them."""
    return NotFound(f"There is no {noun} {text!r}.", fix=f"`{command}` lists them.")


def _names_of(row: Json) -> set[str]:
    return {str(row["id"]), str(row.get("name") or "").casefold()}


def items_of(answer: Json) -> list[Json]:
    """Return the rows of a list that has no pages."""
    items = answer.get("items")
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
