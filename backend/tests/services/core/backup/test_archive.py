"""An archive opens with its passphrase only, and tells each way in which it can be broken."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.models.core.resource import ResourceGroup
from app.models.registry import metadata
from app.services.core.backup import archive, content, dump, fill
from app.services.core.backup.content import ArchiveWriter
from app.services.core.backup.dump import Machine
from app.services.core.backup.envelope import About, read_header
from app.services.core.backup.errors import (
    BackupDamaged,
    BackupExists,
    BackupKeyMissing,
    BackupTooNew,
    BackupTruncated,
    SchemaBehind,
    WrongPassphrase,
    WrongRootKey,
)
from app.services.core.backup.rows import shape_of
from tests.services.core.backup import house
from tests.services.core.backup.house import PASSPHRASE, SECRET, WEAK, wish


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


@pytest.mark.both_engines
def test_an_archive_holds_every_row_the_key_and_the_plugins(
    home: Machine, saved: Path, clock: ManualClock
) -> None:
    verified = archive.verify(saved, PASSPHRASE)
    assert verified.manifest.tables == house.hashes(home.url)
    assert verified.manifest.tables["resource"].rows == 2
    assert verified.root_key == house.ROOT_KEY
    assert verified.manifest.kind == "full"
    assert {"keys/root.key", "plugins/mine/plugin.py", "configuration/settings.json"} == set(
        verified.manifest.files
    )
    assert verified.header.revision == migrations.head_revision()
    assert verified.header.created_at == clock.now().isoformat()


def test_every_column_of_every_model_has_a_portable_form() -> None:
    assert [shape_of(table).name for table in metadata().metadata.sorted_tables]


def test_the_archive_is_for_its_owner_only_and_shows_nothing(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    data = saved.read_bytes()
    for plain in (SECRET, "alice", "resource", "root.key", "plugin.py"):
        assert plain.encode() not in data
    assert list(saved.parent.glob(".*")) == []


def test_the_header_tells_what_it_is_without_the_passphrase(home: Machine, saved: Path) -> None:
    header = read_header(saved)
    assert header.has_key
    assert header.engine == home.url.get_backend_name()


def test_a_share_safe_archive_holds_no_key_material(
    home: Machine, tmp_path: Path, clock: ManualClock
) -> None:
    target = tmp_path / "shared.unitybackup"
    dump.create(home, target, wish(with_key=False), clock)
    assert not read_header(target).has_key
    verified = archive.verify(target, PASSPHRASE)
    assert verified.root_key is None
    assert verified.manifest.kind == "without-key"
    assert set(verified.manifest.files) == {"plugins/mine/plugin.py"}
    key_file = (home.keys / "root.key").read_bytes().strip()
    with content.reading(target, PASSPHRASE) as reader:
        everything = b"".join(member.content for member in reader.members())
    assert house.ROOT_KEY not in everything
    assert key_file not in everything
    assert SECRET.encode() not in everything


def test_another_passphrase_opens_nothing(saved: Path) -> None:
    with pytest.raises(WrongPassphrase, match="does not open"):
        archive.verify(saved, PASSPHRASE + " ")


@pytest.mark.parametrize("length", [0, 5, 40, 300, -1, -33, -41, -2000])
def test_a_cut_archive_says_that_it_is_cut(saved: Path, length: int) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[:length])
    expected = BackupTruncated if length else BackupDamaged
    with pytest.raises(expected, match=r"cut short|no backup"):
        archive.verify(saved, PASSPHRASE)


def test_a_cut_with_the_end_put_back_is_noticed(
    tmp_path: Path, clock: ManualClock, home: Machine
) -> None:
    (home.plugins / "big").write_bytes(b"".join(n.to_bytes(4, "big") for n in range(200_000)))
    target = tmp_path / "long.unitybackup"
    dump.create(home, target, wish(), clock)
    data = target.read_bytes()
    target.write_bytes(data[:-300_000] + data[-40:])
    with pytest.raises(BackupDamaged, match="changed after it was made"):
        archive.verify(target, PASSPHRASE)


def test_a_flipped_bit_is_found_wherever_it_is(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    places = [*range(0, 64, 7), *range(64, len(data), len(data) // 40), *range(-40, 0, 3)]
    for place in places:
        data[place] ^= 1
        saved.write_bytes(data)
        with pytest.raises((BackupDamaged, BackupTooNew)):
            archive.verify(saved, PASSPHRASE)
        data[place] ^= 1
    saved.write_bytes(data)
    archive.verify(saved, PASSPHRASE)


def test_a_header_that_was_changed_with_its_checksum_is_noticed(saved: Path) -> None:
    """Who can compute a SHA-256 can change the header; the chunks are bound to the old one."""
    data = saved.read_bytes()
    end = data.index(b"}", data.index(b'"check"')) + 1
    changed = data[:end].replace(b'"engine":"sqlite"', b'"engine":"SQLITE"')
    assert changed != data[:end]
    saved.write_bytes(changed + hashlib.sha256(changed).digest() + data[end + 32 :])
    with pytest.raises(BackupDamaged, match="part 1 was changed"):
        archive.verify(saved, PASSPHRASE)


def test_what_is_no_backup_is_said(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"\xff\xd8" * 500)
    with pytest.raises(BackupDamaged, match="no backup of Unity"):
        archive.verify(path, PASSPHRASE)
    with pytest.raises(BackupDamaged, match="There is no file"):
        archive.verify(tmp_path / "nothing", PASSPHRASE)
    path.write_bytes(b"\x1f\x8b" + b"x" * 500)
    with pytest.raises(BackupDamaged, match="first form"):
        archive.verify(path, PASSPHRASE)


Write = Callable[[ArchiveWriter, Machine], None]


@contextmanager
def _forged(target: Path, *, has_key: bool, kek_id: str = "") -> Iterator[ArchiveWriter]:
    """Make an archive by hand, with the right passphrase, that is wrong inside."""
    about = About(
        version="0",
        revision=migrations.head_revision(),
        engine="sqlite",
        created_at="2026-03-14T12:00:00+00:00",
        has_key=has_key,
        kek_id=kek_id or Vault(house.ROOT_KEY).kek_id.hex(),
    )
    with content.making(target, about, PASSPHRASE, WEAK) as work:
        yield work.writer


def _add_all(writer: ArchiveWriter, home: Machine) -> None:
    with dump.frozen(home.url) as connection:
        dump._add_tables(writer, connection, lambda *_: None)


def test_an_archive_that_lost_its_key_says_so(home: Machine, tmp_path: Path) -> None:
    target = tmp_path / "lost.unitybackup"
    with _forged(target, has_key=True) as writer:
        _add_all(writer, home)
    with pytest.raises(BackupKeyMissing, match="says that it holds its root key"):
        archive.verify(target, PASSPHRASE)


def test_a_key_that_opens_nothing_inside_says_so(home: Machine, tmp_path: Path) -> None:
    target = tmp_path / "other.unitybackup"
    house.put_key(home.keys, b"x" * 32)
    with _forged(target, has_key=True) as writer:
        _add_all(writer, home)
        writer.add_file("keys/root.key", (home.keys / "root.key").read_bytes())
    with pytest.raises(WrongRootKey, match="does not open the secrets"):
        archive.verify(target, PASSPHRASE)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "plugins/../../evil", "plugins//x"])
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    target = tmp_path / "evil.unitybackup"
    with _forged(target, has_key=False) as writer:
        writer.add_file(name, b"x")
    with pytest.raises(BackupDamaged, match="no backup of Unity holds"):
        archive.verify(target, PASSPHRASE)


def test_rows_that_are_not_those_of_the_manifest_are_refused(home: Machine, tmp_path: Path) -> None:
    target = tmp_path / "more.unitybackup"
    with _forged(target, has_key=False) as writer:
        _add_all(writer, home)
        writer._put("tables/resource/000009.jsonl", b"[]\n")
    with pytest.raises(BackupDamaged, match="resource"):
        archive.verify(target, PASSPHRASE)


def test_an_archive_is_never_overwritten(saved: Path, home: Machine, clock: ManualClock) -> None:
    with pytest.raises(BackupExists, match="exists already"):
        dump.create(home, saved, wish(), clock)


def test_a_failed_backup_leaves_no_file(home: Machine, tmp_path: Path, clock: ManualClock) -> None:
    shutil.rmtree(home.keys)
    house.put_key(home.keys, house.ROOT_KEY)
    broken = replace(home, settings="{not json")
    target = tmp_path / "failed.unitybackup"
    with pytest.raises(json.JSONDecodeError):
        dump.create(broken, target, wish(), clock)
    assert [path.name for path in tmp_path.glob("*failed*")] == []


def test_a_database_of_an_older_version_is_not_saved(
    home: Machine, tmp_path: Path, clock: ManualClock
) -> None:
    migrations.downgrade_now(home.url, "0006_identity")
    with pytest.raises(SchemaBehind, match="0006_identity"):
        dump.create(home, tmp_path / "older.unitybackup", wish(), clock)


@pytest.mark.both_engines
def test_all_tables_are_of_one_moment_while_others_write(
    home: Machine, tmp_path: Path, clock: ManualClock
) -> None:
    """A writer keeps two tables equal in each transaction; every archive finds them equal."""
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with fill.opened(home.url) as connection:
                connection.execute(delete(ResourceGroup))
                connection.execute(
                    insert(ResourceGroup),
                    [_group(f"g{number} {one}", clock) for one in range(number % 7 + 1)],
                )
                connection.execute(
                    text("UPDATE user_account SET full_name = :n"), {"n": str(number % 7 + 1)}
                )
                connection.commit()
            number += 1
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert written.wait(10)
        for round_ in range(6):
            target = tmp_path / f"{round_}.unitybackup"
            dump.create(home, target, wish(), clock)
            groups, names = _groups_and_name(target)
            assert names == [str(groups)]
    finally:
        stop.set()
        thread.join()


def _group(name: str, clock: ManualClock) -> dict[str, object]:
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    return {"name": name, "description": "", **times}


def _groups_and_name(target: Path) -> tuple[int, list[str]]:
    groups, names = 0, []
    with content.reading(target, PASSPHRASE) as reader:
        for member in reader.members():
            lines = member.content.splitlines()
            if member.name.startswith("tables/resource_group/"):
                groups += len(lines)
            if member.name.startswith("tables/user_account/"):
                shape = shape_of(metadata().metadata.tables["user_account"])
                place = [column.name for column in shape.columns].index("full_name")
                names += [json.loads(line)[place] for line in lines]
    return groups, names
