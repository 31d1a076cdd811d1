"""What is told of an alert that goes on: silenced meanwhile, given back, or worse than before."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.kernel.ids import uuid7
from app.models.core.alert import Alert, AlertState, Severity
from app.models.core.notification_delivery import DeliveryState
from app.schemas.core.notification_route import ExplainQuery, Hours, RouteMatch
from tests.services.core.notifications.kit import Kit, at_once

MINUTE = timedelta(minutes=1)


async def stored(kit: Kit, alert_id: uuid.UUID, **more: object) -> None:
    """Store the row of an alert as the engine would have left it."""
    server = await kit.server("db" + alert_id.hex)
    values: dict[str, object] = {
        "kind": "drive_health",
        "domain": "infrastructure",
        "severity": Severity.WARNING,
        "state": AlertState.FIRING,
        "muted_by": "",
        **more,
    }
    async with kit.database.transaction() as session:
        await session.execute(delete(Alert).where(Alert.id == alert_id))
        session.add(
            Alert(
                id=alert_id,
                resource_id=server,
                fingerprint=alert_id.hex,
                title="sda is not well",
                message="3 bad sectors.",
                began_at=kit.clock.now(),
                fired_at=kit.clock.now(),
                **values,
            )
        )


@pytest.mark.both_engines
@pytest.mark.parametrize("muted_by", ["Silenced by bob: new disks", "It is snoozed."])
async def test_a_muted_alert_is_neither_repeated_nor_escalated_until_the_mute_ends(
    kit: Kit, muted_by: str
) -> None:
    phone, boss = await kit.channel("phone"), await kit.channel("boss")
    await kit.route(
        at_once(phone, repeat_minutes=10, escalate_after_minutes=15, escalate_to=[boss])
    )
    alert = await kit.fire("nas is offline")
    await kit.round()
    await stored(kit, alert, muted_by=muted_by)
    for _ in range(6):
        await kit.round(10 * MINUTE)
    assert kit.notifier.titles == ["[warning] nas is offline"]
    await stored(kit, alert)
    await kit.unmute(alert, "nas is offline")
    await kit.round()
    assert kit.notifier.titles[1:] == ["[warning] Still: nas is offline"], "told once, then"
    await kit.round(10 * MINUTE)
    await kit.round(5 * MINUTE)
    assert kit.notifier.titles[2:] == [
        "[warning] Still: nas is offline",
        "[warning] Nobody reacts: nas is offline",
    ]


async def test_what_still_waits_for_the_morning_is_not_said_twice_when_a_mute_ends(
    kit: Kit,
) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone, quiet=[Hours(begin="00:00", end="13:00")]))
    alert = await kit.fire("/srv is filling")
    await kit.unmute(alert, "/srv is filling")
    await kit.round(60 * MINUTE)
    assert kit.notifier.titles == ["[warning] /srv is filling"]


async def test_what_was_taken_on_and_given_back_is_repeated_again(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone, repeat_minutes=30))
    alert = await kit.fire("nas is offline")
    await kit.round()
    await kit.acknowledge(alert, "nas is offline")
    await kit.round(60 * MINUTE)
    assert len(kit.notifier.sent) == 1
    await kit.reopen(alert, "nas is offline")
    await kit.round(29 * MINUTE)
    assert len(kit.notifier.sent) == 1
    await kit.round(MINUTE)
    assert kit.notifier.titles[1:] == ["[warning] Still: nas is offline"]


@pytest.mark.both_engines
async def test_a_warning_that_becomes_critical_is_told_to_all_whom_it_concerns_once(
    kit: Kit,
) -> None:
    mail, phone = await kit.channel("mail"), await kit.channel("phone")
    await kit.route(
        at_once(phone), RouteMatch(severities=(Severity.CRITICAL,)), name="bad", position=0
    )
    await kit.route(at_once(mail), name="rest", position=1)
    alert = await kit.fire("sda is not well")
    await kit.round()
    await kit.acknowledge(alert, "sda is not well")
    for _ in range(2):  # it goes to and fro, and is told of once
        await kit.worsen(alert, "sda is not well", severity="critical")
        await kit.round(MINUTE)
    assert [one.title for one in kit.notifier.to("phone")] == ["[critical] sda is not well"]
    assert [one.title for one in kit.notifier.to("mail")] == [
        "[warning] sda is not well",
        "[critical] sda is not well",
    ]
    await kit.resolve(alert, "sda is well again", severity="critical")
    await kit.round()
    assert kit.notifier.to("phone")[-1].title == kit.notifier.to("mail")[-1].title
    assert kit.notifier.to("phone")[-1].is_over


async def test_what_becomes_worse_while_it_is_muted_is_told_when_that_ends(kit: Kit) -> None:
    phone = await kit.channel("phone")
    await kit.route(at_once(phone))
    alert = await kit.fire("sda is not well")
    await kit.round()
    await kit.worsen(alert, "sda is not well", severity="critical", muted_by="It is snoozed.")
    await kit.round()
    assert [row.state for row in await kit.ledger()] == [
        DeliveryState.DELIVERED,
        DeliveryState.SUPPRESSED,
    ]
    await kit.unmute(alert, "sda is not well", severity="critical")
    await kit.round()
    assert kit.notifier.titles[1:] == ["[critical] Still: sda is not well"]


async def test_who_would_get_an_alert_of_the_inbox_is_answered_for_that_very_alert(
    kit: Kit,
) -> None:
    phone, mail = await kit.channel("phone"), await kit.channel("mail")
    match = RouteMatch(severities=(Severity.CRITICAL,), domains=("core",))
    await kit.route(at_once(phone), match, name="bad", position=0)
    await kit.route(at_once(mail), name="rest", position=1)
    alert = uuid7()
    await stored(kit, alert, severity=Severity.CRITICAL, domain="core")
    async with kit.database.snapshot() as session:
        found = await kit.routes(session).explain(ExplainQuery(alert_id=alert))
    assert found.summary == "It goes to phone.", "of its severity and domain, not of a warning's"
