"""Many real sshd on loopback, each an own process with its own port, all ended by their ids."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Farm:
    """The running machines, and what is needed to log in to them."""

    folder: Path
    client_key: str
    client_public: str
    host_public: str
    ports: tuple[int, ...]
    hanging_port: int
    flooding_port: int
    unreachable_port: int
    username: str

    @property
    def client_key_path(self) -> Path:
        """Return the file of the private key, for the peers."""
        return self.folder / "client"


@contextmanager
def farm(count: int) -> Iterator[Farm]:
    """Start `count` healthy machines, one that hangs after login and one that floods."""
    if SSHD is None:
        raise SystemExit("There is no sshd here: apt-get install openssh-server.")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="unity-farm-"))
    servers: list[subprocess.Popen[bytes]] = []
    try:
        for name in ("client", "host"):
            _run(
                "ssh-keygen",
                "-q",
                "-t",
                "ed25519",
                "-N",
                "",
                "-C",
                "",
                "-f",
                str(folder / name),
            )
        shutil.copy(folder / "client.pub", folder / "authorized_keys")
        _make_flooding_tools(folder / "flooding")
        # An empty home: somebody's start-up files would cost more than what is measured.
        home = folder / "home"
        home.mkdir()
        ports = _free_ports(count + 3)
        for index, port in enumerate(ports[: count + 2]):
            extra = {
                count: f"SetEnv HOME={home}\nForceCommand sleep 600\n",
                count + 1: f"SetEnv HOME={home} PATH={folder / 'flooding'}:/usr/bin:/bin\n",
            }.get(index, f"SetEnv HOME={home}\n")
            servers.append(_start(folder, port, extra))
        _wait_for(ports[: count + 2])
        yield Farm(
            folder=folder,
            client_key=(folder / "client").read_text(),
            client_public=(folder / "client.pub").read_text().strip(),
            host_public=(folder / "host.pub").read_text().strip(),
            ports=tuple(ports[:count]),
            hanging_port=ports[count],
            flooding_port=ports[count + 1],
            unreachable_port=ports[count + 2],
            username=getpass.getuser(),
        )
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, port: int, extra: str) -> subprocess.Popen[bytes]:
    config = folder / f"sshd_{port}"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'authorized_keys'}\nPidFile none\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
        "MaxStartups 100\nPrintMotd no\nLogLevel ERROR\n"
        f"Subsystem sftp internal-sftp\n{extra}"
    )
    return subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)


def _make_flooding_tools(folder: Path) -> None:
    """Put a `df` in front of the real one that never stops writing."""
    folder.mkdir()
    tool = folder / "df"
    tool.write_text("#!/bin/sh\nexec yes 'a line that comes again and again, without an end'\n")
    tool.chmod(0o755)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_for(ports: list[int]) -> None:
    until = time.monotonic() + 20
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise SystemExit(f"sshd did not start on port {port}.") from None
                time.sleep(0.05)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
