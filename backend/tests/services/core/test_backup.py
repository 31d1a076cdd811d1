"""A backup restores every row on either engine, or says why not and changes nothing."""

import gzip
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.crypto import Ref, Sealed, Vault
from app.kernel.errors import Conflict
from app.models.core.resource import Resource
from app.models.credentials.ssh_key import SSHKey
from app.services.core.backup import archive, dump
from app.services.core.backup import restore as restoring
from app.services.core.backup.archive import BackupDamaged

KEY = uuid.uuid4()
SECRET = "hunter2-canary"


def engine_of(url: URL) -> Engine:
    """Return a plain engine."""
    sqlite = url.get_backend_name() == "sqlite"
    driver = "sqlite" if sqlite else "postgresql+psycopg"
    return create_engine(url.set(drivername=driver), poolclass=NullPool)


@pytest.fixture
def saved(database_url: str, tmp_path: Path, vault: Vault, clock: ManualClock) -> Path:
    """Return the backup of a database with rows that point at later rows of their table."""
    child, parent = uuid.UUID(int=1), uuid.UUID(int=2)
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    with engine_of(make_url(database_url)).begin() as connection:
        for row in (
            {"id": parent, "name": "parent", "parent_id": None},
            {"id": child, "name": "child", "parent_id": parent},
        ):
            connection.execute(insert(Resource).values(kind="server", **row, **times))
        connection.execute(
            insert(SSHKey).values(
                id=KEY,
                name="key",
                algorithm="ssh-ed25519",
                public_key="ssh-ed25519 AAAA",
                fingerprint="SHA256:x",
                private_key=vault.seal(SECRET, Ref("ssh_key", KEY, "private_key")),
                version=1,
                **times,
            )
        )
    target = tmp_path / "backup.tar.gz"
    manifest = dump.create(make_url(database_url), target, vault.kek_id.hex(), clock)
    assert manifest.tables["resource"].rows == 2
    return target


@pytest.mark.both_engines
def test_what_was_saved_is_there_again(saved: Path, tmp_path: Path, vault: Vault) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'restored.db'}")
    restoring.restore(url, saved, vault)
    with engine_of(url).connect() as connection:
        rows = connection.execute(select(Resource.name, Resource.parent_id)).all()
        sealed = connection.scalar(select(SSHKey.private_key))
    assert sorted(rows) == [("child", uuid.UUID(int=2)), ("parent", None)]
    assert isinstance(sealed, Sealed)
    assert vault.open(sealed, Ref("ssh_key", KEY, "private_key"), "test") == SECRET


@pytest.mark.needs("postgres")
def test_a_backup_of_one_engine_restores_on_the_other(
    saved: Path, postgres_url: str, vault: Vault
) -> None:
    url = make_url(postgres_url)
    restoring.restore(url, saved, vault)
    with engine_of(url).connect() as connection:
        assert len(connection.execute(select(Resource.id)).all()) == 2


def test_the_archive_is_for_its_owner_only_and_holds_no_plain_secret(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in gzip.decompress(saved.read_bytes())


def test_another_root_key_is_refused(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with pytest.raises(restoring.WrongRootKey, match="another root key"):
        restoring.restore(make_url(f"sqlite:///{path}"), saved, Vault(b"x" * 32))
    assert not path.exists()


@pytest.mark.parametrize("cut", [10, 500, -40])
def test_a_cut_archive_is_refused(saved: Path, tmp_path: Path, vault: Vault, cut: int) -> None:
    saved.write_bytes(saved.read_bytes()[:cut])
    with pytest.raises(BackupDamaged):
        restoring.restore(make_url(f"sqlite:///{tmp_path / 'new.db'}"), saved, vault)


def test_a_changed_row_is_noticed(saved: Path) -> None:
    saved.write_bytes(
        gzip.compress(gzip.decompress(saved.read_bytes()).replace(b"child", b"chXld"))
    )
    with pytest.raises(BackupDamaged, match="rows of resource"):
        archive.read(saved)


def test_a_backup_is_never_overwritten(
    saved: Path, database_url: str, vault: Vault, clock: ManualClock
) -> None:
    with pytest.raises(Conflict, match="exists already"):
        dump.create(make_url(database_url), saved, vault.kek_id.hex(), clock)


def test_a_newer_backup_is_refused(
    saved: Path, tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "head_revision", lambda: "0000_older")
    monkeypatch.setattr(migrations, "known_revisions", lambda: frozenset({"0000_older"}))
    with pytest.raises(BackupDamaged, match="newer Unity"):
        restoring.restore(make_url(f"sqlite:///{tmp_path / 'new.db'}"), saved, vault)
