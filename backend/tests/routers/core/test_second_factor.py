"""The second factor: set up, asked for, counted once, reset, demanded."""

import asyncio
import itertools
from base64 import b64decode
from datetime import timedelta
from urllib.parse import unquote

import httpx2
import pyotp
import pytest
from sqlalchemy import select

from app.kernel.config import LoginPart
from app.models.core.audit_entry import AuditEntry
from app.models.core.recovery_code import RecoveryCode
from app.models.core.second_factor import SecondFactor
from app.services.core.second_factor import MOST_FAILURES
from tests.fixtures.cast import PASSWORD, Cast, Person

STEP = timedelta(seconds=30)


def code_of(cast: Cast, key: str, *, steps: int = 0) -> str:
    """Return what the app would show now, or some steps from now."""
    return pyotp.TOTP(key).at((cast.clock.now() + steps * STEP).timestamp())


async def enrolled(cast: Cast, name: str) -> tuple[Person, str, list[str]]:
    """Log in and set a second factor up; return the person, the key and the recovery codes."""
    person = await cast.logged_in(name)
    begun = (await person.post("/api/auth/second-factor")).json()
    answer = await person.post(
        "/api/auth/second-factor/confirm", {"code": code_of(cast, begun["key"])}
    )
    assert answer.status_code == 200, answer.text
    cast.clock.advance(2 * STEP)  # the code that confirmed it is used up
    return person, begun["key"], answer.json()["codes"]


PLACES = (f"198.51.100.{number}" for number in itertools.cycle(range(1, 250)))


async def halfway(cast: Cast, name: str) -> Person:
    """Give the password of somebody with a second factor, each time from another place."""
    person = cast.person(name, next(PLACES))
    answer = await person.log_in()
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"], answer.json()["next_step"]) == (None, "second_factor")
    return person


async def give(person: Person, code: str) -> httpx2.Response:
    answer = await person.post("/api/auth/login/code", {"code": code})
    if answer.is_success:
        person.csrf = answer.json()["csrf_token"]
    return answer


