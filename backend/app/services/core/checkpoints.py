"""Checkpoints: signed now and then, kept in a table, and brought to places out of Unity's reach.

Who controls this machine can compute the whole chain anew, and sign it. What was sent out before
cannot be called back, so that the new chain disagrees with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from app.kernel.clock import Clock
from app.kernel.config import AuditPart
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.models.core.audit_checkpoint import AuditCheckpoint, AuditSigningKey
from app.models.core.audit_entry import AuditEntry
from app.models.core.audit_sink import AuditSink, CheckpointDelivery, CheckpointState
from app.ports.checkpoint_sink import CheckpointSinks, SinkAddress, SinkFailed
from app.services.core.checkpoint_form import Checkpoint
from app.services.core.checkpoint_keys import SigningKeys

MOST_ATTEMPTS = 30  # with the pauses below, more than a day
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round has done."""

    signed: int
    sent: int
    failed: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Due:
    delivery: CheckpointDelivery
    address: SinkAddress
    line: str


class Checkpointer:
    """Signs when it is time, then brings what waits to its places."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        vault: Vault,
        sinks: CheckpointSinks,
        settings: AuditPart,
    ) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._sinks = sinks
        self._settings = settings

    async def run(self, *, at_once: bool = False) -> Outcome:
        """Do one round."""
        async with self._database.transaction() as session:
            fault = await disagreement(session)
            signed = 0 if fault else await self._sign(session, at_once=at_once)
        sent, failed = await self._deliver()
        return Outcome(signed, sent, failed, fault)

    async def _sign(self, session: Session, *, at_once: bool) -> int:
        last = await newest(session)
        entry = (
            await session.execute(
                select(AuditEntry.seq, AuditEntry.h).order_by(AuditEntry.seq.desc()).limit(1)
            )
        ).one_or_none()
        if entry is None or (last is not None and entry.seq <= last.seq):
            return 0
        now = self._clock.now()
        is_full = entry.seq - (last.seq if last else 0) >= self._settings.checkpoint_entries
        pause = timedelta(seconds=self._settings.checkpoint_seconds)
        is_time = last is None or now - last.at >= pause
        if not (is_full or is_time or at_once):
            return 0
        count = await session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        keys = SigningKeys(session, self._clock, self._vault)
        key = await keys.current()
        unsigned = Checkpoint(entry.seq, entry.h, count, now.isoformat(), key.name)
        row = AuditCheckpoint(
            seq=entry.seq,
            h=entry.h,
            count=count,
            at=now,
            key_id=key.id,
            signature=keys.sign(key, unsigned.signed_text()),
        )
        session.add(row)
        await session.flush()
        enabled = await session.scalars(select(AuditSink.id).where(AuditSink.is_enabled.is_(True)))
        session.add_all(
            CheckpointDelivery(sink_id=sink_id, checkpoint_id=row.id, next_try_at=now)
            for sink_id in enabled
        )
        return 1

    async def _deliver(self) -> tuple[int, int]:
        sent = failed = 0
        for due in await self._due():
            try:
                await self._sinks.send(due.address, due.line)
            except SinkFailed as error:
                await self._note(due.delivery, str(error))
                failed += 1
            else:
                await self._note(due.delivery, "")
                sent += 1
        return sent, failed

    async def _due(self) -> Sequence[_Due]:
        statement = (
            select(CheckpointDelivery, AuditSink, AuditCheckpoint)
            .join(AuditSink, AuditSink.id == CheckpointDelivery.sink_id)
            .join(AuditCheckpoint, AuditCheckpoint.id == CheckpointDelivery.checkpoint_id)
            .where(
                CheckpointDelivery.state == CheckpointState.WAITING,
                CheckpointDelivery.next_try_at <= self._clock.now(),
                AuditSink.is_enabled.is_(True),
            )
            .order_by(AuditCheckpoint.seq)
            .limit(_AT_ONCE)
        )
        async with self._database.snapshot() as session:
            names = await key_names(session)
            return [
                _Due(delivery, SinkAddress(sink.kind, sink.target), form(row, names).line())
                for delivery, sink, row in await session.execute(statement)
            ]

    async def _note(self, delivery: CheckpointDelivery, error: str) -> None:
        now, attempts = self._clock.now(), delivery.attempts + 1
        values: dict[str, object] = {"attempts": attempts, "error": error[:500]}
        if not error:
            values |= {"state": CheckpointState.SENT, "sent_at": now}
        elif attempts >= MOST_ATTEMPTS:
            values["state"] = CheckpointState.GIVEN_UP
        else:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 10))
            values["next_try_at"] = now + pause
        async with self._database.transaction() as session:
            await session.execute(
                update(CheckpointDelivery)
                .where(CheckpointDelivery.id == delivery.id)
                .values(**values)
            )


async def newest(session: Session) -> AuditCheckpoint | None:
    """Return the last checkpoint."""
    return await session.scalar(
        select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)
    )


async def key_names(session: Session) -> dict[object, str]:
    """Return the names of all signing keys by their ids."""
    rows = await session.execute(select(AuditSigningKey.id, AuditSigningKey.name))
    return {row.id: row.name for row in rows}


def form(row: AuditCheckpoint, names: dict[object, str]) -> Checkpoint:
    """Return a stored checkpoint in the form that is signed and sent."""
    at, key = row.at.isoformat(), names[row.key_id]
    return Checkpoint(row.seq, row.h, row.count, at, key, row.signature)


async def disagreement(session: Session) -> str:
    """Tell why the chain is not the one that the last checkpoint attests; empty: it is.

    A chain that was changed must not get a new signature.
    """
    last = await newest(session)
    if last is None:
        return ""
    now = await session.scalar(select(AuditEntry.h).where(AuditEntry.seq == last.seq))
    if now is None:
        return f"Entry {last.seq} of the audit log is gone; a checkpoint attests it."
    if now != last.h:
        return f"Entry {last.seq} of the audit log is not the one that a checkpoint attests."
    return ""
