"""One cycle of N servers x 30 alert rules, beside Prometheus with the same rules and values.

Both look at the same made-up gauges: of a hundred series one is bad all the time and one comes and
goes. Unity takes them a cycle at a time, in batches as its collector does; what counts is the CPU
time of the rules alone: the engine's part of each transaction, and the round that follows.

Prometheus scrapes them from a page. Its windows are shorter in time, and hold as many samples. Its
CPU time is taken twice over the same number of scrapes, without rules and with them; the
difference, for each evaluation of the group, is what its rules cost.
"""

import argparse
import asyncio
import http.server
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from sqlalchemy import func, insert, make_url, select

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.resource import Resource
from app.schemas.core.alert_rule import (
    Absence,
    Aggregation,
    Composite,
    RateOfChange,
    RuleDefinition,
    Scope,
    Threshold,
)
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.facts import Sample
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter

SERIES, RULES = 40, 30
LEVEL, BAD, WELL = 90.0, 95.0, 50.0
STEP = timedelta(minutes=5)
WINDOW = 6  # samples
AT_ONCE = 64  # as the collector stores them
SCRAPE, EVALUATE = 5, 1  # seconds
START = datetime(2026, 6, 1, tzinfo=UTC)


def value(server: int, series: int, step: int) -> float:
    """Return a made-up value: mostly well, some always bad, some coming and going."""
    kind = (server * 31 + series * 17) % 100
    if kind == 0 or (kind == 1 and (step + series) % 4 == 0):
        return BAD + (server + step) % 5 / 4
    return WELL + (server * 7 + series * 3 + step * 11) % 300 / 10


def name(series: int) -> str:
    """Return the name of a metric."""
    return f"bench_gauge_{series:02d}"


@dataclass(frozen=True)
class Pair:
    """A rule as both programs have it; `{w}` is Prometheus' window."""

    definition: RuleDefinition
    expression: str


def pairs() -> list[Pair]:
    """Return the mix: mostly levels, some windows, rates, two joined, one absence."""
    found: list[Pair] = []
    for series in range(RULES):
        metric, seconds = name(series), WINDOW * int(STEP.total_seconds())
        level = {"raise_level": LEVEL, "unit": "percent"}
        if series < 21:
            pair = Pair(Threshold(metric=metric, **level), f"{metric} > {LEVEL}")
        elif series < 24:
            how = Aggregation.AVERAGE if series % 2 else Aggregation.GREATEST
            definition = Threshold(metric=metric, aggregation=how, window_seconds=seconds, **level)
            pair = Pair(definition, f"{how.value}_over_time({metric}[{{w}}]) > {LEVEL}")
        elif series < 26:
            definition = RateOfChange(
                metric=metric,
                window_seconds=seconds,
                per_seconds=seconds,
                raise_level=35,
                unit="percent",
            )
            pair = Pair(definition, f"delta({metric}[{{w}}]) > 35")
        elif series < 28:
            other = name(series - 20)
            parts = [Threshold(metric=metric, **level), Threshold(metric=other, **level)]
            pair = Pair(
                Composite(parts=parts),
                f"{metric} > {LEVEL} and on(instance) {other} > {LEVEL}",
            )
        else:
            pair = Pair(
                Absence(metric=metric, after_seconds=seconds),
                f"time() - timestamp({metric}) > 25",
            )
        found.append(pair)
    return found


async def measure_unity(folder: Path, servers: int, cycles: int) -> tuple[list[float], int]:
    """Return the CPU seconds of the rules in each cycle, and how many alerts there were."""
    path = folder / "unity.db"
    migrations.upgrade_now(make_url(f"sqlite:///{path}"))
    database = Database(f"sqlite:///{path}")
    clock = ManualClock(START)
    ids = await _enter(database, servers)
    engine, cache = AlertEngine(clock), SeriesCache()
    rounds = AlertRounds(database, clock, engine, _nobody)
    spent: list[float] = []
    for step in range(WINDOW + cycles):
        took = 0.0
        for first in range(0, servers, AT_ONCE):
            batches = [
                _batch(ids[server], server, step, clock.now())
                for server in range(first, min(servers, first + AT_ONCE))
            ]
            async with database.transaction() as session:
                points = await MetricWriter(session, cache).append(batches)
                began = time.process_time()
                await engine.take(session, (), Ingest(points))
                await session.flush()
                took += time.process_time() - began
        began = time.process_time()
        await rounds.look()
        took += time.process_time() - began
        spent.append(took)
        clock.advance(STEP)
    async with database.snapshot() as session:
        alerts = await session.scalar(select(func.count()).select_from(Alert)) or 0
    await database.dispose()
    return spent[WINDOW:], alerts


async def _nobody(_session: object) -> set[uuid.UUID]:
    return set()


