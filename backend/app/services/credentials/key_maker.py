"""Makes and reads key pairs, which takes seconds: in a thread, and before the transaction."""

import asyncio

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.schemas.credentials.ssh_key import SSHKeyGenerate, SSHKeyImport, SSHKeyRead
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.key_cost import refuse_laborious
from app.services.core.permissions import Actor
from app.services.credentials import key_material
from app.services.credentials.ssh_keys import NewKey, SSHKeyService


class KeyMaker:
    """Computes first, and then stores: meanwhile Unity serves and writes for everybody else."""

    def __init__(self, database: Database, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._clock = clock
        self._vault = vault

    async def generate(self, actor: Actor, new: SSHKeyGenerate) -> SSHKeyRead:
        """Make a key pair. It is stored before anything else sees it."""
        return await self._store(actor, await asyncio.to_thread(made, new))

    async def take_over(self, actor: Actor, new: SSHKeyImport) -> SSHKeyRead:
        """Store a key pair that a person brings."""
        return await self._store(actor, await asyncio.to_thread(read, new))

    async def _store(self, actor: Actor, new: NewKey) -> SSHKeyRead:
        async with self._database.transaction() as session:
            audit = AuditLog(session, self._clock, self._vault.subkey(KEY_INFO))
            return await SSHKeyService(session, self._clock, audit, self._vault).store(actor, new)


def made(new: SSHKeyGenerate) -> NewKey:
    """Make a key pair; blocks."""
    return NewKey(new.name, key_material.generate(new.kind))


def read(new: SSHKeyImport) -> NewKey:
    """Read a key file, and make sure that its passphrase opens it; blocks."""
    text = new.private_key.get_secret_value()
    passphrase = (new.passphrase.get_secret_value() if new.passphrase else None) or None
    refuse_laborious(text)
    pair = key_material.read_private_key(text, passphrase)
    return NewKey(new.name, pair, passphrase, is_imported=True)
