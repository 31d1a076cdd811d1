"""Instances of plugins: entered, run, judged, switched off; by way of the API and the jobs."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.models.core.alert import Alert
from app.models.core.plugin_instance import PluginInstance
from app.models.core.resource import Resource
from tests.fixtures.cast import Body
from tests.services.core.plugins.conftest import INSTANCES, WELL, House

PASSWORD = "hunter22"


def changed(**changes: object) -> Body:
    return {**WELL, **changes}


async def alerts_of(house: House) -> list[tuple[str, str]]:
    async with house.cast.platform.database.snapshot() as session:
        rows = await session.scalars(select(Alert).order_by(Alert.kind))
        return [(row.kind, row.state) for row in rows]


async def test_the_gallery_shows_what_is_there_and_why_something_cannot_be_used(
    house: House,
) -> None:
    await house.install("well", "raises", "newer")
    listed = {one["name"]: one for one in (await house.alice.get("/api/plugins/gallery")).json()}
    assert {name: one["state"] for name, one in listed.items()} == {
        "push": "ready",
        "well": "ready",
        "raises": "broken",
        "newer": "broken",
    }
    assert "the library that I need is missing" in listed["raises"]["problem"]
    detail = (await house.alice.get("/api/plugins/gallery/well")).json()
    assert [field["name"] for field in detail["form"] if field["is_secret"]] == ["password"]
    assert detail["alerts"][0]["kind"] == "plugin_well_low"
    (house.folder / "well.py").unlink()
    await house.install()
    gone = (await house.alice.get("/api/plugins/gallery/well")).json()
    assert gone["state"] == "gone"
    refused = await house.alice.post(INSTANCES, WELL)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plugin-not-ready")


async def test_a_wrong_configuration_is_told_at_its_fields(house: House) -> None:
    await house.install("well")
    wrong = await house.alice.post(
        INSTANCES, changed(settings={"host": "nas", "level": -1}, secrets={})
    )
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json()["errors"]} == {
        "/body/settings/level",
        "/body/secrets/password",
    }
    for settings in ({"host": "nas", "password": "x"}, {"host": "nas", "hots": "nas"}):
        answer = await house.alice.post(INSTANCES, changed(settings=settings))
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "/problems/plugin-config-not-valid",
        )
    missing = await house.alice.post(INSTANCES, changed(server_id=str(uuid.uuid4())))
    assert missing.json()["errors"][0]["pointer"] == "/body/server_id"


async def test_what_is_due_runs_and_is_stored_under_its_resource(house: House) -> None:
    await house.install("well")
    one = await house.add(changed(settings={"host": "nas", "level": 5}))
    assert await house.runner.run_due() == 1
    assert await house.runner.run_due() == 0  # the next time lies ahead
    shown = await house.shown(one)
    assert (shown["state"], shown["summary"]) == ("ok", "1 runs")
    assert shown["secrets_set"] == ["password"]
    assert shown["pages"] == [{"key": "all", "title": "All"}]
    page = (await house.alice.get(f"{INSTANCES}/{one}/pages/all")).json()
    assert page["cards"][0]["value"] == 1
    series = (await house.alice.get(f"/api/metrics/series?resource={one}")).json()
    assert [(each["metric"], each["labels"]) for each in series] == [("well_runs", {"host": "nas"})]
    assert await alerts_of(house) == [("plugin_well_low", "firing")]
    house.cast.clock.advance(timedelta(seconds=61))
    assert await house.runner.run_due() == 1
    assert (await house.shown(one))["summary"] == "2 runs"  # its memory went along


async def test_a_failing_instance_says_so_and_alerts_after_three_runs(house: House) -> None:
    await house.install("well")
    one = await house.add(changed(settings={"host": "down"}))
    for _ in range(2):
        await house.runner.run(uuid.UUID(one), "tests")
        house.cast.clock.advance(timedelta(seconds=60))
    assert [state for _, state in await alerts_of(house)] in ([], ["pending"])
    await house.runner.run(uuid.UUID(one), "tests")
    shown = await house.shown(one)
    assert (shown["state"], shown["problem_kind"], shown["failures"]) == (
        "failing",
        "not_reachable",
        3,
    )
    assert (shown["problem"], shown["fix"]) == ("down with *** is away.", "Switch it on.")
    assert await alerts_of(house) == [("plugin_cannot_watch", "firing")]
    off = await house.alice.post(f"{INSTANCES}/{one}/disable")
    assert off.json()["state"] == "off"
    assert await alerts_of(house) == [("plugin_cannot_watch", "resolved")]
    assert (await house.alice.post(f"{INSTANCES}/{one}/enable")).json()["state"] == "failing"


async def test_a_bad_plugin_breaks_its_own_instance_only(house: House) -> None:
    await house.install("well", "crashes", "leaves")
    good = await house.add(WELL)
    bad = [await house.add({"name": name, "plugin": name}) for name in ("crashes", "leaves")]
    assert await house.runner.run_due() == 3
    assert (await house.shown(good))["state"] == "ok"
    for one in bad:
        shown = await house.shown(one)
        assert (shown["state"], shown["problem_kind"]) == ("broken", "crashed")
    runs = (await house.alice.get(f"{INSTANCES}/{bad[0]}/runs")).json()["items"]
    assert "KeyError" in runs[0]["detail"]
    log = (await house.alice.get(f"{INSTANCES}/{bad[0]}/logs")).json()["items"]
    assert "Traceback" in log[0]["text"]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("eats", "too_much_memory", "too much memory"),
        ("wrong", "garbage", "collect returned dict instead of a Report"),
        ("babbles", "garbage", "something else than answers"),
        ("leaves", "crashed", "status 7"),
    ],
)
async def test_what_a_bad_plugin_did_is_told_before_it_is_saved_and_at_its_instance(
    house: House, name: str, kind: str, words: str
) -> None:
    await house.install("well", name)
    good = await house.add(WELL)
    wish = {"name": "Bad", "plugin": name}
    tried = (await house.alice.post("/api/plugins/test", wish)).json()
    assert (tried["ok"], tried["kind"]) == (False, kind)
    assert words in tried["detail"]
    bad = await house.add(wish)
    assert await house.runner.run_due() == 2
    shown = await house.shown(bad)
    assert (shown["state"], shown["problem_kind"]) == ("broken", kind)
    assert words in str(shown["problem"])
    assert (await house.shown(good))["state"] == "ok"


async def test_a_configuration_is_tried_before_it_is_saved(house: House) -> None:
    await house.install("well")
    tried = (await house.alice.post("/api/plugins/test", WELL)).json()
    assert (tried["ok"], tried["detail"]) == (True, "1 runs")
    down = (await house.alice.post("/api/plugins/test", changed(settings={"host": "down"}))).json()
    assert (down["ok"], down["kind"], down["fix"]) == (False, "not_reachable", "Switch it on.")
    level = changed(settings={"host": "nas", "level": -1})
    wrong = (await house.alice.post("/api/plugins/test", level)).json()
    assert [fault["field"] for fault in wrong["faults"]] == ["level"]
    one = await house.add(WELL)
    kept = changed(instance_id=one, secrets={})
    assert (await house.alice.post("/api/plugins/test", kept)).json()["ok"] is True


async def test_a_stored_secret_never_goes_to_another_address(house: House) -> None:
    await house.install("well")
    one = await house.add(WELL)
    same = changed(name="Other", secrets={}, settings={"host": "nas", "level": 70})
    assert (await house.alice.call("PUT", f"{INSTANCES}/{one}", same)).status_code == 200
    moved = changed(secrets={}, settings={"host": "evil"})
    refused = await house.alice.call("PUT", f"{INSTANCES}/{one}", moved)
    assert refused.json()["errors"][0]["pointer"] == "/body/secrets/password"
    tried = await house.alice.post("/api/plugins/test", {**moved, "instance_id": one})
    assert tried.status_code == 422
    diagnostics = await house.alice.get(f"{INSTANCES}/{one}/diagnostics")
    assert "attachment" in diagnostics.headers["Content-Disposition"]
    assert PASSWORD not in diagnostics.text + (await house.alice.get("/api/audit")).text
    async with house.cast.platform.database.snapshot() as session:
        dump = await session.execute(text("SELECT * FROM plugin_instance"))
        assert PASSWORD not in str(dump.all())


@pytest.mark.both_engines
async def test_a_server_takes_its_instances_along(house: House) -> None:
    await house.install("well")
    server = await house.alice.post(
        "/api/infrastructure/servers",
        {"name": "nas", "host": "192.0.2.7", "username": "unity", "is_enabled": False},
    )
    if server.status_code != 201:
        raise AssertionError(server.text)
    server_id = server.json()["id"]
    one = await house.add(changed(server_id=server_id))
    await house.runner.run(uuid.UUID(one), "tests")
    shown = await house.shown(one)
    assert (shown["server_name"], shown["facts"]) == (
        "nas",
        [{"key": "bound", "label": "Server", "value": "nas", "unit": ""}],
    )
    assert (await house.alice.delete(f"/api/infrastructure/servers/{server_id}")).is_success
    assert (await house.alice.get(f"{INSTANCES}/{one}")).status_code == 404


@pytest.mark.both_engines
async def test_deleting_an_instance_leaves_nothing(house: House) -> None:
    await house.install("well")
    one = await house.add(changed(settings={"host": "nas", "level": 5}))
    await house.runner.run_due()
    assert (await house.alice.delete(f"{INSTANCES}/{one}")).status_code == 204
    async with house.cast.platform.database.snapshot() as session:
        assert await session.get(Resource, uuid.UUID(one)) is None
        assert (await session.scalars(select(PluginInstance))).all() == []
        for table in ("plugin_run", "plugin_log_line", "plugin_page"):
            count = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - the names stand above
            assert count.scalar_one() == 0, table


async def test_a_viewer_sees_and_an_operator_runs_but_neither_manages(house: House) -> None:
    await house.install("well")
    one = await house.add(WELL)
    bob, charlie = await house.cast.logged_in("bob"), await house.cast.logged_in("charlie")
    assert (await charlie.get(f"{INSTANCES}/{one}")).status_code == 200
    assert (await charlie.post(f"{INSTANCES}/{one}/run")).status_code == 403
    assert (await bob.post(INSTANCES, WELL)).status_code == 403
    assert (await bob.post(f"{INSTANCES}/{one}/disable")).status_code == 200