async def _enter(database: Database, servers: int) -> list[uuid.UUID]:
    ids = [uuid7() for _ in range(servers)]
    times = {"created_at": START, "updated_at": START}
    rows = [
        {"id": each, "kind": "server", "name": f"server-{number:04d}", **times}
        for number, each in enumerate(ids)
    ]
    async with database.transaction() as session:
        await session.execute(insert(Resource), rows)
        for number, pair in enumerate(pairs()):
            session.add(
                AlertRule(
                    name=f"Rule {number}",
                    kind=f"bench_{number}",
                    domain="core",
                    severity=Severity.WARNING,
                    definition=pair.definition.model_dump(mode="json"),
                    scope=Scope().model_dump(mode="json"),
                    for_seconds=300,
                    flap_changes=0,
                    **times,
                )
            )
    return ids


def _batch(resource_id: uuid.UUID, server: int, step: int, at: datetime) -> Batch:
    samples = [
        Sample(name(series), value(server, series, step), unit="percent")
        for series in range(SERIES)
    ]
    return Batch(resource_id, at, samples, STEP)


class Page(http.server.BaseHTTPRequestHandler):
    """The page that Prometheus scrapes; each scrape is a step later."""

    servers = 0
    step = 0

    def do_GET(self) -> None:
        """Answer with the values of the next step."""
        lines = [
            f'{name(series)}{{instance="server-{server:04d}"}} {value(server, series, Page.step)}'
            for series in range(SERIES)
            for server in range(Page.servers)
        ]
        Page.step += 1
        body = ("\n".join(lines) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing."""


def measure_prometheus(folder: Path, servers: int, seconds: int) -> float | None:
    """Return the CPU seconds of one evaluation of all rules; None where it is not installed."""
    if shutil.which("prometheus") is None:
        return None
    Page.servers = servers
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    port = page.server_address[1] + 1 if page.server_address[1] < 65535 else 39_090
    (folder / "rules.yml").write_text(_rules(), encoding="utf-8")
    _configure(folder, page.server_address[1], with_rules=False)
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(SCRAPE * (WINDOW + 2))
        without, _ = _cpu_over(process.pid, port, seconds)
        _configure(folder, page.server_address[1], with_rules=True)
        process.send_signal(signal.SIGHUP)
        time.sleep(2 * SCRAPE)
        with_rules, evaluations = _cpu_over(process.pid, port, seconds)
    finally:
        process.terminate()
        process.wait(timeout=20)
        page.shutdown()
    if evaluations == 0:
        raise RuntimeError("Prometheus did not evaluate its rules.")
    print(
        f"Prometheus: {without:.2f} s CPU in {seconds} s without rules, {with_rules:.2f} s with"
        f" them, {evaluations} evaluations",
        file=sys.stderr,
    )
    return max(0.0, with_rules - without) / evaluations


def _rules() -> str:
    rules = [
        {
            "alert": f"Rule{number}",
            "expr": pair.expression.replace("{w}", f"{WINDOW * SCRAPE}s"),
            "for": f"{SCRAPE}s",
            "labels": {"severity": "warning"},
            "annotations": {"summary": "{{ $labels.instance }} is at {{ $value }}"},
        }
        for number, pair in enumerate(pairs())
    ]
    return json.dumps({"groups": [{"name": "bench", "rules": rules}]})


def _configure(folder: Path, port: int, *, with_rules: bool) -> None:
    configuration = {
        "global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": f"{EVALUATE}s"},
        "rule_files": [str(folder / "rules.yml")] if with_rules else [],
        "scrape_configs": [
            {
                "job_name": "bench",
                "honor_labels": True,
                "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(configuration), encoding="utf-8")


def _cpu_over(pid: int, port: int, seconds: int) -> tuple[float, int]:
    cpu, evaluations = _cpu_of(pid), _evaluations(port)
    time.sleep(seconds)
    return _cpu_of(pid) - cpu, _evaluations(port) - evaluations


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _evaluations(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("prometheus_rule_group_iterations_total"):
                return int(float(line.rpartition(" ")[2]))
    return 0


def main() -> None:
    """Measure both and print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="servers")
    parser.add_argument("--cycles", type=int, default=5, help="cycles that are measured")
    parser.add_argument("--seconds", type=int, default=30, help="how long Prometheus is watched")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unity-bench-") as place:
        folder = Path(place)
        spent, alerts = asyncio.run(measure_unity(folder, wanted.n, wanted.cycles))
        cpu = statistics.median(spent)
        shown = ", ".join(f"{each:.3f}" for each in spent)
        print(f"Unity: {shown} s CPU a cycle of {wanted.n} x {RULES}; {alerts} alerts")
        theirs = measure_prometheus(folder, wanted.n, wanted.seconds)
    if theirs is None:
        print("Prometheus is not installed: apt-get install prometheus", file=sys.stderr)
        print(f"RATIO cpu_s={cpu:.3f}")
        return
    print(f"Prometheus: {theirs:.3f} s CPU an evaluation")
    print(f"RATIO cpu_s={cpu:.3f} prometheus_cpu={cpu / theirs if theirs else float('inf'):.2f}")


if __name__ == "__main__":
    main()
