"""`unity forecast`: what fills up, wears out and fails next, through the API."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import InvalidInput, NotFound

cli = typer.Typer(help="What fills up, wears out and fails next, on all machines.")
FORECASTS = "/api/infrastructure/forecasts"
_DAY = 86_400
_COLUMNS = {
    "when": "USED UP",
    "between": "BETWEEN",
    "what": "WHAT",
    "server_name": "SERVER",
    "now": "NOW",
    "growth": "A DAY",
    "off": "OFF BY",
}
_ALL = {"when": "USED UP", "what": "WHAT", "server_name": "SERVER", "now": "NOW", "why": "WHY NOT"}
_RISKS = {
    "risk": "WITHIN A YEAR",
    "name": "DRIVE",
    "server_name": "SERVER",
    "model": "MODEL",
    "why": "WHY",
}


@cli.callback(invoke_without_command=True)
def forecast(context: typer.Context) -> None:
    """List what has a date, unless something else was asked for."""
    if context.invoked_subcommand is None:
        list_forecasts(everything=False, within_days=None, query="", json=False)


@cli.command("list")
def list_forecasts(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what has no date, with the reason.")
    ] = False,
    within_days: Annotated[
        int | None, typer.Option("--within", help="Only what is used up in so many days.")
    ] = None,
    query: Annotated[str, typer.Option("--search", help="Mount point, pool or server.")] = "",
    json: Json = False,
) -> None:
    """List what is used up first."""
    rows = list(
        Client().pages(
            FORECASTS,
            dated=None if everything else "true",
            within_days=None if within_days is None else str(within_days),
            q=query or None,
        )
    )
    shown = rows if json else [_row(row) for row in rows]
    empty = "Nothing grows steadily enough to name a date. See `unity forecast list --all`."
    show_table(shown, _ALL if everything else _COLUMNS, as_json=json, empty=empty)


@cli.command("show")
def show_forecast(name: str, json: Json = False) -> None:
    """Show one forecast; NAME is a mount point or pool, or what finds exactly one."""
    client = Client()
    found = client.get(f"{FORECASTS}/{_find(client, name)['id']}")
    if json:
        show(found, "", as_json=True)
        return
    row = _row(found)
    told = row["why"] or f"used up {row['when']} ({row['between']})"
    show(row, f"{row['what']} on {found['server_name']}: {told}", as_json=False)
    show_table([row], _ALL if row["why"] else _COLUMNS, as_json=False, empty="")


@cli.command("drives")
def list_risks(
    query: Annotated[str, typer.Option("--search", help="Drive, model or server.")] = "",
    json: Json = False,
) -> None:
    """List the drives by the risk to fail within a year, from published statistics."""
    rows = list(Client().pages(f"{FORECASTS}/drives", q=query or None))
    shown = rows if json else [{**row, "risk": _risk(row)} for row in rows]
    show_table(shown, _RISKS, as_json=json, empty="No drives were seen on any machine.")


def _find(client: Client, name: str) -> Document:
    found = list(client.pages(FORECASTS, q=name))
    same = [one for one in found if _what(one) == name] or found
    if not same:
        raise NotFound(f"There is no forecast of {name}.", fix="See `unity forecast list --all`.")
    if len(same) > 1:
        where = ", ".join(sorted(f"{_what(one)} on {one.get('server_name')}" for one in same))
        raise InvalidInput(
            f"{name} finds several: {where}.", fix="Use `unity forecast list --search … --json`."
        )
    return same[0]


def _what(row: Document) -> str:
    return str(row.get("subject") or row.get("resource_name"))


def _row(row: Document) -> Document:
    unit = str(row.get("unit"))
    early, late = _days(row.get("earliest_at")), _days(row.get("latest_at"))
    return {
        **{name: row.get(name) for name in ("server_name", "kind", "why", "made_at")},
        "what": _what(row),
        "when": _in(_days(row.get("full_at"))),
        "between": "" if early is None else f"{early:.0f} to {_number(late)} days",
        "now": _value(row.get("value"), unit),
        "growth": _value(row.get("per_day"), unit),
        "off": _value(row.get("score_off"), unit),
    }


def _days(at: object) -> float | None:
    if not isinstance(at, str):
        return None
    return (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds() / _DAY


def _in(days: float | None) -> str:
    if days is None:
        return ""
    return "now" if days <= 0 else f"in {days:.1f} days" if days < 10 else f"in {days:.0f} days"  # noqa: PLR2004 - two digits


def _number(days: float | None) -> str:
    return "?" if days is None else f"{days:.0f}"


def _value(value: object, unit: str) -> str:
    if not isinstance(value, float | int):
        return ""
    if unit == "bytes":
        return f"{value / 1024**3:.2f} GiB"
    return f"{value:.2f} {'%' if unit == 'percent' else unit}".strip()


def _risk(row: Document) -> str:
    least, greatest = row.get("least"), row.get("greatest")
    if not isinstance(least, float | int) or not isinstance(greatest, float | int):
        return "not known"
    return f"{100 * least:.1f} to {100 * greatest:.1f} %"
