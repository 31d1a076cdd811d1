"""Each kind of rule over real samples: windows, rates, absence, several at once, the future."""

from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.schemas.core.alert_rule import (
    Absence,
    Aggregation,
    Composite,
    Forecast,
    RateOfChange,
    Threshold,
)
from app.services.core.alerts.history import measure
from app.services.core.alerts.types import AlertType, Condition
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.services.core.alerts.watching import FULL, MINUTE, USED, Watch

LOAD = "unity_load15_percent"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def watch(database: Database, clock: ManualClock) -> Watch:
    return Watch(database, clock)


@pytest.mark.both_engines
async def test_an_average_is_taken_over_its_window(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Threshold(
            metric=USED,
            raise_level=80,
            unit="percent",
            aggregation=Aggregation.AVERAGE,
            window_seconds=240,
        )
    )
    await watch.over_minutes(nas, 50, 50, 50, 50, 100, 100, 100)
    assert await watch.told() == []
    await watch.over_minutes(nas, 100)
    (alert,) = await watch.alerts()
    assert alert.value == 90
    await watch.over_minutes(nas, 30, 30)
    assert await watch.states() == ["resolved"]


async def test_a_machine_that_was_just_entered_has_no_average_yet(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Threshold(
            metric=USED,
            raise_level=80,
            unit="percent",
            aggregation=Aggregation.AVERAGE,
            window_seconds=900,
        )
    )
    await watch.over_minutes(nas, *[100] * 14)
    assert await watch.told() == []
    await watch.over_minutes(nas, 100)
    assert len(await watch.told()) == 1


