"""The audit log as people search it, and take it away."""

import csv
import io
import json

import pytest
from sqlalchemy import event

from app.services.core import audit_search
from app.services.core.audit import AuditLog
from app.services.core.permissions import system
from tests.fixtures.cast import Cast, Person


async def write(cast: Cast, *names: str, action: str = "thing.done") -> None:
    for name in names:
        async with cast.platform.database.transaction() as session:
            audit = AuditLog(session, cast.clock, cast.platform.audit_key)
            await audit.record(
                system("robot"),
                action,
                kind="thing",
                object_id=None,
                name=name,
                details={"before": {"size": 1}, "after": {"size": 2}},
                reason=f"because of {name}",
            )


async def names(person: Person, query: str) -> list[str]:
    answer = await person.get(f"/api/audit?{query}")
    assert answer.status_code == 200, answer.text
    return [row["object_name"] for row in answer.json()["items"]]


async def test_each_filter_finds_its_entries(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await write(cast, "one", "two")
    await write(cast, "three", action="login.failed")
    assert await names(alice, "actor=robot") == ["three", "two", "one"]
    assert await names(alice, "action=thing.&object_kind=thing") == ["two", "one"]
    assert await names(alice, "result=failed") == ["three"]
    assert await names(alice, "actor=robot&result=done") == ["two", "one"]
    assert await names(alice, "q=because of TWO") == ["two"]
    assert await names(alice, "q=%25") == []
    assert await names(alice, "until=2020-01-01T00:00:00Z") == []
    assert (await alice.get("/api/audit?result=perhaps")).status_code == 422


async def test_pages_join_without_a_gap_while_entries_come_in(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await write(cast, *(f"n{number}" for number in range(7)))
    seen: list[str] = []
    query = "actor=robot&limit=3"
    for _ in range(10):
        page = (await alice.get(f"/api/audit?{query}")).json()
        seen += [row["object_name"] for row in page["items"]]
        await write(cast, "later")
        if page["next"] is None:
            break
        query = f"actor=robot&limit=3&before={page['next']}"
    assert seen == [f"n{number}" for number in reversed(range(7))]


async def test_a_search_for_text_stops_and_says_where(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "WINDOW", 4)
    alice = await cast.logged_in("alice")
    await write(cast, "needle", *(f"hay {number}" for number in range(9)))
    page = (await alice.get("/api/audit?q=needle&actor=robot")).json()
    assert page["items"] == []
    assert page["next"] == page["searched_to"] > 0
    while page["next"] is not None and not page["items"]:
        page = (await alice.get(f"/api/audit?q=needle&before={page['next']}")).json()
    assert [row["object_name"] for row in page["items"]] == ["needle"]


async def test_the_number_of_statements_does_not_grow_with_the_entries(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    counted: list[str] = []
    engine = cast.platform.database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    await alice.get("/api/audit?limit=1")
    few = len(counted)
    await write(cast, *(f"n{number}" for number in range(30)))
    counted.clear()
    await alice.get("/api/audit?limit=500")
    assert len(counted) == few


async def test_the_export_holds_every_entry_once_and_is_recorded_itself(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "_AT_ONCE", 2)
    alice = await cast.logged_in("alice")
    await write(cast, *(f"n{number}" for number in range(5)))
    answer = await alice.get("/api/audit/export?actor=robot")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["object_name"] for row in rows] == ["n0", "n1", "n2", "n3", "n4"]
    last = (await alice.get("/api/audit?limit=1")).json()["items"][0]
    assert (last["action"], last["actor_name"]) == ("audit.exported", "alice")
    assert last["details"]["filters"] == {"actor": "robot"}


async def test_a_spreadsheet_computes_nothing_of_the_export(cast: Cast) -> None:
    evil = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", '"quoted", and\nbroken']
    await write(cast, *evil)
    alice = await cast.logged_in("alice")
    answer = await alice.get("/api/audit/export?actor=robot&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [row["object_name"] for row in rows] == [
        "'=cmd|'/c calc'!A1",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        '"quoted", and\nbroken',
    ]
    assert json.loads(rows[0]["details"]) == {"after": {"size": 2}, "before": {"size": 1}}


async def test_taking_away_is_a_right_of_its_own(cast: Cast) -> None:
    alice, robot = await cast.logged_in("alice"), cast.person()
    made = await alice.post("/api/tokens", {"name": "reader", "scopes": ["audit:read"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert (await robot.call("GET", "/api/audit", headers=headers)).status_code == 200
    refused = await robot.call("GET", "/api/audit/export", headers=headers)
    assert refused.status_code == 403
