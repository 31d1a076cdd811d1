"""Rules through the API: refused in words, tried out, changed, put back; and what lint finds."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.resource import Resource
from app.schemas.core.alert_rule_api import RuleWrite
from app.services.core.alerts.builtin import rule_id
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.renewal import renew
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.fixtures.cast import Cast, Person

METRIC = "unity_memory_used_percent"
STEP = timedelta(minutes=5)


def rule(**changes: object) -> dict[str, Any]:
    """Return a rule as the page sends it."""
    return {
        "name": "Memory",
        "definition": {
            "type": "threshold",
            "metric": METRIC,
            "operator": ">",
            "raise_level": 90,
            "clear_level": 80,
            "unit": "percent",
        },
        "for_seconds": 600,
        **changes,
    }


def threshold(**changes: object) -> dict[str, object]:
    return {**rule()["definition"], **changes}


async def measure(cast: Cast, values: list[float], name: str = "nas") -> Resource:
    """Measure every five minutes from now on; the engine judges each sample as it comes."""
    end = cast.clock.now()
    async with cast.platform.database.transaction() as session:
        server = Resource(id=uuid7(), kind="server", name=name, created_at=end, updated_at=end)
        session.add(server)
    for value in values:
        cast.clock.advance(STEP)
        async with cast.platform.database.transaction() as session:
            batch = Batch(
                server.id, cast.clock.now(), [Sample(METRIC, value, unit="percent")], STEP
            )
            points = await MetricWriter(session).append([batch])
            await cast.platform.alerts.take(session, (), Ingest(points))
    return server


@pytest.fixture
async def bob(cast: Cast) -> Person:
    return await cast.logged_in("bob")


def field_errors(body: Mapping[str, Any]) -> dict[str, str]:
    return {one["pointer"]: one["detail"] for one in body["errors"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "word"),
    [
        ({"definition": threshold(metric="no_such_metric")}, "/body/definition/metric", "Nothing"),
        ({"definition": threshold(unit="bytes")}, "/body/definition/unit", "measured in percent"),
        ({"definition": threshold(clear_level=95)}, "/body/definition/threshold", "above"),
        ({"scope": {"tags": ["gone"]}}, "/body/scope/tags", "gone"),
        ({"scope": {"servers": [str(uuid7())]}}, "/body/scope/servers", "does not exist"),
        (
            {"definition": {"type": "state", "alert_type": "no_such"}},
            "/body/definition/alert_type",
            "no_such",
        ),
        ({"name": ""}, "/body/name", "at least 1"),
    ],
)
async def test_a_rule_that_refers_to_nothing_is_refused_at_its_field(
    cast: Cast, bob: Person, changes: dict[str, object], pointer: str, word: str
) -> None:
    await measure(cast, [50])
    answer = await bob.post("/api/alerts/rules", rule(**changes))
    assert answer.status_code == 422
    assert word in field_errors(answer.json())[pointer]


async def test_what_is_no_number_is_refused_at_its_field(cast: Cast, bob: Person) -> None:
    await measure(cast, [50])
    text = json.dumps(rule(definition=threshold(raise_level=float("nan"))))
    answer = await bob.http.request(
        "POST",
        "/api/alerts/rules",
        headers={"X-CSRF-Token": bob.csrf or "", "content-type": "application/json"},
        content=text,
    )
    assert answer.status_code == 422
    assert "finite" in field_errors(answer.json())["/body/definition/threshold/raise_level"]


# Up for ten minutes and more, once; a short peak; up again to the end; a value in between.
COURSE = [50, 95, 96, 97, 85, 50, 99, 50, 50, 91, 92, 93, 85, 85, 94, 50, 50, 95, 95, 95, 95]


@pytest.mark.both_engines
async def test_a_preview_tells_what_the_engine_told(cast: Cast, bob: Person) -> None:
    await measure(cast, [50], name="first")  # so that the metric exists
    saved = await bob.post("/api/alerts/rules", rule())
    assert saved.status_code == 201, saved.text
    await measure(cast, [float(value) for value in COURSE])
    preview = (await bob.post("/api/alerts/rules/preview", {"rule": rule(), "days": 1})).json()
    async with cast.platform.database.snapshot() as session:
        alerts = (
            await session.scalars(
                select(Alert)
                .where(Alert.rule_id == _id(saved.json()), Alert.fired_at.is_not(None))
                .order_by(Alert.fired_at.desc())
            )
        ).all()
    assert [
        (one["began_at"], one["fired_at"], one["resolved_at"]) for one in preview["incidents"]
    ] == [(_text(one.began_at), _text(one.fired_at), _text(one.resolved_at)) for one in alerts]
    assert preview["count"] == len(alerts) == 3
    assert preview["resources"] == 1
    assert preview["incidents"][-1]["peak"] == 97


def _id(body: Mapping[str, Any]) -> Any:
    return uuid.UUID(body["id"])


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def test_a_preview_of_a_window_and_of_absence(cast: Cast, bob: Person) -> None:
    await measure(cast, [float(value) for value in COURSE])
    average = threshold(aggregation="avg", window_seconds=900)
    wish = {"rule": rule(definition=average, for_seconds=0), "days": 1}
    assert (await bob.post("/api/alerts/rules/preview", wish)).json()["count"] >= 2
    cast.clock.advance(timedelta(hours=2))
    absent = {"type": "absence", "metric": METRIC, "after_seconds": 900}
    wish = {"rule": rule(definition=absent, for_seconds=0), "days": 1}
    assert (await bob.post("/api/alerts/rules/preview", wish)).status_code == 200


@pytest.mark.both_engines
async def test_lint_finds_rules_that_are_blind_and_twins(cast: Cast, bob: Person) -> None:
    await measure(cast, [50])
    await bob.post("/api/alerts/rules", rule())
    page = (await bob.get("/api/alerts/rules?has_findings=true&per_page=200")).json()
    kinds = {one["name"]: {finding["kind"] for finding in one["findings"]} for one in page["items"]}
    assert kinds == {"Memory": {"overlap"}}, "the built-in rule beside it is no fault of anybody"
    path = "/api/alerts/rules?q=clock is not sync"
    (clock,) = (await bob.get(path)).json()["items"]
    waits = {"kind": "waiting", "text": "Nothing here reports this yet."}
    assert clock["findings"] == [waits]
    wish = {name: value for name, value in clock.items() if name in RuleWrite.model_fields}
    changed = await bob.call("PUT", f"/api/alerts/rules/{clock['id']}", {**wish, "for_seconds": 61})
    assert [one["kind"] for one in changed.json()["findings"]] == ["blind"]
    copied = await bob.post(f"/api/alerts/rules/{clock['id']}/copy")
    on = {"is_enabled": True}
    mine = await bob.call("PUT", f"/api/alerts/rules/{copied.json()['id']}/enabled", on)
    assert "blind" in [one["kind"] for one in mine.json()["findings"]]


async def test_a_built_in_rule_can_be_changed_and_put_back(cast: Cast, bob: Person) -> None:
    await measure(cast, [50])
    rules = (await bob.get("/api/alerts/rules?q=memory")).json()["items"]
    built_in = next(one for one in rules if one["key"] == "memory_full")
    assert "netdata" in built_in["source"]
    assert not built_in["is_changed"]
    path = f"/api/alerts/rules/{built_in['id']}"
    changed = await bob.call("PUT", path, rule(name="Mine"))
    assert changed.json()["is_changed"]
    assert (await bob.delete(path)).status_code == 409
    put_back = (await bob.post(f"{path}/reset")).json()
    assert (put_back["name"], put_back["is_changed"]) == (built_in["name"], False)
    copy = (await bob.post(f"{path}/copy")).json()
    assert (copy["key"], copy["is_enabled"]) == (None, False)
    assert (await bob.post(f"/api/alerts/rules/{copy['id']}/reset")).status_code == 409
    assert (await bob.delete(f"/api/alerts/rules/{copy['id']}")).status_code == 204


async def test_a_rule_that_was_put_back_follows_the_next_version(cast: Cast, bob: Person) -> None:
    first = cast.platform.built_in_rules["memory_full"]
    path = f"/api/alerts/rules/{rule_id(first.key)}"
    assert (await bob.call("PUT", path, rule(name="Mine"))).json()["is_changed"]
    better = [replace(first, fix="Look at what holds the memory.")]
    for is_put_back in (False, True):
        if is_put_back:
            assert (await bob.post(f"{path}/reset")).status_code == 200
        async with cast.platform.database.transaction() as session:
            renewed = await renew(session, cast.platform.alerts, better, cast.clock.now())
        assert renewed == ([rule_id(first.key)] if is_put_back else [])


@pytest.mark.both_engines
async def test_a_rule_that_is_switched_off_ends_what_it_had_open(cast: Cast, bob: Person) -> None:
    await measure(cast, [50], name="first")
    saved = (await bob.post("/api/alerts/rules", rule())).json()
    await measure(cast, [50, 95, 95, 95, 95])
    inbox = (await bob.get(f"/api/alerts?state=open&rule_id={saved['id']}")).json()
    assert [one["state"] for one in inbox["items"]] == ["firing"]
    await bob.call("PUT", f"/api/alerts/rules/{saved['id']}/enabled", {"is_enabled": False})
    after = (await bob.get(f"/api/alerts?rule_id={saved['id']}")).json()["items"]
    assert [one["state"] for one in after] == ["resolved"]


@pytest.mark.both_engines
async def test_a_muted_rule_keeps_its_alerts_quiet(cast: Cast, bob: Person) -> None:
    await measure(cast, [50], name="first")
    saved = (await bob.post("/api/alerts/rules", rule())).json()
    until = (cast.clock.now() + timedelta(hours=1)).isoformat()
    muted = await bob.call("PUT", f"/api/alerts/rules/{saved['id']}/mute", {"until": until})
    assert muted.status_code == 200
    await measure(cast, [50, 95, 95, 95, 95])
    items = (await bob.get(f"/api/alerts?rule_id={saved['id']}")).json()["items"]
    assert [one["muted_by"] for one in items] == ["Its rule is muted."]
    past = (cast.clock.now() - timedelta(hours=1)).isoformat()
    refused = await bob.call("PUT", f"/api/alerts/rules/{saved['id']}/mute", {"until": past})
    assert "/body/until" in field_errors(refused.json())
