"""Silence is noticed: weekly tests, the watchdog, and the outgoing heartbeat."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.models.core.heartbeat import DeadMansSwitch
from app.models.core.notification_delivery import DeliveryKind
from app.schemas.core.notification_ledger import DeadMansSwitchRead, DeadMansSwitchWrite
from app.services.core.notifications.heartbeats import (
    DELIVERY,
    ENGINE,
    DeadMan,
    Heartbeats,
    Watchdog,
)
from app.services.core.notifications.ledger import SignsOfLife
from app.services.core.notifications.self_tests import SelfTests
from tests.services.core.notifications.kit import TESTS, ZONE, Kit, at_once

MINUTE = timedelta(minutes=1)
URL = "https://hc.test/a-secret-path"


async def set_switch(kit: Kit) -> None:
    async with kit.database.transaction() as session:
        signs = SignsOfLife(session, kit.clock, kit.vault, kit.audit(session))
        wish = DeadMansSwitchWrite(url=SecretStr(URL), every_minutes=5)
        assert (await signs.set_switch(TESTS, wish)).url_hint == "https://hc.test/…"


async def switch(kit: Kit) -> DeadMansSwitchRead:
    async with kit.database.snapshot() as session:
        return await SignsOfLife(session, kit.clock, kit.vault, kit.audit(session)).switch()


@pytest.mark.both_engines
async def test_a_silent_engine_is_told_once_after_two_intervals_and_once_when_back(
    kit: Kit,
) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    beats = Heartbeats(kit.database, kit.clock)
    watchdog = Watchdog(kit.database, kit.clock, zone=ZONE)
    await beats.beat(ENGINE, every=MINUTE)
    kit.clock.advance(2 * MINUTE)
    assert await watchdog.look() == []
    kit.clock.advance(timedelta(seconds=1))
    for _ in range(3):
        assert await watchdog.look() == [ENGINE]
        await kit.round()
    assert kit.notifier.titles == ["[critical] Unity's own alerts are silent"]
    await beats.beat(ENGINE, every=MINUTE)
    assert await watchdog.look() == []
    await kit.round()
    assert kit.notifier.titles[1:] == ["Unity's own alerts work again"]


async def test_an_engine_that_was_off_with_unity_is_not_called_silent(kit: Kit) -> None:
    await Heartbeats(kit.database, kit.clock).beat(ENGINE, every=MINUTE)
    kit.clock.advance(timedelta(hours=8))
    watchdog = Watchdog(kit.database, kit.clock, zone=ZONE)
    assert await watchdog.look() == []
    kit.clock.advance(3 * MINUTE)
    assert await watchdog.look() == [ENGINE]


async def test_the_outside_monitor_is_asked_only_while_both_parts_really_work(kit: Kit) -> None:
    await set_switch(kit)
    beats = Heartbeats(kit.database, kit.clock)
    dead_man = DeadMan(kit.database, kit.vault, kit.clock, kit.notifier)
    assert not await dead_man.ping()
    assert "alerts and notifications" in (await switch(kit)).last_error
    await beats.beat(ENGINE, every=MINUTE)
    await beats.beat(DELIVERY, every=MINUTE)
    assert await dead_man.ping()
    assert kit.notifier.pinged == [URL]
    kit.clock.advance(MINUTE)
    assert not await dead_man.ping(), "not yet time again"
    kit.clock.advance(5 * MINUTE)
    await beats.beat(DELIVERY, every=MINUTE)
    assert not await dead_man.ping(), "the engine is silent"
    assert (await switch(kit)).last_error == "Not sent: no sign of life of alerts."
    await beats.beat(ENGINE, every=MINUTE)
    kit.notifier.down = {"hc.test"}
    assert not await dead_man.ping()
    assert (await switch(kit)).last_error == "Nothing answers there."
    assert len(kit.notifier.pinged) == 1


async def test_the_address_of_the_heartbeat_is_sealed(kit: Kit) -> None:
    await set_switch(kit)
    async with kit.database.snapshot() as session:
        row = (await session.scalars(select(DeadMansSwitch))).one()
    assert b"secret-path" not in row.url.blob
    assert "secret-path" not in (await switch(kit)).model_dump_json()


async def test_every_channel_is_tested_once_a_week_through_the_ledger(kit: Kit) -> None:
    await kit.channel("phone")
    await kit.channel("untested", has_self_test=False)
    tests = SelfTests(kit.database, kit.clock)
    assert await tests.queue_due() == 0
    kit.clock.advance(timedelta(days=7))
    assert await tests.queue_due() == 1
    assert await tests.queue_due() == 0
    await kit.round()
    (row,) = await kit.ledger()
    assert (row.kind, row.channel_name, row.state) == (
        DeliveryKind.SELF_TEST,
        "phone",
        "delivered",
    )
    kit.clock.advance(timedelta(days=7))
    assert await tests.queue_due() == 1


async def test_the_test_button_sends_at_once_and_says_what_the_receiver_said(kit: Kit) -> None:
    phone = await kit.channel("phone")
    tests = SelfTests(kit.database, kit.clock)
    result = await tests.send_now(kit.vault, kit.notifier, phone)
    assert (result.has_arrived, result.detail) == (True, "The fake answered with status 200.")
    kit.notifier.down = {"phone"}
    result = await tests.send_now(kit.vault, kit.notifier, phone)
    assert (result.has_arrived, result.detail) == (False, "Nothing answers there.")
    assert [one.state for one in await kit.ledger()] == ["delivered", "dead"]
