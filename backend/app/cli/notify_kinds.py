"""`unity notify channels|routes|templates`: whom to tell of what, and in which words."""

from typing import Annotated

import typer

from app.cli.applying import add_to
from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.kinds import CHANNELS, ROUTES, TEMPLATES, Kind
from app.cli.naming import items_of
from app.cli.output import Json, show_table

Name = Annotated[str, typer.Argument(help="Such as email, ntfy, webhook or apprise:discord.")]


def _listed(json: bool) -> None:
    rows = items_of(Client().get(CHANNELS.path))
    shown = rows if json else [{**row, **_health(row)} for row in rows]
    columns = {
        "health": "HEALTH",
        "name": "NAME",
        "service_name": "SERVICE",
        "last_ok_at": "LAST SENT",
        "waiting": "WAITING",
        "dead": "DEAD LETTERS",
        "last_error": "LAST ERROR",
        "id": "ID",
    }
    show_table(shown, columns, as_json=json, empty="No channels yet: nobody is told of anything.")


channels = typer.Typer(help="Where notifications go.", invoke_without_command=True)
routes = typer.Typer(help="Who is told of what, and when.", invoke_without_command=True)
templates = typer.Typer(help="How messages are worded.", invoke_without_command=True)


@channels.callback()
def list_channels(context: typer.Context, json: Json = False) -> None:
    """List the channels, and how each one is; or change them by the commands below."""
    if context.invoked_subcommand is None:
        _listed(json)


@channels.command("services")
def list_services(json: Json = False) -> None:
    """List the services that a channel can use."""
    rows = items_of(Client().get("/api/notifications/services"))
    columns = {"id": "SERVICE", "name": "NAME", "home": "HOME"}
    show_table(rows, columns, as_json=json, empty="There are no services.")


@channels.command("form")
def show_form(service: Name, json: Json = False) -> None:
    """List the fields of a service's channels, and which of them are secrets."""
    answer = Client().get(f"/api/notifications/services/{service}/form")
    rows = items_of({"items": answer["fields"]})
    shown = [{**row, "place": "secrets" if row["is_secret"] else "settings"} for row in rows]
    columns = {
        "place": "UNDER",
        "name": "FIELD",
        "kind": "KIND",
        "is_required": "NEEDED",
        "default": "ELSE",
        "label": "WHAT",
    }
    show_table(rows if json else shown, columns, as_json=json, empty="It has no fields.")


@routes.callback()
def list_routes(context: typer.Context, json: Json = False) -> None:
    """List the routes in the order in which they are asked; or change them."""
    if context.invoked_subcommand is not None:
        return
    client = Client()
    rows = items_of(client.get(ROUTES.path))
    if json:
        show_table(rows, {}, as_json=True, empty="")
        return
    names = {row["id"]: row["name"] for row in (*rows, *items_of(client.get(CHANNELS.path)))}
    shown = [
        {
            "name": row["name"],
            "parent": names.get(row["parent_id"]),
            "channels": [str(names.get(one, one)) for one in _channels_of(row)],
            "notes": [*(["off"] if not row["is_enabled"] else []), *_texts(row["findings"])],
            "id": row["id"],
        }
        for row in rows
    ]
    columns = {
        "name": "NAME",
        "parent": "BELOW",
        "channels": "TELLS",
        "notes": "NOTES",
        "id": "ID",
    }
    show_table(shown, columns, as_json=False, empty="No routes yet: nobody is told of anything.")


@templates.callback()
def list_templates(context: typer.Context, json: Json = False) -> None:
    """List the templates; or change them by the commands below."""
    if context.invoked_subcommand is None:
        rows = items_of(Client().get(TEMPLATES.path))
        columns = {"name": "NAME", "title": "TITLE", "id": "ID"}
        show_table(rows, columns, as_json=json, empty="No templates yet.")


def add_all(cli: typer.Typer) -> None:
    """Put the three under `unity notify`."""
    kinds: tuple[tuple[typer.Typer, Kind, str], ...] = (
        (channels, CHANNELS, "channels"),
        (routes, ROUTES, "routes"),
        (templates, TEMPLATES, "templates"),
    )
    for group, kind, name in kinds:
        add_to(group, kind)
        cli.add_typer(group, name=name)


def _channels_of(row: Document) -> list[str]:
    plan = row["plan"]
    return _texts(plan["channels"]) if isinstance(plan, dict) else []


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _health(row: Document) -> Document:
    found = row.get("health")
    health = found if isinstance(found, dict) else {}
    state = health.get("state") if row["is_enabled"] else "switched off"
    return {**health, "health": state}