@pytest.mark.parametrize(
    ("times", "is_judged"),
    [
        ([0, 300, 600, 900], True),
        ([300, 600, 900], True),
        ([290, 610, 900], True),  # jitter
        ([0, 300, 900], True),  # one that was lost is no hole
        ([0, 900], False),
        ([600, 900], False),  # measured for ten minutes only
        ([900], False),
        # Every ten seconds since somebody looks at it; every five minutes before.
        ([0, 300, 600, *range(800, 901, 10)], True),
        ([600, *range(610, 901, 10)], False),
    ],
)
def test_an_average_needs_the_whole_of_its_window(
    times: list[int],
    is_judged: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    average = Threshold(
        metric=USED,
        raise_level=80,
        unit="percent",
        aggregation=Aggregation.AVERAGE,
        window_seconds=900,
    )
    interval = 10 if len(times) > 10 else 300
    value = measure(average, (times, [90.0] * len(times)), 900, interval)
    assert (value == 90) is is_judged


@pytest.mark.parametrize(
    ("aggregation", "values", "fires"),
    [
        (Aggregation.LEAST, (95, 95, 40, 95), False),
        (Aggregation.LEAST, (40, 95, 95, 95), True),
        (Aggregation.GREATEST, (95, 40, 40, 40), False),
        (Aggregation.GREATEST, (40, 95, 40, 40), True),
    ],
)
async def test_least_and_greatest_are_those_of_the_window(
    watch: Watch,
    aggregation: Aggregation,
    values: tuple[float, ...],
    fires: bool,  # noqa: FBT001 - a parameter of the cases
) -> None:
    nas = await watch.resource()
    for value in values[:-1]:
        await watch.over_minutes(nas, value)
    await watch.rule(
        Threshold(
            metric=USED,
            raise_level=90,
            unit="percent",
            aggregation=aggregation,
            window_seconds=120,
        )
    )
    await watch.over_minutes(nas, values[-1])
    assert bool(await watch.told()) is fires


@pytest.mark.both_engines
async def test_a_change_that_is_too_fast_fires(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        RateOfChange(
            metric=USED, raise_level=60, unit="percent", window_seconds=300, per_seconds=3600
        )
    )
    await watch.over_minutes(nas, 10, 10.5, 11, 11.5, 12, 12.5)
    assert await watch.told() == []
    await watch.over_minutes(nas, 15, 18, 21)
    (alert,) = await watch.alerts()
    assert alert.value is not None
    assert alert.value > 60


async def test_a_change_in_percent_is_of_the_value_before(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        RateOfChange(
            metric=LOAD,
            raise_level=50,
            window_seconds=120,
            per_seconds=120,
            in_percent=True,
            unit="percent",
        )
    )
    for value in (0, 0, 2, 2, 2, 2.8, 3.2):
        await watch.sample(nas, value, metric=LOAD, unit="")
        watch.clock.advance(MINUTE)
    (alert,) = await watch.alerts()
    assert alert.value == pytest.approx(60)


@pytest.mark.both_engines
async def test_what_is_not_measured_any_more_is_told_and_ends_with_the_next_sample(
    watch: Watch,
) -> None:
    nas = await watch.resource()
    await watch.rule(Absence(metric=USED, after_seconds=600), name="Nothing measured")
    await watch.over_minutes(nas, 1, 2, 3)
    assert await watch.round() == []
    watch.clock.advance(10 * MINUTE)
    assert len(await watch.round()) == 1
    watch.clock.advance(MINUTE)
    assert await watch.round() == []
    await watch.over_minutes(nas, 4)
    assert await watch.told() == [
        "fired: nas: Nothing measured",
        "resolved: nas: Nothing measured is over",
    ]


async def test_what_nobody_asks_is_not_absent(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(Absence(metric=USED, after_seconds=600))
    await watch.over_minutes(nas, 1)
    watch.unwatched = {nas}
    watch.clock.advance(DAY)
    assert await watch.round() == []


@pytest.mark.both_engines
async def test_all_parts_must_hold_on_the_same_machine(watch: Watch) -> None:
    nas, pi = await watch.resource(), await watch.resource("pi")
    await watch.rule(
        Composite(
            parts=[
                Threshold(metric=USED, raise_level=90, clear_level=80, unit="percent"),
                Threshold(metric=LOAD, raise_level=100, unit="percent"),
            ]
        ),
        name="Overloaded",
    )

    async def both(one: object, used: float, load: float) -> None:
        assert one in (nas, pi)
        place = nas if one == nas else pi
        samples = [Sample(USED, used, unit="percent"), Sample(LOAD, load, unit="percent")]
        await watch.samples(place, samples)

    await both(nas, 95, 50)
    await both(pi, 50, 150)
    assert await watch.told() == []
    watch.clock.advance(MINUTE)
    await watch.sample(nas, 150, metric=LOAD)  # the other is still as it was
    assert await watch.told() == ["fired: nas: Overloaded"]
    (alert,) = await watch.alerts()
    assert len(alert.reasons) == 2
    watch.clock.advance(MINUTE)
    await both(nas, 85, 150)  # between its levels
    assert await watch.states() == ["firing"]
    watch.clock.advance(MINUTE)
    await both(nas, 79, 150)
    assert await watch.states() == ["resolved"]


async def test_an_old_sample_fulfils_no_part(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Composite(
            parts=[
                Threshold(metric=USED, raise_level=90, unit="percent"),
                Threshold(metric=LOAD, raise_level=100, unit="percent"),
            ]
        )
    )
    await watch.sample(nas, 150, metric=LOAD)
    watch.clock.advance(10 * MINUTE)
    await watch.sample(nas, 95)
    assert await watch.told() == []


async def test_any_part_is_enough_and_the_last_one_ends_it(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Composite(
            join="any",
            parts=[
                Threshold(metric=USED, raise_level=90, unit="percent"),
                Absence(metric=LOAD, after_seconds=300),
            ],
        )
    )
    await watch.sample(nas, 1, metric=LOAD)
    await watch.sample(nas, 1)
    watch.clock.advance(5 * MINUTE)
    await watch.round()
    assert await watch.states() == ["firing"]
    watch.clock.advance(MINUTE)
    await watch.sample(nas, 95)
    watch.clock.advance(MINUTE)
    await watch.sample(nas, 1, metric=LOAD)
    assert await watch.states() == ["firing"]
    watch.clock.advance(MINUTE)
    await watch.sample(nas, 10)
    assert await watch.states() == ["resolved"]


@pytest.mark.both_engines
async def test_a_disk_that_fills_up_is_told_before_it_is_full(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Forecast(
            metric=FULL,
            level=100,
            unit="percent",
            within_seconds=6 * 86_400,
            window_seconds=14 * 86_400,
        ),
        name="Full soon",
    )
    start = watch.clock.now()
    batches = [
        Batch(
            nas,
            start + (hour - 240) * HOUR,
            [Sample(FULL, 50 + max(0, hour - 240) / 4, unit="percent")],
            HOUR,
        )
        for hour in range(336)
    ]
    async with watch.database.transaction() as session:
        await MetricWriter(session).append(batches[:288])
    watch.clock.advance(48 * HOUR)
    assert await watch.rounds().forecast() == []  # 62 %, 6 % a day: more than six days
    async with watch.database.transaction() as session:
        await MetricWriter(session).append(batches[288:])
    watch.clock.advance(48 * HOUR)
    assert len(await watch.rounds().forecast()) == 1
    (alert,) = await watch.alerts()
    assert "if it goes on like this" in alert.message
    assert alert.value == pytest.approx(4.3, abs=0.2)


async def test_what_was_reported_fires_by_the_clock_when_it_holds(watch: Watch) -> None:
    nas = await watch.resource()
    slow = AlertType("job", "core", "{name} failed", "{name} went well", for_seconds=300)
    await watch.report(nas, slow, Condition("Exit status 1."))
    watch.clock.advance(4 * MINUTE)
    assert await watch.round() == []
    watch.clock.advance(MINUTE)
    assert len(await watch.round()) == 1
    (alert,) = await watch.alerts()
    assert alert.message == "Exit status 1."


async def test_what_waits_for_samples_that_do_not_come_is_dropped(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(for_seconds=3600)
    await watch.sample(nas, 95)
    watch.clock.advance(10 * MINUTE)
    await watch.round()
    assert await watch.states() == ["pending"]
    watch.clock.advance(10 * MINUTE)
    await watch.round()
    assert await watch.states() == []
    assert await watch.instances() == []


async def test_what_a_machine_has_not_shown_for_a_day_is_over(watch: Watch) -> None:
    nas, pi = await watch.resource(), await watch.resource("pi")
    await watch.rule()
    await watch.sample(nas, 95)
    await watch.sample(pi, 95)
    watch.clock.advance(DAY + MINUTE)
    await watch.sample(nas, 1, metric=LOAD)  # it answers; the other is silent altogether
    await watch.round()
    found = {alert.resource_id: alert.state for alert in await watch.alerts()}
    assert found == {nas: "resolved", pi: "firing"}


async def test_what_needs_not_be_remembered_is_forgotten(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(cooldown_seconds=600)
    await watch.over_minutes(nas, 95, 50)
    assert len(await watch.instances()) == 1
    watch.clock.advance(5 * MINUTE)
    await watch.round()
    assert len(await watch.instances()) == 1
    watch.clock.advance(5 * MINUTE)
    await watch.round()
    assert await watch.instances() == []
