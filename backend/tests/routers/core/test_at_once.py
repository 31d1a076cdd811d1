"""Two requests that want the same at the same moment: one has it, the other is told."""

import asyncio

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.kernel.database import is_overtaken
from app.models.core.resource import ResourceGroup
from tests.fixtures.cast import Body, Cast

GROUPS, USERS = "/api/resources/groups", "/api/users"
CAROL: Body = {"name": "carol", "password": "a long and quiet staple", "role": "viewer"}


@pytest.mark.both_engines
@pytest.mark.parametrize(("path", "wish"), [(GROUPS, {"name": "cellar"}), (USERS, CAROL)])
async def test_of_those_who_want_one_name_at_once_one_gets_it(
    cast: Cast, path: str, wish: Body
) -> None:
    alice = await cast.logged_in("alice")
    await alice.post("/api/auth/step-up", {"password": "correct staple of alice"})
    answers = await asyncio.gather(*(alice.post(path, wish) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + 7 * [409]
    for answer in answers:
        assert answer.status_code == 201 or answer.json()["fix"]
        assert "INSERT" not in answer.text


@pytest.mark.both_engines
async def test_what_is_our_own_mistake_is_not_called_a_race(cast: Cast) -> None:
    with pytest.raises(IntegrityError) as caught:
        async with cast.platform.database.transaction() as session:
            await session.execute(insert(ResourceGroup).values(name=None))
    assert not is_overtaken(caught.value)
