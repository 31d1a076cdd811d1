"""Rules whose metric, tag, group, server or unit is gone say so at the rule, and others go on."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.alert_rule import AlertRule
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.services.core.alerts.checks import Ingest
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.fixtures.cast import Cast, Person
from tests.services.core.alerts.test_rules_api import METRIC, measure, rule, threshold

MINE = "made_up_temperature"


@pytest.fixture
async def bob(cast: Cast) -> Person:
    return await cast.logged_in("bob")


async def sample(cast: Cast, server: uuid.UUID, value: float, unit: str = "celsius") -> None:
    """Measure something of one's own, and let the rules look at it."""
    cast.clock.advance(timedelta(minutes=5))
    async with cast.platform.database.transaction() as session:
        samples = [Sample(METRIC, 50, unit="percent"), Sample(MINE, value, unit=unit)]
        batch = Batch(server, cast.clock.now(), samples, timedelta(minutes=5))
        points = await MetricWriter(session).append([batch])
        await cast.platform.alerts.take(session, (), Ingest(points))


def hot(**changes: object) -> dict[str, object]:
    definition = threshold(metric=MINE, raise_level=60, clear_level=None, unit="celsius")
    return rule(name="Hot", definition=definition, for_seconds=0, **changes)


async def saved(bob: Person, wish: dict[str, object]) -> str:
    answer = await bob.post("/api/alerts/rules", wish)
    assert answer.status_code == 201, answer.text
    assert answer.json()["findings"] == []
    path: str = f"/api/alerts/rules/{answer.json()['id']}"
    return path


async def findings(bob: Person, path: str) -> list[tuple[str, str]]:
    """Return what stands at the rule, which is what stands in the list as well."""
    one = (await bob.get(path)).json()
    listed = (await bob.get("/api/alerts/rules?has_findings=true&per_page=200")).json()["items"]
    assert {each["id"]: each["findings"] for each in listed}.get(one["id"], []) == one["findings"]
    return [(each["kind"], each["text"]) for each in one["findings"]]


async def test_a_rule_whose_metric_is_gone_says_so_and_the_others_go_on(
    cast: Cast, bob: Person
) -> None:
    nas, pi = await measure(cast, [50]), await measure(cast, [50], name="pi")
    await sample(cast, nas.id, 20)
    path, other = await saved(bob, hot()), await saved(bob, rule(for_seconds=0, severity="info"))
    async with cast.platform.database.transaction() as session:
        await session.execute(delete(MetricSeries).where(MetricSeries.metric == MINE))
    ((kind, text),) = await findings(bob, path)
    assert kind == "blind"
    assert text == f"Nothing that is measured anywhere is called {MINE}. So this can never fire."
    again = await bob.call("PUT", path, hot(severity="critical"))
    assert again.json()["errors"][0]["pointer"] == "/body/definition/metric"
    cast.clock.advance(timedelta(minutes=5))
    async with cast.platform.database.transaction() as session:
        at, step = cast.clock.now(), timedelta(minutes=5)
        batch = Batch(pi.id, at, [Sample(METRIC, 95, unit="percent")], step)
        points = await MetricWriter(session).append([batch])
        await cast.platform.alerts.take(session, (), Ingest(points))
        fired = await session.scalars(select(Alert.rule_id))
        assert uuid.UUID(other.rpartition("/")[2]) in set(fired)


