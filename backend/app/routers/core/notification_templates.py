"""Templates of notifications."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.notification_ledger import TemplatePreview, TemplateRead, TemplateWrite
from app.services.core.audit import AuditLog
from app.services.core.notifications.templates import TemplateService, preview
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["notifications"])


def _service(platform: Platform, session: ReadSession) -> TemplateService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return TemplateService(session, platform.clock, audit)


def _reader(platform: PlatformDep, session: ReadSession) -> TemplateService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> TemplateService:
    return _service(platform, session)


Reader = Annotated[TemplateService, Depends(_reader)]
Writer = Annotated[TemplateService, Depends(_writer)]
TEMPLATES = "/api/notifications/templates"
MANAGE = requires(P.NOTIFICATIONS_MANAGE)


@router.get(
    TEMPLATES,
    dependencies=[MANAGE],
    summary="List templates",
    responses=documented(401, 403),
)
async def list_notification_templates(templates: Reader) -> Sequence[TemplateRead]:
    """List the templates by name."""
    return await templates.list()


@router.post(
    TEMPLATES,
    dependencies=[MANAGE],
    status_code=status.HTTP_201_CREATED,
    summary="Add a template",
    responses=documented(401, 403, 409, 422),
)
async def create_notification_template(
    wish: TemplateWrite, actor: CurrentActor, templates: Writer
) -> TemplateRead:
    """Add a template. Its language is checked; what it does shows the preview."""
    return await templates.create(actor, wish)


@router.post(
    "/api/notifications/template-preview",
    dependencies=[MANAGE],
    summary="Try a template",
    responses=documented(401, 403, 422),
)
async def preview_notification_template(
    wish: TemplateWrite, platform: PlatformDep
) -> TemplatePreview:
    """Word a message about two made-up alerts; nothing is stored or sent."""
    link = platform.settings.server.alerts_link
    return await preview(wish, platform.clock.now(), link)


@router.put(
    TEMPLATES + "/{template_id}",
    dependencies=[MANAGE],
    summary="Change a template",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_notification_template(
    template_id: uuid.UUID, wish: TemplateWrite, actor: CurrentActor, templates: Writer
) -> TemplateRead:
    """Change a template; messages that wait keep their words."""
    return await templates.edit(actor, template_id, wish)


@router.delete(
    TEMPLATES + "/{template_id}",
    dependencies=[MANAGE],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a template",
    responses=documented(401, 403, 404, 422),
)
async def delete_notification_template(
    template_id: uuid.UUID, actor: CurrentActor, templates: Writer
) -> None:
    """Forget a template; its channels use Unity's own words again."""
    await templates.delete(actor, template_id)
