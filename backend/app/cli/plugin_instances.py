"""`unity plugin …` for what plugins watch in a running Unity."""

import sys
from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.naming import the_one
from app.cli.output import Json, show, show_table

INSTANCES = "/api/plugins/instances"
Instance = Annotated[str, typer.Argument(help="Its name or id.")]


def trigger(instance: Instance, json: Json = False) -> None:
    """Run an instance now, and wait for what it finds; leaves with 1 when it fails."""
    client = Client()
    path = _path(client, instance)
    client.wait(str(client.post(f"{path}/run")["run_id"]))
    found = client.get(path)
    words = f"It fails: {found['problem']} {found['fix']}" if found["problem"] else found["summary"]
    show(found, str(words or "It ran.").rstrip(), as_json=json)
    if found["problem"]:
        raise typer.Exit(1)


def switch_on(instance: Instance, json: Json = False) -> None:
    """Let an instance run by itself."""
    client = Client()
    found = client.post(f"{_path(client, instance)}/enable")
    show(found, f"{found['name']} runs every {found['every_seconds']} s.", as_json=json)


def switch_off(instance: Instance, json: Json = False) -> None:
    """Let an instance run no more; its alerts end."""
    client = Client()
    found = client.post(f"{_path(client, instance)}/disable")
    show(found, f"{found['name']} is switched off.", as_json=json)


def log(instance: Instance, json: Json = False) -> None:
    """Show what an instance wrote, and how its last runs ended."""
    client = Client()
    path = _path(client, instance)
    lines = _newest(client, f"{path}/logs", "-at")
    runs = _newest(client, f"{path}/runs", "-began_at")
    if json:
        show({"runs": runs, "log": lines}, "", as_json=True)
        return
    columns = {"outcome": "END", "began_at": "BEGAN", "took_ms": "MS", "by": "BY", "detail": "WHAT"}
    show_table(runs, columns, as_json=False, empty="It has not run yet.")
    for line in reversed(lines):
        show(None, f"{line['at']} {line['level']} {line['text']}", as_json=False)


def diagnostics(instance: Instance) -> None:
    """Write what helps to find a fault, without secrets, as JSON to standard output."""
    client = Client()
    for part in client.stream(f"{_path(client, instance)}/diagnostics"):
        sys.stdout.write(part)


def add_to(cli: typer.Typer) -> None:
    """Put the commands beside those that work on a plugin's code."""
    cli.command("trigger")(trigger)
    cli.command("on")(switch_on)
    cli.command("off")(switch_off)
    cli.command("log")(log)
    cli.command("diagnostics")(diagnostics)


def _path(client: Client, text: str) -> str:
    rows = list(client.pages(INSTANCES))
    return f"{INSTANCES}/{the_one(rows, text, 'instance', 'unity plugin list')['id']}"


def _newest(client: Client, path: str, sort: str) -> list[Document]:
    items = client.get(path, per_page=50, sort=sort)["items"]
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
