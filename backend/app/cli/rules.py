"""`unity rules`: what Unity judges as trouble, and what a rule would have told."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.applying import add_to
from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.kinds import RULES as KIND
from app.cli.naming import items_of, the_one
from app.cli.output import Json, show, show_table
from app.cli.spans import length_of
from app.kernel.errors import JsonValue

cli = typer.Typer(help="The rules by which alerts fire.", no_args_is_help=True)
RULES = "/api/alerts/rules"
# What a rule is made of; the rest of an answer is about its life.
_WRITTEN = (
    *("name", "severity", "domain", "definition", "scope", "overrides", "title", "over"),
    *("message", "fix", "runbook", "is_enabled", "for_seconds", "for_samples"),
    *("clear_seconds", "cooldown_seconds", "flap_changes", "flap_seconds"),
)
Rule = Annotated[str, typer.Argument(help="Its name or id.")]


@cli.command("list")
def list_rules(
    domain: Annotated[str, typer.Option(help="As infrastructure, plugins or core.")] = "",
    words: Annotated[str, typer.Option(help="Only with these words in the name.")] = "",
    with_problems: Annotated[
        bool, typer.Option(help="Only those that refer to what is not there.")
    ] = False,
    json: Json = False,
) -> None:
    """List the rules, with how many alerts each fires now."""
    flags = {"has_findings": "true" if with_problems else None}
    rows = list(Client().pages(RULES, domain=domain or None, q=words or None, **flags))
    shown = rows if json else [{**row, "notes": _notes(row)} for row in rows]
    columns = {
        "severity": "SEVERITY",
        "name": "NAME",
        "domain": "DOMAIN",
        "firing": "FIRING",
        "notes": "NOTES",
        "id": "ID",
    }
    show_table(shown, columns, as_json=json, empty="No rule is so.")


@cli.command("on")
def switch_on(rule: Rule, json: Json = False) -> None:
    """Let a rule judge again."""
    _switch(rule, is_enabled=True, json=json)


@cli.command("off")
def switch_off(rule: Rule, json: Json = False) -> None:
    """Let a rule judge no more; what it fires now ends."""
    _switch(rule, is_enabled=False, json=json)


@cli.command("reset")
def reset(rule: Rule, json: Json = False) -> None:
    """Put a built-in rule back to how it came."""
    client = Client()
    answer = client.post(f"{RULES}/{_rule(client, rule)['id']}/reset")
    show(answer, f"{answer['name']} is as it came.", as_json=json)


@cli.command("mute")
def mute(
    rule: Rule,
    for_: Annotated[str, typer.Option("--for", help="How long: 30m, 8h, 2d or 1w.")] = "8h",
    json: Json = False,
) -> None:
    """Let a rule go on judging, but tell nobody for a time."""
    until = datetime.now(UTC) + length_of(for_)
    answer = _put(rule, "mute", {"until": until.isoformat()})
    local = until.astimezone().strftime("%Y-%m-%d %H:%M")
    show(answer, f"{answer['name']} is mute until {local}.", as_json=json)


@cli.command("unmute")
def unmute(rule: Rule, json: Json = False) -> None:
    """Let a mute rule tell again."""
    answer = _put(rule, "mute", {"until": None})
    show(answer, f"{answer['name']} tells again.", as_json=json)


@cli.command("preview")
def preview(
    rule: Rule,
    days: Annotated[int, typer.Option(help="How far back.", min=1, max=30)] = 7,
    json: Json = False,
) -> None:
    """Say when a rule would have fired, from what was measured."""
    client = Client()
    one = _rule(client, rule)
    wish: dict[str, JsonValue] = {name: one[name] for name in _WRITTEN}
    answer = client.post(f"{RULES}/preview", {"rule": wish, "days": days})
    times = "once" if answer["count"] == 1 else f"{answer['count']} times"
    span = "day" if days == 1 else f"{days} days"
    words = f"In the last {span} it would have fired {times}. {answer['note']}".rstrip()
    show(answer, words, as_json=json)
    if json:
        return
    columns = {
        "fired_at": "FIRED",
        "resolved_at": "OVER",
        "resource_name": "WHERE",
        "subject": "WHAT",
        "peak": "PEAK",
    }
    if incidents := items_of({"items": answer["incidents"]}):
        show_table(incidents, columns, as_json=False, empty="")


add_to(cli, KIND)


def _rule(client: Client, text: str) -> Document:
    return the_one(list(client.pages(RULES)), text, "rule", "unity rules list")


def _put(rule: str, what: str, body: dict[str, JsonValue]) -> Document:
    client = Client()
    return client.put(f"{RULES}/{_rule(client, rule)['id']}/{what}", body)


def _switch(rule: str, *, is_enabled: bool, json: bool) -> None:
    answer = _put(rule, "enabled", {"is_enabled": is_enabled})
    words = f"{answer['name']} judges again." if is_enabled else f"{answer['name']} is off."
    show(answer, words, as_json=json)


def _notes(row: Document) -> str:
    muted, findings = row["muted_until"], items_of({"items": row["findings"]})
    notes = [
        "" if row["is_enabled"] else "off",
        f"mute until {muted}" if muted else "",
        "changed" if row["is_changed"] and row["key"] else "",
        *(str(one["text"]) for one in findings),
    ]
    return "; ".join(note for note in notes if note)
