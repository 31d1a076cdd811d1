"""Destinations of backups and the passphrase: what people set, and what opens it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr
from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Sealed, Vault
from app.kernel.database import Session
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.backup_destination import BackupDestination, DestinationKind
from app.models.core.backup_setting import BackupSetting
from app.ports.archive_store import Place
from app.schemas.core.backup import BackupSettingsRead, DestinationWrite
from app.services.core.audit import AuditLog
from app.services.core.backup.errors import (
    DestinationNameTaken,
    DestinationNotFound,
    PassphraseNotSet,
)
from app.services.core.backup.places import FIELDS, SECRETS, check, place_of, reached
from app.services.core.backup.retention import Retention
from app.services.core.permissions import Actor

_KEEP = ("keep_last", "keep_daily", "keep_weekly", "keep_monthly")


@dataclass(frozen=True, slots=True)
class OpenDestination:
    """A destination with what opens it."""

    id: uuid.UUID
    name: str
    place: Place = field(repr=False)
    retention: Retention


class Destinations:
    """The places that backups are copied to, in the caller's transaction."""

    def __init__(self, session: Session, clock: Clock, vault: Vault, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit

    async def settings(self) -> BackupSettingsRead:
        """Tell whether there is a passphrase."""
        row = await self._setting()
        return BackupSettingsRead(
            has_passphrase=row is not None, passphrase_set_at=row.updated_at if row else None
        )

    async def set_passphrase(self, actor: Actor, passphrase: SecretStr) -> BackupSettingsRead:
        """Encrypt all new archives with this one; those that exist keep theirs."""
        row = await self._setting()
        if row is None:
            row = BackupSetting(id=uuid7(), version=0)
            self._session.add(row)
        # Each write seals anew, under a new version: an older blob put back does not open.
        row.version += 1
        row.passphrase = self._vault.seal(
            passphrase.get_secret_value(), _passphrase_ref(row.id, row.version)
        )
        row.updated_at = self._clock.now()
        await self._session.flush()
        await self._audit.record(
            actor, "backup.passphrase_set", kind="backup", object_id=row.id, name="passphrase"
        )
        return await self.settings()

    async def passphrase(self) -> str:
        """Open the passphrase, or raise `PassphraseNotSet`."""
        row = await self._setting()
        if row is None:
            raise PassphraseNotSet(
                "There is no passphrase for backups.", fix="Set one under System, Backup."
            )
        ref = _passphrase_ref(row.id, row.version)
        return self._vault.open(row.passphrase, ref, "encrypt or read a backup")

    async def list(self) -> Sequence[BackupDestination]:
        """Return all, by name."""
        rows = await self._session.scalars(
            select(BackupDestination).order_by(BackupDestination.name)
        )
        return rows.all()

    async def get(self, destination_id: uuid.UUID) -> BackupDestination:
        """Return one."""
        row = await self._session.get(BackupDestination, destination_id)
        if row is None:
            raise DestinationNotFound("There is no destination with this id.")
        return row

    async def create(self, actor: Actor, wish: DestinationWrite) -> BackupDestination:
        """Add a destination."""
        now = self._clock.now()
        row = BackupDestination(id=uuid7(), version=0, created_at=now, updated_at=now)
        await self._write(row, wish)
        self._session.add(row)
        await self._record(actor, "backup_destination.created", row)
        return row

    async def edit(
        self, actor: Actor, destination_id: uuid.UUID, wish: DestinationWrite
    ) -> BackupDestination:
        """Change a destination; secrets that are left out stay while it is the same place."""
        row = await self.get(destination_id)
        await self._write(row, wish)
        await self._record(actor, "backup_destination.changed", row)
        return row

    async def delete(self, actor: Actor, destination_id: uuid.UUID) -> None:
        """Forget a destination; the archives there stay."""
        row = await self.get(destination_id)
        await self._session.delete(row)
        await self._record(actor, "backup_destination.deleted", row)

    async def opened(self, destination_id: uuid.UUID) -> OpenDestination:
        """Return one with what opens it."""
        return self._open(await self.get(destination_id))

    async def enabled(self) -> Sequence[OpenDestination]:
        """Return those that backups are copied to, with what opens them."""
        return [self._open(row) for row in await self.list() if row.is_enabled]

    def _open(self, row: BackupDestination) -> OpenDestination:
        place = place_of(DestinationKind(row.kind), row.place, self._secrets(row), str(row.id))
        keep = Retention(row.keep_last, row.keep_daily, row.keep_weekly, row.keep_monthly)
        return OpenDestination(row.id, row.name, place, keep)

    async def _write(self, row: BackupDestination, wish: DestinationWrite) -> None:
        await self._check_name(row.id, wish.name)
        new: dict[str, JsonValue] = {name: getattr(wish, name) for name in FIELDS[wish.kind]}
        stays = row.version > 0 and row.kind == wish.kind and _same_place(wish.kind, row.place, new)
        secrets = _secrets(wish, self._secrets(row) if stays else {})
        check(wish.kind, new, secrets)
        row.name, row.kind, row.is_enabled, row.place = wish.name, wish.kind, wish.is_enabled, new
        for name in _KEEP:
            setattr(row, name, getattr(wish, name))
        row.version += 1
        row.secret = self._sealed(row, secrets)
        row.updated_at = self._clock.now()

    def _sealed(self, row: BackupDestination, secrets: Mapping[str, str]) -> Sealed | None:
        if not secrets:
            return None
        return self._vault.seal(json.dumps(dict(secrets)), _secret_ref(row))

    def _secrets(self, row: BackupDestination) -> dict[str, str]:
        if row.secret is None:
            return {}
        text = self._vault.open(row.secret, _secret_ref(row), "reach a destination of backups")
        secrets: dict[str, str] = json.loads(text)
        return secrets

    async def _check_name(self, own: uuid.UUID, name: str) -> None:
        taken = await self._session.scalar(
            select(BackupDestination.id).where(
                BackupDestination.name == name, BackupDestination.id != own
            )
        )
        if taken is not None:
            raise DestinationNameTaken(f"There is a destination {name} already.")

    async def _setting(self) -> BackupSetting | None:
        return await self._session.scalar(select(BackupSetting).limit(1))

    async def _record(self, actor: Actor, action: str, row: BackupDestination) -> None:
        await self._session.flush()
        await self._audit.record(
            actor,
            action,
            kind="backup_destination",
            object_id=row.id,
            name=row.name,
            details={"kind": row.kind, "place": row.place},
        )


def _secrets(wish: DestinationWrite, stored: Mapping[str, str]) -> dict[str, str]:
    """Take what was typed, and else what is stored. One way of logging in replaces the other."""
    typed = {
        name: value.get_secret_value()
        for name in SECRETS[wish.kind]
        if (value := getattr(wish, name)) is not None
    }
    base = dict(stored)
    if "password" in typed:
        base = {}
    if "private_key" in typed:
        base.pop("password", None)
        base.pop("private_key_passphrase", None)
    return {name: value for name, value in {**base, **typed}.items() if value}


def _same_place(
    kind: DestinationKind, old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]
) -> bool:
    """Tell whether it is the server that a secret was entered for; it goes to no other."""
    return all(old.get(name) == new.get(name) for name in reached(kind))


def _passphrase_ref(row_id: uuid.UUID, version: int) -> Ref:
    return Ref(BackupSetting.__tablename__, row_id, "passphrase", version)


def _secret_ref(row: BackupDestination) -> Ref:
    return Ref(BackupDestination.__tablename__, row.id, "secret", row.version)
