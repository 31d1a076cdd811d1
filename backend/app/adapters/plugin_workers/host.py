"""One process a plugin: started when it is called, ended when it has been idle or misbehaves."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from app.adapters.plugin_workers.finding import find_plugins
from app.kernel.database import in_transaction
from app.kernel.logging import get_logger
from app.ports.plugin_host import (
    CallFailed,
    Collected,
    FieldFault,
    FoundPlugin,
    PluginCall,
    PluginMessage,
    Sender,
    Told,
)

if TYPE_CHECKING:
    from unity_plugin.process import WorkerProcess
    from unity_plugin.results import Receipt, Report
    from unity_plugin.wire import Description, Failed, Response, Wish

_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 5.0
_AT_ONCE = 4  # calls of one plugin, side by side: one that hangs leaves room for others
_MOST_CALLS = 16
_DESCRIBE_SECONDS = 20.0
_OWN = "unity_builtins"  # the seat of the worker that describes the built-in ones
_SHORTEST_SECRET = 4
log = get_logger(__name__)


@dataclass(slots=True)
class _Seat:
    """The place of one plugin: its worker, and who may use it."""

    worker: "WorkerProcess | None" = None
    memory_mib: int = 0
    last_used: float = 0.0
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    # After a worker ended with several calls open, each of them is tried again alone.
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


class PluginWorkers:
    """Implements `PluginHost`."""

    def __init__(self, folder: Path, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._folder = folder
        self._idle_seconds = idle_seconds
        self._seats: dict[str, _Seat] = {}
        self._working = asyncio.Semaphore(_MOST_CALLS)
        self._group: asyncio.TaskGroup | None = None
        self._senders: dict[str, Sender] = {}

    def learn(self, senders: Sequence[Sender]) -> None:
        """Take in which plugins deliver messages."""
        self._senders = {each.name: each for each in senders}

    def senders(self) -> Mapping[str, Sender]:
        """Return the plugins that deliver messages."""
        return self._senders

    async def serve(self) -> None:
        """Keep the workers; on cancellation all of them are ended."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                while True:
                    await asyncio.sleep(_LOOK_SECONDS)
                    self._end_idle()
        finally:
            self._group = None
            self._end_all()

    async def find(self) -> Sequence[FoundPlugin]:
        """Return all plugins that are there."""
        return await asyncio.to_thread(find_plugins, self._folder)

    async def describe(self, origin: str) -> "Description":
        """Return what a plugin says of itself."""
        # A worker that is there may have loaded an older state of the code.
        self._retire(origin)
        try:
            return await self._described(origin)
        finally:
            self._retire(origin)  # most are described and then not called for a long time

    async def describe_own(
        self, origins: Sequence[str]
    ) -> "Mapping[str, Description | CallFailed]":
        """Let one worker describe those that come with Unity, one after another."""
        said: dict[str, Description | CallFailed] = {}
        try:
            for origin in origins:
                try:
                    said[origin] = await self._described(_OWN, origin)
                except CallFailed as error:
                    said[origin] = error
        finally:
            self._retire(_OWN)
        return said

    async def _described(self, seat: str, source: str = "") -> "Description":
        from unity_plugin.wire import Call, Wish  # noqa: PLC0415 - see ports/plugin_host.py

        call = PluginCall(seat, {}, seconds=_DESCRIBE_SECONDS)
        wish = Wish(call=Call.DESCRIBE, source=source, seconds=_DESCRIBE_SECONDS)
        response, lines = await self._ask(call, wish)
        if response.description is None:
            raise _strange(lines)
        return response.description

    async def validate(self, call: PluginCall) -> None:
        """Check a configuration by the plugin's own model."""
        from unity_plugin.wire import Call  # noqa: PLC0415 - see ports/plugin_host.py

        await self._ask(call, _wish(call, Call.VALIDATE))

    async def check(self, call: PluginCall) -> str:
        """Try a configuration."""
        from unity_plugin.wire import Call  # noqa: PLC0415 - see ports/plugin_host.py

        response, lines = await self._ask(call, _wish(call, Call.CHECK))
        if response.words is None:
            raise _strange(lines)
        return _blot(response.words, call)

    async def collect(self, call: PluginCall) -> Collected:
        """Run a plugin."""
        from unity_plugin.wire import Call  # noqa: PLC0415 - see ports/plugin_host.py

        response, lines = await self._ask(call, _wish(call, Call.COLLECT))
        if response.report is None:
            raise _strange(lines)
        return Collected(_without_secrets(response.report, call), lines)

    async def send(self, call: PluginCall, message: PluginMessage) -> "Receipt":
        """Let a plugin deliver a message."""
        from unity_plugin.results import Message  # noqa: PLC0415 - see ports/plugin_host.py
        from unity_plugin.wire import Call  # noqa: PLC0415 - see ports/plugin_host.py

        told = Message(
            key=message.key,
            at=message.at,
            severity=message.severity,
            title=message.title,
            text=message.text,
            is_over=message.is_over,
            link=message.link,
        )
        wish = _wish(call, Call.SEND).model_copy(update={"message": told})
        response, lines = await self._ask(call, wish, may_repeat=False)
        if response.receipt is None:
            raise _strange(lines)
        return response.receipt

    async def _ask(
        self, call: PluginCall, wish: "Wish", *, may_repeat: bool = True
    ) -> "tuple[Response, list[Told]]":
        from unity_plugin.process import WorkerGone  # noqa: PLC0415 - see ports/plugin_host.py

        if in_transaction():
            raise RuntimeError("A plugin was about to be called inside a database transaction.")
        seat = self._seats.setdefault(call.origin, _Seat())
        try:
            async with seat.room:
                return await self._once(seat, call, wish)
        except WorkerGone as gone:
            if not may_repeat or gone.is_own_time_out:
                raise self._gone(seat, gone, call) from gone
        # Who of several calls ended the process cannot be told, unless each is tried alone.
        async with seat.alone:
            try:
                return await self._once(seat, call, wish)
            except WorkerGone as gone:
                raise self._gone(seat, gone, call) from gone

    async def _once(
        self, seat: _Seat, call: PluginCall, wish: "Wish"
    ) -> "tuple[Response, list[Told]]":
        lines: list[Told] = []
        async with self._working:
            worker = await self._worker(seat, call)
            seat.last_used = time.monotonic()
            response = await worker.ask(
                wish, lambda line: lines.append(Told(line.level, _blot(line.text, call)))
            )
            seat.last_used = time.monotonic()
        if response.failed is not None:
            raise _failed(response.failed, call, lines)
        return response, lines

    async def _worker(self, seat: _Seat, call: PluginCall) -> "WorkerProcess":
        from unity_plugin.process import WorkerProcess  # noqa: PLC0415 - see ports/plugin_host.py

        async with seat.starting:
            worker = seat.worker
            if worker is not None and worker.is_usable and seat.memory_mib == call.memory_mib:
                return worker
            if worker is not None and worker.is_idle:
                worker.kill()
            if self._group is None:
                raise CallFailed("broken", "Plugins run only while Unity does.")
            worker = WorkerProcess(call.origin, call.memory_mib)
            try:
                await worker.start()
            except OSError as error:
                raise CallFailed(
                    "crashed", f"Its process cannot be started: {error.strerror}."
                ) from error
            self._group.create_task(worker.serve())
            seat.worker, seat.memory_mib = worker, call.memory_mib
            return worker

    def _gone(self, seat: _Seat, gone: Exception, call: PluginCall) -> CallFailed:
        words = seat.worker.last_words if seat.worker is not None else []
        kind = getattr(gone, "kind", "crashed")
        log.warning("plugin_worker_ended", origin=call.origin, kind=str(kind), detail=str(gone))
        lines = [Told("error", _blot(line, call)) for line in words]
        return CallFailed(str(kind), _blot(str(gone), call), log=lines)

    def _retire(self, origin: str) -> None:
        seat = self._seats.get(origin)
        if seat is not None and seat.worker is not None and seat.worker.is_idle:
            seat.worker.kill()
            seat.worker = None

    def _end_idle(self) -> None:
        now = time.monotonic()
        for seat in self._seats.values():
            worker = seat.worker
            if worker is None or not worker.is_idle:
                continue
            if not worker.is_usable or now - seat.last_used > self._idle_seconds:
                worker.kill()
                seat.worker = None

    def _end_all(self) -> None:
        for seat in self._seats.values():
            if seat.worker is not None:
                seat.worker.kill()
        self._seats.clear()


