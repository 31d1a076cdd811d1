"""Passwords that one job needs once: sealed in a row, since job arguments are readable."""

import uuid
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.errors import Conflict
from app.kernel.ids import uuid7
from app.models.credentials.one_time_secret import OneTimeSecret

LIFETIME = timedelta(minutes=15)


class OneTimeSecretGone(Conflict):
    """The password was used, or nobody used it in time."""


class OneTimeSecrets:
    """Keeps them for at most a quarter of an hour."""

    def __init__(self, session: AsyncSession, clock: Clock, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault

    async def put(self, value: str, purpose: str) -> uuid.UUID:
        """Seal a value; return the id that may stand in job arguments."""
        await self.sweep()
        identifier = uuid7()
        now = self._clock.now()
        self._session.add(
            OneTimeSecret(
                id=identifier,
                purpose=purpose,
                secret=self._vault.seal(value, Ref("one_time_secret", identifier, "secret")),
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        await self._session.flush()
        return identifier

    async def open(self, identifier: uuid.UUID, purpose: str) -> str:
        """Open a value; it stays until `forget`, so that a job started again finds it."""
        row = await self._session.get(OneTimeSecret, identifier)
        if row is None or row.purpose != purpose or row.expires_at <= self._clock.now():
            raise OneTimeSecretGone(
                "The one-time password is not kept any more.", fix="Start again and enter it."
            )
        return self._vault.open(row.secret, Ref("one_time_secret", identifier, "secret"), purpose)

    async def forget(self, identifier: uuid.UUID) -> None:
        """Delete a value after its use."""
        await self._session.execute(delete(OneTimeSecret).where(OneTimeSecret.id == identifier))

    async def sweep(self) -> None:
        """Delete what nobody used in time."""
        await self._session.execute(
            delete(OneTimeSecret).where(OneTimeSecret.expires_at <= self._clock.now())
        )
