"""Real servers on the loopback, each with its folder, ended by its process."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from tests.parts.ports import free_port

_ZONE = """\
$ORIGIN home.arpa.
$TTL 300
@       IN SOA ns admin 7 3600 600 86400 60
        IN NS  ns
        IN MX  10 mail
ns      IN A   127.0.0.1
nas     IN A   192.168.1.20
nas     IN A   192.168.1.21
nas     IN AAAA fd00::20
www     IN CNAME nas
note    IN TXT "all" " is well"
_imap._tcp IN SRV 0 5 993 mail
blocked IN A   0.0.0.0
long    IN TXT "{long}"
"""

_NSD = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: ""
  xfrdfile: ""
  zonelistfile: "{folder}/zone.list"
  do-ip6: no
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: home.arpa
  zonefile: home.zone
zone:
  name: 168.192.in-addr.arpa
  zonefile: reverse.zone
"""


@contextlib.asynccontextmanager
async def running_nsd(folder: Path) -> AsyncIterator[int]:
    """Serve the zone home.arpa by NLnet Labs' name server; the port is returned."""
    port = free_port()
    long = '" "'.join("x" * 200 for _ in range(10))
    (folder / "home.zone").write_text(_ZONE.format(long=long))
    (folder / "reverse.zone").write_text(
        "$ORIGIN 168.192.in-addr.arpa.\n$TTL 300\n@ IN SOA ns.home.arpa. a.home.arpa. 1 1 1 1 1\n"
        "@ IN NS ns.home.arpa.\n20.1 IN PTR nas.home.arpa.\n"
    )
    (folder / "nsd.conf").write_text(_NSD.format(port=port, folder=folder))
    with _running(["/usr/sbin/nsd", "-d", "-c", str(folder / "nsd.conf")], folder):
        await until_open(port)
        yield port


def _configure_upsd(folder: Path, port: int) -> None:
    folder.chmod(0o700)
    (folder / "good.dev").write_text(
        "ups.mfr: APC\nups.model: Back-UPS ES 700\nups.serial: 4B1234\n"
        "ups.status: OL CHRG\nbattery.charge: 98\nbattery.runtime: 2400\nbattery.voltage: 13.6\n"
        "ups.load: 17\ninput.voltage: 231.0\nups.realpower: n/a\n"
    )
    (folder / "bad.dev").write_text(
        "ups.model: Smart-UPS 750\nups.status: OB LB RB\nbattery.charge: 6\nups.load: 93\n"
    )
    (folder / "ups.conf").write_text(
        "".join(
            f'[{name}]\n  driver = dummy-ups\n  port = {folder}/{name}.dev\n  desc = "{about}"\n'
            for name, about in (("good", "In the cellar"), ("bad", "Under the desk"))
        )
    )
    (folder / "upsd.conf").write_text(f"LISTEN 127.0.0.1 {port}\nSTATEPATH {folder}\n")
    (folder / "upsd.users").write_text("")


@contextlib.asynccontextmanager
async def running_upsd(folder: Path) -> AsyncIterator[int]:
    """Serve two UPSes by dummy-ups: one on mains, one in trouble (see their .dev files)."""
    port = free_port()
    _configure_upsd(folder, port)
    env = {"NUT_CONFPATH": str(folder), "NUT_STATEPATH": str(folder), "PATH": "/usr/bin:/bin"}
    with contextlib.ExitStack() as stack:
        for name in ("good", "bad"):
            stack.enter_context(
                _running(["/lib/nut/dummy-ups", "-F", "-u", "root", "-a", name], folder, env)
            )
        await _until_there([folder / f"dummy-ups-{name}" for name in ("good", "bad")])
        stack.enter_context(_running(["/lib/nut/upsd", "-F", "-u", "root"], folder, env))
        await until_open(port)
        for name in ("good", "bad"):
            await _until_read(port, name)
        yield port


async def _until_read(port: int, name: str) -> None:
    """Wait until a driver has told its first values; before that its status is WAIT."""
    for _ in range(200):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET VAR {name} ups.status\n".encode())
        said = await reader.readline()
        writer.close()
        if said.startswith(b"VAR") and b"WAIT" not in said:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{name} tells nothing: {said!r}")


@contextlib.asynccontextmanager
async def running_exporter(folder: Path) -> AsyncIterator[int]:
    """Serve the metrics of this machine by Prometheus' node exporter."""
    port = free_port()
    argv = ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"]
    with _running(argv, folder):
        await until_open(port)
        yield port


@contextlib.contextmanager
def _running(
    argv: Sequence[str], folder: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=env
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


async def until_open(port: int) -> None:
    """Wait until a port takes connections."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


async def _until_there(paths: Sequence[Path]) -> None:
    for _ in range(200):
        if all(path.exists() for path in paths):
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"not there: {paths}")
