"""Our side of a login: the pin, then the credentials, and a note of how far it came."""

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import asyncssh

from app.ports.shell import HostKey, PasswordLogin, Target


class LoginClient(asyncssh.SSHClient):
    """Answers the machine's questions during a login.

    asyncssh asks `validate_host_public_key` before it starts to authenticate, so what is refused
    here has seen no credential.
    """

    def __init__(self, target: Target) -> None:
        self.connected = False
        self.lost = asyncio.Event()
        self.on_connect: Callable[[], None] = _nothing
        self.offered: HostKey | None = None
        self.password_expired = False
        self._passwords = [
            login.password for login in target.logins if isinstance(login, PasswordLogin)
        ]
        self._for_prompts = list(self._passwords)

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:  # noqa: ARG002 - asyncssh's signature
        self.connected = True
        self.on_connect()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        self.lost.set()

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 - asyncssh's signature
        addr: str,  # noqa: ARG002 - asyncssh's signature
        port: int,  # noqa: ARG002 - asyncssh's signature
        key: asyncssh.SSHKey,
    ) -> bool:
        """Refuse what is not pinned; asyncssh has compared the pinned keys before it asks."""
        self.offered = host_key(key)
        return False

    def password_auth_requested(self) -> str | None:
        if not self._passwords:
            return None
        password = self._passwords.pop(0)
        if password in self._for_prompts:
            # Most servers check both methods against the same account; a wrong password that is
            # offered twice counts twice with those who lock accounts.
            self._for_prompts.remove(password)
        return password

    def password_change_requested(
        self,
        prompt: str,  # noqa: ARG002 - asyncssh's signature
        lang: str,  # noqa: ARG002 - asyncssh's signature
    ) -> tuple[str, str]:
        self.password_expired = True
        return cast(tuple[str, str], NotImplemented)  # asyncssh's word for "no"

    def kbdint_auth_requested(self) -> str | None:
        return "" if self._for_prompts else None

    def kbdint_challenge_received(
        self,
        name: str,  # noqa: ARG002 - asyncssh's signature
        instructions: str,  # noqa: ARG002 - asyncssh's signature
        lang: str,  # noqa: ARG002 - asyncssh's signature
        prompts: Sequence[tuple[str, bool]],
    ) -> Sequence[str] | None:
        """Answer one hidden prompt with the password, in whatever language it asks."""
        if not prompts:
            return []  # only a message to show
        if len(prompts) > 1 or prompts[0][1] or not self._for_prompts:
            return None  # a second factor, or a question that we cannot answer
        return [self._for_prompts.pop(0)]


def host_key(key: asyncssh.SSHKey) -> HostKey:
    """Put asyncssh's key into the port's words."""
    line = key.export_public_key("openssh").decode().split()
    return HostKey(
        algorithm=line[0], public=f"{line[0]} {line[1]}", fingerprint=key.get_fingerprint()
    )


def _nothing() -> None:
    """Nobody wants to know when the connection stands."""
