"""Routes that name what is gone say so, where they are entered and where they are listed."""

import uuid

import pytest
from sqlalchemy import delete

from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.schemas.core.notification_route import RouteMatch
from app.services.core.notifications.channels import ChannelNotValid
from tests.fixtures.cast import Cast
from tests.services.core.notifications.kit import Kit, at_once


async def findings(kit: Kit) -> dict[str, list[str]]:
    async with kit.database.snapshot() as session:
        return {one.name: one.findings for one in await kit.routes(session).list()}


async def group(kit: Kit) -> uuid.UUID:
    made, now = uuid7(), kit.clock.now()
    async with kit.database.transaction() as session:
        session.add(ResourceGroup(id=made, name="Storage", created_at=now, updated_at=now))
    return made


async def test_a_route_whose_tag_group_or_server_goes_away_says_so(kit: Kit) -> None:
    phone, nas, storage = await kit.channel("phone"), await kit.server(), await group(kit)
    async with kit.database.transaction() as session:
        session.add_all(ResourceTag(resource_id=nas, tag=tag) for tag in ("home", "disks"))
    one_tag, two_tags = RouteMatch(tags=("home",)), RouteMatch(tags=("home", "disks"))
    await kit.route(at_once(phone), one_tag, name="one tag")
    await kit.route(at_once(phone), two_tags, name="two tags")
    await kit.route(at_once(phone), RouteMatch(groups=(storage,)), name="group")
    await kit.route(at_once(phone), RouteMatch(servers=(nas,)), name="server")
    await kit.route(at_once(phone), RouteMatch(types=("unity.silent",)), name="type")
    assert set(map(tuple, (await findings(kit)).values())) == {()}
    async with kit.database.transaction() as session:
        await session.execute(delete(ResourceTag).where(ResourceTag.tag == "home"))
        await session.execute(delete(ResourceGroup))
    found = await findings(kit)
    assert found["one tag"] == ["Nothing has the tag 'home'. So nothing takes this way."]
    assert found["two tags"] == ["Nothing has the tag 'home'."]
    assert found["group"] == [
        "One of these groups does not exist any more. So nothing takes this way."
    ]
    async with kit.database.transaction() as session:
        await session.execute(delete(Resource))
    assert (await findings(kit))["server"] == [
        "One of these servers does not exist any more. So nothing takes this way."
    ]


async def test_a_route_to_a_type_that_no_rule_tells_of_says_so_as_soon_as_it_is_saved(
    kit: Kit,
) -> None:
    phone = await kit.channel("phone", is_enabled=False)
    await kit.route(at_once(phone), RouteMatch(types=("server.ofline",)))
    assert (await findings(kit))["route"] == [
        "No rule tells of 'server.ofline'. So nothing takes this way.",
        "The channel phone is switched off.",
    ]


@pytest.mark.parametrize("field", ["groups", "servers"])
async def test_a_place_that_does_not_exist_is_refused_at_its_field(kit: Kit, field: str) -> None:
    phone = await kit.channel("phone")
    with pytest.raises(ChannelNotValid) as caught:
        await kit.route(at_once(phone), RouteMatch.model_validate({field: [uuid7()]}))
    assert f"/body/match/{field}" in str(caught.value.context["errors"])
    async with kit.database.snapshot() as session:
        assert await kit.routes(session).list() == []


async def test_a_route_behind_one_that_takes_everything_says_that_it_is_never_asked(
    kit: Kit,
) -> None:
    phone = await kit.channel("phone")
    night = RouteMatch(types=("unity.silent",))
    await kit.route(at_once(phone), night, name="before", position=0)
    rest = await kit.route(at_once(phone), name="rest", position=1)
    await kit.route(at_once(phone), night, name="below", parent_id=rest, position=5)
    await kit.route(at_once(phone), night, name="behind", position=2)
    found = await findings(kit)
    said = "It is never asked: rest comes before it and takes every alert. Give it a smaller place."
    assert found == {"before": [], "rest": [], "below": [], "behind": [said]}


async def test_what_apprise_does_not_know_is_refused_at_its_field_and_others_still_send(
    cast: Cast,
) -> None:
    alice = await cast.logged_in("alice")
    path = "/api/notifications/channels"
    wish = {"name": "Odd", "service": "apprise", "secrets": {"url": "nonsense://host/s3cret"}}
    refused = await alice.post(path, wish)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/channel-not-valid")
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/body/secrets/url"
    assert "Apprise knows no service 'nonsense'" in error["detail"]
    assert "s3cret" not in refused.text
    gone = await alice.post(path, {**wish, "service": "apprise:nonsense", "secrets": {}})
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/service-not-found")
    assert (await alice.get(path)).json() == []
    good = {**wish, "secrets": {"url": "json://hooks.example.org/s3cret"}}
    assert (await alice.post(path, good)).status_code == 201
    (first,) = (await alice.get("/api/notifications/routes")).json()
    added = {"name": "Night", "position": 1, "match": {"types": ["unity.silent"]}}
    assert (await alice.post("/api/notifications/routes", added)).json()["findings"] == []
    names = [one["name"] for one in (await alice.get("/api/notifications/routes")).json()]
    assert names == ["Night", first["name"]], "what is added is asked before what takes everything"
