"""What the infrastructure announces: the life of servers, their status and their host keys."""

from dataclasses import dataclass
from typing import ClassVar, Self

from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.announcements import Announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent(Announcement):
    """Something about one server. Without fields of its own, `of` makes it."""

    object_kind: str = "server"

    @classmethod
    def of(cls, server: MonitoredServer) -> Self:
        """Say it of this server."""
        return cls(object_id=server.id, object_name=server.name, resource_id=server.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAdded(ServerEvent):
    """It is watched from now on."""

    kind: ClassVar[str] = "server.added"

    def summary(self) -> str:
        """Say who is new."""
        return f"Server {self.object_name} was added"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRemoved(ServerEvent):
    """It is gone with all that was kept about it; so `resource_id` stays empty."""

    kind: ClassVar[str] = "server.removed"

    def summary(self) -> str:
        """Say who left."""
        return f"Server {self.object_name} was removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRenamed(ServerEvent):
    """It goes by another name."""

    kind: ClassVar[str] = "server.renamed"

    before: str

    def summary(self) -> str:
        """Say both names."""
        return f"Server {self.before} is now called {self.object_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEnabled(ServerEvent):
    """Its collection was switched on."""

    kind: ClassVar[str] = "server.enabled"

    def summary(self) -> str:
        """Say that it is asked again."""
        return f"Collection from {self.object_name} was switched on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDisabled(ServerEvent):
    """Its collection was switched off."""

    kind: ClassVar[str] = "server.disabled"

    def summary(self) -> str:
        """Say that it is left alone."""
        return f"Collection from {self.object_name} was switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatusChanged(ServerEvent):
    """A cycle found it in another state than the one before."""

    kind: ClassVar[str] = "server.status_changed"

    was: str
    status: str
    reason_kind: str
    reason: str

    def summary(self) -> str:
        """Say the state, and why when it is no good one."""
        if self.status == "online":
            return f"{self.object_name} is online"
        return f"{self.object_name} is {self.status}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyEvent(ServerEvent):
    """Something about the host key of a server."""

    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyOffered(HostKeyEvent):
    """It showed its first key, which waits for approval."""

    kind: ClassVar[str] = "host_key.offered"

    def summary(self) -> str:
        """Say what is waited for."""
        return f"{self.object_name} showed a host key that waits for approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyQuarantined(HostKeyEvent):
    """It showed another key than the approved one."""

    kind: ClassVar[str] = "host_key.quarantined"

    def summary(self) -> str:
        """Say what is suspicious."""
        return f"{self.object_name} showed another host key than the approved one"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyApproved(HostKeyEvent):
    """Somebody trusts it."""

    kind: ClassVar[str] = "host_key.approved"

    def summary(self) -> str:
        """Say that it is trusted."""
        return f"The host key of {self.object_name} was approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeyRejected(HostKeyEvent):
    """Somebody does not trust it."""

    kind: ClassVar[str] = "host_key.rejected"

    def summary(self) -> str:
        """Say that it is not trusted."""
        return f"A host key of {self.object_name} was rejected"
