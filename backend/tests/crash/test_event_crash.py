"""Kill -9 between any two steps of announcing and dispatching: nothing lost, nothing done twice.

A few steps by default; `make crash N=50` walks all of them.
"""

import asyncio
import os
import random
import secrets
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from app.kernel.database import Database
from app.models.core.event import Event
from app.models.core.event_delivery import EventDelivery
from app.models.core.resource import Resource
from tests.crash.events_process import HANDLERS

KILLS = int(os.environ.get("UNITY_TEST_KILLS", "3"))
SEED = int(os.environ.get("UNITY_TEST_SEED", str(secrets.randbelow(1_000_000))))
BACKEND = Path(__file__).parents[2]
STEPS = 45  # more than one change takes
LIVES = 9999  # no change takes so many

pytestmark = [pytest.mark.both_engines, pytest.mark.timeout(120 + KILLS * 10)]


def steps() -> list[int]:
    """Return all steps, or some of them and one behind the end."""
    if KILLS * 4 >= STEPS:
        return [*range(1, STEPS + 1), LIVES]
    drawn = random.Random(SEED).sample(range(1, 30), KILLS * 4)  # noqa: S311 - repeatable
    return [*drawn, LIVES]


async def test_a_kill_between_any_two_steps_loses_nothing_and_repeats_nothing(
    database_url: str, database: Database
) -> None:
    drawn = steps()
    sys.stdout.write(f"\nUNITY_TEST_SEED={SEED} steps={drawn}\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.events_process", database_url),
        *map(str, drawn),
        cwd=BACKEND,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    ended = dict(line.split() for line in output.decode().splitlines())
    assert "-9" in ended.values()
    assert ended[str(LIVES)] == "0"
    await _assert_each_change_was_heard_once(database)


async def _assert_each_change_was_heard_once(database: Database) -> None:
    async with database.snapshot() as session:
        rows = (await session.scalars(select(Resource).order_by(Resource.id))).all()
        events = (await session.scalars(select(Event).order_by(Event.id))).all()
        owed = (await session.scalars(select(EventDelivery))).all()
    changes = [row.name for row in rows if row.kind == "change"]
    assert changes
    assert [event.object_name for event in events] == changes
    for handler in HANDLERS:
        # In order, because all changes are of one object.
        assert [row.name for row in rows if row.kind == handler] == changes
    assert Counter(one.handler for one in owed) == dict.fromkeys(HANDLERS, len(changes))
    assert all(one.handled_at is not None for one in owed)
