"""What a report says of a week, and what it must not say."""

import uuid
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from app.models.core.alert import AlertState, Severity
from app.services.infrastructure.reports.model import week_before
from app.services.infrastructure.reports.outages import Change, attendance
from app.services.infrastructure.reports.servers import BACKUP_AGE
from app.services.infrastructure.reports.text import bar
from app.services.infrastructure.reports.words import ahead, length, share
from tests.services.infrastructure.reports.house import House

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Tags(HTMLParser):
    """Counts the elements of a page, and which were never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag not in ("meta", "br", "base"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def text_of(house: House) -> str:
    return (await house.maker().preview("Weekly health", None)).text


async def fill(house: House, web: uuid.UUID, nas: uuid.UUID) -> None:
    """Let something be wrong in each list."""
    await house.forecast(nas, "/srv", 9)
    await house.forecast(nas, "/far", 200)
    sdb = await house.drive(nas, "sdb", "warning")
    await house.judged(sdb, 2 * DAY, "ok", "warning")
    sdc = await house.drive(nas, "sdc", "watch")
    await house.judged(sdc, 2 * DAY, "warning", "watch")
    await house.forecast(sdc, "", 300, "wear")
    await house.pool(nas, "tank", "state", "The pool is DEGRADED.")
    await house.pool(web, "fast", "scrub", "The last scrub was 61 days ago.")
    postgres = await house.engine(web, "orders")
    await house.engine(web, "cache")
    await house.measure(postgres, **{BACKUP_AGE: 20 * 86_400.0})
    await house.measure(
        web,
        unity_package_updates_pending=12,
        unity_package_security_updates_pending=3,
        node_reboot_required=1,
    )


@pytest.mark.both_engines
async def test_the_week_is_told_from_what_fired_to_what_is_full_soon(house: House) -> None:
    web = await house.server("web")
    nas = await house.server("nas", "offline", status_since=house.now - 5 * HOUR, reason="No route")
    await house.change(nas, 30 * HOUR, "online", "offline")
    await house.change(nas, 28 * HOUR, "offline", "online")
    await house.change(nas, 5 * HOUR, "online", "offline")
    for ago in (2, 26, 50):
        await house.alert(web, "web is busy", timedelta(hours=ago))
    await house.alert(web, "long ago", 9 * DAY)
    open_now = {"state": AlertState.FIRING, "resolved_at": None, "severity": Severity.CRITICAL}
    await house.alert(nas, "nas does not answer", 5 * HOUR, **open_now)
    await fill(house, web, nas)
    text = await text_of(house)
    assert text.startswith("Weekly health: 1 wrong now, 4 alerts in the week\n")
    assert "4 alerts fired (1 in the week before), 3 ended." in text
    assert "Servers: 1 online, 1 offline." in text
    assert "!! nas does not answer: critical, since" in text
    assert "/srv on nas: in 9 days, on 23 Mar 2026 (between 21 Mar 2026 and 26 Mar 2026)" in text
    assert "/far" not in text
    assert "sdb ST4000 on nas: ok → warning. 8 sectors wait to be remapped." in text
    assert "sdc ST4000 on nas" not in text, "it got better"
    assert "sdc on nas: in 10 months" in text
    assert "tank on nas: The pool is DEGRADED." in text
    assert "fast on web: The last scrub was 61 days ago." in text
    assert "orders on web: last backup 20 d ago" in text
    assert "1 of 2 databases leave no trace of their backups" in text
    assert "Unity itself: no destination is set up" in text
    assert "nas: away now: No answer; 2 outages, 7 h in all; longest 5 h, from" in text
    assert "there for 95.8 % of the time" in text
    assert f"{bar(87.5)} 87.5 % /srv on nas" in text
    assert "web: 3 security updates, 12 updates in all, waits for a reboot" in text
    assert "web is busy on web: 3 times" in text


@pytest.mark.both_engines
async def test_a_drive_in_trouble_is_told_with_its_server(house: House) -> None:
    nas = await house.server("nas")
    sdb = await house.drive(nas, "sdb", "failing")
    still = {"state": AlertState.FIRING, "resolved_at": None}
    await house.alert(sdb, "WD40 WD-1 (sdb) is not well", HOUR, **still)
    await house.alert(nas, "nas: web.service has failed", HOUR, **still)
    text = await text_of(house)
    assert "WD40 WD-1 (sdb) is not well on nas:" in text
    assert "nas: web.service has failed:" in text


async def test_a_report_of_a_group_knows_nothing_of_the_rest(house: House) -> None:
    near, far = await house.server("near"), await house.server("FARAWAY", "offline")
    group = await house.group("home", near)
    for server, word in ((near, "nearby"), (far, "FARAWAY")):
        open_now = {"state": AlertState.FIRING, "resolved_at": None}
        await house.alert(server, f"{word} fired", HOUR, **open_now)
        await house.alert(server, f"{word} again", 2 * HOUR)
        await house.alert(server, f"{word} again", 3 * HOUR)
        await house.forecast(server, f"/{word}", 5)
        drive = await house.drive(server, f"{word}-sda", "failing")
        await house.judged(drive, HOUR, "ok", "failing")
        await house.pool(server, f"{word}-pool", "state", "DEGRADED")
        await house.pool(server, f"{word}-late", "scrub", "61 days")
        base = await house.engine(server, f"{word}-base")
        await house.measure(base, **{BACKUP_AGE: 20 * 86_400.0})
        await house.measure(server, unity_package_security_updates_pending=3)
    await house.change(far, HOUR, "online", "offline")
    preview = await house.maker().preview("Weekly", group)
    for form in (preview.title, preview.text, preview.html):
        assert "FARAWAY" not in form
    assert preview.title == "Weekly of home: 1 wrong now, 3 alerts in the week"
    assert preview.counts["servers"] == 1
    for seen in ("nearby fired", "/nearby", "nearby-sda", "nearby-pool", "nearby-late"):
        assert seen in preview.text
    assert "nearby-base" in preview.text
    assert "Unity itself" not in preview.text, "Unity's own backups belong to no group"
    whole = await house.maker().preview("Weekly", None)
    assert "FARAWAY-sda" in whole.text


async def test_a_quiet_week_says_so_in_each_list(house: House) -> None:
    await house.server("web")
    preview = await house.maker().preview("Weekly", None)
    assert preview.title == "Weekly: nothing is wrong now, 0 alerts in the week"
    for calm in (
        "Nothing is wrong now.",
        "Nothing is foreseen to be full within three months.",
        "No drive was judged worse.",
        "Every pool is well.",
        "No scrub and no planned test is overdue.",
        "Every server answered all week.",
        "No server waits for a security update or a reboot.",
    ):
        assert calm in preview.text
        assert calm in preview.html


async def test_the_page_is_whole_and_shows_words_of_machines_as_words(house: House) -> None:
    evil = await house.server("<script>alert(1)</script>&\"'", "offline")
    await house.change(evil, HOUR, "online", "offline")
    await house.forecast(evil, '"><img src=x onerror=alert(1)>', 3)
    await house.alert(evil, "</td></table><h1>over\u202etaken", HOUR)
    preview = await house.maker().preview("Weekly", None)
    tags = Tags()
    tags.feed(preview.html)
    assert not tags.open, "every element is closed"
    assert {"script", "img", "iframe", "form", "link", "svg"}.isdisjoint(tags.seen)
    assert tags.seen.count("h1") == 1
    assert all(link.startswith("https://unity.test/") for link in tags.links)
    assert "http-equiv" not in preview.html
    assert "url(" not in preview.html, "nothing is loaded from anywhere"


async def test_without_an_address_of_its_own_a_report_has_no_links(house: House) -> None:
    await house.forecast(await house.server("web"), "/srv", 3)
    preview = await house.maker(link="").preview("Weekly", None)
    tags = Tags()
    tags.feed(preview.html)
    assert not tags.links
    assert "/srv" in preview.html


async def test_a_thousand_bad_things_stay_below_what_mail_programs_cut_off(house: House) -> None:
    for number in range(60):
        server = await house.server(f"server-{number:03}-{'x' * 80}", "offline")
        await house.forecast(server, f"/{'very-long-name/' * 15}{number}", 5)
        open_now = {"state": AlertState.FIRING, "resolved_at": None}
        await house.alert(server, f"{number} {'long title ' * 20}", HOUR, **open_now)
    preview = await house.maker().preview("Weekly", None)
    assert len(preview.html.encode()) < 100_000, "Gmail cuts mails off at 102 kB"
    assert "… and 50 more." in preview.text
    assert "Full soon (60)" in preview.html


def test_an_outage_that_began_before_the_week_counts_from_its_beginning() -> None:
    ended = datetime(2026, 1, 15, 12, tzinfo=UTC)
    week = week_before(ended, UTC)
    back = Change(week.began + 6 * HOUR, "offline", "online")
    seen = attendance(week, [back], "online", back.at, "")
    assert [one.length for one in seen.outages] == [6 * HOUR]
    assert seen.outages[0].began == week.began
    assert seen.percent == pytest.approx(100 * 162 / 168)


def test_a_server_that_was_away_all_week_was_there_for_nothing_of_it() -> None:
    week = week_before(datetime(2026, 1, 15, 12, tzinfo=UTC), UTC)
    seen = attendance(week, [], "offline", week.began - 3 * DAY, "No route")
    assert seen.percent == 0
    assert not seen.outages[0].is_over


def test_time_in_which_nobody_asked_is_no_outage_and_not_counted() -> None:
    week = week_before(datetime(2026, 1, 15, 12, tzinfo=UTC), UTC)
    added = Change(week.ended - DAY, "unknown", "online")
    away = Change(week.ended - 6 * HOUR, "online", "offline")
    seen = attendance(week, [added, away], "offline", away.at, "No route")
    assert seen.watched == DAY
    assert seen.percent == pytest.approx(75)


def test_a_week_with_a_change_of_the_clock_is_not_168_hours() -> None:
    spring = week_before(datetime(2026, 3, 30, 5, tzinfo=UTC), BERLIN)
    autumn = week_before(datetime(2026, 10, 26, 6, tzinfo=UTC), BERLIN)
    assert spring.length == timedelta(hours=167)
    assert autumn.length == timedelta(hours=169)
    assert spring.began.astimezone(BERLIN).hour == spring.ended.astimezone(BERLIN).hour == 7


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (share(99.9999), "99.99 %"),
        (share(100), "100 %"),
        (share(0.04), "0.0 %"),
        (bar(0), "░" * 20),
        (bar(0.1), "█" + "░" * 19),
        (bar(140), "█" * 20),
        (length(timedelta(days=2, hours=3, minutes=4)), "2 d 3 h"),
        (length(timedelta(seconds=4)), "less than a minute"),
        (ahead(timedelta(hours=3)), "within a day"),
        (ahead(timedelta(days=1)), "in 1 day"),
        (ahead(timedelta(days=30)), "in 4 weeks"),
    ],
)
def test_numbers_read_as_people_say_them(shown: str, wanted: str) -> None:
    assert shown == wanted
