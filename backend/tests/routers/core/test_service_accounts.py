"""Service accounts: users that are programs."""

from tests.fixtures.cast import Cast, Person

PATH = "/api/service-accounts"


async def make(person: Person, **fields: object) -> dict[str, str]:
    made = await person.post(PATH, {"name": "robot", "role": "operator"} | fields)
    assert made.status_code == 201, made.text
    body: dict[str, str] = made.json()
    return body


async def token_of(person: Person) -> dict[str, str]:
    body = {"name": "t", "scopes": ["servers:read", "users:read"][:1], "owner": "robot"}
    made = await person.post("/api/tokens", body)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


async def test_it_has_an_owner_and_a_token_and_no_way_to_log_in(cast: Cast) -> None:
    alice, robot = await cast.logged_in("alice"), cast.person("robot")
    account = await make(alice, description="Nightly", owner="bob")
    assert account["owner"] == "bob"
    assert account.get("last_used_at") is None
    for password in ("", "correct staple of robot"):
        assert (await robot.log_in(password)).status_code in {401, 422}
    headers = await token_of(alice)
    path = "/api/infrastructure/servers"
    assert (await cast.person().call("GET", path, headers=headers)).status_code == 200
    seen = (await alice.get(f"{PATH}/{account['id']}")).json()
    assert seen["tokens"] == 1
    assert seen["last_used_at"] is not None


async def test_it_gets_no_password_and_is_no_person(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    account = await make(alice)
    body = {"password": "four words and more"}
    answer = await alice.post(f"/api/users/{account['id']}/password", body)
    assert answer.status_code == 409
    users = (await alice.get("/api/users")).json()
    assert "robot" not in {user["name"] for user in users["items"]}
    assert (await alice.post(PATH, {"name": "second", "owner": "robot"})).status_code == 422


async def test_disabled_it_is_refused_at_once(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    account = await make(alice)
    headers = await token_of(alice)
    changed = await alice.patch(f"{PATH}/{account['id']}", {"is_disabled": True})
    assert changed.json()["is_disabled"] is True
    path = "/api/infrastructure/servers"
    assert (await cast.person().call("GET", path, headers=headers)).status_code == 401
    assert (await alice.delete(f"{PATH}/{account['id']}")).status_code == 204
    assert (await alice.get(PATH)).json()["items"] == []


async def test_an_admin_that_is_a_program_is_not_the_last_admin(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await make(alice, role="admin")
    me = (await alice.get("/api/auth/session")).json()["user"]["id"]
    answer = await alice.patch(f"/api/users/{me}", {"role": "viewer"})
    assert answer.status_code == 409


async def test_ids_of_people_are_not_those_of_programs(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    me = (await alice.get("/api/auth/session")).json()["user"]["id"]
    for method in ("GET", "DELETE"):
        assert (await alice.call(method, f"{PATH}/{me}")).status_code == 404
    assert (await alice.patch(f"{PATH}/{me}", {"is_disabled": True})).status_code == 404
