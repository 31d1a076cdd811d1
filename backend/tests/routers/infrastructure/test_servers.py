"""Servers over the API: who may what, what each mistake answers, and what never leaks."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models.core.audit_entry import AuditEntry
from app.models.core.job_run import JobRun
from app.models.credentials.one_time_secret import OneTimeSecret
from tests.fixtures.cast import PASSWORD, Cast, Person
from tests.fixtures.infrastructure import HOST_KEY, OTHER_HOST_KEY

SERVERS = "/api/infrastructure/servers"
KEYS = "/api/credentials/ssh-keys"
LOGINS = "/api/credentials/logins"
SINCE_LOGIN = timedelta(minutes=6)  # a fresh login counts as a repeated password
NAS = {"name": "nas", "host": "192.0.2.10", "username": "unity"}


@pytest.fixture
async def bob(cast: Cast) -> Person:
    return await cast.logged_in("bob")


@pytest.fixture
async def charlie(cast: Cast) -> Person:
    return await cast.logged_in("charlie")


async def step_up(person: Person) -> None:
    answer = await person.post("/api/auth/step-up", {"password": PASSWORD.format(person.name)})
    assert answer.is_success, answer.text


async def enter(person: Person, **fields: object) -> str:
    answer = await person.post(SERVERS, {**NAS, **fields})
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()["id"]
    assert answer.headers["location"] == f"{SERVERS}/{identifier}"
    return identifier


async def test_a_server_lives_from_entry_to_deletion(cast: Cast, bob: Person) -> None:
    server_id = await enter(bob, tags=["home"])
    edited = await bob.patch(f"{SERVERS}/{server_id}", {"notes": "cellar"})
    assert (edited.json()["notes"], edited.json()["tags"]) == ("cellar", ["home"])
    assert (await bob.post(f"{SERVERS}/{server_id}/disable")).json()["status"] == "disabled"
    assert (await bob.post(f"{SERVERS}/{server_id}/enable")).json()["status"] == "unknown"
    page = (await bob.get(f"{SERVERS}?tag=home&sort=-status&q=192.0.2")).json()
    assert [item["id"] for item in page["items"]] == [server_id]
    plan = (await bob.get(f"{SERVERS}/{server_id}/plan-delete")).json()
    assert plan["can_delete"]
    cast.clock.advance(SINCE_LOGIN)
    refused = await bob.delete(f"{SERVERS}/{server_id}")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/step-up-required")
    await step_up(bob)
    assert (await bob.delete(f"{SERVERS}/{server_id}")).status_code == 204
    assert (await bob.get(f"{SERVERS}/{server_id}")).status_code == 404
    async with cast.platform.database.snapshot() as session:
        statement = select(AuditEntry.action).where(AuditEntry.object_name == "nas")
        actions = (await session.scalars(statement.order_by(AuditEntry.seq))).all()
    assert actions == [
        "server.created",
        "server.edited",
        "server.disabled",
        "server.enabled",
        "server.deleted",
    ]


async def test_a_list_that_did_not_change_is_not_sent_again(bob: Person) -> None:
    server_id = await enter(bob)
    known = {"If-None-Match": (await bob.get(SERVERS)).headers["etag"]}
    assert (await bob.call("GET", SERVERS, headers=known)).status_code == 304
    await bob.patch(f"{SERVERS}/{server_id}", {"notes": "new"})
    assert (await bob.call("GET", SERVERS, headers=known)).status_code == 200


async def test_a_viewer_reads_servers_and_changes_none(cast: Cast, charlie: Person) -> None:
    bob = await cast.logged_in("bob")
    server_id = await enter(bob)
    assert (await charlie.get(f"{SERVERS}/{server_id}")).status_code == 200
    for method, path, body in (
        ("POST", SERVERS, NAS),
        ("PATCH", f"{SERVERS}/{server_id}", {"notes": ""}),
        ("DELETE", f"{SERVERS}/{server_id}", None),
        ("POST", f"{SERVERS}/{server_id}/test", None),
        ("POST", f"{SERVERS}/{server_id}/collect", None),
        ("POST", f"{SERVERS}/probe", {"host": "nas"}),
        ("GET", KEYS, None),
        ("GET", LOGINS, None),
    ):
        answer = await charlie.call(method, path, body)
        assert answer.status_code == 403, (method, path)
    assert (await cast.person().get(SERVERS)).status_code == 401


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": 'na"s'}, "quotes"),
        ({"username": "a b"}, "user name"),
        ({"port": 70000}, "less than or equal to 65535"),
        ({"name": "a\nb"}, "line breaks"),
        ({"colour": "red"}, "Extra inputs"),
        ({"interval_seconds": 0.1}, "greater than or equal to 2"),
    ],
)
async def test_a_field_that_is_wrong_is_named(
    bob: Person, fields: dict[str, object], words: str
) -> None:
    answer = await bob.post(SERVERS, {**NAS, **fields})
    (problem,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert problem["pointer"] == f"/body/{next(iter(fields))}"
    assert words in problem["detail"]


async def test_the_same_login_twice_is_a_conflict_that_leads_to_the_first(bob: Person) -> None:
    first = await enter(bob)
    answer = await bob.post(SERVERS, {**NAS, "name": "again"})
    assert answer.status_code == 409
    assert answer.json()["server_id"] == first


async def test_host_keys_are_approved_by_fingerprint_after_the_password(
    cast: Cast, bob: Person
) -> None:
    pinned = {"public": HOST_KEY.public, "fingerprint": HOST_KEY.fingerprint}
    server_id = await enter(bob, host_key=pinned)
    path = f"{SERVERS}/{server_id}/host-keys"
    (shown,) = (await bob.get(path)).json()
    assert (shown["state"], shown["decided_by"]) == ("approved", "bob")
    other = {"fingerprint": OTHER_HOST_KEY.fingerprint}
    cast.clock.advance(SINCE_LOGIN)
    assert (await bob.post(f"{path}/approve", other)).status_code == 403
    await step_up(bob)
    assert (await bob.post(f"{path}/approve", other)).status_code == 404
    assert (await bob.post(f"{path}/reject", {"fingerprint": HOST_KEY.fingerprint})).is_success


async def test_long_work_is_a_run_whose_arguments_hold_no_password(cast: Cast, bob: Person) -> None:
    server_id = await enter(bob)
    key_id = (await bob.post(KEYS, {"name": "fleet"})).json()["id"]
    body = {"ssh_key_id": key_id, "one_time_password": "canary-once"}
    for path, sent in (
        (f"{SERVERS}/probe", {"host": "nas.lan"}),
        (f"{SERVERS}/{server_id}/test", None),
        (f"{SERVERS}/{server_id}/collect", None),
        (f"{SERVERS}/{server_id}/install-key", body),
    ):
        answer = await bob.post(path, sent)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/api/job-runs/{answer.json()['run_id']}"
    async with cast.platform.database.snapshot() as session:
        runs = (await session.scalars(select(JobRun))).all()
        secrets = (await session.scalars(select(OneTimeSecret))).all()
        entries = (await session.scalars(select(AuditEntry.entry))).all()
    assert {run.name for run in runs} >= {
        "probe_host_key",
        "test_server",
        "collect_server",
        "install_key",
    }
    assert len(secrets) == 1
    assert "canary-once" not in json.dumps([run.arguments for run in runs]) + "".join(entries)


async def test_no_answer_about_keys_and_logins_holds_a_secret(bob: Person) -> None:
    key = await bob.post(KEYS, {"name": "fleet", "kind": "ecdsa-p256"})
    login = await bob.post(
        LOGINS, {"name": "root", "username": "root", "password": "canary-password"}
    )
    assert (key.status_code, login.status_code) == (201, 201)
    answers = [
        await bob.get(path)
        for path in (
            KEYS,
            LOGINS,
            f"{KEYS}/{key.json()['id']}",
            f"{LOGINS}/{login.json()['id']}",
            f"{KEYS}/{key.json()['id']}/deployments",
        )
    ]
    texts = "".join(answer.text for answer in [key, login, *answers])
    assert all(answer.is_success for answer in answers)
    assert "canary" not in texts
    assert "PRIVATE" not in texts
    assert "password" not in login.json()


async def test_a_rejected_password_is_not_repeated_in_the_answer(bob: Person) -> None:
    answer = await bob.post(
        LOGINS, {"name": "", "username": "ro ot", "password": ["canary-password"]}
    )
    assert answer.status_code == 422
    assert "canary" not in answer.text


async def test_a_login_in_use_is_kept_and_a_key_says_what_it_opens(bob: Person) -> None:
    login = (await bob.post(LOGINS, {"name": "root", "username": "root", "password": "x"})).json()[
        "id"
    ]
    key = (await bob.post(KEYS, {"name": "fleet"})).json()["id"]
    server_id = await enter(bob, credential_id=login, ssh_key_id=key)
    await step_up(bob)
    for path in (f"{LOGINS}/{login}", f"{KEYS}/{key}"):
        refused = await bob.delete(path)
        assert (refused.status_code, refused.json()["used_by"]) == (409, ["nas"])
        assert (await bob.get(path)).json()["servers"] == 1
    edges = (await bob.get(f"/api/resources/{key}/edges")).json()
    assert [(edge["kind"], edge["source_id"]) for edge in edges] == [("uses", server_id)]
    freed = await bob.patch(f"{SERVERS}/{server_id}", {"credential_id": None, "ssh_key_id": None})
    assert freed.is_success
    assert (await bob.delete(f"{LOGINS}/{login}")).status_code == 204
    assert (await bob.delete(f"{KEYS}/{key}")).status_code == 204


async def test_labels_are_edited_in_bulk_and_groups_have_a_life(bob: Person) -> None:
    ids = [await enter(bob), await enter(bob, name="two", host="two.lan")]
    edit = {"ids": ids, "add_tags": ["home"], "add_groups": ["Fleet"]}
    assert (await bob.post("/api/resources/labels", edit)).json() == {"edited": 2}
    assert {"tag": "home", "count": 2} in (await bob.get("/api/resources/tags")).json()
    (group,) = (await bob.get("/api/resources/groups")).json()
    path = f"/api/resources/groups/{group['id']}"
    renamed = await bob.call("PUT", path, {"name": "Homelab"})
    assert (renamed.json()["name"], renamed.json()["count"]) == ("Homelab", 2)
    listed = (await bob.get("/api/resources?kind=server&group=Homelab")).json()
    assert listed["total"] == 2
    assert (await bob.delete(path)).status_code == 204
    missing = {"ids": [*ids, "018f0000-0000-7000-8000-000000000000"], "add_tags": ["x"]}
    assert (await bob.post("/api/resources/labels", missing)).status_code == 404


async def test_an_import_is_shown_before_it_is_done(bob: Person) -> None:
    body = {"text": "Host gate\n HostName gate.lan\nHost *\n User ops\n"}
    preview = (await bob.post(f"{SERVERS}/import/preview", body)).json()
    assert (preview["new"], preview["format"]) == (1, "ssh_config")
    assert (await bob.get(SERVERS)).json()["total"] == 0
    done = (await bob.post(f"{SERVERS}/import", body)).json()
    assert done["entered"] == 1
    again = (await bob.post(f"{SERVERS}/import", body)).json()
    assert (again["entered"], again["plan"]["exists"]) == (0, 1)


async def test_a_key_counts_the_servers_that_are_logged_in_to_with_it(bob: Person) -> None:
    old, new = [(await bob.post(KEYS, {"name": name})).json()["id"] for name in ("old", "new")]

    async def counts() -> dict[str, int]:
        return {key["name"]: key["servers"] for key in (await bob.get(KEYS)).json()["items"]}

    made = await bob.post(SERVERS, NAS | {"ssh_key_id": old})
    assert await counts() == {"old": 1, "new": 0}
    where = f"{SERVERS}/{made.json()['id']}"
    edited = await bob.call("PATCH", where, {"ssh_key_id": new})
    assert edited.status_code == 200, edited.text
    assert await counts() == {"old": 0, "new": 1}
