"""Templates: entered, changed, tried on made-up alerts."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import uuid7
from app.models.core.notification_delivery import DeliveryKind
from app.models.core.notification_template import NotificationTemplate
from app.models.core.notification_thread import NoticeKind
from app.schemas.core.notification_ledger import TemplatePreview, TemplateRead, TemplateWrite
from app.services.core.audit import AuditLog
from app.services.core.notifications import wording
from app.services.core.notifications.facts import AlertFacts
from app.services.core.notifications.forms import refuse
from app.services.core.permissions import Actor

_PARTS = ("title", "text", "html", "body")


class TemplateNotFound(NotFound):
    """No template of this id."""


class TemplateNameTaken(Conflict):
    """Another template has this name."""


class TemplateService:
    """Reads and writes templates, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self) -> Sequence[TemplateRead]:
        """Return all templates by name."""
        rows = await self._session.scalars(
            select(NotificationTemplate).order_by(NotificationTemplate.name)
        )
        return [TemplateRead.model_validate(row) for row in rows]

    async def create(self, actor: Actor, wish: TemplateWrite) -> TemplateRead:
        """Enter a template."""
        row = NotificationTemplate(id=uuid7(), created_at=self._clock.now())
        return await self._write(actor, row, wish, "notification_template.created")

    async def edit(self, actor: Actor, template_id: uuid.UUID, wish: TemplateWrite) -> TemplateRead:
        """Change a template."""
        row = await self._row(template_id)
        return await self._write(actor, row, wish, "notification_template.changed")

    async def delete(self, actor: Actor, template_id: uuid.UUID) -> None:
        """Forget a template; its channels word messages as Unity does."""
        row = await self._row(template_id)
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "notification_template.deleted", row)

    async def _write(
        self, actor: Actor, row: NotificationTemplate, wish: TemplateWrite, action: str
    ) -> TemplateRead:
        wrong = wording.check({name: getattr(wish, name) for name in _PARTS})
        if wrong:
            refuse([(one.partition(":")[0], one.partition(": ")[2]) for one in wrong])
        other = await self._session.scalar(
            select(NotificationTemplate.id).where(
                NotificationTemplate.name == wish.name, NotificationTemplate.id != row.id
            )
        )
        if other is not None:
            raise TemplateNameTaken(
                f"There is a template {wish.name} already.", fix="Choose another name."
            )
        row.name, row.updated_at = wish.name, self._clock.now()
        row.title, row.text, row.html, row.body = wish.title, wish.text, wish.html, wish.body
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, action, row)
        return TemplateRead.model_validate(row)

    async def _row(self, template_id: uuid.UUID) -> NotificationTemplate:
        row = await self._session.get(NotificationTemplate, template_id)
        if row is None:
            raise TemplateNotFound("There is no template with this id.")
        return row

    async def _record(self, actor: Actor, action: str, row: NotificationTemplate) -> None:
        await self._audit.record(
            actor, action, kind="notification_template", object_id=row.id, name=row.name
        )


async def preview(wish: TemplateWrite, now: datetime, link: str) -> TemplatePreview:
    """Word a message about two made-up alerts by a template."""
    items = _made_up(now)
    words = wording.plain(DeliveryKind.FIRED, items, link)
    parts = {name: getattr(wish, name) for name in _PARTS}
    done = await asyncio.to_thread(wording.worded, parts, words, DeliveryKind.FIRED, items, link)
    return TemplatePreview(
        title=done.title, text=done.text, html=done.html, body=done.body, errors=list(done.errors)
    )


def _made_up(now: datetime) -> list[wording.Item]:
    began = now - timedelta(minutes=12)
    full = AlertFacts(
        alert_id=uuid7(),
        resource_name="nas",
        server_name="nas",
        alert_type="filesystem.full",
        domain="infrastructure",
        severity="critical",
        title="/srv on nas is 96 % full",
        message="13 GB of 400 GB are free; at this pace it is full in two days.",
        fix="Delete snapshots that are no longer needed, or add a disk.",
        subject="/srv",
        tags=("home",),
        began_at=began,
        at=now,
    )
    over = full.model_copy(
        update={
            "alert_id": uuid7(),
            "severity": "warning",
            "alert_type": "service.failed",
            "title": "nginx.service on nas runs again",
            "message": "It was: it ended with status 1.",
            "fix": "",
            "subject": "nginx.service",
        }
    )
    return [
        wording.Item(NoticeKind.FIRED, full),
        wording.Item(NoticeKind.RESOLVED, over),
    ]
