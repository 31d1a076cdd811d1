"""Rights in one group, over the whole API: ids of another group's things open nothing, anywhere.

The operations come from the OpenAPI document, the tables from the models: what is written tomorrow
is tested tomorrow.
"""

import itertools
import json
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import Table, select

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.config import CollectPart, DatabasePart, Settings
from app.kernel.narrowing import binding_of
from app.main import create_app
from app.models import reach
from app.models.base import Base
from app.models.registry import metadata
from app.services.core.permissions import ROLES, SCOPABLE, P, Role
from tests.architecture.test_authorisation import GUARDED, Operation, session_of, token_of
from tests.fixtures.asgi import Answer, ask
from tests.fixtures.cast import ROLES_OF_THE_CAST, open_cast
from tests.fixtures.two_groups import CANARY, PEOPLE, World, build_world
from tests.parts.postgres import Cluster

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCOPED = [operation for operation in GUARDED if operation.guard.permission in SCOPABLE]
BY_ID = [operation for operation in SCOPED if re.search(r"_id\}", operation.path)]
# What somebody with all rights in one group may call without naming one of its things.
PLAIN = [op for op in SCOPED if "{" not in op.path and op.method == "GET"]
BROADER = [op for op in GUARDED if op.guard.permission not in SCOPABLE | ROLES[Role.NONE]]

# Bodies of operations whose required fields say too little of themselves.
BODIES: Mapping[str, object] = {
    "PUT /api/infrastructure/devices/{device_id}/limits/{code}": {"is_ignored": True},
}
DOCUMENT = create_app().openapi()
Schema = Mapping[str, Any]


def body_of(operation: Operation, far: uuid.UUID) -> object:
    """Return a body that passes the validation; its ids are those of the far group."""
    if str(operation) in BODIES:
        return BODIES[str(operation)]
    found = DOCUMENT["paths"][operation.path][operation.method.lower()].get("requestBody")
    return {} if found is None else example(found["content"]["application/json"]["schema"], far)


def example(schema: Schema, far: uuid.UUID) -> object:  # noqa: C901, PLR0911, PLR0912 - one a kind
    """Return the least that a schema takes."""
    if "$ref" in schema:
        return example(DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]], far)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example(schema[choice][0], far)
    if schema.get("format") == "uuid":
        return str(far)
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("format") == "date-time":
        return "2030-01-01T00:00:00Z"
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            wanted = {name for name, field in fields.items() if "const" in field}
            wanted.update(schema.get("required", []))
            return {name: example(fields[name], far) for name in wanted}
        case "array":
            return [example(schema["items"], far)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "x" * max(1, schema.get("minLength", 1))


async def test_every_table_says_what_it_is_bound_by() -> None:
    unknown = reach.bind(metadata().metadata)
    assert not unknown, (
        "a table needs a resource_id or server_id, one bound parent,"
        " or its line with a reason in FOR_ALL of models/reach.py"
    )


async def test_every_right_that_no_group_can_give_is_left_out_on_purpose() -> None:
    """A new right is not for groups until somebody has thought about its endpoints."""
    assert frozenset(P) > SCOPABLE
    assert not SCOPABLE & {P.SELF, P.USERS_MANAGE, P.USERS_READ, P.SETTINGS_MANAGE}
    assert not SCOPABLE & {P.TOKENS_MANAGE, P.BACKUP_MANAGE, P.SYSTEM_READ}
    assert len(BY_ID) > 15
    assert len(PLAIN) > 8


# A narrowed table is a subquery, and what may be grouped or sorted by then differs by engine.
on_both_engines = pytest.mark.parametrize(
    "world",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))],
    indirect=True,
    scope="module",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Return one Unity for the whole walk."""
    clock = ManualClock(SystemClock().now())
    data = tmp_path_factory.mktemp("reach") / "data"
    url = ""
    if getattr(request, "param", "sqlite") == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    settings = Settings(
        data=data,
        collect=CollectPart(add_local=False),
        database=DatabasePart(url=SecretStr(url)),
    )
    cast = await open_cast(data, sqlite_template, clock, settings)
    for name, role in ROLES_OF_THE_CAST.items():
        await cast.add(name, role)
    yield await build_world(cast)
    await cast.close()


async def everything_of(world: World) -> str:
    """Return all rows that hang on the far group's things, as one text."""
    far = {value.hex for value in world.far.ids.values()} | {world.far.group.hex}
    kept: list[str] = []
    async with world.cast.platform.database.snapshot() as session:
        for table in Base.metadata.sorted_tables:
            if binding_of(table).criterion is None:
                continue
            rows = (await session.execute(select(table))).all()
            texts = (_text(table, [*row]) for row in rows)
            kept += [text for text in texts if any(key in text for key in far)]
    return "\n".join(sorted(kept))


