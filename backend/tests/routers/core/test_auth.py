"""Set-up, login, sessions and CSRF, against the real application."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.services.core.audit import AuditLog
from app.services.core.login_limits import ACCOUNT_FROM_PLACE, PLACE
from app.services.core.setup_tokens import SetupTokens
from app.services.core.users import UserService
from tests.fixtures.cast import BASE_URL, PASSWORD, Cast


async def setup_token(cast: Cast) -> str:
    """Return a token as the server's console shows it."""
    async with cast.platform.database.transaction() as session:
        audit = AuditLog(session, cast.clock, cast.platform.audit_key)
        users = UserService(session, cast.clock, audit)
        return await SetupTokens(session, cast.clock, users).issue()


def first_admin(token: str) -> dict[str, str]:
    """Return a request that makes the first admin."""
    return {"token": token, "name": "Alice ", "password": "correct staple of words"}


async def test_first_run_makes_one_admin_and_closes_for_good(empty_cast: Cast) -> None:
    alice, mallory = empty_cast.person("alice"), empty_cast.person("mallory")
    assert (await alice.get("/api/auth/session")).json()["is_setup_needed"] is True
    token = await setup_token(empty_cast)

    refused = await mallory.post("/api/auth/setup", first_admin("x" * 43))
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/setup-token-wrong"

    answer = await alice.post("/api/auth/setup", first_admin(token))
    assert answer.status_code == 201
    assert answer.json()["user"]["name"] == "alice"
    assert answer.json()["user"]["role"] == "admin"
    assert (await alice.get("/api/users")).status_code == 200

    again = await mallory.post("/api/auth/setup", first_admin(token))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/setup-closed")
    assert (await mallory.get("/api/auth/session")).json()["is_setup_needed"] is False


async def test_setup_token_lives_an_hour_and_only_the_newest_counts(empty_cast: Cast) -> None:
    nobody = empty_cast.person()
    older, newer = await setup_token(empty_cast), await setup_token(empty_cast)
    assert (await nobody.post("/api/auth/setup", first_admin(older))).status_code == 403
    empty_cast.clock.advance(timedelta(minutes=61))
    assert (await nobody.post("/api/auth/setup", first_admin(newer))).status_code == 403


async def test_a_weak_password_leaves_the_setup_token_usable(empty_cast: Cast) -> None:
    nobody, token = empty_cast.person(), await setup_token(empty_cast)
    for weak in ("short", "password123", "aaaaaaaaaaaa", "alicealice"):
        answer = await nobody.post("/api/auth/setup", first_admin(token) | {"password": weak})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/weak-password")
    assert (await nobody.post("/api/auth/setup", first_admin(token))).status_code == 201


async def test_login_over_plain_http_sets_a_plain_cookie_and_says_so(cast: Cast) -> None:
    alice = cast.person("alice")
    cookie = (await alice.log_in()).headers["set-cookie"]
    assert cookie.startswith("unity_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert (await alice.get("/api/auth/session")).json()["is_secure"] is False


@pytest.mark.parametrize("other", ['prefs={"a": 1}', "no value", "a b=c", 'quoted="'])
async def test_cookies_of_other_services_on_the_host_log_nobody_out(cast: Cast, other: str) -> None:
    alice = await cast.logged_in("alice")
    own = f"unity_session={alice.http.cookies['unity_session']}"
    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        stranger = cast.person()
        answer = await stranger.call("GET", "/api/auth/session", headers={"Cookie": cookies})
        assert answer.json()["user"] is not None, cookies


async def test_login_over_tls_sets_a_host_cookie(cast: Cast) -> None:
    alice = cast.person("alice")
    alice.http.base_url = "https://unity.test"
    cookie = (await alice.log_in()).headers["set-cookie"]
    assert cookie.startswith("__Host-unity_session=")
    assert "; Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    state = (await alice.get("/api/auth/session")).json()
    assert state["is_secure"] is True
    assert state["user"]["name"] == "alice"


@pytest.mark.parametrize("name", ["alice", "unknown", "\x00", "a" * 200])
async def test_a_wrong_login_says_the_same_for_every_name(cast: Cast, name: str) -> None:
    nobody = cast.person(name)
    answer = await nobody.log_in("not the right one")
    assert answer.status_code == 401
    assert answer.json()["detail"] == "No user has this name and this password."
    assert "set-cookie" not in answer.headers


async def test_too_many_wrong_passwords_have_to_wait(cast: Cast) -> None:
    mallory = cast.person("alice", address="198.51.100.7")
    for _ in range(ACCOUNT_FROM_PLACE.amount):
        assert (await mallory.log_in("wrong password")).status_code == 401
    refused = await mallory.log_in()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])
    # The owner, in another place, is not locked out.
    assert (await cast.person("alice").log_in()).status_code == 200


