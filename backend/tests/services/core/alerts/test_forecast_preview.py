"""A preview of a forecast tells what the engine told, to the hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import Forecast
from app.services.core.alerts.rule_book import read_rule
from app.services.core.alerts.rule_preview import RulePreviews
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.services.core.alerts.watching import FULL, Watch

HOUR = timedelta(hours=1)
LOOK = 1
SOON = Forecast(
    metric=FULL, level=100, unit="percent", within_seconds=6 * 86_400, window_seconds=14 * 86_400
)
FLAT = [50.0] * 24 * 8


def rising(start: float, days: int, per_day: float) -> list[float]:
    return [start + per_day * hour / 24 for hour in range(24 * days)]


HISTORIES = {
    "a climb that is cleaned up": [*FLAT, *rising(50, 6, 6), *FLAT],
    "a climb that goes on": [*FLAT, *rising(50, 6, 7)],
    "two climbs": [*FLAT, *rising(50, 5, 8), *FLAT, *rising(50, 5, 8.5)],
    "a sawtooth on a climb": [
        *FLAT,
        *(value + (2 if hour % 24 > 11 else 0) for hour, value in enumerate(rising(50, 6, 6.5))),
    ],
    "nothing but noise": [40.0 + (hour * 7 % 5) for hour in range(24 * 14)],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
async def test_a_preview_of_a_forecast_tells_what_the_engine_told(
    database: Database, clock: ManualClock, history: Sequence[float]
) -> None:
    watch = Watch(database, clock)
    rule_id = await watch.rule(SOON, for_seconds=6 * 3600, clear_seconds=6 * 3600)
    nas = await watch.resource()
    began = clock.now()
    for first in range(0, len(history), LOOK):
        batches = [
            Batch(nas, clock.now() + hour * HOUR, [Sample(FULL, value, unit="percent")], HOUR)
            for hour, value in enumerate(history[first : first + LOOK], start=1)
        ]
        clock.advance(LOOK * HOUR)
        async with database.transaction() as session:
            await MetricWriter(session).append(batches)
        await watch.rounds().forecast()
    days = -(-len(history) // 24)
    async with database.snapshot() as session:
        row = await session.get(AlertRule, rule_id)
        assert row is not None
        preview = await RulePreviews(session, clock).preview(read_rule(row), days, [])
    told = [one for one in await watch.alerts() if one.fired_at is not None]
    shown = list(reversed(preview.incidents))
    assert bool(told) == (max(history) > 50), "the histories are meant to fire, the noise is not"
    assert len(shown) == len(told)
    for seen, lived in zip(shown, told, strict=True):
        assert lived.fired_at is not None
        assert near(seen.fired_at, lived.fired_at), (seen.fired_at - began, lived.fired_at - began)
        assert (seen.resolved_at is None) == (lived.resolved_at is None)
        if seen.resolved_at is not None and lived.resolved_at is not None:
            assert near(seen.resolved_at, lived.resolved_at)


def near(seen: datetime, lived: datetime) -> bool:
    """Tell whether both say it at the same look, or at the next one."""
    return abs(seen - lived) <= HOUR
