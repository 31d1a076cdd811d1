"""TLS as `unity serve` offers it: real handshakes against the context."""

import asyncio
import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.cli.tls import ReloadingContext, own_names, server_context
from app.kernel.clock import ManualClock, SystemClock
from app.kernel.config import ServerPart, Settings
from app.kernel.errors import StartRefused
from app.services.core import self_signed

NAMES = ("unity.test", "localhost", "127.0.0.1", "::1")


async def handshake(served: ReloadingContext, trusted: Path, name: str) -> bytes:
    """Connect as a browser that trusts the certificate, and return what was served."""

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=served.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        browser = ssl.create_default_context(cafile=str(trusted))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=browser, server_hostname=name
        )
        wire: ssl.SSLObject = writer.get_extra_info("ssl_object")
        certificate = wire.getpeercert(binary_form=True)
        await reader.read()
        writer.close()
        await writer.wait_closed()
    assert certificate is not None
    return certificate


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
async def test_the_own_certificate_stands_a_strict_check(
    tmp_path: Path, clock: ManualClock, name: str
) -> None:
    settings = Settings(data=tmp_path, server=ServerPart(tls_self_signed=True))
    clock.advance(_until_today(clock))
    served = server_context(settings, clock)
    assert served is not None
    assert await handshake(served, served.certificate, name)
    assert (tmp_path / "tls" / self_signed.KEY).stat().st_mode & 0o777 == 0o600


def _until_today(clock: ManualClock) -> timedelta:
    """The handshake checks the dates against the machine's own clock."""
    return SystemClock().now() - clock.now()


async def test_a_changed_certificate_is_served_without_a_restart(
    tmp_path: Path, clock: ManualClock
) -> None:
    clock.advance(_until_today(clock))
    certificate, key = self_signed.ensure(tmp_path, NAMES, clock.now())
    served = ReloadingContext(lambda: (certificate, key))
    before = await handshake(served, certificate, "localhost")
    assert served.reload() is False
    certificate.unlink()
    self_signed.ensure(tmp_path, NAMES, clock.now())
    assert served.reload() is True
    assert await handshake(served, certificate, "localhost") != before


async def test_a_broken_replacement_leaves_the_former_certificate_in_use(
    tmp_path: Path, clock: ManualClock
) -> None:
    clock.advance(_until_today(clock))
    certificate, key = self_signed.ensure(tmp_path, NAMES, clock.now())
    served = ReloadingContext(lambda: (certificate, key))
    copy = tmp_path / "copy.crt"
    copy.write_bytes(certificate.read_bytes())
    key.write_text("nonsense", encoding="ascii")
    assert served.reload() is False
    key.unlink()
    assert served.reload() is False
    assert await handshake(served, copy, "localhost")


def test_the_own_certificate_is_kept_until_it_ends_soon(tmp_path: Path, clock: ManualClock) -> None:
    certificate, _ = self_signed.ensure(tmp_path, NAMES, clock.now())
    first = certificate.read_bytes()
    clock.advance(self_signed.LIFETIME - self_signed.RENEW_BEFORE - timedelta(hours=1))
    self_signed.ensure(tmp_path, NAMES, clock.now())
    assert certificate.read_bytes() == first
    clock.advance(timedelta(hours=2))
    self_signed.ensure(tmp_path, NAMES, clock.now())
    assert certificate.read_bytes() != first
    self_signed.ensure(tmp_path, (*NAMES, "nas.local"), clock.now())
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "nas.local" in names.get_values_for_type(x509.DNSName)
    assert ipaddress.ip_address("::1") in names.get_values_for_type(x509.IPAddress)


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_certificate_that_cannot_be_read_refuses_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "x.pem"
    file.write_text(content, encoding="ascii")
    with pytest.raises(StartRefused, match="cannot be used"):
        ReloadingContext(lambda: (file, file))
    with pytest.raises(StartRefused, match="cannot be read"):
        ReloadingContext(lambda: (tmp_path / "missing", file))


def test_plain_http_has_no_context(tmp_path: Path, clock: ManualClock) -> None:
    assert server_context(Settings(data=tmp_path), clock) is None


def test_the_own_names_hold_the_listen_address_but_not_any_address() -> None:
    assert "192.0.2.7" in own_names("192.0.2.7")
    assert "0.0.0.0" not in own_names("0.0.0.0")  # noqa: S104 - compared, not listened on
