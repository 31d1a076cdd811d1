"""Jobs over the API: who may, what counts at once, and what the audit log says."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.models.core.audit_entry import AuditEntry
from app.models.core.event import Event
from app.models.core.job_run import JobRun, JobState
from app.services.core.job_schedules import JobSchedules, ScheduleEntry
from tests.fixtures.cast import Cast, Person

JOB = "/api/jobs/core.history"


@pytest.fixture
async def bob(cast: Cast) -> Person:
    """Return an operator, on a Unity whose clock has entered the schedules."""
    async with cast.platform.database.transaction() as session:
        await JobSchedules(session, cast.clock).sync(
            [
                ScheduleEntry("core.history", "Drop the history of old runs", "cron 17 3 * * *"),
                ScheduleEntry("test.other", "Another job", "every 5m"),
            ]
        )
    return await cast.logged_in("bob")


async def _actions(cast: Cast) -> list[str]:
    async with cast.platform.database.snapshot() as session:
        statement = select(AuditEntry.action).where(AuditEntry.object_kind.like("job%"))
        return list(await session.scalars(statement.order_by(AuditEntry.seq)))


async def _told(cast: Cast) -> list[str]:
    async with cast.platform.database.snapshot() as session:
        told = select(Event.summary).where(
            Event.kind.in_(("job.paused", "job.resumed", "settings.changed"))
        )
        return list(await session.scalars(told.order_by(Event.id)))


async def test_jobs_are_listed_with_their_schedules(bob: Person) -> None:
    page = (await bob.get("/api/jobs?sort=-name")).json()
    assert page["total"] == 2
    assert [item["name"] for item in page["items"]] == ["test.other", "core.history"]
    found = (await bob.get("/api/jobs?q=ANOTHER")).json()
    assert [item["trigger"] for item in found["items"]] == ["every 5m"]
    assert (await bob.get("/api/jobs?sort=colour")).status_code == 422


async def test_lists_that_did_not_change_are_not_sent_again(bob: Person) -> None:
    for path in ("/api/jobs", "/api/job-runs", "/api/alerts"):
        known = {"If-None-Match": (await bob.get(path)).headers["etag"]}
        assert (await bob.call("GET", path, headers=known)).status_code == 304
    known = {"If-None-Match": (await bob.get("/api/jobs")).headers["etag"]}
    await bob.post(f"{JOB}/pause")
    assert (await bob.call("GET", "/api/jobs", headers=known)).status_code == 200


async def test_a_job_is_paused_and_resumed_once(cast: Cast, bob: Person) -> None:
    for _ in range(2):
        assert (await bob.post(f"{JOB}/pause")).json()["is_paused"] is True
    for _ in range(2):
        assert (await bob.post(f"{JOB}/resume")).json()["is_paused"] is False
    assert await _actions(cast) == ["job.paused", "job.resumed"]
    told = [
        "Job “Drop the history of old runs” was paused",
        "Job “Drop the history of old runs” was resumed",
    ]
    assert await _told(cast) == told


async def test_a_schedule_is_changed_and_put_back(cast: Cast, bob: Person) -> None:
    changed = (await bob.patch(JOB, {"trigger": "every  10m"})).json()
    assert (changed["trigger"], changed["default_trigger"]) == ("every 10m", "cron 17 3 * * *")
    assert (await bob.patch(JOB, {"trigger": None})).json()["trigger"] == "cron 17 3 * * *"
    assert await _actions(cast) == ["job.rescheduled", "job.rescheduled"]
    assert await _told(cast) == 2 * ["The schedule of “Drop the history of old runs” changed"]


async def test_a_schedule_that_is_none_is_refused_with_a_fix(cast: Cast, bob: Person) -> None:
    answer = await bob.patch(JOB, {"trigger": "at dawn"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/trigger-not-valid"
    assert "every 5m" in answer.json()["fix"]
    assert await _actions(cast) == []


async def test_running_a_job_now_says_where_to_follow_it(cast: Cast, bob: Person) -> None:
    answer = await bob.post(f"{JOB}/run")
    assert answer.status_code == 202
    run = (await bob.get(answer.headers["Location"])).json()
    assert (run["state"], run["requested_by"], run["name"]) == ("queued", "bob", "core.history")
    again = await bob.post(f"{JOB}/run")
    assert again.json()["id"] == run["id"]
    assert await _actions(cast) == ["job.started"]


async def test_a_queued_run_is_cancelled_once(cast: Cast, bob: Person) -> None:
    run = (await bob.post(f"{JOB}/run")).json()
    cancelled = await bob.post(f"/api/job-runs/{run['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    again = await bob.post(f"/api/job-runs/{run['id']}/cancel")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/job-run-ended")
    assert await _actions(cast) == ["job.started", "job_run.cancelled"]


async def test_runs_are_filtered_and_paged(cast: Cast, bob: Person) -> None:
    async with cast.platform.database.transaction() as session:
        now = cast.clock.now()
        for number in range(5):
            state = JobState.FAILED if number % 2 else JobState.SUCCEEDED
            at = now + timedelta(seconds=number)
            session.add(
                JobRun(
                    name=f"test.{number}",
                    arguments={},
                    state=state,
                    run_at=at,
                    enqueued_at=at,
                    requested_by="schedule",
                    error="It broke." if number % 2 else "",
                )
            )
    failed = (await bob.get("/api/job-runs?state=failed")).json()
    assert [item["name"] for item in failed["items"]] == ["test.3", "test.1"]
    page = (await bob.get("/api/job-runs?per_page=2&page=2&sort=enqueued_at")).json()
    assert (page["total"], [item["name"] for item in page["items"]]) == (5, ["test.2", "test.3"])
    one = (await bob.get("/api/job-runs?name=test.4")).json()
    assert one["items"][0]["error"] == ""


async def test_viewers_may_look_and_not_touch(cast: Cast, bob: Person) -> None:
    charlie = await cast.logged_in("charlie")
    run = (await bob.post(f"{JOB}/run")).json()
    assert (await charlie.get("/api/jobs")).status_code == 200
    assert (await charlie.get(f"/api/job-runs/{run['id']}")).status_code == 200
    for path in (f"{JOB}/pause", f"{JOB}/run", f"/api/job-runs/{run['id']}/cancel"):
        assert (await charlie.post(path)).status_code == 403
    assert (await charlie.patch(JOB, {"trigger": "every 1s"})).status_code == 403
    assert (await cast.person().get("/api/jobs")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/jobs/no.such"),
        ("POST", "/api/jobs/no.such/pause"),
        ("POST", "/api/jobs/no.such/run"),
        ("GET", f"/api/job-runs/{uuid.UUID(int=7)}"),
        ("POST", f"/api/job-runs/{uuid.UUID(int=7)}/cancel"),
    ],
)
async def test_what_is_not_there_is_not_found(bob: Person, method: str, path: str) -> None:
    assert (await bob.call(method, path)).status_code == 404


async def test_a_running_run_is_asked_to_stop(cast: Cast, bob: Person) -> None:
    run = (await bob.post(f"{JOB}/run")).json()
    async with cast.platform.database.transaction() as session:
        await session.execute(update(JobRun).values(state=JobState.RUNNING))
    answer = (await bob.post(f"/api/job-runs/{run['id']}/cancel")).json()
    assert (answer["state"], answer["is_cancel_requested"]) == ("running", True)
