"""`unity ask`: a question about the inventory, answered by the language model, if one is set up."""

import json as codec
import re
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from app.cli.client import Client, Refused
from app.cli.client import Json as Document
from app.cli.output import Json, show
from app.kernel.errors import JsonValue
from app.kernel.text import printable

_REFERENCE = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")


def ask(
    question: Annotated[str, typer.Argument(help="Such as: which drives are failing?")],
    json: Json = False,
) -> None:
    """Ask the language model about your machines; it looks things up and changes nothing."""
    found: Document = {}
    for name, data in _events(Client().answers("/api/assistant/questions", {"question": question})):
        if name == "looking" and not json:
            sys.stderr.write(f"{printable(str(data.get('words')))} …\n")
        elif name == "problem":
            raise Refused(str(data.get("detail")), fix=str(data.get("fix") or ""))
        elif name in ("answered", "finished"):
            found |= data
    if not found:
        raise Refused("The answer broke off.", fix="Ask again.")
    if json:
        show(found, "", as_json=True)
        return
    for line in _REFERENCE.sub(r"\1", str(found["text"])).splitlines():
        print(printable(line))
    links = found["links"]
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict):
            print(f"  {printable(str(link['title']))}: {link['path']}")


def _events(pieces: Iterator[str]) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """Yield the events of the stream with their names."""
    rest = ""
    for piece in pieces:
        *blocks, rest = (rest + piece).split("\n\n")
        for block in blocks:
            name, _, data = block.partition("\ndata: ")
            yield name.removeprefix("event: "), codec.loads(data)
