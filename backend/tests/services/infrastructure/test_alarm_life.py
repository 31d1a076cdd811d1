"""Alarms over whole cycles: from the machine to the receiver, across restarts."""

import json
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alarm_channel import ChannelKind
from app.models.core.alert import Alert, AlertMessage
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.shell import Unreachable
from app.schemas.core.alarm import AlarmChannelWrite, AlertQuery
from app.services.core.alarm_delivery import AlarmDelivery
from app.services.core.alarm_settings import (
    AlarmAddressNotValid,
    AlarmSettings,
    NoAlarmAddress,
    send_test,
)
from app.services.core.alert_list import AlertList
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import system
from app.services.infrastructure.alarm_sweep import end_unwatched
from tests.fakes.webhook import FakeSender
from tests.services.infrastructure.collecting import DF, UNITS, Site, df

URL = "https://ntfy.test/a-secret-topic"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


async def set_channel(site: Site, kind: ChannelKind = ChannelKind.WEBHOOK) -> None:
    async with site.database.transaction() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        await AlarmSettings(session, site.clock, site.vault, audit).write(
            system("test"), AlarmChannelWrite(kind=kind, url=SecretStr(URL), token=SecretStr("t0p"))
        )


async def deliver(site: Site, sender: FakeSender) -> int:
    return await AlarmDelivery(site.database, site.vault, site.clock, sender).deliver()


async def titles(site: Site) -> list[str]:
    async with site.database.snapshot() as session:
        return list(await session.scalars(select(AlertMessage.title).order_by(AlertMessage.id)))


async def test_offline_goes_out_once_and_once_when_over_across_restarts(
    site: Site, sender: FakeSender
) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    await site.collector().collect_due()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle()
    assert await titles(site) == []
    for _ in range(3):
        await site.next_cycle()  # each with a collector of its own, as after a restart
    assert await titles(site) == ["nas is offline"]
    assert await deliver(site, sender) == 1
    del site.shells.failures[str(server_id)]
    await site.next_cycle()
    await site.next_cycle()
    assert await titles(site) == ["nas is offline", "nas is back online"]
    assert await deliver(site, sender) == 1
    assert await deliver(site, sender) == 0
    bodies = [json.loads(request.body) for request in sender.sent]
    assert [body["event"] for body in bodies] == ["firing", "resolved"]
    assert bodies[0]["message"] == "No route."
    assert sender.sent[0].headers["Authorization"] == "Bearer t0p"
    keys = {request.headers["Idempotency-Key"] for request in sender.sent}
    assert len(keys) == 2


async def test_a_filesystem_fires_above_90_and_clears_below_88(site: Site) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    for percent in (89, 91, 93, 89, 91, 87, 87):
        site.machine(server_id).answers(*DF, stdout=df(percent))
        await site.next_cycle()
    assert await titles(site) == ["nas: / is nearly full", "nas: / has room"]


async def test_a_failed_unit_is_named(site: Site) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    line = "backup.service loaded failed failed Nightly backup\n"
    site.machine(server_id).answers(*UNITS, stdout=line)
    await site.next_cycle()
    site.machine(server_id).answers(*UNITS, stdout="")
    await site.next_cycle()
    assert await titles(site) == [
        "nas: backup.service has failed",
        "nas: backup.service no longer failed",
    ]


