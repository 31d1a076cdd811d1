"""What the lists of all domains share: the order by one convention, and the search in names."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, UnaryExpression
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.errors import InvalidInput, JsonValue

# The type of a column does not matter to the order.
Order = UnaryExpression[Any]


class UnknownSort(InvalidInput):
    """The list cannot be sorted by this field."""


def sorted_by(
    sort: str, columns: Mapping[str, object], key: InstrumentedAttribute[uuid.UUID]
) -> tuple[Order, ...]:
    """Return the ORDER BY of `sort` (`-` in front: descending); the key settles equal values."""
    name = sort.removeprefix("-")
    column = columns.get(name)
    if not isinstance(column, ColumnElement | InstrumentedAttribute):
        fields: list[JsonValue] = [*sorted(columns)]
        raise UnknownSort(
            f"The list cannot be sorted by {name!r}.",
            fix="Sort by one of: " + ", ".join(sorted(columns)) + ".",
            fields=fields,
        )
    return (column.desc() if sort.startswith("-") else column.asc(), key.asc())


def contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Tell whether a column contains the text, whatever the case; % and _ mean themselves."""
    return column.icontains(text, autoescape=True)
