"""The endpoints of databases: what is shown, how a login is given, what is forgotten."""

import uuid

import pytest
from sqlalchemy import update

from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseKind
from app.services.infrastructure.databases.figures import Figure, Reading
from app.services.infrastructure.facts.databases.script import LOOK
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site

DATABASES = "/api/infrastructure/databases"


@pytest.fixture
async def found(cast: Cast) -> uuid.UUID:
    """Return a server on which three databases were found."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("db1")
    fact = next(one for one in FACTS if one.name == "databases")
    text = load(fact, FOLDER / "databases" / "debian-12-root.yaml").results[0].stdout
    site.machine(server_id).answers(*LOOK.argv, stdout=text)
    await collect(cast, server_id)
    return server_id


async def the(cast: Cast, kind: str) -> dict[str, object]:
    charlie = await cast.logged_in("charlie")
    (one,) = (await charlie.get(f"{DATABASES}?kind={kind}")).json()["items"]
    return dict(one)


@pytest.mark.usefixtures("found")
async def test_the_list_counts_filters_and_sorts(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    items = (await charlie.get(f"{DATABASES}?sort=-name")).json()["items"]
    assert [one["name"] for one in items] == ["Redis :6379", "PostgreSQL :5433", "MariaDB :3306"]
    assert {one["state"] for one in items} == {"needs_credentials"}
    summary = (await charlie.get(f"{DATABASES}/summary")).json()
    assert (summary["total"], summary["states"]) == (3, {"needs_credentials": 3})
    only = (await charlie.get(f"{DATABASES}?kind=redis&state=needs_credentials&q=db1")).json()
    assert [one["port"] for one in only["items"]] == [6379]


@pytest.mark.usefixtures("found")
async def test_the_page_says_why_a_number_is_missing_and_shows_the_script(cast: Cast) -> None:
    one = await the(cast, "postgresql")
    reading = Reading(figures=[Figure(key="connections", why="The login may not read this.")])
    async with cast.platform.database.transaction() as session:
        await session.execute(
            update(DatabaseInstance)
            .where(DatabaseInstance.kind == DatabaseKind.POSTGRESQL)
            .values(reading=reading.model_dump_json())
        )
    charlie = await cast.logged_in("charlie")
    shown = (await charlie.get(f"{DATABASES}/{one['id']}")).json()
    assert shown["doors"] == ["127.0.0.1:5433", "/tmp/db-eng/rec/run/.s.PGSQL.5433"]  # noqa: S108 - as recorded
    assert shown["figures"][0]["why"] == "The login may not read this."
    assert [below["kind"] for below in shown["stands_on"]] == ["filesystem"]
    script = (await charlie.get(f"{DATABASES}/{one['id']}/script")).json()
    assert "GRANT pg_monitor TO unity;" in script["text"]


@pytest.mark.usefixtures("found")
async def test_a_login_is_given_tried_and_taken_back(cast: Cast) -> None:
    one = await the(cast, "postgresql")
    bob = await cast.logged_in("bob")
    stored = await bob.post(
        "/api/credentials/logins",
        {"name": "pg", "username": "unity", "password": "a word that stays inside"},
    )
    path = f"{DATABASES}/{one['id']}/login"
    body = {"mode": "credential", "credential_id": stored.json()["id"]}
    assert (await bob.call("PUT", path, body)).status_code == 204
    shown = (await bob.get(f"{DATABASES}/{one['id']}")).json()
    assert (shown["login"], shown["credential_id"]) == ("credential", body["credential_id"])
    assert "stays inside" not in (await bob.get(f"{DATABASES}/{one['id']}")).text
    # What is in use cannot be deleted under it.
    gone = await bob.delete(f"/api/credentials/logins/{body['credential_id']}")
    assert gone.status_code == 409
    assert (await bob.post(f"{DATABASES}/{one['id']}/check")).status_code == 202
    assert (await bob.call("PUT", path, {"mode": "none"})).status_code == 204
    shown = (await bob.get(f"{DATABASES}/{one['id']}")).json()
    assert (shown["login"], shown["credential_id"]) == ("none", None)


@pytest.mark.usefixtures("found")
async def test_what_cannot_be_is_refused_in_words(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    redis = await the(cast, "redis")
    path = f"{DATABASES}/{redis['id']}/login"
    refused = await bob.call("PUT", path, {"mode": "socket"})
    assert refused.status_code == 422
    assert "no unix socket" in refused.json()["detail"]
    unknown = {"mode": "credential", "credential_id": str(uuid.uuid4())}
    assert (await bob.call("PUT", path, unknown)).status_code == 422
    assert (await bob.delete(f"{DATABASES}/{redis['id']}")).status_code == 409
    assert (await bob.get(f"{DATABASES}/{uuid.uuid4()}")).status_code == 404
    charlie = await cast.logged_in("charlie")
    assert (await charlie.call("PUT", path, {"mode": "none"})).status_code == 403


async def test_what_is_gone_can_be_forgotten(cast: Cast, found: uuid.UUID) -> None:
    bob = await cast.logged_in("bob")
    one = await the(cast, "mariadb")
    await bob.call("PUT", f"{DATABASES}/{one['id']}/login", {"mode": "socket"})
    assert isinstance(cast.platform.shells, FakeShells)
    machine = cast.platform.shells.machine(str(found))
    machine.answers(*LOOK.argv, stdout="none\n")
    await collect(cast, found)
    assert (await the(cast, "mariadb"))["state"] == "offline"
    assert (await bob.delete(f"{DATABASES}/{one['id']}")).status_code == 204
    assert (await bob.get(DATABASES)).json()["total"] == 0
