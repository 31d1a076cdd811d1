"""Search in an audit log of N entries, on SQLite and on PostgreSQL.

The entries are a true chain, written in bulk; the search, the summaries that it skips by, and the
check of the chain are the real ones. Each figure is the 95th percentile of some searches.
"""

import argparse
import asyncio
import contextlib
import hashlib
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from sqlalchemy import insert, make_url

from app.kernel import migrations
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.audit_entry import AuditEntry
from app.schemas.core.audit import AuditQuery
from app.services.core.audit_chain import FIRST_PREV, canonical, link, result_of
from app.services.core.audit_entries import AuditEntries
from app.services.core.audit_search import AuditSearch
from app.services.core.audit_summaries import AuditSummaries
from tests.parts import postgres

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
NEEDLE = "the-one-and-only"
ACTIONS = ("server.edited", "login.failed", "login.done", "token.created", "alert.acknowledged")
AT_ONCE = 5000


def main() -> None:
    """Measure both engines, print the figures, and the ratios last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000, help="entries")
    parser.add_argument("--searches", type=int, default=20, help="of each kind")
    arguments = parser.parse_args()
    ratios = []
    for engine, opened in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        with opened() as url:
            figures = asyncio.run(measure(url, arguments.n, arguments.searches))
        print(f"{engine}, {arguments.n} entries")
        for name, value in figures.items():
            print(f"  {name:>24}: {value:9.1f}")
        wanted = ("newest_ms", "filter_ms", "text_absent_ms", "text_rare_ms", "text_digits_ms")
        ratios += [f"{engine}_{name}={figures[name]:.1f}" for name in wanted]
    print("RATIO " + " ".join(ratios))


@contextlib.contextmanager
def on_sqlite() -> Iterator[str]:
    """Yield an empty database in a file."""
    folder = Path(tempfile.mkdtemp(prefix="unity-bench-audit-"))
    try:
        url = f"sqlite:///{folder}/unity.db"
        migrations.upgrade_now(make_url(url))
        yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def on_postgresql() -> Iterator[str]:
    """Yield an empty database of a server of its own."""
    with postgres.cluster() as cluster:
        url = cluster.url(cluster.create())
        migrations.upgrade_now(make_url(url))
        yield url


async def measure(url: str, count: int, searches: int) -> dict[str, float]:
    """Fill the log, prepare it, and search in it."""
    database = Database(url)
    try:
        figures = {"fill_s": await timed(fill(database, count))}
        summaries = AuditSummaries(database)
        began = time.perf_counter()
        while await summaries.build():
            pass
        figures["summarise_s"] = time.perf_counter() - began
        for name, query in kinds(count).items():
            figures[name] = await percentile(database, query, searches)
        figures["verify_s"] = await timed(verify(database))
    finally:
        await database.dispose()
    return figures


def kinds(count: int) -> dict[str, AuditQuery]:
    """Return what is searched for."""
    return {
        "newest_ms": AuditQuery(),
        "middle_ms": AuditQuery(before=count // 2),
        "filter_ms": AuditQuery(actor="user-7", action="login.", result="failed"),
        "filter_absent_ms": AuditQuery(actor="nobody"),
        "time_ms": AuditQuery(since=BEGAN, until=BEGAN + timedelta(hours=1)),
        "text_common_ms": AuditQuery(q="server-0007"),
        "text_absent_ms": AuditQuery(q="nosuchthing"),
        "text_rare_ms": AuditQuery(q=NEEDLE),
        # Every thousand entries hold all triples of digits, so that nothing can be left out.
        "text_digits_ms": AuditQuery(q="00000000-0000"),
    }


async def fill(database: Database, count: int) -> None:
    """Write a chain; the needle stands in one of its first entries."""
    chance = random.Random(5)
    prev, rows = FIRST_PREV, []
    async with database.engine.begin() as connection:
        for seq in range(1, count + 1):
            row = entry(seq, prev, chance)
            prev = row["h"]
            rows.append(row)
            if len(rows) == AT_ONCE or seq == count:
                await connection.execute(insert(AuditEntry), rows)
                rows = []
    if not database.is_sqlite:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("ANALYZE")


def entry(seq: int, prev: str, chance: random.Random) -> dict[str, object]:
    """Return a row as the log would have written it."""
    action = ACTIONS[chance.randrange(len(ACTIONS))]
    at = BEGAN + timedelta(seconds=30 * seq)
    user, number = chance.randrange(50), chance.randrange(1000)
    person, resource = uuid.UUID(int=user + 1), _identifier(number)
    name = NEEDLE if seq == 2 else f"server-{number:04}"
    request = f"{chance.getrandbits(128):032x}"
    content = {
        "at": at.isoformat(),
        "actor": {
            "kind": "user",
            "name": f"user-{user}",
            "user_id": str(person),
            "token_id": None,
            "address": f"192.0.2.{user}",
        },
        "action": action,
        "object": {"kind": "server", "id": str(resource), "name": name},
        "resource_id": str(resource),
        "request_id": request,
        "job_run_id": None,
        "details": {"before": {"port": seq % 65536}, "fields": ["port", "tags"]},
        "reason": "",
    }
    return {
        "id": uuid7(),
        "seq": seq,
        "prev": prev,
        "h": link(seq, prev, content),
        "entry": canonical(content),
        "at": at,
        "actor_kind": "user",
        "actor_name": f"user-{user}",
        "actor_id": person,
        "action": action,
        "result": result_of(action),
        "object_kind": "server",
        "object_id": resource,
        "object_name": name,
        "resource_id": resource,
        "request_id": request,
    }


def _identifier(number: int) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.sha256(str(number).encode()).digest()[:16])


async def percentile(database: Database, query: AuditQuery, searches: int) -> float:
    """Return how long 95 of 100 such searches take at most, in milliseconds."""
    taken: list[float] = []
    for _ in range(searches):
        began = time.perf_counter()
        async with database.snapshot() as session:
            await AuditSearch(session).page(query)
        taken.append((time.perf_counter() - began) * 1000)
    return nearest(taken, 0.95)


def nearest(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the others does not exceed."""
    return sorted(values)[max(0, round(share * len(values)) - 1)]


async def verify(database: Database) -> None:
    """Check the chain: what the search is measured on must be a log that holds."""
    async with database.snapshot() as session:
        report = await AuditEntries(session).verify()
    if not report.is_intact:
        raise SystemExit(f"The log that was made is no chain: {report.faults[0]}")


async def timed(work: object) -> float:
    """Await something; return the seconds."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