def _text(table: Table, row: list[object]) -> str:
    return table.name + " " + repr(row).replace("-", "")


def far_urls(world: World, operation: Operation) -> list[str]:
    """Return the path with every combination of the far group's ids."""
    names = re.findall(r"\{(\w+)\}", operation.path)
    ids = [*world.far.ids.values(), world.far.group]
    urls: list[str] = []
    for chosen in itertools.product(ids, repeat=len(names)):
        url = operation.path
        for name, value in zip(names, chosen, strict=True):
            url = url.replace("{" + name + "}", str(value))
        urls.append(url)
    return urls


async def call(world: World, operation: Operation, url: str, headers: Mapping[str, str]) -> Answer:
    body = json.dumps(body_of(operation, world.far["credential"])).encode()
    return await ask(world.cast.app, operation.method, url, headers, body)


@pytest.mark.parametrize("operation", BY_ID, ids=str)
@pytest.mark.parametrize("name", ["dora", "grace", "a limited token"])
async def test_ids_of_another_group_open_nothing(
    world: World, operation: Operation, name: str
) -> None:
    if name == "a limited token":
        headers = await token_of(world.cast, "grace", frozenset(P))
    else:
        headers = await session_of(world.cast, name)
    before = await everything_of(world)
    for url in far_urls(world, operation):
        answer = await call(world, operation, url, headers)
        assert CANARY.encode() not in answer.body, url
        is_empty_list = answer.body in {b"[]", b'{"items":[],"total":0,"page":1,"per_page":50}'}
        assert answer.status in {403, 404} or is_empty_list, (url, answer.status, answer.body)
    assert await everything_of(world) == before


@on_both_engines
@pytest.mark.parametrize("operation", PLAIN, ids=str)
async def test_lists_hold_nothing_of_another_group(world: World, operation: Operation) -> None:
    for name in ("dora", "grace", "frank"):
        headers = await session_of(world.cast, name)
        answer = await ask(world.cast.app, "GET", operation.path, headers)
        assert answer.status < 500, name
        text = answer.body.decode()
        assert CANARY not in text, name
        for key in (*world.far.ids.values(), world.far.group):
            assert str(key) not in text, name


@pytest.mark.parametrize("operation", BROADER, ids=str)
async def test_what_is_about_everything_is_closed_to_people_of_one_group(
    world: World, operation: Operation
) -> None:
    for name in PEOPLE.keys() - {"erin"}:
        headers = await session_of(world.cast, name)
        answer = await ask(world.cast.app, operation.method, operation.url, headers)
        assert (answer.status, answer.missing) == (403, operation.guard.permission)


@on_both_engines
@pytest.mark.parametrize("operation", SCOPED, ids=str)
async def test_a_role_for_one_group_opens_what_the_role_opens(
    world: World, operation: Operation
) -> None:
    permission = operation.guard.permission
    for name, role in PEOPLE.items():
        headers = await session_of(world.cast, name)
        answer = await ask(world.cast.app, operation.method, operation.url, headers)
        assert answer.status != 500
        is_refused = answer.problem == "permission-denied" and answer.missing == permission
        may = permission in ROLES[role]
        # Jobs of the clock and the chain of the audit log ask for the right everywhere besides.
        assert not is_refused if may and operation.path not in EVERYWHERE else is_refused, name


EVERYWHERE = {
    "/api/audit/checkpoints",
    "/api/audit/checkpoints/export",
    "/api/audit/verification",
    "/api/jobs/{name}/run",
}


async def test_bindings_name_a_column_of_their_table() -> None:
    for table in metadata().metadata.sorted_tables:
        binding = binding_of(table)
        assert binding.anchor is None or binding.anchor in table.c, table.name
