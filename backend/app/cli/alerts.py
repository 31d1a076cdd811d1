"""`unity alerts`: what is wrong, through the API."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.naming import the_one
from app.cli.output import Json, show, show_table
from app.cli.spans import length_of
from app.kernel.errors import InvalidInput, JsonValue

cli = typer.Typer(help="What is wrong, and what was done about it.", no_args_is_help=True)
ALERTS = "/api/alerts"
COLUMNS = {
    "severity": "SEVERITY",
    "state": "STATE",
    "title": "WHAT",
    "began_at": "BEGAN",
    "notes": "NOTES",
    "id": "ID",
}


@cli.command("list")
def list_alerts(
    state: Annotated[
        str, typer.Option(help="open, active, pending, firing, acknowledged or resolved.")
    ] = "open",
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "",
    tag: Annotated[str, typer.Option(help="Only of resources with this tag.")] = "",
    consequences: Annotated[
        bool, typer.Option("--all", help="Also what follows from another alert.")
    ] = False,
    json: Json = False,
) -> None:
    """List what is wrong, the worst and oldest first; each cause stands once."""
    rows = list(
        Client().pages(
            ALERTS,
            state=state,
            severity=severity or None,
            tag=tag or None,
            roots_only="false" if consequences or state == "resolved" else "true",
        )
    )
    shown = rows if json else [{**row, "notes": _notes(row)} for row in rows]
    show_table(shown, COLUMNS, as_json=json, empty="Nothing is wrong.")


@cli.command("show")
def show_alert(
    alert: Annotated[str, typer.Argument(help="Its id, or the end of it.")], json: Json = False
) -> None:
    """Show one alert with its reasons and what happened to it."""
    client = Client()
    found = client.get(f"{ALERTS}/{_id_of(client, alert)}")
    history = client.get(f"{ALERTS}/{found['id']}/history")
    if json:
        show({"alert": found, "history": history}, "", as_json=True)
        return
    lines = [f"{found['title']} ({found['severity']}, {found['state']})", str(found["message"])]
    if found["fix"]:
        lines.append(f"What to do: {found['fix']}")
    if found["muted_by"]:
        lines.append(f"Nobody is told: {found['muted_by']}")
    show(found, "\n".join(lines), as_json=False)
    entries = history["entries"]
    show_table(
        [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else [],
        {"at": "WHEN", "text": "WHAT", "by": "BY"},
        as_json=False,
        empty="Nothing happened to it yet.",
    )


@cli.command("ack")
def acknowledge(
    alerts: Annotated[list[str], typer.Argument(help="Their ids, or the ends of them.")],
    note: Annotated[str, typer.Option(help="What you know or will do.")] = "",
    json: Json = False,
) -> None:
    """Take alerts on: nobody is reminded any more."""
    client = Client()
    ids: list[JsonValue] = [_id_of(client, one) for one in alerts]
    answer = client.post(f"{ALERTS}/acknowledge", {"ids": ids, "note": note})
    show(answer, f"{answer['changed']} acknowledged.", as_json=json)


@cli.command("silence")
def silence(
    reason: Annotated[str, typer.Option(help="Why; others read it.")],
    alert: Annotated[str, typer.Argument(help="An alert whose like to silence; its id.")] = "",
    server: Annotated[str, typer.Option(help="Everything of this server.")] = "",
    kind: Annotated[str, typer.Option("--type", help="Alerts of this kind; * and ? count.")] = "",
    tag: Annotated[str, typer.Option(help="Everything with this tag.")] = "",
    for_: Annotated[str, typer.Option("--for", help="How long: 30m, 8h, 2d or 1w.")] = "8h",
    json: Json = False,
) -> None:
    """Keep alerts quiet until a time; what still fires then is told."""
    client = Client()
    matchers = _matchers(client, alert, server=server, kind=kind, tag=tag)
    ends_at = datetime.now(UTC) + length_of(for_)
    body: dict[str, JsonValue] = {
        "matchers": matchers,
        "reason": reason,
        "ends_at": ends_at.isoformat(),
    }
    answer = client.post(f"{ALERTS}/silences", body)
    until = ends_at.astimezone().strftime("%Y-%m-%d %H:%M")
    words = f"Silenced until {until}; {answer['quiet_now']} open alerts are quiet now."
    show(answer, words, as_json=json)


def _matchers(client: Client, alert: str, *, server: str, kind: str, tag: str) -> list[JsonValue]:
    if alert:
        suggested = client.get(f"{ALERTS}/{_id_of(client, alert)}")["silence"]
        return suggested if isinstance(suggested, list) else []
    wanted = (("server", "is", server), ("type", "like", kind), ("tag", "is", tag))
    found: list[JsonValue] = [
        {"field": field, "match": match, "values": [value]}
        for field, match, value in wanted
        if value
    ]
    if not found:
        raise InvalidInput(
            "Say which alerts.", fix="Name an alert, or give --server, --type or --tag."
        )
    return found


def _id_of(client: Client, text: str) -> str:
    """Return an alert's whole id; the end of one is enough when it is the only one."""
    if len(text) == 36:  # noqa: PLR2004 - the length of a UUID
        return text
    rows = list(client.pages(ALERTS, state="open"))
    return str(the_one(rows, text, "open alert", "unity alerts list")["id"])


def _notes(row: Document) -> str:
    follow = row["consequences"]
    notes = [
        f"{follow} follow from it" if follow else "",
        f"{row['acknowledged_by']} has it" if row["acknowledged_by"] else "",
        str(row["muted_by"]),
    ]
    return "; ".join(note for note in notes if note)
