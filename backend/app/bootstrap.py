"""The only place that chooses adapters: builds the parts of Unity and hands them out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.kernel import crypto, folders, migrations
from app.kernel.clock import SystemClock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import StartRefused
from app.kernel.logging import get_logger
from app.services.core import vault_canary
from app.services.core.features import FLAGS
from app.services.core.platform import Platform

log = get_logger(__name__)


class Unity:
    """A built Unity: its parts, and their life while it serves."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    @asynccontextmanager
    async def running(self, *, with_jobs: bool) -> AsyncIterator[None]:
        """Keep the clock and the workers going for the length of the block."""
        try:
            yield
        finally:
            await self.platform.shells.close()
            await self.platform.database.dispose()


def database_url(settings: Settings) -> URL:
    """Return where the data lies: PostgreSQL when set, else a file in the data folder."""
    text = settings.database.url.get_secret_value()
    if not text:
        return make_url(f"sqlite:///{settings.data.resolve() / 'unity.db'}")
    url = make_url(text)
    if settings.database.password_file is not None:
        return url.set(password=_read_secret(settings.database.password_file))
    return url


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartRefused(
            f"UNITY_DATABASE__PASSWORD_FILE: {path} cannot be read: {error.strerror}."
        ) from error


async def open_database(settings: Settings) -> tuple[Database, Vault]:
    """Check the folders and the root key, migrate, and return both; `StartRefused` otherwise.

    The root key is checked before anything is written: a wrong or missing one changes nothing.
    """
    folders.prepare(settings.data)
    url = database_url(settings)
    database = Database(url, pool_size=settings.database.pool_size)
    root_key = crypto.read_root_key(settings.keys_folder)
    vault = None if root_key is None else Vault(root_key)
    canary = None
    if not database.is_sqlite or Path(url.database or "").exists():
        canary = await vault_canary.read(database)
    if canary is not None:
        vault_canary.check(vault, canary, str(settings.keys_folder))
    await migrations.upgrade(url)
    if vault is None:
        vault = Vault(crypto.create_root_key(settings.keys_folder))
        log.info("root_key_created", path=str(settings.keys_folder / crypto.ROOT_KEY_NAME))
    if canary is None:
        async with database.transaction() as session:
            await vault_canary.plant(session, vault)
    return database, vault
