"""External programs: keys of one instance, pushes that are taken once, and silence."""

from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select, text

from app.models.core.alert import Alert
from app.services.core.plugins.parts import silence_of
from tests.fixtures.cast import PASSWORD, Body, Person
from tests.services.core.plugins.conftest import INSTANCES, House

PUSH = "/api/plugins/push"
SCRIPT: Body = {"name": "Backup script", "plugin": "push", "every_seconds": 600}
GOOD: Body = {
    "samples": [{"metric": "backup_bytes", "value": 12.5, "unit": "B", "labels": {"to": "nas"}}],
    "summary": "12 files",
}


@pytest.fixture
async def script(house: House) -> str:
    """Return the id of an instance that waits for pushes."""
    await house.install()
    return await house.add(SCRIPT)


async def key_of(house: House, instance: str, days: int = 30) -> str:
    answer = await house.alice.post(
        f"{INSTANCES}/{instance}/keys", {"name": "nas", "expires_in_days": days}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["text"])


async def push(person: Person, key: str, body: Body, idempotency_key: str = "") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return await person.call("POST", PUSH, body, headers=headers)


@pytest.mark.both_engines
async def test_a_push_is_stored_under_its_instance(house: House, script: str) -> None:
    nobody, key = house.cast.person(), await key_of(house, script)
    taken = await push(nobody, key, GOOD)
    assert taken.json() == {"taken": 1, "rejected": 0, "is_repeated": False}
    shown = await house.shown(script)
    assert (shown["state"], shown["summary"]) == ("ok", "12 files")
    series = (await house.alice.get(f"/api/metrics/series?resource={script}")).json()
    assert [each["metric"] for each in series] == ["backup_bytes"]
    keys = (await house.alice.get(f"{INSTANCES}/{script}/keys")).json()
    assert keys[0]["last_used_at"] is not None
    assert key not in str(keys) + (await house.alice.get("/api/audit")).text
    async with house.cast.platform.database.snapshot() as session:
        rows = (await session.execute(text("SELECT * FROM plugin_key"))).all()
    assert key.rpartition("_")[2] not in str(rows)


@pytest.mark.both_engines
async def test_the_same_push_twice_is_taken_once(house: House, script: str) -> None:
    nobody, key = house.cast.person(), await key_of(house, script)
    first = await push(nobody, key, GOOD, "run-1")
    second = await push(nobody, key, GOOD, "run-1")
    assert (first.json()["is_repeated"], second.json()["is_repeated"]) == (False, True)
    other = await push(nobody, key, {**GOOD, "summary": "other"}, "run-1")
    assert (other.status_code, other.json()["type"]) == (409, "/problems/push-key-reused")
    runs = await house.alice.get(f"{INSTANCES}/{script}/runs")
    assert runs.json()["total"] == 1


async def test_only_a_key_that_counts_is_taken(house: House, script: str) -> None:
    nobody, key = house.cast.person(), await key_of(house, script, days=1)
    for wrong in ("", "unity_abc", key[:-1] + ("A" if key[-1] != "A" else "B")):
        refused = await push(nobody, wrong, GOOD)
        assert (refused.status_code, refused.json()["type"]) == (
            401,
            "/problems/plugin-key-refused",
        )
    other = await nobody.call(
        "GET", f"{INSTANCES}/{script}", headers={"Authorization": f"Bearer {key}"}
    )
    assert other.status_code == 401  # it opens nothing else
    house.cast.clock.advance(timedelta(days=2))
    assert (await push(nobody, key, GOOD)).status_code == 401
    alice = await house.cast.logged_in("alice")
    made = await alice.post(f"{INSTANCES}/{script}/keys", {"name": "second"})
    new, new_id = made.json()["text"], made.json()["id"]
    assert (await push(nobody, new, GOOD)).status_code == 200
    assert (await alice.delete(f"{INSTANCES}/{script}/keys/{new_id}")).status_code == 204
    assert (await push(nobody, new, GOOD)).status_code == 401


@pytest.mark.parametrize(
    ("sample", "where"),
    [
        ({"metric": "no spaces", "value": 1}, "metric"),
        ({"metric": "x", "value": "NaN"}, "value"),
        ({"metric": "x", "value": 1, "at": "2020-01-01T00:00:00Z"}, "at"),
        ({"metric": "x", "value": 1, "kind": "histogram"}, "kind"),
        ({"metric": "x", "value": 1, "extra": 1}, "extra"),
    ],
)
async def test_what_cannot_be_taken_is_named(
    house: House, script: str, sample: Body, where: str
) -> None:
    key = await key_of(house, script)
    answer = await push(house.cast.person(), key, {"samples": [sample]})
    assert answer.status_code == 422
    assert where in answer.json()["errors"][0]["pointer"]


@pytest.mark.both_engines
async def test_trouble_and_silence_raise_alerts_that_end(house: House, script: str) -> None:
    nobody, key = house.cast.person(), await key_of(house, script)
    trouble = {"conditions": [{"subject": "disk", "message": "The disk is full."}]}
    await push(nobody, key, trouble)
    assert await alerts_of(house) == [("plugin_pushed", "firing")]
    await push(nobody, key, GOOD)
    assert await alerts_of(house) == [("plugin_pushed", "resolved")]
    platform = house.cast.platform
    silence = silence_of(platform)
    house.cast.clock.advance(timedelta(seconds=1100))
    assert await silence.look() == 0
    house.cast.clock.advance(timedelta(seconds=200))
    assert await silence.look() == 1
    assert ("plugin_silent", "firing") in await alerts_of(house)
    assert (await push(nobody, key, GOOD)).status_code == 200
    assert ("plugin_silent", "resolved") in await alerts_of(house)


async def test_too_many_pushes_are_slowed_down(house: House, script: str) -> None:
    nobody, key = house.cast.person(), await key_of(house, script)
    for _ in range(60):
        assert (await push(nobody, key, {})).status_code == 200
    slow = await push(nobody, key, {})
    assert (slow.status_code, slow.headers["Retry-After"]) == (429, "60")


async def test_keys_are_for_external_programs_only(house: House) -> None:
    await house.install("well")
    one = await house.add(
        {
            "name": "Nas",
            "plugin": "well",
            "settings": {"host": "nas"},
            "secrets": {"password": "hunter22"},
        }
    )
    refused = await house.alice.post(f"{INSTANCES}/{one}/keys", {"name": "x"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/plugin-not-ready")


async def test_a_key_is_made_only_by_who_gave_the_password_lately(
    house: House, script: str
) -> None:
    house.cast.clock.advance(timedelta(minutes=6))  # a fresh login counts as a repeated password
    path = f"{INSTANCES}/{script}/keys"
    refused = await house.alice.post(path, {"name": "nas"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/step-up-required")
    assert (await house.alice.get(path)).json() == []
    password = {"password": PASSWORD.format("alice")}
    assert (await house.alice.post("/api/auth/step-up", password)).status_code == 204
    assert (await house.alice.post(path, {"name": "nas"})).status_code == 201


async def alerts_of(house: House) -> list[tuple[str, str]]:
    async with house.cast.platform.database.snapshot() as session:
        rows = await session.scalars(select(Alert).order_by(Alert.kind))
        return [(row.kind, row.state) for row in rows]
