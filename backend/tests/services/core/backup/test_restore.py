"""A restore gives back every row, the key and the plugins, or changes nothing and says why."""

import os
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.engine import URL

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.crypto import Ref, Sealed, Vault
from app.models.core.audit_entry import AuditEntry
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.models.credentials.ssh_key import SSHKey
from app.services.core.audit_verify import ChainRow, verify
from app.services.core.backup import dump, fill
from app.services.core.backup.dump import Machine
from app.services.core.backup.errors import (
    BackupDamaged,
    BackupKeyMissing,
    BackupTooNew,
    DatabaseInUse,
    WrongPassphrase,
    WrongRootKey,
)
from app.services.core.backup.restore import restore
from tests.services.core.backup import house
from tests.services.core.backup.house import CHILD, KEY, PARENT, PASSPHRASE, SECRET, wish


@pytest.fixture
async def home(database_url: str, tmp_path: Path, vault: Vault, clock: ManualClock) -> Machine:
    """Return a machine with a furnished database."""
    home = house.machine(tmp_path / "home", database_url)
    await house.furnish(home.url, vault, clock)
    house.plugin(home)
    return home


@pytest.fixture
def saved(home: Machine, tmp_path: Path, clock: ManualClock) -> Path:
    """Return its archive."""
    target = tmp_path / "saved.unitybackup"
    dump.create(home, target, wish(), clock)
    return target


def check_life(machine: Machine) -> None:
    """Make sure that what was restored works: secrets, references, the audit chain, counters."""
    vault = Vault(house.key_of(machine))
    with fill.opened(machine.url) as connection:
        parents = {row.id: row.parent_id for row in connection.execute(select(Resource))}
        sealed = connection.scalar(select(SSHKey.private_key))
        chain = connection.execute(
            select(AuditEntry.seq, AuditEntry.prev, AuditEntry.h, AuditEntry.entry)
        ).all()
        new = {"resource_id": PARENT, "metric": "m", "labels": "{}", "kind": "gauge", "unit": ""}
        connection.execute(insert(MetricSeries).values(**new, interval=1, since=1))
    assert (parents[CHILD], parents[PARENT]) == (PARENT, None)
    assert isinstance(sealed, Sealed)
    assert vault.open(sealed, Ref("ssh_key", KEY, "private_key"), "test") == SECRET
    assert verify(ChainRow(*row) for row in chain).is_intact
    assert len(chain) == 1
    assert migrations.current_revision(machine.url) == migrations.head_revision()


@pytest.mark.both_engines
def test_an_empty_machine_gets_the_same_rows_key_and_plugins(
    home: Machine, saved: Path, tmp_path: Path, clock: ManualClock
) -> None:
    there = house.machine(tmp_path / "there", with_key=False)
    restored = restore(there, saved, PASSPHRASE, clock)
    assert house.hashes(there.url) == house.hashes(home.url) == restored.tables
    assert restored.kept_aside == []
    check_life(there)
    assert (there.plugins / "mine" / "plugin.py").read_text() == "print('hello')\n"
    assert (there.keys / "root.key").stat().st_mode & 0o777 == 0o600
    assert (there.data / "restored-configuration" / "settings.json").exists()
    assert list(there.data.glob("*restoring*")) == []


@pytest.mark.both_engines
@pytest.mark.needs("postgres")
def test_an_empty_postgresql_takes_the_backup_of_either_engine(
    home: Machine, saved: Path, tmp_path: Path, postgres_url: str, clock: ManualClock
) -> None:
    there = house.machine(tmp_path / "there", postgres_url, with_key=False)
    restore(there, saved, PASSPHRASE, clock)
    assert house.hashes(there.url) == house.hashes(home.url)
    check_life(there)
    assert _foreign_keys(there.url) == _foreign_keys(home.url) or home.url.drivername == "sqlite"


def _foreign_keys(url: URL) -> list[str]:
    if url.get_backend_name() == "sqlite":
        return []
    query = text(
        "SELECT conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
        " WHERE contype = 'f' ORDER BY 1"
    )
    with fill.opened(url) as connection:
        found = list(connection.scalars(query))
    assert len(found) > 10
    return found


@pytest.fixture
async def used(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Machine:
    """Return another machine that has data already, of either engine."""
    folder = tmp_path / "used"
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    used = house.machine(folder, url, with_key=False)
    house.put_key(used.keys, b"o" * 32)
    house.migrated(used.url)
    await house.furnish(used.url, Vault(b"o" * 32), clock)
    with fill.opened(used.url) as connection:
        connection.execute(text("UPDATE resource SET name = 'old'"))
        connection.commit()
    house.plugin(used, "old")
    return used


engines = pytest.mark.parametrize(
    "used",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))],
    indirect=True,
)


@engines
def test_a_machine_with_data_is_refused_and_left_alone(
    used: Machine, saved: Path, clock: ManualClock
) -> None:
    before = house.hashes(used.url)
    with pytest.raises(WrongRootKey, match="another root key"):
        restore(used, saved, PASSPHRASE, clock)
    house.put_key(used.keys, house.ROOT_KEY)
    with pytest.raises(DatabaseInUse, match="holds data already"):
        restore(used, saved, PASSPHRASE, clock)
    assert house.hashes(used.url) == before
    assert (used.plugins / "mine" / "plugin.py").read_text() == "old"


