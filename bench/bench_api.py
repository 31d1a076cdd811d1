"""Lists and the overview with N servers, one client; memory at rest; start to first answer.

The servers are entered by the real service, and each has the stored results of real cycles: this
machine's own answers, written by the real writer. The figures are of the whole process.
"""

import argparse
import asyncio
import copy
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from app import bootstrap
from app.adapters.local_shell import LocalShell
from app.kernel import config, logging
from app.schemas.infrastructure.server import ServerCreate
from app.services.core.audit import AuditLog
from app.services.core.facts import Rate
from app.services.core.permissions import system
from app.services.infrastructure.cycle import Answers, Claim, digest
from app.services.infrastructure.cycle_metrics import CycleMetrics
from app.services.infrastructure.facts.table import GROUPS
from app.services.infrastructure.result_writer import ResultWriter
from app.services.infrastructure.servers import ServerService
from app.services.infrastructure.targets import TargetBuilder

UNITY = Path(sys.executable).parent / "unity"
PASSWORD = "a long enough pass phrase"
READS = 200
REST_SECONDS = 30
WHO = ("", "group_", "token_")  # an admin, somebody with rights in one group, a token for it
IN_GROUP = "nine of ten"  # the servers that somebody with rights in one group reaches


def main() -> None:
    """Measure, print the figures, and the ratios last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="servers")
    parser.add_argument("--reads", type=int, default=READS, help="requests of each kind")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="unity-bench-api-"))
    try:
        many, few = folder / "many", folder / "few"
        asyncio.run(seed(many, arguments.n))
        asyncio.run(seed(few, 9))
        figures = measure_reads(many, arguments.reads)
        figures |= measure_rest(few)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:>24}: {value:8.1f}")
    reading = [f"{who}{what}_p95_ms" for who in WHO for what in ("list", "overview")]
    wanted = (*reading, "rss_mb", "start_s")
    print("RATIO " + " ".join(f"{name}={figures[name]:.2f}" for name in wanted))


async def seed(data: Path, count: int) -> None:
    """Enter the servers and store two cycles of each."""
    settings = config.load(environment(data))
    logging.configure("WARNING")
    unity = await bootstrap.build(settings)
    platform = unity.platform
    shell = LocalShell()
    try:
        names = await enter(unity, count)
        writer = ResultWriter(
            platform.database,
            platform.clock,
            platform.live,
            metrics=CycleMetrics(
                platform.alerts, live=timedelta(seconds=10), slow=timedelta(hours=6)
            ),
            slow_interval=timedelta(hours=6),
        )
        for rate in (Rate.STANDARD, Rate.SLOW):
            results = await shell.run_many(GROUPS[rate].commands, budget=timedelta(seconds=60))
            answers = Answers(GROUPS[rate], results, 0.2)
            await store(writer, names, (rate, answers), platform.clock.now())
    finally:
        await shell.close()
        await platform.shells.close()
        await platform.database.dispose()
        unity.let_go()


async def enter(unity: bootstrap.Unity, count: int) -> dict[uuid.UUID, str]:
    """Enter the servers through the service; none of them is due while the bench runs."""
    platform = unity.platform
    names = {}
    for start in range(0, count, 100):
        async with platform.database.transaction() as session:
            audit = AuditLog(session, platform.clock, platform.audit_key)
            targets = TargetBuilder(platform.vault)
            servers = ServerService(session, platform.clock, audit, targets)
            for number in range(start, min(start + 100, count)):
                new = ServerCreate(
                    name=f"server-{number:04}",
                    host=f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
                    username="monitor",
                    tags=["bench", f"rack-{number % 20}"],
                    groups=[IN_GROUP] if number % 10 else [],
                    interval_seconds=86_400,
                )
                server = await servers.create(system("bench"), new)
                server.next_due_at = platform.clock.now() + timedelta(days=1)
                server.slow_due_at = server.next_due_at
                names[server.id] = server.name
    return names


async def store(
    writer: ResultWriter,
    names: Mapping[uuid.UUID, str],
    answers: tuple[Rate, Answers],
    at: datetime,
) -> None:
    """Write one cycle of every server."""
    for server_id, name in names.items():
        rate, of_group = answers
        claim = Claim(server_id, name, is_local=False, interval=timedelta(days=1))
        writer.expect()
        result = digest(claim, rate, at, of_group)
        await writer.write(result)


def environment(data: Path, port: int = 0) -> dict[str, str]:
    """Return the settings of a Unity of its own."""
    return {
        "UNITY_DATA": str(data),
        "UNITY_SERVER__LISTEN": f"127.0.0.1:{port or free_port()}",
        "UNITY_LOG__LEVEL": "WARNING",
    }


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(data: Path) -> Iterator[tuple[str, subprocess.Popen, str, float]]:
    """Run `unity serve`; yield its address, process, set-up token and the time of its start."""
    port = free_port()
    variables = {**os.environ, **environment(data, port)}
    began = time.perf_counter()
    process = subprocess.Popen([UNITY, "serve"], env=variables, stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise SystemExit("unity serve did not start") from None
                time.sleep(0.02)
        seconds = time.perf_counter() - began
        token = ""
        while not token:
            found = re.search(r"one hour: (\S+)", process.stdout.readline())
            token = found[1] if found else ""
        yield address, process, token, seconds
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Client:
    """One browser: logs in by a request that answers with a cookie, then reads."""

    def __init__(self, address: str, path: str, body: Mapping[str, object]) -> None:
        self.address = address
        self.headers = {"Content-Type": "application/json", "Origin": address}
        with self.send("POST", path, body) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            self.headers |= {"Cookie": cookie, "X-CSRF-Token": json.load(answer)["csrf_token"]}

    def send(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> HTTPResponse:
        """Ask, and return the answer as it comes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data=data, headers=self.headers, method=method
        )
        return urllib.request.urlopen(request, timeout=30)

    def read(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any:  # the shape is the endpoint's
        """Ask, and return what the answer says."""
        with self.send(method, path, body) as answer:
            return json.load(answer)

    def milliseconds(self, path: str) -> float:
        """Read one page and throw it away."""
        began = time.perf_counter()
        with self.send("GET", path) as answer:
            answer.read()
        return (time.perf_counter() - began) * 1000


def limited(admin: Client) -> Iterator[tuple[str, Client]]:
    """Yield somebody whose rights are for one group, and a token that is for it alone."""
    groups = admin.read("GET", "/api/resources/groups")
    group = next(one["id"] for one in groups if one["name"] == IN_GROUP)
    person = {"name": "charlie", "password": PASSWORD, "role": "none"}
    user = admin.read("POST", "/api/users", person)
    admin.read("PUT", f"/api/users/{user['id']}/grants/{group}", {"role": "viewer"})
    login = {"name": "charlie", "password": PASSWORD}
    yield "group", Client(admin.address, "/api/auth/login", login)
    wanted = {"name": "bench", "scopes": ["servers:read"], "groups": [IN_GROUP]}
    token = admin.read("POST", "/api/tokens", wanted)["token"]
    by_token = copy.copy(admin)
    by_token.headers = {"Authorization": f"Bearer {token}"}
    yield "token", by_token


def measure_reads(data: Path, reads: int) -> dict[str, float]:
    """Time the list (by page, filtered, sorted, searched) and the overview, for three callers."""
    with served(data) as (address, process, token, _):
        setup = {"token": token, "name": "admin", "password": PASSWORD}
        admin = Client(address, "/api/auth/setup", setup)
        time.sleep(3)
        figures = times_of(admin, "", reads)
        for who, client in limited(admin):
            figures |= times_of(client, f"{who}_", reads)
        return figures | {"rss_many_mb": resident(process.pid)}


def times_of(client: Client, who: str, reads: int) -> dict[str, float]:
    """Return what one caller waits for."""
    servers = "/api/infrastructure/servers"
    paths = [
        f"{servers}?per_page=50",
        f"{servers}?per_page=50&page=15&sort=-name",
        f"{servers}?per_page=50&sort=-cpu_percent",
        f"{servers}?per_page=50&tag=rack-7",
        f"{servers}?per_page=50&q=99",
    ]
    listed = [client.milliseconds(paths[n % len(paths)]) for n in range(reads)]
    overview = [client.milliseconds("/api/infrastructure/overview") for _ in range(reads)]
    return {
        f"{who}list_median_ms": statistics.median(listed),
        f"{who}list_p95_ms": p95(listed),
        f"{who}overview_median_ms": statistics.median(overview),
        f"{who}overview_p95_ms": p95(overview),
    }


def measure_rest(data: Path) -> dict[str, float]:
    """Start it three times; then let it stand with ten servers and read its resident memory."""
    starts = []
    for _ in range(3):
        with served(data) as (_, _, _, seconds):
            starts.append(seconds)
    with served(data) as (_, process, _, _):
        time.sleep(REST_SECONDS)
        return {"rss_mb": resident(process.pid), "start_s": statistics.median(starts)}


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def resident(pid: int) -> float:
    """Return the resident memory in MB, as the kernel counts it."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
