"""Targets: from a server's row to where and as whom to log in, secrets opened for this use."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.crypto import CannotOpen, Ref, Vault
from app.kernel.errors import Conflict
from app.kernel.narrowing import whole
from app.models.credentials.server_credential import ServerCredential
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
    ServerCredentialUse,
    SudoMode,
)
from app.ports.shell import HostKey, Login, PasswordLogin, PrivateKeyLogin, Target

MAX_JUMPS = 5
SUDO = "sudo"  # ServerCredentialUse.purpose
RowT = TypeVar("RowT", SSHKey, ServerCredential, MonitoredServer)


class TargetUnusable(Conflict):
    """What is stored about a server does not make a login."""


class JumpLoop(TargetUnusable):
    """The jump hosts lead in a circle, or through too many machines."""


@dataclass(slots=True)
class _Stored:
    """All rows that some servers' targets are made of, read in a constant number of queries."""

    servers: dict[uuid.UUID, MonitoredServer]
    keys: dict[uuid.UUID, SSHKey]
    credentials: dict[uuid.UUID, ServerCredential]
    sudo: dict[uuid.UUID, uuid.UUID]
    pins: dict[uuid.UUID, list[HostKeyPin]] = field(default_factory=lambda: defaultdict(list))


class TargetBuilder:
    """Makes targets. The only reader of login secrets for the SSH service."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def build(self, session: AsyncSession, server: MonitoredServer) -> Target:
        """Return the target of one server, or raise `TargetUnusable`."""
        target = (await self.build_many(session, [server]))[server.id]
        if isinstance(target, TargetUnusable):
            raise target
        return target

    async def build_many(
        self, session: AsyncSession, servers: Sequence[MonitoredServer]
    ) -> dict[uuid.UUID, Target | TargetUnusable]:
        """Return each server's target, or why it has none; one bad row does not stop the rest."""
        stored = await _read(session, servers)
        return {server.id: self._try(server, stored) for server in servers}

    def _try(self, server: MonitoredServer, stored: _Stored) -> Target | TargetUnusable:
        try:
            return self._build(server, stored, ())
        except TargetUnusable as error:
            return error

    def _build(
        self, server: MonitoredServer, stored: _Stored, above: tuple[uuid.UUID, ...]
    ) -> Target:
        if server.id in above or len(above) > MAX_JUMPS:
            raise JumpLoop(
                f"The jump hosts of {server.name} lead in a circle"
                f" or through more than {MAX_JUMPS} machines.",
                fix="Edit the server and choose another jump host.",
            )
        jump = self._jump(server, stored, above)
        target = Target(
            key=str(server.id),
            host=server.host,
            port=server.port,
            username=server.username,
            logins=tuple(self._logins(server, stored)),
            pinned=tuple(
                HostKey(pin.algorithm, pin.public, pin.fingerprint)
                for pin in stored.pins.get(server.id, [])
            ),
            jump=jump,
            sudo_password=self._sudo_password(server, stored),
            is_local=server.is_local,
        )
        return replace(target, version=_version(server, stored, jump))

    def _jump(
        self, server: MonitoredServer, stored: _Stored, above: tuple[uuid.UUID, ...]
    ) -> Target | None:
        if server.jump_server_id is None:
            return None
        jump_server = stored.servers.get(server.jump_server_id)
        if jump_server is None:
            raise TargetUnusable(
                f"The jump host of {server.name} does not exist.",
                fix="Edit the server and choose another jump host.",
            )
        jump = self._build(jump_server, stored, (*above, server.id))
        # The local machine is where we are already.
        return None if jump.is_local else jump

    def _logins(self, server: MonitoredServer, stored: _Stored) -> Iterable[Login]:
        if server.ssh_key_id is not None:
            key = stored.keys[server.ssh_key_id]
            yield open_private_key(self._vault, key, f"log in to {server.name}")
        if server.credential_id is not None:
            credential = stored.credentials[server.credential_id]
            yield PasswordLogin(open_password(self._vault, credential, f"log in to {server.name}"))

    def _sudo_password(self, server: MonitoredServer, stored: _Stored) -> str | None:
        if server.sudo != SudoMode.PASSWORD:
            return None
        credential_id = stored.sudo.get(server.id, server.credential_id)
        if credential_id is None:
            raise TargetUnusable(
                f"sudo on {server.name} wants a password, and none is stored.",
                fix="Edit the server: choose a credential for sudo, or sudo without password.",
            )
        return open_password(
            self._vault, stored.credentials[credential_id], f"sudo on {server.name}"
        )


