"""`unity audit verify`: the check of the hash chain, on the database directly."""

import asyncio
from typing import Annotated

import typer

from app import bootstrap
from app.cli.output import Json, show
from app.kernel import config
from app.kernel.errors import InvalidInput
from app.services.core.audit_entries import AuditEntries
from app.services.core.audit_verify import Report

cli = typer.Typer(help="The audit log.", no_args_is_help=True)


@cli.callback()
def _root() -> None:
    """Keep `verify` a command of its own."""


@cli.command("verify")
def verify(
    noted: Annotated[
        str, typer.Option(help="SEQ:HASH of an earlier check, kept in another place.")
    ] = "",
    json: Json = False,
) -> None:
    """Check that no entry was changed, deleted or moved; no server is needed.

    Note the last hash somewhere else and give it next time: only so can entries that were cut off
    the end, or a whole chain computed anew, be noticed.
    """
    report = asyncio.run(_verify(_parse(noted)))
    document = {
        "is_intact": report.is_intact,
        "entries": report.entries,
        "last_seq": report.last_seq,
        "last_hash": report.last_hash,
        "faults": [{"seq": fault.seq, "problem": fault.problem} for fault in report.faults],
    }
    show(document, _words(report), as_json=json)
    if not report.is_intact:
        raise typer.Exit(2)


async def _verify(noted: tuple[int, str] | None) -> Report:
    database, _vault = await bootstrap.open_database(config.load())
    try:
        async with database.snapshot() as session:
            return await AuditEntries(session).verify(noted=noted)
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
