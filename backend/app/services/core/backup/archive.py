"""The check of an archive: every byte, every row, and whether its key opens its secrets."""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.kernel.crypto import KEY_BYTES, CannotOpen, Sealed, Vault
from app.models.core.vault_canary import VaultCanary
from app.services.core import vault_canary
from app.services.core.backup import content
from app.services.core.backup.content import Manifest, Member, read_manifest, read_shapes, table_of
from app.services.core.backup.envelope import Header
from app.services.core.backup.errors import BackupDamaged, BackupKeyMissing, WrongRootKey
from app.services.core.backup.rows import Fingerprint, Shape, decode_lines

_CANARY = VaultCanary.__tablename__


@dataclass(frozen=True, slots=True)
class Verified:
    """An archive that is whole."""

    header: Header
    manifest: Manifest
    root_key: bytes | None = field(repr=False)  # None: an archive without key material
    canary: Sealed | None = field(repr=False)

    @property
    def vault(self) -> Vault | None:
        """What opens the secrets inside, by the archive's own key."""
        return None if self.root_key is None else Vault(self.root_key)


def verify(source: Path, passphrase: str) -> Verified:
    """Read all of it, and raise what is wrong. Blocks: call it in a thread."""
    check = _Check(source.name)
    with content.reading(source, passphrase) as reader:
        for member in reader.members():
            check.take(member)
        return check.verdict(reader.header)


def check_canary(vault: Vault, sealed: Sealed | None, name: str) -> None:
    """Make sure that the key opens what it must: the one secret that every Unity has."""
    if sealed is None:
        raise BackupDamaged(f"{name} holds no canary, which every Unity has.")
    try:
        vault_canary.open_canary(vault, sealed, "verify a backup")
    except CannotOpen as error:
        raise WrongRootKey(
            f"The root key does not open the secrets of {name}.",
            fix="Nothing in it can be decrypted with this key; use another backup or key.",
        ) from error


class _Check:
    """Counts and hashes what comes by, and compares it with the manifest at the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shapes: dict[str, Shape] = {}
        self._tables: dict[str, Fingerprint] = {}
        self._files: dict[str, str] = {}
        self._manifest: Manifest | None = None
        self._root_key: bytes | None = None
        self._canary: Sealed | None = None

    def take(self, member: Member) -> None:
        """Look at the next piece."""
        if self._manifest is not None:
            raise BackupDamaged(f"{self._name} goes on after its end.")
        table = table_of(member)
        if member.name == content.SHAPES:
            self._shapes = read_shapes(member, self._name)
            self._tables = {name: Fingerprint() for name in self._shapes}
        elif member.name == content.MANIFEST:
            self._manifest = read_manifest(member, self._name)
        elif table is None:
            self._take_file(member)
        else:
            self._take_rows(member, table)

    def _take_rows(self, member: Member, table: str) -> None:
        shape = self._shapes.get(table)
        if shape is None:
            raise BackupDamaged(f"{self._name} holds rows of {table}, which it does not describe.")
        lines = member.content.splitlines(keepends=True)
        for line in lines:
            self._tables[table].add(line)
        with readable(self._name, table):
            for row in decode_lines(lines, shape):
                if table == _CANARY and row.get("id") == vault_canary.ROW:
                    self._canary = _sealed(row.get("sealed"))

    def _take_file(self, member: Member) -> None:
        self._files[member.name] = hashlib.sha256(member.content).hexdigest()
        if member.name == content.ROOT_KEY:
            self._root_key = _key(member.content, self._name)

    def verdict(self, header: Header) -> Verified:
        """Compare what came with what was promised."""
        manifest = self._manifest
        if manifest is None:
            raise BackupDamaged(f"{self._name} ends without saying what it holds.")
        found = {name: one.entry for name, one in self._tables.items()}
        for table in sorted(found.keys() | manifest.tables.keys()):
            if found.get(table) != manifest.tables.get(table):
                raise BackupDamaged(
                    f"{self._name} is damaged: the rows of {table} are not those that were saved."
                )
        if self._files != manifest.files:
            raise BackupDamaged(f"{self._name} is damaged: its files are not those of its list.")
        if header.has_key and self._root_key is None:
            raise BackupKeyMissing(
                f"{self._name} says that it holds its root key, but it does not.",
                fix="Its secrets cannot be opened without that key; use another backup.",
            )
        verified = Verified(header, manifest, self._root_key, self._canary)
        if verified.vault is not None:
            check_canary(verified.vault, self._canary, self._name)
        return verified


@contextmanager
def readable(name: str, table: str) -> Iterator[None]:
    """Turn what a row cannot be into words."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise BackupDamaged(f"A row of {table} in {name} cannot be read: {error}.") from error


def _sealed(value: object) -> Sealed | None:
    return Sealed(value) if isinstance(value, bytes) else None


def _key(text: bytes, name: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BackupKeyMissing(f"What {name} holds as its root key is none.", fix="Use another.")
    return key
