"""Who is told, when, in which message, and who is not."""

from datetime import timedelta

import pytest

from app.models.core.alert import Severity
from app.models.core.notification_delivery import DeliveryKind, DeliveryState
from app.schemas.core.notification_route import ExplainQuery, Hours, RouteMatch
from tests.services.core.notifications.kit import Kit, at_once

MINUTE = timedelta(minutes=1)


@pytest.mark.both_engines
async def test_an_alert_takes_the_first_route_that_fits_and_its_end_the_same(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    await kit.route(
        at_once(phone), RouteMatch(severities=(Severity.CRITICAL,)), name="bad", position=0
    )
    await kit.route(at_once(mail), name="rest", position=1)
    bad = await kit.fire("nas is offline", severity="critical")
    await kit.fire("nas is slow")
    assert await kit.round() == 2
    assert [one.title for one in kit.notifier.to("phone")] == ["[critical] nas is offline"]
    assert [one.title for one in kit.notifier.to("mail")] == ["[warning] nas is slow"]
    await kit.resolve(bad, "nas is back", severity="critical")
    await kit.round()
    assert kit.notifier.to("phone")[-1].title == "nas is back"
    assert len(kit.notifier.to("mail")) == 1


async def test_a_route_that_goes_on_lets_the_next_ones_tell_too(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    await kit.route(at_once(phone), name="first", position=0, goes_on=True)
    await kit.route(at_once(mail), name="second", position=1)
    await kit.route(at_once(phone), name="never reached", position=2)
    await kit.fire("nas is offline")
    await kit.round()
    assert len(kit.notifier.to("phone")) == len(kit.notifier.to("mail")) == 1


async def test_a_channel_in_two_routes_that_overlap_is_told_once(kit: Kit) -> None:
    phone, mail, chat = [await kit.channel(name) for name in ("phone", "mail", "chat")]
    await kit.route(at_once(phone, mail), name="first", position=0, goes_on=True)
    await kit.route(at_once(mail, chat), name="second", position=1, goes_on=True)
    await kit.route(at_once(chat, repeat_minutes=10), name="third", position=2)
    alert = await kit.fire("nas is offline")
    await kit.round()
    for name in ("phone", "mail", "chat"):
        assert len(kit.notifier.to(name)) == 1, name
    async with kit.database.snapshot() as session:
        told = (await kit.routes(session).explain(ExplainQuery())).told
    assert [(one.channel_name, one.route_name) for one in told] == [
        ("phone", "first"),
        ("mail", "first"),
        ("chat", "second"),
    ]
    await kit.resolve(alert, "nas is back")
    await kit.round(MINUTE)
    for name in ("phone", "mail", "chat"):
        assert [one.is_over for one in kit.notifier.to(name)] == [False, True], name


async def test_what_is_over_at_once_is_told_once_on_overlapping_routes(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    await kit.route(at_once(phone, group_wait_seconds=30), name="first", goes_on=True)
    await kit.route(at_once(phone, mail, group_wait_seconds=30), name="second", position=1)
    alert = await kit.fire("nas is offline")
    await kit.resolve(alert, "nas is back")
    await kit.round(MINUTE)
    assert len(kit.notifier.to("phone")) == len(kit.notifier.to("mail")) == 1


async def test_a_child_without_a_plan_tells_whom_its_parent_tells(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    server, other = await kit.server("nas"), await kit.server("web")
    top = await kit.route(at_once(mail), name="top")
    await kit.route(at_once(phone), RouteMatch(servers=(server,)), name="nas", parent_id=top)
    await kit.route(None, RouteMatch(servers=(other,)), name="web", parent_id=top, position=1)
    await kit.fire("nas is offline", resource_id=server)
    await kit.fire("web is offline", resource_id=other)
    await kit.fire("nobody is offline")
    await kit.round()
    assert [one.title for one in kit.notifier.to("phone")] == ["[warning] nas is offline"]
    assert len(kit.notifier.to("mail")) == 2


@pytest.mark.both_engines
async def test_alerts_of_one_server_come_in_one_message_after_the_wait(kit: Kit) -> None:
    phone, server = await kit.channel("phone"), await kit.server()
    await kit.route(
        at_once(phone, group_by="server", group_wait_seconds=10, group_interval_seconds=300)
    )
    for name in ("nas is offline", "/srv is full", "nginx has failed"):
        await kit.fire(name, resource_id=server)
    assert await kit.round() == 0
    assert await kit.round(timedelta(seconds=10)) == 1
    (message,) = kit.notifier.to("phone")
    assert message.title == "[warning] 3 alerts at nas: nas is offline"
    assert all(name in message.text for name in ("/srv is full", "nginx has failed"))
    await kit.fire("a fourth", resource_id=server)
    assert await kit.round(timedelta(seconds=60)) == 0, "the group has spoken a minute ago"
    assert await kit.round(timedelta(seconds=240)) == 1


async def test_only_those_who_heard_the_beginning_hear_the_end(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    await kit.route(at_once(phone, mail))
    kit.notifier.down = {"mail"}
    alert = await kit.fire("nas is offline")
    await kit.round()
    for _ in range(30):
        await kit.round(timedelta(hours=1))
    kit.notifier.down = set()
    await kit.resolve(alert, "nas is offline")
    await kit.round()
    assert [one.is_over for one in kit.notifier.to("phone")] == [False, True]
    assert kit.notifier.to("mail") == []
    dead = [one for one in await kit.ledger() if one.state == DeliveryState.DEAD]
    assert [one.channel_name for one in dead] == ["mail"]


async def test_an_end_that_waits_behind_a_dead_beginning_is_suppressed(kit: Kit) -> None:
    mail = await kit.channel("mail", give_up_after_minutes=5)
    await kit.route(at_once(mail))
    kit.notifier.down = {"mail"}
    alert = await kit.fire("nas is offline")
    await kit.round()
    kit.clock.advance(3 * MINUTE)
    await kit.resolve(alert, "nas is offline")
    await kit.round()
    await kit.round(3 * MINUTE)
    kit.notifier.down = set()
    await kit.round(MINUTE)
    assert kit.notifier.sent == []
    states = [(one.state, one.reason) for one in await kit.ledger()]
    assert states == [
        (DeliveryState.DEAD, "Nothing answers there."),
        (DeliveryState.SUPPRESSED, "Its beginning never arrived here."),
    ]


async def test_what_is_over_before_it_was_told_is_told_once(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone, group_wait_seconds=30))
    alert = await kit.fire("nas is offline")
    kit.clock.advance(timedelta(seconds=5))
    await kit.resolve(alert, "nas is back")
    await kit.round(timedelta(seconds=60))
    assert kit.notifier.titles == ["nas is back"]


async def test_a_muted_alert_stands_in_the_ledger_with_its_reason(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    alert = await kit.fire("nas is offline", muted_by="maintenance of nas")
    await kit.round()
    assert kit.notifier.sent == []
    (row,) = await kit.ledger()
    assert (row.state, row.reason) == (
        DeliveryState.SUPPRESSED,
        "It is muted: maintenance of nas",
    )
    await kit.unmute(alert, "nas is offline")
    await kit.round()
    assert kit.notifier.titles == ["[warning] nas is offline"]


async def test_the_end_is_told_although_it_was_muted_meanwhile(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    alert = await kit.fire("nas is offline")
    await kit.round()
    await kit.resolve(alert, "nas is back", muted_by="a silence")
    await kit.round()
    assert kit.notifier.titles == ["[warning] nas is offline", "nas is back"]


async def test_quiet_hours_hold_back_all_but_what_is_critical(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone, quiet=[Hours(begin="22:00", end="07:00")]))
    kit.clock.advance(timedelta(hours=11))  # 23:00
    await kit.fire("/srv is filling")
    await kit.fire("nas is offline", severity="critical")
    await kit.round()
    assert kit.notifier.titles == ["[critical] nas is offline"]
    await kit.round(timedelta(hours=7, minutes=59))
    assert len(kit.notifier.sent) == 1
    await kit.round(MINUTE)
    assert kit.notifier.titles[1:] == ["[warning] /srv is filling"]


@pytest.mark.both_engines
async def test_nobody_reacting_brings_in_others_also_in_quiet_hours(kit: Kit) -> None:
    phone, boss = await kit.channel("phone"), await kit.channel("boss")
    quiet = [Hours(begin="00:00", end="23:59")]
    plan = at_once(
        phone, quiet=quiet, escalate_after_minutes=15, escalate_to=[boss], repeat_minutes=0
    )
    await kit.route(plan)
    first = await kit.fire("nas is offline", severity="critical")
    second = await kit.fire("web is offline", severity="critical")
    await kit.round()
    await kit.acknowledge(second, "web is offline")
    await kit.round(15 * MINUTE)
    assert [one.title for one in kit.notifier.to("boss")] == [
        "[critical] Nobody reacts: nas is offline"
    ]
    await kit.round(60 * MINUTE)
    assert len(kit.notifier.to("boss")) == 1
    await kit.resolve(first, "nas is offline", severity="critical")
    await kit.resolve(second, "web is offline", severity="critical")
    await kit.round()
    assert [one.is_over for one in kit.notifier.to("boss")] == [False, True]
    assert "web is offline" not in kit.notifier.to("boss")[1].text


async def test_it_is_repeated_until_somebody_acknowledges(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone, repeat_minutes=30))
    alert = await kit.fire("nas is offline")
    await kit.round()
    for _ in range(2):
        await kit.round(30 * MINUTE)
    await kit.acknowledge(alert, "nas is offline")
    await kit.round(30 * MINUTE)
    assert kit.notifier.titles == [
        "[warning] nas is offline",
        "[warning] Still: nas is offline",
        "[warning] Still: nas is offline",
    ]


@pytest.mark.both_engines
async def test_a_daily_digest_comes_at_its_time_with_all_that_happened(kit: Kit) -> None:
    mail = await kit.channel("mail")
    await kit.route(at_once(mail, digest="daily", digest_at="18:00"))
    alert = await kit.fire("nas is offline")
    await kit.fire("/srv is filling")
    await kit.round(MINUTE)
    await kit.resolve(alert, "nas is offline")
    await kit.round(5 * 60 * MINUTE)
    assert kit.notifier.sent == []
    await kit.round(59 * MINUTE)
    (row,) = await kit.ledger()
    assert (row.kind, row.title) == (DeliveryKind.DIGEST, "Unity: 1 alert, 1 over")
    assert "nas is offline" in row.text


async def test_the_explanation_names_who_is_told_when_and_each_reason(kit: Kit) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    night = Hours(begin="22:00", end="06:00")
    await kit.route(
        at_once(phone), RouteMatch(severities=(Severity.CRITICAL,)), name="bad", position=0
    )
    await kit.route(at_once(phone), RouteMatch(hours=(night,)), name="night", position=1)
    await kit.route(
        at_once(mail, escalate_after_minutes=10, escalate_to=[phone]), name="rest", position=2
    )
    async with kit.database.snapshot() as session:
        found = await kit.routes(session).explain(ExplainQuery())
    assert found.summary == "It goes to mail."
    assert [(step.name, step.fits, step.why) for step in found.steps] == [
        ("bad", False, "Its severity is not one of these."),
        ("night", False, "It is not the time of this route."),
        ("rest", True, "It fits."),
    ]
    (told,) = found.told
    assert told.escalates_to == ["phone"]
    assert told.escalates_at == kit.clock.now() + 10 * MINUTE


@pytest.mark.both_engines
async def test_the_same_event_twice_is_told_once(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    alert = await kit.fire("nas is offline")
    await kit.unmute(alert, "nas is offline")
    await kit.round()
    assert len(kit.notifier.sent) == 1
