"""What changes at a provider between two logins: keys that end, roles, and the provider itself."""

import pytest

from tests.parts.oidc import new_key
from tests.routers.core.test_single_sign_on import House, house

__all__ = ["house"]  # the fixture of the tests beside


async def test_a_key_that_has_ended_signs_nobody_in_and_a_new_one_does(house: House) -> None:
    now = int(house.cast.clock.now().timestamp())
    house.provider.key = new_key("old", ends=now - 3600)
    refusal = await house.refusal()
    assert "a key that has ended: the provider has to sign with a new one" in refusal
    path = f"/api/identity-providers/{house.provider_id}/test"
    checks = (await house.alice.post(path)).json()["checks"]
    assert "All its keys have ended" in checks[2]["detail"]
    house.provider.key = new_key("new", ends=now + 3600)
    assert (await house.alice.post(path)).json()["is_fine"] is True
    assert (await house.come_back(house.cast.person())).status_code == 200


async def test_a_changed_table_of_roles_counts_from_the_next_login_on(house: House) -> None:
    zoe = house.cast.person()
    first = await house.come_back(zoe)
    assert first.json()["session"]["user"]["role"] == "operator"
    await house.set(roles={"staff": "viewer"})
    assert (await zoe.get("/api/auth/session")).json()["user"]["role"] == "operator"
    again = await house.come_back(house.cast.person())
    assert again.json()["session"]["user"]["role"] == "viewer"
    assert (await zoe.get("/api/auth/session")).json()["user"]["role"] == "viewer", "here as well"
    made = await zoe.post("/api/infrastructure/servers", {"name": "x", "host": "h"})
    assert made.status_code == 403
    await house.set(roles={"bosses": "admin"})
    assert "None of your groups" in await house.refusal()
    told = (await house.alice.get("/api/activity?limit=50")).json()["items"]
    assert any("zoe is now viewer, before operator" in one["summary"] for one in told)


@pytest.mark.parametrize("when", ["before the way there", "before the way back"])
async def test_a_provider_that_goes_down_is_told_and_the_password_opens(
    house: House, when: str
) -> None:
    zoe = house.cast.person()
    if when == "before the way back":
        back = house.provider.go_to((await house.depart(zoe)).json()["url"])
        house.provider.stop()
        answer = await house.finish(zoe, back)
    else:
        house.provider.stop()
        answer = await house.depart(zoe)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/provider-unreachable")
    assert "name and password of Unity still work" in answer.json()["fix"]
    assert (await house.cast.person("bob").log_in()).status_code == 200


async def test_a_client_secret_that_the_provider_has_changed_is_told(house: House) -> None:
    await house.set(client_secret="the one of last year")
    assert "client" in await house.refusal()
