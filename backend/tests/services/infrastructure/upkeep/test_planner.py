"""The planner: one thing at a time on a machine, staggered, in its window, and nothing forced."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.models.infrastructure.storage_action import ActionKind
from app.services.infrastructure.upkeep.planner import Task, due, wait

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVER = uuid.UUID(int=7)
LONG, SHORT, SCRUB = ActionKind.LONG, ActionKind.SHORT, ActionKind.SCRUB
HOUR = timedelta(hours=1)
TAKES = {SHORT: timedelta(minutes=5), LONG: 10 * HOUR, SCRUB: 8 * HOUR}


def task(number: int, kind: ActionKind = LONG, **fields: object) -> Task:
    given = {"server_id": SERVER, "days": 30, "last_at": None,
             "since": NOW - timedelta(days=100), **fields}  # fmt: skip
    return Task(resource_id=uuid.UUID(int=number), kind=kind, **given)  # type: ignore[arg-type]  # a test's own fields


def begun(tasks: list[Task], *busy: uuid.UUID, now: datetime = NOW) -> list[tuple[int, str]]:
    return [(one.resource_id.int, one.kind) for one in due(tasks, busy, now, UTC)]


def test_one_thing_runs_on_a_machine_and_the_longest_overdue_goes_first() -> None:
    old, older = NOW - timedelta(days=40), NOW - timedelta(days=50)
    tasks = [
        task(1, last_at=old),
        task(2, SCRUB, last_at=older),
        task(3, last_at=old, server_id=uuid.uuid4()),
    ]
    assert begun(tasks) == [(2, "scrub"), (3, "long")]


def test_a_machine_that_scrubs_or_rebuilds_is_left_alone() -> None:
    assert begun([task(1)], SERVER) == []
    assert "Another" in wait(task(1), {SERVER}, NOW, UTC)


def test_a_long_test_that_is_due_stands_for_the_short_one() -> None:
    last = NOW - timedelta(days=31)
    both = [task(1, SHORT, days=7, last_at=last), task(1, LONG, last_at=last)]
    assert begun(both) == [(1, "long")]


def test_what_sleeps_is_hot_or_is_hurt_waits_and_says_so() -> None:
    asleep = task(1, obstacle="The drive sleeps.")
    assert begun([asleep]) == []
    assert wait(asleep, frozenset(), NOW, UTC) == "The drive sleeps."


def test_no_schedule_means_nothing_is_started() -> None:
    assert begun([task(1, days=0)]) == []


def test_an_hour_is_kept_in_the_zone_of_the_schedules() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    nightly = task(1, SCRUB, hour=23)
    evening = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)  # 23:30 there
    assert due([nightly], (), evening, berlin) == [nightly]
    assert due([nightly], (), evening - HOUR, berlin) == []
    assert due([nightly], (), evening + 5 * HOUR, berlin) == [nightly]
    assert due([nightly], (), evening + 6 * HOUR, berlin) == []


def test_new_drives_do_not_become_due_at_one_moment() -> None:
    ids = [uuid.UUID(int=number * 2654435761 % 2**128) for number in range(1, 101)]
    days = {replace(task(1, since=NOW), resource_id=one).due_at.date() for one in ids}
    assert len(days) > 20


def test_what_waits_for_more_than_a_week_is_overdue() -> None:
    assert not task(1, last_at=NOW - timedelta(days=36)).is_overdue(NOW)
    assert task(1, last_at=NOW - timedelta(days=38)).is_overdue(NOW)


@dataclass
class Shelf:
    """A machine with twelve drives in three pools, over a year."""

    tasks: dict[tuple[int, ActionKind], Task] = field(default_factory=dict)
    spans: list[tuple[datetime, datetime, int, ActionKind]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(1, 13):
            self.tasks[number, LONG] = task(number, LONG, since=NOW)
            self.tasks[number, SHORT] = task(number, SHORT, days=7, since=NOW)
        for number in range(101, 104):
            self.tasks[number, SCRUB] = task(number, SCRUB, since=NOW, hour=1)

    def runs_at(self, now: datetime) -> bool:
        return any(start <= now < end for start, end, *_ in self.spans)

    def begin(self, found: Task, now: datetime) -> None:
        number = found.resource_id.int
        self.spans.append((now, now + TAKES[found.kind], number, found.kind))
        kinds = (LONG, SHORT) if found.kind is LONG else (found.kind,)
        for kind in kinds:
            known = self.tasks[number, kind]
            self.tasks[number, kind] = replace(known, last_at=now)


def rebuilds(year: int = 2026) -> Iterator[tuple[datetime, datetime]]:
    """Yield when a pool is resilvered: two days in each second month."""
    for month in range(2, 13, 2):
        start = datetime(year, month, 10, 6, tzinfo=UTC)
        yield start, start + timedelta(days=2)


def test_a_year_of_tests_and_scrubs_never_overlaps_and_keeps_up() -> None:
    shelf, now = Shelf(), NOW
    resilvers = list(rebuilds())
    while now < NOW + timedelta(days=365):
        resilvers_now = any(start <= now < end for start, end in resilvers)
        hot = 14 <= now.hour < 16  # the hottest hours of the day
        tasks = [
            replace(one, obstacle="The drive is hot.") if hot else one
            for one in shelf.tasks.values()
        ]
        busy = {SERVER} if shelf.runs_at(now) or resilvers_now else set()
        for found in due(tasks, busy, now, UTC):
            assert not hot
            shelf.begin(found, now)
        now += timedelta(minutes=15)
    spans = shelf.spans
    overlaps = [(one, two) for one, two in itertools.pairwise(spans) if two[0] < one[1]]
    assert overlaps == []
    assert not [one for one in spans for start, end in resilvers if start <= one[0] < end]
    counted = {kind: sum(one[3] is kind for one in spans) for kind in TAKES}
    assert counted[LONG] >= 12 * 11, "Each drive is tested about every month."
    assert counted[SHORT] >= 12 * 30, "And shortly in most weeks between."
    assert counted[SCRUB] >= 3 * 11
    assert all(one[0].hour in range(1, 7) for one in spans if one[3] is SCRUB)
