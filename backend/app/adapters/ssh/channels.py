"""A /bin/sh on the machine, over one channel."""

import asyncssh

from app.ports.conversation import Ear


class ShellChannel(asyncssh.SSHClientSession[bytes]):
    """Passes what the channel says to the ear, and what we say to the channel."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self._ear.heard_error(data)
        else:
            self._ear.heard(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        self._ear.heard_end()

    def eof_received(self) -> bool:
        """Take the end of its output as its end: nothing more is worth waiting for."""
        self._ear.heard_end()
        return False

    def write(self, data: bytes) -> None:
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(data)

    def write_eof(self) -> None:
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write_eof()

    def abort(self) -> None:
        if self._channel is not None:
            self._channel.abort()


async def start_shell(connection: asyncssh.SSHClientConnection, ear: Ear) -> ShellChannel:
    """Replace the login shell, whatever it is, by /bin/sh; `exec` is the same word in all."""
    shell = ShellChannel(ear)
    await connection.create_session(
        lambda: shell,
        "exec /bin/sh",
        encoding=None,
        request_pty=False,
        env={},
        send_env=[],
        x11_forwarding=False,
    )
    return shell
