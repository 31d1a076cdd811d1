"""Chooses how an address is spoken to, and bounds how long that may take."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, assert_never

from app.adapters.notify import email
from app.adapters.notify.dialing import Dialing, Network
from app.adapters.notify.http import Ask, Http, to_ntfy, to_webhook
from app.adapters.notify.plugins import PluginChannels
from app.kernel.database import in_transaction
from app.ports.notifier import (
    Address,
    AppriseAddress,
    EmailAddress,
    Message,
    NotDelivered,
    NtfyAddress,
    PluginAddress,
    PushService,
    Receipt,
    WebhookAddress,
)
from app.ports.plugin_host import PluginHost

_SECONDS = 15.0
_THREADS = 8  # a library that hangs holds one of these, never one of the others' threads
_PATIENCE = 4  # how many times the length of a sending a message waits for its thread
T = TypeVar("T")


class Notifiers:
    """Implements `Notifier`."""

    def __init__(
        self,
        *,
        allowed: Sequence[Network] = (),
        seconds: float = _SECONDS,
        plugins: PluginHost | None = None,
    ) -> None:
        self._plugins = None if plugins is None else PluginChannels(plugins)
        self._dialing = Dialing(allowed)
        self._seconds = seconds
        self._http = Http(self._dialing, seconds)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="notify")
        self._free = asyncio.Semaphore(_THREADS)

    async def send(self, address: Address, message: Message) -> Receipt:
        """Deliver; see the port."""
        if in_transaction():
            raise RuntimeError("A message was about to be sent inside a database transaction.")
        match address:
            case WebhookAddress():
                return await self._http.ask(to_webhook(address, message))
            case NtfyAddress():
                return await self._http.ask(to_ntfy(address, message))
            case EmailAddress():
                # It keeps the time itself, so that it never goes on after we have given up.
                return await self._in_thread(
                    address.host,
                    lambda: email.deliver(self._dialing, self._seconds, address, message),
                    seconds=2 * self._seconds,
                )
            case AppriseAddress():
                return await self._in_thread(
                    "The service",
                    lambda: _deliver(self._dialing, address, message),
                    seconds=self._seconds,
                )
            case PluginAddress():
                return await self._of_plugins().deliver(address, message)
            case _:
                assert_never(address)

    async def ping(self, url: str) -> Receipt:
        """Ask for an address by GET."""
        return await self._http.ask(Ask(url, method="GET"))

    async def services(self) -> Sequence[PushService]:
        """Return the push services with their forms."""
        own = [] if self._plugins is None else self._plugins.services()
        return [*own, *await self._run(_services)]

    async def check(self, address: Address) -> None:
        """Raise `AddressNotValid` for what cannot be an address."""
        if isinstance(address, AppriseAddress):
            await self._run(lambda: _check(address))
        elif isinstance(address, PluginAddress):
            self._of_plugins().check(address)

    def _of_plugins(self) -> PluginChannels:
        if self._plugins is None:
            raise NotDelivered("No plugins run here.", is_final=True)
        return self._plugins

    async def _in_thread(self, who: str, work: Callable[[], T], *, seconds: float) -> T:
        """Do it in a thread. The time counts from when it has one, and not from when it waits.

        A thread that hangs keeps its place until it ends: nobody waits behind it unknowingly.
        """
        try:
            async with asyncio.timeout(_PATIENCE * self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise NotDelivered("Too much was being sent; this was not.") from None
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        running.add_done_callback(self._let_go)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(running)
        except TimeoutError:
            raise NotDelivered(f"{who} did not answer within {seconds:g} s.") from None

    def _let_go(self, ended: "asyncio.Future[T]") -> None:
        self._free.release()
        if not ended.cancelled():
            ended.exception()  # nobody else asks for it when we have given up

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


# Apprise knows a hundred services and is slow to load: the thread that first needs it does that.
def _deliver(dialing: Dialing, address: AppriseAddress, message: Message) -> Receipt:
    from app.adapters.notify import apprise_library  # noqa: PLC0415 - see above

    return apprise_library.deliver(dialing, address, message)


def _services() -> Sequence[PushService]:
    from app.adapters.notify import apprise_library  # noqa: PLC0415 - see above

    return apprise_library.services()


def _check(address: AppriseAddress) -> None:
    from app.adapters.notify import apprise_library  # noqa: PLC0415 - see above

    apprise_library.check(address)
