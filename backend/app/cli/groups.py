"""`unity groups`: groups of servers, for rights, rules and routes."""

import uuid
from typing import Annotated

import typer
from pydantic import AfterValidator, Field

from app.cli.applying import add_to
from app.cli.client import Client
from app.cli.kinds import GROUPS, Names
from app.cli.naming import items_of
from app.cli.output import Json, show, show_table
from app.kernel.errors import JsonValue
from app.schemas.core.resource import GroupWrite

cli = typer.Typer(help="Groups of servers.", no_args_is_help=True)
Group = Annotated[str, typer.Argument(help="Its name or id.")]
Servers = Annotated[list[str], typer.Argument(help="Their names or ids.")]


def _each_once(ids: list[uuid.UUID]) -> list[uuid.UUID]:
    return sorted(set(ids))


class GroupDocument(GroupWrite):
    """A group as a file has it: with the servers in it."""

    servers: Annotated[list[uuid.UUID], AfterValidator(_each_once)] = Field([])


@cli.command("list")
def list_groups(json: Json = False) -> None:
    """List the groups, with how many things each holds."""
    columns = {"name": "NAME", "count": "HOLDS", "description": "WHAT FOR", "id": "ID"}
    rows = items_of(Client().get(GROUPS.path))
    show_table(rows, columns, as_json=json, empty="No groups yet.")


@cli.command("join")
def join(group: Group, servers: Servers, json: Json = False) -> None:
    """Put servers into a group, beside those that are in it."""
    _label(group, servers, "add_groups", "in", json=json)


@cli.command("leave")
def leave(group: Group, servers: Servers, json: Json = False) -> None:
    """Take servers out of a group."""
    _label(group, servers, "remove_groups", "no more in", json=json)


def _label(group: str, servers: list[str], word: str, words: str, *, json: bool) -> None:
    client = Client()
    names = Names(client)
    name = names.name_of("group", names.id_of("group", group))
    ids: list[JsonValue] = [names.id_of("server", one) for one in servers]
    answer = client.post("/api/resources/labels", {"ids": ids, word: [name]})
    show(answer, f"{', '.join(servers)}: {words} {name}.", as_json=json)


add_to(cli, GROUPS)
