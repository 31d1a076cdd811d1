"""The start-up check of the root key: wrong or missing over existing data means no start."""

import uuid

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.crypto import CannotOpen, Ref, Sealed, Vault
from app.kernel.database import Database
from app.kernel.errors import StartRefused
from app.models.core.vault_canary import VaultCanary

ROW = uuid.UUID("00000000-0000-7000-8000-000000000001")
TEXT = "Unity can open its secrets."


def _ref() -> Ref:
    return Ref(VaultCanary.__tablename__, ROW, "sealed")


async def read(database: Database) -> Sealed | None:
    """Return the canary; None for a database that has none yet. Changes nothing."""
    async with database.read_engine.connect() as connection:
        has_table = await connection.run_sync(
            lambda sync: inspect(sync).has_table(VaultCanary.__tablename__)
        )
    if not has_table:
        return None
    async with database.snapshot() as session:
        return await session.scalar(select(VaultCanary.sealed).where(VaultCanary.id == ROW))


def check(vault: Vault | None, canary: Sealed, where: str) -> None:
    """Refuse the start unless this root key opens the canary."""
    if vault is None:
        raise StartRefused(
            f"The database holds secrets, but there is no root key in {where};"
            " put the one from your backup there. Nothing was changed."
        )
    try:
        open_canary(vault, canary, "check the root key at start")
    except CannotOpen:
        raise StartRefused(
            f"The root key in {where} is not the one that this database was sealed with;"
            " put the right one there. Nothing was changed."
        ) from None


def open_canary(vault: Vault, canary: Sealed, purpose: str) -> None:
    """Open the canary, or raise `CannotOpen`."""
    vault.open(canary, _ref(), purpose)


async def plant(session: AsyncSession, vault: Vault) -> None:
    """Write the canary of a new database."""
    session.add(VaultCanary(id=ROW, sealed=vault.seal(TEXT, _ref())))
