"""When drives test themselves."""

import uuid
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.infrastructure.storage.device_actions import SELF_TEST
from app.services.infrastructure.storage.self_tests import SelfTester

_SHORT = timedelta(minutes=2)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the jobs of drives."""
    tester = SelfTester(platform.database, platform.shells, platform.vault, platform.clock)
    return (
        Job(_start(tester), is_listed=False),
        Job(_plan(platform, tester), Every(timedelta(hours=1)), jitter=timedelta(minutes=5)),
    )


def _start(tester: SelfTester) -> JobType:
    async def run(job: JobContext) -> dict[str, JsonValue]:
        given = job.arguments
        device_id, kind = uuid.UUID(str(given["device_id"])), str(given["kind"])
        started = await tester.start(device_id, kind, str(given.get("by") or "a person"))
        return {"message": started.message, "minutes": started.minutes}

    return JobType(SELF_TEST, "Start a drive's self-test", run, _SHORT, may_overlap=True)


def _plan(platform: Platform, tester: SelfTester) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        due = await tester.due()
        for one in due:
            arguments = {"device_id": str(one.device_id), "kind": one.kind, "by": "the schedule"}
            await platform.jobs.enqueue(
                SELF_TEST, arguments, lock=f"self_test:{one.device_id}", requested_by="schedule"
            )
        return {"started": len(due)}

    return JobType("self_tests", "Start the self-tests that are due", run, is_quiet=True)
