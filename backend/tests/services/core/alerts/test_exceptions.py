"""Exceptions of rules: by label and by server, for what is measured, joined and reported."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert import Severity
from app.models.core.alert_rule import AlertRule
from app.schemas.core.alert_rule import (
    Absence,
    Composite,
    LabelMatcher,
    Match,
    Override,
    RuleDefinition,
    StateChange,
    Threshold,
)
from app.services.core.alerts.builtin import rule_id
from app.services.core.alerts.details import AlertDetails
from app.services.core.alerts.rule_book import read_rule
from app.services.core.alerts.rule_preview import RulePreviews
from app.services.core.alerts.types import AlertType, Condition
from tests.services.core.alerts.watching import MINUTE, OVER_90, USED, Watch

UNIT = AlertType("unit", "core", "{name}: {subject} failed", "{name}: {subject} is well")

BOTH = Composite(parts=[OVER_90, Threshold(metric=USED, raise_level=95, unit="percent")])


@pytest.fixture
def watch(database: Database, clock: ManualClock) -> Watch:
    return Watch(database, clock)


@pytest.mark.parametrize("definition", [OVER_90, BOTH], ids=["one value", "several at once"])
async def test_an_exception_for_a_server_holds_for_all_that_belongs_to_it(
    watch: Watch, definition: RuleDefinition
) -> None:
    nas, pi = await watch.resource(), await watch.resource("pi")
    disk, other = [
        await watch.resource(f"disk of {one}", "device", server_id=one) for one in (nas, pi)
    ]
    rule = await watch.rule(definition, overrides=[Override(servers=[nas], is_ignored=True)])
    for one in (nas, disk, pi, other):
        await watch.sample(one, 99)
    assert {alert.resource_id for alert in await watch.alerts()} == {pi, other}
    async with watch.database.snapshot() as session:
        row = await session.get_one(AlertRule, rule)
        preview = await RulePreviews(session, watch.clock).preview(read_rule(row), 1, [])
    assert {one.resource_id for one in preview.incidents} == {pi, other}, "and so says the preview"


async def test_an_exception_for_a_server_gives_a_level_to_its_disks(watch: Watch) -> None:
    nas = await watch.resource()
    disk = await watch.resource("disk", "device", server_id=nas)
    await watch.rule(overrides=[Override(servers=[nas], raise_level=97)])
    await watch.sample(disk, 96)
    assert await watch.told() == []
    watch.clock.advance(MINUTE)
    await watch.sample(disk, 98)
    (alert,) = await watch.alerts()
    async with watch.database.snapshot() as session:
        (chart,) = (await AlertDetails(session).get(alert.id)).charts
    assert chart.raise_level == 97, "the line of its chart is that of the exception"


async def test_what_a_server_may_leave_out_is_not_absent(watch: Watch) -> None:
    nas = await watch.resource()
    disk = await watch.resource("disk", "device", server_id=nas)
    await watch.rule(
        Absence(metric=USED, after_seconds=600),
        overrides=[Override(servers=[nas], is_ignored=True)],
    )
    await watch.over_minutes(disk, 1)
    watch.clock.advance(timedelta(hours=1))
    assert await watch.round() == []


async def test_an_exception_for_what_is_reported_is_by_its_subject_or_server(watch: Watch) -> None:
    nas, pi = await watch.resource(), await watch.resource("pi")
    await watch.rule(StateChange(alert_type="unit"), overrides=[])
    subject = LabelMatcher(label="subject", match=Match.LIKE, value="snap*")
    overrides = [
        Override(labels=[subject], is_ignored=True),
        Override(servers=[pi], severity=Severity.CRITICAL, for_seconds=120),
    ]
    async with watch.database.transaction() as session:
        stored = [one.model_dump(mode="json") for one in overrides]
        await session.execute(update(AlertRule).values(overrides=stored, version=2))
    units = [Condition("x", subject=name) for name in ("snapd.service", "ssh.service")]
    await watch.report(nas, UNIT, *units)
    await watch.report(pi, UNIT, *units)
    assert await watch.told() == ["fired: nas: Memory is short (ssh.service)"]
    watch.clock.advance(timedelta(minutes=2))
    await watch.report(pi, UNIT, *units)
    found = {(one.resource_id, one.subject): one.severity for one in await watch.alerts()}
    assert found == {(nas, "ssh.service"): "warning", (pi, "ssh.service"): "critical"}


async def test_what_becomes_an_exception_while_it_fires_is_over(watch: Watch) -> None:
    nas = await watch.resource()
    await watch.report(nas, UNIT, Condition("x", subject="ssh.service"))
    async with watch.database.transaction() as session:
        ignored = Override(servers=[nas], is_ignored=True).model_dump(mode="json")
        await session.execute(
            update(AlertRule)
            .where(AlertRule.id == rule_id("unit"))
            .values(overrides=[ignored], version=2)
        )
    watch.clock.advance(MINUTE)
    await watch.report(nas, UNIT, Condition("x", subject="ssh.service"))
    assert await watch.states() == ["resolved"]
