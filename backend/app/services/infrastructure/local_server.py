"""The machine that Unity runs on enters itself at the first start."""

import os
import pwd

from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.permissions import system
from app.services.infrastructure.servers import ServerService

_NAME_LENGTH = 120
_USERNAME_LENGTH = 64


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
