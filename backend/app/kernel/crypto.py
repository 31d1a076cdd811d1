"""Envelope encryption bound to the cell, and the keys that are derived from the root key.

blob = "U1" | alg(1) | kek_id(8) | wrap_nonce(12) | wrapped_dek(48) | nonce(12) | ciphertext+tag
AES-256-GCM (NIST SP 800-38D) with a fresh data key for each record version. The additional data
names table, id, column and version, each with its length in front, so that a blob moved to
another cell, or an older version put back under a newer number, does not open.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.kernel.errors import StartRefused

MAGIC = b"U1"
ALG_AES_256_GCM = 1
KEY_BYTES = 32
NONCE_BYTES = 12
_HEADER = struct.Struct("!2sB8s12s48s12s")
ROOT_KEY_NAME = "root.key"


class CannotOpen(Exception):
    """A secret does not open: another root key, another cell, or changed bytes."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Encrypted bytes; printing one shows nothing."""

    blob: bytes

    def __repr__(self) -> str:
        """Hide even the ciphertext from logs."""
        return "***"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Ref:
    """The cell that a secret belongs to."""

    table: str
    id: uuid.UUID
    column: str
    version: int = 1

    def additional_data(self) -> bytes:
        """Name the cell unambiguously."""
        parts = (b"unity/1", self.table.encode(), self.id.bytes, self.column.encode())
        framed = b"".join(struct.pack("!I", len(part)) + part for part in parts)
        return framed + struct.pack("!Q", self.version)


class Vault:
    """The only way into and out of a secret column."""

    def __init__(self, root_key: bytes) -> None:
        if len(root_key) != KEY_BYTES:
            raise ValueError("The root key has 32 bytes.")
        self._root_key = root_key
        self._kek = derive(root_key, b"kek/1")
        self.kek_id = hashlib.sha256(b"kek-id" + self._kek).digest()[:8]

    def __repr__(self) -> str:
        """Show no key."""
        return f"Vault(kek {self.kek_id.hex()})"

    def seal(self, value: str | bytes, ref: Ref) -> Sealed:
        """Encrypt for exactly this cell and version."""
        plain = value.encode() if isinstance(value, str) else value
        aad = ref.additional_data()
        data_key = AESGCM.generate_key(256)
        wrap_nonce, nonce = os.urandom(NONCE_BYTES), os.urandom(NONCE_BYTES)
        wrapped = AESGCM(self._kek).encrypt(wrap_nonce, data_key, b"dek" + aad)
        header = _HEADER.pack(MAGIC, ALG_AES_256_GCM, self.kek_id, wrap_nonce, wrapped, nonce)
        return Sealed(header + AESGCM(data_key).encrypt(nonce, plain, aad))

    def open_bytes(self, sealed: Sealed, ref: Ref, purpose: str) -> bytes:
        """Decrypt. `purpose` says in the caller's words what the secret is used for."""
        if not purpose:
            raise ValueError("Say what the secret is opened for.")
        try:
            header = sealed.blob[: _HEADER.size]
            magic, alg, kek_id, wrap_nonce, wrapped, nonce = _HEADER.unpack(header)
        except struct.error as error:
            raise CannotOpen(f"{ref.table}.{ref.column} is cut short.") from error
        if magic != MAGIC or alg != ALG_AES_256_GCM:
            raise CannotOpen(f"{ref.table}.{ref.column} has a form that this version cannot read.")
        if not hmac.compare_digest(kek_id, self.kek_id):
            raise CannotOpen(f"{ref.table}.{ref.column} was sealed with another root key.")
        aad = ref.additional_data()
        try:
            data_key = AESGCM(self._kek).decrypt(wrap_nonce, wrapped, b"dek" + aad)
            return AESGCM(data_key).decrypt(nonce, sealed.blob[_HEADER.size :], aad)
        except InvalidTag as error:
            raise CannotOpen(
                f"{ref.table}.{ref.column} of {ref.id} was changed, or belongs to another row."
            ) from error

    def open(self, sealed: Sealed, ref: Ref, purpose: str) -> str:
        """Decrypt text; see `open_bytes`."""
        return self.open_bytes(sealed, ref, purpose).decode()

    def subkey(self, info: bytes) -> bytes:
        """Return a 32-byte key of its own for another use: token pepper, audit HMAC, CSRF."""
        return derive(self._root_key, b"sub/" + info)


def derive(root_key: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of the root key for one use."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(root_key)


def read_root_key(folder: Path) -> bytes | None:
    """Return the root key, None when there is none yet; refuse one that others can read."""
    path = folder / ROOT_KEY_NAME
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"The root key {path} cannot be read: {error}.") from error
    if mode & 0o077:
        raise StartRefused(
            f"Others can read the root key: run `chmod 600 {path}`, then start again."
        )
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StartRefused(f"{path} holds no root key of Unity; restore it from your backup.")
    return key


def create_root_key(folder: Path) -> bytes:
    """Make a new root key; never over an existing one."""
    key = secrets.token_bytes(KEY_BYTES)
    path = folder / ROOT_KEY_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(key).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StartRefused(f"The root key {path} cannot be written: {error.strerror}.") from error
    return key
