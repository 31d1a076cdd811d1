"""Exceptions of a rule where they are not a matter of levels: by server, and for what is reported.

What one series breaches is known when its check is made. A report or several conditions at once
have no series, so their exceptions are looked up for what is about to alarm.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.resource import Resource
from app.schemas.core.alert_rule import Composite, StateChange
from app.services.core.alerts.instances import Kept
from app.services.core.alerts.levels import override_for, patience_of
from app.services.core.alerts.looks import Look
from app.services.core.alerts.machine import Verdict
from app.services.core.alerts.rule_book import Rule

SUBJECT = "subject"  # the label under which an exception means what a report is about


async def servers_of(
    session: AsyncSession, rules: Iterable[Rule], resource_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """Return the servers of resources; nothing is asked where no exception names a server."""
    if not any(one.servers for rule in rules for one in rule.overrides):
        return {}
    rows = await session.execute(
        select(Resource.id, Resource.server_id).where(
            Resource.id.in_(set(resource_ids)), Resource.server_id.is_not(None)
        )
    )
    return {row.id: row.server_id for row in rows}


def own_of(resource_id: uuid.UUID, servers: Mapping[uuid.UUID, uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Return a resource, and its server where it is known."""
    server_id = servers.get(resource_id)
    return (resource_id,) if server_id is None else (resource_id, server_id)


async def with_exceptions(
    session: AsyncSession, looks: Sequence[Look], opened: Mapping[str, Kept]
) -> list[Look]:
    """Leave out what a rule is never told of; what is open of that is over."""
    wanted = [look for look in looks if _is_wanted(look)]
    if not wanted:
        return list(looks)
    servers = await servers_of(
        session, {look.rule for look in wanted}, (look.resource_id for look in wanted)
    )
    kept: list[Look] = []
    for look in looks:
        found = _excepted(look, servers) if _is_wanted(look) else look
        if found is not None:
            kept.append(found)
        elif look.fingerprint in opened:
            kept.append(replace(look, verdict=Verdict.GONE, message=""))
    return kept


def _is_wanted(look: Look) -> bool:
    is_judged_here = isinstance(look.rule.definition, StateChange | Composite)
    return is_judged_here and bool(look.rule.overrides)


def _excepted(look: Look, servers: Mapping[uuid.UUID, uuid.UUID]) -> Look | None:
    """Return a look as an exception has it; None where it is never told."""
    labels = {SUBJECT: look.subject, **look.labels}
    found = override_for(look.rule.overrides, labels, own_of(look.resource_id, servers))
    if found is None:
        return look
    if found.is_ignored:
        return None
    timings, severity = patience_of(look.timings, found), found.severity or look.severity
    return replace(look, timings=timings, severity=severity)
