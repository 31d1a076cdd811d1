"""A cycle of N servers by `unity serve`, with far ends that answer what real machines once said.

The far ends are SSH servers in two processes of their own (recorded_fleet.py), so that Unity's
memory and CPU are read apart from theirs. Unity runs whole: jobs, alert rules, ledgers, metrics,
one SQLite file. All servers are made due at once, and a round lasts until the last of them is
stored, the wait for the scheduler's tick included. The first round logs in everywhere; in the slow
one every slow fact, drive and pool is due as well.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from bench_api import free_port
from recorded_fleet import MAKES, address_of
from sqlalchemy import func, or_, select, update

from app import bootstrap
from app.kernel import config, logging
from app.kernel.clock import SystemClock
from app.kernel.crypto import Ref
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource, ResourceKind
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.database_instance import DatabaseInstance
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
)
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.services.core.facts import Trouble

UNITY = Path(sys.executable).parent / "unity"
FLEET = Path(__file__).parent / "recorded_fleet.py"
FAR_PROCESSES = 2
LOOK_SECONDS = 0.25
LONGEST_SECONDS = 900
# What systemd gives a service, unless it is told otherwise; Unity has to help itself.
OPEN_FILES = 1024


@dataclass(frozen=True)
class Round:
    """What one round took: seconds on the clock, and of Unity's CPU."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Keys:
    """The files of the far ends' host key and of Unity's login."""

    folder: Path

    def text(self, name: str) -> str:
        """Return one of them."""
        return (self.folder / name).read_text().strip()


