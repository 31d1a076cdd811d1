"""At least once, in order, under one id: the ledger under failures, leases and two workers."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.kernel.config import NotificationsPart
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import (
    AttemptState,
    DeliveryState,
    NotificationAttempt,
)
from app.ports.notifier import Address, Message, Receipt
from app.schemas.core.notification_channel import ChannelWrite
from app.schemas.core.notification_ledger import DeliveryQuery
from app.services.core.notifications.channels import ChannelInUse, ChannelNotValid
from app.services.core.notifications.claiming import Claims, Ended, Outcome
from app.services.core.notifications.delivering import MOST_ROUNDS
from app.services.core.notifications.ledger import DeliveryNotDead, Ledger
from app.services.core.permissions import ROLES, Actor, ActorKind, Role
from tests.fakes.notifier import FakeNotifier, busy, refused
from tests.services.core.notifications.kit import TESTS, Kit, at_once

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CHARLIE = Actor(ActorKind.USER, "charlie", ROLES[Role.VIEWER])


async def one_alert(kit: Kit, **channel: object) -> uuid.UUID:
    phone = await kit.channel("phone", **channel)
    await kit.route(at_once(phone))
    await kit.fire("nas is offline")
    return phone


async def attempts(kit: Kit) -> list[NotificationAttempt]:
    async with kit.database.snapshot() as session:
        rows = await session.scalars(
            select(NotificationAttempt).order_by(NotificationAttempt.number)
        )
        return list(rows)


@pytest.mark.both_engines
async def test_a_receiver_that_was_down_gets_the_same_message_later(kit: Kit) -> None:
    await one_alert(kit)
    kit.notifier.failures = [refused(), busy(100)]
    assert await kit.round() == 0
    assert await kit.round(5 * SECOND) == 0, "not before its time"
    assert await kit.round(8 * SECOND) == 0
    assert await kit.round(60 * SECOND) == 0, "the receiver asked for 100 seconds"
    assert await kit.round(40 * SECOND) == 1
    (row,) = await kit.ledger()
    assert (row.state, row.attempts) == (DeliveryState.DELIVERED, 3)
    assert [one.state for one in await attempts(kit)] == ["failed", "failed", "delivered"]
    assert kit.notifier.sent[0][1].key == str(row.id)


async def test_a_receiver_that_refuses_five_times_leaves_a_dead_letter_with_a_button(
    kit: Kit,
) -> None:
    phone = await one_alert(kit)
    kit.notifier.failures = [refused() for _ in range(5)]
    for _ in range(6):
        await kit.round(HOUR)
    (row,) = await kit.ledger()
    assert (row.state, row.attempts, row.reason) == (
        DeliveryState.DEAD,
        5,
        "It answered with status 404.",
    )
    async with kit.database.transaction() as session:
        health = (await kit.channels(session).get(phone)).health
        assert (health.state, health.failures, health.dead) == ("failing", 5, 1)
        await Ledger(session, kit.clock).retry(row.id)
    assert await kit.round() == 1
    assert kit.notifier.sent[0][1].key == str(row.id), "the same id as before"
    async with kit.database.snapshot() as session:
        health = (await kit.channels(session).get(phone)).health
        assert (health.state, health.failures, health.sent) == ("ok", 0, 1)
        with pytest.raises(DeliveryNotDead):
            await Ledger(session, kit.clock).retry(row.id)


async def test_what_nobody_takes_for_a_day_is_given_up(kit: Kit) -> None:
    await one_alert(kit)
    kit.notifier.down = {"phone"}
    for _ in range(25):
        await kit.round(HOUR)
    (row,) = await kit.ledger()
    assert (row.state, row.reason) == (DeliveryState.DEAD, "Nothing answers there.")


@pytest.mark.both_engines
async def test_a_message_whose_sender_died_is_sent_again_under_the_same_id(kit: Kit) -> None:
    await one_alert(kit)
    await kit.compose()
    claimed = await kit.deliverer("dying")._claim(set())
    assert len(claimed) == 1
    assert await kit.round(59 * SECOND) == 0, "the lease holds"
    assert await kit.round(5 * SECOND) == 1
    first, second = await attempts(kit)
    assert (first.state, first.worker) == (AttemptState.INTERRUPTED, "dying")
    assert "may have arrived" in first.answer
    assert (second.state, second.worker) == (AttemptState.DELIVERED, "one")
    assert kit.notifier.sent[0][1].key == str(claimed[0].delivery.id)


@pytest.mark.both_engines
async def test_two_workers_never_send_the_same_message(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    for number in range(60):
        await kit.fire(f"alert {number}")
    await kit.compose()
    async with asyncio.TaskGroup() as group:
        for worker in ("one", "two", "three"):
            group.create_task(kit.deliverer(worker).deliver())
    keys = [message.key for _, message in kit.notifier.sent]
    assert len(keys) == len(set(keys)) == 60


async def test_the_messages_about_one_alert_keep_their_order(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    alert = await kit.fire("nas is offline")
    kit.notifier.failures = [busy(100)]
    await kit.round()
    await kit.resolve(alert, "nas is back")
    await kit.fire("another")
    await kit.round(SECOND)
    assert kit.notifier.titles == ["[warning] another"], "the end waits for the beginning"
    await kit.round(120 * SECOND)
    await kit.round()
    assert kit.notifier.titles[1:] == ["[warning] nas is offline", "nas is back"]


async def test_a_channel_that_fails_is_tried_by_one_message_at_a_time(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    await kit.route(at_once(phone, mail))
    kit.notifier.down = {"phone"}
    for number in range(20):
        await kit.fire(f"alert {number}")
    await kit.round()
    tried = len([one for one in await attempts(kit) if one.state == AttemptState.FAILED])
    await kit.round(HOUR)
    later = len([one for one in await attempts(kit) if one.state == AttemptState.FAILED])
    assert later - tried <= 2
    assert len(kit.notifier.to("mail")) == 20
    kit.notifier.down = set()
    for _ in range(3):
        await kit.round(2 * HOUR)
    assert len(kit.notifier.to("phone")) == 20


async def test_what_fails_for_too_long_goes_to_the_channel_behind(kit: Kit) -> None:
    mail = await kit.channel("mail")
    phone = await kit.channel("phone", fallback_id=mail, fallback_after_minutes=10)
    await kit.route(at_once(phone))
    kit.notifier.down = {"phone"}
    alert = await kit.fire("nas is offline")
    await kit.round()
    await kit.round(9 * MINUTE)
    assert kit.notifier.sent == []
    await kit.round(2 * MINUTE)
    (message,) = kit.notifier.to("mail")
    assert message.title == "[warning] nas is offline"
    assert "phone does not take messages: Nothing answers there." in message.text
    kit.notifier.down = set()
    await kit.round(HOUR)
    await kit.resolve(alert, "nas is back")
    await kit.round(MINUTE)
    assert [one.is_over for one in kit.notifier.to("phone")] == [False, True]
    assert [one.is_over for one in kit.notifier.to("mail")] == [False, True]


async def test_a_note_that_comes_after_the_lease_does_not_overwrite(kit: Kit) -> None:
    await one_alert(kit)
    await kit.compose()
    (late,) = await kit.deliverer("late")._claim(set())
    assert await kit.round(65 * SECOND) == 1
    async with kit.database.transaction() as session:
        claims = Claims(session, kit.clock.now(), kit.settings, "late")
        ended = Ended(late, Outcome("failed", 1.0, busy(1)))
        assert await claims.note([ended]) == [late.delivery.id]
    (row,) = await kit.ledger()
    assert row.state == DeliveryState.DELIVERED


async def test_those_who_only_see_alerts_see_no_answers_of_receivers(kit: Kit) -> None:
    await one_alert(kit, give_up_after_minutes=1)
    kit.notifier.down = {"phone"}
    await kit.round()
    await kit.round(2 * MINUTE)
    async with kit.database.snapshot() as session:
        page = await Ledger(session, kit.clock).page(CHARLIE, DeliveryQuery())
        detail = await Ledger(session, kit.clock).get(CHARLIE, page.items[0].id)
    assert (page.items[0].state, page.items[0].reason, page.items[0].answer) == (
        DeliveryState.DEAD,
        "It could not be delivered.",
        "",
    )
    assert {one.answer for one in detail.tries} == {""}


async def test_a_secret_does_not_follow_the_channel_to_another_host(kit: Kit) -> None:
    wish = ChannelWrite(
        name="mine",
        service="ntfy",
        settings={"server": "https://ntfy.test"},
        secrets={"topic": SecretStr("a-topic"), "token": SecretStr("t0ken")},
    )
    async with kit.database.transaction() as session:
        made = await kit.channels(session).create(TESTS, wish)
    assert made.secrets_set == ["token", "topic"]
    assert "a-topic" not in made.model_dump_json()
    kept = wish.model_copy(update={"secrets": {}, "name": "renamed"})
    elsewhere = kept.model_copy(update={"settings": {"server": "https://evil.test"}})
    async with kit.database.transaction() as session:
        assert (await kit.channels(session).edit(TESTS, made.id, kept)).name == "renamed"
    async with kit.database.snapshot() as session:
        with pytest.raises(ChannelNotValid) as caught:
            await kit.channels(session).edit(TESTS, made.id, elsewhere)
    assert caught.value.context["errors"] == [
        {
            "pointer": f"/body/secrets/{name}",
            "detail": "It was entered for another address: enter it again.",
        }
        for name in ("token", "topic")
    ]


async def test_a_channel_that_a_route_tells_is_not_deleted(kit: Kit) -> None:
    phone = await one_alert(kit)
    async with kit.database.snapshot() as session:
        with pytest.raises(ChannelInUse, match="route"):
            await kit.channels(session).delete(TESTS, phone)


async def test_a_stored_address_of_another_row_does_not_open(kit: Kit) -> None:
    await one_alert(kit)
    await kit.channel("other")
    async with kit.database.transaction() as session:
        rows = (await session.scalars(select(NotificationChannel))).all()
        rows[0].secret, rows[1].secret = rows[1].secret, rows[0].secret
    await kit.round()
    assert kit.notifier.sent == []
    (row,) = await kit.ledger()
    assert row.state == DeliveryState.RETRYING


class Gate(FakeNotifier):
    """A receiver that takes a message only once the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.is_asked = asyncio.Event()

    async def send(self, address: Address, message: Message) -> Receipt:
        self.is_asked.set()
        await self.open.wait()
        return await super().send(address, message)