async def test_while_a_server_is_offline_its_other_alerts_stay(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    site.shells.failures[str(server_id)] = Unreachable("No route.")
    await site.next_cycle()
    await site.next_cycle()
    async with site.database.snapshot() as session:
        page = await AlertList(session).page(AlertQuery())
        assert {(one.kind, one.state) for one in page.items} == {
            ("filesystem_full", "firing"),
            ("server_offline", "firing"),
        }


async def test_switching_a_server_off_ends_its_alerts(site: Site) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    assert await end_unwatched(site.database, site.clock) == []
    async with site.database.transaction() as session:
        (await session.get_one(MonitoredServer, server_id)).is_enabled = False
    assert len(await end_unwatched(site.database, site.clock)) == 1
    assert await end_unwatched(site.database, site.clock) == []
    assert await titles(site) == ["nas: / is nearly full", "nas is no longer watched"]


async def test_without_an_address_alerts_stand_but_nothing_queues(site: Site) -> None:
    server_id = await site.enter("nas")
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    assert await titles(site) == []
    async with site.database.snapshot() as session:
        assert (await session.scalars(select(Alert.state))).all() == ["firing"]


async def test_a_receiver_that_is_down_gets_it_later_with_growing_pauses(
    site: Site, sender: FakeSender
) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    sender.is_down = True
    assert await deliver(site, sender) == 0
    sender.is_down = False
    assert await deliver(site, sender) == 0  # not before its time
    site.clock.advance(timedelta(seconds=30))
    sender.answers.append(500)
    assert await deliver(site, sender) == 0
    site.clock.advance(timedelta(seconds=30))
    assert await deliver(site, sender) == 0
    site.clock.advance(timedelta(seconds=30))
    assert await deliver(site, sender) == 1


async def test_an_end_waits_for_its_beginning_to_arrive(site: Site, sender: FakeSender) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    sender.is_down = True
    await deliver(site, sender)
    site.machine(server_id).answers(*DF, stdout=df(10))
    await site.collector().collect_server(server_id)
    sender.is_down = False
    assert await deliver(site, sender) == 0
    site.clock.advance(timedelta(minutes=1))
    await deliver(site, sender)
    await deliver(site, sender)
    assert [json.loads(one.body)["event"] for one in sender.sent] == ["firing", "resolved"]


async def test_a_message_that_nobody_takes_for_a_day_is_given_up(
    site: Site, sender: FakeSender
) -> None:
    server_id = await site.enter("nas")
    await set_channel(site)
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    sender.is_down = True
    for _ in range(40):
        await deliver(site, sender)
        site.clock.advance(timedelta(hours=1))
    async with site.database.snapshot() as session:
        message = (await session.scalars(select(AlertMessage))).one()
    assert message.state == "given_up"
    assert message.error == "Nothing answers there."


async def test_ntfy_gets_title_and_text_in_its_own_form(site: Site, sender: FakeSender) -> None:
    server_id = await site.enter("nås")
    await set_channel(site, ChannelKind.NTFY)
    site.machine(server_id).answers(*DF, stdout=df(95))
    await site.next_cycle()
    await deliver(site, sender)
    request = sender.sent[0]
    assert request.url == URL
    assert request.body == b"/ is 95 % full."
    assert request.headers["Title"].isascii()
    assert request.headers["Priority"] == "high"


async def test_the_address_is_sealed_and_never_shown_again(site: Site) -> None:
    await set_channel(site)
    async with site.database.snapshot() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        settings = AlarmSettings(session, site.clock, site.vault, audit)
        shown = await settings.read()
        assert (await settings.opened()).url == URL
    assert shown.url_hint == "https://ntfy.test/…"
    assert "secret-topic" not in shown.model_dump_json()


async def test_an_edit_without_secrets_keeps_them(site: Site) -> None:
    await set_channel(site)
    async with site.database.transaction() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        settings = AlarmSettings(session, site.clock, site.vault, audit)
        await settings.write(
            system("test"), AlarmChannelWrite(kind=ChannelKind.NTFY, url=None, is_enabled=False)
        )
        opened = await settings.opened()
        assert (opened.url, opened.token, opened.kind) == (URL, "t0p", "ntfy")


async def test_a_stored_token_does_not_follow_the_address_to_another_host(site: Site) -> None:
    await set_channel(site)
    elsewhere = SecretStr("https://elsewhere.test/topic")
    async with site.database.transaction() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        settings = AlarmSettings(session, site.clock, site.vault, audit)
        await settings.write(
            system("test"), AlarmChannelWrite(kind=ChannelKind.NTFY, url=elsewhere)
        )
        assert (await settings.opened()).token is None


async def test_an_address_that_is_none_is_refused(site: Site) -> None:
    async with site.database.snapshot() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        settings = AlarmSettings(session, site.clock, site.vault, audit)
        with pytest.raises(AlarmAddressNotValid):
            await settings.write(
                system("test"),
                AlarmChannelWrite(kind=ChannelKind.NTFY, url=SecretStr("ntfy.sh/topic")),
            )
        with pytest.raises(NoAlarmAddress):
            await settings.opened()


async def test_the_test_message_tells_what_came_of_it(site: Site, sender: FakeSender) -> None:
    await set_channel(site)
    async with site.database.snapshot() as session:
        audit = AuditLog(session, site.clock, site.vault.subkey(KEY_INFO))
        channel = await AlarmSettings(session, site.clock, site.vault, audit).opened()
    assert (await send_test(channel, sender, site.clock)).has_arrived
    sender.is_down = True
    result = await send_test(channel, sender, site.clock)
    assert (result.has_arrived, result.detail) == (False, "Nothing answers there.")
