"""`unity doctor`: checks this Unity's own set-up, and says how to mend what is wrong."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from app import __version__, bootstrap
from app.cli.client import SOCKET_NAME
from app.cli.output import Json, console, show
from app.kernel import config, crypto, migrations
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import StartRefused
from app.routers.web import BUILD
from app.services.core import vault_canary

LOW_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    check: str
    is_ok: bool
    says: str
    fix: str = ""


def doctor(json: Json = False) -> None:
    """Check the settings, the data, the key, the database and the web interface."""
    findings = _examine()
    if json:
        show([asdict(finding) for finding in findings], "", as_json=True)
    else:
        for finding in findings:
            mark = "[green]ok   [/]" if finding.is_ok else "[bold red]wrong[/]"
            console.print(f"{mark} {finding.check}: ", end="")
            console.print(finding.says, markup=False)
            if finding.fix:
                console.print(f"      → {finding.fix}", markup=False)
    if not all(finding.is_ok for finding in findings):
        sys.exit(1)


def _examine() -> list[Finding]:
    try:
        settings = config.load()
    except StartRefused as refusal:
        return [Finding("settings", is_ok=False, says=str(refusal), fix="See `unity settings`.")]
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("data folder", _data),
        ("root key", _key),
        ("database", _database),
        ("server", _server),
        ("web interface", _web),
    )
    findings = [Finding("settings", is_ok=True, says=f"read, Unity {__version__}")]
    for name, check in checks:
        try:
            findings.append(check(settings))
        except StartRefused as refusal:
            findings.append(Finding(name, is_ok=False, says=str(refusal)))
    return findings


def _data(settings: Settings) -> Finding:
    folder = settings.data.resolve()
    if not folder.is_dir():
        return Finding("data folder", is_ok=True, says=f"{folder} is made at the first start")
    free = shutil.disk_usage(folder).free
    if free < LOW_BYTES:
        says = f"{folder} has {free // 2**20} MiB left"
        return Finding("data folder", is_ok=False, says=says, fix="Make room on that disk.")
    return Finding("data folder", is_ok=True, says=f"{folder}, {free // 2**30} GiB free")


def _key(settings: Settings) -> Finding:
    folder = settings.keys_folder.resolve()
    key = crypto.read_root_key(folder)
    if key is None:
        return Finding("root key", is_ok=True, says=f"made in {folder} at the first start")
    if folder.is_relative_to(settings.data.resolve()):
        says = f"{folder} is inside of the data folder: a copy of the data is a copy of the key"
        return Finding("root key", is_ok=True, says=f"{says}; UNITY_KEYS moves it")
    return Finding("root key", is_ok=True, says=str(folder))


def _database(settings: Settings) -> Finding:
    url = bootstrap.database_url(settings)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Finding("database", is_ok=True, says="SQLite, made at the first start")
    revision, head = migrations.current_revision(url), migrations.head_revision()
    if revision not in migrations.known_revisions() | {None}:
        says = f"its schema {revision} is of a newer Unity"
        return Finding("database", is_ok=False, says=says, fix="Install that version again.")
    try:
        asyncio.run(_check_canary(settings))
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        return Finding("database", is_ok=False, says=reason, fix="See UNITY_DATABASE__URL.")
    state = "up to date" if revision == head else f"{revision}, {head} comes with the next start"
    return Finding("database", is_ok=True, says=f"{url.get_backend_name()}, {state}")


async def _check_canary(settings: Settings) -> None:
    database = Database(bootstrap.database_url(settings))
    try:
        canary = await vault_canary.read(database)
    finally:
        await database.dispose()
    key = crypto.read_root_key(settings.keys_folder)
    if canary is not None:
        vault = None if key is None else Vault(key)
        vault_canary.check(vault, canary, str(settings.keys_folder))


def _server(settings: Settings) -> Finding:
    path = settings.data / SOCKET_NAME
    transport = httpx2.HTTPTransport(uds=str(path))
    try:
        with httpx2.Client(transport=transport, base_url="http://unity", timeout=5) as client:
            answer = client.get("/readyz")
    except httpx2.TransportError:
        return Finding("server", is_ok=True, says="not running here (`unity serve` starts it)")
    if answer.is_error:
        says = f"it answers {answer.status_code}"
        return Finding("server", is_ok=False, says=says, fix="See its log.")
    return Finding("server", is_ok=True, says=f"running, {settings.server.listen}")


def _web(_settings: Settings) -> Finding:
    if not (BUILD / "index.html").is_file():
        return Finding("web interface", is_ok=False, says="not built", fix="Run `make frontend`.")
    return Finding("web interface", is_ok=True, says="built")
