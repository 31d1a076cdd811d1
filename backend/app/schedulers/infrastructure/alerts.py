"""When alert rules are judged without a new sample: what time changes, and what lies ahead."""

from collections.abc import Sequence
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.alerts.incidents import AlertChange, tell_pages
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.notifications.heartbeats import ENGINE, Heartbeats
from app.services.core.platform import Platform
from app.services.infrastructure.alarm_sweep import unwatched

_ROUND = timedelta(minutes=1)
_AHEAD = timedelta(minutes=15)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the rounds of the alert engine."""
    beats = Heartbeats(platform.database, platform.clock)
    rounds = AlertRounds(platform.database, platform.clock, platform.alerts, unwatched)

    async def told(changes: Sequence[AlertChange]) -> dict[str, JsonValue]:
        await tell_pages(platform.live, changes)
        return {"changed": len(changes)}

    async def look(_job: JobContext) -> dict[str, JsonValue]:
        changes = await rounds.look()
        await beats.beat(ENGINE, every=_ROUND)
        return await told(changes)

    async def forecast(_job: JobContext) -> dict[str, JsonValue]:
        return await told(await rounds.forecast())

    by_time = JobType("alerts.rounds", "Judge what time alone changes", look, is_quiet=True)
    ahead = JobType(
        "alerts.forecasts",
        "Judge the alert rules that look ahead",
        forecast,
        timeout=timedelta(minutes=10),
        is_quiet=True,
    )
    return (Job(by_time, Every(_ROUND)), Job(ahead, Every(_AHEAD)))
