"""Things as a file says them: JSON with names where the API has ids, and secrets from elsewhere."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import typer

from app.cli.client import Json
from app.kernel.errors import InvalidInput, JsonValue

STDIN = "-"
# Where in a document a reference stands: names of fields, and `*` for each item of a list.
Place = tuple[str, ...]


def read(source: str) -> list[Json]:
    """Return the documents of a file, or of standard input: one, or a list of them."""
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{_named(source)} is not UTF-8.") from error
    except OSError as error:
        raise InvalidInput(f"{_named(source)} cannot be read: {error.strerror}.") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{_named(source)} is no JSON: {error}.") from error
    documents = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in documents):
        raise InvalidInput(
            f"{_named(source)} holds something else than objects.",
            fix="Write one object, or a list of objects.",
        )
    return documents


def folder_of(source: str) -> Path:
    """Return the folder from which the files are named that a document names."""
    return Path() if source == STDIN else Path(source).parent


def changed_in(document: Json, place: Place, change: Callable[[str], str]) -> Json:
    """Return a copy in which each text at the place is changed."""
    top, rest = place[0], place[1:]
    return {
        name: _changed(value, rest, change) if name == top else value
        for name, value in document.items()
    }


def _changed(value: JsonValue, place: Place, change: Callable[[str], str]) -> JsonValue:
    if isinstance(value, list):
        rest = place[1:] if place[:1] == ("*",) else place
        return [_changed(one, rest, change) for one in value]
    if isinstance(value, dict) and place:
        return changed_in(value, place, change)
    return change(value) if isinstance(value, str) and value and not place else value


def secrets_of(document: Json, known: Sequence[str], folder: Path, *, asks: bool) -> dict[str, str]:
    """Return the secrets to send: as they stand, from a file, or typed when there is none yet."""
    given = document.get("secrets")
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidInput("secrets: it is no object.", fix='Write {"token": {"file": "PATH"}}.')
    return dict(_secrets(given, known, folder, asks=asks))


def _secrets(
    given: dict[str, JsonValue], known: Sequence[str], folder: Path, *, asks: bool
) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict) and [*value] == ["file"]:
            yield name, _from_file(name, folder / str(value["file"]))
        elif value == {"ask": True}:
            if name not in known:
                yield name, _typed(name) if asks else ""
        else:
            raise InvalidInput(
                f"secrets.{name}: it is neither a text, a file nor asked for.",
                fix='Write "…", {"file": "PATH"} or {"ask": true}.',
            )


def _from_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInput(f"secrets.{name}: {path} cannot be read: {why}.") from error


def _typed(name: str) -> str:
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"secrets.{name}: there is no terminal to type it in.",
            fix='Name a file instead: {"file": "PATH"}.',
        )
    text: str = typer.prompt(name, hide_input=True)
    return text


def _named(source: str) -> str:
    return "Standard input" if source == STDIN else source
