"""The Ed25519 keys that sign checkpoints, and the check of a signature by the public half."""

import base64
import binascii
import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Session
from app.kernel.errors import InvalidInput
from app.kernel.ids import uuid7
from app.models.core.audit_checkpoint import AuditSigningKey
from app.services.core.checkpoint_form import SignatureCheck

_RAW = 32


class NotAPublicKey(InvalidInput):
    """The key that was given is no Ed25519 public key."""

    title = "This is not a public key"


def key_name(public: bytes) -> str:
    """Return the name of a key: the beginning of its hash."""
    return hashlib.sha256(public).hexdigest()[:16]


class SigningKeys:
    """Makes the key at the first use and signs with it."""

    def __init__(self, session: Session, clock: Clock, vault: Vault) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault

    async def current(self) -> AuditSigningKey:
        """Return the key in use."""
        row = await self._session.scalar(
            select(AuditSigningKey)
            .where(AuditSigningKey.retired_at.is_(None))
            .order_by(AuditSigningKey.created_at.desc())
            .limit(1)
        )
        return await self._create() if row is None else row

    def sign(self, key: AuditSigningKey, text: str) -> str:
        """Return the signature, in base64."""
        ref = Ref("audit_signing_key", key.id, "private")
        raw = self._vault.open_bytes(key.private, ref, "sign a checkpoint of the audit log")
        signature = Ed25519PrivateKey.from_private_bytes(raw).sign(text.encode())
        return base64.b64encode(signature).decode()

    async def _create(self) -> AuditSigningKey:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        key_id = uuid7()
        row = AuditSigningKey(
            id=key_id,
            name=key_name(public),
            public=base64.b64encode(public).decode(),
            private=self._vault.seal(
                private.private_bytes_raw(), Ref("audit_signing_key", key_id, "private")
            ),
            created_at=self._clock.now(),
        )
        self._session.add(row)
        await self._session.flush()
        return row


def read_public_keys(text: str) -> Mapping[str, bytes]:
    """Read one or several public keys, each a PEM block or a line of base64, by their names."""
    keys: dict[str, bytes] = {}
    if "-----BEGIN" in text:
        for block in text.split("-----BEGIN PUBLIC KEY-----")[1:]:
            raw = _from_pem("-----BEGIN PUBLIC KEY-----" + block)
            keys[key_name(raw)] = raw
    else:
        for word in text.split():
            raw = _from_base64(word)
            keys[key_name(raw)] = raw
    if not keys:
        raise NotAPublicKey("There is no key in it.", fix="Copy it from the page Audit again.")
    return keys


def signature_check(keys: Mapping[str, bytes]) -> SignatureCheck:
    """Return the check for checkpoints of these keys; others' signatures do not count."""

    def is_signed(name: str, text: str, signature: str) -> bool:
        raw = keys.get(name)
        if raw is None:
            return False
        try:
            given = base64.b64decode(signature, validate=True)
            Ed25519PublicKey.from_public_bytes(raw).verify(given, text.encode())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    return is_signed


def _from_pem(block: str) -> bytes:
    try:
        key = load_pem_public_key(block.encode())
    except ValueError as error:
        raise NotAPublicKey("The PEM block cannot be read.", fix="Copy the whole of it.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NotAPublicKey("It is not an Ed25519 key.", fix="Copy it from the page Audit.")
    return key.public_bytes_raw()


def _from_base64(word: str) -> bytes:
    try:
        raw = base64.b64decode(word, validate=True)
    except binascii.Error as error:
        raise NotAPublicKey(f"{word[:20]!r} is not base64.", fix="Copy the whole key.") from error
    if len(raw) != _RAW:
        raise NotAPublicKey("The key has not 32 bytes.", fix="Copy the whole key.")
    return raw
