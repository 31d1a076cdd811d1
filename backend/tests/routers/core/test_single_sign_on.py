"""Single sign-on against a real provider over HTTP: who comes in, as whom, and who does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.config import CollectPart, LoginPart, Settings
from app.models.core.audit_entry import AuditEntry
from app.models.core.linked_identity import LinkedIdentity
from app.models.core.user import User
from tests.fixtures.cast import PASSWORD, ROLES_OF_THE_CAST, Cast, Person, open_cast
from tests.parts.oidc import CLIENT_ID, CLIENT_SECRET, Provider, new_key

OWN_ORIGIN = {"Origin": "http://unity.test"}
GROUPS = {"preferred_username": "zoe", "name": "Zoe Adams", "groups": ["staff"]}


@dataclass
class House:
    """A Unity that knows the provider, and its admin."""

    cast: Cast
    provider: Provider
    alice: Person
    provider_id: str = ""
    wish: dict[str, Any] = field(default_factory=dict)

    async def set(self, **changes: object) -> None:
        self.wish |= changes
        answer = await self.alice.call(
            "PUT", f"/api/identity-providers/{self.provider_id}", self.wish
        )
        assert answer.status_code == 200, answer.text

    async def depart(self, person: Person, path: str = "/api/auth/sign-on") -> httpx2.Response:
        return await person.call(
            "POST", path, {"provider_id": self.provider_id}, headers=OWN_ORIGIN
        )

    async def come_back(self, person: Person, **changes: str) -> httpx2.Response:
        """Go to the provider and come back, with another word in the address if asked."""
        away = await self.depart(person)
        assert away.status_code == 200, away.text
        back = self.provider.go_to(away.json()["url"])
        return await self.finish(person, back | changes)

    async def finish(self, person: Person, back: dict[str, str]) -> httpx2.Response:
        answer = await person.call("POST", "/api/auth/sign-on/finish", back, headers=OWN_ORIGIN)
        session = answer.json().get("session") if answer.is_success else None
        if session is not None:
            person.csrf = session["csrf_token"]
        return answer

    async def refusal(self, **changes: str) -> str:
        """Come back as a stranger; return why not, and see that the password still opens."""
        answer = await self.come_back(self.cast.person(), **changes)
        assert answer.status_code >= 400, answer.text
        assert (await self.cast.person("bob").log_in()).status_code == 200
        detail: str = (
            f"{answer.json()['type'].removeprefix('/problems/')}: {answer.json()['detail']}"
        )
        return detail


@pytest.fixture
async def house(tmp_path: Path, sqlite_template: Path, provider: Provider) -> AsyncIterator[House]:
    """Return a Unity whose provider makes users and knows two groups."""
    settings = Settings(data=tmp_path / "data", collect=CollectPart(add_local=False))
    clock = ManualClock(SystemClock().now())
    cast = await open_cast(tmp_path / "data", sqlite_template, clock, settings)
    for name, role in ROLES_OF_THE_CAST.items():
        await cast.add(name, role)
    house = House(cast, provider, await cast.logged_in("alice"))
    house.wish = {
        "title": "Provider",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "roles": {"staff": "operator", "readers": "viewer", "bosses": "admin"},
        "makes_users": True,
    }
    made = await house.alice.post("/api/identity-providers", house.wish)
    assert made.status_code == 201, made.text
    house.provider_id = made.json()["id"]
    provider.person.claims = dict(GROUPS)
    yield house
    await cast.close()


async def test_a_person_comes_in_and_their_groups_are_their_role(house: House) -> None:
    zoe = house.cast.person()
    answer = await house.come_back(zoe)
    assert answer.status_code == 200, answer.text
    user = answer.json()["session"]["user"]
    assert (user["name"], user["full_name"], user["role"]) == ("zoe", "Zoe Adams", "operator")
    assert user["has_password"] is False
    assert (await zoe.get("/api/auth/session")).json()["user"]["name"] == "zoe"
    house.provider.person.claims["groups"] = ["readers", "bosses", "unknown"]
    again = await house.come_back(house.cast.person())
    assert again.json()["session"]["user"]["id"] == user["id"]
    assert again.json()["session"]["user"]["role"] == "admin", "the highest of the groups"
    assert (await house.cast.person("zoe").log_in("")).status_code == 401, "no password opens it"


async def test_issuer_and_subject_are_the_key_and_names_are_not(house: House) -> None:
    await house.come_back(house.cast.person())
    house.provider.person.claims["preferred_username"] = "renamed"
    answer = await house.come_back(house.cast.person())
    assert answer.json()["session"]["user"]["name"] == "zoe", "the same person under a new name"
    house.provider.person.sub = "somebody-else"
    house.provider.person.claims["preferred_username"] = "zoe"
    assert "already a user zoe" in await house.refusal()
    house.provider.person.claims["preferred_username"] = "alice"
    house.provider.person.claims["email"] = "alice@unity.test"
    assert "already a user alice" in await house.refusal(), "a local account is never taken over"


async def test_without_a_role_nobody_comes_in_unless_there_is_a_default(house: House) -> None:
    house.provider.person.claims["groups"] = ["strangers"]
    assert "None of your groups" in await house.refusal()
    house.provider.person.claims.pop("groups")
    assert "sent no claim groups" in await house.refusal()
    await house.set(default_role="viewer")
    answer = await house.come_back(house.cast.person())
    assert answer.json()["session"]["user"]["role"] == "viewer"
    await house.set(default_role=None)
    assert "sent no claim groups" in await house.refusal(), "known people lose their way in, too"


async def test_groups_that_only_user_info_tells_count(house: House) -> None:
    house.provider.person.claims = {}
    house.provider.user_info = dict(GROUPS)
    answer = await house.come_back(house.cast.person())
    assert answer.json()["session"]["user"]["name"] == "zoe"
    house.provider.user_info = {**GROUPS, "sub": "another", "groups": ["bosses"]}
    assert "sent no claim groups" in await house.refusal(), "of another subject, it is left aside"


async def test_accounts_are_made_only_where_that_is_allowed(house: House) -> None:
    await house.set(makes_users=False)
    assert "sign-on-refused" in await house.refusal()
    async with house.cast.platform.database.snapshot() as session:
        assert (await session.scalars(select(User).where(User.name == "zoe"))).first() is None


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "issuer": ({"iss": "https://evil.test"}, "issued by https://evil.test"),
    "audience": ({"aud": "another-app"}, "meant for another application"),
    "audience of several": ({"aud": [CLIENT_ID, "x"], "azp": "x"}, "another application"),
    "nonce": ({"nonce": "of-another-login"}, "belongs to another login"),
    "ended": ({"exp": 1}, "ended"),
    "no end": ({"exp": "never"}, "does not say when"),
    "no subject": ({"sub": ""}, "does not say whom"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_token_that_says_the_wrong_thing_lets_nobody_in(house: House, name: str) -> None:
    claims, words = WRONG[name]
    house.provider.claims = claims
    refusal = await house.refusal()
    assert refusal.startswith("provider-answer-not-valid")
    assert words in refusal


async def test_a_clock_that_differs_a_little_is_fine_and_one_far_ahead_is_told(
    house: House,
) -> None:
    now = int(house.cast.clock.now().timestamp())
    house.provider.claims = {"iat": now + 40, "nbf": now + 40, "exp": now + 400}
    assert (await house.come_back(house.cast.person())).status_code == 200
    house.provider.claims = {"iat": now + 600, "exp": now + 900}
    assert "10 minutes in the future: the clock" in await house.refusal()
    house.provider.claims = {"iat": now - 900, "exp": now - 600}
    assert "ended 10 minutes ago" in await house.refusal()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_a_new_key_of_the_provider_is_found_by_its_unknown_id(
    house: House, algorithm: str
) -> None:
    assert (await house.come_back(house.cast.person())).status_code == 200
    house.provider.key = new_key("second", algorithm)
    house.cast.clock.advance(timedelta(seconds=30))
    assert (await house.come_back(house.cast.person())).status_code == 200
    assert house.provider.asked.count("/keys") == 2, "asked again once, not at every login"


async def test_a_key_that_is_not_published_signs_nobody_in(house: House) -> None:
    house.provider.published = [new_key("published")]
    refusal = await house.refusal()
    assert "a key that the provider does not publish" in refusal
    asked = house.provider.asked.count("/keys")
    for _ in range(3):
        await house.refusal()
    assert house.provider.asked.count("/keys") == asked, "forged tokens make no stream of questions"
    # The same id over another key is no better.
    house.provider.published = [new_key(str(house.provider.key.kid))]
    house.cast.clock.advance(timedelta(seconds=30))
    assert "does not publish" in await house.refusal()


async def test_state_cookie_and_code_count_once_and_only_in_their_browser(house: House) -> None:
    zoe, mallory = house.cast.person(), house.cast.person()
    back = house.provider.go_to((await house.depart(zoe)).json()["url"])
    stolen = await house.finish(mallory, back)
    assert (stolen.status_code, stolen.json()["type"]) == (409, "/problems/sign-on-expired")
    wrong = await house.finish(zoe, back | {"state": "x" * 43})
    assert wrong.json()["type"] == "/problems/sign-on-expired"
    zoe = house.cast.person()
    back = house.provider.go_to((await house.depart(zoe)).json()["url"])
    assert (await house.finish(zoe, back)).status_code == 200
    assert (await house.finish(zoe, back)).json()["type"] == "/problems/sign-on-expired"
    late = house.cast.person()
    back = house.provider.go_to((await house.depart(late)).json()["url"])
    house.cast.clock.advance(timedelta(minutes=11))
    assert (await house.finish(late, back)).json()["type"] == "/problems/sign-on-expired"


async def test_the_code_of_another_login_does_not_pass_pkce_and_nonce(house: House) -> None:
    zoe, mallory = house.cast.person(), house.cast.person()
    theirs = house.provider.go_to((await house.depart(zoe)).json()["url"])
    own = house.provider.go_to((await house.depart(mallory)).json()["url"])
    answer = await house.finish(mallory, own | {"code": theirs["code"]})
    assert answer.json()["type"] == "/problems/provider-answer-not-valid"
    assert "invalid_grant" in answer.json()["detail"]


async def test_what_the_provider_or_the_person_refuses_is_said(house: House) -> None:
    house.provider.refuses = True
    assert "did not let you in, or you cancelled" in await house.refusal()
    house.provider.refuses = False
    assert "another provider" in await house.refusal(iss="https://evil.test")


async def test_a_provider_that_is_down_is_said_and_the_password_still_works(house: House) -> None:
    await house.set(issuer="http://127.0.0.1:9", client_secret=CLIENT_SECRET)
    answer = await house.depart(house.cast.person())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unreachable")
    assert "name and password of Unity still work" in answer.json()["fix"]
    assert (await house.cast.person("bob").log_in()).status_code == 200


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ("http://169.254.169.254", "link-local or metadata"),
        ("http://[fd00:ec2::254]", "link-local or metadata"),
        ("http://192.0.2.1.invalid", "has no address"),
        ("http://1.1.1.1", "only https://"),
    ],
)
async def test_addresses_that_are_never_spoken_to(house: House, issuer: str, words: str) -> None:
    await house.set(issuer=issuer)
    answer = await house.depart(house.cast.person())
    assert (answer.status_code, words in answer.json()["detail"]) == (503, True), answer.text


async def test_a_provider_that_calls_itself_differently_is_refused(house: House) -> None:
    house.provider.metadata["issuer"] = "https://other.test"
    answer = await house.depart(house.cast.person())
    assert answer.json()["type"] == "/problems/provider-answer-not-valid"
    assert "calls itself https://other.test" in answer.json()["detail"]


async def test_an_endless_answer_is_not_read_to_its_end(house: House) -> None:
    house.provider.metadata["padding"] = "x" * 600_000
    answer = await house.depart(house.cast.person())
    assert "more than 512 KiB" in answer.json()["detail"]


async def test_a_local_account_is_linked_by_its_owner_alone(house: House) -> None:
    bob = await house.cast.logged_in("bob")
    house.cast.clock.advance(timedelta(minutes=6))
    refused = await house.depart(bob, "/api/auth/links")
    assert refused.json()["type"] == "/problems/step-up-required"
    await bob.post("/api/auth/step-up", {"password": PASSWORD.format("bob")})
    back = house.provider.go_to((await house.depart(bob, "/api/auth/links")).json()["url"])
    charlie = await house.cast.logged_in("charlie")
    for name, value in bob.http.cookies.items():
        if name == "unity_sign_on":
            charlie.http.cookies.set(name, value)
    assert (await house.finish(charlie, back)).status_code == 409, "not by another's session"
    answer = await house.finish(bob, back)
    assert (answer.status_code, answer.json()["purpose"]) == (200, "link")
    (link,) = (await bob.get("/api/auth/links")).json()
    assert (link["provider"], link["label"]) == ("Provider", "zoe")
    house.provider.person.claims["groups"] = ["bosses"]
    came = await house.come_back(house.cast.person())
    user = came.json()["session"]["user"]
    assert (user["name"], user["role"]) == ("bob", "operator"), "his role stays his own"
    await charlie.post("/api/auth/step-up", {"password": PASSWORD.format("charlie")})
    back = house.provider.go_to((await house.depart(charlie, "/api/auth/links")).json()["url"])
    taken = await house.finish(charlie, back)
    assert taken.json()["type"] == "/problems/identity-taken"
    assert (await bob.delete(f"/api/auth/links/{link['id']}")).status_code == 204
    async with house.cast.platform.database.snapshot() as session:
        assert (await session.scalars(select(LinkedIdentity))).all() == []


async def test_the_only_way_in_stays(house: House) -> None:
    zoe = house.cast.person()
    await house.come_back(zoe)
    (link,) = (await zoe.get("/api/auth/links")).json()
    kept = await zoe.delete(f"/api/auth/links/{link['id']}")
    assert (kept.status_code, kept.json()["type"]) == (409, "/problems/last-way-in")


async def test_a_person_without_a_password_steps_up_at_the_provider(house: House) -> None:
    zoe = house.cast.person()
    await house.come_back(zoe)
    house.cast.clock.advance(timedelta(minutes=6))
    wish = {"name": "t", "scopes": ["self:manage"]}
    assert (await zoe.post("/api/tokens", wish)).json()["type"] == "/problems/step-up-required"
    now = int(house.cast.clock.now().timestamp())
    fresh: dict[str, object] = {"iat": now, "exp": now + 300, "auth_time": now}
    house.provider.claims = fresh | {"auth_time": now - 3600}
    away = await house.depart(zoe, "/api/auth/sign-on/step-up")
    assert "prompt=login" in away.json()["url"]
    answer = await house.finish(zoe, house.provider.go_to(away.json()["url"]))
    assert "did not ask who you are anew" in answer.json()["detail"]
    house.provider.claims = fresh
    away = await house.depart(zoe, "/api/auth/sign-on/step-up")
    answer = await house.finish(zoe, house.provider.go_to(away.json()["url"]))
    assert answer.json()["purpose"] == "step_up", answer.text
    assert (await zoe.post("/api/tokens", wish)).status_code == 201


async def test_logging_out_leads_to_the_provider_when_it_offers_that(house: House) -> None:
    zoe = house.cast.person()
    await house.come_back(zoe)
    url = (await zoe.post("/api/auth/logout")).json()["provider_url"]
    assert url.startswith(f"{house.provider.issuer}/logout?client_id=unity&post_logout")
    assert (await zoe.get("/api/auth/session")).json()["user"] is None
    bob = await house.cast.logged_in("bob")
    assert (await bob.post("/api/auth/logout")).json() == {"provider_url": None}


async def test_a_disabled_or_switched_off_one_lets_nobody_in(house: House) -> None:
    answer = await house.come_back(house.cast.person())
    user_id = answer.json()["session"]["user"]["id"]
    await house.alice.patch(f"/api/users/{user_id}", {"is_disabled": True})
    assert "This user is disabled" in await house.refusal()
    await house.set(is_enabled=False)
    assert (await house.depart(house.cast.person())).status_code == 404
    assert (await house.cast.person().get("/api/auth/providers")).json() == []


async def test_the_test_button_tells_step_by_step(house: House) -> None:
    path = f"/api/identity-providers/{house.provider_id}/test"
    found = (await house.alice.post(path)).json()
    assert found["is_fine"] is True, found
    assert len(found["checks"]) == 4
    await house.set(client_secret="wrong")
    found = (await house.alice.post(path)).json()
    assert [check["is_fine"] for check in found["checks"]] == [True, True, True, False]
    assert "client id or its secret is wrong" in found["checks"][3]["detail"]
    await house.set(issuer="http://127.0.0.1:9")
    found = (await house.alice.post(path)).json()
    assert [check["is_fine"] for check in found["checks"]] == [False]


async def test_the_secret_is_kept_write_only_and_stays_with_its_issuer(house: House) -> None:
    house.wish.pop("client_secret")
    await house.set(title="Renamed")
    path = f"/api/identity-providers/{house.provider_id}"
    shown = (await house.alice.get(path)).json()
    assert shown["has_client_secret"] is True
    assert CLIENT_SECRET not in (await house.alice.get(path)).text
    assert (await house.come_back(house.cast.person())).status_code == 200, "it still opens"
    await house.set(issuer="https://elsewhere.test")
    assert (await house.alice.get(path)).json()["has_client_secret"] is False


async def test_a_provider_that_checks_a_second_factor_satisfies_the_demand(house: House) -> None:
    # Settings are frozen: the demand is set where a start with another setting would put it.
    platform = house.cast.platform
    demand = platform.settings.model_copy(update={"login": LoginPart(second_factor="everybody")})
    await house.set(checks_second_factor=False)
    platform.settings = demand
    halfway = await house.come_back(house.cast.person())
    assert halfway.json()["session"]["next_step"] == "enrolment"
    assert halfway.json()["session"]["user"] is None
    platform.settings = demand.model_copy(update={"login": LoginPart()})
    await house.set(checks_second_factor=True)
    platform.settings = demand
    through = await house.come_back(house.cast.person())
    assert through.json()["session"]["user"]["name"] == "zoe"


async def test_what_happened_stands_in_the_audit_log(house: House) -> None:
    await house.come_back(house.cast.person())
    async with house.cast.platform.database.snapshot() as session:
        rows = (await session.scalars(select(AuditEntry))).all()
    actions = {row.action for row in rows}
    assert {"identity_provider.created", "identity.linked", "user.created"} <= actions
    assert CLIENT_SECRET not in "".join(row.entry for row in rows)