def _wish(call: PluginCall, what: str) -> "Wish":
    from unity_plugin.wire import BoundServer, Call, Wish  # noqa: PLC0415 - see the port

    bound = call.server
    return Wish(
        call=Call(what),
        values=call.values,
        instance=call.instance,
        now=call.now,
        server=None
        if bound is None
        else BoundServer(id=bound.id, name=bound.name, address=bound.address, tags=bound.tags),
        state=call.state,
        seconds=call.seconds,
    )


def _failed(failed: "Failed", call: PluginCall, lines: Sequence[Told]) -> CallFailed:
    return CallFailed(
        failed.kind.value,
        _blot(failed.detail, call),
        fix=_blot(failed.fix, call),
        faults=[FieldFault(each.field, _blot(each.detail, call)) for each in failed.faults],
        log=lines,
    )


def _strange(lines: Sequence[Told]) -> CallFailed:
    return CallFailed("garbage", "It answered another question than the one asked.", log=lines)


def _without_secrets(report: "Report", call: PluginCall) -> "Report":
    """Return what a run brought without the secrets of its configuration, also in its state."""
    from unity_plugin.results import Report  # noqa: PLC0415 - see the port

    text = report.model_dump_json()
    spelled = [TypeAdapter(str).dump_json(one).decode()[1:-1] for one in _secrets(call)]
    if not any(one in text for one in spelled):
        return report
    for one in spelled:
        text = text.replace(one, "***")
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        raise CallFailed("garbage", "A secret stands where none may be.") from error


def _secrets(call: PluginCall) -> list[str]:
    found = (str(call.values.get(name) or "") for name in call.secrets)
    return sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len)[::-1]


def _blot(text: str, call: PluginCall) -> str:
    """Return a text without the secrets of the configuration, wherever the plugin put them."""
    for secret in _secrets(call):
        text = text.replace(secret, "***")
    return text
