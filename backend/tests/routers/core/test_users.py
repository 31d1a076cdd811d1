"""Users, tokens, rights and the audit log, against the real application."""

import json
from datetime import timedelta

import pytest

from app.services.core.permissions import ROLES, WHAT_FOR, P, Role
from tests.fixtures.cast import PASSWORD, Cast, Person

NEW = {"name": "dora", "full_name": "Dora Meyer", "password": "four words and more"}


async def user_id(person: Person) -> str:
    """Return the id of somebody who is logged in."""
    identifier: str = (await person.get("/api/auth/session")).json()["user"]["id"]
    return identifier


async def test_alice_adds_changes_and_deletes_a_user(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    made = await alice.post("/api/users", NEW)
    assert made.status_code == 201
    assert made.json()["role"] == "viewer"
    assert "password_hash" not in made.text
    path = f"/api/users/{made.json()['id']}"
    assert (await alice.post("/api/users", NEW | {"name": " DORA "})).status_code == 409
    changed = await alice.patch(path, {"role": "operator", "full_name": "D. Meyer"})
    assert (changed.json()["role"], changed.json()["full_name"]) == ("operator", "D. Meyer")
    assert (await alice.delete(path)).status_code == 204
    assert (await alice.get(path)).status_code == 404


async def test_lists_are_searched_sorted_and_paged(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    page = (await alice.get("/api/users?sort=-name&per_page=2")).json()
    assert [user["name"] for user in page["items"]] == ["charlie", "bob"]
    assert (page["total"], page["page"], page["per_page"]) == (3, 1, 2)
    found = (await alice.get("/api/users?q=LI")).json()["items"]
    assert [user["name"] for user in found] == ["alice", "charlie"]
    assert (await alice.get("/api/users?sort=password_hash")).status_code == 422
    assert (await alice.get("/api/users?q=%00%25")).json()["total"] == 0


@pytest.mark.parametrize("name", ["", " ", "two words", "Ünal", "-dash", "a" * 61, "x\x00y"])
async def test_impossible_names_are_refused(cast: Cast, name: str) -> None:
    alice = await cast.logged_in("alice")
    assert (await alice.post("/api/users", NEW | {"name": name})).status_code == 422


async def test_the_last_admin_stays(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    path = f"/api/users/{await user_id(alice)}"
    for body in ({"role": "viewer"}, {"is_disabled": True}):
        refused = await alice.patch(path, body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-admin")
    assert (await alice.delete(path)).status_code == 409
    await alice.post("/api/users", NEW | {"role": "admin"})
    assert (await alice.patch(path, {"role": "viewer"})).status_code == 200
    assert (await alice.get("/api/users")).status_code == 403  # at once


async def test_a_reset_password_works_and_ends_the_sessions(cast: Cast) -> None:
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    path = f"/api/users/{await user_id(bob)}/password"
    answer = await alice.post(path, {"password": "  spaces count too  "})
    assert answer.status_code == 204
    assert (await bob.get("/api/roles")).status_code == 401
    assert (await bob.log_in("spaces count too")).status_code == 401
    assert (await bob.log_in("  spaces count too  ")).status_code == 200


async def test_the_table_of_rights_names_every_right(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    table = (await charlie.get("/api/roles")).json()
    assert {row["permission"] for row in table["permissions"]} == {p.value for p in P}
    assert set(WHAT_FOR) == set(P)
    assert ROLES[Role.VIEWER] < ROLES[Role.OPERATOR] < ROLES[Role.ADMIN] == frozenset(P)


async def token_of(person: Person, *scopes: P, **wishes: object) -> str:
    """Make a token."""
    body = {"name": "grafana", "scopes": [*scopes], **wishes}
    answer = await person.post("/api/tokens", json.loads(json.dumps(body)))
    assert answer.status_code == 201, answer.text
    text: str = answer.json()["token"]
    return text


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_is_shown_once_and_may_what_its_scopes_say(cast: Cast) -> None:
    alice, program = await cast.logged_in("alice"), cast.person()
    token = await token_of(alice, P.USERS_READ)
    assert token.startswith("unity_")
    listed = await alice.get("/api/tokens")
    assert token.split("_", 2)[2] not in listed.text
    assert (await program.call("GET", "/api/users", headers=bearer(token))).status_code == 200
    assert (await program.call("GET", "/api/audit", headers=bearer(token))).status_code == 403
    (row,) = (await alice.get("/api/tokens")).json()["items"]
    assert row["last_used_address"] == "192.0.2.1"
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "unity_x_y", "", "é".encode()):
        raw = wrong if isinstance(wrong, bytes) else wrong.encode()
        headers = {b"Authorization": b"Bearer " + raw}
        answer = await program.http.request("GET", "/api/users", headers=headers)
        assert answer.status_code == 401
        assert "bearer" in answer.headers["www-authenticate"].lower()


async def test_a_token_never_has_more_rights_than_its_owner_has_now(cast: Cast) -> None:
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    refused = await bob.post("/api/tokens", {"name": "x", "scopes": ["users:manage"]})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-too-wide")
    token, program = await token_of(bob, P.JOBS_MANAGE, P.SELF), cast.person()
    made = {"name": "more", "scopes": ["servers:manage"]}
    answer = await program.call("POST", "/api/tokens", made, headers=bearer(token))
    assert answer.json()["type"] == "/problems/scope-too-wide"
    await alice.patch(f"/api/users/{await user_id(bob)}", {"role": "viewer"})
    state = await program.call("GET", "/api/auth/session", headers=bearer(token))
    assert state.json()["permissions"] == ["self:manage"]


async def test_tokens_expire_and_are_revoked_at_once(cast: Cast) -> None:
    alice, program = await cast.logged_in("alice"), cast.person()
    short = await token_of(alice, P.USERS_READ, expires_in_days=1)
    cast.clock.advance(timedelta(hours=23))
    assert (await program.call("GET", "/api/users", headers=bearer(short))).status_code == 200
    cast.clock.advance(timedelta(hours=1))
    assert (await program.call("GET", "/api/users", headers=bearer(short))).status_code == 401

    await alice.log_in()
    token = await token_of(alice, P.USERS_READ, expires_in_days=None)
    (row, _) = (await alice.get("/api/tokens")).json()["items"]
    charlie = await cast.logged_in("charlie")
    assert (await charlie.delete(f"/api/tokens/{row['id']}")).status_code == 404
    assert (await alice.delete(f"/api/tokens/{row['id']}")).status_code == 204
    assert (await program.call("GET", "/api/users", headers=bearer(token))).status_code == 401


async def test_alice_makes_and_sees_tokens_of_others(cast: Cast) -> None:
    alice, charlie = await cast.logged_in("alice"), await cast.logged_in("charlie")
    await token_of(alice, P.JOBS_READ, owner="charlie")
    refused = await alice.post(
        "/api/tokens", {"name": "x", "scopes": ["users:read"], "owner": "charlie"}
    )
    assert refused.json()["type"] == "/problems/scope-too-wide"
    assert (await charlie.get("/api/tokens")).json()["items"][0]["owner"] == "charlie"
    assert (await alice.get("/api/tokens")).json()["total"] == 0
    assert (await alice.get("/api/tokens?all=true")).json()["total"] == 1
    assert (await charlie.get("/api/tokens?all=true")).status_code == 403
    path = f"/api/users/{await user_id(charlie)}/tokens"
    assert (await alice.get(path)).json()["total"] == 1


async def test_the_audit_log_tells_who_did_what_and_hides_secrets(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    await alice.post("/api/users", NEW)
    await cast.person("alice").log_in("a wrong password")
    entries = (await alice.get("/api/audit")).json()
    newest = entries["items"][0]
    assert (newest["action"], newest["object_name"]) == ("login.failed", "alice")
    made = (await alice.get("/api/audit?action=user.&q=dora")).json()["items"][0]
    assert (made["actor_name"], made["action"]) == ("alice", "user.created")
    assert made["address"] == "192.0.2.1"
    assert made["request_id"]
    text = (await alice.get("/api/audit?limit=500")).text
    assert "a wrong password" not in text
    assert PASSWORD.format("alice") not in text
    assert (await alice.get("/api/audit/verification")).json()["is_intact"] is True
    assert (await alice.get("/api/audit?since=2026-03-15T00:00:00Z")).json()["items"] == []


async def test_answers_carry_the_security_headers(cast: Cast) -> None:
    answer = await cast.person().get("/api/auth/session")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
