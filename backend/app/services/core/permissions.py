"""Who may do what: the permission table, the roles over it, and the actor that carries them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.kernel.errors import PermissionDenied
from app.models.core.permission import P, Role

__all__ = ["ANONYMOUS", "ROLES", "WHAT_FOR", "Actor", "ActorKind", "P", "Role", "system"]


_VIEWER = frozenset(
    {
        P.SELF,
        P.SYSTEM_READ,
        P.JOBS_READ,
        P.METRICS_READ,
        P.RESOURCES_READ,
        P.SERVERS_READ,
        P.ALERTS_READ,
    }
)
_OPERATOR = _VIEWER | {
    P.JOBS_MANAGE,
    P.RESOURCES_MANAGE,
    P.SERVERS_COLLECT,
    P.SERVERS_MANAGE,
    P.CREDENTIALS_READ,
    P.CREDENTIALS_MANAGE,
    P.ALERTS_MANAGE,
}
ROLES: dict[Role, frozenset[P]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.ADMIN: frozenset(P),
}

WHAT_FOR: Mapping[P, str] = MappingProxyType(
    {
        P.SELF: "Manage the own password, sessions and tokens.",
        P.SYSTEM_READ: "See the version, health and features of Unity.",
        P.SETTINGS_MANAGE: "Change the settings.",
        P.USERS_READ: "See who may log in.",
        P.USERS_MANAGE: "Create, change and delete users; end their sessions.",
        P.TOKENS_MANAGE: "See and revoke the API tokens of others.",
        P.AUDIT_READ: "Read and verify the audit log.",
        P.JOBS_READ: "See background jobs and their runs.",
        P.JOBS_MANAGE: "Run, pause and cancel background jobs.",
        P.METRICS_READ: "Read measurements, also as /metrics.",
        P.RESOURCES_READ: "See resources with their tags and groups.",
        P.RESOURCES_MANAGE: "Change tags, groups and maintenance.",
        P.SERVERS_READ: "See servers and their facts.",
        P.SERVERS_COLLECT: "Test connections and collect now.",
        P.SERVERS_MANAGE: "Add, change and delete servers.",
        P.CREDENTIALS_READ: "See names and uses of credentials, never secrets.",
        P.CREDENTIALS_MANAGE: "Add, change and delete credentials.",
        P.ALERTS_READ: "See alerts.",
        P.ALERTS_MANAGE: "Change alert settings.",
        P.BACKUP_MANAGE: "Make backups of Unity.",
    }
)


class ActorKind(StrEnum):
    """What acts."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    SYSTEM = "system"  # a job, or the command line on the database itself
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and what they may do. Tokens carry the narrower of their scopes and their user."""

    kind: ActorKind
    name: str
    permissions: frozenset[P] = field(default=frozenset())
    user_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    session_id: uuid.UUID | None = None
    address: str | None = None
    has_stepped_up: bool = False

    def may(self, permission: P) -> bool:
        """Tell whether the actor has the right."""
        return permission in self.permissions

    def require(self, permission: P) -> None:
        """Raise `PermissionDenied` without the right; for checks that depend on the object."""
        if permission not in self.permissions:
            raise PermissionDenied(
                f"{self.name} has no right {permission.value}.",
                fix="Ask an administrator for a role that has it.",
                permission=permission.value,
            )


def system(name: str) -> Actor:
    """Return the actor of a job or of a command on this machine."""
    return Actor(ActorKind.SYSTEM, name, frozenset(P))


ANONYMOUS = Actor(ActorKind.ANONYMOUS, "anonymous")
