"""What routes and messages know of an alert: its announcement, and where its resource stands."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import JsonValue
from app.models.core.resource import Resource, ResourceGroupMember, ResourceTag
from app.services.core.alerts.events import AlertChanged


class AlertFacts(BaseModel):
    """An alert at one moment; a copy of it travels with every notice."""

    model_config = ConfigDict(frozen=True)

    alert_id: uuid.UUID
    resource_id: uuid.UUID | None = None
    resource_name: str = ""
    server_id: uuid.UUID | None = None
    server_name: str = ""
    alert_type: str = ""
    domain: str = ""
    severity: str = "warning"
    title: str = ""
    message: str = ""
    fix: str = ""
    runbook: str = ""
    subject: str = ""
    began_at: datetime
    at: datetime
    cause_id: uuid.UUID | None = None
    tags: tuple[str, ...] = ()
    groups: tuple[uuid.UUID, ...] = ()

    def stored(self) -> dict[str, JsonValue]:
        """Return it as it is kept in a row."""
        return self.model_dump(mode="json")

    @classmethod
    def read(cls, stored: Mapping[str, JsonValue]) -> "AlertFacts":
        """Return what was kept in a row."""
        return cls.model_validate(dict(stored))


async def facts_of(session: AsyncSession, alert_id: uuid.UUID, told: AlertChanged) -> AlertFacts:
    """Return the facts of an announced alert."""
    place = await place_of(session, told.resource_id)
    return AlertFacts(
        alert_id=alert_id,
        resource_name=place.resource_name or told.object_name,
        alert_type=told.alert_type,
        domain=told.domain,
        severity=told.severity,
        title=told.title,
        message=told.message,
        fix=told.fix,
        runbook=told.runbook,
        subject=told.subject,
        began_at=told.began_at,
        at=told.at,
        cause_id=told.cause_id,
        **place.model_dump(exclude={"resource_name"}),
    )


class Place(BaseModel):
    """Where a resource stands: its server, and the tags and groups of both."""

    model_config = ConfigDict(frozen=True)

    resource_id: uuid.UUID | None = None
    resource_name: str = ""
    server_id: uuid.UUID | None = None
    server_name: str = ""
    tags: tuple[str, ...] = ()
    groups: tuple[uuid.UUID, ...] = ()


async def place_of(session: AsyncSession, resource_id: uuid.UUID | None) -> Place:
    """Return where a resource stands; nothing is known of one that is gone."""
    found = None if resource_id is None else await session.get(Resource, resource_id)
    if found is None:
        return Place(resource_id=resource_id)
    server_id = found.server_id or (found.id if found.kind == "server" else None)
    server = None if server_id is None else await session.get(Resource, server_id)
    both = [found.id, *([server_id] if server_id else [])]
    tags = await session.scalars(
        select(ResourceTag.tag).where(ResourceTag.resource_id.in_(both)).distinct()
    )
    groups = await session.scalars(
        select(ResourceGroupMember.group_id)
        .where(ResourceGroupMember.resource_id.in_(both))
        .distinct()
    )
    return Place(
        resource_id=found.id,
        resource_name=found.name,
        server_id=server_id,
        server_name="" if server is None else server.name,
        tags=tuple(sorted(tags)),
        groups=tuple(sorted(groups)),
    )