async def test_one_place_cannot_try_many_names(cast: Cast) -> None:
    answers = [
        (await cast.person(f"user{n}", address="2001:db8::1").log_in("wrong one")).status_code
        for n in range(PLACE.amount)
    ]
    assert set(answers) == {401}
    neighbour = cast.person("someone", address="2001:db8::ffff")  # the same /64
    assert (await neighbour.log_in("wrong one")).status_code == 429


async def test_right_logins_use_no_attempts_up(cast: Cast) -> None:
    for _ in range(PLACE.amount + 5):
        assert (await cast.person("bob").log_in()).status_code == 200


async def test_every_login_makes_a_new_session_and_ends_the_former(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    first = alice.http.cookies["unity_session"]
    await alice.log_in()
    assert alice.http.cookies["unity_session"] != first
    thief = cast.person()
    thief.http.cookies.set("unity_session", first)
    assert (await thief.get("/api/users")).status_code == 401


async def test_a_session_ends_after_idle_time_and_after_its_longest_time(cast: Cast) -> None:
    limits = cast.platform.settings.session
    alice = await cast.logged_in("alice")
    cast.clock.advance(timedelta(seconds=limits.idle_seconds - 1))
    assert (await alice.get("/api/users")).status_code == 200
    cast.clock.advance(timedelta(seconds=limits.idle_seconds + 1))
    assert (await alice.get("/api/users")).status_code == 401

    await alice.log_in()
    for _ in range(int(limits.absolute_seconds // limits.idle_seconds) + 1):
        cast.clock.advance(timedelta(seconds=limits.idle_seconds - 60))
        await alice.get("/api/users")
    assert (await alice.get("/api/users")).status_code == 401


async def test_step_up_opens_dangerous_actions_for_a_while(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    cast.clock.advance(timedelta(minutes=6))
    body = {"name": "dora", "password": "four words and more"}
    refused = await alice.post("/api/users", body)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/step-up-required")

    wrong = await alice.post("/api/auth/step-up", {"password": "not hers"})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-password")
    before = alice.http.cookies["unity_session"]
    answer = await alice.post("/api/auth/step-up", {"password": PASSWORD.format("alice")})
    assert answer.status_code == 204
    assert alice.http.cookies["unity_session"] != before
    assert (await alice.post("/api/users", body)).status_code == 201


async def test_the_former_cookie_counts_for_a_moment_but_without_the_step_up(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    stale = cast.person("alice")
    stale.csrf = alice.csrf
    stale.http.cookies.set("unity_session", alice.http.cookies["unity_session"])
    await alice.post("/api/auth/step-up", {"password": PASSWORD.format("alice")})
    assert (await stale.get("/api/users")).status_code == 200
    body = {"name": "dora", "password": "four words and more"}
    assert (await stale.post("/api/users", body)).json()["type"] == "/problems/step-up-required"
    cast.clock.advance(timedelta(seconds=31))
    assert (await stale.get("/api/users")).status_code == 401
    assert (await alice.get("/api/users")).status_code == 200


async def test_logout_ends_the_session_on_the_server(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    cookie = alice.http.cookies["unity_session"]
    assert (await alice.post("/api/auth/logout")).status_code == 200
    assert "unity_session" not in alice.http.cookies
    alice.http.cookies.set("unity_session", cookie)
    assert (await alice.get("/api/users")).status_code == 401


async def test_a_new_password_ends_all_other_sessions(cast: Cast) -> None:
    here, there = await cast.logged_in("bob"), await cast.logged_in("bob")
    change = {"current": PASSWORD.format("bob"), "password": "here is another one"}
    assert (await here.post("/api/auth/password", change)).status_code == 204
    assert (await here.get("/api/roles")).status_code == 200
    assert (await there.get("/api/roles")).status_code == 401
    assert (await cast.person("bob").log_in()).status_code == 401
    assert (await cast.person("bob").log_in("here is another one")).status_code == 200


async def test_people_change_their_own_full_name_and_nothing_else_of_the_account(
    cast: Cast,
) -> None:
    charlie, alice = await cast.logged_in("charlie"), await cast.logged_in("alice")
    changed = await charlie.patch("/api/auth/profile", {"full_name": "Charlie Novak"})
    assert (changed.status_code, changed.json()["full_name"]) == (200, "Charlie Novak")
    shown = (await charlie.get("/api/auth/session")).json()["user"]
    assert (shown["full_name"], shown["role"], shown["name"]) == (
        *("Charlie Novak", "viewer", "charlie"),
    )
    more = await charlie.patch("/api/auth/profile", {"full_name": "C", "role": "admin"})
    assert more.status_code == 422
    entry = (await alice.get("/api/audit?action=user.changed")).json()["items"][0]
    assert entry["actor_name"] == "charlie"
    assert "Charlie Novak" in str(entry)


async def test_sessions_are_listed_and_ended_one_by_one(cast: Cast) -> None:
    here, there = await cast.logged_in("bob"), await cast.logged_in("bob")
    sessions = (await here.get("/api/auth/sessions")).json()
    assert [s["is_current"] for s in sessions].count(True) == 1
    other = next(s for s in sessions if not s["is_current"])
    assert other["address"] == "192.0.2.1"
    assert (await here.delete(f"/api/auth/sessions/{other['id']}")).status_code == 204
    assert (await there.get("/api/roles")).status_code == 401
    assert (await here.delete(f"/api/auth/sessions/{other['id']}")).status_code == 404

    await there.log_in()
    assert (await here.delete("/api/auth/sessions")).json() == {"ended": 1}
    assert (await there.get("/api/roles")).status_code == 401


async def test_charlie_cannot_end_the_sessions_of_bob(cast: Cast) -> None:
    bob, charlie = await cast.logged_in("bob"), await cast.logged_in("charlie")
    (session,) = (await bob.get("/api/auth/sessions")).json()
    assert (await charlie.delete(f"/api/auth/sessions/{session['id']}")).status_code == 404
    user = (await bob.get("/api/auth/session")).json()["user"]["id"]
    path = f"/api/users/{user}/sessions/{session['id']}"
    assert (await charlie.delete(path)).status_code == 403
    alice = await cast.logged_in("alice")
    assert len((await alice.get(f"/api/users/{user}/sessions")).json()) == 1
    assert (await alice.delete(path)).status_code == 204
    assert (await bob.get("/api/roles")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://unity.test:9999"},
        {"Origin": "http://unity.test.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_pages_of_other_origins_get_nothing(cast: Cast, headers: dict[str, str]) -> None:
    alice = await cast.logged_in("alice")
    for method, path in (("GET", "/api/users"), ("POST", "/api/auth/logout")):
        refused = await alice.call(method, path, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/cross-origin")
    body = {"name": "alice", "password": PASSWORD.format("alice")}
    login = await cast.person().call("POST", "/api/auth/login", body, headers=headers)
    assert login.json()["type"] == "/problems/cross-origin"


async def test_our_own_page_may_act(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    headers = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}
    assert (await alice.call("POST", "/api/auth/logout", headers=headers)).status_code == 200


async def test_a_write_without_the_csrf_token_of_its_session_is_refused(cast: Cast) -> None:
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    for wrong in (None, "", bob.csrf, f"{alice.csrf}x"):
        alice.csrf = wrong
        refused = await alice.post("/api/auth/logout")
        assert refused.json()["type"] == "/problems/csrf-token-missing"


async def test_a_disabled_user_is_out_at_once_and_cannot_come_back(cast: Cast) -> None:
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    user = (await bob.get("/api/auth/session")).json()["user"]["id"]
    assert (await alice.patch(f"/api/users/{user}", {"is_disabled": True})).status_code == 200
    assert (await bob.get("/api/roles")).status_code == 401
    refused = await bob.log_in()
    assert refused.status_code == 401
    assert "disabled" in refused.json()["detail"]


# Only SQLite can be told how many pages its disk has.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_token", [False, True])
async def test_a_full_disk_keeps_nobody_from_looking(cast: Cast, is_token: bool) -> None:  # noqa: FBT001 - a parameter
    alice = await cast.logged_in("alice")
    wish = {"name": "eyes", "scopes": ["servers:read"]}
    token = (await alice.post("/api/tokens", wish)).json()["token"]
    headers = {"Authorization": f"Bearer {token}"} if is_token else {}
    cast.clock.advance(timedelta(minutes=2))  # the use is to be noted anew
    await fill_at_the_next_note(cast)

    answer = await alice.call("GET", "/api/infrastructure/servers", headers=headers)
    assert answer.status_code == 200
    refused = await alice.patch("/api/auth/profile", {"full_name": "Alice " * 15})
    assert (refused.status_code, refused.json()["type"]) == (507, "/problems/disk-full")


async def fill_at_the_next_note(cast: Cast) -> None:
    """Leave no room in the database for whoever notes a use, or changes a user."""
    async with cast.platform.database.transaction() as session:
        await session.execute(text("CREATE TABLE ballast (content BLOB)"))
        for table in ("login_session", "api_token", "user_account"):
            trigger = "CREATE TRIGGER fill_{0} AFTER UPDATE ON {0} BEGIN {1}; END"
            fill = "INSERT INTO ballast VALUES (zeroblob(9000000))"
            await session.execute(text(trigger.format(table, fill)))
        await session.execute(text("PRAGMA max_page_count = 1"))  # that is as many as there are
