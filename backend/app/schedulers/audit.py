"""The job that signs the audit log and sends the signatures out."""

from datetime import timedelta

from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobFailed, JobType
from app.schedulers.jobs import Job
from app.services.core.checkpoints import Checkpointer
from app.services.core.platform import Platform


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the one job."""
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

    kind = JobType(
        name="core.audit_checkpoints",
        title="Sign the audit log, and send the signature out",
        run=attest,
        timeout=timedelta(minutes=15),
        is_quiet=True,
    )
    return (Job(kind, Every(timedelta(minutes=1)), jitter=timedelta(seconds=10)),)
