"""The login of a database: which one, and what follows from a change."""

import uuid

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, InvalidInput, NotFound
from app.models.core.resource import Resource
from app.models.credentials.server_credential import ServerCredential
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    LoginMode,
)
from app.models.infrastructure.monitored_server import MonitoredServer, ServerCredentialUse
from app.schemas.infrastructure.database_instance import DatabaseLoginEdit
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.infrastructure import server_links
from app.services.infrastructure.container_engines import inside_of
from app.services.infrastructure.databases.scripts import LoginScript, script_for
from app.services.infrastructure.databases.visits import purpose_of
from app.services.infrastructure.server_errors import UnknownReference

_BY_SOCKET = (DatabaseKind.POSTGRESQL, DatabaseKind.MYSQL, DatabaseKind.MARIADB)


class DatabaseNotFound(NotFound):
    """No database has this id."""


class DatabaseStillThere(Conflict):
    """A database that its machine still shows cannot be forgotten."""


class LoginImpossible(InvalidInput):
    """This way of logging in does not exist for this database."""


class DatabaseService:
    """Changes what people may change of a database, in one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def get(self, database_id: uuid.UUID) -> DatabaseInstance:
        """Return one database, or raise `DatabaseNotFound`."""
        row = await self._session.get(DatabaseInstance, database_id)
        if row is None:
            raise DatabaseNotFound("There is no database with this id.", fix="Reload the list.")
        return row

    async def set_login(
        self, actor: Actor, database_id: uuid.UUID, edit: DatabaseLoginEdit
    ) -> DatabaseInstance:
        """Log in this way from now on; it is tried at once."""
        row = await self.get(database_id)
        await self._refuse_impossible(row, edit)
        purpose = purpose_of(row.id)
        await self._session.execute(
            delete(ServerCredentialUse).where(
                ServerCredentialUse.server_id == row.server_id,
                ServerCredentialUse.purpose == purpose,
            )
        )
        if edit.mode is LoginMode.CREDENTIAL and edit.credential_id is not None:
            self._session.add(
                ServerCredentialUse(
                    server_id=row.server_id, credential_id=edit.credential_id, purpose=purpose
                )
            )
        row.login = edit.mode
        row.login_user = edit.user if edit.mode is LoginMode.SOCKET else ""
        row.login_database = edit.database
        row.refused, row.refusals, row.refused_at = "", 0, None
        now = self._clock.now()
        row.next_due_at = row.deep_due_at = row.updated_at = now
        await self._session.flush()
        server = await self._session.get_one(MonitoredServer, row.server_id)
        await server_links.redraw(self._session, server)
        await self._record(
            actor,
            "database.login_changed",
            row,
            {"mode": edit.mode.value, "credential_id": _text(edit.credential_id)},
        )
        return row

    async def note_check(self, actor: Actor, database_id: uuid.UUID) -> None:
        """Write down that somebody wants it asked now."""
        await self._record(actor, "database.check_requested", await self.get(database_id), {})

    async def script(self, database_id: uuid.UUID) -> LoginScript:
        """Return the script that makes a login which may only read."""
        row = await self.get(database_id)
        server = await self._session.get_one(MonitoredServer, row.server_id)
        return script_for(
            DatabaseKind(row.kind),
            row.version,
            inside=await inside_of(self._session, row),
            account=server.username,
        )

    async def forget(self, actor: Actor, database_id: uuid.UUID) -> None:
        """Forget a database that was taken away; one that is still shown would come back."""
        row = await self.get(database_id)
        if row.missing_since is None:
            raise DatabaseStillThere(
                f"{row.name} is still there.",
                fix="Stop it on its machine first; then it can be forgotten here.",
            )
        await self._session.execute(
            delete(ServerCredentialUse).where(
                ServerCredentialUse.server_id == row.server_id,
                ServerCredentialUse.purpose == purpose_of(row.id),
            )
        )
        server = await self._session.get_one(MonitoredServer, row.server_id)
        await server_links.redraw(self._session, server)
        await self._session.execute(
            delete(DatabaseInstance).where(DatabaseInstance.id == database_id)
        )
        await self._session.execute(delete(Resource).where(Resource.id == database_id))
        await self._record(actor, "database.forgotten", row, {})

    async def _refuse_impossible(self, row: DatabaseInstance, edit: DatabaseLoginEdit) -> None:
        if edit.mode is LoginMode.SOCKET:
            if row.kind not in _BY_SOCKET or not any(door.get("path") for door in row.doors):
                raise LoginImpossible(
                    f"{row.name} has no unix socket that tells it who asks.",
                    fix="Use a stored login.",
                    field="mode",
                )
            return
        if edit.mode is not LoginMode.CREDENTIAL:
            return
        wanted = select(ServerCredential.id).where(ServerCredential.id == edit.credential_id)
        if edit.credential_id is None or await self._session.scalar(wanted) is None:
            raise UnknownReference(
                "The login does not exist.", fix="Choose another one.", field="credential_id"
            )

    async def _record(
        self, actor: Actor, action: str, row: DatabaseInstance, details: dict[str, str | None]
    ) -> None:
        await self._audit.record(
            actor,
            action,
            kind="database_instance",
            object_id=row.id,
            name=row.name,
            details=dict(details),
            resource_id=row.server_id,
        )


def _text(identifier: uuid.UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
