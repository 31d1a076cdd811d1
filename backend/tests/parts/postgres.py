"""A PostgreSQL cluster of its own for the tests, on a unix socket below the temporary folder."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from app.kernel import migrations

ACCOUNT = "postgres"
INSTALL = "apt-get install postgresql"
# The data outlives no test, so nothing has to survive a power cut.
_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=32MB",
    "log_min_messages=fatal",
    "autovacuum=off",
)


def programs() -> Path | None:
    """Return the folder of the newest installed server; Debian does not put it into the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _version(initdb: Path) -> int:
    name = initdb.parents[1].name
    return int(name) if name.isdecimal() else 0


@dataclass(slots=True)
class Cluster:
    """A running server; each call of `create` gives an empty database."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        return f"postgresql://{ACCOUNT}@/{name}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        name = f"unity_{next(self._numbers)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@dataclass(slots=True)
class DurableCluster(Cluster):
    """A server of its own that can be killed, and that keeps what it has committed."""

    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        found = programs()
        if found is None:
            raise RuntimeError(f"PostgreSQL is not installed: {INSTALL}")
        options = [
            word
            for option in _OPTIONS
            if not option.startswith(("synchronous_commit", "full_page_writes"))
            for word in ("-c", option)
        ]
        self._process = subprocess.Popen(
            [found / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_account(),  # type: ignore[call-overload]  # the names of three optional arguments
        )
        _wait_for(self.folder, self._process)

    def crash(self) -> None:
        """End it at once, without a checkpoint: the next start recovers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=20)
            self._process = None


@contextlib.contextmanager
def durable_cluster() -> Iterator[DurableCluster]:
    """Start a server that is to be killed, and end it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="unity-pg-", dir="/tmp"))
    found, account = programs(), _account()
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: {INSTALL}")
    if account:
        os.chown(folder, int(account["user"]), int(account["group"]))
    running = DurableCluster(folder)
    try:
        _run_initdb(found, folder / "data", account)
        running.start()
        yield running
    finally:
        running.crash()
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> dict[str, str | int]:
    """Return as whom the server runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(ACCOUNT)
    return {"user": account.pw_uid, "group": account.pw_gid, "cwd": "/"}


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="unity-pg-", dir="/tmp"))
    found = programs()
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: {INSTALL}")
    account = _account()
    if account:
        os.chown(folder, int(account["user"]), int(account["group"]))
    try:
        _run_initdb(found, folder / "data", account)
        with _server(found, folder, account):
            yield Cluster(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_initdb(found: Path, data: Path, account: dict[str, str | int]) -> None:
    subprocess.run(
        [
            *(found / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        **account,  # type: ignore[call-overload]  # the names of three optional arguments
    )


@contextlib.contextmanager
def _server(found: Path, folder: Path, account: dict[str, str | int]) -> Iterator[None]:
    options = [word for option in _OPTIONS for word in ("-c", option)]
    process = subprocess.Popen(
        [found / "postgres", "-D", folder / "data", "-k", folder, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account,  # type: ignore[call-overload]  # the names of three optional arguments
    )
    try:
        _wait_for(folder, process)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=20)


def _wait_for(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(Cluster(folder).url("postgres")).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # noqa: TID251 - no event loop runs here
        else:
            return


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Return a server that lives as long as the tests."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> str:
    """Return the name of a database that the migrations have built."""
    name = postgres_cluster.create()
    migrations.upgrade_now(make_url(postgres_cluster.url(name)))
    return name


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """Return the address of an empty database without tables."""
    name = postgres_cluster.create()
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


@pytest.fixture
def migrated_postgres_url(postgres_cluster: Cluster, postgres_template: str) -> Iterator[str]:
    """Return the address of an empty database with all tables."""
    name = postgres_cluster.create(postgres_template)
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)
