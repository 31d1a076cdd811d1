"""Starts that cannot be: one line that says what and how, an exit code, and nothing lost.

Each test starts the real `unity serve` on a folder that is broken in one way.
"""

import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

UNITY = (sys.executable, "-c", "import app.cli; app.cli.main()")
SECONDS = 60
pytestmark = pytest.mark.timeout(150)  # some start twice, on machines that have other work too


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a start left behind on its way out."""

    status: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line for the person in front of it."""
        assert self.status != 0
        assert "Traceback" not in self.err + self.out
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("unity: ")
        assert lines[0].rstrip().endswith("."), "a sentence"
        return lines[0]


def start(
    data: Path,
    command: tuple[str, ...] = ("serve",),
    *,
    wrapper: tuple[str, ...] = (),
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Refusal:
    """Run a command that must end by itself."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("UNITY_")}
    named = {f"UNITY_{name}": value for name, value in settings.items()}
    base = {"UNITY_DATA": str(data), "UNITY_SERVER__LISTEN": "127.0.0.1:0"}
    done = subprocess.run(
        [*wrapper, *UNITY, *command],
        env=kept | base | named,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Refusal(done.returncode, done.stdout, done.stderr)


def digest(data: Path) -> str:
    """Return what the database file holds, byte for byte."""
    return hashlib.sha256((data / "unity.db").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a Unity that has started before."""
    data = tmp_path_factory.mktemp("start") / "data"
    made = start(data, ("migrate",))
    assert made.status == 0, made.err
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may break."""
    return Path(shutil.copytree(original, tmp_path / "data"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 8 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow mounts")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"COLLECT__AT_ONCE": "many"}, "UNITY_COLLECT__AT_ONCE is not valid"),
        ({"SERVER__LISTEN": "8484x"}, "UNITY_SERVER__LISTEN is not valid"),
        ({"SERVER__TRUSTED_PROXIES": "the-proxy"}, "UNITY_SERVER__TRUSTED_PROXIES"),
        ({"SERVER__PORT": "1"}, "UNITY_SERVER__PORT is no setting of Unity"),
        ({"DATABASE__URL": "mysql://x/y"}, "UNITY_DATABASE__URL is not valid"),
        ({"JOBS__ZONE": "Mars/Olympus"}, "UNITY_JOBS__ZONE"),
        ({"CONFIG": "/nowhere/unity.toml"}, "UNITY_CONFIG: /nowhere/unity.toml cannot be read"),
        (
            {"SERVER__TLS_CERT": "/nowhere/a.pem", "SERVER__TLS_KEY": "/nowhere/b.pem"},
            "/nowhere/a.pem",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_setting_that_is_wrong_is_named(settings: dict[str, str], said: str, data: Path) -> None:
    before = digest(data)
    assert said in start(data, settings=settings).line
    assert digest(data) == before


@pytest.mark.needs("root")
def test_a_data_folder_of_somebody_else_is_refused(data: Path) -> None:
    data.chmod(0o700)
    for folder in data.parents:  # nobody must get as far as the folder itself
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    line = start(data, wrapper=nobody).line
    assert f"data folder {data} cannot be read" in line
    assert "chown" in line


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("no folder", encoding="utf-8")
    assert f"data folder {place} cannot be made" in start(place).line


def test_a_port_in_use_is_named(data: Path) -> None:
    before = digest(data)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = start(data, settings={"SERVER__LISTEN": f"127.0.0.1:{port}"}).line
    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert "UNITY_SERVER__LISTEN" in line
    assert digest(data) == before


def test_an_address_of_another_machine_is_refused(data: Path) -> None:
    line = start(data, settings={"SERVER__LISTEN": "192.0.2.1:8484"}).line
    assert "cannot listen on 192.0.2.1:8484" in line


@pytest.mark.needs("root")
def test_a_full_disk_is_named_and_loses_nothing(data: Path, small_disk: Path) -> None:
    full = Path(shutil.copytree(data, small_disk / "data"))
    before = digest(full)
    assert f"The disk of the data folder {full} is full" in start(full).line
    assert digest(full) == before


def test_a_database_of_a_newer_version_is_left_alone(data: Path) -> None:
    with sqlite3.connect(data / "unity.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = digest(data)
    line = start(data).line
    assert "newer Unity (its schema is 9999)" in line
    assert "install that version again, or restore the backup" in line
    assert digest(data) == before


def test_a_file_that_is_no_database_is_left_alone(data: Path) -> None:
    (data / "unity.db").write_bytes(b"These are somebody's notes.\n" * 500)
    before = digest(data)
    assert str(data / "unity.db") in start(data).line
    assert digest(data) == before


def test_without_its_root_key_the_database_is_left_alone(data: Path) -> None:
    (data / "keys" / "root.key").unlink()
    before = digest(data)
    line = start(data).line
    assert f"no root key in {data / 'keys'}" in line
    assert digest(data) == before
    assert not (data / "keys" / "root.key").exists(), "a new key would hide the loss"


def test_with_another_root_key_the_database_is_left_alone(data: Path, tmp_path: Path) -> None:
    other = start(tmp_path / "other", ("migrate",))
    assert other.status == 0, other.err
    shutil.copy(tmp_path / "other" / "keys" / "root.key", data / "keys" / "root.key")
    before = digest(data)
    assert "is not the one that this database was sealed with" in start(data).line
    assert digest(data) == before


@pytest.mark.parametrize("content", ["", "no key\n", "YWJj\n"])
def test_a_damaged_root_key_is_named(data: Path, content: str) -> None:
    (data / "keys" / "root.key").write_text(content, encoding="ascii")
    assert "holds no root key of Unity; restore it from your backup" in start(data).line


def test_a_root_key_that_others_can_read_is_refused(data: Path) -> None:
    key = data / "keys" / "root.key"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in start(data).line


def test_a_postgresql_that_does_not_answer_is_named_without_its_password(data: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        url = f"postgresql://unity:geheim@127.0.0.1:{port}/unity"
        line = start(data, settings={"DATABASE__URL": url}).line
    assert f"127.0.0.1:{port}" in line
    assert "geheim" not in line


def test_workers_need_postgresql(data: Path) -> None:
    assert "PostgreSQL" in start(data, ("worker",)).line
    assert "PostgreSQL" in start(data, ("serve", "--no-jobs")).line
