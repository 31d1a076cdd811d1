"""An upgrade brings better rules: untouched ones follow, those of people stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.alert import AlertState, Severity
from app.models.core.alert_rule import AlertRule
from app.services.core.alerts.builtin import BuiltInRule, plant, rule_id, rule_of
from app.services.core.alerts.renewal import renew
from app.services.core.alerts.rule_words import is_changed
from tests.services.core.alerts.scene import OFFLINE, UNIT, Scene

pytestmark = pytest.mark.both_engines
OLD = rule_of(UNIT)
NEW = replace(OLD, severity=Severity.CRITICAL, fix="Look at its journal.")


async def upgrade(scene: Scene, *rules: BuiltInRule) -> int:
    """Start as the next version would."""
    scene.clock.advance(timedelta(minutes=1))
    async with scene.database.transaction() as session:
        await plant(session, rules, scene.clock.now())
        return len(await renew(session, scene.engine, rules, scene.clock.now()))


async def rule(scene: Scene, first: BuiltInRule) -> AlertRule:
    async with scene.database.snapshot() as session:
        return await session.get_one(AlertRule, rule_id(first.key))


async def test_what_nobody_touched_follows_each_version(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database, clock)
    assert await upgrade(scene, OLD) == 0
    for version in (NEW, replace(NEW, fix="Look at its log.")):
        assert await upgrade(scene, version) == 1
        assert not is_changed(await rule(scene, OLD), version)
    assert (await rule(scene, OLD)).severity == Severity.CRITICAL
    await scene.add("nas")
    await scene.see("nas", {UNIT: ["a.service"]})
    assert (await scene.alert(UNIT.kind)).severity == Severity.CRITICAL


async def test_what_people_changed_stays_theirs(database: Database, clock: ManualClock) -> None:
    scene = Scene(database, clock)
    await upgrade(scene, OLD)
    async with database.transaction() as session:
        await session.execute(update(AlertRule).values(is_enabled=False, version=2))
    assert await upgrade(scene, NEW) == 0
    kept = await rule(scene, OLD)
    assert (kept.is_enabled, kept.fix) == (False, OLD.fix)


async def test_what_is_open_stays_open_under_new_words(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database, clock)
    await scene.add("nas")
    await scene.see("nas", {UNIT: ["a.service"]})
    assert await upgrade(scene, NEW) == 1
    assert (await scene.alert(UNIT.kind)).state == AlertState.FIRING


async def test_a_rule_that_judges_otherwise_ends_what_it_had_open(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database, clock)
    await scene.add("nas")
    await scene.see("nas", {UNIT: ["a.service"]})
    assert await upgrade(scene, replace(OLD, definition=rule_of(OFFLINE).definition)) == 1
    assert (await scene.alert(UNIT.kind)).state == AlertState.RESOLVED


async def test_what_this_version_cannot_read_is_replaced(
    database: Database, clock: ManualClock
) -> None:
    scene = Scene(database, clock)
    await upgrade(scene, OLD)
    async with database.transaction() as session:
        await session.execute(update(AlertRule).values(definition={"type": "of old"}))
    assert await upgrade(scene, OLD) == 1
    assert not is_changed(await rule(scene, OLD), OLD)
