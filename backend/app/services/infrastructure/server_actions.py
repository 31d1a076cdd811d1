"""Long work on servers: recorded here as intent, done by jobs where the connections are kept.

Job arguments are readable, so a one-time password goes into a sealed row and only its id along.
"""

import uuid
from dataclasses import dataclass

from pydantic import SecretStr

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.job_engine import Enqueued, JobArguments, JobEngine
from app.schemas.infrastructure.connection import KeyInstallRequest, ProbeRequest
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import Actor
from app.services.credentials.one_time_secrets import OneTimeSecrets
from app.services.infrastructure.key_enrolment import PURPOSE
from app.services.infrastructure.server_errors import ServerNotFound, UnknownReference

PROBE = "probe_host_key"
TEST = "test_server"
COLLECT = "collect_server"
INSTALL_KEY = "install_key"
REMOVE_KEY = "remove_key"


@dataclass(frozen=True, slots=True)
class _Intent:
    """What goes into the audit log before the job is queued."""

    action: str
    server_id: uuid.UUID
    ssh_key_id: uuid.UUID | None = None
    password: SecretStr | None = None


class ServerActions:
    """Queues the jobs of servers."""

    def __init__(self, database: Database, clock: Clock, vault: Vault, jobs: JobEngine) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._jobs = jobs

    async def probe(self, actor: Actor, request: ProbeRequest) -> Enqueued:
        """Ask a machine that is not entered for its host key."""
        if request.jump_server_id is not None:
            async with self._database.snapshot() as session:
                if await session.get(MonitoredServer, request.jump_server_id) is None:
                    raise UnknownReference("The jump host does not exist.", field="jump_server_id")
        arguments: JobArguments = {
            "host": request.host,
            "port": request.port,
            "jump_server_id": _text(request.jump_server_id),
        }
        lock = f"probe:{request.host}:{request.port}"
        return await self._enqueue(PROBE, arguments, lock, actor)

    async def test(self, actor: Actor, server_id: uuid.UUID) -> Enqueued:
        """Test the connection step by step."""
        await self._intend(actor, _Intent("server.test_requested", server_id))
        arguments = {"server_id": str(server_id)}
        return await self._enqueue(TEST, arguments, f"test:{server_id}", actor)

    async def collect(self, actor: Actor, server_id: uuid.UUID) -> Enqueued:
        """Ask the server for everything now."""
        await self._intend(actor, _Intent("server.collect_requested", server_id))
        arguments = {"server_id": str(server_id)}
        return await self._enqueue(COLLECT, arguments, f"collect:{server_id}", actor)

    async def install_key(
        self, actor: Actor, server_id: uuid.UUID, request: KeyInstallRequest
    ) -> Enqueued:
        """Install a key and make it the server's login."""
        intent = _Intent(
            "ssh_key.install_requested", server_id, request.ssh_key_id, request.one_time_password
        )
        secret_id = await self._intend(actor, intent)
        arguments = {
            "server_id": str(server_id),
            "ssh_key_id": str(request.ssh_key_id),
            "secret_id": _text(secret_id),
            "username": request.username or "",
            "path": request.authorized_keys_path,
        }
        return await self._enqueue(INSTALL_KEY, arguments, f"keys:{server_id}", actor)

    async def remove_key(
        self, actor: Actor, server_id: uuid.UUID, ssh_key_id: uuid.UUID
    ) -> Enqueued:
        """Remove a key from the server's account."""
        await self._intend(actor, _Intent("ssh_key.removal_requested", server_id, ssh_key_id))
        arguments = {"server_id": str(server_id), "ssh_key_id": str(ssh_key_id)}
        return await self._enqueue(REMOVE_KEY, arguments, f"keys:{server_id}", actor)

    async def _enqueue(
        self, name: str, arguments: JobArguments, lock: str, actor: Actor
    ) -> Enqueued:
        return await self._jobs.enqueue(name, arguments, lock=lock, requested_by=actor.name)

    async def _intend(self, actor: Actor, intent: _Intent) -> uuid.UUID | None:
        async with self._database.transaction() as session:
            server = await session.get(MonitoredServer, intent.server_id)
            if server is None:
                raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
            key_id = intent.ssh_key_id
            if key_id is not None and await session.get(SSHKey, key_id) is None:
                raise UnknownReference("The SSH key does not exist.", field="ssh_key_id")
            secret_id = None
            if intent.password is not None:
                secrets = OneTimeSecrets(session, self._clock, self._vault)
                secret_id = await secrets.put(intent.password.get_secret_value(), PURPOSE)
            audit = AuditLog(session, self._clock, self._vault.subkey(KEY_INFO))
            await audit.record(
                actor,
                intent.action,
                kind="server",
                object_id=server.id,
                name=server.name,
                details={"ssh_key_id": _text(intent.ssh_key_id)},
                resource_id=server.id,
            )
            return secret_id


def _text(identifier: uuid.UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
