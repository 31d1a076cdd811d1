"""`unity backup`: save, check and restore Unity itself, on the database directly."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli.client import Client
from app.cli.output import Json, show, show_table
from app.kernel import config, folders
from app.kernel.clock import SystemClock
from app.kernel.errors import InvalidInput
from app.services.core.backup import archive, dump
from app.services.core.backup import drill as drilling
from app.services.core.backup import restore as restoring
from app.services.core.backup.archive import Verified
from app.services.core.backup.drill import DrillReport
from app.services.core.backup.dump import Wish

cli = typer.Typer(
    help="Save, check and restore Unity itself, key included, under a passphrase.",
    no_args_is_help=True,
)
LEAST_PASSPHRASE = 12

PassphraseFile = Annotated[
    str, typer.Option(help="Read the passphrase from this file; - is standard input.")
]


@cli.command("create")
def create(
    target: Annotated[Path, typer.Argument(help="The file to write: unity.unitybackup.")],
    passphrase_file: PassphraseFile = "",
    without_key: Annotated[
        bool,
        typer.Option("--without-key", help="Leave key material and configuration out, to share."),
    ] = False,
    json: Json = False,
) -> None:
    """Save all of one moment in an encrypted archive; the server may go on running."""
    settings = config.load()
    if not target.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {target.absolute().parent}.", fix="Make it first.")
    passphrase = _passphrase(passphrase_file, is_new=True)
    written = dump.create(
        bootstrap.machine(settings),
        target,
        Wish(passphrase, with_key=not without_key),
        SystemClock(),
    )
    words = (
        "WITHOUT its root key: it is safe to share, but it restores only where that key is."
        if without_key
        else "with its root key. Only the passphrase opens it: keep that in another place."
    )
    show(
        {
            "file": str(target),
            "bytes": written.size,
            "sha256": written.sha256,
            "rows": written.manifest.rows,
            "kind": written.manifest.kind,
        },
        f"Saved {written.manifest.rows} rows to {target}, {words}",
        as_json=json,
    )


@cli.command("verify")
def verify(
    source: Annotated[Path, typer.Argument(help="The archive to check.")],
    passphrase_file: PassphraseFile = "",
    json: Json = False,
) -> None:
    """Check every byte and row of an archive, and that its key opens its secrets."""
    verified = archive.verify(source, _passphrase(passphrase_file))
    show(_document(verified), _words(verified), as_json=json)


@cli.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The archive to restore.")],
    passphrase_file: PassphraseFile = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of data that is there; it is kept aside."),
    ] = False,
    json: Json = False,
) -> None:
    """Put an archive back; Unity must not be running."""
    settings = config.load()
    folders.prepare(settings.data)
    passphrase = _passphrase(passphrase_file)
    with folders.hold(settings.data):
        restored = restoring.restore(
            bootstrap.machine(settings), source, passphrase, SystemClock(), replaces=replace
        )
    aside = "".join(f"\nThe old is kept as {place}." for place in restored.kept_aside)
    show(
        {
            "rows": restored.rows,
            "version": restored.verified.header.version,
            "tables": {name: entry.model_dump() for name, entry in restored.tables.items()},
            "kept_aside": restored.kept_aside,
        },
        f"Restored {restored.rows} rows, each table with the hash it was saved with.{aside}"
        "\nStart Unity now.",
        as_json=json,
    )


@cli.command("drill")
def drill(
    source: Annotated[
        Path | None, typer.Argument(help="An archive; left out: the newest of each destination.")
    ] = None,
    passphrase_file: PassphraseFile = "",
    json: Json = False,
) -> None:
    """Restore into a scratch place, decrypt a secret there, count the rows, and tell.

    Without a file, the running Unity does it with the newest archive of each destination.
    """
    if source is None:
        _drill_destinations(json=json)
        return
    settings = config.load()
    folders.prepare(settings.data)
    report = drilling.drill(source, _passphrase(passphrase_file), settings.data)
    document = {
        "is_green": report.is_green,
        "reason": report.reason,
        "rows": report.rows,
        "tables": report.tables,
    }
    show(document, _told(report), as_json=json)
    if not report.is_green:
        raise typer.Exit(2)


@cli.command("list")
def list_backups(
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 30, json: Json = False
) -> None:
    """List the backups that the running Unity has made."""
    items = Client().get("/api/backups", per_page=limit)["items"]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    columns = {
        "state": "STATE",
        "started_at": "STARTED",
        "destination_name": "DESTINATION",
        "size_bytes": "BYTES",
        "verified_at": "VERIFIED",
        "file_name": "FILE",
        "error": "",
    }
    show_table(rows, columns, as_json=json, empty="No backup was made yet.")


def _drill_destinations(*, json: bool) -> None:
    client = Client()
    started = client.post("/api/backups/drills", {"destination_id": None})
    run = client.wait(str(started["id"]))
    show(run, f"Restore drill: {run['state']}. {run.get('error') or ''}".strip(), as_json=json)
    if run["state"] != "succeeded":
        raise typer.Exit(2)


def _told(report: DrillReport) -> str:
    lines = [
        f"  {'passed' if check.has_passed else 'FAILED'}  {check.name}. {check.detail}".rstrip()
        for check in report.checks
    ]
    verdict = (
        f"Green: {report.rows} rows in {report.tables} tables can be restored."
        if report.is_green
        else "Red: this archive cannot be relied on."
    )
    return "\n".join([*lines, verdict])


def _document(verified: Verified) -> dict[str, object]:
    return {
        "rows": verified.manifest.rows,
        "kind": verified.manifest.kind,
        "version": verified.header.version,
        "revision": verified.header.revision,
        "created_at": verified.header.created_at,
        "tables": {name: one.model_dump() for name, one in verified.manifest.tables.items()},
    }


def _words(verified: Verified) -> str:
    header = verified.header
    key = (
        "Its root key opens its secrets."
        if header.has_key
        else "It was made WITHOUT its root key: it restores only where that key is."
    )
    return (
        f"Whole: {verified.manifest.rows} rows in {len(verified.manifest.tables)} tables, made by"
        f" Unity {header.version} at {header.created_at}. {key}"
    )


def _passphrase(file: str, *, is_new: bool = False) -> str:
    """Read it from a file, standard input or the terminal; never from the command line."""
    if file:
        text = sys.stdin.readline() if file == "-" else _first_line(Path(file))
        passphrase = text.rstrip("\r\n")
    elif sys.stdin.isatty():
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new)
    else:
        raise InvalidInput(
            "There is no terminal to type the passphrase in.",
            fix="Use --passphrase-file FILE, or - for standard input.",
        )
    if is_new and len(passphrase) < LEAST_PASSPHRASE:
        raise InvalidInput(
            f"The passphrase has fewer than {LEAST_PASSPHRASE} characters.",
            fix="Take several words; whoever finds the archive has all the time to guess.",
        )
    return passphrase


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The passphrase file {path} cannot be read: {error}.") from error
