"""Servers: entered once, edited, switched off, deleted; everything else hangs on them."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.resource import ResourceKind
from app.models.credentials.server_credential import ServerCredential
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
    ServerCredentialUse,
    ServerStatus,
    SudoMode,
)
from app.schemas.infrastructure.server import (
    ApprovedHostKey,
    ServerCreate,
    ServerEdit,
)
from app.services.core.audit import AuditLog
from app.services.core.labels import LabelService
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor
from app.services.core.resources import NewResource, ResourceService
from app.services.infrastructure import server_links
from app.services.infrastructure.events import (
    ServerAdded,
    ServerDisabled,
    ServerEnabled,
    ServerRenamed,
)
from app.services.infrastructure.fingerprints import parse_host_key
from app.services.infrastructure.login_reach import LEADS, refuse_foreign_login, sudo_login
from app.services.infrastructure.server_errors import (
    HostKeyMismatch,
    LocalServerFixed,
    ServerAlreadyEntered,
    ServerEditedMeanwhile,
    ServerNameTaken,
    ServerNotFound,
    UnknownReference,
)
from app.services.infrastructure.targets import SUDO, TargetBuilder

# Fields of the row that an edit sets as they are.
_PLAIN = (
    "name",
    "host",
    "port",
    "username",
    "ssh_key_id",
    "credential_id",
    "jump_server_id",
    "sudo",
    "interval_seconds",
    "notes",
)
_NOT_FOR_LOCAL = ("host", "port", "username", "ssh_key_id", "credential_id", "jump_server_id")
# An edit that leaves these null means "as it was": they are never empty.
_NEVER_NULL = ("name", "host", "port", "username", "sudo", "notes", "tags", "groups")


class ServerService:
    """Writes servers with their resources, labels and audit entries, in one transaction."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, targets: TargetBuilder
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._outbox = Outbox(session, clock)
        self._targets = targets
        self._resources = ResourceService(session, clock)
        self._labels = LabelService(session, clock, audit)

    async def get(self, server_id: uuid.UUID) -> MonitoredServer:
        """Return one server, or raise `ServerNotFound`."""
        server = await self._session.get(MonitoredServer, server_id)
        if server is None:
            raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
        return server

    async def find_local(self) -> MonitoredServer | None:
        """Return the machine that Unity runs on, when it is entered."""
        return (
            await self._session.scalars(
                select(MonitoredServer).where(MonitoredServer.is_local.is_(True))
            )
        ).one_or_none()

    async def create(self, actor: Actor, new: ServerCreate) -> MonitoredServer:
        """Enter a machine. It is due at once; without a host key it waits for approval."""
        await self._refuse_taken(new.name, (new.host, new.port, new.username), None)
        await self._refuse_unknown(new)
        now = self._clock.now()
        server = MonitoredServer(
            id=uuid7(),
            **{name: getattr(new, name) for name in _PLAIN},
            is_enabled=new.is_enabled,
            status=ServerStatus.UNKNOWN if new.is_enabled else ServerStatus.DISABLED,
            reason="Not asked yet." if new.is_enabled else "Collection is switched off.",
            reason_kind="never_asked" if new.is_enabled else "disabled",
            status_since=now,
            next_due_at=now,
            slow_due_at=now,
            created_at=now,
            updated_at=now,
        )
        await self._enter(server, tags=new.tags, groups=new.groups)
        await self._set_sudo_credential(server.id, new.sudo_credential_id)
        await server_links.redraw(self._session, server)
        if new.host_key is not None:
            self._pin(server.id, new.host_key, actor)
            await self._session.flush()
        await self._targets.build(self._session, server)  # refuses jump loops and lost secrets
        self._outbox.announce(actor, ServerAdded.of(server))
        await self._record(actor, "server.created", server, details=_details(server))
        return server

    async def ensure_local(self, actor: Actor, *, name: str, username: str) -> MonitoredServer:
        """Enter the machine that Unity runs on, once; it needs no login."""
        server = await self.find_local()
        if server is not None:
            return server
        now = self._clock.now()
        server = MonitoredServer(
            id=uuid7(),
            name=await self._free_name(name),
            host="localhost",
            port=0,  # no TCP port: the pair with the user name stays apart from SSH to localhost
            username=username,
            is_local=True,
            sudo=SudoMode.NONE,
            status=ServerStatus.UNKNOWN,
            status_since=now,
            next_due_at=now,
            slow_due_at=now,
            created_at=now,
            updated_at=now,
        )
        await self._enter(server, tags=(), groups=())
        self._outbox.announce(actor, ServerAdded.of(server))
        await self._record(actor, "server.created", server, details={"is_local": True})
        return server

    async def edit(self, actor: Actor, server_id: uuid.UUID, edit: ServerEdit) -> MonitoredServer:
        """Change the fields that the request names."""
        server = await self.get(server_id)
        changes = edit.model_dump(exclude_unset=True)
        for name in _NEVER_NULL:
            if changes.get(name, "") is None:
                del changes[name]
        if changes.pop("row_version", server.row_version) != server.row_version:
            raise ServerEditedMeanwhile(
                f"Somebody edited {server.name} after you opened it; nothing was changed.",
                fix="Reload the page and edit it again.",
                row_version=server.row_version,
            )
        self._refuse_local_login(server, changes)
        await self._refuse_unknown(edit, server)
        leads = any(name in changes and changes[name] != getattr(server, name) for name in LEADS)
        before = _details(server)
        for name in _PLAIN:
            if name in changes:
                setattr(server, name, changes[name])
        await self._refuse_taken(
            server.name, (server.host, server.port, server.username), server.id
        )
        await self._apply(server, changes)
        if leads:
            await refuse_foreign_login(self._session, server)
        await self._targets.build(self._session, server)
        self._tell_name(actor, server, str(before["name"]))
        await self._record(
            actor,
            "server.edited",
            server,
            details={"before": before, "after": _details(server), "fields": [*sorted(changes)]},
        )
        return server

    async def _apply(self, server: MonitoredServer, changes: Mapping[str, object]) -> None:
        """Write the edit, and what belongs to the server in other tables."""
        now = self._clock.now()
        server.row_version += 1
        server.updated_at = now
        if server.is_enabled and not changes.keys() <= {"notes", "tags", "groups", "name"}:
            server.next_due_at = now  # the edit may have mended it; ask at once
        await self._session.flush()
        if "name" in changes:
            await self._resources.rename(server.id, server.name)
        if "sudo_credential_id" in changes:
            credential_id = changes["sudo_credential_id"]
            await self._set_sudo_credential(
                server.id, credential_id if isinstance(credential_id, uuid.UUID) else None
            )
        await server_links.redraw(self._session, server)
        if "tags" in changes or "groups" in changes:
            await self._labels.replace(
                server.id, tags=_texts(changes, "tags"), groups=_texts(changes, "groups")
            )

    async def set_enabled(
        self, actor: Actor, server_id: uuid.UUID, *, is_enabled: bool
    ) -> MonitoredServer:
        """Switch the collection of a server on or off."""
        server = await self.get(server_id)
        if server.is_enabled == is_enabled:
            return server
        now = self._clock.now()
        server.is_enabled = is_enabled
        server.status = ServerStatus.UNKNOWN if is_enabled else ServerStatus.DISABLED
        server.reason = "Not asked since it was enabled." if is_enabled else "Switched off."
        server.reason_kind = "never_asked" if is_enabled else "disabled"
        server.fix = ""
        server.status_since = server.updated_at = now
        server.next_due_at = server.slow_due_at = now
        server.row_version += 1
        event = ServerEnabled if is_enabled else ServerDisabled
        self._outbox.announce(actor, event.of(server))
        await self._record(actor, "server.enabled" if is_enabled else "server.disabled", server)
        return server

    async def use_key(self, actor: Actor, server_id: uuid.UUID, ssh_key_id: uuid.UUID) -> None:
        """Log in with this key from now on; called when it was seen to open the machine."""
        server = await self.get(server_id)
        server.ssh_key_id = ssh_key_id
        server.row_version += 1
        server.next_due_at = server.updated_at = self._clock.now()
        await server_links.redraw(self._session, server)
        await self._record(
            actor, "server.login_changed", server, details={"ssh_key_id": str(ssh_key_id)}
        )

    async def _enter(
        self, server: MonitoredServer, *, tags: Sequence[str], groups: Sequence[str]
    ) -> None:
        await self._resources.create(NewResource(server.id, ResourceKind.SERVER, server.name))
        self._session.add(server)
        await self._session.flush()
        await self._labels.replace(server.id, tags=tags, groups=groups or None)

    def _pin(self, server_id: uuid.UUID, approved: ApprovedHostKey, actor: Actor) -> None:
        key = parse_host_key(approved.public)
        if key.fingerprint != approved.fingerprint:
            raise HostKeyMismatch(
                f"The host key has the fingerprint {key.fingerprint}, not {approved.fingerprint}.",
                fix="Probe the server again and compare the fingerprint.",
            )
        now = self._clock.now()
        self._session.add(
            HostKeyPin(
                server_id=server_id,
                algorithm=key.algorithm,
                public=key.public,
                fingerprint=key.fingerprint,
                state=HostKeyState.APPROVED,
                decided_by=actor.name[:120],
                created_at=now,
                updated_at=now,
            )
        )

    async def _set_sudo_credential(
        self, server_id: uuid.UUID, credential_id: uuid.UUID | None
    ) -> None:
        await self._session.execute(
            delete(ServerCredentialUse).where(
                ServerCredentialUse.server_id == server_id, ServerCredentialUse.purpose == SUDO
            )
        )
        if credential_id is not None:
            self._session.add(
                ServerCredentialUse(server_id=server_id, credential_id=credential_id, purpose=SUDO)
            )
            await self._session.flush()

    async def _free_name(self, wanted: str) -> str:
        taken = set(
            await self._session.scalars(
                select(MonitoredServer.name).where(MonitoredServer.name.startswith(wanted))
            )
        )
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted} ({number})", number + 1
        return name

    async def _refuse_taken(
        self, name: str, login: tuple[str, int, str], own_id: uuid.UUID | None
    ) -> None:
        with self._session.no_autoflush:
            by_name = await self._session.scalar(
                select(MonitoredServer.id).where(MonitoredServer.name == name)
            )
            host, port, username = login
            same = (
                await self._session.execute(
                    select(MonitoredServer.id, MonitoredServer.name).where(
                        MonitoredServer.host == host,
                        MonitoredServer.port == port,
                        MonitoredServer.username == username,
                    )
                )
            ).one_or_none()
        if by_name not in (None, own_id):
            raise ServerNameTaken(
                f"There is a server named {name!r} already.", fix="Choose another name.", name=name
            )
        if same is not None and same.id != own_id:
            raise ServerAlreadyEntered(
                f"{username}@{host}:{port} is entered already, as {same.name!r}.",
                fix="Open that server, or use another user name.",
                server_id=str(same.id),
            )

    async def _refuse_unknown(
        self, request: ServerCreate | ServerEdit, server: MonitoredServer | None = None
    ) -> None:
        """Refuse what does not exist for this person; what the server has already may stay."""
        kept: set[uuid.UUID | None] = {None}
        if server is not None:
            kept |= {server.ssh_key_id, server.credential_id, server.jump_server_id}
            kept.add(await sudo_login(self._session, server.id, SUDO))
        wanted: tuple[tuple[type[SSHKey | ServerCredential | MonitoredServer], str, str], ...] = (
            (SSHKey, "ssh_key_id", "SSH key"),
            (ServerCredential, "credential_id", "login"),
            (ServerCredential, "sudo_credential_id", "login for sudo"),
            (MonitoredServer, "jump_server_id", "jump host"),
        )
        for table, name, title in wanted:
            identifier = getattr(request, name)
            if identifier not in kept and await self._session.get(table, identifier) is None:
                raise UnknownReference(
                    f"The {title} does not exist.", fix="Choose another one.", field=name
                )

    @staticmethod
    def _refuse_local_login(server: MonitoredServer, changes: Mapping[str, object]) -> None:
        refused = [name for name in _NOT_FOR_LOCAL if name in changes]
        if server.is_local and any(changes[name] != getattr(server, name) for name in refused):
            raise LocalServerFixed(
                f"{server.name} is the machine that Unity runs on and is reached without SSH;"
                f" {', '.join(refused)} cannot be edited.",
                fix="Enter it a second time as localhost to reach it by SSH.",
            )

    def _tell_name(self, actor: Actor, server: MonitoredServer, before: str) -> None:
        if before != server.name:
            renamed = ServerRenamed(
                object_id=server.id, object_name=server.name, resource_id=server.id, before=before
            )
            self._outbox.announce(actor, renamed)

    async def _record(
        self,
        actor: Actor,
        action: str,
        server: MonitoredServer,
        *,
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        await self._session.flush()
        await self._audit.record(
            actor,
            action,
            kind="server",
            object_id=server.id,
            name=server.name,
            details=details,
            resource_id=server.id,
        )


def _details(server: MonitoredServer) -> dict[str, JsonValue]:
    values = {name: getattr(server, name) for name in _PLAIN}
    return {
        name: value if isinstance(value, int | float | None) else str(value)
        for name, value in values.items()
    }


def _texts(changes: Mapping[str, object], name: str) -> Sequence[str] | None:
    value = changes.get(name)
    return [str(item) for item in value] if isinstance(value, list) else None