async def holds_its_lease(kit: Kit) -> bool:
    (row,) = await kit.ledger()
    return row.lease_until is not None and row.lease_until > kit.clock.now()


@pytest.mark.both_engines
async def test_a_slow_receiver_does_not_cost_a_living_sender_its_lease(kit: Kit) -> None:
    kit.settings = NotificationsPart(lease_seconds=0.3)
    kit.notifier = gate = Gate()
    await one_alert(kit)
    await kit.compose()
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(kit.deliverer("slow").deliver())
        await gate.is_asked.wait()
        kit.clock.advance(timedelta(seconds=1))
        async with asyncio.timeout(20):
            while not await holds_its_lease(kit):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
        assert await kit.deliverer("two").deliver() == 0
        gate.open.set()
    assert sending.result() == 1
    assert [one.state for one in await attempts(kit)] == ["delivered"]


async def test_a_message_is_not_sent_again_by_the_process_that_has_it_in_hand(kit: Kit) -> None:
    kit.notifier = gate = Gate()
    await one_alert(kit)
    await kit.compose()
    worker = kit.deliverer()
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(worker.deliver())
        await gate.is_asked.wait()
        kit.clock.advance(HOUR)  # the machine slept, or the database was away
        assert await worker.deliver() == 0
        gate.open.set()
    assert sending.result() == 1
    assert len(await attempts(kit)) == 1


