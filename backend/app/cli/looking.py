"""`unity search` and `unity activity`: what there is, and what happened."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.naming import items_of
from app.cli.output import Json, show_table


def search(
    words: Annotated[list[str], typer.Argument(help="Parts of a name, an address or a tag.")],
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=50)] = 20,
    json: Json = False,
) -> None:
    """Find servers, drives, alerts, rules and all else by a part of the name."""
    rows = items_of(Client().get("/api/search", q=" ".join(words), limit=limit))
    columns = {"kind": "KIND", "title": "NAME", "detail": "WHAT IT IS", "path": "PAGE"}
    show_table(rows, columns, as_json=json, empty="Nothing has this name.")


def activity(
    kind: Annotated[str, typer.Option(help="Only what begins so, as server or plugin.")] = "",
    words: Annotated[str, typer.Option(help="Only with these words.")] = "",
    newest: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 30,
    json: Json = False,
) -> None:
    """List what happened, the newest first."""
    query = {"kind": kind or None, "q": words or None}
    rows = items_of(Client().get("/api/activity", limit=newest, **query))
    columns = {"at": "WHEN", "summary": "WHAT", "actor_name": "BY", "kind": "KIND"}
    show_table(rows, columns, as_json=json, empty="Nothing happened yet.")
