"""The border: what asyncssh and the operating system raise becomes the port's errors."""

import errno
import socket

import asyncssh

from app.adapters.ssh.client import LoginClient
from app.ports.shell import (
    ConnectionLost,
    HostKey,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    LoginTimedOut,
    NameNotResolved,
    NotSsh,
    PrivateKeyLogin,
    ShellError,
    ShellUnusable,
    Target,
    Unreachable,
)

# What asyncssh may raise while it connects or talks. ValueError: a name that no resolver takes.
LIBRARY_ERRORS = (asyncssh.Error, OSError, ValueError)

_WHY = {
    errno.ECONNREFUSED: (
        "nothing listens there: the connection was refused",
        "Check the port, and that sshd runs on the machine.",
    ),
    errno.EHOSTUNREACH: (
        "there is no route to it",
        "Check the address, and that the machine is switched on and in the same network.",
    ),
    errno.ENETUNREACH: (
        "its network cannot be reached from here",
        "Check the address and this machine's own network.",
    ),
    errno.ETIMEDOUT: (
        "it did not answer",
        "Check the address, and whether a firewall drops the connection.",
    ),
}


def place(target: Target) -> str:
    """Name the machine for people."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    through = f" through {place(target.jump)}" if target.jump else ""
    return f"{host}:{target.port}{through}"


def login_error(target: Target, client: LoginClient | None, error: Exception) -> ShellError:
    """Say why a login did not come about."""
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _key_error(target, client, error)
    if isinstance(error, asyncssh.PermissionDenied):
        return _refusal(target, client)
    if isinstance(error, socket.gaierror | UnicodeError):
        return NameNotResolved(
            f"The name {target.host!r} has no address.",
            fix="Check the spelling, or enter the machine's address instead of its name.",
        )
    if isinstance(error, asyncssh.ChannelOpenError):
        return Unreachable(
            f"The jump host could not connect to {target.host}:{target.port}: {error.reason}.",
            fix="Check the address as the jump host sees it, and that it allows TCP forwarding.",
        )
    if client is None or not client.connected:
        return _no_connection(target, error)
    return _broken_login(target, error)


def _key_error(
    target: Target, client: LoginClient | None, error: asyncssh.HostKeyNotVerifiable
) -> ShellError:
    offered = client.offered if client is not None else None
    if offered is None:
        return NotSsh(f"{place(target)} offered a host key that cannot be read: {error.reason}.")
    return unexpected_key(target, offered)


def unexpected_key(target: Target, offered: HostKey) -> ShellError:
    """Say that the key is not pinned; which of the two alarms it is depends on the pins."""
    if not target.pinned:
        return HostKeyUnknown(
            f"{place(target)} is new. It offers the host key {offered.fingerprint}"
            f" ({offered.algorithm}).",
            offered=offered,
            target_key=target.key,
            fix="Compare the fingerprint on the machine itself, then approve it:"
            " ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        )
    known = ", ".join(key.fingerprint for key in target.pinned)
    return HostKeyChanged(
        f"{place(target)} answers with another host key than the approved one:"
        f" {offered.fingerprint} ({offered.algorithm}) instead of {known}. No credential was sent.",
        offered=offered,
        target_key=target.key,
        fix="If the machine was installed anew, compare the new fingerprint there and approve it."
        " If not, somebody else answers at this address.",
    )


def _refusal(target: Target, client: LoginClient | None) -> LoginRefused:
    who = f"{target.username} at {place(target)}"
    if client is not None and client.password_expired:
        return LoginRefused(
            f"The password of {who} has expired.",
            fix="Log in by hand once and set a new password, then enter it here.",
        )
    if not target.logins:
        return LoginRefused(
            f"There is no credential for {who}.", fix="Choose a key or a password for the server."
        )
    keys = sum(isinstance(login, PrivateKeyLogin) for login in target.logins)
    passwords = len(target.logins) - keys
    tried = " and ".join(
        text
        for count, text in (
            (keys, "the key" if keys == 1 else f"any of {keys} keys"),
            (passwords, "the password" if passwords == 1 else f"any of {passwords} passwords"),
        )
        if count
    )
    return LoginRefused(
        f"The machine did not accept {tried} for {who}.",
        fix="Check the user name and the credential. For a key, its public half must stand in"
        " ~/.ssh/authorized_keys there; for a password, sshd must allow PasswordAuthentication"
        " (and PermitRootLogin for root).",
    )


def _no_connection(target: Target, error: Exception) -> Unreachable:
    if isinstance(error, TimeoutError):
        why, fix = _WHY[errno.ETIMEDOUT]
    elif isinstance(error, OSError) and error.errno in _WHY:
        why, fix = _WHY[error.errno]
    else:
        why, fix = str(error) or type(error).__name__, "Check the address and the port."
    return Unreachable(f"{place(target)} cannot be reached: {why}.", fix=fix)


def _broken_login(target: Target, error: Exception) -> ShellError:
    text = str(error)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return NotSsh(
            f"{place(target)} speaks SSH, but only with algorithms that are not safe any more.",
            fix="Update the SSH server of the machine.",
        )
    if isinstance(error, TimeoutError) or "timeout" in text.lower():
        return LoginTimedOut(
            f"{place(target)} took the connection, but the login did not finish in time.",
            fix="Check that this port is sshd's, and the machine's load. Slow name look-ups of"
            " sshd (UseDNS) are a frequent cause.",
        )
    if isinstance(error, asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
        return NotSsh(
            f"What answers at {place(target)} does not speak SSH 2: {text.rstrip('.')}.",
            fix="Check the port: SSH is usually on 22.",
        )
    reason = text.rstrip(".") or "no reason"
    return NotSsh(
        f"{place(target)} closed the connection before the login: {reason}.",
        fix="Check that this port is sshd's. sshd also drops connections when too many arrive at"
        " once (MaxStartups), and guards such as fail2ban block addresses.",
    )


def talk_error(target: Target, error: Exception) -> ShellError:
    """Say why an opened machine does not answer any more, or refuses a channel."""
    if isinstance(error, asyncssh.ChannelOpenError):
        return ShellUnusable(
            f"{place(target)} did not open a session: {error.reason}.",
            fix="sshd's MaxSessions may be used up, or the account may not run programs.",
        )
    if isinstance(error, TimeoutError):
        return ConnectionLost(f"{place(target)} did not answer in time; the connection was closed.")
    return ConnectionLost(f"The connection to {place(target)} broke: {error}.")
