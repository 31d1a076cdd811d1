"""Reports through the API: planned, shown in a frame that may do nothing, sent and listed."""

import pytest

from tests.fixtures.cast import Cast, Person
from tests.fixtures.two_groups import CANARY, World

CHANNELS = "/api/notifications/channels"
REPORTS = "/api/infrastructure/reports"


@pytest.fixture
async def alice(cast: Cast) -> Person:
    return await cast.logged_in("alice")


async def test_a_mail_is_framed_by_unity_alone_and_may_do_nothing(alice: Person) -> None:
    answer = await alice.get(f"{REPORTS}/preview/page")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    other = await alice.get("/api/system")
    assert other.headers["x-frame-options"] == "DENY"


async def test_a_report_is_planned_sent_read_again_and_audited(alice: Person) -> None:
    made = (await alice.post(REPORTS, {"name": "Weekly", "weekday": 4, "zone": "UTC"})).json()
    assert made["next_at"].startswith("2026-03-20T07:00"), "the next Friday"
    sent = await alice.post(f"{REPORTS}/{made['id']}/send", {})
    assert (sent.status_code, sent.json()["requested_by"]) == (200, "alice")
    issue = sent.json()["id"]
    (listed,) = (await alice.get(f"{REPORTS}/issues")).json()["items"]
    assert listed["id"] == issue
    read = (await alice.get(f"{REPORTS}/issues/{issue}")).json()
    page = await alice.get(f"{REPORTS}/issues/{issue}/page")
    assert page.text == read["html"]
    assert (await alice.delete(f"{REPORTS}/{made['id']}")).status_code == 204
    assert (await alice.get(f"{REPORTS}/issues/{issue}")).json()["text"] == read["text"]
    entries = (await alice.get("/api/audit")).json()["items"]
    found = {entry["action"] for entry in entries}
    assert {"health_report.created", "health_report.sent", "health_report.deleted"} <= found


async def test_a_report_says_that_its_last_channel_is_gone_or_off(alice: Person) -> None:
    form = {"name": "Log", "service": "webhook", "secrets": {"url": "https://one.example/log"}}
    channel = (await alice.post(CHANNELS, form)).json()
    wish = {"name": "Weekly", "channel_ids": [channel["id"]]}
    assert (await alice.post(REPORTS, wish)).json()["finding"] == ""

    await alice.call("PUT", f"{CHANNELS}/{channel['id']}", {**form, "is_enabled": False})
    (off,) = (await alice.get(REPORTS)).json()
    assert "switched off" in off["finding"]

    for route in (await alice.get("/api/notifications/routes")).json():
        await alice.delete(f"/api/notifications/routes/{route['id']}")
    assert (await alice.delete(f"{CHANNELS}/{channel['id']}")).status_code == 204
    (gone,) = (await alice.get(REPORTS)).json()
    assert gone["channel_ids"] == []
    assert "was deleted" in gone["finding"]

    await alice.call("PUT", f"{REPORTS}/{gone['id']}", {"name": "Weekly", "is_enabled": False})
    (quiet,) = (await alice.get(REPORTS)).json()
    assert quiet["finding"] == "", "it is switched off, so nobody waits for it"


@pytest.mark.parametrize(
    ("wish", "status", "where"),
    [
        ({"name": "Weekly", "clock": "25:00"}, 422, "/body/clock"),
        ({"name": "Weekly", "zone": "Mars/Olympus"}, 422, "/body/zone"),
        ({"name": "Weekly", "weekday": 7}, 422, "/body/weekday"),
        ({"name": "Weekly", "group_id": "0" * 32}, 422, "/body/group_id"),
        ({"name": "Weekly", "channel_ids": ["0" * 32]}, 422, "/body/channel_ids"),
    ],
)
async def test_what_cannot_be_planned_is_refused_at_its_field(
    alice: Person, wish: dict[str, object], status: int, where: str
) -> None:
    answer = await alice.post(REPORTS, wish)
    assert answer.status_code == status
    assert [one["pointer"] for one in answer.json()["errors"]] == [where]


async def test_a_report_of_a_group_holds_nothing_of_another_one(world: World) -> None:
    alice = await world.cast.logged_in("alice")
    near = await alice.get(f"{REPORTS}/preview?group_id={world.near.group}")
    assert near.status_code == 200
    assert "nearby" in near.text
    assert CANARY not in near.text
    assert CANARY in (await alice.get(f"{REPORTS}/preview")).text


async def test_who_has_rights_in_groups_only_sees_no_report(world: World) -> None:
    grace = await world.cast.logged_in("grace")  # admin of one group
    for path in ("", "/preview", "/issues"):
        answer = await grace.get(f"{REPORTS}{path}")
        assert answer.status_code == 403, path
    of_her_group = await grace.get(f"{REPORTS}/preview?group_id={world.near.group}")
    assert of_her_group.status_code == 403
