"""Which addresses messages go to: never the machine itself, a link-local or a metadata address.

The address that was checked is the one that is spoken to, so that a name cannot change its mind
in between. Private networks are allowed: a home's ntfy lives there.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeAlias, TypeVar

from app.kernel.addresses import is_refused
from app.kernel.text import printable
from app.ports.notifier import AddressRefused, NotDelivered

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
P = ParamSpec("P")
T = TypeVar("T")


class Dialing:
    """Turns names into addresses that may be spoken to."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def check(self, host: str, address: str) -> None:
        """Raise `AddressRefused` for an address that is never spoken to."""
        parsed = ipaddress.ip_address(address.partition("%")[0])
        if is_refused(address):
            raise AddressRefused(
                f"{printable(host)} is {address}, a link-local or metadata address:"
                " Unity never sends there."
            )
        carried = getattr(parsed, "ipv4_mapped", None) or parsed
        if carried.is_loopback and not any(carried in network for network in self._allowed):
            raise AddressRefused(
                f"{printable(host)} is {address}, this machine itself. Enter its name in the"
                " network, or allow the address with UNITY_NOTIFICATIONS__ALLOW."
            )

    def resolve(self, host: str, port: int) -> str:
        """Return an address of the host that may be spoken to. Blocks: call it in a thread."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotDelivered(f"{printable(host)} has no address.") from error
        addresses = [str(entry[4][0]) for entry in found]
        # One refused address among several is a trap, not an accident.
        for address in addresses:
            self.check(host, address)
        return addresses[0]


_guard: ContextVar["_Guard | None"] = ContextVar("guard", default=None)
_installing = Lock()
_is_installed = False
_Address: TypeAlias = Any  # what the socket module takes: a tuple by family, or a path


@contextmanager
def guarded(dialing: Dialing, tell: Callable[[AddressRefused], None]) -> Iterator[None]:
    """Check every address that is connected to inside of the block, by libraries that dial.

    It holds, too, for the threads that a library starts there and for the work that it gives to
    a pool of threads, however old those are, and also after the block has ended.

    `tell` hears of what was refused, since libraries swallow the error that they get.
    """
    _install()
    mark = _guard.set(_Guard(dialing, tell))
    try:
        yield
    finally:
        _guard.reset(mark)


@dataclass(frozen=True, slots=True)
class _Guard:
    dialing: Dialing
    tell: Callable[[AddressRefused], None]


class _Refused(OSError):
    """What a library that dials sees; it takes this for a network that fails."""


def _checked(family: int, address: _Address) -> _Address:
    guard = _guard.get()
    if guard is None:
        return address
    try:
        return _resolved(guard.dialing, family, address)
    except AddressRefused as error:
        guard.tell(error)
        raise _Refused(error.detail) from error
    except NotDelivered as error:
        raise _Refused(error.detail) from error


def _resolved(dialing: Dialing, family: int, address: _Address) -> _Address:
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise AddressRefused("Services of this machine itself are not spoken to.")
    host, port = str(address[0]), int(address[1])
    return (dialing.resolve(host, port), port, *address[2:])


def _install() -> None:
    """Put the check where all Python libraries pass, whatever they are built on.

    Only what runs inside of `guarded` notices; redirects and second look-ups pass here as well.
    """
    global _is_installed  # noqa: PLW0603 - once a process
    with _installing:
        if _is_installed:
            return
        connect, connect_ex, sendto = (
            socket.socket.connect,
            socket.socket.connect_ex,
            socket.socket.sendto,
        )

        def checked_connect(self: socket.socket, address: _Address) -> None:
            connect(self, _checked(self.family, address))

        def checked_connect_ex(self: socket.socket, address: _Address) -> int:
            return connect_ex(self, _checked(self.family, address))

        def checked_sendto(self: socket.socket, data: bytes, *rest: _Address) -> int:
            flags = rest[0] if len(rest) > 1 else 0
            return sendto(self, data, flags, _checked(self.family, rest[-1]))

        for name, method in (
            ("connect", checked_connect),
            ("connect_ex", checked_connect_ex),
            ("sendto", checked_sendto),
        ):
            setattr(socket.socket, name, method)
        _carry_into_threads()
        _is_installed = True


def _carry_into_threads() -> None:
    """Give threads the guard of whoever starts them: by themselves they begin without any."""
    start, submit = Thread.start, ThreadPoolExecutor.submit

    def guarded_start(self: Thread) -> None:
        if _guard.get() is not None:
            setattr(self, "run", partial(copy_context().run, self.run))  # noqa: B010 - a method
        start(self)

    def guarded_submit(
        self: ThreadPoolExecutor, work: Callable[P, T], /, *args: P.args, **named: P.kwargs
    ) -> Future[T]:
        if _guard.get() is None:
            return submit(self, work, *args, **named)
        return submit(self, partial(copy_context().run, partial(work, *args, **named)))

    for owner, name, method in (
        (Thread, "start", guarded_start),
        (ThreadPoolExecutor, "submit", guarded_submit),
    ):
        setattr(owner, name, method)
