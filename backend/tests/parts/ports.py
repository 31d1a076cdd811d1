"""Ports for servers that are told beforehand where to listen, or that nobody serves."""

import os
import socket
from collections import deque

# More than any test needs at once, and far fewer than the files that a process may open.
_MOST = 200
_kept: deque[int] = deque()


def free_port() -> int:
    """Return a TCP port of the loopback that nobody listens on.

    It is kept: the system gives it to nobody else, so that other tests, which run at the same time,
    cannot take it before a server does. That server must ask for SO_REUSEADDR, as nearly all do.
    """
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        _kept.append(found.detach())
    if len(_kept) > _MOST:
        os.close(_kept.popleft())
    return port
