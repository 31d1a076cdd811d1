"""Key pairs as bytes: generating, reading what a person pasted, and their public halves."""

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import SSHPrivateKeyTypes

from app.kernel.errors import InvalidInput
from app.schemas.credentials.ssh_key import KeyKind

_RSA_BITS = 4096
_WEAK_RSA_BITS = 2048
_PUTTY = "PuTTY-User-Key-File"
_PUBLIC = ("ssh-", "ecdsa-", "sk-")
_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"


class KeyNotReadable(InvalidInput):
    """The text is no private key that Unity can use."""


class PassphraseMissing(InvalidInput):
    """The key is encrypted, and no passphrase came with it."""


class PassphraseWrong(InvalidInput):
    """The passphrase does not open the key."""


class PassphraseNotNeeded(InvalidInput):
    """A passphrase came with a key that is not encrypted."""


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """What everybody may know of a key pair."""

    algorithm: str
    line: str  # "algorithm base64", without a comment
    fingerprint: str  # SHA256:…


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key in the form in which it is stored, with its public half."""

    private_key: str = field(repr=False)
    public: PublicHalf


def generate(kind: KeyKind) -> KeyPair:
    """Make a key pair."""
    key: SSHPrivateKeyTypes
    match kind:
        case KeyKind.ED25519:
            key = ed25519.Ed25519PrivateKey.generate()
        case KeyKind.RSA_4096:
            key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        case KeyKind.ECDSA_P256:
            key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return KeyPair(text.decode(), _public_half(key))


def read_private_key(text: str, passphrase: str | None) -> KeyPair:
    """Read a pasted key file and make sure that the passphrase opens it.

    The file is kept as it is, encrypted when it was: it stays the person's own file.
    """
    # Pasting adds spaces and carriage returns, and forgets the last line's end.
    plain = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    _refuse_other_files(plain)
    secret = passphrase.encode() if passphrase else None
    try:
        key = _load(plain, secret)
    except TypeError as error:
        raise _passphrase_problem(has_passphrase=secret is not None) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable(error, is_locked=secret is not None and _is_locked(plain)) from error
    return KeyPair(plain, _public_half(key))


def _load(plain: str, secret: bytes | None) -> SSHPrivateKeyTypes:
    if plain.startswith(_OPENSSH):
        return serialization.load_ssh_private_key(plain.encode(), secret)
    key = serialization.load_pem_private_key(plain.encode(), secret)
    if not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise UnsupportedAlgorithm("SSH has no keys of this kind")
    return key


def _is_locked(plain: str) -> bool:
    """Tell whether the file is whole on its outside, and needs a passphrase to be opened."""
    try:
        _load(plain, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def _refuse_other_files(plain: str) -> None:
    if plain.startswith(_PUTTY):
        raise KeyNotReadable(
            "This is a key in PuTTY's form.",
            fix="Convert it: puttygen key.ppk -O private-openssh -o key",
        )
    if plain.startswith(_PUBLIC):
        raise KeyNotReadable(
            "This is a public key; Unity needs the private half to log in.",
            fix="Paste the file of the same name without .pub.",
        )
    if "-----BEGIN " not in plain or "PRIVATE KEY-----" not in plain:
        raise KeyNotReadable(
            "This is no private key file.",
            fix="Paste all of it, from -----BEGIN to the last line with -----END.",
        )


def _passphrase_problem(*, has_passphrase: bool) -> InvalidInput:
    if has_passphrase:
        return PassphraseNotNeeded(
            "The key file is not encrypted, but a passphrase was given.",
            fix="Leave the passphrase empty.",
        )
    return PassphraseMissing(
        "The key file is encrypted with a passphrase.", fix="Give the passphrase too."
    )


def _unreadable(error: Exception, *, is_locked: bool) -> InvalidInput:
    # One wrong passphrase in some hundreds decrypts to bytes whose padding is right by chance:
    # the library then says that the key, not the passphrase, is wrong. What the passphrase
    # should open is therefore never called damaged.
    if is_locked and not isinstance(error, UnsupportedAlgorithm):
        return PassphraseWrong(
            "The passphrase does not open the key file.", fix="Type the passphrase again."
        )
    return KeyNotReadable(
        "The key file cannot be read: it is damaged, or of a kind that Unity does not know.",
        fix="Check it with `ssh-keygen -y -f FILE`, or let Unity generate a key.",
    )


def _public_half(key: SSHPrivateKeyTypes) -> PublicHalf:
    if isinstance(key, dsa.DSAPrivateKey):
        raise KeyNotReadable(
            "This is a DSA key; SSH servers refuse such keys since OpenSSH 7.0.",
            fix="Let Unity generate an ed25519 key.",
        )
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < _WEAK_RSA_BITS:
        raise KeyNotReadable(
            f"This RSA key has {key.key_size} bits; fewer than {_WEAK_RSA_BITS} can be broken.",
            fix="Let Unity generate an ed25519 key.",
        )
    line = (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
    algorithm, text = line.split()[:2]
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(text)).digest()).rstrip(b"=")
    return PublicHalf(algorithm, f"{algorithm} {text}", f"SHA256:{digest.decode()}")
