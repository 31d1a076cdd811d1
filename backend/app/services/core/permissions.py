"""Who may do what: the permission table, the roles over it, and the actor that carries them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from app.kernel import reach
from app.kernel.errors import PermissionDenied
from app.kernel.reach import Reach
from app.models.core.permission import P, Role

__all__ = [
    "ANONYMOUS",
    "GROUP_ROLES",
    "ROLES",
    "SCOPABLE",
    "WHAT_FOR",
    "Actor",
    "ActorKind",
    "P",
    "Role",
    "system",
]


_VIEWER = frozenset(
    {
        P.SELF,
        P.SYSTEM_READ,
        P.JOBS_READ,
        P.METRICS_READ,
        P.RESOURCES_READ,
        P.SERVERS_READ,
        P.ALERTS_READ,
        P.ASSISTANT_USE,
        P.PLUGINS_READ,
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
    P.PLUGINS_RUN,
}
ROLES: dict[Role, frozenset[P]] = {
    Role.NONE: frozenset({P.SELF, P.SYSTEM_READ}),
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: frozenset(_OPERATOR),
    Role.ADMIN: frozenset(P),
}

# Rights that can be given for one group of resources. All others count everywhere or not at all:
# what they open is about no resource, or about all of them at once.
SCOPABLE = frozenset(
    {
        P.AUDIT_EXPORT,
        P.AUDIT_READ,
        P.JOBS_READ,
        P.JOBS_MANAGE,
        P.METRICS_READ,
        P.RESOURCES_READ,
        P.RESOURCES_MANAGE,
        P.SERVERS_READ,
        P.SERVERS_COLLECT,
        P.SERVERS_MANAGE,
        P.CREDENTIALS_READ,
        P.CREDENTIALS_MANAGE,
        P.ALERTS_READ,
        P.ALERTS_MANAGE,
        P.ASSISTANT_USE,
        P.PLUGINS_READ,
        P.PLUGINS_RUN,
    }
)
GROUP_ROLES = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)

WHAT_FOR: Mapping[P, str] = MappingProxyType(
    {
        P.SELF: "Manage the own password, sessions and tokens.",
        P.SYSTEM_READ: "See the version, health and features of Unity.",
        P.SETTINGS_MANAGE: "Change the settings.",
        P.USERS_READ: "See who may log in.",
        P.USERS_MANAGE: "Create, change and delete users; end their sessions.",
        P.TOKENS_MANAGE: "See and revoke the API tokens of others.",
        P.AUDIT_READ: "Read and verify the audit log.",
        P.AUDIT_EXPORT: "Take the audit log away as a file.",
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
        P.NOTIFICATIONS_MANAGE: "Say who is told of alerts, and by which channels.",
        P.BACKUP_MANAGE: "Make backups of Unity.",
        P.PLUGINS_READ: "See plugins, their instances, runs and logs.",
        P.PLUGINS_RUN: "Run instances of plugins now, switch them on and off.",
        P.PLUGINS_MANAGE: "Add, change and delete instances of plugins, and keys to push with.",
        P.ASSISTANT_USE: "Ask the AI model, about what the other rights show.",
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
    # The rights in single groups, beside `permissions`, which count everywhere.
    in_groups: Mapping[uuid.UUID, frozenset[P]] = field(default_factory=dict)
    is_limited: bool = False  # nothing of what hangs on a resource counts everywhere

    def may(self, permission: P) -> bool:
        """Tell whether the actor has the right everywhere."""
        return permission in self.permissions

    def may_somewhere(self, permission: P) -> bool:
        """Tell whether the actor has the right everywhere or in at least one group."""
        return self.may(permission) or any(permission in own for own in self.in_groups.values())

    def somewhere(self) -> frozenset[P]:
        """Return all rights that the actor has anywhere: what a page may offer."""
        return self.permissions.union(*self.in_groups.values())

    def reach(self, permission: P) -> Reach | None:
        """Return where a right counts: everywhere (None), or in these groups."""
        if permission in SCOPABLE:
            if permission in self.permissions:
                return None
            groups = [group for group, own in self.in_groups.items() if permission in own]
        elif not self.is_limited:
            return None
        else:
            groups = [*self.in_groups]
        return Reach(frozenset(groups))

    def enter(self, permission: P) -> None:
        """Require a right somewhere; the rest of the request reaches no further than it counts."""
        if not self.may_somewhere(permission):
            self.require(permission)
        reach.current.set(self.reach(permission))
        reach.asker.set(self.user_id)

    def require(self, permission: P) -> None:
        """Raise `PermissionDenied` unless the right counts everywhere."""
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
