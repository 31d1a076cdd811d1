"""A Unity with rows of many kinds, to be saved and restored by the tests of backups."""

import base64
import os
import uuid
from pathlib import Path

from sqlalchemy import insert, inspect, make_url
from sqlalchemy.engine import URL

from app.kernel import migrations
from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Sealed, Vault
from app.kernel.database import Database
from app.models.core.job_run import JobRun
from app.models.core.metric_chunk import MetricChunk
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.models.core.user import User
from app.models.credentials.ssh_key import SSHKey
from app.models.registry import metadata
from app.services.core import vault_canary
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.backup import dump, fill
from app.services.core.backup.dump import Machine, Wish
from app.services.core.backup.envelope import Strength
from app.services.core.backup.rows import Shape, TableEntry, fingerprint, shape_of
from app.services.core.permissions import system

PASSPHRASE = "six words that nobody else says"
SECRET = "hunter2-canary"
KEY = uuid.UUID(int=77)
CHILD, PARENT = uuid.UUID(int=1), uuid.UUID(int=2)
WEAK = Strength(memory_kib=64, passes=1, lanes=1)
ROOT_KEY = b"k" * 32


def wish(*, with_key: bool = True) -> Wish:
    """Return how the tests make an archive: with a passphrase that is quick to try."""
    return Wish(PASSPHRASE, with_key=with_key, strength=WEAK)


def machine(folder: Path, url: str | URL = "", *, with_key: bool = True) -> Machine:
    """Return a machine below a folder; on SQLite unless told otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = folder / "keys"
    if with_key:
        put_key(keys, ROOT_KEY)
    return Machine(make_url(url or f"sqlite:///{folder / 'unity.db'}"), folder, keys)


def put_key(folder: Path, key: bytes) -> None:
    """Write a root key as Unity does."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "root.key"
    path.write_bytes(base64.b64encode(key) + b"\n")
    os.chmod(path, 0o600)  # noqa: PTH101 - as plain as it gets


def key_of(machine: Machine) -> bytes:
    """Return the root key of a machine."""
    return base64.b64decode((machine.keys / "root.key").read_bytes())


def plugin(machine: Machine, text: str = "print('hello')\n") -> Path:
    """Give the machine a plugin."""
    path = machine.plugins / "mine" / "plugin.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


async def furnish(url: URL, vault: Vault, clock: Clock) -> None:
    """Fill a migrated database: rows that point at later ones, secrets, JSON, bytes, numbers."""
    database = Database(url)
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    try:
        async with database.transaction() as session:
            await vault_canary.plant(session, vault)
            await session.execute(
                insert(Resource),
                [
                    {"id": PARENT, "kind": "server", "name": "parent", **times},
                    {"id": CHILD, "kind": "disk", "name": "child é'\"\\\n", **times},
                ],
            )
            child = await session.get_one(Resource, CHILD)
            child.parent_id = PARENT
            sealed = vault.seal(SECRET, Ref("ssh_key", KEY, "private_key"))
            session.add(_key(sealed, clock))
            session.add(_alice(clock))
            session.add(_run(clock))
            series = MetricSeries(
                resource_id=PARENT,
                metric="node_load1",
                labels="{}",
                unit="",
                kind="gauge",
                interval=10,
                since=1_700_000_000,
            )
            session.add(series)
            await session.flush()
            session.add_all(
                MetricChunk(series_id=series.id, day=day, points=bytes(range(256)))
                for day in (9, 10, 20_000)
            )
            audit = AuditLog(session, clock, vault.subkey(KEY_INFO))
            await audit.record(
                system("tests"), "house.furnished", kind="house", object_id=None, name="é"
            )
    finally:
        await database.dispose()


def _run(clock: Clock) -> JobRun:
    return JobRun(
        name="core.history",
        arguments={"b": 1, "a": None, "long": "é" * 10},
        state="succeeded",
        run_at=clock.now(),
        requested_by="schedule",
        enqueued_at=clock.now(),
        result={"dropped": 2, "share": 0.1, "list": [1, 2, {"z": True}]},
    )


def _key(sealed: Sealed, clock: Clock) -> SSHKey:
    return SSHKey(
        id=KEY,
        name="key",
        algorithm="ssh-ed25519",
        public_key="ssh-ed25519 AAAA",
        fingerprint="SHA256:x",
        private_key=sealed,
        version=1,
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def _alice(clock: Clock) -> User:
    return User(
        name="alice",
        role="admin",
        password_hash="$argon2id$",
        password_changed_at=clock.now(),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def hashes(url: URL) -> dict[str, TableEntry]:
    """Count and hash every table as it stands."""
    with fill.opened(url) as connection:
        return {shape.name: fingerprint(connection, shape) for shape in dump.shapes()}


def migrated(url: URL) -> URL:
    """Build the schema."""
    migrations.upgrade_now(url)
    return url


def shapes_of(url: URL) -> tuple[Shape, ...]:
    """Describe the tables of an older schema: those of now, less what that did not have."""
    with fill.opened(url) as connection:
        inspector = inspect(connection)
        names = set(inspector.get_table_names())
        return tuple(
            shape.model_copy(
                update={
                    "columns": tuple(
                        column
                        for column in shape.columns
                        if column.name in {c["name"] for c in inspector.get_columns(shape.name)}
                    )
                }
            )
            for shape in (shape_of(table) for table in metadata().metadata.sorted_tables)
            if shape.name in names
        )


def shape(name: str) -> Shape:
    """Describe one table of this version."""
    return shape_of(metadata().metadata.tables[name])
