"""The whole API with input that its own description allows and that it forbids: never a crash.

Schemathesis makes the requests from the OpenAPI document. Each operation has an application, a
database and a small world of its own, so that the order of the tests does not matter and several
processes can share the work. Machines and receivers of alarms are scripted. The seed is the run's:
its header prints it, and `pytest -p randomly --randomly-seed=…` repeats it.
"""

import asyncio
import os
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.core.result import Err
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.config import CollectPart, Settings
from app.main import create_app
from app.services.core.job_schedules import JobSchedules, ScheduleEntry
from app.services.core.passwords import Passwords
from app.services.core.permissions import P
from tests.fakes.notifier import FakeNotifier
from tests.fixtures.asgi import Answer, ask
from tests.fixtures.cast import BASE_URL, ROLES_OF_THE_CAST, Cast, open_cast

EXAMPLES = int(os.environ.get("UNITY_TEST_EXAMPLES", "20"))
UPSTREAM = {502, 503, 504}  # what a machine or a receiver did, not what Unity did
CONFORMS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Operation: TypeAlias = schemathesis.APIOperation[Any, Any, Any, Any]  # its parts are not ours
Case: TypeAlias = schemathesis.Case[Operation]


def described() -> Iterator[Operation]:
    """Yield the operations of the document."""
    for found in schemathesis.openapi.from_dict(create_app().openapi()).get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        yield found.ok()


OPERATIONS = {operation.label: operation for operation in described()}


@dataclass(frozen=True, slots=True)
class World:
    """One Unity with one of each, seen by an admin's token."""

    cast: Cast
    headers: Mapping[str, str]
    ids: Mapping[str, str]  # by the name of the path parameter


async def build_world(data: Path, template: Path) -> World:
    """Open a Unity and enter one of each thing."""
    clock = ManualClock(SystemClock().now())
    cast = await open_cast(data, template, clock, _settings(data))
    cast.platform = replace(cast.platform, notifier=FakeNotifier())
    cast.platform.identity.passwords = Passwords(memory_kib=64, passes=1)
    cast.app.state.platform = cast.platform
    for name, role in ROLES_OF_THE_CAST.items():
        await cast.add(name, role)
    async with cast.platform.database.transaction() as session:
        schedule = ScheduleEntry("core.history", "Drop old runs", "cron 17 3 * * *")
        await JobSchedules(session, clock).sync([schedule])
    alice, bob = await cast.logged_in("alice"), await cast.logged_in("bob")
    scopes = sorted(P)
    made = await alice.post("/api/tokens", {"name": "fuzz", "scopes": scopes})
    assert made.status_code == 201, made.text
    spare = await bob.post("/api/tokens", {"name": "spare", "scopes": ["self:manage"]})
    users = (await alice.get("/api/users?q=bob")).json()["items"]
    ids = {
        "user_id": users[0]["id"],
        "token_id": spare.json()["id"],
        "session_id": (await bob.get("/api/auth/sessions")).json()[0]["id"],
        "name": "core.history",
    }
    for name, path, body in (
        ("key_id", "/api/credentials/ssh-keys", {"name": "key"}),
        (
            "login_id",
            "/api/credentials/logins",
            {"name": "nas", "username": "unity", "password": "x"},
        ),
        ("group_id", "/api/resources/groups", {"name": "home"}),
        (
            "server_id",
            "/api/infrastructure/servers",
            {"name": "nas", "host": "192.0.2.10", "username": "unity"},
        ),
    ):
        entered = await alice.post(path, body)
        assert entered.status_code == 201, entered.text
        ids[name] = entered.json()["id"]
    run = await alice.post(f"/api/infrastructure/servers/{ids['server_id']}/test")
    return World(
        cast,
        {"Authorization": f"Bearer {made.json()['token']}"},
        {**ids, "resource_id": ids["server_id"], "run_id": run.json()["run_id"]},
    )


def _settings(data: Path) -> Settings:
    return Settings(data=data, collect=CollectPart(add_local=False))


def prepared(case: Case, headers: Mapping[str, str]) -> requests.PreparedRequest:
    """Return the request as a client would write it on the wire."""
    call = case.as_transport_kwargs(base_url=BASE_URL, headers=dict(headers))
    known = {"method", "url", "headers", "params", "json", "data", "cookies", "files"}
    return requests.Request(**{k: v for k, v in call.items() if k in known}).prepare()


async def send(world: World, request: requests.PreparedRequest) -> Answer:
    """Send it to the application."""
    url = urlsplit(request.url or "")
    target = f"{url.path}?{url.query}" if url.query else url.path
    body = request.body or b""
    assert isinstance(body, str | bytes), "a stream"
    content = body.encode() if isinstance(body, str) else body
    headers = {k: v if isinstance(v, str) else v.decode() for k, v in request.headers.items()}
    return await ask(world.cast.app, request.method or "GET", target, headers, content)


def judge(case: Case, request: requests.PreparedRequest, answer: Answer) -> None:
    """Compare the answer with the document."""
    assert answer.status not in {0, 500}, answer.body[:2000]
    assert answer.status < 500 or answer.status in UPSTREAM, answer.body[:2000]
    response = schemathesis.Response(
        status_code=answer.status,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.body,
        request=request,
        elapsed=0.0,
        verify=False,
    )
    case.validate_response(response, checks=CONFORMS)


def cases(label: str) -> st.SearchStrategy[Case]:
    """Return requests that the document allows, and some that it forbids."""
    operation = OPERATIONS[label]
    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters):
        return allowed
    return allowed | operation.as_strategy(GenerationMode.NEGATIVE)


@pytest.mark.parametrize("label", sorted(OPERATIONS))
@pytest.mark.timeout(120)
def test_an_operation_answers_as_the_document_says_whatever_it_is_sent(
    label: str, tmp_path: Path, sqlite_template: Path, pytestconfig: pytest.Config
) -> None:
    seed = int(pytestconfig.getoption("randomly_seed", default=0))
    warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
    with asyncio.Runner() as runner:
        world = runner.run(build_world(tmp_path / "data", sqlite_template))
        try:
            _attack(label, world, runner.run, seed)
        finally:
            runner.run(world.cast.close())


def _attack(
    label: str, world: World, run: Callable[[Coroutine[None, None, Answer]], Answer], seed: int
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        # A found failure is shown as it is: each step of shrinking changes the world.
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases(label), is_known=st.booleans())
    def one(case: Case, *, is_known: bool) -> None:
        if is_known:  # half of the requests name what exists
            known = {n: world.ids[n] for n in case.path_parameters if n in world.ids}
            case.path_parameters.update(known)
        request = prepared(case, world.headers)
        judge(case, request, run(send(world, request)))

    one()
