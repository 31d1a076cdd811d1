"""`unity backup`: save and restore Unity itself, on the database directly."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli.output import Json, show
from app.kernel import config, crypto, folders
from app.kernel.clock import SystemClock
from app.kernel.crypto import Vault
from app.kernel.errors import InvalidInput, StartRefused
from app.services.core.backup import archive, dump
from app.services.core.backup import restore as restoring

cli = typer.Typer(help="Save and restore Unity's own data. The root key is kept apart.")


def _vault(settings: config.Settings) -> Vault:
    key = crypto.read_root_key(settings.keys_folder)
    if key is None:
        raise StartRefused(
            f"There is no root key in {settings.keys_folder}; set UNITY_KEYS to its folder."
        )
    return Vault(key)


@cli.command("create")
def create(
    target: Annotated[Path, typer.Argument(help="The file to write, such as unity.tar.gz.")],
    key_to: Annotated[
        Path | None, typer.Option(help="Also copy the root key to this file; keep it elsewhere.")
    ] = None,
    json: Json = False,
) -> None:
    """Save all data in one consistent archive; the server may go on running."""
    settings = config.load()
    vault = _vault(settings)
    if not target.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {target.absolute().parent}.", fix="Make it first.")
    if key_to is not None and key_to.exists():
        raise dump.BackupExists(
            f"{key_to} exists already; no key is overwritten, and nothing was saved.",
            fix="Choose another name.",
        )
    manifest = dump.create(
        bootstrap.database_url(settings), target, vault.kek_id.hex(), SystemClock()
    )
    if key_to is not None:
        key_to.touch(mode=0o600, exist_ok=False)
        shutil.copyfile(settings.keys_folder / crypto.ROOT_KEY_NAME, key_to)
    show(
        {"file": str(target), "bytes": target.stat().st_size, "rows": manifest.rows},
        f"Saved {manifest.rows} rows to {target}. The root key is not in it: keep a copy of"
        f" {settings.keys_folder / crypto.ROOT_KEY_NAME} in another place.",
        as_json=json,
    )


@cli.command("verify")
def verify(
    source: Annotated[Path, typer.Argument(help="The archive to check.")], json: Json = False
) -> None:
    """Check that an archive is whole; nothing is restored."""
    manifest = archive.read(source)
    show(
        {"rows": manifest.rows, "version": manifest.version, "created_at": manifest.created_at},
        f"Whole: {manifest.rows} rows, made by Unity {manifest.version} at {manifest.created_at}.",
        as_json=json,
    )


@cli.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="The archive to restore.")], json: Json = False
) -> None:
    """Fill an empty database from an archive; Unity must not be running."""
    settings = config.load()
    folders.prepare(settings.data)
    with folders.hold(settings.data):
        manifest = restoring.restore(bootstrap.database_url(settings), source, _vault(settings))
    show(
        {"rows": manifest.rows, "version": manifest.version},
        f"Restored {manifest.rows} rows. Start Unity now.",
        as_json=json,
    )
