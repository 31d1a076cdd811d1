"""When reports are made, to whom they go, and that each is made once."""

import asyncio
import email
import email.policy
import ipaddress
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from app.adapters.live_memory import MemoryLiveBus
from app.adapters.notify import Notifiers
from app.kernel.clock import ManualClock
from app.kernel.config import NotificationsPart
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import JsonValue, StartRefused
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import DeliveryKind, DeliveryState
from app.models.core.resource import ResourceGroup
from app.models.infrastructure.report import HealthReport
from app.schemas.core.notification_channel import ChannelWrite
from app.schemas.infrastructure.report import HealthReportRead, HealthReportWrite
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.notifications.delivering import Deliverer
from app.services.infrastructure.reports.service import HealthReportService
from tests.parts.receivers import mail_receiver
from tests.services.core.notifications.kit import TESTS, Kit
from tests.services.infrastructure.reports.house import House

WEEK = timedelta(days=7)
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


async def planned(house: House, *channels: uuid.UUID, **more: object) -> HealthReportRead:
    """Plan a report for Monday at seven in Berlin."""
    wish = HealthReportWrite.model_validate(
        {
            "name": "Weekly",
            "weekday": 0,
            "clock": "07:00",
            "zone": "Europe/Berlin",
            "channel_ids": [*channels],
            **more,
        }
    )
    async with house.database.transaction() as session:
        audit = AuditLog(session, house.clock, Vault(b"k" * 32).subkey(KEY_INFO))
        return await HealthReportService(session, house.clock, audit, "UTC").create(TESTS, wish)


@pytest.fixture
def kit(database: Database, clock: ManualClock, vault: Vault) -> Kit:
    return Kit(database, clock, vault)


@pytest.mark.both_engines
async def test_a_report_comes_once_a_week_however_many_workers_look(house: House, kit: Kit) -> None:
    await house.server("web")
    report = await planned(house, await kit.channel("hook"))
    assert report.next_at == datetime(2026, 3, 16, 6, tzinfo=UTC), "seven in Berlin in winter"
    assert await house.maker().make_due() == 0
    house.clock.advance(report.next_at - house.now)
    made = await asyncio.gather(*(house.maker().make_due() for _ in range(3)))
    assert sum(made) == 1
    assert await house.maker().make_due() == 0
    house.clock.advance(WEEK)
    assert await house.maker().make_due() == 1
    assert [one.title for one in await house.issues()] == [
        "Weekly: nothing is wrong now, 0 alerts in the week"
    ] * 2
    assert len(await house.deliveries()) == 2


@pytest.mark.parametrize(
    ("start", "wall", "expected"),
    [
        # 29 March 2026: 02:30 does not exist, and it comes an hour later on the wall.
        ((2026, 3, 28), "02:30", [(2026, 3, 29, 1, 30), (2026, 4, 5, 0, 30)]),
        # 25 October 2026: 02:30 comes twice, and the report once.
        ((2026, 10, 24), "02:30", [(2026, 10, 25, 0, 30), (2026, 11, 1, 1, 30)]),
        ((2026, 10, 24), "07:00", [(2026, 10, 25, 6, 0), (2026, 11, 1, 6, 0)]),
    ],
)
async def test_the_hour_holds_on_the_wall_when_clocks_change(
    house: House,
    start: tuple[int, int, int],
    wall: str,
    expected: list[tuple[int, int, int, int, int]],
) -> None:
    house.clock.advance(datetime(*start, tzinfo=UTC) - house.now)
    await planned(house, weekday=6, clock=wall)
    until = house.now + timedelta(days=9)
    while house.now < until:
        await house.maker().make_due()
        house.clock.advance(timedelta(minutes=30))
    assert [one.made_at for one in await house.issues()] == [
        datetime(*one, tzinfo=UTC) for one in expected
    ]


async def test_what_was_missed_while_unity_was_off_comes_once_and_late(house: House) -> None:
    await planned(house)
    house.clock.advance(3 * WEEK)
    assert await house.maker().make_due() == 1
    assert await house.maker().make_due() == 0


async def test_a_report_that_is_switched_off_does_not_come(house: House) -> None:
    assert (await planned(house, is_enabled=False)).next_at is None
    house.clock.advance(2 * WEEK)
    assert await house.maker().make_due() == 0


