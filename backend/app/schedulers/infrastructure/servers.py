"""The jobs that people start on servers: probe, test, install and remove a key."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.ports.job_engine import JobArguments, JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.infrastructure.connection_tester import ConnectionTester
from app.services.infrastructure.host_probe import Address, HostProber
from app.services.infrastructure.key_enrolment import Enrolment, KeyEnroller
from app.services.infrastructure.server_actions import INSTALL_KEY, PROBE, REMOVE_KEY, TEST

_SHORT = timedelta(minutes=2)
_LONG = timedelta(minutes=5)
Result = Mapping[str, JsonValue]


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the jobs; all run on demand only."""
    work = ServerWork(platform)
    kinds = (
        JobType(PROBE, "Ask a machine for its host key", work.probe, _SHORT, may_overlap=True),
        JobType(TEST, "Test a server's connection", work.test, _SHORT, may_overlap=True),
        JobType(INSTALL_KEY, "Install a key on a server", work.install_key, _LONG),
        JobType(REMOVE_KEY, "Remove a key from a server", work.remove_key, _LONG),
    )
    return tuple(Job(kind, is_listed=False) for kind in kinds)


class ServerWork:
    """The handlers: from a run's arguments to the -er that does the work."""

    def __init__(self, platform: Platform) -> None:
        parts = (platform.database, platform.shells, platform.vault)
        self._prober = HostProber(*parts)
        self._tester = ConnectionTester(*parts, platform.clock)
        self._enroller = KeyEnroller(*parts, platform.clock)

    async def probe(self, job: JobContext) -> Result:
        """Ask for a host key."""
        given = job.arguments
        jump = str(given.get("jump_server_id") or "")
        address = Address(
            str(given["host"]), int(given["port"] or 0), uuid.UUID(jump) if jump else None
        )
        return (await self._prober.probe(address)).model_dump(mode="json")

    async def test(self, job: JobContext) -> Result:
        """Test a connection."""
        report = await self._tester.test(_id(job.arguments, "server_id"))
        return report.model_dump(mode="json")

    async def install_key(self, job: JobContext) -> Result:
        """Install a key."""
        given = job.arguments
        secret = str(given.get("secret_id") or "")
        enrolment = Enrolment(
            server_id=_id(given, "server_id"),
            ssh_key_id=_id(given, "ssh_key_id"),
            secret_id=uuid.UUID(secret) if secret else None,
            username=str(given.get("username") or ""),
            given_path=str(given.get("path") or ""),
        )
        return (await self._enroller.enrol(enrolment, INSTALL_KEY)).model_dump(mode="json")

    async def remove_key(self, job: JobContext) -> Result:
        """Remove a key."""
        given = job.arguments
        enrolment = Enrolment(_id(given, "server_id"), _id(given, "ssh_key_id"))
        await self._enroller.remove(enrolment)
        return {"message": "The key's line is removed."}


def _id(arguments: JobArguments, name: str) -> uuid.UUID:
    return uuid.UUID(str(arguments[name]))
