"""Which certificate a service may show: of a known authority, of one's own, or one exactly."""

import re
import ssl
from dataclasses import dataclass
from hashlib import sha256

from unity_plugin import LoginRefused, Misconfigured, Network

from unity_builtins.shared.dialing import Unanswered, dial, endpoint, said

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python has no name


@dataclass(frozen=True, slots=True)
class Trust:
    """What is enough to believe a service.

    `fingerprint` pins one certificate, self-signed or not: neither its name nor its end is looked
    at then. `authority` is the PEM of one's own authority. With neither, this machine decides.
    """

    verifies: bool = True
    authority: str = ""
    fingerprint: str = ""

    async def context(self, network: Network, host: str, port: int) -> ssl.SSLContext:
        """Return how TLS is to be spoken to this host."""
        if self.fingerprint:
            return await self._pinned(network, host, port)
        return trusting(self.authority) if self.verifies else blind()

    async def _pinned(self, network: Network, host: str, port: int) -> ssl.SSLContext:
        """Look at what is shown, and if it is the pinned one, believe exactly that.

        The second connection, which carries the secrets, is held to the same certificate.
        """
        wanted = normal(self.fingerprint)
        shown = await _shown(network, host, port)
        if sha256(shown).hexdigest() != wanted:
            raise CertificateChanged(host, port, sha256(shown).hexdigest())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        context.load_verify_locations(cadata=shown)
        return context


class CertificateChanged(LoginRefused):
    """The service shows another certificate than the pinned one; nothing secret was sent."""

    def __init__(self, host: str, port: int, shown: str) -> None:
        super().__init__(
            f"{endpoint(host, port)} shows another certificate than the one that was entered:"
            f" {shown}.",
            fix="If it was renewed on purpose, enter the new fingerprint; else find out who it is.",
        )


def normal(fingerprint: str) -> str:
    """Return a SHA-256 fingerprint without colons, in lower case."""
    found = fingerprint.replace(":", "").replace(" ", "").lower()
    if not _FINGERPRINT.fullmatch(found):
        raise Misconfigured(
            "The fingerprint is not one of SHA-256: 64 hexadecimal digits, with or without colons.",
            field="fingerprint",
            fix="openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE prints it.",
        )
    return found


def trusting(authority: str) -> ssl.SSLContext:
    """Return a context that believes this machine's authorities, and one's own."""
    context = ssl.create_default_context()
    try:
        if authority:
            context.load_verify_locations(cadata=authority)
    except (ssl.SSLError, ValueError) as error:
        raise Misconfigured(
            "The authority is not a certificate in PEM form.",
            field="authority",
            fix="Paste the whole text with its lines BEGIN and END CERTIFICATE.",
        ) from error
    return context


def blind() -> ssl.SSLContext:
    """Return a context that believes anybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _shown(network: Network, host: str, port: int) -> bytes:
    connection = await dial(network, host, port)
    try:
        await connection.writer.start_tls(blind(), server_hostname=host)
        tls = connection.writer.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None
    except (OSError, EOFError) as error:
        raise Unanswered("tls", f"{endpoint(host, port)} {said(error)}.") from error
    finally:
        connection.close()
    if not shown:
        raise Unanswered("tls", f"{endpoint(host, port)} shows no certificate.")
    return shown
