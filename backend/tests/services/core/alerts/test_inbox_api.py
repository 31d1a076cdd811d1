"""The inbox through the API: filters, bulk verbs, history, and a constant number of statements."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.kernel.ids import uuid7
from tests.fixtures.cast import Cast, Person
from tests.services.core.alerts.scene import OFFLINE, UNIT, Scene


@pytest.fixture
async def scene(cast: Cast) -> Scene:
    scene = Scene(cast.platform.database, cast.clock)
    scene.engine = cast.platform.alerts
    await scene.add("nas", tags=["home"])
    await scene.add("db", on="nas", kind="database")
    await scene.add("pve")
    await scene.see("nas", {OFFLINE: [""]})
    cast.clock.advance(timedelta(seconds=10))
    await scene.see("nas", {OFFLINE: [""]})  # the built-in rule wants to see it twice
    await scene.see("db", {UNIT: ["postgres"]})
    await scene.see("pve", {UNIT: ["ssh", "cron"]})
    return scene


async def titles(person: Person, query: str) -> list[str]:
    answer = await person.get(f"/api/alerts?{query}")
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


@pytest.mark.both_engines
async def test_each_cause_stands_once_the_worst_first(cast: Cast, scene: Scene) -> None:
    charlie = await cast.logged_in("charlie")
    assert scene.ids
    page = (await charlie.get("/api/alerts?state=open&roots_only=true")).json()
    assert page["items"][0]["title"] == "nas is offline"
    assert page["total"] == 3
    assert page["items"][0]["consequences"] == 1
    root = page["items"][0]["id"]
    assert await titles(charlie, f"cause_id={root}") == ["db: postgres has failed"]


@pytest.mark.both_engines
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=firing", 4),
        ("severity=critical", 1),
        ("tag=home", 2),  # also what hangs on the server with the tag
        ("q=cron", 1),
        ("domain=containers", 0),
        ("is_muted=true", 1),
        ("kind=unit_failed", 3),
        ("state=resolved", 0),
    ],
)
async def test_the_list_is_filtered(cast: Cast, scene: Scene, query: str, count: int) -> None:
    assert scene.ids
    assert len(await titles(await cast.logged_in("charlie"), query)) == count


@pytest.mark.both_engines
async def test_alerts_are_taken_on_and_given_back_with_a_trace(cast: Cast, scene: Scene) -> None:
    bob = await cast.logged_in("bob")
    alert = await scene.alert("unit_failed", "ssh")
    body = {"ids": [str(alert.id)], "note": "Mine"}
    assert (await bob.post("/api/alerts/acknowledge", body)).json() == {"changed": 1}
    detail = (await bob.get(f"/api/alerts/{alert.id}")).json()
    assert (detail["state"], detail["acknowledged_by"]) == ("acknowledged", "bob")
    assert {one["field"] for one in detail["silence"]} == {"type", "resource", "subject"}
    assert (await bob.post("/api/alerts/reopen", {"ids": [str(alert.id)]})).json()["changed"] == 1
    history = (await bob.get(f"/api/alerts/{alert.id}/history")).json()
    assert [one["kind"] for one in history["entries"]] == [
        "alert.began",
        "alert.fired",
        "alert.acknowledged",
        "alert.reopened",
    ]
    audit = (await (await cast.logged_in("alice")).get("/api/audit?action=alert.")).json()
    assert {one["action"] for one in audit["items"]} == {"alert.acknowledged", "alert.reopened"}


async def test_an_alert_that_does_not_exist_changes_none_of_the_others(
    cast: Cast, scene: Scene
) -> None:
    bob = await cast.logged_in("bob")
    alert = await scene.alert("unit_failed", "ssh")
    body = {"ids": [str(alert.id), str(uuid7())]}
    assert (await bob.post("/api/alerts/acknowledge", body)).status_code == 404
    assert (await scene.alert("unit_failed", "ssh")).state == "firing"


async def test_a_snooze_is_refused_at_its_field(cast: Cast, scene: Scene) -> None:
    bob = await cast.logged_in("bob")
    alert = await scene.alert("unit_failed", "ssh")
    past = (cast.clock.now() - timedelta(hours=1)).isoformat()
    answer = await bob.post("/api/alerts/snooze", {"ids": [str(alert.id)], "until": past})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/body/until"


async def test_a_viewer_reads_and_changes_nothing(cast: Cast, scene: Scene) -> None:
    charlie = await cast.logged_in("charlie")
    alert = await scene.alert("unit_failed", "ssh")
    for path in ("acknowledge", "reopen"):
        answer = await charlie.post(f"/api/alerts/{path}", {"ids": [str(alert.id)]})
        assert answer.status_code == 403


async def test_more_alerts_cost_no_more_statements(cast: Cast, scene: Scene) -> None:
    charlie = await cast.logged_in("charlie")
    engine = cast.platform.database.read_engine.sync_engine
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    await titles(charlie, "state=open")
    few = len(seen)
    await scene.see("pve", {UNIT: [f"unit{number}" for number in range(40)]})
    seen.clear()
    await titles(charlie, "state=open")
    assert len(seen) == few


@pytest.mark.both_engines
async def test_a_silence_is_previewed_set_changed_and_lifted(cast: Cast, scene: Scene) -> None:
    bob = await cast.logged_in("bob")
    matchers = [{"field": "server", "values": ["PVE"]}]
    effect = (await bob.post("/api/alerts/silences/preview", {"matchers": matchers})).json()
    assert (effect["total"], effect["servers"]) == (2, ["pve"])
    ends = (cast.clock.now() + timedelta(hours=1)).isoformat()
    wish = {"matchers": matchers, "reason": "Work", "ends_at": ends}
    made = (await bob.post("/api/alerts/silences", wish)).json()
    assert (made["state"], made["quiet_now"], made["author"]) == ("active", 2, "bob")
    path = f"/api/alerts/silences/{made['id']}"
    past = (cast.clock.now() - timedelta(hours=1)).isoformat()
    assert (await bob.call("PUT", path, {**wish, "ends_at": past})).status_code == 422
    assert (await bob.delete(path)).status_code == 204
    assert (await bob.delete(path)).status_code == 409
    assert (await scene.told())[-2:] == [
        "unmuted pve: ssh has failed",
        "unmuted pve: cron has failed",
    ]


async def test_a_window_is_refused_at_its_field(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    wish = {
        "name": "Nights",
        "zone": "Europe/Berlin",
        "start": "2026-03-28T22:00",
        "duration_seconds": 28_800,
        "rule": "FREQ=DAILY",
    }
    for field, value in (("zone", "Europe/Atlantis"), ("rule", "FREQ=HOURLY")):
        answer = await bob.post("/api/alerts/windows", {**wish, field: value})
        assert answer.json()["errors"][0]["pointer"] == f"/body/{field}"
    preview = (await bob.post("/api/alerts/windows/preview", wish)).json()
    assert [len(preview["next"]), preview["next"][0]["start"][11:16]] == [5, "21:00"]
    made = await bob.post("/api/alerts/windows", wish)
    assert made.status_code == 201, made.text
    assert (await bob.post("/api/alerts/windows", wish)).status_code == 409
    assert (await bob.delete(f"/api/alerts/windows/{made.json()['id']}")).status_code == 204
