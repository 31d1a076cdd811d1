"""A move to PostgreSQL carries every row over, proves it, and leaves the source as it was.

`make prove-move N=100000` does it with as many rows.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, text

from app.kernel import folders, migrations
from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.errors import Conflict, StartRefused
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import ResourceTag
from app.services.core.backup import fill
from app.services.core.backup.dump import Machine
from app.services.core.backup.errors import DatabaseInUse, MoveRefused
from app.services.core.backup.move import move
from tests.services.core.backup import house
from tests.services.core.backup.test_restore import check_life

ROWS = int(os.environ.get("UNITY_TEST_MOVE_ROWS", "3000"))
BACKEND = Path(__file__).parents[4]
pytestmark = pytest.mark.needs("postgres")


@pytest.fixture
async def home(sqlite_template: Path, tmp_path: Path, vault: Vault, clock: ManualClock) -> Machine:
    """Return a machine with a furnished SQLite database."""
    home = house.machine(tmp_path / "home")
    (home.data / "unity.db").write_bytes(sqlite_template.read_bytes())  # noqa: ASYNC240 - a small file
    await house.furnish(home.url, vault, clock)
    return home


def fill_up(home: Machine, rows: int, clock: ManualClock) -> None:
    """Add rows of four kinds, half of them in chains that point at each other."""
    times = {"created_at": clock.now(), "updated_at": clock.now()}
    ids = [uuid.UUID(int=1000 + n) for n in range(rows // 2)]
    with fill.opened(home.url) as connection:
        # Each points at the next one, which comes later in any order of the keys.
        fill.add(
            connection,
            house.shape("resource"),
            (
                {"kind": "disk", "name": f"disk {n} é", "id": one, "server_id": None}
                | {"parent_id": ids[n + 1] if n + 1 < len(ids) else None}
                | {"maintenance_until": clock.now() + timedelta(microseconds=n)}
                | times
                for n, one in enumerate(ids)
            ),
        )
        connection.execute(
            insert(ResourceTag),
            [{"resource_id": one, "tag": "x" * (n % 50 + 1)} for n, one in enumerate(ids)],
        )
        connection.execute(
            insert(MetricSeries).values(
                id=500,
                resource_id=ids[0],
                metric="m",
                labels="{}",
                kind="gauge",
                unit="",
                interval=1,
                since=1,
            )
        )
        connection.commit()


def ignore(_table: str, _rows: int) -> None:
    """Tell nobody."""


@pytest.mark.timeout(600)
def test_every_row_arrives_and_the_source_stays(
    home: Machine, postgres_url: str, clock: ManualClock
) -> None:
    fill_up(home, ROWS, clock)
    before = home.data.joinpath("unity.db").read_bytes()
    hashes = house.hashes(home.url)
    assert sum(entry.rows for entry in hashes.values()) > ROWS // 2 * 2
    started = time.monotonic()
    moved = move(home.url, make_url(postgres_url), ignore)
    print(f"{ROWS} rows in {time.monotonic() - started:.1f} s")  # noqa: T201 - for who runs it with N
    assert {one.table: one.source for one in moved} == hashes
    assert all(one.source == one.target for one in moved)
    assert house.hashes(make_url(postgres_url)) == hashes
    assert home.data.joinpath("unity.db").read_bytes() == before
    there = Machine(make_url(postgres_url), home.data, home.keys)
    check_life(there)


def test_a_database_with_data_is_refused_and_left_alone(home: Machine, postgres_url: str) -> None:
    target = make_url(postgres_url)
    move(home.url, target, ignore)
    before = house.hashes(target)
    with pytest.raises(DatabaseInUse, match="holds data already"):
        move(home.url, target, ignore)
    assert house.hashes(target) == before


def test_a_target_that_is_no_postgresql_is_refused(home: Machine, tmp_path: Path) -> None:
    with pytest.raises(MoveRefused, match="no PostgreSQL"):
        move(home.url, make_url(f"sqlite:///{tmp_path / 'x.db'}"), ignore)
    with pytest.raises(StartRefused, match="cannot be opened"):
        move(home.url, make_url(f"postgresql://nobody@/none?host={tmp_path}"), ignore)


def test_an_older_source_is_refused(home: Machine, postgres_url: str) -> None:
    migrations.downgrade_now(home.url, "0002_procrastinate")
    with pytest.raises(MoveRefused, match="another version of Unity"):
        move(home.url, make_url(postgres_url), ignore)
    with pytest.raises(MoveRefused, match="PostgreSQL already"):
        move(make_url(postgres_url), make_url(postgres_url), ignore)


def test_a_unity_on_the_new_database_is_refused(home: Machine, postgres_url: str) -> None:
    with (
        fill.leading(make_url(postgres_url)),
        pytest.raises(Conflict, match="A Unity is running"),
    ):
        move(home.url, make_url(postgres_url), ignore)


def test_rows_that_point_nowhere_stop_the_move(home: Machine, postgres_url: str) -> None:
    with fill.opened(home.url) as connection:
        connection.execute(
            text("UPDATE resource SET parent_id = :lost"), {"lost": uuid.UUID(int=999).hex}
        )
        connection.commit()
    with pytest.raises(MoveRefused, match="point at rows that are not there"):
        move(home.url, make_url(postgres_url), ignore)
    with fill.opened(make_url(postgres_url)) as connection:
        assert fill.used_tables(connection) == []


@pytest.fixture
def environment(home: Machine) -> dict[str, str]:
    """Return the environment of a command on this machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("UNITY_")}
    return own | {"UNITY_DATA": str(home.data)}


def typed(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    """Type a command."""
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *words],
        cwd=BACKEND,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_running_server_is_refused(
    home: Machine, postgres_url: str, environment: dict[str, str]
) -> None:
    with folders.hold(home.data):
        refused = typed(environment, "database", "move", "--to", postgres_url)
    assert refused.returncode == 1
    assert "Another Unity is running" in refused.stderr


def test_a_killed_move_leaves_nothing_and_is_started_again(
    home: Machine, postgres_url: str, environment: dict[str, str], clock: ManualClock
) -> None:
    fill_up(home, 20_000, clock)
    words = ("database", "move", "--to", postgres_url)
    with subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", *words],
        cwd=BACKEND,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "rows of resource" in line:
                process.send_signal(signal.SIGKILL)
                break
    _until_free(postgres_url)
    with fill.opened(make_url(postgres_url)) as connection:
        assert fill.used_tables(connection) == []
    again = typed(environment, *words)
    assert again.returncode == 0, again.stderr
    hashes = house.hashes(home.url)
    assert house.hashes(make_url(postgres_url)) == hashes
    assert hashes["resource"].sha256[:16] in again.stdout
    assert "Next: start Unity with" in again.stdout


def _until_free(url: str) -> None:
    """Wait until PostgreSQL has noticed that the mover is dead."""
    for _ in range(100):
        try:
            with fill.leading(make_url(url)):
                return
        except DatabaseInUse:
            time.sleep(0.1)  # noqa: TID251 - no event loop runs here
    pytest.fail("PostgreSQL holds the lock of a dead process.")
