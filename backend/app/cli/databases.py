"""`unity databases`: the databases of all machines, through the API."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import InvalidInput, JsonValue, NotFound
from app.kernel.text import size_words

cli = typer.Typer(
    help="PostgreSQL, MySQL, MariaDB, MongoDB, Redis, Valkey and MinIO on all machines.",
    no_args_is_help=True,
)
DATABASES = "/api/infrastructure/databases"
LOGINS = "/api/credentials/logins"
_COLUMNS = {
    "state": "STATE",
    "server_name": "SERVER",
    "name": "DATABASE",
    "version": "VERSION",
    "role": "ROLE",
    "size": "SIZE",
    "connections": "CONNECTIONS",
    "reason": "WHY",
}
_FIGURES = {"title": "NUMBER", "shown": "VALUE", "why": "WHY NOT"}


@cli.command("list")
def list_databases(
    state: Annotated[str, typer.Option(help="Only those in this state.")] = "",
    kind: Annotated[str, typer.Option(help="Only those of this engine.")] = "",
    query: Annotated[str, typer.Option("--search", help="Database or server.")] = "",
    json: Json = False,
) -> None:
    """List the databases, the worst first."""
    rows = list(Client().pages(DATABASES, state=state or None, kind=kind or None, q=query or None))
    shown = rows if json else [_row(row) for row in rows]
    show_table(shown, _COLUMNS, as_json=json, empty="No databases were seen on any machine.")


@cli.command("show")
def show_database(
    name: str,
    server: Annotated[str, typer.Option(help="On which server, where several have it.")] = "",
    json: Json = False,
) -> None:
    """Show one database with its numbers; NAME is its own, or what finds exactly one."""
    client = Client()
    database = client.get(f"{DATABASES}/{_find(client, name, server)['id']}")
    if json:
        show(database, "", as_json=True)
        return
    title = f"{database['name']} on {database['server_name']}: {database['state']}."
    show(database, f"{title} {database['reason']} {database['fix']}".strip(), as_json=False)
    figures = [_figure(one) for one in _rows(database, "figures") if not one.get("is_counter")]
    show_table(figures, _FIGURES, as_json=False, empty="Nothing was read of it yet.")


@cli.command("script")
def show_script(
    name: str,
    server: Annotated[str, typer.Option(help="On which server, where several have it.")] = "",
    json: Json = False,
) -> None:
    """Print the script that makes a login which may only read; Unity never runs it."""
    client = Client()
    script = client.get(f"{DATABASES}/{_find(client, name, server)['id']}/script")
    show(script, f"# Run with: {script['run_with']}\n{script['text']}", as_json=json)


@cli.command("login")
def set_login(
    name: str,
    credential: Annotated[str, typer.Option(help="The name of a stored login.")] = "",
    by_socket: Annotated[
        bool, typer.Option("--socket", help="By unix socket, as the server's account.")
    ] = False,
    database: Annotated[str, typer.Option(help="Which database to connect to.")] = "",
    server: Annotated[str, typer.Option(help="On which server, where several have it.")] = "",
    json: Json = False,
) -> None:
    """Say how Unity logs in to a database; with neither option, without a login."""
    client = Client()
    wish: dict[str, JsonValue] = {"mode": "none", "database": database}
    if by_socket:
        wish["mode"] = "socket"
    elif credential:
        wish |= {"mode": "credential", "credential_id": _login(client, credential)}
    found = _find(client, name, server)
    answer = client.put(f"{DATABASES}/{found['id']}/login", wish)
    show(answer, f"{found['name']} is asked this way from now on.", as_json=json)


@cli.command("check")
def check(
    name: str,
    server: Annotated[str, typer.Option(help="On which server, where several have it.")] = "",
    json: Json = False,
) -> None:
    """Read a database now, also with a login that was refused."""
    client = Client()
    found = _find(client, name, server)
    run = client.wait(str(client.post(f"{DATABASES}/{found['id']}/check")["run_id"]))
    told = run.get("result")
    result: Document = told if isinstance(told, dict) else {}
    words = f"{found['name']}: {result.get('state')}. {result.get('reason') or ''}"
    show(result, words.strip(), as_json=json)


def _find(client: Client, name: str, server: str) -> Document:
    found = [
        one
        for one in client.pages(DATABASES, q=name)
        if not server or one.get("server_name") == server
    ]
    same = [one for one in found if one.get("name") == name] or found
    same = [one for one in same if not one.get("missing_since")] or same
    if not same:
        raise NotFound(f"There is no database called {name}.", fix="See `unity databases list`.")
    if len(same) > 1:
        where = ", ".join(sorted(str(one.get("server_name")) for one in same))
        raise InvalidInput(f"{name} is on several servers: {where}.", fix="Name one: --server.")
    return same[0]


def _login(client: Client, name: str) -> str:
    for one in client.pages(LOGINS, q=name):
        if one.get("name") == name:
            return str(one["id"])
    raise NotFound(f"There is no login called {name}.", fix="Store it first, under Credentials.")


def _row(database: Document) -> Document:
    used = database.get("connections_percent")
    return {
        **database,
        "size": _bytes(database.get("size_bytes")),
        "connections": f"{used:.0f} %" if isinstance(used, float | int) else "",
    }


def _figure(figure: Document) -> Document:
    value, unit = figure.get("value"), str(figure.get("unit"))
    labels = figure.get("labels")
    of = " ".join(map(str, labels.values())) if isinstance(labels, dict) else ""
    shown = ""
    if isinstance(value, float | int):
        shown = _bytes(value) if unit == "bytes" else f"{value:,.6g} {unit}".strip()
    return {**figure, "title": f"{figure.get('title')} {of}".strip(), "shown": shown}


def _bytes(value: JsonValue) -> str:
    return size_words(value) if isinstance(value, float | int) else ""


def _rows(database: Document, part: str) -> list[Document]:
    value = database.get(part)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
