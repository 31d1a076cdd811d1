"""`unity server`: the machines, through the API."""

import getpass
import sys
from typing import Annotated

import typer

from app.cli.client import Client, Refused
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import JsonValue, NotFound, UpstreamFailed

cli = typer.Typer(help="The machines that Unity watches.", no_args_is_help=True)
SERVERS = "/api/infrastructure/servers"
COLUMNS = {"status": "STATUS", "name": "NAME", "host": "ADDRESS", "reason": "REASON"}


@cli.command("list")
def list_servers(
    status: Annotated[str, typer.Option(help="Only those with this status.")] = "",
    tag: Annotated[str, typer.Option(help="Only those with this tag.")] = "",
    json: Json = False,
) -> None:
    """List the machines, with their status and its reason."""
    rows = list(Client().pages(SERVERS, status=status or None, tag=tag or None))
    show_table(rows, COLUMNS, as_json=json, empty="No servers yet: `unity server add`.")


@cli.command("show")
def show_server(name: str, json: Json = False) -> None:
    """Show one machine with its facts."""
    client = Client()
    server = find(client, name)
    facts = client.get(f"{SERVERS}/{server['id']}/facts")
    if json:
        show({"server": server, "facts": facts}, "", as_json=True)
        return
    show(server, f"{server['name']}: {server['status']}. {server['reason']}", as_json=False)
    rows = facts.get("facts")
    show_table(
        [_row(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else [],
        {"fact": "FACT", "read_at": "READ", "says": "SAYS", "fix": "FIX"},
        as_json=False,
        empty="Nothing was read yet.",
    )


def _row(fact: Document) -> Document:
    """Put a fact into a line: the trouble with it, or the plain parts of its value."""
    value, says = fact.get("value"), fact.get("detail") or fact.get("trouble")
    if isinstance(value, dict) and not says:
        parts = {
            name: len(part) if isinstance(part, list) else part for name, part in value.items()
        }
        says = ", ".join(
            f"{name} {part}" for name, part in parts.items() if isinstance(part, str | int | float)
        )
    return {**fact, "says": says}


@cli.command("add")
def add(
    name: str,
    host: Annotated[str, typer.Option(help="Address or name; NAME when left out.")] = "",
    port: Annotated[int, typer.Option(help="Port of its SSH server.")] = 22,
    user: Annotated[str, typer.Option(help="Account to log in with.")] = "root",
    fingerprint: Annotated[
        str, typer.Option(help="The host key's fingerprint that you know to be right.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    json: Json = False,
) -> None:
    """Enter a machine: approve its host key, store its password, test the login."""
    client = Client()
    probe = client.wait(
        str(client.post(f"{SERVERS}/probe", {"host": host or name, "port": port})["run_id"])
    )
    result = _result(probe)
    offered = result.get("host_key")
    if not isinstance(offered, dict):
        raise UpstreamFailed(str(result.get("message")), fix=str(result.get("fix")))
    _confirm(host or name, str(offered["fingerprint"]), fingerprint)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass()
    login = client.post(
        "/api/credentials/logins",
        {"name": f"{user}@{name}", "username": user, "password": password},
    )
    body: dict[str, JsonValue] = {
        "name": name,
        "host": host or name,
        "port": port,
        "username": user,
        "credential_id": login["id"],
        "host_key": {"public": offered["public"], "fingerprint": offered["fingerprint"]},
    }
    try:
        server = client.post(SERVERS, body)
    except Refused:
        client.delete(f"/api/credentials/logins/{login['id']}")  # or the next try finds it taken
        raise
    _collect(client, server, as_json=json)


@cli.command("collect")
def collect(name: str, json: Json = False) -> None:
    """Ask a machine now, and wait for the answer."""
    client = Client()
    _collect(client, find(client, name), as_json=json)


def _collect(client: Client, server: Document, *, as_json: bool) -> None:
    run = client.wait(str(client.post(f"{SERVERS}/{server['id']}/collect")["run_id"]))
    server = client.get(f"{SERVERS}/{server['id']}")
    words = f"{server['name']} is {server['status']}. {server['reason']}"
    show({"server": server, "run": run}, words, as_json=as_json)


def find(client: Client, name: str) -> Document:
    """Return the server of this name."""
    for server in client.pages(SERVERS, q=name):
        if name == server["name"]:
            return server
    raise NotFound(f"There is no server {name}.", fix="See `unity server list`.")


def _confirm(host: str, offered: str, known: str) -> None:
    if known:
        if known != offered:
            raise typer.BadParameter(f"{host} shows {offered}, not {known}. Nothing was sent.")
        return
    typer.confirm(f"{host} shows the host key {offered}. Is it the right one?", abort=True)


def _result(run: Document) -> Document:
    result = run.get("result")
    return result if isinstance(result, dict) else {}
