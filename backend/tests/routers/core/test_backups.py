"""The endpoints of backups: secrets go in and never out, and archives need the password."""

from pathlib import Path

import pytest
from sqlalchemy import update

from app.kernel.clock import SystemClock
from app.models.core.session import Session
from app.services.core.backup import dump
from app.services.core.backup import restore as restoring
from app.services.core.backup.dump import Machine
from app.services.core.backup.maker import BackupMaker
from app.services.core.backup.parts import parts_of
from tests.fixtures.cast import Cast, Person, open_cast
from tests.parts.sshd import Sshd
from tests.services.core.backup import house
from tests.services.core.backup.job import NotedRun
from tests.services.credentials.test_key_cost import PBKDF2, locked

PASSPHRASE = {"passphrase": "six words that nobody else says"}
SFTP = {
    "name": "nas",
    "kind": "sftp",
    "host": "nas.test",
    "username": "unity",
    "folder": "/backup",
    "password": "a-password-of-tests",
}


@pytest.fixture
async def alice(cast: Cast) -> Person:
    return await cast.logged_in("alice")


async def test_the_passphrase_goes_in_and_never_out(alice: Person) -> None:
    assert (await alice.get("/api/backups/settings")).json()["has_passphrase"] is False
    short = await alice.call("PUT", "/api/backups/passphrase", {"passphrase": "short"})
    assert short.status_code == 422
    answer = await alice.call("PUT", "/api/backups/passphrase", PASSPHRASE)
    assert answer.json()["has_passphrase"] is True
    assert PASSPHRASE["passphrase"] not in answer.text
    assert PASSPHRASE["passphrase"] not in (await alice.get("/api/audit")).text


