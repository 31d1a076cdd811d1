"""Where checkpoints of the audit log are kept, out of reach of who holds the database."""

from dataclasses import dataclass
from typing import Protocol


class SinkFailed(Exception):
    """The checkpoint did not arrive; the text says why, and can be shown."""


@dataclass(frozen=True, slots=True)
class SinkAddress:
    """A place: the kind (`file`, `syslog_udp`, `syslog_tcp`, `syslog_tls`, `webhook`) and where."""

    kind: str
    target: str


class CheckpointSinks(Protocol):
    """Brings lines to such places."""

    async def send(self, address: SinkAddress, line: str) -> None:
        """Bring one line there, or raise `SinkFailed`. Twice the same line does no harm."""
        ...
