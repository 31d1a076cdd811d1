"""A login and a change of its user at the same moment: one of them sees the other."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.session import Session as LoginSession
from app.models.core.user import User
from app.services.core.audit import AuditLog
from app.services.core.doorkeeper import Doorkeeper, WrongLogin
from app.services.core.entrance import Keys
from app.services.core.identity import Identity
from app.services.core.passwords import Passwords
from app.services.core.permissions import Role, system
from app.services.core.users import UserChanges, UserService
from app.services.core.visits import Visit

OLD, NEW = "the password of before", "the password from now on"
HOME = Visit("192.0.2.1", "a browser", is_secure=True, is_own_origin=True, is_navigation=False)
TESTS = system("tests")
Change = Callable[[UserService, User, str], Awaitable[User]]


async def changes_password(users: UserService, user: User, hashed: str) -> User:
    return await users.set_password_hash(TESTS, user.id, hashed, keep=None)


async def disables(users: UserService, user: User, _hashed: str) -> User:
    return await users.update(TESTS, user.id, UserChanges(is_disabled=True))


@pytest.mark.both_engines
@pytest.mark.parametrize("change", [changes_password, disables])
async def test_no_session_outlives_a_change_that_came_during_its_login(
    database: Database, clock: ManualClock, vault: Vault, change: Change
) -> None:
    settings = Settings()
    identity = Identity(settings, clock, database, vault)
    identity.passwords = Passwords(memory_kib=64, passes=1)
    keys = Keys(database, clock, vault, settings.session, settings.login)
    door = Doorkeeper(keys, identity)
    old, new = [await identity.passwords.hash(one) for one in (OLD, NEW)]
    async with database.transaction() as session:
        users = UserService(session, clock, AuditLog(session, clock, b"k"))
        user = await users.create(
            TESTS, name="bob", full_name="", role=Role.VIEWER, password_hash=old
        )

    is_changed = asyncio.Event()

    async def log_in() -> None:
        await is_changed.wait()
        with pytest.raises(WrongLogin):
            await door.log_in("bob", OLD, HOME, None)

    async with asyncio.TaskGroup() as group:
        group.create_task(log_in())
        async with database.transaction() as session:
            users = UserService(session, clock, AuditLog(session, clock, b"k"))
            await change(users, user, new)
            is_changed.set()
            await asyncio.sleep(0.5)  # the login has read what was before, and waits
    async with database.snapshot() as session:
        assert (await session.scalars(select(LoginSession))).all() == []
