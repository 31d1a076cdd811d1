"""One login: TCP, the host key's pin, the credentials."""

import asyncio
import contextlib
from collections.abc import Sequence

import asyncssh

from app.adapters.ssh.client import LoginClient
from app.adapters.ssh.errors import LIBRARY_ERRORS, login_error, place
from app.adapters.ssh.settings import CIPHERS, HOST_KEY_ALGORITHMS, KEY_EXCHANGES, SshLimits
from app.ports.shell import (
    HostKey,
    LoginRefused,
    PrivateKeyLogin,
    Target,
)


async def log_in(
    target: Target, tunnel: asyncssh.SSHClientConnection | None, limits: SshLimits
) -> asyncssh.SSHClientConnection:
    """Return a connection whose host key is pinned and whose user is accepted."""
    pins = [asyncssh.import_public_key(key.public) for key in target.pinned]
    keys = await _private_keys(target)
    algorithms = _preferred(target.pinned)
    client = LoginClient(target)
    try:
        return await _connect(target, tunnel, limits, client, (pins, keys, algorithms))
    except LIBRARY_ERRORS as error:
        raise login_error(target, client, error) from error


async def offered_key(
    target: Target, tunnel: asyncssh.SSHClientConnection | None, limits: SshLimits
) -> HostKey:
    """Ask for the host key and leave; nothing is offered in return."""
    client = LoginClient(target)
    try:
        connection = await _connect(target, tunnel, limits, client, ([], [], HOST_KEY_ALGORITHMS))
    except asyncssh.HostKeyNotVerifiable as error:
        if client.offered is not None:
            return client.offered
        raise login_error(target, client, error) from error
    except LIBRARY_ERRORS as error:
        raise login_error(target, client, error) from error
    connection.abort()
    raise AssertionError("A login without a pinned key went through.")


Trust = tuple[Sequence[asyncssh.SSHKey], Sequence[asyncssh.SSHKey], Sequence[str]]


async def _connect(
    target: Target,
    tunnel: asyncssh.SSHClientConnection | None,
    limits: SshLimits,
    client: LoginClient,
    trust: Trust,
) -> asyncssh.SSHClientConnection:
    try:
        return await _connect_in_time(target, tunnel, limits, client, trust)
    except LIBRARY_ERRORS:
        if client.connected:
            # The gate counts this login until its connection is really gone.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await client.lost.wait()
        raise


async def _connect_in_time(
    target: Target,
    tunnel: asyncssh.SSHClientConnection | None,
    limits: SshLimits,
    client: LoginClient,
    trust: Trust,
) -> asyncssh.SSHClientConnection:
    pins, keys, algorithms = trust
    async with asyncio.timeout(limits.connect_seconds) as clock:
        loop = asyncio.get_running_loop()
        # From the first connected moment on, it is the login that takes the time.
        client.on_connect = lambda: clock.reschedule(loop.time() + limits.login_seconds)
        return await asyncssh.connect(
            target.host,
            target.port,
            username=target.username,
            client_factory=lambda: client,
            tunnel=tunnel,
            known_hosts=(pins, [], []),
            server_host_key_algs=list(algorithms),
            # Nothing of this machine's own SSH set-up is used: no configuration, no agent, no
            # default keys. (An empty list would make asyncssh load the default keys.)
            config=None,
            agent_path=None,
            client_keys=list(keys) or None,
            gss_host=None,
            host_based_auth=False,
            preferred_auth=("publickey", "password", "keyboard-interactive"),
            kex_algs=list(KEY_EXCHANGES),
            encryption_algs=list(CIPHERS),
            compression_algs=["none"],
            connect_timeout=None,
            login_timeout=limits.login_seconds + 5,
            keepalive_interval=limits.keep_alive_seconds,
            keepalive_count_max=limits.keep_alive_misses,
        )


def _preferred(pinned: Sequence[HostKey]) -> list[str]:
    """Ask for the pinned kinds first, of which a machine may have several.

    The others stand behind them: a machine that has lost the pinned kind then shows what it has
    instead, and that is a changed key.
    """
    kinds = {key.algorithm for key in pinned}
    if "ssh-rsa" in kinds:
        kinds |= {"rsa-sha2-256", "rsa-sha2-512"}
    return sorted(HOST_KEY_ALGORITHMS, key=lambda name: name not in kinds)


async def _private_keys(target: Target) -> list[asyncssh.SSHKey]:
    """Read the keys in a thread: a passphrase is made slow to check on purpose."""
    return [
        await asyncio.to_thread(_private_key, target, login)
        for login in target.logins
        if isinstance(login, PrivateKeyLogin)
    ]


def _private_key(target: Target, login: PrivateKeyLogin) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(login.private_key, login.passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise LoginRefused(
            f"The private key for {target.username} at {place(target)} cannot be used: {error}.",
            fix="Check the passphrase, and that the key was pasted whole.",
        ) from error
