"""Alert rules: what is watched for, tried out over what was measured before it is saved."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.kernel.database import Session
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.alert_rule_api import (
    AlertRuleRead,
    RuleMute,
    RulePreview,
    RulePreviewWish,
    RuleQuery,
    RuleSwitch,
    RuleWrite,
)
from app.services.core.alerts.rules import RuleService
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(prefix="/api/alerts/rules", tags=["alerts"])


def _service(platform: Platform, session: Session) -> RuleService:
    return RuleService(
        session,
        platform.clock,
        AuditLog(session, platform.clock, platform.audit_key),
        platform.alerts,
        built_in=platform.built_in_rules,
        types=platform.alert_types.keys(),
    )


def _reader(platform: PlatformDep, session: ReadSession) -> RuleService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> RuleService:
    return _service(platform, session)


RuleReader = Annotated[RuleService, Depends(_reader)]
Rules = Annotated[RuleService, Depends(_writer)]


@router.get(
    "",
    dependencies=[requires(P.ALERTS_READ)],
    summary="List alert rules",
    responses=documented(401, 403, 422),
)
async def list_alert_rules(
    rules: RuleReader, query: Annotated[RuleQuery, Query()]
) -> Page[AlertRuleRead]:
    """List rules by name, each with what keeps it from doing what it seems to do."""
    return await rules.list(query)


@router.post(
    "",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add an alert rule",
    responses=documented(401, 403, 422),
)
async def create_alert_rule(actor: CurrentActor, rules: Rules, wish: RuleWrite) -> AlertRuleRead:
    """Add a rule; it is judged from the next sample on."""
    return await rules.create(actor, wish)


@router.post(
    "/preview",
    dependencies=[requires(P.ALERTS_READ)],
    summary="Try an alert rule out",
    responses=documented(401, 403, 422),
)
async def preview_alert_rule(rules: RuleReader, wish: RulePreviewWish) -> RulePreview:
    """Tell how often, when, for how long and where a rule would have fired; nothing is saved."""
    return await rules.preview(wish)


@router.get(
    "/{rule_id}",
    dependencies=[requires(P.ALERTS_READ)],
    summary="One alert rule",
    responses=documented(401, 403, 404, 422),
)
async def get_alert_rule(rule_id: uuid.UUID, rules: RuleReader) -> AlertRuleRead:
    """Return one rule."""
    return await rules.get(rule_id)


@router.put(
    "/{rule_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Edit an alert rule",
    responses=documented(401, 403, 404, 422),
)
async def edit_alert_rule(
    rule_id: uuid.UUID, actor: CurrentActor, rules: Rules, wish: RuleWrite
) -> AlertRuleRead:
    """Change a rule. What it had open ends, and is judged anew."""
    return await rules.edit(actor, rule_id, wish)


@router.delete(
    "/{rule_id}",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an alert rule",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_alert_rule(rule_id: uuid.UUID, actor: CurrentActor, rules: Rules) -> None:
    """Delete a rule; a built-in one is switched off instead."""
    await rules.delete(actor, rule_id)


@router.post(
    "/{rule_id}/copy",
    dependencies=[requires(P.ALERTS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Copy an alert rule",
    responses=documented(401, 403, 404, 422),
)
async def copy_alert_rule(rule_id: uuid.UUID, actor: CurrentActor, rules: Rules) -> AlertRuleRead:
    """Make a rule of one's own out of another; the copy is off."""
    return await rules.copy(actor, rule_id)


@router.post(
    "/{rule_id}/reset",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Put an alert rule back",
    responses=documented(401, 403, 404, 409, 422),
)
async def reset_alert_rule(rule_id: uuid.UUID, actor: CurrentActor, rules: Rules) -> AlertRuleRead:
    """Put a built-in rule back to how it came."""
    return await rules.reset(actor, rule_id)


@router.put(
    "/{rule_id}/enabled",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Switch an alert rule on or off",
    responses=documented(401, 403, 404, 422),
)
async def switch_alert_rule(
    rule_id: uuid.UUID, actor: CurrentActor, rules: Rules, wish: RuleSwitch
) -> AlertRuleRead:
    """Switch a rule on or off; off ends what it had open."""
    return await rules.switch(actor, rule_id, is_enabled=wish.is_enabled)


@router.put(
    "/{rule_id}/mute",
    dependencies=[requires(P.ALERTS_MANAGE)],
    summary="Mute an alert rule",
    responses=documented(401, 403, 404, 422),
)
async def mute_alert_rule(
    rule_id: uuid.UUID, actor: CurrentActor, rules: Rules, wish: RuleMute
) -> AlertRuleRead:
    """Tell nobody of a rule's alerts until a time; null ends it."""
    return await rules.mute(actor, rule_id, wish.until)
