"""Which databases are due, and all that a visit needs to know: read in one go, secrets opened."""

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.credentials.server_credential import ServerCredential
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    LoginMode,
)
from app.models.infrastructure.monitored_server import MonitoredServer, ServerCredentialUse
from app.ports.database_driver import DatabaseLogin
from app.ports.shell import Target
from app.services.infrastructure.databases.states import may_try
from app.services.infrastructure.facts.databases.found import Door
from app.services.infrastructure.targets import TargetBuilder, TargetUnusable, open_password

# Twice the longest visit: a killed worker's databases are asked again after that.
_LEASE = timedelta(seconds=90)
_SOCKET_FIRST = (DatabaseKind.MYSQL, DatabaseKind.MARIADB)


@dataclass(frozen=True, slots=True)
class Visit:
    """A database that is to be asked now."""

    database_id: uuid.UUID
    server_id: uuid.UUID
    name: str
    kind: DatabaseKind
    target: Target
    doors: tuple[Door, ...]
    login: DatabaseLogin
    mark: str  # of the login, so that one that was refused is known again
    host_path: str = ""
    is_deep: bool = False
    databases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Due:
    """What was taken: visits, and databases whose login is not to be tried now."""

    visits: tuple[Visit, ...] = ()
    resting: tuple[uuid.UUID, ...] = ()


def purpose_of(database_id: uuid.UUID) -> str:
    """Return the purpose under which a database's login is kept among those of its server."""
    return f"db:{database_id.hex}"


class Visits:
    """Takes databases for visits. The only reader of their secrets."""

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault
        self._targets = TargetBuilder(vault)

    async def take_due(self, limit: int) -> Due:
        """Take up to `limit` databases that are due, the longest waiting first."""
        now = self._clock.now()
        is_due = DatabaseInstance.next_due_at <= now
        async with self._database.snapshot() as session:
            ids = (
                await session.scalars(
                    select(DatabaseInstance.id)
                    .join(MonitoredServer, MonitoredServer.id == DatabaseInstance.server_id)
                    .where(is_due, MonitoredServer.is_enabled)
                    .order_by(DatabaseInstance.next_due_at, DatabaseInstance.id)
                    .limit(limit)
                )
            ).all()
        if not ids:
            return Due()
        async with self._database.transaction() as session:
            taken = (
                await session.scalars(
                    update(DatabaseInstance)
                    .where(DatabaseInstance.id.in_(ids), is_due)
                    .values(next_due_at=now + _LEASE)
                    .returning(DatabaseInstance.id)
                    .execution_options(synchronize_session=False)
                )
            ).all()
        return await self._prepare(DatabaseInstance.id.in_(taken))

    async def take(self, database_id: uuid.UUID) -> Due:
        """Take this one now, due or not, and try its login even if it was refused."""
        return await self._prepare(DatabaseInstance.id == database_id, is_asked_for=True)

    async def _prepare(self, chosen: ColumnElement[bool], *, is_asked_for: bool = False) -> Due:
        async with self._database.snapshot() as session:
            rows = (
                await session.scalars(
                    select(DatabaseInstance).where(chosen, DatabaseInstance.missing_since.is_(None))
                )
            ).all()
            servers = (
                await session.scalars(
                    select(MonitoredServer).where(
                        MonitoredServer.id.in_({row.server_id for row in rows}),
                        MonitoredServer.is_enabled,
                    )
                )
            ).all()
            targets = await self._targets.build_many(session, servers)
            logins = await _credentials(session, rows)
        accounts = {server.id: server.username for server in servers}
        visits, resting = [], []
        for row in rows:
            target = targets.get(row.server_id)
            if not isinstance(target, Target):
                continue  # the server's own page says why nobody can log in to it
            visit = self._visit(row, target, logins.get(row.id), accounts[row.server_id])
            if visit is not None and (is_asked_for or self._may_try(row, visit.mark)):
                visits.append(visit)
            else:
                resting.append(row.id)
        return Due(tuple(visits), tuple(resting))

    def _may_try(self, row: DatabaseInstance, mark: str) -> bool:
        return may_try(mark, row.refused, row.refusals, row.refused_at, self._clock.now())

    def _visit(
        self,
        row: DatabaseInstance,
        target: Target,
        credential: ServerCredential | None,
        account: str,
    ) -> Visit | None:
        login = DatabaseLogin(database=row.login_database)
        version = 0
        if row.login == LoginMode.CREDENTIAL:
            if credential is None:
                return None
            version = credential.version
            try:
                password = open_password(self._vault, credential, f"log in to {row.name}")
            except TargetUnusable:
                return None
            login = DatabaseLogin(credential.username, password, row.login_database)
        elif row.login == LoginMode.SOCKET:
            login = DatabaseLogin(row.login_user or account, None, row.login_database)
        return Visit(
            database_id=row.id,
            server_id=row.server_id,
            name=row.name,
            kind=DatabaseKind(row.kind),
            target=target,
            doors=_doors(row),
            login=login,
            mark=_mark(row, credential, version),
            host_path=row.host_path,
            is_deep=row.deep_due_at is None or row.deep_due_at <= self._clock.now(),
        )


def _doors(row: DatabaseInstance) -> tuple[Door, ...]:
    """Return where to knock, in order: passwords over TCP, accounts over unix sockets."""
    doors = [Door.model_validate(door) for door in row.doors]
    if row.login == LoginMode.SOCKET:
        return tuple(door for door in doors if door.path)
    # MySQL counts a login over TCP as one from an address, and its users are of localhost.
    is_socket_first = row.kind in _SOCKET_FIRST
    return tuple(sorted(doors, key=lambda door: bool(door.path) != is_socket_first))


def _mark(row: DatabaseInstance, credential: ServerCredential | None, version: int) -> str:
    key = None if credential is None else credential.id
    parts = (row.login, row.login_user, row.login_database, key, version)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


async def _credentials(
    session: AsyncSession, rows: Sequence[DatabaseInstance]
) -> dict[uuid.UUID, ServerCredential]:
    """Return the stored login of each database that has one."""
    wanted = {purpose_of(row.id): row.id for row in rows if row.login == LoginMode.CREDENTIAL}
    if not wanted:
        return {}
    found = await session.execute(
        select(ServerCredentialUse.purpose, ServerCredential)
        .join(ServerCredential, ServerCredential.id == ServerCredentialUse.credential_id)
        .where(ServerCredentialUse.purpose.in_(_words(wanted)))
    )
    return {wanted[purpose]: credential for purpose, credential in found}


def _words(wanted: Collection[str]) -> list[str]:
    return sorted(wanted)
