"""`unity windows`: times of maintenance, in which nobody is told."""

import typer

from app.cli.applying import add_to
from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.kinds import WINDOWS
from app.cli.naming import items_of
from app.cli.output import Json, show_table

cli = typer.Typer(help="Times of maintenance, in which nobody is told.", no_args_is_help=True)


@cli.command("list")
def list_windows(json: Json = False) -> None:
    """List the maintenance windows, with the next time of each."""
    rows = items_of(Client().get(WINDOWS.path))
    shown = rows if json else [{**row, **_when(row)} for row in rows]
    columns = {
        "state": "STATE",
        "name": "NAME",
        "begins": "BEGINS",
        "ends": "ENDS",
        "reason": "WHY",
        "id": "ID",
    }
    show_table(shown, columns, as_json=json, empty="No maintenance windows yet.")


add_to(cli, WINDOWS)


def _when(row: Document) -> Document:
    spans = items_of({"items": row["next"]})
    state = "open" if row["is_open"] else "coming" if spans else "over"
    first = spans[0] if spans else {"start": None, "end": None}
    return {
        "state": state if row["is_enabled"] else "off",
        "begins": first["start"],
        "ends": first["end"],
    }