def open_private_key(vault: Vault, key: SSHKey, purpose: str) -> PrivateKeyLogin:
    """Open a key pair for a login, or raise `TargetUnusable`."""
    ref = Ref("ssh_key", key.id, "private_key", key.version)
    passphrase_ref = replace(ref, column="passphrase")
    try:
        return PrivateKeyLogin(
            vault.open(key.private_key, ref, purpose),
            None if key.passphrase is None else vault.open(key.passphrase, passphrase_ref, purpose),
        )
    except CannotOpen as error:
        raise _sealed_shut(f"SSH key {key.name}", error) from error


def open_password(vault: Vault, credential: ServerCredential, purpose: str) -> str:
    """Open a password for a login, or raise `TargetUnusable`."""
    ref = Ref("server_credential", credential.id, "password", credential.version)
    try:
        return vault.open(credential.password, ref, purpose)
    except CannotOpen as error:
        raise _sealed_shut(f"login {credential.name}", error) from error


def _sealed_shut(what: str, error: CannotOpen) -> TargetUnusable:
    return TargetUnusable(
        f"The {what} cannot be decrypted: {error}",
        fix="Restore the row from a backup, or store the secret again.",
    )


def _version(server: MonitoredServer, stored: _Stored, jump: Target | None) -> str:
    """Digest what a kept connection depends on: an edit of any of it ends the connection."""
    key = None if server.ssh_key_id is None else stored.keys[server.ssh_key_id]
    ids = (server.credential_id, stored.sudo.get(server.id))
    credentials = [stored.credentials[used] for used in ids if used is not None]
    parts = (
        server.host,
        server.port,
        server.username,
        server.sudo,
        (key.id, key.version) if key else None,
        [(credential.id, credential.version) for credential in credentials],
        sorted(pin.fingerprint for pin in stored.pins.get(server.id, [])),
        jump.version if jump else None,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


async def _read(session: AsyncSession, servers: Sequence[MonitoredServer]) -> _Stored:
    every = await _with_jumps(session, servers)
    ids = list(every)
    key_ids = {server.ssh_key_id for server in every.values() if server.ssh_key_id}
    credential_ids = {server.credential_id for server in every.values() if server.credential_id}
    # A login is put together from whatever the server names: who may use which secret is settled
    # where a server is entered or edited.
    uses = await session.execute(
        whole(
            select(ServerCredentialUse.server_id, ServerCredentialUse.credential_id).where(
                ServerCredentialUse.server_id.in_(ids), ServerCredentialUse.purpose == SUDO
            )
        )
    )
    sudo = dict(uses.all())
    stored = _Stored(
        servers=every,
        keys={key.id: key for key in await _rows(session, SSHKey, key_ids)},
        credentials={
            row.id: row
            for row in await _rows(session, ServerCredential, credential_ids | set(sudo.values()))
        },
        sudo=sudo,
    )
    pins = await session.scalars(
        whole(
            select(HostKeyPin).where(
                HostKeyPin.server_id.in_(ids), HostKeyPin.state == HostKeyState.APPROVED
            )
        )
    )
    for pin in pins:
        stored.pins[pin.server_id].append(pin)
    return stored


async def _with_jumps(
    session: AsyncSession, servers: Sequence[MonitoredServer]
) -> dict[uuid.UUID, MonitoredServer]:
    """Add the jump hosts, and theirs: one query for each step of the longest chain."""
    every = {server.id: server for server in servers}
    for _ in range(MAX_JUMPS + 1):
        missing = {
            server.jump_server_id for server in every.values() if server.jump_server_id
        } - every.keys()
        if not missing:
            break
        for server in await _rows(session, MonitoredServer, missing):
            every[server.id] = server
    return every


async def _rows(
    session: AsyncSession, table: type[RowT], ids: Collection[uuid.UUID]
) -> Sequence[RowT]:
    if not ids:
        return []
    return (await session.scalars(whole(select(table).where(table.id.in_(ids))))).all()
