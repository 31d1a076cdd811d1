"""`unity disks`: the drives of all machines, through the API."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import InvalidInput, JsonValue, NotFound

cli = typer.Typer(help="The drives of all machines.", no_args_is_help=True)
DEVICES = "/api/infrastructure/devices"
_COLUMNS = {
    "level": "VERDICT",
    "server_name": "SERVER",
    "name": "DISK",
    "model": "MODEL",
    "size": "SIZE",
    "hot": "°C",
    "worn": "WEAR",
    "hours": "HOURS",
    "why": "WHY",
}
_TERA = 10**12
_GIGA = 10**9


@cli.command("list")
def list_disks(
    level: Annotated[str, typer.Option(help="Only those with this verdict.")] = "",
    query: Annotated[str, typer.Option("--search", help="Model, serial number or server.")] = "",
    json: Json = False,
) -> None:
    """List the drives, the worst first."""
    rows = list(Client().pages(DEVICES, level=level or None, q=query or None))
    shown = rows if json else [_row(row) for row in rows]
    show_table(shown, _COLUMNS, as_json=json, empty="No drives yet; the next cycle brings them.")


def _row(device: Document) -> Document:
    size, wear = device.get("capacity_bytes"), device.get("wear_percent")
    return {
        **device,
        "level": _verdict(device),
        "size": _size(size) if isinstance(size, int) else "",
        "hot": device.get("temperature_celsius"),
        "worn": f"{wear} %" if wear is not None else "",
        "hours": device.get("power_on_hours"),
        "why": _why(device),
    }


def _verdict(device: Document) -> str:
    """Return the verdict; of a drive that is not there any more, that it is not."""
    state = str(device.get("state"))
    return str(device["level"]) if state == "present" else state


def _why(device: Document) -> str:
    if device.get("state") != "present":
        day = str(device["last_seen_at"])[:10]
        return f"It was {device['level']} when it was last seen, on {day}."
    reasons = device.get("reasons")
    for reason in reasons if isinstance(reasons, list) else []:
        if isinstance(reason, dict) and not reason.get("is_acknowledged"):
            return str(reason.get("message"))
    return str(device.get("unknown_reason") or "")


def _size(size: int) -> str:
    return f"{size / _TERA:.1f} TB" if size >= _TERA else f"{size / _GIGA:.0f} GB"


@cli.command("show")
def show_disk(name: str, json: Json = False) -> None:
    """Show one drive; NAME is a serial number, or what finds exactly one."""
    client = Client()
    device = client.get(f"{DEVICES}/{find(client, name)['id']}")
    if json:
        show(device, "", as_json=True)
        return
    title = f"{device['title']} in {device['server_name']}: {_verdict(device)}. {_why(device)}"
    show(device, title, as_json=False)
    for part, columns in (
        ("reasons", {"level": "LEVEL", "message": "REASON", "source": "SOURCE", "fix": "FIX"}),
        ("attributes", {"id": "ID", "name": "ATTRIBUTE", "value": "VALUE", "worst": "WORST",
                        "threshold": "LIMIT", "raw": "RAW"}),
        ("fields", {"name": "FIELD", "value": "VALUE"}),
        ("self_tests", {"kind": "TEST", "outcome": "OUTCOME", "at_hours": "AT HOURS"}),
        ("opinions", {"who": "TOOL", "opinion": "SAYS", "why": "WHY"}),
    ):  # fmt: skip
        rows = _rows(device.get(part))
        if rows:
            show_table(rows, columns, as_json=False, empty="")


def _rows(value: JsonValue) -> list[Document]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


@cli.command("acknowledge")
def acknowledge(name: str, json: Json = False) -> None:
    """Take a drive's values as known; they are quiet until they change."""
    client = Client()
    device = client.post(f"{DEVICES}/{find(client, name)['id']}/acknowledge", {"codes": []})
    show(device, f"Acknowledged. {device['title']} is {device['level']} now.", as_json=json)


@cli.command("retire")
def retire(name: str, json: Json = False) -> None:
    """Say that a drive is not coming back."""
    client = Client()
    device = client.post(f"{DEVICES}/{find(client, name)['id']}/retire", {})
    show(device, f"Retired {device['title']}.", as_json=json)


@cli.command("test")
def start_test(
    name: str,
    kind: Annotated[str, typer.Option(help="`short` or `long`.")] = "short",
    json: Json = False,
) -> None:
    """Start a self-test; the drive works on."""
    client = Client()
    path = f"{DEVICES}/{find(client, name)['id']}/self-tests"
    run = client.wait(str(client.post(path, {"kind": kind})["run_id"]))
    told = run.get("result")
    result: Document = told if isinstance(told, dict) else {}
    minutes = result.get("minutes")
    takes = f" It takes about {minutes} minutes." if minutes else ""
    show(result, f"{result.get('message')}{takes}", as_json=json)


def find(client: Client, name: str) -> Document:
    """Return the one drive that a serial number or a part of it names."""
    found = list(client.pages(DEVICES, q=name))
    exact = [one for one in found if name in (one.get("serial"), one.get("id"), one.get("name"))]
    chosen = exact if len(exact) == 1 else found
    if not chosen:
        raise NotFound(f"No drive is called {name}.", fix="`unity disks list` shows them.")
    if len(chosen) > 1:
        raise InvalidInput(
            f"{len(chosen)} drives fit {name}.", fix="Name the serial number.", field="name"
        )
    return chosen[0]