async def test_a_key_counts_after_a_code_of_it_and_the_login_asks_from_then_on(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    begun = (await bob.post("/api/auth/second-factor")).json()
    picture = unquote(begun["picture"])
    assert picture.startswith("data:image/svg+xml")
    assert "<svg" in picture or b"<svg" in b64decode(picture.partition(",")[2])
    assert len(begun["key"]) == 32
    assert (await cast.person("bob").log_in()).json()["user"]["name"] == "bob", "not yet"
    wrong = await bob.post("/api/auth/second-factor/confirm", {"code": "000000"})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-code")
    right = await bob.post("/api/auth/second-factor/confirm", {"code": code_of(cast, begun["key"])})
    assert len(set(right.json()["codes"])) == 10
    state = (await bob.get("/api/auth/second-factor")).json()
    assert (state["is_set"], state["recovery_codes_left"]) == (True, 10)
    cast.clock.advance(2 * STEP)
    again = await halfway(cast, "bob")
    answer = await give(again, code_of(cast, begun["key"]))
    assert answer.json()["user"]["has_second_factor"] is True
    assert (await again.get("/api/auth/second-factor")).status_code == 200


async def test_a_begun_login_opens_nothing_else(cast: Cast) -> None:
    await enrolled(cast, "alice")
    alice = await halfway(cast, "alice")
    token = alice.http.cookies["unity_pending"]
    for path in ("/api/auth/second-factor", "/api/users", "/api/auth/sessions", "/api/live"):
        assert (await alice.get(path)).status_code == 401, path
    stranger = cast.person("alice")
    stranger.http.cookies.set("unity_session", token)
    assert (await stranger.get("/api/auth/session")).json()["user"] is None
    headers = {"Authorization": f"Bearer {token}"}
    assert (await stranger.call("GET", "/api/users", headers=headers)).status_code == 401
    other_step = await alice.post("/api/auth/login/enrolment")
    assert other_step.json()["type"] == "/problems/other-step-needed"


@pytest.mark.parametrize(
    ("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
async def test_a_code_counts_one_step_around_now(cast: Cast, steps: int, is_right: bool) -> None:  # noqa: FBT001 - a parameter of the test
    _, key, _ = await enrolled(cast, "bob")
    cast.clock.advance(4 * STEP)
    bob = await halfway(cast, "bob")
    assert (await give(bob, code_of(cast, key, steps=steps))).is_success is is_right


async def test_a_code_counts_once_and_an_older_one_no_longer(cast: Cast) -> None:
    _, key, _ = await enrolled(cast, "bob")
    code, older = code_of(cast, key), code_of(cast, key, steps=-1)
    assert (await give(await halfway(cast, "bob"), code)).is_success
    assert (await give(await halfway(cast, "bob"), code)).status_code == 403
    assert (await give(await halfway(cast, "bob"), older)).status_code == 403
    cast.clock.advance(STEP)
    assert (await give(await halfway(cast, "bob"), code_of(cast, key))).is_success


async def test_of_parallel_logins_with_one_code_a_single_one_comes_in(cast: Cast) -> None:
    _, key, _ = await enrolled(cast, "bob")
    people = [await halfway(cast, "bob") for _ in range(4)]
    answers = await asyncio.gather(*(give(bob, code_of(cast, key)) for bob in people))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]


async def test_five_wrong_codes_end_the_begun_login(cast: Cast) -> None:
    _, key, _ = await enrolled(cast, "bob")
    bob = await halfway(cast, "bob")
    kinds = []
    for _ in range(6):
        # From another place each time, so that this limit is met and not the one of the place.
        bob.http._transport = cast.person("bob", next(PLACES)).http._transport
        kinds.append((await give(bob, "000000")).json()["type"])
    assert kinds == ["/problems/wrong-code"] * 5 + ["/problems/login-begun-too-long-ago"]
    assert (await give(bob, code_of(cast, key))).status_code == 401, "the right one is too late"


async def test_wrong_codes_are_limited_across_logins_and_places(cast: Cast) -> None:
    _, key, _ = await enrolled(cast, "bob")
    for number in range(MOST_FAILURES):
        bob = cast.person("bob", f"192.0.2.{number + 20}")
        await bob.log_in()
        assert (await give(bob, "000000")).json()["type"] == "/problems/wrong-code"
    bob = cast.person("bob", "203.0.113.9")
    await bob.log_in()
    refused = await give(bob, code_of(cast, key))
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-codes")
    assert refused.headers["retry-after"] == "900"
    cast.clock.advance(timedelta(minutes=16))
    bob = cast.person("bob", "203.0.113.10")
    await bob.log_in()
    assert (await give(bob, code_of(cast, key))).is_success


async def test_the_second_step_is_limited_by_place_like_the_first(cast: Cast) -> None:
    await enrolled(cast, "bob")
    kinds = set()
    for _ in range(6):
        bob = cast.person("bob")
        answer = await bob.log_in()
        kinds.add(answer.status_code)
        if answer.is_success:
            kinds.add((await give(bob, "000000")).status_code)
    assert 429 in kinds, "a right password does not take wrong codes back"


async def test_a_recovery_code_lets_in_once_and_the_count_goes_down(cast: Cast) -> None:
    bob, _, codes = await enrolled(cast, "bob")
    again = await halfway(cast, "bob")
    assert (await give(again, codes[3].upper().replace("-", " "))).is_success
    assert (await again.get("/api/auth/second-factor")).json()["recovery_codes_left"] == 9
    assert (await give(await halfway(cast, "bob"), codes[3])).status_code == 403
    people = [await halfway(cast, "bob") for _ in range(2)]
    answers = await asyncio.gather(*(give(one, codes[4]) for one in people))
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    cast.clock.advance(timedelta(minutes=6))
    renew = "/api/auth/second-factor/recovery-codes"
    assert (await bob.post(renew)).json()["type"] == "/problems/step-up-required"
    await bob.post("/api/auth/step-up", {"password": PASSWORD.format("bob")})
    fresh = (await bob.post(renew)).json()["codes"]
    assert len(fresh) == 10
    assert (await give(await halfway(cast, "bob"), codes[5])).status_code == 403
    assert (await give(await halfway(cast, "bob"), fresh[0])).is_success


async def test_a_begun_login_ends_by_time_and_by_a_new_password(cast: Cast) -> None:
    bob, key, _ = await enrolled(cast, "bob")
    late = await halfway(cast, "bob")
    cast.clock.advance(timedelta(minutes=11))
    assert (await give(late, code_of(cast, key))).status_code == 401
    begun = await halfway(cast, "bob")
    change = {"current": PASSWORD.format("bob"), "password": "another few words"}
    assert (await bob.post("/api/auth/password", change)).status_code == 204
    assert (await give(begun, code_of(cast, key))).status_code == 401


async def test_a_code_steps_up_once(cast: Cast) -> None:
    alice, key, _ = await enrolled(cast, "alice")
    cast.clock.advance(timedelta(minutes=6))
    body = {"name": "dora", "password": "four words and more"}
    assert (await alice.post("/api/users", body)).json()["type"] == "/problems/step-up-required"
    code = code_of(cast, key)
    both = await alice.post("/api/auth/step-up", {"password": "x", "code": code})
    assert both.status_code == 422
    assert (await alice.post("/api/auth/step-up", {"code": "000000"})).status_code == 403
    assert (await alice.post("/api/auth/step-up", {"code": code})).status_code == 204
    assert (await alice.post("/api/auth/step-up", {"code": code})).status_code == 403
    assert (await alice.post("/api/users", body)).status_code == 201


async def test_an_admin_resets_a_lost_one_and_all_sessions_end(cast: Cast) -> None:
    bob, _, codes = await enrolled(cast, "bob")
    begun = await halfway(cast, "bob")
    alice = await cast.logged_in("alice")
    users = (await alice.get("/api/users?q=bob")).json()["items"]
    assert users[0]["has_second_factor"] is True
    path = f"/api/users/{users[0]['id']}/second-factor"
    assert (await alice.delete(path)).status_code == 204
    assert (await bob.get("/api/auth/session")).json()["user"] is None
    assert (await give(begun, codes[0])).status_code == 401
    assert (await cast.person("bob").log_in()).json()["user"]["name"] == "bob"
    assert (await alice.delete(path)).json()["type"] == "/problems/no-second-factor"
    async with cast.platform.database.snapshot() as session:
        assert (await session.scalars(select(SecondFactor))).all() == []
        assert (await session.scalars(select(RecoveryCode))).all() == []
        actions = set((await session.scalars(select(AuditEntry.action))).all())
    assert {"second_factor.set", "second_factor.reset"} <= actions


async def test_neither_secret_nor_codes_lie_open_in_the_database(cast: Cast) -> None:
    _, key, codes = await enrolled(cast, "bob")
    async with cast.platform.database.snapshot() as session:
        row = (await session.scalars(select(SecondFactor))).one()
        hmacs = [code.code_hmac for code in (await session.scalars(select(RecoveryCode))).all()]
        entries = "".join((await session.scalars(select(AuditEntry.entry))).all())
    assert row.secret is not None
    assert key.encode() not in row.secret.blob
    assert row.pending is None
    for code in codes:
        assert code not in "".join(hmacs) + entries
    assert key not in entries


async def test_setting_up_ends_the_sessions_that_were_opened_without(cast: Cast) -> None:
    elsewhere = await cast.logged_in("bob")
    here, _, _ = await enrolled(cast, "bob")
    assert (await elsewhere.get("/api/auth/session")).json()["user"] is None
    assert (await here.get("/api/auth/session")).json()["user"]["name"] == "bob"
    (row,) = (await here.get("/api/auth/sessions")).json()
    assert row["has_second_factor"] is True


async def test_an_api_token_cannot_touch_the_second_factor(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    made = await bob.post("/api/tokens", {"name": "t", "scopes": ["self:manage"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    program = cast.person()
    for method, path in (
        ("POST", "/api/auth/second-factor"),
        ("DELETE", "/api/auth/second-factor"),
        ("POST", "/api/auth/second-factor/recovery-codes"),
    ):
        answer = await program.call(method, path, headers=headers)
        assert answer.json()["type"] == "/problems/needs-browser"


def demand(cast: Cast, who: str) -> None:
    """Start anew with another setting, as far as the platform is concerned."""
    settings = cast.platform.settings
    login = LoginPart.model_validate({"second_factor": who})
    cast.platform.settings = settings.model_copy(update={"login": login})
    cast.platform.identity.authenticator._login = login


async def test_who_must_have_one_is_led_to_it_and_can_do_nothing_else(cast: Cast) -> None:
    before = await cast.logged_in("alice")
    demand(cast, "admins")
    assert (await before.get("/api/auth/session")).json()["user"] is None, "without one no longer"
    alice = cast.person("alice")
    answer = (await alice.log_in()).json()
    assert (answer["user"], answer["next_step"]) == (None, "enrolment")
    assert (await alice.get("/api/auth/session")).json()["next_step"] == "enrolment"
    assert (await alice.get("/api/users")).status_code == 401
    assert (await give(alice, "000000")).json()["type"] == "/problems/other-step-needed"
    begun = (await alice.post("/api/auth/login/enrolment")).json()
    wrong = await alice.post("/api/auth/login/enrolment/confirm", {"code": "000000"})
    assert wrong.json()["type"] == "/problems/wrong-code"
    code = code_of(cast, begun["key"])
    done = await alice.post("/api/auth/login/enrolment/confirm", {"code": code})
    assert done.status_code == 200, done.text
    assert len(done.json()["codes"]) == 10
    alice.csrf = done.json()["session"]["csrf_token"]
    assert (await alice.get("/api/users")).status_code == 200
    kept = await alice.delete("/api/auth/second-factor")
    assert kept.json()["type"] == "/problems/second-factor-demanded"
    assert (await alice.get("/api/auth/second-factor")).json()["is_demanded"] is True


async def test_the_demand_reaches_those_it_names(cast: Cast) -> None:
    demand(cast, "admins")
    bob = await cast.logged_in("bob")
    assert (await bob.get("/api/auth/second-factor")).json()["is_demanded"] is False
    demand(cast, "everybody")
    assert (await bob.get("/api/auth/session")).json()["user"] is None
    assert (await cast.person("bob").log_in()).json()["next_step"] == "enrolment"
