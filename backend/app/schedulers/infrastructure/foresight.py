"""When forecasts are made, and the signs that rules about the future look at."""

from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.alerts.incidents import tell_pages
from app.services.core.platform import Platform
from app.services.infrastructure.alarm_sweep import unwatched
from app.services.infrastructure.foresight.rounds import ForecastRounds
from app.services.infrastructure.foresight.signs import EVERY, SignRounds


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the job of foresight."""
    forecasts = ForecastRounds(platform.database, platform.clock, unwatched)
    signs = SignRounds(platform.database, platform.clock, platform.alerts, unwatched)

    async def run(_job: JobContext) -> dict[str, JsonValue]:
        made = await forecasts.run()
        changes = await signs.run()
        await tell_pages(platform.live, changes)
        return {**made, "changed": len(changes)}

    kind = JobType(
        "forecasts",
        "Foretell what fills up, wears out or drifts away",
        run,
        timeout=timedelta(minutes=30),
        is_quiet=True,
    )
    return (Job(kind, Every(EVERY), jitter=timedelta(minutes=5)),)