class OneBreaks(FakeNotifier):
    """A notifier with a fault of its own, which one message meets."""

    async def send(self, address: Address, message: Message) -> Receipt:
        if "broken" in message.title:
            raise RuntimeError("A fault nobody foresaw.")
        await asyncio.sleep(0.05)  # the others are on their way when it breaks
        return await super().send(address, message)


async def test_a_message_that_breaks_its_sending_does_not_cut_off_the_others(kit: Kit) -> None:
    kit.notifier = OneBreaks()
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    for title in ("one", "broken", "two"):
        await kit.fire(title)
    with pytest.raises(RuntimeError):
        await kit.round()
    states = {row.title: row.state for row in await kit.ledger()}
    assert states == {
        "[warning] one": DeliveryState.DELIVERED,
        "[warning] two": DeliveryState.DELIVERED,
        "[warning] broken": DeliveryState.SENDING,
    }


async def test_what_waits_long_is_tried_soon_after_the_channel_works_again(kit: Kit) -> None:
    await one_alert(kit)
    kit.notifier.failures = [busy(1) for _ in range(9)]
    for _ in range(9):
        await kit.round(2 * HOUR)
    (row,) = await kit.ledger()
    # After nine failures it is 10 s * 2**8 = 43 minutes, and jitter takes up to a fifth of that.
    assert row.next_try_at - kit.clock.now() > 34 * MINUTE, "its own pause has grown"
    await kit.fire("another")
    await kit.round(SECOND)
    (first, _) = await kit.ledger()
    assert first.next_try_at <= kit.clock.now() + MINUTE
    await kit.round(MINUTE)
    assert kit.notifier.titles == ["[warning] another", "[warning] nas is offline"]


async def test_failures_that_are_noted_at_once_all_count(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    kit.notifier.down = {"phone"}
    for number in range(8):
        await kit.fire(f"alert {number}")
    await kit.round()
    async with kit.database.snapshot() as session:
        assert (await kit.channels(session).get(phone)).health.failures == 8


async def test_hanging_receivers_leave_workers_to_the_other_jobs(kit: Kit) -> None:
    kit.notifier = gate = Gate()
    worker = kit.deliverer()
    await one_alert(kit)
    async with asyncio.TaskGroup() as group:
        for number in range(MOST_ROUNDS):
            assert not worker.is_busy
            gate.is_asked.clear()
            await kit.fire(f"alert {number}")
            await kit.compose()
            group.create_task(worker.deliver())
            await gate.is_asked.wait()
        assert worker.is_busy
        gate.open.set()
    assert not worker.is_busy