async def test_a_destination_keeps_its_secret_while_it_is_the_same_server(alice: Person) -> None:
    made = (await alice.post("/api/backups/destinations", SFTP)).json()
    assert made["has_secret"] is True
    assert made["address"] == "sftp://unity@nas.test/backup"
    where = f"/api/backups/destinations/{made['id']}"
    same = {name: value for name, value in SFTP.items() if name != "password"}
    renamed = await alice.call("PUT", where, same | {"name": "other"})
    assert renamed.json()["has_secret"] is True
    moved = await alice.call("PUT", where, same | {"host": "evil.test"})
    assert (moved.status_code, moved.json()["field"]) == (422, "password")
    listed = await alice.get("/api/backups/destinations")
    assert [one["host"] for one in listed.json()] == ["nas.test"]
    assert SFTP["password"] not in listed.text + (await alice.get("/api/audit")).text
    assert (await alice.delete(where)).status_code == 204
    assert (await alice.delete(where)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "folder", "folder": "relative"}, "folder"),
        ({"kind": "folder", "folder": "/a/../b"}, "folder"),
        ({"kind": "sftp", "host": ""}, "host"),
        ({"kind": "sftp", "password": None}, "password"),
        ({"kind": "sftp", "host_key": "nonsense"}, "host_key"),
        ({"kind": "s3", "bucket": "", "access_key_id": "x"}, "bucket"),
        ({"kind": "s3", "bucket": "b", "access_key_id": "x"}, "secret_access_key"),
        (
            {"kind": "s3", "bucket": "b", "access_key_id": "x", "secret_access_key": "s"}
            | {"endpoint": "ftp://x"},
            "endpoint",
        ),
    ],
)
async def test_what_is_missing_is_named(
    alice: Person, change: dict[str, object], field: str
) -> None:
    answer = await alice.post("/api/backups/destinations", SFTP | change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_key_that_takes_hours_to_open_is_not_saved(alice: Person) -> None:
    wish = SFTP | {"password": None, "private_key": locked(PBKDF2, 2_000_000_000, 32)}
    answer = await alice.post("/api/backups/destinations", wish)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-takes-too-long")
    assert (await alice.get("/api/backups/destinations")).json() == []


async def test_two_destinations_of_one_name_are_refused(alice: Person) -> None:
    assert (await alice.post("/api/backups/destinations", SFTP)).status_code == 201
    assert (await alice.post("/api/backups/destinations", SFTP)).status_code == 409


@pytest.mark.needs("sshd")
async def test_a_new_host_key_is_offered_and_works_once_approved(
    alice: Person, sshd: Sshd, tmp_path: Path
) -> None:
    target = sshd.target()
    wish = SFTP | {
        "host": target.host,
        "port": target.port,
        "username": target.username,
        "folder": str(tmp_path),
        "private_key": sshd.key.private,
        "password": None,
    }
    made = (await alice.post("/api/backups/destinations", wish)).json()
    where = f"/api/backups/destinations/{made['id']}"
    first = (await alice.post(f"{where}/test")).json()
    assert first["has_passed"] is False
    assert first["offered_fingerprint"] == sshd.host_key.fingerprint
    approved = wish | {"host_key": first["offered_host_key"], "private_key": None}
    changed = (await alice.call("PUT", where, approved)).json()
    assert changed["host_key_fingerprint"] == sshd.host_key.fingerprint
    assert (await alice.post(f"{where}/test")).json()["has_passed"] is True


async def test_backups_and_drills_are_asked_of_destinations_that_exist(alice: Person) -> None:
    nowhere = {"destination_id": "00000000-0000-7000-8000-000000000009"}
    for path in ("/api/backups", "/api/backups/drills"):
        assert (await alice.post(path, nowhere)).status_code == 404


async def test_an_archive_is_downloaded_with_the_password_only(
    cast: Cast, alice: Person, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    await alice.call("PUT", "/api/backups/passphrase", PASSPHRASE)
    wish = {"name": "shelf", "kind": "folder", "folder": str(shelf)}
    assert (await alice.post("/api/backups/destinations", wish)).status_code == 201
    await BackupMaker(parts_of(cast.platform)).make(NotedRun())
    (backup,) = (await alice.get("/api/backups")).json()["items"]
    where = f"/api/backups/{backup['id']}/archive"
    got = await alice.get(where)
    (file,) = shelf.iterdir()
    assert got.content == file.read_bytes()
    assert file.name in got.headers["content-disposition"]
    assert "backup.downloaded" in (await alice.get("/api/audit")).text
    async with cast.platform.database.transaction() as session:
        await session.execute(update(Session).values(stepped_up_at=None))
    refused = await alice.get(where)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/step-up-required")
    bob = await cast.logged_in("bob")
    assert (await bob.get(where)).status_code == 403
    file.unlink()
    gone = await cast.logged_in("alice")
    assert (await gone.get(where)).status_code == 404


async def test_on_an_empty_machine_logins_tokens_and_the_audit_log_work(
    cast: Cast, alice: Person, tmp_path: Path, sqlite_template: Path
) -> None:
    """Everything by the doors that people use: the page before, the page after."""
    wish = {"name": "grafana", "scopes": ["system:read"]}
    token = (await alice.post("/api/tokens", wish)).json()["token"]
    home = parts_of(cast.platform).machine
    archive = tmp_path / "all.unitybackup"
    dump.create(home, archive, house.wish(), SystemClock())
    before = house.hashes(home.url)
    there = Machine(
        house.machine(tmp_path / "there", with_key=False).url,
        tmp_path / "there",
        tmp_path / "there" / "keys",
    )
    restored = restoring.restore(there, archive, house.PASSPHRASE, SystemClock())
    assert restored.tables == before == house.hashes(there.url)
    settings = cast.platform.settings.model_copy(update={"data": there.data})
    again = await open_cast(tmp_path / "unused", sqlite_template, cast.clock, settings)
    try:
        person = await again.logged_in("alice")
        assert (await person.get("/api/users")).json()["total"] == 3
        stranger = again.person("grafana")
        asked = await stranger.call(
            "GET", "/api/system", headers={"Authorization": f"Bearer {token}"}
        )
        assert asked.status_code == 200
        checked = await person.get("/api/audit/verification")
        assert checked.json()["is_intact"] is True
    finally:
        await again.close()
