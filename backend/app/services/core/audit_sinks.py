"""The places that keep checkpoints, and how their deliveries stand."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, select, update

from app.kernel.addresses import web_parts
from app.kernel.clock import Clock
from app.kernel.config import AuditPart
from app.kernel.database import Session
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound
from app.models.core.audit_checkpoint import AuditCheckpoint, AuditSigningKey
from app.models.core.audit_entry import AuditEntry
from app.models.core.audit_sink import AuditSink, CheckpointDelivery, CheckpointState, SinkKind
from app.ports.checkpoint_sink import SinkAddress
from app.schemas.core.checkpoint import (
    CheckpointRead,
    CheckpointStatus,
    SigningKeyRead,
    SinkRead,
    SinkWrite,
)
from app.services.core.audit import AuditLog
from app.services.core.checkpoints import form, key_names, newest
from app.services.core.events import SettingsChanged
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor

_SHOWN = 50


class SinkNotFound(NotFound):
    """No place has this id."""

    title = "There is no such place"


class SinkNameTaken(Conflict):
    """Another place has this name."""

    title = "The name is taken"


class SinkTargetNotValid(InvalidInput):
    """The target does not fit the kind."""

    title = "The target does not fit"


class AuditSinks:
    """Reads and writes the places; every change is recorded."""

    def __init__(self, session: Session, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self) -> Sequence[SinkRead]:
        """Return all places, by name."""
        rows = await self._session.scalars(select(AuditSink).order_by(func.lower(AuditSink.name)))
        return [await self._read(row) for row in rows.all()]

    async def create(self, actor: Actor, new: SinkWrite) -> SinkRead:
        """Add a place; it gets the newest checkpoint and all to come."""
        await self._check(new, None)
        now = self._clock.now()
        row = AuditSink(created_at=now, updated_at=now, **new.model_dump())
        self._session.add(row)
        await self._session.flush()
        if (last := await newest(self._session)) is not None and new.is_enabled:
            self._session.add(
                CheckpointDelivery(sink_id=row.id, checkpoint_id=last.id, next_try_at=now)
            )
        await self._record(actor, "audit_sink.created", row)
        return await self._read(row)

    async def edit(self, actor: Actor, sink_id: uuid.UUID, edit: SinkWrite) -> SinkRead:
        """Change a place."""
        row = await self._get(sink_id)
        await self._check(edit, sink_id)
        for name, value in edit.model_dump().items():
            setattr(row, name, value)
        row.updated_at = self._clock.now()
        await self._record(actor, "audit_sink.edited", row)
        return await self._read(row)

    async def delete(self, actor: Actor, sink_id: uuid.UUID) -> None:
        """Forget a place; what it has got, it keeps."""
        row = await self._get(sink_id)
        await self._session.delete(row)
        await self._record(actor, "audit_sink.deleted", row)

    async def retry(self, actor: Actor, sink_id: uuid.UUID) -> int:
        """Take up again what was given up."""
        row = await self._get(sink_id)
        done = await self._session.scalars(
            update(CheckpointDelivery)
            .where(
                CheckpointDelivery.sink_id == sink_id,
                CheckpointDelivery.state != CheckpointState.SENT,
            )
            .values(
                state=CheckpointState.WAITING, attempts=0, next_try_at=self._clock.now(), error=""
            )
            .returning(CheckpointDelivery.id)
        )
        count = len(done.all())
        await self._record(actor, "audit_sink.retried", row)
        return count

    async def status(self, settings: AuditPart) -> CheckpointStatus:
        """Return the last checkpoints and the keys."""
        names = await key_names(self._session)
        rows = await self._session.execute(
            select(
                AuditCheckpoint,
                _count(CheckpointState.SENT),
                _count(CheckpointState.WAITING),
                _count(CheckpointState.GIVEN_UP),
            )
            .outerjoin(CheckpointDelivery, CheckpointDelivery.checkpoint_id == AuditCheckpoint.id)
            .group_by(AuditCheckpoint.id)
            .order_by(AuditCheckpoint.seq.desc())
            .limit(_SHOWN)
        )
        shown = [
            CheckpointRead(
                seq=row.seq,
                hash=row.h,
                count=row.count,
                at=row.at,
                key=names[row.key_id],
                line=form(row, names).line(),
                sent=sent,
                waiting=waiting,
                failed=failed,
            )
            for row, sent, waiting, failed in rows
        ]
        keys = await self._session.scalars(
            select(AuditSigningKey).order_by(AuditSigningKey.created_at)
        )
        last = await self._session.scalar(select(func.max(AuditEntry.seq))) or 0
        return CheckpointStatus(
            checkpoints=shown,
            keys=[
                SigningKeyRead(name=key.name, public=key.public, created_at=key.created_at)
                for key in keys.all()
            ],
            entries_since=max(0, last - (shown[0].seq if shown else 0)),
            every_entries=settings.checkpoint_entries,
            every_seconds=settings.checkpoint_seconds,
        )

    async def lines(self) -> Sequence[str]:
        """Return all checkpoints as they are sent out, the oldest first."""
        names = await key_names(self._session)
        rows = await self._session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq))
        return [form(row, names).line() for row in rows.all()]

    async def _get(self, sink_id: uuid.UUID) -> AuditSink:
        row = await self._session.get(AuditSink, sink_id)
        if row is None:
            raise SinkNotFound("There is no place with this id.", fix="Reload the list.")
        return row

    async def _check(self, wish: SinkWrite, own_id: uuid.UUID | None) -> None:
        other = await self._session.scalar(select(AuditSink.id).where(AuditSink.name == wish.name))
        if other not in (None, own_id):
            raise SinkNameTaken(f"There is a place {wish.name!r} already.", fix="Choose another.")
        parts = web_parts(wish.target)
        is_url = parts is not None
        if wish.kind is SinkKind.FILE and not wish.target.startswith("/"):
            raise SinkTargetNotValid("A file is named by its whole path.", fix="Begin it with /.")
        if wish.kind is SinkKind.WEBHOOK and not is_url:
            raise SinkTargetNotValid("A webhook is an http or https address.", fix="Write it out.")
        if parts is not None and "@" in parts.netloc:
            raise SinkTargetNotValid(
                "The address holds a password, and it is kept as it stands.",
                fix="Let the place take checkpoints without one: they hold no secret.",
            )
        if wish.kind.startswith("syslog") and (is_url or "/" in wish.target):
            raise SinkTargetNotValid(
                "A syslog server is named by host and port.", fix="As in logs.example.org:6514."
            )

    async def _read(self, row: AuditSink) -> SinkRead:
        own = CheckpointDelivery.sink_id == row.id
        waiting, failed, sent_at = (
            await self._session.execute(
                select(
                    _count(CheckpointState.WAITING),
                    _count(CheckpointState.GIVEN_UP),
                    func.max(CheckpointDelivery.sent_at),
                ).where(own)
            )
        ).one()
        last = (
            await self._session.execute(
                select(CheckpointDelivery.state, CheckpointDelivery.error)
                .join(AuditCheckpoint, AuditCheckpoint.id == CheckpointDelivery.checkpoint_id)
                .where(own)
                .order_by(AuditCheckpoint.seq.desc())
                .limit(1)
            )
        ).one_or_none()
        return SinkRead(
            id=row.id,
            name=row.name,
            kind=SinkKind(row.kind),
            target=row.target,
            is_enabled=row.is_enabled,
            state=None if last is None else CheckpointState(last.state),
            last_sent_at=sent_at,
            waiting=waiting,
            failed=failed,
            error="" if last is None else last.error,
        )

    async def _record(self, actor: Actor, action: str, row: AuditSink) -> None:
        await self._session.flush()
        told = SettingsChanged(
            object_id=row.id, object_name=f"“{row.name}”, where checkpoints of the audit log go,"
        )
        Outbox(self._session, self._clock).announce(actor, told)
        details: dict[str, JsonValue] = {
            "kind": row.kind,
            "target": SinkAddress(row.kind, row.target).shown,
            "is_enabled": row.is_enabled,
        }
        await self._audit.record(
            actor, action, kind="audit_sink", object_id=row.id, name=row.name, details=details
        )


def _count(state: CheckpointState) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((CheckpointDelivery.state == state, 1), else_=0)), 0)
