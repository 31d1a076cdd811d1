"""`apply`, `export` and `delete`: things kept in files, the same words for each kind.

What a document leaves out stays as it is, and what is so already is not sent: a rule that is sent
again would end what it had open. All documents are read and judged before the first is sent.
"""

import json as codec
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.client import Client, Refused
from app.cli.client import Json as Document
from app.cli.documents import changed_in, folder_of, read, secrets_of
from app.cli.kinds import Kind, Names
from app.cli.output import Json, show
from app.kernel.errors import InvalidInput, UnityError

if TYPE_CHECKING:
    from pydantic import BaseModel

File = Annotated[str, typer.Argument(help="A file with JSON; `-` is standard input.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Some = Annotated[list[str] | None, typer.Argument(help="Their names or ids; none: all.")]
These = Annotated[list[str], typer.Argument(help="Their names or ids.")]
IfThere = Annotated[
    bool, typer.Option("--if-exists", help="Those that are not there are no error.")
]


@dataclass(frozen=True, slots=True)
class _Step:
    """One document, judged."""

    name: str
    document: Document
    old: Document | None
    outcome: str
    secrets: dict[str, str] = field(repr=False)


def add_to(cli: typer.Typer, kind: Kind) -> None:
    """Give a group of commands the three that work on files."""

    def apply(file: File, dry_run: DryRun = False, json: Json = False) -> None:
        client = Client()
        folder = folder_of(file)
        outcomes = _Applying(client, kind, folder).apply(read(file), is_trial=dry_run)
        would = "would be " if dry_run else ""
        words = {"created": f"{would}created", "updated": f"{would}updated"}
        lines = [
            f"{one['name']}: {words.get(str(one['outcome']), 'unchanged')}" for one in outcomes
        ]
        show(outcomes, "\n".join(lines) or "The file is empty.", as_json=json)

    def export(names: Some = None) -> None:
        client = Client()
        found = Names(client)
        chosen = found.rows(kind.noun)
        if names:
            ids = [found.id_of(kind.noun, one) for one in names]
            chosen = [row for row in chosen if row["id"] in ids]
        show([_exported(client, kind, found, row) for row in chosen], "", as_json=True)

    def delete(names: These, if_exists: IfThere = False, json: Json = False) -> None:
        client = Client()
        found = Names(client)
        # One that is missing is said before any is gone.
        wanted = [one for one in names if not if_exists or found.find(kind.noun, one)]
        ids = [found.id_of(kind.noun, one) for one in wanted]
        for one in ids:
            client.delete(f"{kind.path}/{one}")
        words = f"{len(ids)} {kind.noun}{'' if len(ids) == 1 else 's'} deleted."
        show({"deleted": ids}, words, as_json=json)

    cli.command("apply", help=f"Make or change each {kind.noun} of a file; safe to repeat.")(apply)
    cli.command("export", help=f"Write each {kind.noun} as `apply` reads it; secrets stay here.")(
        export
    )
    cli.command("delete", help=f"Delete a {kind.noun}, or several.")(delete)


class _Applying:
    """Brings what is there to what the documents say."""

    def __init__(self, client: Client, kind: Kind, folder: Path) -> None:
        self._client = client
        self._kind = kind
        self._folder = folder
        self._names = Names(client)

    def apply(self, documents: Sequence[Document], *, is_trial: bool) -> list[Document]:
        """Judge all, then send those that differ."""
        keys = [str(one.get("id") or one.get("name")).casefold() for one in documents]
        if twins := [key for key in keys if keys.count(key) > 1]:
            raise InvalidInput(f"The {self._kind.noun} {twins[0]!r} stands in it twice.")
        steps = [
            self._judge(document, number, asks=not is_trial)
            for number, document in enumerate(documents, start=1)
        ]
        done: list[Document] = []
        for step in steps:
            key = None if step.old is None else step.old["id"]
            if step.outcome != "unchanged" and not is_trial:
                key = self._send(step, len(done), len(steps))
            done.append({"name": step.name, "id": key, "outcome": step.outcome})
        return done

    def _judge(self, document: Document, number: int, *, asks: bool) -> _Step:
        noun, name = self._kind.noun, document.get("name")
        if not isinstance(name, str) or not name.strip():
            raise InvalidInput(f"The {noun} {number} has no name.")
        try:
            return self._judged(document, name.strip(), asks=asks)
        except UnityError as error:
            raise InvalidInput(f"{noun} {name!r}: {error.detail}", fix=error.fix) from error

    def _judged(self, document: Document, name: str, *, asks: bool) -> _Step:
        row = self._names.meant(self._kind.noun, str(document.get("id") or ""), name)
        old = None if row is None else self._kind.whole(self._client, row)
        if old is None:
            # A later document may refer to this one before it has an id.
            self._names.learn(self._kind.noun, name, str(uuid.uuid4()))
        known = [] if old is None else _listed(old, "secrets_set")
        secrets = secrets_of(document, known, self._folder, asks=asks)
        wish = self._model(document, old)
        is_same = old is not None and not secrets and self._as_it_is(old) == wish
        outcome = "created" if old is None else "unchanged" if is_same else "updated"
        return _Step(name, document, old, outcome, secrets)

    def _send(self, step: _Step, done: int, total: int) -> str:
        body: Document = self._model(step.document, step.old).model_dump(mode="json")
        if step.secrets or "secrets" in body:
            body["secrets"] = {**step.secrets}
        try:
            answer = self._kind.send(self._client, step.old, body)
        except Refused as error:
            noun = self._kind.noun
            raise Refused(
                f"{noun} {step.name!r}: {error.detail}",
                fix=f"{error.fix} {done} of {total} were done before it.".strip(),
            ) from error
        if step.old is None:
            self._names.learn(self._kind.noun, step.name, str(answer["id"]))
        return str(answer["id"])

    def _model(self, document: Document, old: Document | None) -> "BaseModel":
        """Return what the document wants, over what there is."""
        kind, wish = self._kind, dict(document)
        for name in ("id", "secrets"):
            wish.pop(name, None)
        for short, name in kind.short.items():
            if short in wish:
                wish[name] = wish.pop(short)
        for noun, place in kind.references:
            wish = changed_in(wish, place, partial(self._names.id_of, noun))
        return _validated(kind, _over(_written(kind, old or {}), wish))

    def _as_it_is(self, old: Document) -> "BaseModel | None":
        try:
            return _validated(self._kind, _written(self._kind, old))
        except InvalidInput:
            return None  # what is stored cannot be read any more; so it differs


def _exported(client: Client, kind: Kind, names: Names, row: Document) -> Document:
    whole = kind.whole(client, row)
    document = _written(kind, whole)
    for noun, place in kind.references:
        document = changed_in(document, place, partial(names.name_of, noun))
    for short, name in kind.short.items():
        if name in document:
            document[short] = document.pop(name)
    if not names.is_single(kind.noun, str(row["name"])):
        document["id"] = row["id"]
    if secrets := _listed(whole, "secrets_set"):
        document["secrets"] = {name: {"ask": True} for name in secrets}
    return document


def _written(kind: Kind, row: Document) -> Document:
    """Return of what was read what can be written."""
    fields = sorted(kind.model.model_fields, key=lambda name: name != "name")
    return {name: row[name] for name in fields if name in row}


def _over(old: Document, wish: Document) -> Document:
    """Lay a wish over what there is; single settings that it does not name stay, too."""
    whole = {**old, **wish}
    settings, wanted = old.get("settings"), wish.get("settings")
    if isinstance(settings, dict) and isinstance(wanted, dict) and _is_same_form(old, wish):
        whole["settings"] = {**settings, **wanted}
    return whole


def _is_same_form(old: Document, wish: Document) -> bool:
    return all(wish.get(name, old.get(name)) == old.get(name) for name in ("service", "plugin"))


def _validated(kind: Kind, document: Document) -> "BaseModel":
    from pydantic import ValidationError  # noqa: PLC0415 - slow to load

    try:
        return kind.model.model_validate_json(codec.dumps(document))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        words = [f"{_place(one['loc'])}{_why(one['type'], one['msg'])}" for one in faults[:3]]
        raise InvalidInput("; ".join(words)) from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) + ": " if location else ""


def _why(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such field."
    return f"{message.removeprefix('Value error, ').rstrip('.')}."


def _listed(document: Document, name: str) -> list[str]:
    found = document.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []
