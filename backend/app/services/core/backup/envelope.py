"""The shell of an archive: a readable header, then chunks that only the passphrase opens.

    "UNITYBAK" | form (2) | length of the header (4) | header (JSON) | SHA-256 of all so far (32)
    chunks of 256 KiB, each AES-256-GCM with its tag (16)
    "UNITYEND" | SHA-256 of all so far (32)

Argon2id makes a key of the passphrase, HKDF with the file's own salt the key of the chunks. The
nonce is the chunk's number with a last byte that is 1 for the last one only (the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár), and the header is the additional data of
each chunk: nothing can be cut, moved, repeated, or put under another header.
"""

import hashlib
import hmac
import os
import struct
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import BinaryIO

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.services.core.backup.errors import (
    BackupDamaged,
    BackupTooNew,
    BackupTruncated,
    WrongPassphrase,
)

FORMAT = 2  # 1 was the plain gzipped tar of Unity 0.1
CHUNK = 256 * 1024
_TAG = 16
_MAGIC, _END = b"UNITYBAK", b"UNITYEND"
_PREFIX = struct.Struct("!8sHI")
_TRAILER = len(_END) + 32
_LONGEST_HEADER = 64 * 1024
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Strength:
    """How dear one guess of the passphrase is (RFC 9106: Argon2id)."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4


class _Kdf(BaseModel):
    """The numbers that a header carries; bounded, so that no file makes us use all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_kib: int = Field(ge=8, le=2 * 1024 * 1024)
    passes: int = Field(ge=1, le=64)
    lanes: int = Field(ge=1, le=64)
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")


class Header(BaseModel):
    """What an archive says of itself to everybody; authenticated with each chunk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str  # of the Unity that made it
    revision: str  # of its schema
    engine: str
    created_at: str
    has_key: bool  # False: share-safe, without key material
    kek_id: str  # which root key opens the secrets inside
    kdf: _Kdf
    salt: str = Field(pattern=r"^[0-9a-f]{64}$")
    check: str = Field(pattern=r"^[0-9a-f]{32}$")  # tells a wrong passphrase from a damaged file


@dataclass(frozen=True, slots=True)
class About:
    """The facts of a new archive that go into its header."""

    version: str
    revision: str
    engine: str
    created_at: str
    has_key: bool
    kek_id: str


@dataclass(frozen=True, slots=True)
class _Keys:
    chunks: bytes
    check: str


# A restore reads its archive several times, and each guess is made dear on purpose.
@lru_cache(maxsize=1)
def _keys(passphrase: str, kdf: _Kdf, salt: str) -> _Keys:
    try:
        master = hash_secret_raw(
            passphrase.encode(),
            bytes.fromhex(kdf.salt),
            time_cost=kdf.passes,
            memory_cost=kdf.memory_kib,
            parallelism=kdf.lanes,
            hash_len=32,
            type=Type.ID,
        )
    except HashingError as error:
        raise BackupDamaged(f"The passphrase could not be stretched: {error}.") from error
    material = HKDF(SHA256(), length=48, salt=bytes.fromhex(salt), info=b"unity-backup/2").derive(
        master
    )
    return _Keys(material[:32], material[32:].hex())


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")


class EnvelopeWriter(BufferedIOBase):
    """Encrypts what is written to it; only `close` makes the file complete."""

    def __init__(
        self, target: BinaryIO, about: About, passphrase: str, strength: Strength | None = None
    ) -> None:
        super().__init__()
        kdf = _Kdf(**asdict(strength or Strength()), salt=os.urandom(16).hex())
        salt = os.urandom(32).hex()
        keys = _keys(passphrase, kdf, salt)
        self.header = Header(**asdict(about), kdf=kdf, salt=salt, check=keys.check)
        text = self.header.model_dump_json().encode()
        self._target = target
        self._digest = hashlib.sha256()
        self._cipher = AESGCM(keys.chunks)
        self._aad = hashlib.sha256(text).digest()
        self._buffer = bytearray()
        self._number = 0
        self._put(_PREFIX.pack(_MAGIC, FORMAT, len(text)) + text)
        self._put(self._digest.digest())

    def writable(self) -> bool:
        """Say yes: `gzip` asks."""
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]  # narrower than any buffer
        """Take plain bytes."""
        self._buffer += data
        # One chunk is held back, since only the end shows which one is the last.
        while len(self._buffer) > CHUNK:
            self._seal(bytes(self._buffer[:CHUNK]), is_last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def finish(self) -> str:
        """Write the end; return the SHA-256 of the file."""
        self._seal(bytes(self._buffer), is_last=True)
        self._buffer.clear()
        self._put(_END)
        self._put(self._digest.digest())
        return self._digest.hexdigest()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._put(self._cipher.encrypt(nonce, plain, self._aad))
        self._number += 1

    def _put(self, data: bytes) -> None:
        self._target.write(data)
        self._digest.update(data)


class EnvelopeReader(RawIOBase):
    """Gives the plain bytes of an archive back, each of them authenticated."""

    def __init__(self, file: BinaryIO, name: str, passphrase: str) -> None:
        super().__init__()
        self._file, self._name = file, name
        self._digest = hashlib.sha256()
        self.header, text, self._left = _open(file, name, self._digest)
        keys = _keys(passphrase, self.header.kdf, self.header.salt)
        if not hmac.compare_digest(keys.check, self.header.check):
            raise WrongPassphrase(
                f"The passphrase does not open {name}.",
                fix="Use the passphrase that was set when this backup was made.",
            )
        self._cipher = AESGCM(keys.chunks)
        self._aad = hashlib.sha256(text).digest()
        self._plain = b""
        self._at = 0
        self._number = 0

    def readable(self) -> bool:
        """Say yes: `gzip` asks."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` plain bytes; nothing at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        if self._at >= len(self._plain):
            self._plain, self._at = self._next(), 0
        piece = self._plain[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def _next(self) -> bytes:
        if not self._left:
            return b""
        raw = self._file.read(min(CHUNK + _TAG, self._left))
        self._left -= len(raw)
        self._digest.update(raw)
        is_last = not self._left
        try:
            plain = self._cipher.decrypt(_nonce(self._number, is_last=is_last), raw, self._aad)
        except InvalidTag as error:
            raise BackupDamaged(
                f"{self._name} is damaged: part {self._number + 1} was changed after it was made.",
                fix="Use another backup.",
            ) from error
        self._number += 1
        if is_last:
            self._check_end()
        return plain

    def _check_end(self) -> None:
        self._digest.update(_END)
        digest = self._digest.digest()
        trailer = self._file.read(_TRAILER)
        if trailer != _END + digest:
            raise BackupDamaged(
                f"{self._name} is damaged: its checksum at the end does not fit.",
                fix="Use another backup.",
            )


def read_header(path: Path) -> Header:
    """Return what the archive says of itself; only reading all of it proves that it is true."""
    with path.open("rb") as file:
        return _open(file, path.name, hashlib.sha256())[0]


def _open(file: BinaryIO, name: str, digest: "hashlib._Hash") -> tuple[Header, bytes, int]:
    """Read up to the first chunk; return the header, its bytes and the length of all chunks."""
    size = os.fstat(file.fileno()).st_size
    prefix = file.read(_PREFIX.size)
    _check_kind(prefix, name)
    if len(prefix) < _PREFIX.size:
        raise _cut(name)
    _, form, length = _PREFIX.unpack(prefix)
    if form != FORMAT:
        raise BackupTooNew(
            f"{name} has the form {form}, which this version of Unity cannot read.",
            fix="Restore it with the Unity that made it, or a newer one.",
        )
    if length > _LONGEST_HEADER:
        raise BackupDamaged(f"{name} is damaged: its header is too long.", fix="Use another.")
    text, proof = file.read(length), file.read(32)
    if len(proof) < 32:  # noqa: PLR2004 - the length of a SHA-256
        raise _cut(name)
    digest.update(prefix + text)
    if digest.digest() != proof:
        raise BackupDamaged(f"{name} is damaged: its header was changed.", fix="Use another.")
    digest.update(proof)
    chunks = size - _PREFIX.size - length - 32 - _TRAILER
    if chunks < _TAG or not _has_end(file, size):
        raise _cut(name)
    try:
        return Header.model_validate_json(text), text, chunks
    except ValidationError as error:
        raise BackupDamaged(f"{name} is damaged: its header makes no sense.") from error


def _check_kind(prefix: bytes, name: str) -> None:
    if prefix.startswith(_GZIP):
        raise BackupDamaged(
            f"{name} has the first form, without encryption.",
            fix="Restore it with Unity 0.1, upgrade, and make a new backup.",
        )
    if not prefix.startswith(_MAGIC[: len(prefix)]) or not prefix:
        raise BackupDamaged(f"{name} is no backup of Unity.", fix="Use another file.")


def _has_end(file: BinaryIO, size: int) -> bool:
    here = file.tell()
    file.seek(size - _TRAILER)
    found = file.read(len(_END))
    file.seek(here)
    return found == _END


def _cut(name: str) -> BackupTruncated:
    return BackupTruncated(
        f"{name} is cut short: its end is missing.",
        fix="Copy it again, or use another backup.",
    )
