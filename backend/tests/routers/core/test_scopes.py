"""Rights in one group: what belongs to another is not there, in any list, count, stream or deed."""

import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select

from app.models.core.audit_entry import AuditEntry
from app.models.core.resource import Resource, ResourceGroup, ResourceGroupMember
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.live_bus import LiveEvent
from app.services.core.permissions import Actor, ActorKind, P, system
from app.services.core.sight import Sight
from app.services.core.watches import TOPIC as WATCH
from app.services.infrastructure import server_links
from tests.fixtures.asgi import ask
from tests.fixtures.cast import Person
from tests.fixtures.two_groups import CANARY, World


async def names(person: Person, path: str) -> set[str]:
    answer = await person.get(path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    rows = body["items"] if isinstance(body, dict) else body
    return {row["name"] for row in rows}


def problem(answer: httpx2.Response) -> str:
    kind: str = answer.json()["type"]
    return kind.removeprefix("/problems/")


@pytest.mark.both_engines
async def test_lists_and_their_totals_hold_only_the_own_group(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    assert await names(dora, "/api/infrastructure/servers") == {"server-nearby"}
    assert (await dora.get("/api/infrastructure/servers")).json()["total"] == 1
    assert await names(dora, "/api/resources") == {
        "server-nearby",
        "disk-nearby",
        "credential-nearby",
    }
    assert (await dora.get("/api/resources")).json()["total"] == 3
    assert await names(dora, "/api/resources/groups") == {world.near.name}


@pytest.mark.both_engines
async def test_what_hangs_on_a_server_follows_its_groups(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    near = await dora.get(f"/api/resources/{world.near['disk']}")
    far = await dora.get(f"/api/resources/{world.far['disk']}")
    assert (near.status_code, far.status_code) == (200, 404)


async def test_a_part_of_a_part_follows_too(world: World) -> None:
    now, part = world.cast.clock.now(), uuid.uuid4()
    async with world.cast.platform.database.transaction() as session:
        session.add(
            Resource(
                id=part,
                kind="partition",
                name="part",
                parent_id=world.near["disk"],
                created_at=now,
                updated_at=now,
            )
        )
    dora = await world.cast.logged_in("dora")
    assert (await dora.get(f"/api/resources/{part}")).status_code == 200


async def test_the_overview_counts_only_the_own_group(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    overview = await dora.get("/api/infrastructure/overview")
    assert overview.status_code == 200
    assert CANARY not in overview.text
    assert sum(overview.json()["totals"].values()) == 1
    assert len(overview.json()["changes"]) == 1


async def test_prometheus_gets_only_the_own_group(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    text = (await dora.get("/metrics")).text
    assert 'unity_alerts_firing{kind="test.kind"} 2.0' in text
    assert CANARY not in text
    alice = await world.cast.logged_in("alice")
    assert 'unity_alerts_firing{kind="test.kind"} 4.0' in (await alice.get("/metrics")).text


async def test_runs_are_seen_with_their_server(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    runs = (await dora.get("/api/job-runs")).json()
    assert [run["id"] for run in runs["items"]] == [str(world.near["run"])]
    assert runs["total"] == 1
    assert (await dora.get(f"/api/job-runs/{world.far['run']}")).status_code == 404


async def test_a_run_that_one_asked_for_is_seen_though_it_has_no_server(world: World) -> None:
    dora, frank = await world.cast.logged_in("dora"), await world.cast.logged_in("frank")
    asked = await dora.post("/api/infrastructure/servers/probe", {"host": "192.0.2.9", "port": 22})
    assert asked.status_code == 202, asked.text
    path = f"/api/job-runs/{asked.json()['run_id']}"
    assert (await dora.get(path)).status_code == 200
    assert (await frank.get(path)).status_code == 404


async def test_audit_entries_are_those_of_the_own_group(world: World) -> None:
    grace, dora = await world.cast.logged_in("grace"), await world.cast.logged_in("dora")
    entries = await grace.get("/api/audit")
    assert entries.status_code == 200
    assert {row["object_name"] for row in entries.json()["items"]} == {"server-nearby"}
    assert (await dora.get("/api/audit")).status_code == 403


async def test_the_chain_stays_whole_when_people_of_one_group_write(world: World) -> None:
    dora, alice = await world.cast.logged_in("dora"), await world.cast.logged_in("alice")
    edit = {"notes": "mine"}
    path = f"/api/infrastructure/servers/{world.near['server']}"
    assert (await dora.patch(path, edit)).status_code == 200
    report = (await alice.get("/api/audit/verification")).json()
    assert report["is_intact"] is True
    async with world.cast.platform.database.snapshot() as session:
        last = await session.scalar(select(func.max(AuditEntry.seq)))
    assert report["last_seq"] == last


async def test_verifying_the_chain_needs_the_right_everywhere(world: World) -> None:
    grace = await world.cast.logged_in("grace")
    assert (await grace.get("/api/audit/verification")).status_code == 403


async def test_objects_of_other_groups_are_not_there_instead_of_forbidden(world: World) -> None:
    dora, path = await world.cast.logged_in("dora"), "/api/infrastructure/servers/"
    for method, further, body in (
        ("GET", "", None),
        ("PATCH", "", {"notes": "x"}),
        ("DELETE", "", None),
        ("POST", "/collect", None),
        ("POST", "/disable", None),
        ("GET", "/facts", None),
    ):
        answer = await dora.call(method, f"{path}{world.far['server']}{further}", body)
        assert answer.status_code == 404, (method, further, answer.text)
        assert CANARY not in answer.text


async def test_who_sees_all_but_runs_one_group_changes_only_that_one(world: World) -> None:
    erin, path = await world.cast.logged_in("erin"), "/api/infrastructure/servers/"
    assert (await names(erin, "/api/infrastructure/servers")) == {
        "server-nearby",
        f"server-{CANARY}",
    }
    assert (await erin.patch(f"{path}{world.near['server']}", {"notes": "x"})).status_code == 200
    assert (await erin.patch(f"{path}{world.far['server']}", {"notes": "x"})).status_code == 404


async def test_a_viewer_of_a_group_changes_nothing(world: World) -> None:
    frank = await world.cast.logged_in("frank")
    path = f"/api/infrastructure/servers/{world.near['server']}"
    assert (await frank.get(path)).status_code == 200
    assert (await frank.patch(path, {"notes": "x"})).status_code == 403


async def test_bulk_edits_with_one_foreign_id_change_nothing(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    ids = [str(world.near["server"]), str(world.far["server"])]
    answer = await dora.post("/api/resources/labels", {"ids": ids, "add_tags": ["seized"]})
    assert answer.status_code == 404
    assert CANARY not in answer.text
    tags = (await dora.get("/api/resources/tags")).json()
    assert tags == []


async def test_nobody_widens_the_own_reach_by_groups(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    near, far = str(world.near["server"]), str(world.far["server"])
    seize = {"ids": [far], "add_groups": [world.near.name]}
    assert (await dora.post("/api/resources/labels", seize)).status_code == 404
    hand_over = {"ids": [near], "add_groups": [world.far.name]}
    assert (await dora.post("/api/resources/labels", hand_over)).status_code == 403
    lose = {"ids": [near], "remove_groups": [world.near.name]}
    assert (await dora.post("/api/resources/labels", lose)).status_code == 403
    edit = await dora.patch(f"/api/infrastructure/servers/{near}", {"groups": []})
    assert edit.status_code == 403, edit.text
    for method, path, body in (
        ("POST", "/api/resources/groups", {"name": "mine"}),
        ("PUT", f"/api/resources/groups/{world.near.group}", {"name": "renamed"}),
        ("DELETE", f"/api/resources/groups/{world.near.group}", None),
    ):
        assert (await dora.call(method, path, body)).status_code == 403, path
    async with world.cast.platform.database.snapshot() as session:
        members = await session.execute(
            select(ResourceGroup.name, ResourceGroupMember.resource_id).join(
                ResourceGroup, ResourceGroup.id == ResourceGroupMember.group_id
            )
        )
        found = {(name, key) for name, key in members}
    assert found == {
        (side.name, side[kind])
        for side in (world.near, world.far)
        for kind in ("server", "credential")
    }


async def test_an_edit_of_the_groups_keeps_those_that_are_out_of_sight(world: World) -> None:
    now = world.cast.clock.now()
    async with world.cast.platform.database.transaction() as session:
        third = ResourceGroup(id=uuid.uuid4(), name="third", created_at=now, updated_at=now)
        session.add(third)
        await session.flush()
        session.add(ResourceGroupMember(group_id=third.id, resource_id=world.near["server"]))
    dora = await world.cast.logged_in("dora")
    path = f"/api/infrastructure/servers/{world.near['server']}"
    edited = await dora.patch(path, {"groups": [world.near.name]})
    assert edited.json()["groups"] == [world.near.name]
    alice = await world.cast.logged_in("alice")
    assert (await alice.get(path)).json()["groups"] == [world.near.name, "third"]


def server(**fields: object) -> dict[str, object]:
    return {"name": "new", "host": "192.0.2.77", "port": 22, "username": "root"} | fields


async def test_a_new_server_belongs_to_the_own_group(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    made = await dora.post("/api/infrastructure/servers", server())
    assert made.status_code == 201, made.text
    assert made.json()["groups"] == [world.near.name]
    beyond = server(name="other", host="192.0.2.78", groups=[world.far.name])
    assert (await dora.post("/api/infrastructure/servers", beyond)).status_code == 403


@pytest.mark.parametrize("field", ["credential_id", "sudo_credential_id"])
async def test_logins_of_others_open_no_server_of_ones_own(world: World, field: str) -> None:
    dora = await world.cast.logged_in("dora")
    stolen = server(**{field: str(world.far["credential"])})
    answer = await dora.post("/api/infrastructure/servers", stolen)
    assert (answer.status_code, problem(answer)) == (422, "unknown-reference")
    edit = {field: str(world.far["credential"])}
    path = f"/api/infrastructure/servers/{world.near['server']}"
    assert (await dora.patch(path, edit)).status_code == 422
    own = server(credential_id=str(world.near["credential"]))
    assert (await dora.post("/api/infrastructure/servers", own)).status_code == 201


async def test_a_server_of_ones_own_is_no_jump_through_anothers(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    answer = await dora.post(
        "/api/infrastructure/servers", server(jump_server_id=str(world.far["server"]))
    )
    assert answer.status_code == 422


async def test_a_login_that_was_not_given_is_not_sent_elsewhere(world: World) -> None:
    """The server is dora's, its stored password is not: she must not point it at her machine."""
    async with world.cast.platform.database.transaction() as session:
        row = await session.get(MonitoredServer, world.near["server"])
        assert row is not None
        row.credential_id = world.far["credential"]
    dora = await world.cast.logged_in("dora")
    path = f"/api/infrastructure/servers/{world.near['server']}"
    for change in (
        {"host": "198.51.100.66"},
        {"port": 2222},
        {"username": "dora"},
        {"sudo": "passwordless"},
    ):
        answer = await dora.patch(path, change)
        assert (answer.status_code, problem(answer)) == (403, "beyond-reach"), change
    harmless = await dora.patch(path, {"notes": "fine", "host": "192.0.2.1"})
    assert harmless.status_code == 200, harmless.text
    own = {"host": "198.51.100.66", "credential_id": str(world.near["credential"])}
    assert (await dora.patch(path, own)).status_code == 200


async def test_a_login_that_others_use_too_is_not_ones_own_to_change(world: World) -> None:
    async with world.cast.platform.database.transaction() as session:
        session.add(
            ResourceGroupMember(group_id=world.near.group, resource_id=world.far["credential"])
        )
        row = await session.get(MonitoredServer, world.far["server"])
        assert row is not None
        await server_links.redraw(session, row)
    dora = await world.cast.logged_in("dora")
    path = f"/api/credentials/logins/{world.far['credential']}"
    assert (await dora.get(path)).status_code == 200
    assert (await dora.patch(path, {"password": "other password"})).status_code == 403
    assert (await dora.delete(path)).status_code == 403


async def test_a_new_login_belongs_to_the_own_group_and_others_do_not_see_it(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    new = {"name": "mine", "username": "root", "password": "a password"}
    made = await dora.post("/api/credentials/logins", new)
    assert made.status_code == 201, made.text
    assert await names(dora, "/api/credentials/logins") == {"credential-nearby", "mine"}


async def test_a_taken_name_out_of_sight_is_a_conflict_that_tells_nothing(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    answer = await dora.post("/api/infrastructure/servers", server(name=f"server-{CANARY}"))
    assert (answer.status_code, problem(answer)) == (409, "clashes-unseen")


async def test_jobs_of_the_clock_are_run_only_by_people_with_the_right_everywhere(
    world: World,
) -> None:
    dora = await world.cast.logged_in("dora")
    jobs = (await dora.get("/api/jobs")).json()["items"]
    for job in jobs[:1]:
        for verb in ("run", "pause"):
            answer = await dora.post(f"/api/jobs/{job['name']}/{verb}")
            assert answer.status_code == 403, answer.text


async def test_a_withdrawn_grant_counts_from_the_next_request(world: World) -> None:
    dora, alice = await world.cast.logged_in("dora"), await world.cast.logged_in("alice")
    people = (await alice.get(f"/api/resources/groups/{world.near.group}/people")).json()
    dora_id = next(one["user_id"] for one in people if one["user_name"] == "dora")
    gone = await alice.delete(f"/api/users/{dora_id}/grants/{world.near.group}")
    assert gone.status_code == 204, gone.text
    assert (await dora.get("/api/infrastructure/servers")).status_code == 403
    given = await alice.call(
        "PUT", f"/api/users/{dora_id}/grants/{world.far.group}", {"role": "viewer"}
    )
    assert given.status_code == 200
    assert await names(dora, "/api/infrastructure/servers") == {f"server-{CANARY}"}


async def test_with_the_group_go_the_rights(world: World) -> None:
    dora, alice = await world.cast.logged_in("dora"), await world.cast.logged_in("alice")
    assert (await alice.delete(f"/api/resources/groups/{world.near.group}")).status_code == 204
    assert (await dora.get("/api/infrastructure/servers")).status_code == 403


async def test_the_page_is_told_what_somebody_may_do_somewhere(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    state = (await dora.get("/api/auth/session")).json()
    assert "servers:manage" in state["permissions"]
    assert "users:read" not in state["permissions"]


async def token(person: Person, **fields: object) -> dict[str, str]:
    body = {"name": "t", "scopes": ["servers:read"]} | fields
    made = await person.post("/api/tokens", body)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


async def test_a_token_for_a_group_sees_that_group(world: World) -> None:
    alice, robot = await world.cast.logged_in("alice"), world.cast.person()
    path = "/api/infrastructure/servers"
    limited = await token(alice, groups=[world.near.name])
    seen = (await robot.call("GET", path, headers=limited)).json()
    assert [row["name"] for row in seen["items"]] == ["server-nearby"]
    everything = await token(alice, name="all")
    assert (await robot.call("GET", path, headers=everything)).json()["total"] == 2
    await alice.delete(f"/api/resources/groups/{world.near.group}")
    after = await robot.call("GET", path, headers=limited)
    assert after.status_code == 403  # not everything, now that its group is gone


async def test_a_token_for_a_group_makes_no_token_without_one(world: World) -> None:
    alice, robot = await world.cast.logged_in("alice"), world.cast.person()
    scopes = ["self:manage", "users:manage", "servers:manage"]
    limited = await token(alice, groups=[world.near.name], scopes=scopes)
    body = {"name": "wide", "scopes": ["servers:manage"]}
    answer = await robot.call("POST", "/api/tokens", body, headers=limited)
    assert answer.status_code == 403


async def test_a_token_makes_none_that_lives_longer_or_comes_from_elsewhere(world: World) -> None:
    alice = await world.cast.logged_in("alice")
    here = ["192.0.2.0/24", "2001:db8::/32"]
    made_by = {"scopes": ["self:manage"], "addresses": here, "expires_in_days": 7}
    maker = await token(alice, **made_by)
    robot = world.cast.person()

    async def make(**fields: object) -> httpx2.Response:
        wish = {"name": "child", "scopes": ["self:manage"], "expires_in_days": None} | fields
        return await robot.call("POST", "/api/tokens", wish, headers=maker)

    heir = (await make()).json()
    assert heir["addresses"] == here
    assert heir["expires_at"] == (world.cast.clock.now() + timedelta(days=7)).isoformat().replace(
        "+00:00", "Z"
    )
    narrow = (await make(addresses=["192.0.2.7/32"], expires_in_days=1)).json()
    assert narrow["addresses"] == ["192.0.2.7/32"]
    assert narrow["expires_at"] < heir["expires_at"]
    for elsewhere in ("198.51.100.0/24", "192.0.0.0/16", "::/0", "0.0.0.0/0"):
        assert problem(await make(addresses=["192.0.2.7/32", elsewhere])) == "scope-too-wide"


async def test_a_token_of_somebody_with_one_group_reaches_no_further(world: World) -> None:
    dora, robot = await world.cast.logged_in("dora"), world.cast.person()
    headers = await token(dora)
    seen = (await robot.call("GET", "/api/infrastructure/servers", headers=headers)).json()
    assert [row["name"] for row in seen["items"]] == ["server-nearby"]


async def test_a_token_is_refused_from_elsewhere(world: World) -> None:
    alice = await world.cast.logged_in("alice")
    headers = await token(alice, addresses=["198.51.100.0/24", "2001:db8::/32"])
    path = "/api/infrastructure/servers"
    for address, status in (
        ("198.51.100.7", 200),
        ("2001:db8::7", 200),
        ("::ffff:198.51.100.7", 200),
        ("192.0.2.1", 401),
    ):
        robot = world.cast.person(address=address)
        assert (await robot.call("GET", path, headers=headers)).status_code == status, address


async def test_live_events_tell_only_of_the_own_group(world: World) -> None:
    sight = Sight(world.cast.platform.database)
    group = {world.near.group: frozenset({P.SERVERS_READ, P.JOBS_READ})}
    dora = Actor(ActorKind.USER, "dora", frozenset(), in_groups=group, is_limited=True)
    both = [str(world.near["server"]), str(world.far["server"])]
    heard = await sight.cut(dora, P.SERVERS_READ, LiveEvent("server", {"ids": [*both]}))
    assert heard == LiveEvent("server", {"ids": [both[0]]})
    foreign = LiveEvent("job", {"id": str(world.far["run"]), "name": "collect_server"})
    assert await sight.cut(dora, P.JOBS_READ, foreign) is None
    own = LiveEvent("job", {"id": str(world.near["run"]), "name": "collect_server"})
    assert await sight.cut(dora, P.JOBS_READ, own) == own
    assert await sight.cut(dora, P.ALERTS_READ, LiveEvent("alert", {"id": both[0]})) is None
    everyone = system("tests")
    assert await sight.cut(everyone, P.JOBS_READ, foreign) is foreign


async def test_only_servers_of_the_own_group_are_watched(world: World) -> None:
    dora = await world.cast.logged_in("dora")
    platform = world.cast.platform
    headers = {"Cookie": f"unity_session={dora.http.cookies['unity_session']}"}
    async with platform.live.subscribe({WATCH}) as events:
        url = "/api/live?" + "&".join(
            f"watch=server:{side['server']}" for side in (world.far, world.near)
        )
        await ask(world.cast.app, "GET", url, headers | {"Origin": "http://unity.test"})
        event = await anext(events)
    assert event.payload == {"server_id": str(world.near["server"])}
