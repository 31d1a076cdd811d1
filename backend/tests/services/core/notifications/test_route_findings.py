"""Routes that name what is gone say so, where they are entered and where they are listed."""

import uuid

import pytest
from sqlalchemy import delete

from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.schemas.core.notification_route import RouteMatch
from app.services.core.notifications.channels import ChannelNotValid
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
