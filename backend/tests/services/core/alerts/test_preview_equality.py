"""A preview tells what the engine told, to the second, whatever the kind of the rule."""

from collections.abc import Sequence

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import (
    Absence,
    Aggregation,
    Composite,
    RateOfChange,
    RuleDefinition,
    StateChange,
    Threshold,
)
from app.schemas.core.alert_rule_api import RulePreview
from app.services.core.alerts.rule_book import read_rule
from app.services.core.alerts.rule_preview import RulePreviews
from app.services.core.alerts.types import AlertType, Condition
from tests.services.core.alerts.watching import MINUTE, OVER_90, USED, Watch

HIGH = Threshold(metric=USED, raise_level=90, clear_level=85, unit="percent")
AVERAGE = Threshold(
    metric=USED,
    raise_level=80,
    clear_level=70,
    unit="percent",
    aggregation=Aggregation.AVERAGE,
    window_seconds=300,
)
FAST = RateOfChange(metric=USED, raise_level=600, unit="percent", window_seconds=300)
ABSENT = Absence(metric=USED, after_seconds=300)
HIGH_AND_FAST = Composite(parts=[HIGH, FAST])
HIGH_OR_ABSENT = Composite(join="any", parts=[HIGH, ABSENT])

# One sample a minute; None is a minute without one. Two climbs, a peak, a pause, a long one.
CLIMB = [*range(10, 100, 5)]
COURSE: list[float | None] = [
    *([50.0] * 8),
    *CLIMB,
    *([95.0] * 6),
    *([40.0] * 10),
    *([96.0, None, 97.0, 98.0, 40.0, 99.0, 40.0] * 2),
    *([None] * 9),
    *([60.0] * 4),
    *CLIMB,
    *([None] * 12),
    *([50.0] * 10),
]


@pytest.fixture
def watch(database: Database, clock: ManualClock) -> Watch:
    return Watch(database, clock)


@pytest.mark.parametrize("minutes", [0, 3])
@pytest.mark.parametrize(
    "definition",
    [OVER_90, AVERAGE, FAST, ABSENT, HIGH_AND_FAST, HIGH_OR_ABSENT],
    ids=["threshold", "average", "rate", "absence", "all of two", "one of two"],
)
async def test_a_preview_tells_what_the_engine_told(
    watch: Watch, definition: RuleDefinition, minutes: int
) -> None:
    rule_id = await watch.rule(definition, for_seconds=60 * minutes)
    await live(watch, COURSE)
    preview = await preview_of(watch, rule_id)
    told = [one for one in await watch.alerts() if one.fired_at is not None]
    assert told, "the course is meant to let it fire"
    assert [
        (one.began_at, one.fired_at, one.resolved_at) for one in reversed(preview.incidents)
    ] == [(one.began_at, one.fired_at, one.resolved_at) for one in told]


async def live(watch: Watch, course: Sequence[float | None]) -> None:
    """Let a machine live: measured once a minute, and looked at by the rounds in between."""
    nas = await watch.resource()
    watch.clock.advance(MINUTE - watch.clock.now().second * MINUTE / 60)
    for value in course:
        if value is not None:
            await watch.sample(nas, value)
        await watch.round()
        watch.clock.advance(MINUTE)


async def preview_of(watch: Watch, rule_id: object) -> RulePreview:
    async with watch.database.snapshot() as session:
        row = await session.get(AlertRule, rule_id)
        assert row is not None
        return await RulePreviews(session, watch.clock).preview(read_rule(row), 1, [])


async def test_what_a_domain_reports_is_told_as_it_was(watch: Watch) -> None:
    failed = AlertType("unit_failed", "core", "{name}: {subject} failed", "{subject} is back")
    rule_id = await watch.rule(StateChange(alert_type="unit_failed"), kind="unit_failed")
    nas = await watch.resource()
    for subjects in (["ssh"], ["ssh", "cron"], ["cron"], []):
        await watch.report(nas, failed, *[Condition("It failed.", one) for one in subjects])
        watch.clock.advance(MINUTE)
    preview = await preview_of(watch, rule_id)
    told = await watch.alerts()
    assert len(told) == 2
    assert {(one.subject, one.fired_at, one.resolved_at) for one in preview.incidents} == {
        (one.subject, one.fired_at, one.resolved_at) for one in told
    }
