"""`unity explain`: what a thing stands on, what stands on it, and what is wrong with them."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.client import Json as Document
from app.cli.output import Json, show
from app.kernel.errors import InvalidInput, NotFound

_KINDS = {
    "server": "server",
    "storage_device": "drive",
    "storage_pool": "pool",
    "filesystem": "file system",
    "database_instance": "database",
}
_SIDES = {
    "below": "What it stands on",
    "here": "Itself",
    "above": "What stands on it",
}


def explain(
    name: Annotated[str, typer.Argument(help="A server, drive, pool, mount point or database.")],
    server: Annotated[str, typer.Option(help="The server it is on, where several have it.")] = "",
    json: Json = False,
) -> None:
    """Say what a thing stands on, what stands on it, and what is wrong there."""
    client = Client()
    found = _find(client, name, server)
    picture = client.get("/api/infrastructure/topology", resource_id=str(found["id"]))
    if json:
        show(picture, "", as_json=True)
        return
    nodes = _rows(picture, "nodes")
    lines = [_verdict(found, nodes)]
    for side, title in _SIDES.items():
        those = [node for node in nodes if node.get("side") == side]
        if those:
            lines += ["", f"{title}:", *(line for node in those for line in _lines(node))]
    show(picture, "\n".join(lines), as_json=False)


def _verdict(found: Document, nodes: list[Document]) -> str:
    name = f"{_kind(found)} {found['name']}"
    alerts = [alert for node in nodes for alert in _rows(node, "alerts")]
    roots = [alert for alert in alerts if alert.get("cause_id") is None]
    if not alerts:
        return f"Nothing is wrong with the {name}, or with what it stands on."
    follows = len(alerts) - len(roots)
    rest = f" {follows} more follow from that." if follows else ""
    titles = " ".join(f"{alert['title']}." for alert in roots)
    return f"Around the {name}: {titles}{rest}"


def _lines(node: Document) -> list[str]:
    detail = f" ({node['detail']})" if node.get("detail") else ""
    gone = ", not seen any more" if node.get("missing_since") else ""
    lines = [f"  {_kind(node)} {node['name']}{detail}{gone}"]
    for alert in _rows(node, "alerts"):
        follows = ", follows from another" if alert.get("cause_id") else ""
        lines.append(f"    {alert['severity']}{follows}: {alert['message']}")
        if alert.get("fix") and not alert.get("cause_id"):
            lines.append(f"    do: {alert['fix']}")
    return lines


def _find(client: Client, name: str, server: str) -> Document:
    found = [
        one
        for one in client.pages("/api/resources", q=name)
        if one.get("kind") in _KINDS and name.lower() in str(one.get("name")).lower()
    ]
    exact = [one for one in found if str(one.get("name")).lower() == name.lower()] or found
    if server:
        ids = [one["id"] for one in client.pages("/api/resources", q=server, kind="server")]
        exact = [one for one in exact if one.get("server_id") in ids or one["id"] in ids]
    if not exact:
        where = f" on {server}" if server else ""
        raise NotFound(
            f"Nothing is called {name}{where}.",
            fix="See `unity server list`, `unity disks list` and `unity pools list`.",
        )
    if len(exact) > 1:
        some = ", ".join(sorted(f"{_kind(one)} {one['name']}" for one in exact)[:5])
        raise InvalidInput(
            f"{len(exact)} things are called like that: {some}.",
            fix="Give the whole name, and `--server` with the server's name.",
        )
    return exact[0]


def _kind(node: Document) -> str:
    return _KINDS.get(str(node.get("kind")), str(node.get("kind")))


def _rows(document: Document, part: str) -> list[Document]:
    value = document.get(part)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
