"""CSV that spreadsheets open without running anything."""

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection), and a
# name may be an attacker's. Where Japanese or Chinese is typed, the wide forms count as well.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Without it Excel takes UTF-8 for the code page of its country, and umlauts break.
BYTE_ORDER_MARK = "\ufeff"
Cell = str | int | float | None


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as lines of CSV (RFC 4180); an empty cell stands for what is not known."""
    text = io.StringIO()
    csv.writer(text).writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def _safe(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(_FORMULAS):
        return f"'{cell}"
    return cell
