"""Real OpenSSH servers on the loopback, and throw-away accounts to log in with."""

import asyncio
import contextlib
import getpass
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.ports.shell import HostKey, Login, PasswordLogin, PrivateKeyLogin, Target
from tests.parts.ports import free_port

SSHD = "/usr/sbin/sshd"

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
{host_keys}
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
UseDNS no
LogLevel DEBUG2
"""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key of the tests, in OpenSSH's files."""

    private: str
    public: str


@dataclass(frozen=True, slots=True)
class Sshd:
    """A running sshd."""

    port: int
    folder: Path
    host_key: HostKey
    key: KeyPair  # lets in every account

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def authorize(self, public: str) -> None:
        """Let a further key in."""
        with (self.folder / "authorized_keys").open("a") as file:
            file.write(f"{public}\n")

    def target(
        self, *logins: Login, username: str = "", key: str = "", pinned: bool = True
    ) -> Target:
        """Return a target of this sshd: by its key, as ourselves, with the right pin."""
        return Target(
            key=key or f"sshd-{self.port}-{username}",
            host="127.0.0.1",
            port=self.port,
            username=username or getpass.getuser(),
            logins=logins or (PrivateKeyLogin(self.key.private),),
            pinned=(self.host_key,) if pinned else (),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """A throw-away account of this machine."""

    name: str
    password: str
    home: Path


def new_key(folder: Path, name: str = "key", *, kind: str = "ed25519", phrase: str = "") -> KeyPair:
    """Make a key with ssh-keygen."""
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", phrase, "-C", "tests", "-f", str(path)], check=True
    )
    return KeyPair(path.read_text(), path.with_suffix(".pub").read_text().strip())


def read_host_key(public: str) -> HostKey:
    """Return the port's form of a public key line."""
    algorithm, text = public.split()[:2]
    answer = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"],
        input=public,
        capture_output=True,
        text=True,
        check=True,
    )
    return HostKey(algorithm, f"{algorithm} {text}", answer.stdout.split()[1])


@contextlib.asynccontextmanager
async def running_sshd(
    folder: Path,
    extra: str = "",
    *,
    host_key_kind: str = "ed25519",
    with_sftp: bool = True,
    own_home: bool = True,
) -> AsyncIterator[Sshd]:
    """Start an sshd in the foreground of its own process and end it by its id."""
    server = _prepare(folder, extra, host_key_kind, with_sftp=with_sftp, own_home=own_home)
    process = await asyncio.create_subprocess_exec(
        SSHD, "-D", "-f", str(folder / "sshd_config"), "-E", str(folder / "log")
    )
    try:
        await _wait_for_port(server.port)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _prepare(
    folder: Path, extra: str, host_key_kind: str, *, with_sftp: bool, own_home: bool
) -> Sshd:
    """Write the keys and the configuration."""
    (folder / "home").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    with contextlib.suppress(PermissionError):
        Path("/run/sshd").mkdir(exist_ok=True)
    name = f"host_{secrets.token_hex(3)}"
    host_key = new_key(folder, name, kind=host_key_kind)
    key = new_key(folder, f"user_{secrets.token_hex(3)}")
    (folder / "authorized_keys").write_text(f"{key.public}\n")
    port = free_port()
    # sshd takes the first value of a keyword, so what a test asks for goes first.
    settings = _CONFIG.format(port=port, folder=folder, host_keys=f"HostKey {folder / name}")
    if own_home:
        # An empty home, so that nobody's start-up files slow the tests down or change them. All of
        # SetEnv stands on one line: sshd takes the first only.
        values = " ".join(line.split(None, 1)[1] for line in _set_env(extra))
        extra = "\n".join(line for line in extra.splitlines() if line not in _set_env(extra))
        settings += f"SetEnv HOME={folder}/home {values}\n"
    if with_sftp:
        settings += "Subsystem sftp internal-sftp\n"
    (folder / "sshd_config").write_text(f"{extra}\n{settings}")
    return Sshd(port, folder, read_host_key(host_key.public), key)


def _set_env(extra: str) -> list[str]:
    return [line for line in extra.splitlines() if line.startswith("SetEnv ")]


async def _wait_for_port(port: int) -> None:
    for _ in range(1500):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"sshd did not listen on port {port} in time.")


@pytest.fixture
async def sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    """Return a running sshd that lets its key in as any account."""
    async with running_sshd(tmp_path) as server:
        yield server


@contextlib.contextmanager
def throw_away_account(shell: str, home: Path) -> Iterator[Account]:
    """Make an account with a password; remove it at the end. Only root can."""
    name = f"unity-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(12)
    hashed = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"],
        input=password,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    subprocess.run(
        ["useradd", "--no-create-home", "-d", str(home), "-s", shell, "-p", hashed, name],
        check=True,
    )
    try:
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", name, str(home)], check=True)
        for folder in (home, *home.parents):
            if folder.owner() == getpass.getuser() and folder.is_relative_to("/tmp"):  # noqa: S108 - pytest's folders are closed to others
                folder.chmod(folder.stat().st_mode | 0o711)
        yield Account(name, password, home)
    finally:
        subprocess.run(["userdel", "--force", name], check=False, capture_output=True)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """Return a throw-away account with bash."""
    with throw_away_account("/bin/bash", tmp_path / "home-of-account") as made:
        yield made


def by_password(target: Target, account: Account) -> Target:
    """Return the target for an account and its password."""
    return replace(
        target,
        key=f"{target.key}-{account.name}",
        username=account.name,
        logins=(PasswordLogin(account.password),),
    )
