"""Runs the jobs and their clock: log context, the one broad except, fires, leadership."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.kernel import context
from app.kernel.errors import JsonValue, UnityError
from app.kernel.logging import clean_text, get_logger
from app.kernel.text import printable
from app.ports.job_engine import JobCancelled, JobContext, JobFailed, JobType

log = get_logger(__name__)

JobResult = Mapping[str, JsonValue]


def guarded(kind: JobType) -> JobType:
    """Return the job with log context, and with every error turned into a `JobFailed`.

    Whatever a handler does, the engine, the clock and the other jobs go on.
    """

    async def run(job: JobContext) -> JobResult | None:
        mark = context.job_run_id.set(str(job.run_id))
        try:
            return await kind.run(job)
        except (JobCancelled, JobFailed):
            raise
        except UnityError as error:
            log.warning("job_failed", job=kind.name, error=error.detail)
            raise JobFailed(paragraph(f"{error.detail} {error.fix}")) from error
        except Exception as error:
            log.exception("job_broke", job=kind.name)
            raise JobFailed(_described(error)) from error
        finally:
            context.job_run_id.reset(mark)

    return replace(kind, run=run)


def paragraph(text: str) -> str:
    """Return the text fit for the history: one line, no secrets, not too long."""
    return printable(clean_text(text)).strip()[:1000]


def _described(error: Exception) -> str:
    """Name an error nobody foresaw and its place. Its text may hold anything, secrets included."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    name = type(error).__name__
    return f"It stopped on an unexpected error ({name}{place}); the log of this run tells more."
