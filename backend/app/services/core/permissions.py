"""Who may do what: the permission table, the roles over it, and the actor that carries them."""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from app.kernel.errors import PermissionDenied


class P(StrEnum):
    """A right, as `noun:verb`. Every endpoint names exactly one, or is public."""

    SELF = "self:manage"  # the own profile, password, sessions and tokens: everyone has it
    SYSTEM_READ = "system:read"
    SETTINGS_MANAGE = "settings:manage"
    USERS_READ = "users:read"
    USERS_MANAGE = "users:manage"
    TOKENS_MANAGE = "tokens:manage"  # the tokens of others
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    JOBS_MANAGE = "jobs:manage"
    METRICS_READ = "metrics:read"
    RESOURCES_READ = "resources:read"
    RESOURCES_MANAGE = "resources:manage"  # tags, groups, maintenance
    SERVERS_READ = "servers:read"
    SERVERS_COLLECT = "servers:collect"  # test the connection, collect now
    SERVERS_MANAGE = "servers:manage"
    CREDENTIALS_READ = "credentials:read"  # names and uses, never secrets
    CREDENTIALS_MANAGE = "credentials:manage"
    ALERTS_READ = "alerts:read"
    ALERTS_MANAGE = "alerts:manage"
    BACKUP_MANAGE = "backup:manage"


class Role(StrEnum):
    """What a person is to this Unity."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


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
