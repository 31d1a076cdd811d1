"""When plugins run, and when Unity looks for new ones."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.core.plugins.catalog import SCAN
from app.services.core.plugins.parts import catalog_of, runner_of, silence_of
from app.services.core.plugins.running import RUN

_LOOK = timedelta(seconds=10)
_LONG = timedelta(minutes=15)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the jobs of plugins."""
    catalog, runner, silence = catalog_of(platform), runner_of(platform), silence_of(platform)

    async def look(_job: JobContext) -> Mapping[str, JsonValue]:
        await catalog.scan_once()
        return {"ran": await runner.run_due(), "silent": await silence.look()}

    async def scan(_job: JobContext) -> Mapping[str, JsonValue]:
        return await catalog.scan()

    async def run(job: JobContext) -> Mapping[str, JsonValue]:
        by = str(job.arguments.get("by") or "a person")
        return await runner.run(uuid.UUID(str(job.arguments["resource_id"])), by)

    # A plugin that hangs holds up its own round only: rounds may overlap, instances are claimed.
    looking = JobType(
        "core.plugins", "Run the plugins that are due", look, _LONG, may_overlap=True, is_quiet=True
    )
    running = JobType(RUN, "Run an instance of a plugin", run, _LONG, may_overlap=True)
    scanning = JobType(SCAN, "Look for plugins", scan, _LONG)
    return (
        Job(looking, Every(_LOOK)),
        Job(scanning, Every(timedelta(hours=1)), jitter=timedelta(minutes=5)),
        Job(running, is_listed=False),
    )
