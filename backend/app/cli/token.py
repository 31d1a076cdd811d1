"""`unity token`: API tokens, through the API."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.output import Json, show, show_table
from app.kernel.errors import JsonValue

cli = typer.Typer(help="API tokens for programs.", no_args_is_help=True)
TOKENS = "/api/tokens"


@cli.command("list")
def list_tokens(json: Json = False) -> None:
    """List the tokens; their secrets are never shown again."""
    columns = {
        "id": "ID",
        "name": "NAME",
        "owner": "OWNER",
        "scopes": "SCOPES",
        "expires_at": "EXPIRES",
        "last_used_at": "USED",
    }
    rows = list(Client().pages(TOKENS))
    show_table(rows, columns, as_json=json, empty="No tokens yet.")


@cli.command("create")
def create(
    name: str,
    scope: Annotated[list[str], typer.Option(help="A right, such as metrics:read; repeatable.")],
    owner: Annotated[
        str, typer.Option(help="Whose it is; needed on the local socket, which is nobody's.")
    ] = "",
    days: Annotated[int, typer.Option(help="Days until it expires.")] = 90,
    json: Json = False,
) -> None:
    """Make a token; it is printed once."""
    wish: dict[str, JsonValue] = {
        "name": name,
        "owner": owner,
        "scopes": [*scope],
        "expires_in_days": days,
    }
    token = Client().post(TOKENS, wish)
    show(token, str(token["token"]), as_json=json)


@cli.command("revoke")
def revoke(token_id: str, json: Json = False) -> None:
    """End a token at once."""
    show(Client().delete(f"{TOKENS}/{token_id}"), "Revoked.", as_json=json)
