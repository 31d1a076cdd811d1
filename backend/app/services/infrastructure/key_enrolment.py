"""Puts a key on a server and makes it the server's login, once it was seen to open it."""

import uuid
from dataclasses import dataclass, replace

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.kernel.errors import Conflict, UnityError, UpstreamFailed
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.monitored_server import MonitoredServer
from app.ports.shell import PasswordLogin, ShellError, Shells, Target
from app.schemas.infrastructure.connection import KeyInstallReport
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor, system
from app.services.credentials.events import SSHKeyInstalled
from app.services.credentials.key_install import Installation, Installed, KeyInstaller
from app.services.credentials.one_time_secrets import OneTimeSecrets
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.servers import ServerService
from app.services.infrastructure.targets import TargetBuilder

PURPOSE = "install_key"


class NoLoginForInstall(Conflict):
    """There is no login with which the key could be put there."""


class LocalNeedsNoKey(Conflict):
    """The local machine is reached without SSH."""


class ServerNotReached(UpstreamFailed):
    """The old login did not get in, so nothing could be changed."""

    title = "The server could not be reached"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Which key, where, and with which one-time password."""

    server_id: uuid.UUID
    ssh_key_id: uuid.UUID
    secret_id: uuid.UUID | None = None
    username: str = ""
    given_path: str = ""


class KeyEnroller:
    """Opens the shell for the credentials' installer, then flips the server's login."""

    def __init__(self, database: Database, shells: Shells, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault
        self._clock = clock
        self._installer = KeyInstaller(database, shells, vault, clock)

    async def enrol(self, enrolment: Enrolment, requested_by: str) -> KeyInstallReport:
        """Install, prove, and log in with the key from now on. May be started again."""
        target = await self._target(enrolment)
        installation = Installation(
            enrolment.ssh_key_id, enrolment.server_id, target, enrolment.given_path
        )
        try:
            installed = await self._installer.resume(installation)
            if installed is None:
                installed = await self._install(enrolment, installation)
        except UnityError:
            await self._forget(enrolment)  # a crash keeps it, for the run that is started again
            raise
        await self._use(enrolment, target, installed, system(requested_by))
        await self._forget(enrolment)
        return KeyInstallReport(
            server_id=enrolment.server_id,
            ssh_key_id=enrolment.ssh_key_id,
            deployment_id=installed.deployment_id,
            path=installed.path,
            account=target.username,
            message="The key is installed, and a new connection with it alone got in.",
        )

    async def remove(self, enrolment: Enrolment) -> None:
        """Remove the key's line over the server's own login; refused for that login itself."""
        target = await self._target(enrolment)
        async with self._database.snapshot() as session:
            server = await session.get_one(MonitoredServer, enrolment.server_id)
            if server.ssh_key_id == enrolment.ssh_key_id:
                raise Conflict(
                    f"{server.name} is logged in to with this key.",
                    fix="Give the server another login first.",
                )
        installation = Installation(enrolment.ssh_key_id, enrolment.server_id, target)
        try:
            async with self._shells.open(target) as shell:
                await self._installer.remove(installation, shell)
        except ShellError as error:
            raise ServerNotReached(error.detail, fix=error.fix) from error

    async def _install(self, enrolment: Enrolment, installation: Installation) -> Installed:
        target = await self._way_in(enrolment, installation.target)
        try:
            async with self._shells.open(target) as shell:
                return await self._installer.install(installation, shell)
        except ShellError as error:
            raise ServerNotReached(error.detail, fix=error.fix) from error
        finally:
            await self._shells.forget(target.key)

    async def _target(self, enrolment: Enrolment) -> Target:
        async with self._database.snapshot() as session:
            server = await session.get(MonitoredServer, enrolment.server_id)
            if server is None:
                raise ServerNotFound("There is no server with this id.")
            if server.is_local:
                raise LocalNeedsNoKey(f"{server.name} is reached without SSH; it needs no key.")
            target = await TargetBuilder(self._vault).build(session, server)
        return replace(target, username=enrolment.username or target.username)

    async def _way_in(self, enrolment: Enrolment, target: Target) -> Target:
        """Return the target with the one-time password, under a pool key of its own."""
        if enrolment.secret_id is None:
            if not target.logins:
                raise NoLoginForInstall(
                    "No login is stored for the server, and no one-time password came.",
                    fix="Enter the account's password once.",
                )
            return replace(target, key=f"{target.key}:install")
        async with self._database.snapshot() as session:
            secrets = OneTimeSecrets(session, self._clock, self._vault)
            password = await secrets.open(enrolment.secret_id, PURPOSE)
        return replace(
            target,
            key=f"{target.key}:install",
            logins=(PasswordLogin(password),),
            sudo_password=password,
            version=str(enrolment.secret_id),
        )

    async def _forget(self, enrolment: Enrolment) -> None:
        if enrolment.secret_id is not None:
            async with self._database.transaction() as session:
                secrets = OneTimeSecrets(session, self._clock, self._vault)
                await secrets.forget(enrolment.secret_id)

    async def _announce(
        self,
        session: Session,
        server: MonitoredServer,
        enrolment: Enrolment,
        account: str,
        actor: Actor,
    ) -> None:
        key = await session.get_one(SSHKey, enrolment.ssh_key_id)
        installed = SSHKeyInstalled(
            object_id=key.id,
            object_name=key.name,
            resource_id=server.id,
            account=account,
            machine=server.name,
        )
        Outbox(session, self._clock).announce(actor, installed)

    async def _use(
        self, enrolment: Enrolment, target: Target, installed: Installed, actor: Actor
    ) -> None:
        async with self._database.transaction() as session:
            audit = AuditLog(session, self._clock, self._vault.subkey(KEY_INFO))
            server = await session.get(MonitoredServer, enrolment.server_id)
            if server is not None and server.username == target.username:
                servers = ServerService(session, self._clock, audit, TargetBuilder(self._vault))
                await servers.use_key(actor, enrolment.server_id, enrolment.ssh_key_id)
            if server is not None:
                await self._announce(session, server, enrolment, target.username, actor)
            await audit.record(
                actor,
                "ssh_key.installed",
                kind="ssh_key",
                object_id=enrolment.ssh_key_id,
                name=f"{target.username}@{target.host}",
                details={"path": installed.path, "server_id": str(enrolment.server_id)},
                resource_id=enrolment.server_id,
            )
