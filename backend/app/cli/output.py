"""How commands answer: words for people, or one JSON document for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.kernel.text import printable

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]

# A pipe has no width of its own; the 80 columns that would be taken break names and ids in two.
_PIPE = 240
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _PIPE)


def show(document: object, words: str, *, as_json: bool) -> None:
    """Print the document or the words."""
    if as_json:
        json.dump(document, sys.stdout, indent=1, default=str, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        console.print(words, markup=False)


def show_table(
    rows: Sequence[Mapping[str, object]], columns: Mapping[str, str], *, as_json: bool, empty: str
) -> None:
    """Print rows as a table with these columns (key → heading), or as JSON."""
    if as_json:
        show(list(rows), "", as_json=True)
        return
    if not rows:
        console.print(empty, markup=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(key)) for key in columns))
    console.print(table)


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(printable(str(inner)) for inner in value)
    # Square brackets would be read as markup.
    return printable(str(value)).replace("[", r"\[")
