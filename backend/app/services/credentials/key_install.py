"""Installs a public key on an account, so that at every moment a stored login works.

The steps of each installation: commit the intent, do the effect, commit the result. Each effect
may be done twice. The old login is never touched; the key counts only after a new connection that
offered nothing else has got in.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Database
from app.kernel.errors import Conflict, UpstreamFailed
from app.kernel.ids import uuid7
from app.models.credentials.ssh_key import DeploymentState, SSHKey, SSHKeyDeployment
from app.ports.shell import (
    Command,
    Files,
    PrivateKeyLogin,
    Shell,
    ShellError,
    Shells,
    Target,
    TransferFailed,
)
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.permissions import system
from app.services.credentials.authorized_keys import (
    OwnLine,
    append,
    holds,
    holds_own,
    without_own,
)
from app.services.credentials.key_place import KeyPlace, find_key_place
from app.services.credentials.ssh_keys import SSHKeyNotFound

_LIMIT = 64 * 1024 * 1024
_TRIES = 5
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_DETAIL = 500
_RECORDED = {
    DeploymentState.VERIFIED: "verified",
    DeploymentState.FAILED: "install_failed",
    DeploymentState.REMOVED: "removed",
}


class KeyNotInstalled(UpstreamFailed):
    """The key was not installed; the machine is as it was."""

    title = "The key was not installed"


class AuthorizedKeysBusy(Conflict):
    """Something else keeps writing the file."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What is to be installed where. `target` is the way in; its logins are not used."""

    ssh_key_id: uuid.UUID
    resource_id: uuid.UUID
    target: Target
    given_path: str = ""

    @property
    def account(self) -> str:
        """The account whose file is edited."""
        return self.target.username


@dataclass(frozen=True, slots=True)
class _Key:
    """A key with its private half opened for the verification."""

    line: OwnLine
    login: PrivateKeyLogin
    version: int


