"""`unity pools`: ZFS, md, LVM and btrfs of all machines, through the API."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show, show_table
from app.kernel.errors import InvalidInput, NotFound

cli = typer.Typer(help="The pools of all machines: ZFS, md, LVM and btrfs.", no_args_is_help=True)
POOLS = "/api/infrastructure/pools"
_COLUMNS = {
    "level": "VERDICT",
    "server_name": "SERVER",
    "name": "POOL",
    "kind": "KIND",
    "layout": "LAYOUT",
    "state": "STATE",
    "used": "USED",
    "runs": "RUNS",
    "why": "WHY",
}
_MEMBERS = {
    "name": "MEMBER",
    "state": "STATE",
    "role": "ROLE",
    "read_errors": "READ",
    "write_errors": "WRITE",
    "checksum_errors": "CKSUM",
    "note": "NOTE",
}


@cli.command("list")
def list_pools(
    level: Annotated[str, typer.Option(help="Only those with this verdict.")] = "",
    query: Annotated[str, typer.Option("--search", help="Pool or server.")] = "",
    json: Json = False,
) -> None:
    """List the pools, the worst first."""
    rows = list(Client().pages(POOLS, level=level or None, q=query or None))
    shown = rows if json else [_row(row) for row in rows]
    show_table(shown, _COLUMNS, as_json=json, empty="No pools were seen on any machine.")


@cli.command("show")
def show_pool(name: str, json: Json = False) -> None:
    """Show one pool with its members; NAME is the pool's, or what finds exactly one."""
    client = Client()
    pool = client.get(f"{POOLS}/{_find(client, name)['id']}")
    if json:
        show(pool, "", as_json=True)
        return
    title = f"{pool['name']} on {pool['server_name']}: {pool['level']}. {_why(pool)}"
    show(pool, title, as_json=False)
    for part, columns in (
        ("reasons", {"level": "LEVEL", "message": "REASON", "fix": "FIX", "source": "SOURCE"}),
        ("members", _MEMBERS),
        ("volumes", {"name": "VOLUME", "layout": "LAYOUT", "data_percent": "DATA %",
                     "metadata_percent": "META %", "health": "HEALTH"}),
        ("datasets", {"name": "DATASET", "snapshots": "SNAPSHOTS", "newest_at": "NEWEST",
                      "quota_percent": "QUOTA %"}),
    ):  # fmt: skip
        rows = _rows(pool, part)
        if rows:
            show_table(rows, columns, as_json=False, empty="")


@cli.command("scrub")
def scrub_pool(
    name: str,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the one that runs.")] = False,
    json: Json = False,
) -> None:
    """Start or stop a scrub (of md and LVM: a check); the journal has what came of it."""
    client = Client()
    path = f"{POOLS}/{_find(client, name)['id']}/scrubs"
    run = client.wait(str(client.post(path, {"verb": "stop" if stop else "scrub"})["run_id"]))
    told = run.get("result")
    result: Document = told if isinstance(told, dict) else {}
    show(result, str(result.get("message") or run.get("error")), as_json=json)


def _find(client: Client, name: str) -> Document:
    found = list(client.pages(POOLS, q=name))
    same = [one for one in found if one.get("name") == name] or found
    if not same:
        raise NotFound(f"There is no pool called {name}.", fix="See `unity pools list`.")
    if len(same) > 1:
        where = ", ".join(sorted(str(one.get("server_name")) for one in same))
        raise InvalidInput(
            f"{name} is on several servers: {where}.",
            fix="Use `--json` with `list`, or the page of the server.",
        )
    return same[0]


def _row(pool: Document) -> Document:
    used, runs = pool.get("used_percent"), pool.get("activity")
    percent = pool.get("activity_percent")
    done = f" {percent:.0f} %" if isinstance(percent, float) else ""
    return {
        **pool,
        "used": f"{used:.0f} %" if isinstance(used, float | int) else "",
        "runs": f"{runs}{done}" if runs else "",
        "why": _why(pool),
    }


def _why(pool: Document) -> str:
    if pool.get("missing_since"):
        return "It is not shown any more."
    return next((str(one.get("message")) for one in _rows(pool, "reasons")), "")


def _rows(pool: Document, part: str) -> list[Document]:
    value = pool.get(part)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
