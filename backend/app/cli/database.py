"""`unity database`: move all data from SQLite to PostgreSQL."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from app import bootstrap
from app.cli.output import Json, show, show_table
from app.kernel import config, folders
from app.kernel.errors import InvalidInput
from app.services.core.backup import move as moving
from app.services.core.backup.move import Moved

cli = typer.Typer(help="The database itself.", no_args_is_help=True)


@cli.callback()
def _root() -> None:
    """Keep `move` a command of its own."""


@cli.command("move")
def move(
    to: Annotated[str, typer.Option(help="The new, empty place: postgresql://user@host/name.")],
    password_file: Annotated[
        Path | None, typer.Option(help="File that holds the password of the PostgreSQL user.")
    ] = None,
    json: Json = False,
) -> None:
    """Copy everything from SQLite to PostgreSQL, and prove it by the hash of each table.

    Unity must not be running. What lies in the data folder is only read. Cut off in the middle,
    it leaves the new database empty: start it again.
    """
    settings = config.load()
    target = _target(to, password_file)
    with folders.hold(settings.data):
        moved = moving.move(bootstrap.database_url(settings), target, _tell(is_quiet=json))
    rows = [
        {
            "table": one.table,
            "rows": one.source.rows,
            "sqlite": one.source.sha256 if json else one.source.sha256[:16],
            "postgresql": one.target.sha256 if json else one.target.sha256[:16],
        }
        for one in moved
    ]
    columns = {"table": "TABLE", "rows": "ROWS", "sqlite": "SQLITE", "postgresql": "POSTGRESQL"}
    show_table(rows, columns, as_json=json, empty="")
    if not json:
        show({}, _next_step(moved, target, password_file, settings), as_json=False)


def _target(to: str, password_file: Path | None) -> URL:
    try:
        url = make_url(to)
    except ArgumentError as error:
        raise InvalidInput(
            "--to is no address of a database.", fix="Write it as postgresql://user@host/name."
        ) from error
    if password_file is None:
        return url
    try:
        return url.set(password=password_file.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise InvalidInput(f"{password_file} cannot be read: {error.strerror}.") from error


def _tell(*, is_quiet: bool) -> moving.Tell:
    def tell(table: str, rows: int) -> None:
        if not is_quiet and rows:
            print(f"{rows:>10} rows of {table}", file=sys.stderr)

    return tell


def _next_step(
    moved: list[Moved], target: URL, password_file: Path | None, settings: config.Settings
) -> str:
    rows = sum(one.source.rows for one in moved)
    where = target.set(password=None).render_as_string(hide_password=True)
    password = f"\n  UNITY_DATABASE__PASSWORD_FILE={password_file}" if password_file else ""
    return (
        f"\n{rows} rows in {len(moved)} tables are in PostgreSQL, each table with the same hash."
        f"\nNext: start Unity with\n  UNITY_DATABASE__URL={where}{password}"
        f"\nThe root key stays in {settings.keys_folder}. {settings.data / 'unity.db'} was not"
        " changed; delete it once you are content."
    )
