"""Charts over the API."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest

from tests.fixtures.cast import Cast, Person
from tests.services.core.metrics.machine import CPU, FIVE, MIDNIGHT, Store, gauge

START, END = "2026-03-14T00:00:00Z", "2026-03-14T01:00:00Z"


@pytest.fixture
async def nas(cast: Cast) -> UUID:
    """Return a resource with two series of one metric, an hour long."""
    store = Store(cast.platform.database)
    nas = await store.resource()
    for step in range(12):
        samples = [gauge(float(step), labels=(("cpu", cpu),)) for cpu in "01"]
        await store.add(nas, MIDNIGHT + step * FIVE, *samples)
    return nas


@pytest.fixture
async def charlie(cast: Cast) -> Person:
    return await cast.logged_in("charlie")


def path(resource: UUID | str, **others: str | int) -> str:
    query = {"metric": CPU, "resource": resource, "from": START, "to": END, **others}
    return f"/api/metrics/query?{urlencode(query)}"


async def test_a_chart_is_columns_over_common_times(charlie: Person, nas: UUID) -> None:
    answer = (await charlie.get(path(nas, labels='{"cpu":"1"}'))).json()
    assert (answer["step"], answer["tier"]) == (300, "raw")
    start = int(MIDNIGHT.timestamp())
    assert answer["times"] == list(range(start, start + 3600, 300))
    (line,) = answer["series"]
    assert (line["labels"], line["kind"]) == ({"cpu": "1"}, "gauge")
    assert line["min"] == line["avg"] == line["max"] == [float(n) for n in range(12)]


async def test_silence_is_null(charlie: Person, nas: UUID) -> None:
    later = (MIDNIGHT + timedelta(hours=2)).isoformat()
    answer = (await charlie.get(path(nas, to=later))).json()
    assert answer["series"][0]["avg"][11:] == [11.0] + [None] * 12


async def test_the_series_of_a_resource_are_listed(charlie: Person, nas: UUID) -> None:
    found = (await charlie.get(f"/api/metrics/series?resource={nas}")).json()
    assert [each["labels"] for each in found] == [{"cpu": "0"}, {"cpu": "1"}]
    assert found[0] | {"labels": {}} == {
        "metric": CPU,
        "labels": {},
        "kind": "gauge",
        "unit": "",
        "interval": 300,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": "cpu=0"},
        {"labels": '{"cpu":0}'},
        {"from": "2026-03-14T00:00:00"},
        {"from": END, "to": START},
        {"points": 0},
        {"metric": "no such\x00name"},
        {"resource": "nas"},
        {"colour": "red"},
    ],
)
async def test_a_malformed_question_is_refused(
    charlie: Person, nas: UUID, wrong: dict[str, str | int]
) -> None:
    answer = await charlie.get(path(**{"resource": nas, **wrong}))  # type: ignore[arg-type]  # one of them is no UUID on purpose
    assert answer.status_code == 422


async def test_the_longest_range_there_is_is_answered(charlie: Person, nas: UUID) -> None:
    ends = {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}
    answer = (await charlie.get(path(nas, **ends))).json()
    assert len(answer["times"]) <= 301
    assert sum(value is not None for value in answer["series"][0]["avg"]) == 1


async def test_the_longest_range_there_is_is_exported(charlie: Person, nas: UUID) -> None:
    ends = {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z"}
    answer = await charlie.get(path(nas, **ends).replace("/query?", "/export?"))
    assert answer.status_code == 200
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 2  # one of each series


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2026-03-14T00:00:00"]
)
async def test_nobody_is_told_at_the_end_of_all_times(cast: Cast, at: str) -> None:
    alice = await cast.logged_in("alice")
    answer = await alice.get(f"/api/notifications/explain?at={at}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")


async def test_nobody_sees_charts(cast: Cast, nas: UUID) -> None:
    assert (await cast.person().get(path(nas))).status_code == 401


async def test_what_is_measured_at_all_is_listed_once(charlie: Person, nas: UUID) -> None:
    names = (await charlie.get("/api/metrics/names")).json()
    assert [one for one in names if one["metric"] == CPU] == [
        {"metric": CPU, "unit": "", "kind": "gauge", "resources": 1, "series": 2}
    ]
    of = (await charlie.get(f"/api/metrics/resources?metric={CPU}")).json()
    assert [(one["id"], one["series"]) for one in of] == [(str(nas), 2)]
    assert (await charlie.get("/api/metrics/resources?metric=nothing")).json() == []


async def test_a_range_is_exported_with_a_row_for_each_point(charlie: Person, nas: UUID) -> None:
    later = (MIDNIGHT + timedelta(hours=2)).isoformat()
    answer = await charlie.get(path(nas, to=later).replace("/query?", "/export?"))
    assert answer.headers["content-disposition"] == f'attachment; filename="{CPU}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 24
    assert rows[0] == {
        "time": "2026-03-14T00:00:00+00:00",
        "resource": str(nas),
        "metric": CPU,
        "labels": '{"cpu": "0"}',
        "unit": "",
        "min": "0.0",
        "avg": "0.0",
        "max": "0.0",
    }
