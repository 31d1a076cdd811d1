"""Who may call what: every operation of the OpenAPI document, by role, token, page and password.

The list comes from the document itself, so that a new endpoint is tested the day it is written.
"""

import re
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import select, update

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.config import CollectPart, Settings
from app.main import create_app
from app.models.core.api_token import ApiToken
from app.models.core.session import Session
from app.models.core.user import User
from app.routers.guards import SAFE_METHODS, Guard
from app.services.core.authentication import TOKEN_PEPPER_INFO
from app.services.core.login_sessions import LoginSessions
from app.services.core.permissions import ROLES, P
from app.services.core.secrets import new_api_token
from app.services.core.visits import Visit
from tests.fixtures.asgi import Answer, ask
from tests.fixtures.cast import ROLES_OF_THE_CAST, Cast, open_cast

# One application for hundreds of requests: all on the event loop that it was made on.
pytestmark = pytest.mark.asyncio(loop_scope="module")
METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
REFUSALS = {"unauthenticated", "cross-origin", "csrf-token-missing", "step-up-required"}
HERE = {"Origin": "http://unity.test"}
ELSEWHERE = {"Origin": "http://evil.test"}
VISIT = Visit("192.0.2.1", "tests", is_secure=False, is_own_origin=True, is_navigation=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the document, and the guard that the code declares for it."""

    method: str
    path: str
    guard: Guard

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def url(self) -> str:
        """The path with a value that nothing has."""
        return re.sub(r"\{[^}]+\}", str(uuid.UUID(int=7)), self.path)

    @property
    def is_write(self) -> bool:
        return self.method not in SAFE_METHODS


def guards_of(app: FastAPI) -> dict[tuple[str, str], list[Guard]]:
    """Return the guards of every route: method and path → those that sit on it."""
    found: dict[tuple[str, str], list[Guard]] = {}
    for route in iter_route_contexts(app.routes):
        guards = [d.dependency for d in route.dependencies if isinstance(d.dependency, Guard)]
        for method in route.methods or {"WEBSOCKET"}:
            found[method, str(route.path_format or route.path)] = guards
    return found


def operations() -> Iterator[Operation]:
    """Yield every operation of the document."""
    app = create_app()
    guards = guards_of(app)
    for path, item in app.openapi()["paths"].items():
        for method in item:
            if method in METHODS:
                found = guards[method.upper(), path]
                yield Operation(method.upper(), path, found[0] if found else Guard())


OPERATIONS = sorted(operations(), key=str)
GUARDED = [operation for operation in OPERATIONS if operation.guard.permission is not None]
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
every_guarded = pytest.mark.parametrize("operation", GUARDED, ids=str)


async def test_the_walk_sees_every_operation_and_each_has_exactly_one_guard() -> None:
    app = create_app()
    guards = guards_of(app)
    documented = {
        (method.upper(), path)
        for path, item in app.openapi()["paths"].items()
        for method in item
        if method in METHODS
    }
    walked = {key for key in guards if key[0] != "WEBSOCKET"}
    assert walked == documented
    assert len(documented) == len(OPERATIONS) > 20
    wrong = {key: len(found) for key, found in guards.items() if len(found) != 1}
    assert not wrong, "each of these needs exactly one of requires(P.x) and public"


async def test_what_is_open_to_everybody_is_a_short_list() -> None:
    found = {str(operation) for operation in OPERATIONS if operation.guard.permission is None}
    assert found == {
        "GET /healthz",
        "GET /readyz",
        "GET /api/auth/providers",
        "GET /api/auth/session",
        "POST /api/auth/login",
        "POST /api/auth/login/code",
        "POST /api/auth/login/enrolment",
        "POST /api/auth/login/enrolment/confirm",
        "POST /api/auth/setup",
        "POST /api/auth/sign-on",
        "POST /api/auth/sign-on/finish",
        "POST /api/plugins/push",  # it asks for a key of one instance instead
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    """Return one Unity for the whole matrix."""
    clock = ManualClock(SystemClock().now())
    data = tmp_path_factory.mktemp("matrix") / "data"
    settings = Settings(data=data, collect=CollectPart(add_local=False))
    cast = await open_cast(data, sqlite_template, clock, settings)
    for name, role in ROLES_OF_THE_CAST.items():
        await cast.add(name, role)
    yield cast
    await cast.close()


async def session_of(cast: Cast, name: str, *, is_old: bool = False) -> dict[str, str]:
    """Open a session; return the headers that our own page would send."""
    async with cast.platform.database.transaction() as session:
        user = (await session.scalars(select(User).where(User.name == name))).one()
        opened = await LoginSessions(session).open(user.id, VISIT, cast.clock.now())
        if is_old:
            await session.execute(
                update(Session)
                .where(Session.id == opened.session_id)
                .values(stepped_up_at=cast.clock.now() - timedelta(hours=1))
            )
    csrf = cast.platform.identity.authenticator.csrf_token(opened.session_id)
    return {"Cookie": f"unity_session={opened.token}", "X-CSRF-Token": csrf, **HERE}


async def token_of(cast: Cast, name: str, scopes: frozenset[P]) -> dict[str, str]:
    """Make an API token; return the header that carries it."""
    parts = new_api_token()
    async with cast.platform.database.transaction() as session:
        user = (await session.scalars(select(User).where(User.name == name))).one()
        session.add(
            ApiToken(
                user_id=user.id,
                name="matrix",
                public_id=parts.public_id,
                secret_hmac=parts.hmac(cast.platform.vault.subkey(TOKEN_PEPPER_INFO)),
                scopes=" ".join(scopes),
                created_at=cast.clock.now(),
            )
        )
    return {"Authorization": f"Bearer {parts.text}"}


def was_let_in(answer: Answer, operation: Operation) -> bool:
    """Tell whether the guard let the request through; what the endpoint says is its own matter."""
    assert answer.status not in {0, 500}, answer.body
    if answer.problem == "permission-denied":
        return answer.missing != operation.guard.permission
    return answer.problem not in REFUSALS


@every_guarded
async def test_each_role_is_let_in_exactly_where_the_table_says(
    door: Cast, operation: Operation
) -> None:
    nobody = await ask(door.app, operation.method, operation.url, HERE)
    assert (nobody.status, nobody.problem) == (401, "unauthenticated")
    for name, role in ROLES_OF_THE_CAST.items():
        headers = await session_of(door, name)
        answer = await ask(door.app, operation.method, operation.url, headers)
        assert was_let_in(answer, operation) is (operation.guard.permission in ROLES[role]), name


@every_guarded
async def test_a_page_of_another_origin_is_refused(door: Cast, operation: Operation) -> None:
    headers = await session_of(door, "alice")
    answer = await ask(door.app, operation.method, operation.url, headers | ELSEWHERE)
    assert (answer.status, answer.problem) == (403, "cross-origin")


@pytest.mark.parametrize(
    "operation", [op for op in OPERATIONS if op.is_write and op not in GUARDED], ids=str
)
async def test_public_writes_refuse_other_origins_too(door: Cast, operation: Operation) -> None:
    answer = await ask(door.app, operation.method, operation.url, ELSEWHERE)
    assert (answer.status, answer.problem) == (403, "cross-origin")


@pytest.mark.parametrize("operation", [op for op in GUARDED if op.is_write], ids=str)
async def test_a_write_without_the_csrf_token_is_refused(door: Cast, operation: Operation) -> None:
    headers = await session_of(door, "alice")
    del headers["X-CSRF-Token"]
    answer = await ask(door.app, operation.method, operation.url, headers)
    assert (answer.status, answer.problem) == (403, "csrf-token-missing")


@every_guarded
async def test_a_token_opens_what_its_scopes_name_and_nothing_else(
    door: Cast, operation: Operation
) -> None:
    permission = operation.guard.permission
    assert permission is not None
    others = await token_of(door, "alice", frozenset(P) - {permission})
    refused = await ask(door.app, operation.method, operation.url, others)
    assert (refused.status, refused.problem) == (403, "permission-denied")
    assert refused.missing == permission
    only = await token_of(door, "alice", frozenset({permission}))
    let_in = await ask(door.app, operation.method, operation.url, only)
    assert was_let_in(let_in, operation)
    if permission not in ROLES[ROLES_OF_THE_CAST["charlie"]]:
        beyond = await token_of(door, "charlie", frozenset({permission}))
        answer = await ask(door.app, operation.method, operation.url, beyond)
        assert (answer.status, answer.missing) == (403, permission)


@pytest.mark.parametrize("operation", [op for op in GUARDED if op.guard.needs_step_up], ids=str)
async def test_a_dangerous_action_wants_the_password_again(
    door: Cast, operation: Operation
) -> None:
    headers = await session_of(door, "alice", is_old=True)
    answer = await ask(door.app, operation.method, operation.url, headers)
    assert (answer.status, answer.problem) == (403, "step-up-required")


@every_operation
async def test_nobody_gets_a_crash(door: Cast, operation: Operation) -> None:
    answer = await ask(door.app, operation.method, operation.url, {}, b"{")
    assert answer.status in {200, 401, 403, 404, 422}
