"""A metric that gets another name far away leaves rules blind: they say so after one round."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from app.kernel.ids import uuid7
from app.models.core.resource import Resource
from app.services.core.alerts.blind_rules import find_quiet
from app.services.core.alerts.rule_book import RuleShelf
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from tests.fixtures.cast import Cast, Person
from tests.services.core.alerts.test_rules_api import STEP, rule
from tests.services.infrastructure.test_readings import counted

OLD, NEW, OTHER = "exporter_jobs_waiting", "exporter_jobs_queued", "exporter_up"
BUILT_IN = "unity_memory_used_percent"
Metric = str | tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture
async def bob(cast: Cast) -> Person:
    return await cast.logged_in("bob")


async def enter(cast: Cast, name: str = "nas") -> UUID:
    now, key = cast.clock.now(), uuid7()
    async with cast.platform.database.transaction() as session:
        session.add(Resource(id=key, kind="server", name=name, created_at=now, updated_at=now))
    return key


async def read(cast: Cast, shown: dict[UUID, Iterable[Metric]], rounds: int = 1) -> None:
    """Let rounds pass in which machines show these metrics."""
    for _ in range(rounds):
        cast.clock.advance(STEP)
        async with cast.platform.database.transaction() as session:
            for key, metrics in shown.items():
                named = [(one, ()) if isinstance(one, str) else one for one in metrics]
                unit = {BUILT_IN: "percent"}
                samples = [
                    Sample(metric, 1.0, labels, unit.get(metric, "")) for metric, labels in named
                ]
                await MetricWriter(session).append([Batch(key, cast.clock.now(), samples, STEP)])


def mine(name: str = "Jobs", labels: Iterable[object] = (), **changes: object) -> dict[str, Any]:
    definition = {"type": "threshold", "metric": OLD, "operator": ">", "raise_level": 9,
                  "clear_level": 5, "labels": list(labels)}  # fmt: skip
    return rule(name=name, definition=definition, **changes)


async def findings(bob: Person, name: str) -> list[tuple[str, str]]:
    page = (await bob.get("/api/alerts/rules?per_page=200")).json()
    (found,) = [one for one in page["items"] if one["name"] == name]
    return [(one["kind"], one["text"]) for one in found["findings"]]


async def test_a_renamed_metric_is_told_after_the_first_round_without_it(
    cast: Cast, bob: Person
) -> None:
    nas = await enter(cast)
    await read(cast, {nas: [OLD, OTHER]}, rounds=3)
    assert (await bob.post("/api/alerts/rules", mine())).status_code == 201
    assert await findings(bob, "Jobs") == []
    last = cast.clock.now()

    await read(cast, {nas: [NEW, OTHER]})

    ((kind, text),) = await findings(bob, "Jobs")
    assert kind == "blind"
    assert f"Nothing has reported {OLD} since {last:%Y-%m-%d %H:%M} UTC" in text
    assert f"{NEW} came up then" in text
    wish = {"rule": mine("Another"), "days": 1}
    preview = (await bob.post("/api/alerts/rules/preview", wish)).json()
    assert [one["kind"] for one in preview["findings"]] == ["blind"]

    await read(cast, {nas: [OLD, OTHER]})
    assert await findings(bob, "Jobs") == []


async def test_a_metric_that_only_stays_away_is_told_after_two_rounds(
    cast: Cast, bob: Person
) -> None:
    nas = await enter(cast)
    await read(cast, {nas: [OLD, OTHER]})
    await bob.post("/api/alerts/rules", mine())
    await read(cast, {nas: [OTHER]}, rounds=2)
    assert await findings(bob, "Jobs") == [], "one command that failed is no end"
    await read(cast, {nas: [OTHER]})
    ((kind, text),) = await findings(bob, "Jobs")
    assert (kind, "came up" in text) == ("blind", False)


async def test_a_machine_that_is_silent_altogether_blinds_no_rule(cast: Cast, bob: Person) -> None:
    nas, web = await enter(cast), await enter(cast, "web")
    await read(cast, {nas: [OLD, OTHER], web: [OTHER]})
    await bob.post("/api/alerts/rules", mine())
    await read(cast, {web: [OTHER, NEW]}, rounds=5)
    assert await findings(bob, "Jobs") == []


async def test_a_rule_sees_as_long_as_one_machine_that_it_is_about_reports(
    cast: Cast, bob: Person
) -> None:
    nas, web = await enter(cast), await enter(cast, "web")
    await read(cast, {nas: [OLD, OTHER], web: [OLD, OTHER]})
    scope = {"servers": [str(nas)], "tags": [], "groups": []}
    await bob.post("/api/alerts/rules", mine("Everywhere"))
    await bob.post("/api/alerts/rules", mine("On nas", scope=scope))
    await read(cast, {nas: [NEW, OTHER], web: [OLD, OTHER]})
    assert await findings(bob, "Everywhere") == []
    assert [kind for kind, _ in await findings(bob, "On nas")] == ["blind"]


async def test_a_label_that_is_renamed_blinds_the_rule_that_asks_for_it(
    cast: Cast, bob: Person
) -> None:
    nas = await enter(cast)
    await read(cast, {nas: [(OLD, (("queue", "mail"),)), OTHER]})
    asked = {"label": "queue", "match": "is", "value": "mail"}
    await bob.post("/api/alerts/rules", mine("All queues"))
    await bob.post("/api/alerts/rules", mine("Mail", labels=[asked]))
    await read(cast, {nas: [(OLD, (("queue_name", "mail"),)), OTHER]}, rounds=3)
    assert await findings(bob, "All queues") == []
    assert [kind for kind, _ in await findings(bob, "Mail")] == ["blind"]


@pytest.mark.parametrize(("instead", "kind"), [([], "waiting"), ([NEW], "blind")])
async def test_a_built_in_rule_waits_again_unless_its_metric_has_another_name(
    cast: Cast, bob: Person, instead: list[str], kind: str
) -> None:
    nas = await enter(cast)
    await read(cast, {nas: [BUILT_IN, OTHER]})
    page = (await bob.get("/api/alerts/rules?q=memory")).json()
    name = next(one["name"] for one in page["items"] if one["key"] == "memory_full")
    assert await findings(bob, name) == []
    await read(cast, {nas: [OTHER, *instead]}, rounds=3)
    assert [one for one, _ in await findings(bob, name)] == [kind]


async def test_where_all_is_well_the_look_costs_the_same_for_any_number_of_machines(
    cast: Cast,
) -> None:
    few, many = await statements(cast, 2), await statements(cast, 30)
    assert len(few) == len(many) == 3, many


async def statements(cast: Cast, machines: int) -> list[str]:
    """Return what is asked about all rules over so many machines that report as ever."""
    keys = [await enter(cast, f"{machines}-{number}") for number in range(machines)]
    await read(cast, {key: [BUILT_IN, OTHER] for key in keys}, rounds=2)
    async with cast.platform.database.snapshot() as session:
        rules = list((await RuleShelf().book(session)).rules.values())
        with counted(cast.platform.database) as asked:
            assert not await find_quiet(session, rules)
    return asked
