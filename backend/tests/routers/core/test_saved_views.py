"""Saved views over HTTP: own ones, shared ones, and whose they are."""

import pytest

from tests.fixtures.cast import Cast

VIEWS = "/api/views"
DOWN = {"page": "servers", "name": "Down", "query": "status=offline&tag=prod"}


async def test_a_view_is_kept_changed_and_forgotten(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    made = await charlie.post(VIEWS, DOWN)
    assert made.status_code == 201
    view = made.json()
    assert (view["owner"], view["is_own"], view["is_shared"]) == ("charlie", True, False)
    url = f"{VIEWS}/{view['id']}"
    assert (await charlie.patch(url, {"query": "status=degraded"})).is_success
    assert (await charlie.patch(url, {"name": "Ill"})).is_success
    (found,) = (await charlie.get(f"{VIEWS}?page=servers")).json()
    assert (found["name"], found["query"]) == ("Ill", "status=degraded")
    assert (await charlie.get(f"{VIEWS}?page=alerts")).json() == []
    assert (await charlie.delete(url)).status_code == 204
    assert (await charlie.delete(url)).status_code == 404


async def test_an_own_view_is_nobody_else_s(cast: Cast) -> None:
    bob, alice = await cast.logged_in("bob"), await cast.logged_in("alice")
    view = (await bob.post(VIEWS, DOWN)).json()
    assert (await alice.get(VIEWS)).json() == []
    assert (await alice.patch(f"{VIEWS}/{view['id']}", {"name": "Mine"})).status_code == 404
    assert (await alice.delete(f"{VIEWS}/{view['id']}")).status_code == 404


async def test_a_shared_view_is_seen_by_all_and_changed_by_its_owner_and_admins(
    cast: Cast,
) -> None:
    bob, charlie = await cast.logged_in("bob"), await cast.logged_in("charlie")
    view = (await bob.post(VIEWS, {**DOWN, "is_shared": True})).json()
    (seen,) = (await charlie.get(VIEWS)).json()
    assert (seen["owner"], seen["is_own"]) == ("bob", False)
    url = f"{VIEWS}/{view['id']}"
    assert (await charlie.patch(url, {"name": "Mine"})).status_code == 404
    alice = await cast.logged_in("alice")
    assert (await alice.delete(url)).status_code == 204


async def test_a_viewer_shares_nothing(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    refused = await charlie.post(VIEWS, {**DOWN, "is_shared": True})
    assert (refused.status_code, refused.json()["permission"]) == (403, "resources:manage")
    view = (await charlie.post(VIEWS, DOWN)).json()
    refused = await charlie.patch(f"{VIEWS}/{view['id']}", {"is_shared": True})
    assert refused.status_code == 403


async def test_a_name_is_given_once_a_list(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    await bob.post(VIEWS, DOWN)
    again = await bob.post(VIEWS, DOWN)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/view-name-taken")
    assert (await bob.post(VIEWS, {**DOWN, "page": "alerts"})).status_code == 201
    other = (await bob.post(VIEWS, {**DOWN, "name": "Other"})).json()
    assert (await bob.patch(f"{VIEWS}/{other['id']}", {"name": "Down"})).status_code == 409
    assert (await bob.patch(f"{VIEWS}/{other['id']}", {"name": "Other"})).is_success


@pytest.mark.parametrize(
    "wrong", [{"query": "a=<b>"}, {"query": "x" * 1001}, {"name": " "}, {"page": "nothing"}]
)
async def test_what_is_no_view_is_refused(cast: Cast, wrong: dict[str, str]) -> None:
    bob = await cast.logged_in("bob")
    assert (await bob.post(VIEWS, {**DOWN, **wrong})).status_code == 422