def main() -> None:
    """Measure, print the figures, and the ratios last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="servers")
    parser.add_argument("--rounds", type=int, default=3, help="steady rounds")
    parser.add_argument("--profile", type=Path, help="write Unity's profile (cProfile) there")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="unity-bench-cycle-"))
    try:
        asyncio.run(measure(folder, chosen.n, chosen.rounds, chosen.profile))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def measure(folder: Path, count: int, rounds: int, profile: Path | None) -> None:
    """Start everything, let the rounds pass, and print what they took."""
    keys, port = make_keys(folder / "keys"), free_port()
    settings = config.load(environment(folder / "data"))
    await enter(settings, keys, port, count)
    with far_ends(keys, port, count), unity_serves(settings, profile) as process:
        database, _ = await bootstrap.open_database(settings)
        try:
            at_rest = memory_of(process.pid, "VmRSS")
            cold = await one_round(database, process.pid)
            told("cold", cold, process.pid)
            await check(database, count)
            steady = []
            for _ in range(rounds):
                steady.append(await one_round(database, process.pid))
                told("steady", steady[-1], process.pid)
            slow = await one_round(database, process.pid, with_slow=True)
            told("slow", slow, process.pid)
            after = await one_round(database, process.pid)
            told("steady", after, process.pid)
            await check(database, count)
            await tell_of_what_is_there(database)
        finally:
            await database.dispose()
        peak = memory_of(process.pid, "VmHWM")
    print(f"Unity's memory: {at_rest:.0f} MB at the start, {peak:.0f} MB at the most")
    figures = {
        "cycle_s": max(one.wall for one in (*steady, after)),
        "cold_s": cold.wall,
        "slow_s": slow.wall,
        "rss_mb": peak,
        "cpu_s": statistics.median(one.cpu for one in (*steady, after)),
    }
    print("RATIO " + " ".join(f"{name}={value:.1f}" for name, value in figures.items()))


def told(name: str, one: Round, pid: int) -> None:
    """Print a round as soon as it is over."""
    print(
        f"  {name:6} wall {one.wall:7.1f} s   cpu {one.cpu:7.1f} s"
        f"   memory {memory_of(pid, 'VmRSS'):5.0f} MB",
        flush=True,
    )


# The parts.


def make_keys(folder: Path) -> Keys:
    """Make a host key for all far ends, and the key that Unity logs in with."""
    folder.mkdir(parents=True)
    for name in ("client", "host"):
        argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name)
        subprocess.run(argv, check=True)
    return Keys(folder)


def environment(data: Path) -> dict[str, str]:
    """Return the settings of a Unity of its own; all else is as it comes."""
    return {
        "UNITY_DATA": str(data),
        "UNITY_SERVER__LISTEN": f"127.0.0.1:{free_port()}",
        "UNITY_LOG__LEVEL": "WARNING",
        "UNITY_COLLECT__ADD_LOCAL": "false",
    }


@contextmanager
def far_ends(keys: Keys, port: int, count: int) -> Iterator[None]:
    """Run the far ends until the end of the block."""
    running = [
        subprocess.Popen(
            [sys.executable, FLEET, keys.folder, str(port), str(count), str(part),
             str(FAR_PROCESSES)],
            stdout=subprocess.PIPE,
        )
        for part in range(FAR_PROCESSES)
    ]  # fmt: skip
    try:
        for process in running:
            if process.stdout.readline() != b"ready\n":
                raise SystemExit("A process of far ends did not start.")
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


@contextmanager
def unity_serves(settings: config.Settings, profile: Path | None) -> Iterator[subprocess.Popen]:
    """Run `unity serve` until the end of the block, with as many files as systemd allows."""
    watched = (sys.executable, "-m", "cProfile", "-o", profile) if profile else ()
    process = subprocess.Popen(
        ["sh", "-c", f'ulimit -Sn {OPEN_FILES}; exec "$@"', "sh", *watched, UNITY, "serve"],
        env={
            **os.environ,
            **environment(settings.data),
            "UNITY_SERVER__LISTEN": settings.server.listen,
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://{settings.server.listen}/healthz", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("unity serve did not start") from None
                time.sleep(0.1)
        yield process
    finally:
        # An interrupt lets the profile be written; the data is thrown away anyhow.
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def enter(settings: config.Settings, keys: Keys, port: int, count: int) -> None:
    """Enter the servers with their key and their approved host key; none is due yet."""
    logging.configure("WARNING")
    unity = await bootstrap.build(settings)
    platform, key_id = unity.platform, uuid7()
    now = platform.clock.now()
    later = now + timedelta(hours=6)
    stamps = {"created_at": now, "updated_at": now}
    names = {uuid7(): f"server-{number:04}" for number in range(count)}
    try:
        sealed = platform.vault.seal(
            keys.text("client") + "\n", Ref("ssh_key", key_id, "private_key", 1)
        )
        async with platform.database.transaction() as session:
            session.add(
                SSHKey(
                    id=key_id,
                    name="fleet",
                    algorithm="ssh-ed25519",
                    public_key=keys.text("client.pub"),
                    fingerprint="SHA256:fleet",
                    private_key=sealed,
                    **stamps,
                )
            )
            session.add_all(
                Resource(id=server_id, kind=ResourceKind.SERVER, name=name, **stamps)
                for server_id, name in names.items()
            )
            await session.flush()
            session.add_all(
                MonitoredServer(
                    id=server_id,
                    name=name,
                    host=address_of(number),
                    port=port,
                    username="root",
                    ssh_key_id=key_id,
                    next_due_at=later,
                    slow_due_at=later,
                    **stamps,
                )
                for number, (server_id, name) in enumerate(names.items())
            )
            await session.flush()
            session.add_all(
                HostKeyPin(
                    server_id=server_id,
                    algorithm="ssh-ed25519",
                    public=keys.text("host.pub"),
                    fingerprint="SHA256:fleet",
                    state=HostKeyState.APPROVED,
                    **stamps,
                )
                for server_id in names
            )
    finally:
        await platform.shells.close()
        await platform.database.dispose()
        unity.let_go()


# One round, seen from outside.


async def one_round(database: Database, pid: int, *, with_slow: bool = False) -> Round:
    """Make every server due, and wait until the last of them is stored."""
    began, cpu = time.monotonic(), cpu_of(pid)
    start = SystemClock().now()
    due: dict[str, None] = {"next_due_at": None}
    is_waiting = or_(
        MonitoredServer.last_attempt_at.is_(None), MonitoredServer.last_attempt_at < start
    )
    if with_slow:
        due["slow_due_at"] = None
        soon = start + timedelta(hours=1)  # a claim is shorter than that, a slow interval longer
        is_waiting = or_(
            is_waiting, MonitoredServer.slow_due_at.is_(None), MonitoredServer.slow_due_at < soon
        )
    async with database.transaction() as session:
        await session.execute(update(MonitoredServer).values(due))
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        async with database.snapshot() as session:
            waiting = await session.scalar(
                select(func.count()).select_from(MonitoredServer).where(is_waiting)
            )
        if not waiting:
            return Round(time.monotonic() - began, cpu_of(pid) - cpu)
        if time.monotonic() - began > LONGEST_SECONDS:
            raise SystemExit(f"{waiting} servers were not asked in {LONGEST_SECONDS} s.")


async def check(database: Database, count: int) -> None:
    """Refuse to measure rounds that did not do the whole work."""
    async with database.snapshot() as session:
        rows = await session.execute(
            select(MonitoredServer.status, MonitoredServer.reason_kind, func.count()).group_by(
                MonitoredServer.status, MonitoredServer.reason_kind
            )
        )
        by_status = [(str(status), kind, number) for status, kind, number in rows]
    answered = sum(number for status, _, number in by_status if status in {"online", "degraded"})
    print(", ".join(f"{number} {status} ({kind})" for status, kind, number in by_status))
    if answered < count:
        raise SystemExit(f"Only {answered} of {count} servers answered: nothing was measured.")


async def tell_of_what_is_there(database: Database) -> None:
    """Print how much there is of everything that the rounds brought, and what could not be read."""
    print("The mixture: " + ", ".join(f"{one.share} % {one.name}" for one in MAKES))
    async with database.snapshot() as session:
        for model, words in (
            (FactState, "stored sets of facts"),
            (StorageDevice, "drives"),
            (StoragePool, "pools"),
            (DatabaseInstance, "databases"),
            (MetricSeries, "series of metrics"),
            (Alert, "alerts"),
        ):
            number = await session.scalar(select(func.count()).select_from(model))
            print(f"{number:>10,} {words}")
        texts = await session.scalars(select(FactState.troubles))
        troubles = Counter(
            f"{fact} {one['trouble']}"
            for text in texts
            for fact, one in json.loads(text).items()
            if one["trouble"] != Trouble.ABSENT
        )
    print(
        "Troubles besides what a machine has not: " + (str(dict(troubles)) if troubles else "none")
    )


def memory_of(pid: int, which: str) -> float:
    """Return what the kernel counts of a process, in MB: VmRSS is now, VmHWM the most."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{which}:\s+(\d+)", text)[1]) * 1024 / 1e6


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has used so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
