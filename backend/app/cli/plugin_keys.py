"""`unity plugin keys`: what programs of yours push with."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.kinds import INSTANCES, Names
from app.cli.naming import items_of, the_one
from app.cli.output import Json, show, show_table
from app.kernel.errors import Conflict

cli = typer.Typer(help="The keys that external programs push with.", no_args_is_help=True)
Instance = Annotated[str, typer.Argument(help="An instance of External program.")]


@cli.command("list")
def list_keys(instance: Instance, json: Json = False) -> None:
    """List the keys of an instance; their texts are never shown again."""
    client = Client()
    columns = {
        "name": "NAME",
        "public_id": "BEGINS WITH",
        "expires_at": "EXPIRES",
        "last_used_at": "USED",
        "id": "ID",
    }
    rows = items_of(client.get(_path(client, instance)))
    shown = (
        rows if json else [{**row, "public_id": f"unitypush_{row['public_id']}"} for row in rows]
    )
    show_table(shown, columns, as_json=json, empty="No keys yet.")


@cli.command("create")
def create(
    instance: Instance,
    name: Annotated[str, typer.Argument(help="Which program pushes with it.")],
    days: Annotated[int, typer.Option(help="Days until it expires.")] = 365,
    replaces: Annotated[
        bool, typer.Option("--replace", help="Revoke the key of this name that is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a key; it is printed once."""
    client = Client()
    path = _path(client, instance)
    old = [row for row in items_of(client.get(path)) if row["name"] == name]
    if old and not replaces:
        raise Conflict(
            f"{instance} has a key {name!r} already.", fix="Say --replace to have another one."
        )
    made = client.post(path, {"name": name, "expires_in_days": days})
    for row in old:
        client.delete(f"{path}/{row['id']}")
    show(made, str(made["text"]), as_json=json)


@cli.command("revoke")
def revoke(
    instance: Instance,
    key: Annotated[str, typer.Argument(help="Its name or id.")],
    json: Json = False,
) -> None:
    """Let a key count no more, at once."""
    client = Client()
    path = _path(client, instance)
    rows: list[Document] = items_of(client.get(path))
    one = the_one(rows, key, "key", f"unity plugin keys list {instance}")
    show(client.delete(f"{path}/{one['id']}"), f"{one['name']} is revoked.", as_json=json)


def _path(client: Client, instance: str) -> str:
    return f"{INSTANCES.path}/{Names(client).id_of('instance', instance)}/keys"
