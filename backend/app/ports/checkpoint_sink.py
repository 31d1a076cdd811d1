"""Where checkpoints of the audit log are kept, out of reach of who holds the database."""

from dataclasses import dataclass
from typing import Protocol

from app.kernel.addresses import web_parts


class SinkFailed(Exception):
    """The checkpoint did not arrive; the text says why, and can be shown."""


@dataclass(frozen=True, slots=True)
class SinkAddress:
    """A place: the kind (`file`, `syslog_udp`, `syslog_tcp`, `syslog_tls`, `webhook`) and where."""

    kind: str
    target: str

    @property
    def shown(self) -> str:
        """The target for logs and errors: the path of a web address is often its password."""
        parts = web_parts(self.target) if self.kind == "webhook" else None
        if parts is None:
            return self.target
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}/…"


class CheckpointSinks(Protocol):
    """Brings lines to such places."""

    async def send(self, address: SinkAddress, line: str) -> None:
        """Bring one line there, or raise `SinkFailed`. Twice the same line does no harm."""
        ...
