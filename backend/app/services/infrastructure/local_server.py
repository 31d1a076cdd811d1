"""The machine that Unity runs on enters itself at the first start."""

import os
import pwd

from sqlalchemy.exc import IntegrityError

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import system
from app.services.infrastructure.servers import ServerService
from app.services.infrastructure.targets import TargetBuilder

_NAME_LENGTH = 120
_USERNAME_LENGTH = 64


async def enter_local_machine(database: Database, clock: Clock, vault: Vault) -> None:
    """Enter the local machine at the start; of several processes one does it."""
    try:
        async with database.transaction() as session:
            audit = AuditLog(session, clock, vault.subkey(KEY_INFO))
            await ensure_local_server(ServerService(session, clock, audit, TargetBuilder(vault)))
    except IntegrityError:
        return  # another process was faster; the unique index lets one in


async def ensure_local_server(servers: ServerService) -> MonitoredServer:
    """Return the local machine's server, entered now when it was not; the same one ever after."""
    return await servers.ensure_local(
        system("start"), name=_machine_name(), username=_account_name()
    )


def _machine_name() -> str:
    # A machine may have no name, or one that no person would want to read.
    return printable(os.uname().nodename).strip()[:_NAME_LENGTH] or "localhost"


def _account_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name[:_USERNAME_LENGTH]
    except KeyError:  # containers run as numbers that no passwd file names
        return str(os.geteuid())