async def test_one_that_breaks_does_not_hold_up_the_others(house: House) -> None:
    broken = await planned(house, name="A broken one")
    await planned(house, name="B")
    async with house.database.transaction() as session:
        await session.execute(
            update(HealthReport).where(HealthReport.id == broken.id).values(zone="No/Where")
        )
    house.clock.advance(WEEK)
    with pytest.raises(StartRefused, match="No/Where"):
        await house.maker().make_due()
    assert [one.report_name for one in await house.issues()] == ["B"]


async def test_a_report_goes_when_its_group_goes_and_what_was_sent_stays(house: House) -> None:
    group = await house.group("home", await house.server("web"))
    await planned(house, group_id=group)
    house.clock.advance(WEEK)
    await house.maker().make_due()
    async with house.database.transaction() as session:
        await session.delete(await session.get_one(ResourceGroup, group))
    house.clock.advance(WEEK)
    assert await house.maker().make_due() == 0, "it never becomes one about everything"
    (issue,) = await house.issues()
    assert (issue.report_id, issue.report_name, issue.group_name) == (None, "Weekly", "home")


async def test_a_channel_that_is_off_gets_nothing_and_the_ledger_says_why(
    house: House, kit: Kit
) -> None:
    await planned(house, await kit.channel("on"), await kit.channel("off", is_enabled=False))
    house.clock.advance(WEEK)
    await house.maker().make_due()
    states = {one.channel_name: (one.state, one.reason) for one in await house.deliveries()}
    assert states == {
        "on": (DeliveryState.WAITING, ""),
        "off": (DeliveryState.SUPPRESSED, "The channel is switched off."),
    }
    assert (await house.issues())[0].channels == ["off", "on"]


async def test_other_channels_get_the_text(house: House, kit: Kit) -> None:
    await house.server("web")
    await planned(house, await kit.channel("hook"))
    house.clock.advance(WEEK)
    await house.maker().make_due()
    assert await kit.deliverer().deliver() == 1
    (message,) = [message for _, message in kit.notifier.sent]
    assert message.text.startswith("Weekly: nothing is wrong now")
    assert message.document["event"] == "report"
    counts = message.document["counts"]
    assert isinstance(counts, dict)
    assert counts["servers"] == 1
    assert message.is_over, "it is no alarm"


async def test_a_mail_server_gets_the_report_as_text_and_as_a_page(
    house: House, kit: Kit, vault: Vault
) -> None:
    server = await house.server("nås")
    await house.forecast(server, "/srv/fotos äöü", 9)
    async with mail_receiver() as receiver:
        channel = await mail_channel(kit, receiver.port)
        report = await planned(house, channel)
        house.clock.advance(WEEK)
        assert await house.maker().make_due() == 1
        deliverer = Deliverer(
            house.database,
            vault,
            house.clock,
            Notifiers(allowed=[LOOPBACK], seconds=5),
            live=MemoryLiveBus(),
            settings=NotificationsPart(),
            worker="one",
        )
        assert await deliverer.deliver() == 1
    (raw,) = receiver.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "Weekly: nothing is wrong now, 0 alerts in the week"
    assert "X-Priority" not in mail
    text, page = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert "/srv/fotos äöü on nås: in 2 days" in text.get_content()
    assert page.get_content_type() == "text/html"
    assert "/srv/fotos äöü" in page.get_content()
    assert not [part for part in mail.walk() if part.get_content_maintype() == "image"]
    (issue,) = await house.issues()
    assert issue.report_id == report.id
    assert issue.html.split() == page.get_content().split(), "the list shows what was sent"
    (delivery,) = await house.deliveries()
    assert (delivery.kind, delivery.state) == (DeliveryKind.REPORT, DeliveryState.DELIVERED)


async def mail_channel(kit: Kit, port: int) -> uuid.UUID:
    settings: dict[str, JsonValue] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "unity@home.test",
        "recipients": ["me@home.test"],
    }
    wish = ChannelWrite(name="mail", service="email", settings=settings, has_self_test=False)
    async with kit.database.transaction() as session:
        made = await kit.channels(session).create(TESTS, wish)
        assert await session.get(NotificationChannel, made.id)
    return made.id
