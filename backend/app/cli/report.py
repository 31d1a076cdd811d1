"""`unity report`: the weekly report, previewed and sent, through the API."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import NotFound

cli = typer.Typer(help="The weekly report of health.")
REPORTS = "/api/infrastructure/reports"
GROUPS = "/api/resources/groups"
_COLUMNS = {
    "name": "NAME",
    "group_name": "GROUP",
    "is_enabled": "ON",
    "next_at": "NEXT",
    "last_at": "LAST",
}


@cli.command("list")
def list_reports(json: Json = False) -> None:
    """List the reports that are planned."""
    empty = "No report is planned. Plan one under Alerts → Reports."
    show_table(_rows(Client(), REPORTS), _COLUMNS, as_json=json, empty=empty)


@cli.command()
def preview(
    group: Annotated[str, typer.Option("--group", help="About this group only.")] = "",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the page of the mail into this file.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the report as it would go out now; nothing is sent."""
    client = Client()
    chosen = _id_of(client, GROUPS, group, "group") if group else None
    found = client.get(f"{REPORTS}/preview", group_id=chosen)
    if html is not None:
        html.write_text(str(found["html"]), encoding="utf-8")
    show(found, str(found["text"]), as_json=json)


@cli.command()
def send(
    name: Annotated[str, typer.Argument(help="The name of a planned report.")], json: Json = False
) -> None:
    """Make a planned report now and send it to its channels."""
    client = Client()
    report_id = _id_of(client, REPORTS, name, "planned report")
    made = client.post(f"{REPORTS}/{report_id}/send")
    channels = made["channels"]
    named = ", ".join(str(one) for one in channels) if isinstance(channels, list) else ""
    where = f"On its way to {named}." if named else "No channel is chosen: it is only kept."
    show(made, f"{made['title']}\n{where}", as_json=json)


def _rows(client: Client, path: str) -> list[Document]:
    items = client.get(path)["items"]
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _id_of(client: Client, path: str, name: str, what: str) -> str:
    """Return the id of the thing with a name."""
    names = {str(row["name"]): str(row["id"]) for row in _rows(client, path)}
    if name not in names:
        known = ", ".join(sorted(names)) or "none"
        raise NotFound(f"There is no {what} {name}.", fix=f"There are: {known}.")
    return names[name]