@engines
def test_what_is_replaced_is_kept_aside(
    used: Machine, home: Machine, saved: Path, clock: ManualClock
) -> None:
    before = house.hashes(used.url)
    restored = restore(used, saved, PASSPHRASE, clock, replaces=True)
    assert house.hashes(used.url) == house.hashes(home.url)
    check_life(used)
    stamp = "20260314T120000Z"
    assert house.key_of(used) == house.ROOT_KEY
    aside = used.keys / f"root.key.before-{stamp}"
    assert (used.data / f"plugins.before-{stamp}" / "mine" / "plugin.py").read_text() == "old"
    assert {str(aside), str(used.data / f"plugins.before-{stamp}")} < set(restored.kept_aside)
    if used.url.get_backend_name() == "sqlite":
        old = used.url.set(database=str(used.data / f"unity.db.before-{stamp}"))
    else:
        old = used.url.update_query_dict({"options": f"-csearch_path=before_{stamp.lower()}"})
    assert house.hashes(old) == before


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("used", ["postgresql"], indirect=True)
def test_a_postgresql_on_which_a_unity_runs_is_refused(
    used: Machine, saved: Path, clock: ManualClock
) -> None:
    with fill.leading(used.url), pytest.raises(DatabaseInUse, match="A Unity is running"):
        restore(used, saved, PASSPHRASE, clock, replaces=True)


def test_a_restore_that_fails_in_the_middle_leaves_the_old(
    home: Machine, saved: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = house.hashes(home.url)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fill, "settle", full)
    with pytest.raises(OSError, match="No space"):
        restore(home, saved, PASSPHRASE, clock, replaces=True)
    monkeypatch.undo()
    assert house.hashes(home.url) == before
    assert [path.name for path in home.data.glob("*restoring*")] == []
    restore(home, saved, PASSPHRASE, clock, replaces=True)
    assert house.hashes(home.url) == before


def test_without_its_key_a_share_safe_archive_is_refused(
    home: Machine, tmp_path: Path, clock: ManualClock
) -> None:
    target = tmp_path / "shared.unitybackup"
    dump.create(home, target, wish(with_key=False), clock)
    there = house.machine(tmp_path / "there", with_key=False)
    with pytest.raises(BackupKeyMissing, match="made without its root key"):
        restore(there, target, PASSPHRASE, clock)
    house.put_key(there.keys, b"x" * 32)
    with pytest.raises(WrongRootKey, match="belongs to another root key"):
        restore(there, target, PASSPHRASE, clock)
    assert not (there.data / "unity.db").exists()
    house.put_key(there.keys, house.ROOT_KEY)
    restore(there, target, PASSPHRASE, clock)
    check_life(there)


def test_nothing_is_touched_before_the_archive_is_proven(
    saved: Path, tmp_path: Path, clock: ManualClock
) -> None:
    there = house.machine(tmp_path / "there", with_key=False)
    with pytest.raises(WrongPassphrase):
        restore(there, saved, "not the passphrase", clock)
    data = bytearray(saved.read_bytes())
    data[-2000] ^= 1
    saved.write_bytes(data)
    with pytest.raises(BackupDamaged):
        restore(there, saved, PASSPHRASE, clock)
    assert list(there.data.iterdir()) == []


def test_a_newer_archive_is_refused(
    saved: Path, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "known_revisions", lambda: frozenset({"0001_initial"}))
    there = house.machine(tmp_path / "there", with_key=False)
    with pytest.raises(BackupTooNew, match="newer Unity"):
        restore(there, saved, PASSPHRASE, clock)
    assert list(there.data.iterdir()) == []


@pytest.mark.both_engines
async def test_an_older_archive_is_brought_to_this_version(
    database_url: str,
    tmp_path: Path,
    vault: Vault,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tables of the oldest schema, as that version would have described them."""
    old = house.machine(tmp_path / "old", database_url)
    await house.furnish(old.url, vault, clock)
    rows = {name: entry.rows for name, entry in house.hashes(old.url).items()}
    migrations.downgrade_now(old.url, "0002_procrastinate")
    monkeypatch.setattr(migrations, "head_revision", lambda: "0002_procrastinate")
    monkeypatch.setattr(dump, "shapes", lambda: house.shapes_of(old.url))
    target = tmp_path / "old.unitybackup"
    written = dump.create(old, target, wish(), clock)
    monkeypatch.undo()
    assert written.header.revision == "0002_procrastinate"
    there = house.machine(tmp_path / "there", with_key=False)
    restore(there, target, PASSPHRASE, clock)
    check_life(there)
    now = {name: entry.rows for name, entry in house.hashes(there.url).items()}
    assert now == rows


def test_a_link_among_the_plugins_is_not_followed(
    home: Machine, tmp_path: Path, clock: ManualClock
) -> None:
    os.symlink("/etc/passwd", home.plugins / "link")  # noqa: PTH211 - as plain as it gets
    written = dump.create(home, tmp_path / "links.unitybackup", wish(), clock)
    assert "plugins/link" not in written.manifest.files
