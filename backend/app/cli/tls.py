"""TLS of `unity serve`: the operator's certificate or one of our own, reloaded when it changes."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.kernel.clock import Clock
from app.kernel.config import Settings
from app.kernel.errors import StartRefused
from app.kernel.logging import get_logger
from app.services.core import self_signed

CHECK_SECONDS = 60
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Files:
    """A certificate and its key, with what tells that they were replaced."""

    certificate: Path
    key: Path
    stamp: tuple[tuple[int, int, int], ...]


class ReloadingContext:
    """An SSL context whose chain is loaded again when the files change.

    New handshakes take the new chain, connections that are open keep theirs. A pair that does not
    fit together (it is being replaced, or it is wrong) leaves the former one in use.
    """

    def __init__(self, files: Callable[[], tuple[Path, Path]]) -> None:
        self._files = files
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        found = self._look()
        self._load(found)
        self._loaded = found

    @property
    def certificate(self) -> Path:
        """The certificate that is served."""
        return self._loaded.certificate

    def reload(self) -> bool:
        """Load the chain again when it changed; tell whether that was so."""
        try:
            found = self._look()
            if found.stamp == self._loaded.stamp:
                return False
            self._load(found)
        except StartRefused as problem:
            log.warning("certificate_not_reloaded", reason=str(problem))
            return False
        self._loaded = found
        log.info("certificate_reloaded", path=str(found.certificate))
        return True

    async def watch(self) -> None:
        """Look once a minute, for as long as the server runs."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await asyncio.to_thread(self.reload)

    def _look(self) -> _Files:
        certificate, key = self._files()
        return _Files(certificate, key, (_stamp(certificate), _stamp(key)))

    def _load(self, files: _Files) -> None:
        trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for context in (trial, self.context):
            try:
                context.load_cert_chain(files.certificate, files.key, password=_no_password)
            except (OSError, ValueError) as error:
                raise StartRefused(
                    f"The certificate {files.certificate} with the key {files.key} cannot be used:"
                    f" {error}."
                ) from error


def server_context(settings: Settings, clock: Clock) -> ReloadingContext | None:
    """Return the context of the listener; None for plain HTTP."""
    server = settings.server
    if server.tls_cert is not None and server.tls_key is not None:
        pair = (server.tls_cert, server.tls_key)
        return ReloadingContext(lambda: pair)
    if not server.tls_self_signed:
        return None
    names = own_names(settings.host)
    folder = settings.data / "tls"
    return ReloadingContext(lambda: self_signed.ensure(folder, names, clock.now()))


def own_names(listen: str) -> tuple[str, ...]:
    """Return the names and addresses by which a browser may reach this machine."""
    host = socket.gethostname()
    names = {host: None, "localhost": None, "127.0.0.1": None, "::1": None}
    if "." not in host:
        names[f"{host}.local"] = None
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, None)]
    except OSError:
        found = []
    for address in (*found, listen, _outward_address()):
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            continue
        if not parsed.is_unspecified:
            names[str(parsed)] = None
    return tuple(name for name in names if name.isascii())


def _outward_address() -> str:
    """Return the address of the way out; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError as error:
        raise StartRefused(f"{path} cannot be read: {error.strerror}.") from error
    return (state.st_mtime_ns, state.st_size, state.st_ino)


def _no_password() -> str:
    """Refuse keys with a passphrase: without this, OpenSSL would ask on the terminal and hang."""
    raise ValueError("the key has a passphrase; store it without one, readable by Unity only")
