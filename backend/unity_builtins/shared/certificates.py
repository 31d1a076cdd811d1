"""What a certificate says, read with the care that a stranger's bytes need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID, NameOID


class UnreadableCertificate(Exception):
    """The server showed something that is no certificate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a chain."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    fingerprint: str

    def left(self, now: datetime) -> timedelta:
        """Tell how long it still holds; negative once it has expired."""
        return self.ends - now

    def covers(self, host: str) -> bool:
        """Tell whether it was made for this host (RFC 6125: one label for a wildcard)."""
        wanted = host.rstrip(".").lower()
        try:
            ip_address(wanted)
        except ValueError:
            return any(_matches(name.lower(), wanted) for name in self.names)
        return wanted in self.names


def read(der: bytes) -> Certificate:
    """Read a certificate from its binary form."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=_called(parsed.subject),
            issuer=_called(parsed.issuer),
            names=_names(parsed),
            begins=parsed.not_valid_before_utc,
            ends=parsed.not_valid_after_utc,
            fingerprint=parsed.fingerprint(hashes.SHA256()).hex(),
        )
    except (ValueError, x509.DuplicateExtension) as error:
        raise UnreadableCertificate(
            "The server showed a certificate that cannot be read."
        ) from error


def earliest(chain: Sequence[Certificate]) -> Certificate:
    """Return the certificate of the chain that ends first."""
    return min(chain, key=lambda one: one.ends)


def _matches(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    label, _, rest = host.partition(".")
    return bool(label) and rest == pattern[2:] and "." in rest


def _called(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _names(parsed: x509.Certificate) -> tuple[str, ...]:
    try:
        found = parsed.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return ()
    if not isinstance(found, x509.SubjectAlternativeName):
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(one) for one in found.get_values_for_type(x509.IPAddress)),
    )
