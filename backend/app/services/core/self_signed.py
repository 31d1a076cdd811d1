"""A certificate that Unity makes for itself, so that a home network has TLS from the start."""

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.kernel.errors import StartRefused

# Apple's systems refuse server certificates of more than 825 days.
LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
CERTIFICATE, KEY = "self-signed.crt", "self-signed.key"


def ensure(folder: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path]:
    """Return certificate and key, made anew when missing, ending soon, or without a name."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not _is_good(certificate, key, names, now):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(certificate, key, names, now)
        except OSError as error:
            raise StartRefused(
                f"The certificate cannot be written to {folder}: {error.strerror}."
            ) from error
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 fingerprint, to compare with what the browser shows."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return loaded.fingerprint(hashes.SHA256()).hex(":").upper()


def _is_good(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> bool:
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError):
        return False
    alternatives = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    present = {str(name.value) for name in alternatives}
    return (
        loaded.not_valid_after_utc - now > RENEW_BEFORE
        and loaded.not_valid_before_utc <= now
        and private.public_key() == loaded.public_key()
        and {str(name) for name in names} <= present
    )


def _make(certificate: Path, key: Path, names: Sequence[str], now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Unity on {names[0]}"[:64])])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks of phones and servers differ
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    # The key comes first: a reader that sees the new certificate then finds its key.
    secret = private.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, secret)
    _write(certificate, built.public_bytes(pem))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    """Replace the file in one step, readable by its owner only."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
