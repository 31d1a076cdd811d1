"""The audit log: an entry is written in the transaction of the change that it tells of.

Without the entry there is no change, and without the change no entry. Entries form a hash chain;
appending is serialised, since two appenders that read the same last entry would fork it.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import context
from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.kernel.logging import is_secret_name
from app.kernel.narrowing import whole
from app.models.core.audit_entry import AuditEntry
from app.services.core.audit_chain import FIRST_PREV, canonical, link, result_of
from app.services.core.permissions import Actor

KEY_INFO = b"audit"  # Vault.subkey(KEY_INFO) is the key of the digests
_PG_LOCK = 0x756E6974795F6175  # "unity_au", the place in PostgreSQL's advisory locks
_NAME_LENGTH = 255


class AuditLog:
    """Appends to the chain, in the caller's transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, key: bytes) -> None:
        self._session = session
        self._clock = clock
        self._key = key

    async def record(  # noqa: PLR0913 - an entry has that many parts, all named at the call
        self,
        actor: Actor,
        action: str,
        *,
        kind: str,
        object_id: uuid.UUID | None,
        name: str,
        details: Mapping[str, JsonValue] | None = None,
        resource_id: uuid.UUID | None = None,
        reason: str = "",
    ) -> None:
        """Append one entry; `action` is `noun.verb_in_past`, as in `server.created`.

        Call it last in a transaction: the chain stays locked until the commit. Values of fields
        whose name says secret are stored as an HMAC, which tells only whether two are equal.
        """
        await self._lock()
        now = self._clock.now()
        entry: dict[str, JsonValue] = {
            "at": now.isoformat(),
            "actor": {
                "kind": actor.kind.value,
                "name": actor.name,
                "user_id": _text(actor.user_id),
                "token_id": _text(actor.token_id),
                "address": actor.address,
            },
            "action": action,
            "object": {"kind": kind, "id": _text(object_id), "name": name[:_NAME_LENGTH]},
            "resource_id": _text(resource_id),
            "request_id": context.request_id.get(),
            "job_run_id": context.job_run_id.get(),
            "details": self._without_secrets(details or {}),
            "reason": reason,
        }
        seq, prev = await self._last()
        self._session.add(
            AuditEntry(
                seq=seq + 1,
                prev=prev,
                h=link(seq + 1, prev, entry),
                entry=canonical(entry),
                at=now,
                actor_kind=actor.kind.value,
                actor_name=actor.name,
                actor_id=actor.user_id,
                action=action,
                result=result_of(action),
                object_kind=kind,
                object_id=object_id,
                object_name=name[:_NAME_LENGTH],
                resource_id=resource_id,
                request_id=context.request_id.get(),
            )
        )
        await self._session.flush()

    def digest(self, value: str | bytes) -> str:
        """Return what stands in the log for a secret value."""
        data = value.encode() if isinstance(value, str) else value
        return "hmac-sha256:" + hmac.new(self._key, data, hashlib.sha256).hexdigest()

    async def _lock(self) -> None:
        """Queue the appenders. SQLite's writing sessions began with BEGIN IMMEDIATE already."""
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(select(func.pg_advisory_xact_lock(_PG_LOCK)))

    async def _last(self) -> tuple[int, str]:
        statement = select(AuditEntry.seq, AuditEntry.h).order_by(AuditEntry.seq.desc()).limit(1)
        # The chain is one for all, whatever the actor may see of it.
        row = (await self._session.execute(whole(statement))).one_or_none()
        return (0, FIRST_PREV) if row is None else (row.seq, row.h)

    def _without_secrets(self, details: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        return {name: self._clean(name, value) for name, value in details.items()}

    def _clean(self, name: str, value: JsonValue) -> JsonValue:
        if is_secret_name(name) and value is not None and not isinstance(value, bool):
            return self.digest(value if isinstance(value, str) else canonical(value))
        if isinstance(value, dict):
            return self._without_secrets(value)
        if isinstance(value, list):
            return [self._clean("", item) for item in value]
        return value


def _text(identifier: uuid.UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