@dataclass(frozen=True, slots=True)
class _Staged:
    """A committed intent. What got in before may be the only way in, and is never taken back."""

    key: _Key
    deployment_id: uuid.UUID
    got_in_before: bool

    @property
    def after_failure(self) -> DeploymentState:
        """What a failed attempt leaves."""
        return DeploymentState.INSTALLED if self.got_in_before else DeploymentState.FAILED


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it."""

    deployment_id: uuid.UUID
    path: str
    verified_at: datetime


class KeyInstaller:
    """Installs and removes public keys through a shell that the caller has opened."""

    def __init__(self, database: Database, shells: Shells, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._shells = shells
        self._vault = vault
        self._clock = clock

    async def install(self, wanted: Installation, shell: Shell) -> Installed:
        """Install, then prove by a new connection; on failure take back the own line."""
        staged = await self._stage(wanted)
        key, deployment_id = staged.key, staged.deployment_id
        try:
            async with shell.files() as files:
                place = await find_key_place(shell, files, wanted.account, wanted.given_path)
                await self._write(shell, files, place, key.line)
        except (UpstreamFailed, ShellError, AuthorizedKeysBusy) as error:
            await self._result(deployment_id, staged.after_failure, detail=error.detail)
            raise _as_not_installed(error) from error
        await self._result(deployment_id, DeploymentState.INSTALLED, path=place.path)
        try:
            await self._verify(wanted, key)
        except ShellError as error:
            if staged.got_in_before:
                await self._result(deployment_id, staged.after_failure, detail=error.detail)
                raise KeyNotInstalled(
                    f"The key stands in {place.path} and got in before, but a new connection with"
                    f" it failed now: {error.detail}",
                    fix="The line was left there. Try again; if it goes on, look at sshd's log.",
                ) from error
            await self._undo(shell, place, key.line, deployment_id, error)
            raise KeyNotInstalled(
                f"The key was put into {place.path}, but a new connection with it failed:"
                f" {error.detail}",
                fix="Check PubkeyAuthentication and AuthorizedKeysFile in sshd_config, and that"
                " the home folder is not writable by others (StrictModes).",
            ) from error
        now = self._clock.now()
        await self._result(deployment_id, DeploymentState.VERIFIED, verified_at=now)
        return Installed(deployment_id, place.path, now)

    async def resume(self, wanted: Installation) -> Installed | None:
        """Prove an installation that a crash interrupted; None when the key does not let in."""
        staged = await self._stage(wanted)
        path = await self._path(staged.deployment_id)
        if not path:
            return None
        try:
            await self._verify(wanted, staged.key)
        except ShellError:
            return None
        now = self._clock.now()
        await self._result(staged.deployment_id, DeploymentState.VERIFIED, verified_at=now)
        return Installed(staged.deployment_id, path, now)

    async def remove(self, wanted: Installation, shell: Shell) -> None:
        """Remove the own line of the key; lines of others with the same key stay."""
        staged = await self._stage(wanted)
        deployment_id = staged.deployment_id
        try:
            async with shell.files() as files:
                place = await find_key_place(shell, files, wanted.account, wanted.given_path)
                await self._erase(files, place, staged.key.line)
        except (UpstreamFailed, ShellError) as error:
            await self._result(deployment_id, DeploymentState.INSTALLED, detail=error.detail)
            raise
        await self._result(deployment_id, DeploymentState.REMOVED, path=place.path)

    async def _stage(self, wanted: Installation) -> _Staged:
        """Commit the intent; a deployment that is there already keeps its state."""
        async with self._database.transaction() as session:
            key = await session.get(SSHKey, wanted.ssh_key_id)
            if key is None:
                raise SSHKeyNotFound("There is no SSH key with this id.")
            deployment = await self._deployment(session, wanted)
            stands = deployment.state in (DeploymentState.INSTALLED, DeploymentState.VERIFIED)
            got_in_before = stands and deployment.verified_at is not None
            return _Staged(self._open(key), deployment.id, got_in_before)

    async def _deployment(self, session: AsyncSession, wanted: Installation) -> SSHKeyDeployment:
        found = await session.scalars(
            select(SSHKeyDeployment).where(
                SSHKeyDeployment.ssh_key_id == wanted.ssh_key_id,
                SSHKeyDeployment.resource_id == wanted.resource_id,
                SSHKeyDeployment.account == wanted.account,
            )
        )
        deployment = found.one_or_none()
        if deployment is None:
            now = self._clock.now()
            deployment = SSHKeyDeployment(
                id=uuid7(),
                ssh_key_id=wanted.ssh_key_id,
                resource_id=wanted.resource_id,
                account=wanted.account,
                state=DeploymentState.STAGED,
                created_at=now,
                updated_at=now,
            )
            session.add(deployment)
            await session.flush()
        return deployment

    def _open(self, key: SSHKey) -> _Key:
        ref = Ref("ssh_key", key.id, "private_key", key.version)
        purpose = f"verify the installation of {key.name}"
        passphrase = key.passphrase
        return _Key(
            line=OwnLine(key.public_key, key.id, key.version),
            login=PrivateKeyLogin(
                self._vault.open(key.private_key, ref, purpose),
                None
                if passphrase is None
                else self._vault.open(passphrase, replace(ref, column="passphrase"), purpose),
            ),
            version=key.version,
        )

    async def _write(self, shell: Shell, files: Files, place: KeyPlace, line: OwnLine) -> None:
        if not place.folder_exists:
            await files.make_dir(place.folder, mode=_FOLDER_MODE)
        for _ in range(_TRIES):
            before = await _read(files, place.path)
            if holds(before, line):
                return
            after = append(before, line)
            if await _read(files, place.path) != before:
                continue  # somebody edits the file at this moment
            await _replace(files, place, after)
            if await _read(files, place.path) == after:
                await _restore_label(shell, place)
                return
        raise AuthorizedKeysBusy(
            f"{place.path} kept changing while the key was added.",
            fix="Wait until whatever writes it (configuration management?) has finished.",
        )

    async def _erase(self, files: Files, place: KeyPlace, line: OwnLine) -> None:
        for _ in range(_TRIES):
            before = await _read(files, place.path)
            if not holds_own(before, line):
                return
            after = without_own(before, line)
            if await _read(files, place.path) != before:
                continue
            await _replace(files, place, after)
        if holds_own(await _read(files, place.path), line):
            raise TransferFailed(f"{place.path} kept changing while the key was removed.")

    async def _verify(self, wanted: Installation, key: _Key) -> None:
        """Log in over a new connection that offers this key and nothing else."""
        pool_key = f"{wanted.target.key}:verify:{uuid7()}"
        target = replace(wanted.target, key=pool_key, logins=(key.login,), version=str(key.version))
        try:
            async with self._shells.open(target) as shell:
                await shell.run(Command(("true",)))
        finally:
            await self._shells.forget(pool_key)

    async def _undo(
        self,
        shell: Shell,
        place: KeyPlace,
        line: OwnLine,
        deployment_id: uuid.UUID,
        cause: ShellError,
    ) -> None:
        """Take back the own line over the old connection, which is still open."""
        detail = cause.detail
        try:
            async with shell.files() as files:
                await self._erase(files, place, line)
        except ShellError as error:
            detail = f"{detail} The line could not be taken back: {error.detail}"
        await self._result(deployment_id, DeploymentState.FAILED, detail=detail)

    async def _path(self, deployment_id: uuid.UUID) -> str:
        async with self._database.snapshot() as session:
            return (await session.get_one(SSHKeyDeployment, deployment_id)).path

    async def _result(
        self,
        deployment_id: uuid.UUID,
        state: DeploymentState,
        *,
        path: str | None = None,
        detail: str = "",
        verified_at: datetime | None = None,
    ) -> None:
        async with self._database.transaction() as session:
            deployment = await session.get(SSHKeyDeployment, deployment_id)
            if deployment is None:
                return  # the server was deleted meanwhile
            deployment.state = state
            deployment.detail = detail[:_DETAIL]
            deployment.updated_at = self._clock.now()
            if path is not None:
                deployment.path = path
            if verified_at is not None:
                deployment.verified_at = verified_at
            elif state in (DeploymentState.FAILED, DeploymentState.REMOVED):
                deployment.verified_at = None  # the line is not there any more
            if state in _RECORDED:
                await self._record(session, deployment)

    async def _record(self, session: AsyncSession, deployment: SSHKeyDeployment) -> None:
        """Note the outcome; who asked for it stands in the entry of the request."""
        await session.flush()
        await AuditLog(session, self._clock, self._vault.subkey(KEY_INFO)).record(
            system("key installer"),
            f"ssh_key.{_RECORDED[deployment.state]}",
            kind="ssh_key",
            object_id=deployment.ssh_key_id,
            name=deployment.account,
            details={"path": deployment.path, "detail": deployment.detail},
            resource_id=deployment.resource_id,
        )


async def _read(files: Files, path: str) -> bytes:
    if await files.stat(path) is None:
        return b""
    return await files.read(path, limit=_LIMIT)


async def _replace(files: Files, place: KeyPlace, content: bytes) -> None:
    before = place.before
    if before is None:
        await files.write_atomic(place.path, content, mode=_FILE_MODE)
    else:
        await files.write_atomic(
            place.path, content, mode=before.mode, uid=before.uid, gid=before.gid
        )


async def _restore_label(shell: Shell, place: KeyPlace) -> None:
    """Give the file its SELinux label: the one of where it was made may be closed to sshd."""
    if place.has_selinux:
        await shell.run_many(
            [Command(("restorecon", place.folder)), Command(("restorecon", place.path))]
        )


def _as_not_installed(
    error: UpstreamFailed | ShellError | AuthorizedKeysBusy,
) -> UpstreamFailed | AuthorizedKeysBusy:
    if isinstance(error, ShellError):
        return KeyNotInstalled(error.detail, fix=error.fix)
    return error
