"""The jobs that sign the audit log and send the signatures out, and that make it searchable."""

from datetime import timedelta

from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobFailed, JobType
from app.schedulers.jobs import Job
from app.services.core.audit_summaries import AuditSummaries
from app.services.core.checkpoints import Checkpointer
from app.services.core.platform import Platform


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return what keeps the log provable and searchable."""
    checkpointer = Checkpointer(
        platform.database,
        platform.clock,
        platform.vault,
        platform.checkpoint_sinks,
        platform.settings.audit,
    )

    async def attest(_job: JobContext) -> dict[str, int]:
        outcome = await checkpointer.run()
        if outcome.fault:
            raise JobFailed(f"{outcome.fault} No new checkpoint was signed.")
        return {"signed": outcome.signed, "sent": outcome.sent, "failed": outcome.failed}

    summaries = AuditSummaries(platform.database)

    async def summarise(_job: JobContext) -> dict[str, int]:
        return {"summarised": await summaries.build()}

    attesting = JobType(
        name="core.audit_checkpoints",
        title="Sign the audit log, and send the signature out",
        run=attest,
        timeout=timedelta(minutes=15),
        is_quiet=True,
    )
    summarising = JobType(
        name="core.audit_summaries",
        title="Prepare the audit log for the search in texts",
        run=summarise,
        timeout=timedelta(minutes=15),
        is_quiet=True,
    )
    return (
        Job(attesting, Every(timedelta(minutes=1)), jitter=timedelta(seconds=10)),
        Job(summarising, Every(timedelta(minutes=1)), jitter=timedelta(seconds=20)),
    )
