"""When drives test themselves and pools are scrubbed."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.models.infrastructure.storage_action import ActionKind
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.alerts.incidents import tell_pages
from app.services.core.platform import Platform
from app.services.infrastructure.storage.self_tests import Started
from app.services.infrastructure.upkeep.requests import SCRUB, SELF_TEST
from app.services.infrastructure.upkeep.rounds import UpkeepRounds
from app.services.infrastructure.upkeep.starter import Starter

_SHORT = timedelta(minutes=2)
_LOOK = timedelta(minutes=1)
Result = Mapping[str, JsonValue]


def jobs(platform: Platform, zone: ZoneInfo) -> tuple[Job, ...]:
    """Return the jobs of drives and pools."""
    work = _Work(platform, zone)
    kinds = (
        JobType(SELF_TEST, "Start a drive's self-test", work.test, _SHORT, may_overlap=True),
        JobType(SCRUB, "Start or stop the scrub of a pool", work.scrub, _SHORT, may_overlap=True),
    )
    plan = JobType(
        "upkeep.plan", "Start the self-tests and scrubs that are due", work.plan, is_quiet=True
    )
    follow = JobType(
        "upkeep.follow", "Look how self-tests and scrubs go on", work.follow, is_quiet=True
    )
    return (
        *(Job(kind, is_listed=False) for kind in kinds),
        Job(plan, Every(timedelta(minutes=15)), jitter=timedelta(minutes=1)),
        Job(follow, Every(_LOOK)),
    )


class _Work:
    """The handlers: from a run's arguments to the -er that does the work."""

    def __init__(self, platform: Platform, zone: ZoneInfo) -> None:
        self._platform = platform
        self._starter = Starter(platform.database, platform.shells, platform.vault, platform.clock)
        self._rounds = UpkeepRounds(
            platform.database, platform.clock, platform.jobs, platform.alerts, zone
        )

    async def test(self, job: JobContext) -> Result:
        """Start or end a self-test."""
        given = job.arguments
        device_id, kind = uuid.UUID(str(given["device_id"])), ActionKind(str(given["kind"]))
        by = str(given.get("by") or "a person")
        return _told(await self._starter.self_test(device_id, kind, by))

    async def scrub(self, job: JobContext) -> Result:
        """Start, pause or stop a scrub."""
        given = job.arguments
        pool_id, kind = uuid.UUID(str(given["pool_id"])), ActionKind(str(given["kind"]))
        by = str(given.get("by") or "a person")
        return _told(await self._starter.scrub(pool_id, kind, by))

    async def plan(self, _job: JobContext) -> Result:
        """Start what is due, and tell what is overdue."""
        started, changes = await self._rounds.plan()
        await tell_pages(self._platform.live, changes)
        return {"started": started}

    async def follow(self, _job: JobContext) -> Result:
        """Ask the machines on which something should have ended by now."""
        return {"asked": await self._rounds.follow()}


def _told(started: Started) -> Result:
    return {"message": started.message, "minutes": started.minutes}
