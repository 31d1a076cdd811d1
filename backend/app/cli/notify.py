"""`unity notify`: where notifications go, whether they arrive, and what could not be delivered."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.naming import items_of, the_one
from app.cli.notify_kinds import add_all
from app.cli.output import Json, show, show_table
from app.kernel.errors import InvalidInput

cli = typer.Typer(help="Where notifications go, and whether they arrive.", no_args_is_help=True)
CHANNELS = "/api/notifications/channels"
DELIVERIES = "/api/notifications/deliveries"


@cli.command("test")
def send_test(
    channel: Annotated[str, typer.Argument(help="Its name or id.")], json: Json = False
) -> None:
    """Really send a test through a channel; leaves with 1 when it did not arrive."""
    client = Client()
    one = the_one(items_of(client.get(CHANNELS)), channel, "channel", "unity notify channels")
    answer = client.post(f"{CHANNELS}/{one['id']}/test")
    word = "It arrived" if answer["has_arrived"] else "It did not arrive"
    show(answer, f"{word}: {answer['detail']} ({answer['milliseconds']} ms)", as_json=json)
    if not answer["has_arrived"]:
        raise typer.Exit(1)


@cli.command("who")
def who(
    alert: Annotated[str, typer.Option(help="An open alert; its whole id.")] = "",
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    domain: Annotated[str, typer.Option(help="As infrastructure, plugins or core.")] = "",
    kind: Annotated[str, typer.Option("--type", help="The kind of alert.")] = "",
    server: Annotated[str, typer.Option(help="The server that it is about.")] = "",
    at: Annotated[str, typer.Option(help="When, as 2026-01-31T23:00:00Z; else now.")] = "",
    json: Json = False,
) -> None:
    """Say who would be told of an alert, when, and which route decides it."""
    client = Client()
    asked = {"alert_id": alert} if alert else {"severity": severity, "domain": domain}
    if kind and not alert:
        asked["alert_type"] = kind
    if server and not alert:
        rows = list(client.pages("/api/infrastructure/servers"))
        asked["resource_id"] = str(the_one(rows, server, "server", "unity server list")["id"])
    if at:
        asked["at"] = at
    answer = client.get("/api/notifications/explain", **{k: v for k, v in asked.items() if v})
    show(answer, str(answer["summary"]), as_json=json)
    if json:
        return
    told, steps = items_of({"items": answer["told"]}), items_of({"items": answer["steps"]})
    columns = {
        "channel_name": "CHANNEL",
        "route_name": "BY ROUTE",
        "at": "AT",
        "waits_for": "WAITS FOR",
        "escalates_at": "ESCALATES",
    }
    show_table(told, columns, as_json=False, empty="Nobody is told.")
    columns = {"fits": "FITS", "name": "ROUTE", "why": "WHY"}
    show_table(steps, columns, as_json=False, empty="There are no routes.")


@cli.command("deliveries")
def list_deliveries(
    state: Annotated[
        str, typer.Option(help="waiting, retrying, delivered, dead or suppressed.")
    ] = "",
    channel: Annotated[str, typer.Option(help="Only of this channel.")] = "",
    newest: Annotated[int, typer.Option(help="How many.", min=1, max=200)] = 30,
    json: Json = False,
) -> None:
    """List the newest deliveries and what became of each."""
    client = Client()
    channel_id = None
    if channel:
        rows = items_of(client.get(CHANNELS))
        channel_id = str(the_one(rows, channel, "channel", "unity notify channels")["id"])
    query = {"state": state or None, "channel_id": channel_id, "per_page": newest}
    found = items_of(client.get(DELIVERIES, sort="-made_at", **query))
    columns = {
        "state": "STATE",
        "title": "WHAT",
        "channel_name": "CHANNEL",
        "made_at": "WHEN",
        "attempts": "TRIES",
        "reason": "WHY",
        "answer": "ANSWER",
        "id": "ID",
    }
    show_table(found, columns, as_json=json, empty="Nothing was to be delivered.")


@cli.command("retry")
def retry(
    deliveries: Annotated[list[str] | None, typer.Argument(help="Their ids, or ends.")] = None,
    is_all: Annotated[bool, typer.Option("--dead", help="All dead letters.")] = False,
    json: Json = False,
) -> None:
    """Send dead letters again."""
    if not deliveries and not is_all:
        raise InvalidInput("Say which dead letters.", fix="Name some, or give --dead for all.")
    client = Client()
    dead = list(client.pages(DELIVERIES, state="dead"))
    command = "unity notify deliveries --state dead"
    chosen = (
        dead if is_all else [the_one(dead, one, "dead letter", command) for one in deliveries or ()]
    )
    for one in chosen:
        client.post(f"{DELIVERIES}/{one['id']}/retry")
    words = "1 is sent again." if len(chosen) == 1 else f"{len(chosen)} are sent again."
    show({"retried": [one["id"] for one in chosen]}, words, as_json=json)


add_all(cli)
