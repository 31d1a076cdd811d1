"""Asks a machine that is not entered yet for its host key; no credential is sent."""

import uuid
from dataclasses import dataclass

from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.shell import ShellError, Shells, Target
from app.schemas.infrastructure.connection import ProbeReport
from app.services.infrastructure.connection_tester import shown_key
from app.services.infrastructure.server_errors import UnknownReference
from app.services.infrastructure.status import judge_failure
from app.services.infrastructure.targets import TargetBuilder


@dataclass(frozen=True, slots=True)
class Address:
    """Where to knock."""

    host: str
    port: int
    jump_server_id: uuid.UUID | None = None


class HostProber:
    """Reads host keys at first contact."""

    def __init__(self, database: Database, shells: Shells, vault: Vault) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault

    async def probe(self, address: Address) -> ProbeReport:
        """Return the key that the machine shows, or why it shows none."""
        jump = await self._jump(address.jump_server_id)
        target = Target(
            key=f"probe:{address.host}:{address.port}",
            host=address.host,
            port=address.port,
            username="",
            jump=jump,
        )
        try:
            key = await self._shells.probe_host_key(target)
        except ShellError as error:
            return ProbeReport(
                host=address.host,
                port=address.port,
                is_reachable=False,
                host_key=None,
                message=printable(error.detail),
                fix=error.fix or judge_failure(error).fix,
            )
        return ProbeReport(
            host=address.host,
            port=address.port,
            is_reachable=True,
            host_key=shown_key(key),
            message="The machine answers and shows this host key.",
            fix=f"Compare it there: ssh-keygen -l -f {_file_of(key.algorithm)}",
        )

    async def _jump(self, server_id: uuid.UUID | None) -> Target | None:
        if server_id is None:
            return None
        async with self._database.snapshot() as session:
            server = await session.get(MonitoredServer, server_id)
            if server is None:
                raise UnknownReference("The jump host does not exist.", field="jump_server_id")
            jump = await TargetBuilder(self._vault).build(session, server)
            return None if jump.is_local else jump


def _file_of(algorithm: str) -> str:
    """Return where OpenSSH keeps the key: `ssh-ed25519` → `…_ed25519_key.pub`."""
    kind = algorithm.removeprefix("ssh-").partition("-")[0]
    return f"/etc/ssh/ssh_host_{kind}_key.pub"