async def test_a_rule_whose_tag_group_or_server_is_gone_says_so(cast: Cast, bob: Person) -> None:
    nas, pi = await measure(cast, [50]), await measure(cast, [50], name="pi")
    await sample(cast, nas.id, 20)
    now, group = cast.clock.now(), uuid7()
    async with cast.platform.database.transaction() as session:
        session.add(ResourceTag(resource_id=nas.id, tag="warm"))
        session.add(ResourceGroup(id=group, name="Attic", created_at=now, updated_at=now))
    tagged = await saved(bob, hot(scope={"tags": ["warm"]}))
    wide = {"tags": ["warm"], "servers": [str(nas.id)]}
    both = await saved(bob, hot(scope=wide, severity="info"))
    grouped = await saved(bob, hot(scope={"groups": [str(group)]}))
    spared = {"servers": [str(pi.id)], "is_ignored": True}
    excepted = await saved(bob, hot(severity="critical", overrides=[spared]))
    async with cast.platform.database.transaction() as session:
        await session.execute(delete(ResourceTag))
        await session.execute(delete(ResourceGroup))
        await session.execute(delete(Resource).where(Resource.id == pi.id))
    gone = "Nothing has the tag 'warm'."
    assert await findings(bob, tagged) == [("scope", f"{gone} So it looks at nothing.")]
    assert await findings(bob, both) == [("scope", gone)]
    ((kind, text),) = await findings(bob, grouped)
    assert (kind, text.endswith("So it looks at nothing.")) == ("scope", True)
    assert await findings(bob, excepted) == [
        ("scope", "Exception 1 names a server that does not exist any more.")
    ]
    await sample(cast, nas.id, 99)
    async with cast.platform.database.snapshot() as session:
        fired = {str(one) for one in await session.scalars(select(Alert.rule_id))}
    assert fired == {both.rpartition("/")[2], excepted.rpartition("/")[2]}


async def test_series_in_other_units_are_named_at_the_rule_that_leaves_them_out(
    cast: Cast, bob: Person
) -> None:
    nas, pi = await measure(cast, [50]), await measure(cast, [50], name="pi")
    await sample(cast, nas.id, 20)
    path = await saved(bob, hot())
    await sample(cast, pi.id, 68, unit="fahrenheit")
    said = (
        f"{MINE} is measured in fahrenheit, too. This level is in celsius and is not compared with"
        " those."
    )
    assert await findings(bob, path) == [("units", said)]
    wish = {"rule": hot(), "days": 1}
    preview = (await bob.post("/api/alerts/rules/preview", wish)).json()
    assert [one["text"] for one in preview["findings"]] == [said]
    async with cast.platform.database.transaction() as session:
        await session.execute(delete(MetricSeries).where(MetricSeries.unit == "celsius"))
    ((kind, text),) = await findings(bob, path)
    assert kind == "blind"
    assert text.startswith(f"{MINE} is measured in fahrenheit, and this level is in celsius.")


async def test_of_several_conditions_any_of_which_is_enough_only_the_blind_one_is_named(
    cast: Cast, bob: Person
) -> None:
    nas = await measure(cast, [50])
    await sample(cast, nas.id, 20)
    parts = [threshold(), threshold(metric=MINE, raise_level=60, clear_level=None, unit="celsius")]
    definition = {"type": "composite", "join": "any", "parts": parts}
    path = await saved(bob, rule(name="Any", definition=definition))
    async with cast.platform.database.transaction() as session:
        await session.execute(delete(MetricSeries).where(MetricSeries.metric == MINE))
    ((_, text),) = await findings(bob, path)
    assert text.endswith("So this part is never true.")


@pytest.mark.parametrize("is_built_in", [False, True])
async def test_a_rule_that_cannot_be_read_is_shown_with_the_reason_and_can_be_mended(
    cast: Cast, bob: Person, *, is_built_in: bool
) -> None:
    await measure(cast, [50])
    path = await saved(bob, rule(severity="info"))
    if is_built_in:
        found = (await bob.get("/api/alerts/rules?q=memory&per_page=200")).json()["items"]
        built_in = next(one for one in found if one["key"] == "memory_full")
        path = f"/api/alerts/rules/{built_in['id']}"
    rule_id = uuid.UUID(path.rpartition("/")[2])
    async with cast.platform.database.transaction() as session:
        await session.execute(
            update(AlertRule)
            .where(AlertRule.id == rule_id)
            .values(definition={"type": "magic"}, version=AlertRule.version + 1)
        )
    ((kind, text),) = await findings(bob, path)
    assert kind == "unreadable"
    assert "nothing is judged by it" in text
    assert "magic" in text
    assert (await bob.get(path)).json()["definition"] is None
    assert (await bob.post(f"{path}/copy")).status_code == 422
    mended = await (bob.post(f"{path}/reset") if is_built_in else bob.call("PUT", path, rule()))
    assert mended.status_code == 200, mended.text
    assert mended.json()["definition"]["metric"] == METRIC
