"""`unity user`: users, on the database directly, for when nobody can log in."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar

import typer
from pydantic import SecretStr, ValidationError

from app import bootstrap
from app.cli.output import Json, show, show_table
from app.kernel import config
from app.kernel.clock import SystemClock
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.kernel.errors import InvalidInput
from app.models.core.user import User
from app.schemas.base import PageQuery
from app.schemas.core.user import UserCreate, UserRead
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.doorkeeper import Doorkeeper
from app.services.core.entrance import Keys
from app.services.core.identity import Identity
from app.services.core.own_second_factor import OwnSecondFactor
from app.services.core.permissions import Role, system
from app.services.core.setup_tokens import SetupTokens
from app.services.core.users import UserNotFound, UserService

cli = typer.Typer(help="Users, on the database directly.", no_args_is_help=True)
ACTOR = system("command line")
T = TypeVar("T")

Stdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@dataclass(frozen=True, slots=True)
class _Room:
    """What the commands work with."""

    settings: config.Settings
    database: Database
    vault: Vault

    def users(self, session: Session) -> UserService:
        clock = SystemClock()
        return UserService(session, clock, AuditLog(session, clock, self.vault.subkey(KEY_INFO)))

    def doorkeeper(self) -> Doorkeeper:
        clock = SystemClock()
        identity = Identity(self.settings, clock, self.database, self.vault)
        return Doorkeeper(self._keys(), identity)

    def second_factor(self) -> OwnSecondFactor:
        return OwnSecondFactor(self._keys())

    def _keys(self) -> Keys:
        settings = self.settings
        return Keys(self.database, SystemClock(), self.vault, settings.session, settings.login)


@asynccontextmanager
async def _room() -> AsyncIterator[_Room]:
    settings = config.load()
    database, vault = await bootstrap.open_database(settings)
    try:
        yield _Room(settings, database, vault)
    finally:
        await database.dispose()


def _run(work: Callable[[_Room], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with _room() as room:
            return await work(room)

    return asyncio.run(inside())


@cli.command("list")
def list_users(json: Json = False) -> None:
    """List the users."""

    async def work(room: _Room) -> list[UserRead]:
        async with room.database.snapshot() as session:
            return (await room.users(session).list(PageQuery(per_page=1000))).items

    columns = {
        "name": "NAME",
        "full_name": "FULL NAME",
        "role": "ROLE",
        "is_disabled": "DISABLED",
        "last_login_at": "LAST LOGIN",
    }
    rows = [user.model_dump(mode="json") for user in _run(work)]
    empty = "No users yet: run `unity user setup-token` and open the page."
    show_table(rows, columns, as_json=json, empty=empty)


@cli.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What is typed at the login.")],
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.VIEWER,
    full_name: Annotated[str, typer.Option(help="The name of the person.")] = "",
    password_stdin: Stdin = False,
    json: Json = False,
) -> None:
    """Add a user."""
    password = _password(from_stdin=password_stdin)
    try:
        new = UserCreate(name=name, full_name=full_name, role=role, password=SecretStr(password))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise InvalidInput(f"{first['loc'][0]} is not valid: {first['msg']}.") from None

    async def work(room: _Room) -> UserRead:
        return UserRead.model_validate(await room.doorkeeper().create_user(ACTOR, new))

    user = _run(work)
    show(user.model_dump(mode="json"), f"Added {user.name} as {user.role}.", as_json=json)


@cli.command("reset-password")
def reset_password(
    name: Annotated[str, typer.Argument(help="Whose password.")],
    password_stdin: Stdin = False,
    json: Json = False,
) -> None:
    """Set a new password; the user is logged out everywhere."""
    password = _password(from_stdin=password_stdin)

    async def work(room: _Room) -> UserRead:
        user = await _named(room, name)
        await room.doorkeeper().reset_password(ACTOR, user.id, password)
        return UserRead.model_validate(user)

    user = _run(work)
    show(
        {"name": user.name, "is_disabled": user.is_disabled},
        f"{user.name} has a new password; all sessions have ended."
        + (" The user is still disabled." if user.is_disabled else ""),
        as_json=json,
    )


@cli.command("reset-second-factor")
def reset_second_factor(
    name: Annotated[str, typer.Argument(help="Whose second factor.")], json: Json = False
) -> None:
    """Take a lost second factor away; the user is logged out everywhere."""

    async def work(room: _Room) -> UserRead:
        user = await _named(room, name)
        return UserRead.model_validate(await room.second_factor().reset(ACTOR, user.id))

    user = _run(work)
    show(
        {"name": user.name, "has_second_factor": user.has_second_factor},
        f"{user.name} has no second factor any more; all sessions have ended.",
        as_json=json,
    )


@cli.command("setup-token")
def setup_token(json: Json = False) -> None:
    """Print a new first-run token; refused for good once a user exists."""

    async def work(room: _Room) -> str:
        async with room.database.transaction() as session:
            return await SetupTokens(session, SystemClock(), room.users(session)).issue()

    token = _run(work)
    show({"token": token}, token, as_json=json)


async def _named(room: _Room, name: str) -> User:
    async with room.database.snapshot() as session:
        user = await room.users(session).find_by_name(name)
    if user is None:
        raise UserNotFound(f"There is no user {name}.", fix="See `unity user list`.")
    return user


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidInput(
            "There is no terminal to type the password in.", fix="Use --password-stdin."
        )
    text: str = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    return text
