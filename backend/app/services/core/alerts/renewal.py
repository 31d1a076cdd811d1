"""Built-in rules after an upgrade: what nobody has touched becomes what the new version brings."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert_rule import AlertRule
from app.services.core.alerts.builtin import UNTOUCHED, BuiltInRule, rule_id, values_of
from app.services.core.alerts.engine import AlertEngine


async def renew(
    session: AsyncSession, engine: AlertEngine, rules: Iterable[BuiltInRule], now: datetime
) -> list[uuid.UUID]:
    """Bring untouched rules up to date; return the ids of those that were not.

    A rule that was edited, switched or muted once belongs to people, and stays as it is. One that
    judges otherwise now ends what it had open, as an edit does.
    """
    first = {rule_id(rule.key): values_of(rule) for rule in rules}
    rows = await session.scalars(
        select(AlertRule)
        .where(AlertRule.id.in_(first), AlertRule.version == UNTOUCHED)
        .order_by(AlertRule.id)
        .with_for_update()
    )
    outdated = [row for row in rows if _differs(row, first[row.id])]
    for row in outdated:
        values = first[row.id]
        if row.definition != values["definition"]:
            await engine.end(session, "{name}: the rule was changed", rule_ids=[row.id])
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = now  # which tells all processes to read the rules again
    return [row.id for row in outdated]


def _differs(row: AlertRule, values: Mapping[str, object]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())
