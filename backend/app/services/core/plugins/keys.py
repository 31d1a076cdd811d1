"""Keys of external programs: made for one instance, shown once, good until a day."""

import hashlib
import hmac
import re
import secrets
import string
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.ids import uuid7
from app.models.core.plugin_instance import PluginInstance
from app.models.core.plugin_key import PluginKey
from app.schemas.core.plugin_push import KeyCreate, KeyCreated, KeyRead
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.plugins.described import PUSH
from app.services.core.plugins.errors import (
    PluginInstanceNotFound,
    PluginKeyNotFound,
    PluginKeyRefused,
    PluginNotReady,
    TooManyPluginKeys,
)

MOST_KEYS = 20
_KEY = re.compile(r"unitypush_([0-9A-Za-z]{12})_([0-9A-Za-z_-]{43})")
_ALPHABET = string.ascii_letters + string.digits
_NOTE_AFTER = timedelta(minutes=1)


class PluginKeys:
    """Makes, lists and revokes the keys of an instance, in the caller's transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog, pepper: bytes) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._pepper = pepper

    async def create(self, actor: Actor, instance_id: uuid.UUID, wish: KeyCreate) -> KeyCreated:
        """Make a key; its text is never shown again."""
        instance = await self._instance(instance_id)
        count = await self._session.scalar(
            select(func.count()).select_from(PluginKey).where(PluginKey.instance_id == instance_id)
        )
        if (count or 0) >= MOST_KEYS:
            raise TooManyPluginKeys(
                f"{instance.name} has {MOST_KEYS} keys already.", fix="Revoke one first."
            )
        public_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        text = f"unitypush_{public_id}_{secrets.token_urlsafe(32)}"
        now = self._clock.now()
        row = PluginKey(
            id=uuid7(),
            instance_id=instance_id,
            name=wish.name,
            public_id=public_id,
            secret_hmac=_hmac(self._pepper, text),
            created_at=now,
            expires_at=now + timedelta(days=wish.expires_in_days),
        )
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, "plugin_key.created", instance, row)
        return KeyCreated(**dict(KeyRead.model_validate(row)), text=text)

    async def list(self, instance_id: uuid.UUID) -> Sequence[KeyRead]:
        """Return the keys of an instance, the newest first."""
        await self._instance(instance_id)
        rows = await self._session.scalars(
            select(PluginKey)
            .where(PluginKey.instance_id == instance_id)
            .order_by(PluginKey.created_at.desc(), PluginKey.id)
        )
        return [KeyRead.model_validate(row) for row in rows]

    async def revoke(self, actor: Actor, instance_id: uuid.UUID, key_id: uuid.UUID) -> None:
        """Delete a key; it is refused from the next push on."""
        instance = await self._instance(instance_id)
        row = await self._session.get(PluginKey, key_id)
        if row is None or row.instance_id != instance_id:
            raise PluginKeyNotFound("The instance has no key with this id.")
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "plugin_key.revoked", instance, row)

    async def _instance(self, instance_id: uuid.UUID) -> PluginInstance:
        row = await self._session.get(PluginInstance, instance_id)
        if row is None:
            raise PluginInstanceNotFound("There is no instance with this id.")
        if row.plugin != PUSH:
            raise PluginNotReady(
                f"{row.name} runs by itself: nothing is pushed to it.",
                fix="Make an instance of the plugin External program.",
            )
        return row

    async def _record(
        self, actor: Actor, action: str, instance: PluginInstance, row: PluginKey
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="plugin_key",
            object_id=row.id,
            name=row.name,
            resource_id=instance.id,
            details={"public_id": row.public_id, "expires_at": row.expires_at.isoformat()},
        )


class PushingKeys:
    """Opens the key of a push."""

    def __init__(self, session: AsyncSession, clock: Clock, pepper: bytes) -> None:
        self._session = session
        self._clock = clock
        self._pepper = pepper

    async def open(self, text: str) -> PluginKey:
        """Return the key that counts now, or raise; what is wrong with it is not told."""
        match = _KEY.fullmatch(text)
        row = None
        if match is not None:
            row = await self._session.scalar(
                select(PluginKey).where(PluginKey.public_id == match[1])
            )
        # Compared in any case, so that the time does not tell whether the id exists.
        known = "" if row is None else row.secret_hmac
        is_right = hmac.compare_digest(known, _hmac(self._pepper, text))
        now = self._clock.now()
        if row is None or not is_right or row.expires_at <= now:
            raise PluginKeyRefused(
                "The key is unknown, revoked or expired.",
                fix="Make a new key on the page of the instance.",
            )
        if row.last_used_at is None or now - row.last_used_at > _NOTE_AFTER:
            row.last_used_at = now
        return row


def _hmac(pepper: bytes, text: str) -> str:
    return hmac.new(pepper, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
