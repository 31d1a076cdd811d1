"""The alert engine over a real database: what fires, what ends, and what is kept."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState, Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.resource import Resource, ResourceTag
from app.schemas.core.alert_rule import LabelMatcher, Match, Operator, Override, Scope, Threshold
from app.services.core.alerts.builtin import rule_id
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.quieting import Firing, Quiet
from app.services.core.alerts.types import AlertType, Condition
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter, Point
from tests.services.core.alerts.watching import FULL, MINUTE, OVER_90, USED, Watch

OFFLINE = AlertType("offline", "core", "{name} is offline", "{name} is back", for_samples=2)
UNIT = AlertType("unit", "core", "{name}: {subject} failed", "{name}: {subject} is well")
HOME, ROOT = (("mountpoint", "/home"),), (("mountpoint", "/"),)


@pytest.fixture
def watch(database: Database, clock: ManualClock) -> Watch:
    return Watch(database, clock)


@pytest.mark.both_engines
async def test_a_breach_is_told_once_and_ended_once_across_restarts(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(for_seconds=120)
    await watch.over_minutes(nas, 50, 95, 96, 97, 98, 99, 87, 86, 84, 50)
    assert await watch.told() == [
        "fired: nas: Memory is short",
        "resolved: nas: Memory is short is over",
    ]
    (alert,) = await watch.alerts()
    assert alert.state == AlertState.RESOLVED
    assert alert.fired_at is not None
    assert alert.resolved_at is not None
    assert alert.fired_at - alert.began_at == 2 * MINUTE
    assert alert.resolved_at - alert.began_at == 7 * MINUTE
    assert alert.value == 99
    assert alert.message == f"{USED} is 99 % (> 90 %)."
    assert await watch.instances() == []


@pytest.mark.both_engines
async def test_while_it_waits_it_is_pending_and_nobody_is_told(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(for_seconds=300)
    await watch.over_minutes(nas, 95, 96)
    assert await watch.states() == ["pending"]
    await watch.over_minutes(nas, 80)
    assert await watch.states() == []
    assert await watch.told() == []


async def test_what_is_bad_already_at_first_sight_fires(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.sample(nas, 99)
    assert await watch.told() == ["fired: nas: Memory is short"]


async def test_a_new_breach_is_a_new_incident_with_the_same_fingerprint(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.over_minutes(nas, 95, 50, 95, 50)
    first, second = await watch.alerts()
    assert first.fingerprint == second.fingerprint
    assert first.id != second.id


@pytest.mark.both_engines
async def test_what_was_acknowledged_ends_by_itself(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.over_minutes(nas, 95)
    async with watch.database.transaction() as session:
        await session.execute(update(Alert).values(state=AlertState.ACKNOWLEDGED))
    await watch.over_minutes(nas, 96)
    assert await watch.states() == ["acknowledged"]
    await watch.over_minutes(nas, 50)
    assert await watch.states() == ["resolved"]
    assert len(await watch.told()) == 2


async def test_late_samples_and_history_fire_nothing(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.sample(nas, 50)
    await watch.sample(nas, 99, at=watch.clock.now() - MINUTE)
    await watch.sample(nas, 99, at=watch.clock.now() - timedelta(days=2))
    assert await watch.told() == []
    backup = await watch.resource("backup")
    await watch.sample(backup, 99, at=watch.clock.now() - timedelta(days=2))
    assert await watch.told() == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
async def test_what_is_no_number_fires_nothing(watch: Watch, value: float) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.rule(OVER_90.model_copy(update={"operator": Operator.NOT_EQUAL}))
    await watch.over_minutes(nas, value)
    assert await watch.told() == []


@pytest.mark.parametrize(
    ("operator", "fires", "not_yet"),
    [
        (Operator.ABOVE, 90.01, 90),
        (Operator.AT_LEAST, 90, 89.99),
        (Operator.BELOW, 89.99, 90),
        (Operator.AT_MOST, 90, 90.01),
        (Operator.EQUAL, 90, 91),
        (Operator.NOT_EQUAL, 91, 90),
    ],
)
async def test_each_operator_compares_as_it_says(
    watch: Watch, operator: Operator, fires: float, not_yet: float
) -> None:
    nas = await watch.resource()
    await watch.rule(Threshold(metric=USED, raise_level=90, operator=operator, unit="percent"))
    await watch.over_minutes(nas, not_yet)
    assert await watch.told() == []
    await watch.over_minutes(nas, fires, not_yet)
    assert len(await watch.told()) == 2


async def test_each_series_is_an_alert_of_its_own(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(
        Threshold(metric=FULL, raise_level=90, unit="percent"), title="{name}: {subject} is full"
    )
    await watch.samples(
        nas,
        [
            Sample(FULL, 95, HOME, unit="percent"),
            Sample(FULL, 91, ROOT, unit="percent"),
            Sample(FULL, 50, (("mountpoint", "/srv"),), unit="percent"),
        ],
    )
    assert sorted(await watch.told()) == ["fired: nas: / is full", "fired: nas: /home is full"]


async def test_a_series_that_its_machine_does_not_have_any_more_is_over(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(Threshold(metric=FULL, raise_level=90, unit="percent"), clear_seconds=3600)
    full = [Sample(FULL, 95, HOME, unit="percent"), Sample(FULL, 50, ROOT, unit="percent")]
    await watch.samples(nas, full, whole=[FULL])
    watch.clock.advance(MINUTE)
    await watch.samples(nas, full[1:])  # it was not asked for all of them
    assert await watch.states() == ["firing"]
    watch.clock.advance(MINUTE)
    await watch.samples(nas, full[1:], whole=[FULL])
    assert await watch.states() == ["resolved"]


async def test_overrides_give_some_series_levels_of_their_own(watch: Watch) -> None:
    nas = await watch.resource()
    boot = [LabelMatcher(label="mountpoint", match=Match.LIKE, value="/boot*")]
    media = [LabelMatcher(label="mountpoint", value="/media")]
    await watch.rule(
        Threshold(metric=FULL, raise_level=90, unit="percent"),
        overrides=[
            Override(labels=boot, raise_level=97, severity=Severity.INFO),
            Override(labels=media, is_ignored=True),
        ],
    )
    for mount, value in (("/boot/efi", 95), ("/media", 100), ("/boot", 98), ("/", 91)):
        await watch.sample(nas, value, metric=FULL, labels=(("mountpoint", mount),))
    found = {alert.subject: alert.severity for alert in await watch.alerts()}
    assert found == {"/boot": "info", "/": "warning"}


async def test_a_level_in_another_unit_is_never_compared(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(Threshold(metric=USED, raise_level=0.9, unit="ratio"))
    await watch.over_minutes(nas, 99)
    assert await watch.told() == []


@pytest.mark.both_engines
async def test_a_rule_speaks_of_its_scope_only(watch: Watch) -> None:
    nas, pi = await watch.resource(), await watch.resource("pi")
    disk = await watch.resource("disk", server_id=nas)
    await watch.rule(scope=Scope(tags=["prod"]))
    async with watch.database.transaction() as session:
        session.add(ResourceTag(resource_id=nas, tag="prod"))
    for one in (nas, pi, disk):
        await watch.sample(one, 99)
    assert sorted(await watch.told()) == [
        "fired: disk: Memory is short",
        "fired: nas: Memory is short",
    ]


async def test_what_leaves_the_scope_is_over(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule(scope=Scope(tags=["prod"]))
    async with watch.database.transaction() as session:
        session.add(ResourceTag(resource_id=nas, tag="prod"))
    await watch.over_minutes(nas, 99)
    async with watch.database.transaction() as session:
        await session.execute(delete(ResourceTag))
    await watch.over_minutes(nas, 99, 99)
    assert await watch.states() == ["resolved"]


async def test_a_rule_that_is_changed_counts_at_the_next_sample(watch: Watch) -> None:
    nas = await watch.resource()
    rule = await watch.rule()
    watch.kept = watch.engine()
    await watch.over_minutes(nas, 80)
    assert await watch.told() == []
    lower = OVER_90.model_copy(update={"raise_level": 70, "clear_level": None})
    async with watch.database.transaction() as session:
        await session.execute(
            update(AlertRule)
            .where(AlertRule.id == rule)
            .values(definition=lower.model_dump(mode="json"), version=2)
        )
    await watch.over_minutes(nas, 80)
    assert len(await watch.told()) == 1


async def test_a_rule_that_cannot_be_read_harms_no_other(watch: Watch) -> None:
    nas = await watch.resource()
    broken = await watch.rule()
    await watch.rule()
    async with watch.database.transaction() as session:
        await session.execute(
            update(AlertRule).where(AlertRule.id == broken).values(definition={"type": "magic"})
        )
    await watch.over_minutes(nas, 99)
    assert len(await watch.told()) == 1
    async with watch.database.snapshot() as session:
        assert list((await watch.engine().book(session)).broken) == [broken]


@pytest.mark.both_engines
async def test_a_report_fires_after_as_many_looks_as_its_type_wants(watch: Watch) -> None:
    nas = await watch.resource()
    down = Condition("No route.", fix="Look at the switch.")
    for conditions in ([down], [], [down], [down], [down], []):
        await watch.report(nas, OFFLINE, *conditions)
        watch.clock.advance(MINUTE)
    assert await watch.told() == ["fired: nas is offline", "resolved: nas is back"]
    (alert,) = await watch.alerts()
    assert (alert.message, alert.fix) == ("No route.", "Look at the switch.")
    assert alert.rule_id == rule_id("offline")


@pytest.mark.both_engines
async def test_what_becomes_worse_is_told_again_and_given_back(watch: Watch) -> None:
    nas = await watch.resource()
    few = Condition("3 bad sectors.", severity=Severity.WARNING)
    await watch.report(nas, UNIT, few)
    async with watch.database.transaction() as session:
        await session.execute(update(Alert).values(state="acknowledged", acknowledged_by="bob"))
    watch.clock.advance(MINUTE)
    await watch.report(nas, UNIT, replace(few, message="4 bad sectors."))
    (alert,) = await watch.alerts()
    assert (alert.message, alert.state) == ("4 bad sectors.", "acknowledged")
    watch.clock.advance(MINUTE)
    failing = Condition("It says that it fails.", severity=Severity.CRITICAL)
    for _ in range(2):
        await watch.report(nas, UNIT, failing)
        watch.clock.advance(MINUTE)
    (alert,) = await watch.alerts()
    assert (alert.severity, alert.message) == ("critical", "It says that it fails.")
    assert (alert.state, alert.acknowledged_by) == ("firing", ""), "nobody has taken this on"
    assert [one.partition(":")[0] for one in await watch.told()] == ["fired", "worsened"]
    await watch.report(nas, UNIT, few)
    assert (await watch.alerts())[0].severity == "warning"
    assert len(await watch.told()) == 2, "what becomes better is told at its end"


async def test_a_type_that_a_report_does_not_name_stays_as_it_was(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.report(nas, UNIT, Condition("x", subject="a.service"))
    watch.clock.advance(MINUTE)
    await watch.report(nas, OFFLINE)
    assert await watch.states() == ["firing"]


async def test_two_subjects_of_a_type_are_two_alerts(watch: Watch) -> None:
    nas = await watch.resource()
    one, two = Condition("x", subject="a.service"), Condition("y", subject="b.service")
    await watch.report(nas, UNIT, one, two)
    watch.clock.advance(MINUTE)
    await watch.report(nas, UNIT, two)
    assert (await watch.told())[2:] == ["resolved: nas: a.service is well"]


async def test_a_type_whose_rule_was_switched_off_is_not_told(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.report(nas, UNIT, Condition("x", subject="a.service"))
    async with watch.database.transaction() as session:
        await watch.engine().end(session, "{name} is left alone", rule_ids=[rule_id("unit")])
        await session.execute(update(AlertRule).values(is_enabled=False, version=2))
    watch.clock.advance(MINUTE)
    await watch.report(nas, UNIT, Condition("x", subject="a.service"))
    assert await watch.told() == [
        "fired: nas: a.service failed",
        "resolved: nas is left alone",
    ]


@pytest.mark.both_engines
async def test_a_rule_that_was_ended_remembers_nothing_of_what_was(watch: Watch) -> None:
    nas = await watch.resource()
    rule = await watch.rule(cooldown_seconds=3600, flap_changes=3)
    await watch.over_minutes(nas, 95)
    async with watch.database.transaction() as session:
        await watch.engine().end(session, "{name}: the rule was changed", rule_ids=[rule])
    assert await watch.instances() == []
    await watch.over_minutes(nas, 95)
    assert await watch.told() == [
        "fired: nas: Memory is short",
        "resolved: nas: the rule was changed",
        "fired: nas: Memory is short",
    ]


@pytest.mark.both_engines
async def test_no_alert_outlives_its_rule(watch: Watch) -> None:
    nas = await watch.resource()
    rule = await watch.rule()
    await watch.over_minutes(nas, 95)
    async with watch.database.transaction() as session:
        await session.execute(delete(AlertRule).where(AlertRule.id == rule))
    assert len(await watch.round()) == 1
    assert await watch.round() == []
    assert await watch.states() == ["resolved"]
    assert (await watch.told())[1:] == ["resolved: nas: Memory is short: not watched any more"]


class EverythingQuiet:
    """A night in which nobody is told of anything."""

    async def quiet(
        self, session: AsyncSession, firing: Sequence[Firing], now: datetime
    ) -> dict[uuid.UUID, Quiet]:
        del session, now
        return {one.alert_id: Quiet("The window Nightly backup") for one in firing}


async def test_what_keeps_an_alert_quiet_stands_on_it_and_on_what_is_announced(
    watch: Watch,
) -> None:
    watch.quieting = EverythingQuiet()
    nas = await watch.resource()
    await watch.rule()
    await watch.over_minutes(nas, 95, 50)
    (alert,) = await watch.alerts()
    assert (alert.state, alert.muted_by) == ("resolved", "The window Nightly backup")
    assert len(await watch.told()) == 2


async def test_deleting_a_resource_takes_its_alerts_along(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    await watch.over_minutes(nas, 95)
    async with watch.database.transaction() as session:
        await session.execute(delete(Resource).where(Resource.id == nas))
    assert await watch.alerts() == []
    assert await watch.instances() == []
    assert await watch.round() == []


async def _statements(watch: Watch, resources: int) -> int:
    """Return how many statements a batch of so many machines that fire at once takes."""
    ids = [await watch.resource(f"m{number}") for number in range(resources)]
    watch.kept = None
    seen: list[str] = []

    def count(_c: object, _u: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(watch.database.engine.sync_engine, "before_cursor_execute", count)
    for one in ids:
        await watch.sample(one, 50)
    seen.clear()
    watch.clock.advance(MINUTE)

    sample = Sample(USED, 99, unit="percent")
    batches = [Batch(one, watch.clock.now(), [sample], MINUTE) for one in ids]
    async with watch.database.transaction() as session:
        points = await MetricWriter(session).append(batches)
        seen.clear()
        await watch.engine().take(session, (), Ingest(points))
        await session.flush()
        taken = len(seen)
    event.remove(watch.database.engine.sync_engine, "before_cursor_execute", count)
    async with watch.database.snapshot() as session:
        firing = await session.scalars(select(Alert.resource_id))
        assert set(ids) <= set(firing)
    return taken


@pytest.mark.both_engines
async def test_the_number_of_statements_does_not_grow_with_the_machines(watch: Watch) -> None:
    await watch.rule()
    few = await _statements(watch, 2)
    assert await _statements(watch, 30) == few


async def test_what_no_rule_looks_at_costs_one_small_statement(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.rule()
    watch.kept = watch.engine()
    await watch.sample(nas, 50)
    seen: list[str] = []
    async with watch.database.transaction() as session:
        unknown = Point(10**6, nas, "node_load1", (), watch.clock.now(), 9e9, 60, is_newest=True)
        await session.connection()
        engine = watch.database.engine.sync_engine
        event.listen(
            engine, "before_cursor_execute", lambda _c, _u, text, *_rest: seen.append(text)
        )
        await watch.kept.take(session, (), Ingest([unknown]))
    assert len(seen) == 1
