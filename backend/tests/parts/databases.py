"""Real databases for the tests, each in a folder and at a port of its own."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx2
import psycopg
import pytest

from tests.parts import postgres
from tests.parts.ports import free_port

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """A database that runs: where it answers, and its process."""

    port: int
    folder: Path
    socket: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def _folder(account: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="unity-db-", dir="/tmp"))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        found = pwd.getpwnam(account)
        os.chown(folder, found.pw_uid, found.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(account: str) -> dict[str, str | int]:
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam(account)
    return {"user": found.pw_uid, "group": found.pw_gid, "cwd": "/"}


@contextlib.contextmanager
def _process(
    argv: Sequence[str | Path], account: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        argv,
        env=None if environment is None else dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **_as(account),  # type: ignore[call-overload]  # the names of three optional arguments
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)


def _until(
    is_so: Callable[[], bool], process: subprocess.Popen[bytes], *, pause: float = 0.05
) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_so():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The database has ended, or takes too long.")
        time.sleep(pause)  # noqa: TID251 - no event loop runs here


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(0.5)
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def redis(*options: str) -> Iterator[Running]:
    """Start a Redis that keeps nothing on disk unless it is asked to."""
    with _folder("redis") as folder:
        port = free_port()
        near = folder / "redis.sock"
        words = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
        argv = ["redis-server", *words, "--unixsocket", str(near), "--save", "", *options]
        with _process(argv, "redis") as process:
            _until(lambda: _listens(port), process)
            yield Running(port, folder, near, process)


@contextlib.contextmanager
def mariadb(*options: str) -> Iterator[Running]:
    """Start a MariaDB whose root has no password."""
    with _folder("mysql") as folder:
        port, near = free_port(), folder / "mysqld.sock"
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}",
             "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
            check=True,
            capture_output=True,
            **_as("mysql"),  # type: ignore[call-overload]  # the names of three optional arguments
        )  # fmt: skip
        argv = [
            "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={folder / 'data'}",
            f"--socket={near}", f"--port={port}", "--bind-address=127.0.0.1",
            "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", *options,
        ]  # fmt: skip
        with _process(argv, "mysql") as process:
            _until(lambda: _listens(port) and near.exists(), process)
            yield Running(port, folder / "data", near, process)


@contextlib.contextmanager
def postgresql(*options: str) -> Iterator[Running]:
    """Start a PostgreSQL that wants passwords over TCP and trusts its socket."""
    found = postgres.programs()
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: {postgres.INSTALL}")
    with _folder("postgres") as folder:
        port = free_port()
        subprocess.run(
            [found / "initdb", "-D", folder / "data", "-U", "postgres", "--auth-local=trust",
             "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            **_as("postgres"),  # type: ignore[call-overload]  # the names of three optional arguments
        )  # fmt: skip
        with _serving(found / "postgres", folder, port, options) as running:
            yield running


@contextlib.contextmanager
def _serving(program: Path, folder: Path, port: int, options: Sequence[str]) -> Iterator[Running]:
    """Run the PostgreSQL whose data lie below a folder; its socket is there, too."""
    settings = ("fsync=off", "listen_addresses=127.0.0.1", f"port={port}", *options)
    words = [word for setting in settings for word in ("-c", setting)]
    argv: list[str | Path] = [program, "-D", folder / "data", "-k", folder, *words]
    with _process(argv, "postgres") as process:
        _until(lambda: _answers(folder, port), process)
        yield Running(port, folder / "data", folder / f".s.PGSQL.{port}", process)


@contextlib.contextmanager
def asked(running: Running, *, autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """Yield a session of PostgreSQL's administrator over the unix socket.

    The server's side of it ends a moment later: only then what it did is counted, and its place
    is free. That is waited for.
    """
    where = f"host={running.socket.parent} port={running.port} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=autocommit) as connection:
        backend = Path("/proc", str(connection.info.backend_pid))
        yield connection
    _until(lambda: not backend.exists(), running.process, pause=0.005)


def number(running: Running, query: str) -> float:
    """Return the one number that a query brings."""
    with asked(running) as connection:
        found = connection.execute(query.encode()).fetchone()
    assert found is not None
    return float(found[0])


def make_certificate(folder: Path) -> None:
    """Put server.key and server.crt into a folder, of its owner's."""
    key, certificate = folder / "server.key", folder / "server.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=db", "-days", "2", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    owner = folder.stat()
    for one in (key, certificate):
        os.chown(one, owner.st_uid, owner.st_gid)
    key.chmod(0o600)


@contextlib.contextmanager
def redis_with_tls(auth_clients: str, *options: str) -> Iterator[int]:
    """Start a Redis that speaks TLS too; yield that port."""
    with _folder("redis") as folder:
        make_certificate(folder)
        port = free_port()
        given = (
            *("--tls-port", str(port), "--tls-cert-file", str(folder / "server.crt")),
            *("--tls-key-file", str(folder / "server.key"), "--tls-auth-clients", auth_clients),
            *("--tls-ca-cert-file", str(folder / "server.crt"), *options),
        )
        with redis(*given):
            yield port


