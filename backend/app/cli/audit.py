"""`unity audit`: search and export through the API, the check on the database directly."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli.client import Client
from app.cli.output import Json, show, show_table
from app.kernel import config
from app.kernel.errors import InvalidInput
from app.services.core.audit_entries import AuditEntries
from app.services.core.audit_verify import Report
from app.services.core.checkpoint_form import Checkpoint, read_lines
from app.services.core.checkpoint_keys import read_public_keys, signature_check

cli = typer.Typer(help="The audit log.", no_args_is_help=True)


Text = Annotated[str, typer.Option("--text", help="Text in any part of an entry.")]
Who = Annotated[str, typer.Option("--actor", help="The exact name of who acted.")]
Action = Annotated[str, typer.Option("--action", help="Exact, or a beginning such as `user.`.")]
Result = Annotated[str, typer.Option("--result", help="done or failed.")]
Since = Annotated[str, typer.Option("--since", help="Not before: 2026-03-14T00:00:00Z.")]
Until = Annotated[str, typer.Option("--until", help="Before this time.")]


@cli.command("search")
def search(
    text: Text = "",
    actor: Who = "",
    action: Action = "",
    result: Result = "",
    since: Since = "",
    until: Until = "",
    limit: Annotated[int, typer.Option(help="How many, the newest first.")] = 30,
    json: Json = False,
) -> None:
    """Find entries of the audit log, through the API."""
    query = _query(text, actor, action, result, since, until)
    answer = Client().get("/api/audit", limit=limit, **query)
    items = answer["items"]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    columns = {
        "at": "TIME",
        "actor_name": "WHO",
        "action": "ACTION",
        "object_name": "WHAT",
        "result": "RESULT",
    }
    empty = "No entry is like that."
    if answer["next"] is not None and not rows:
        empty = f"None down to entry {answer['searched_to']}; narrow the time to search older ones."
    show_table(rows, columns, as_json=json, empty=empty)


@cli.command("export")
def export(
    text: Text = "",
    actor: Who = "",
    action: Action = "",
    result: Result = "",
    since: Since = "",
    until: Until = "",
    form: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
) -> None:
    """Write the matching entries to standard output, the oldest first; this is recorded, too."""
    query = _query(text, actor, action, result, since, until)
    for piece in Client().stream("/api/audit/export", format=form, **query):
        sys.stdout.write(piece)


def _query(
    text: str, actor: str, action: str, result: str, since: str, until: str
) -> dict[str, str]:
    given = {
        "q": text,
        "actor": actor,
        "action": action,
        "result": result,
        "since": since,
        "until": until,
    }
    return {name: value for name, value in given.items() if value}


@cli.command("verify")
def verify(
    noted: Annotated[
        str, typer.Option(help="SEQ:HASH of an earlier check, kept in another place.")
    ] = "",
    checkpoints: Annotated[
        Path | None, typer.Option(help="A file of checkpoints that was kept in another place.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="The public key that signed them, as PEM or base64.")
    ] = None,
    json: Json = False,
) -> None:
    """Check that no entry was changed, deleted or moved; no server is needed.

    Note the last hash somewhere else and give it next time: only so can entries that were cut off
    the end, or a whole chain computed anew, be noticed.
    """
    signed, wrong = _checkpoints(checkpoints, public_key)
    report = asyncio.run(_verify(_parse(noted), signed))
    document = {
        "is_intact": report.is_intact,
        "entries": report.entries,
        "last_seq": report.last_seq,
        "last_hash": report.last_hash,
        "faults": [{"seq": fault.seq, "problem": fault.problem} for fault in report.faults],
        "checkpoints": len(signed),
        "wrong_checkpoints": wrong,
    }
    words = [_words(report)]
    if checkpoints is not None:
        words += [f"{len(signed)} signed checkpoints were compared.", *wrong]
    show(document, "\n".join(words), as_json=json)
    if not report.is_intact or wrong:
        raise typer.Exit(2)


def _checkpoints(
    file: Path | None, public_key: Path | None
) -> tuple[Sequence[Checkpoint], Sequence[str]]:
    if file is None and public_key is None:
        return (), ()
    if file is None or public_key is None:
        raise InvalidInput(
            "--checkpoints and --public-key belong together.",
            fix="The public key is on the page Audit; keep a copy of it elsewhere.",
        )
    try:
        keys = read_public_keys(public_key.read_text())
        lines = file.read_text(errors="replace").splitlines()
    except OSError as error:
        raise InvalidInput(f"{error.filename} cannot be read: {error.strerror}.") from error
    found, wrong = read_lines(lines, signature_check(keys))
    if not found and not wrong:
        wrong = ["There is no checkpoint in the file."]
    return found, wrong


async def _verify(noted: tuple[int, str] | None, checkpoints: Sequence[Checkpoint]) -> Report:
    database, _vault = await bootstrap.open_database(config.load())
    try:
        async with database.snapshot() as session:
            return await AuditEntries(session).verify(noted=noted, checkpoints=checkpoints)
    finally:
        await database.dispose()


def _parse(noted: str) -> tuple[int, str] | None:
    if not noted:
        return None
    seq, _, digest = noted.partition(":")
    if not seq.isdecimal() or len(digest) != 64:  # noqa: PLR2004 - SHA-256 in hexadecimal
        raise InvalidInput(
            "--noted is not SEQ:HASH.", fix="Copy it from the output of an earlier check."
        )
    return int(seq), digest.lower()


def _words(report: Report) -> str:
    if report.is_intact:
        return (
            f"The audit log is whole: {report.entries} entries.\n"
            f"Note this elsewhere for the next check: {report.last_seq}:{report.last_hash}"
        )
    lines = [f"The audit log was tampered with ({report.entries} entries read):"]
    lines += [f"  entry {fault.seq}: {fault.problem}" for fault in report.faults]
    return "\n".join(lines)