@contextlib.contextmanager
def standby_of(primary: Running, *options: str) -> Iterator[Running]:
    """Start a PostgreSQL that follows another one over its unix socket."""
    found = postgres.programs()
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: {postgres.INSTALL}")
    with _folder("postgres") as folder:
        port = free_port()
        subprocess.run(
            [found / "pg_basebackup", "-D", folder / "data", "-h", primary.socket.parent, "-p",
             str(primary.port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync"],
            check=True,
            capture_output=True,
            **_as("postgres"),  # type: ignore[call-overload]  # the names of three optional arguments
        )  # fmt: skip
        with _serving(found / "postgres", folder, port, options) as running:
            yield running


@contextlib.contextmanager
def aged_postgresql(next_transaction: int) -> Iterator[Running]:
    """Start a PostgreSQL that has spent so many transaction numbers since its last freeze."""
    found = postgres.programs()
    if found is None:
        raise RuntimeError(f"PostgreSQL is not installed: {postgres.INSTALL}")
    # By itself it would freeze all at a tenth of that.
    with postgresql("autovacuum=off", "autovacuum_freeze_max_age=2000000000") as running:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(timeout=20)
        subprocess.run(
            [found / "pg_resetwal", "-x", str(next_transaction), running.folder],
            check=True,
            capture_output=True,
            **_as("postgres"),  # type: ignore[call-overload]  # the names of three optional arguments
        )
        # The piece of the commit log that holds this number, as the engine itself would make it.
        piece = running.folder / "pg_xact" / f"{next_transaction // (32 * 32_768):04X}"
        piece.write_bytes(bytes(32 * 8192))
        os.chown(piece, running.folder.stat().st_uid, running.folder.stat().st_gid)
        argv = [str(word) for word in cast("Sequence[str | Path]", running.process.args)]
        with _process(argv, "postgres") as process:
            _until(lambda: _answers(running.folder.parent, running.port), process)
            yield Running(running.port, running.folder, running.socket, process)


def _answers(folder: Path, port: int) -> bool:
    try:
        psycopg.connect(f"host={folder} port={port} user=postgres dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def minio(program: Path) -> Iterator[Running]:
    """Start a MinIO over four folders, any two of which may be lost; it lets `unity` in."""
    with _folder("nobody") as folder:
        port, console = free_port(), free_port()
        for number in range(1, 5):
            (folder / f"drive{number}").mkdir()
        environment = {
            "MINIO_ROOT_USER": "unity",
            "MINIO_ROOT_PASSWORD": "a-long-secret",
            "MINIO_CI_CD": "1",  # folders of one disk will do
            "MINIO_SCANNER_SPEED": "fastest",
            "HOME": str(folder),
        }
        where = ["--address", f"127.0.0.1:{port}", "--console-address", f"127.0.0.1:{console}"]
        argv = [str(program), "server", "--quiet", *where, f"{folder}/drive{{1...4}}"]
        with _process(argv, "root", environment) as process:
            _until(lambda: _is_whole(port), process)
            yield Running(port, folder, folder / "none", process)


def _is_whole(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/minio/health/cluster").is_success
    except httpx2.HTTPError:
        return False


@contextlib.contextmanager
def ferretdb(program: Path) -> Iterator[Running]:
    """Start a FerretDB, which speaks MongoDB's protocol and keeps an oplog; it lets `unity` in."""
    with _folder("nobody") as folder:
        port = free_port()
        for name in ("data", "state"):
            (folder / name).mkdir()
        words = (
            *(
                "--handler=sqlite",
                f"--sqlite-url=file:{folder}/data/",
                f"--state-dir={folder}/state",
            ),
            *(f"--listen-addr=127.0.0.1:{port}", "--debug-addr=-", "--telemetry=disable"),
            *("--repl-set-name=rs0", "--test-capped-cleanup-interval=1s"),
            *("--test-enable-new-auth", "--setup-database=admin"),
            *("--setup-username=unity", "--setup-password=a-long-secret"),
        )
        with _process([program, *words], "root") as process:
            _until(lambda: _listens(port), process)
            yield Running(port, folder, folder / "none", process)


@pytest.fixture(scope="module")
def a_redis() -> Iterator[Running]:
    """Return a Redis with a password and a small limit of memory."""
    with redis("--requirepass", "sesame", "--maxmemory", "20mb") as running:
        yield running


@pytest.fixture(scope="module")
def a_mariadb() -> Iterator[Running]:
    """Return a MariaDB."""
    with mariadb("--performance-schema=ON", "--max-connections=60") as running:
        yield running


@pytest.fixture(scope="module")
def a_postgresql() -> Iterator[Running]:
    """Return a PostgreSQL with few connections, whose dead rows stay."""
    options = (
        *("max_connections=13", "superuser_reserved_connections=2", "autovacuum=off"),
        *("shared_preload_libraries=pg_stat_statements", "max_locks_per_transaction=10"),
        *(
            "archive_mode=on",
            "archive_command=false",
            "wal_level=logical",
            "deadlock_timeout=100ms",
        ),
    )
    with postgresql(*options) as running:
        yield running
