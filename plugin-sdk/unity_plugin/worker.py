"""The process in which a plugin lives: `python -I -m unity_plugin.worker SOURCE MEMORY_MIB`.

Requests come on standard input, answers go to standard output; what the plugin prints goes to
standard error. The process ends with its input, and when the plugin has taken too much memory.
"""

import asyncio
import ctypes
import logging
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from unity_plugin.answers import Answers, RunLog, answer_to, failure
from unity_plugin.config import Config, configured, secrets_of
from unity_plugin.errors import Misconfigured, NotPromised
from unity_plugin.loading import AnyPlugin, describe, load
from unity_plugin.network import Network
from unity_plugin.plugin import Run, Server
from unity_plugin.results import Receipt, Report
from unity_plugin.wire import LENGTH, READY, Call, Failure, Request, Response, Wish

_MIB = 1024 * 1024
_THREADS = 4
_MOST_FILES = 512
_TOO_MUCH_MEMORY = 70
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Work:
    """Does what Unity asks of one plugin."""

    def __init__(self, source: str, answers: Answers) -> None:
        self._source = source
        self._answers = answers
        self._plugin: AnyPlugin | None = None

    async def do(self, request: Request) -> None:
        """Do one request; whatever the plugin does, an answer follows."""
        log = RunLog(self._answers, request.id)
        try:
            async with asyncio.timeout(request.wish.seconds):
                response = await self._call(request, log)
        except MemoryError:
            self._answers.send(failure(request.id, Failure.MEMORY, "It took too much memory."))
            os._exit(_TOO_MUCH_MEMORY)  # what is left of the heap is not worth keeping
        # A plugin's code may raise anything: here it becomes words for people.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
            response = answer_to(error, request.id, log)
        self._answers.send(response)

    async def _call(self, request: Request, log: RunLog) -> Response:
        wish = request.wish
        if wish.call is Call.DESCRIBE:
            asked = load(wish.source)() if wish.source else self._load()
            return Response(id=request.id, description=describe(type(asked)))
        plugin = self._load()
        kind = type(plugin).config
        log.secrets = tuple(str(wish.values[name]) for name in secrets_of(kind) & {*wish.values})
        config = configured(kind, wish.values)
        if wish.call is Call.VALIDATE:
            return Response(id=request.id, words="")
        with _scratch() as folder:
            run = _run_of(wish, config, _logger(request.id, log), folder)
            return await _answered(plugin, run, request)

    def _load(self) -> AnyPlugin:
        if self._plugin is None:
            self._plugin = load(self._source)()
        return self._plugin


async def _answered(plugin: AnyPlugin, run: Run[Config], request: Request) -> Response:
    wish = request.wish
    if wish.call is Call.CHECK:
        words = await plugin.check(run)
        return Response(id=request.id, words=str(words)[:500])
    if wish.call is Call.COLLECT:
        report: object = await plugin.collect(run)
        if not isinstance(report, Report):
            raise NotPromised("collect", report, "Report")
        return Response(id=request.id, report=report)
    if wish.message is None:
        raise Misconfigured("There is no message to send.")
    receipt: object = await plugin.send(run, wish.message)
    if not isinstance(receipt, Receipt):
        raise NotPromised("send", receipt, "Receipt")
    return Response(id=request.id, receipt=receipt)


def _run_of(wish: Wish, config: Config, log: logging.Logger, folder: Path) -> Run[Config]:
    bound = wish.server
    return Run(
        config=config,
        instance=wish.instance,
        now=wish.now or datetime.now(UTC),
        network=Network(),
        log=log,
        server=None if bound is None else Server(bound.id, bound.name, bound.address, bound.tags),
        state=wish.state,
        scratch=folder,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = tempfile.mkdtemp(prefix="unity-plugin-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _logger(request_id: int, handler: RunLog) -> logging.Logger:
    """Return a logger of this run alone, so that runs side by side do not mix their lines."""
    log = logging.Logger(f"run-{request_id}", logging.INFO)  # noqa: LOG001 - not kept for ever
    log.addHandler(handler)
    return log


async def _serve(source: str, requests: int, answers: Answers) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS))
    reader = asyncio.StreamReader()
    with os.fdopen(requests, "rb") as pipe:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        work = Work(source, answers)
        answers.send(Response(id=READY, words=""))
        async with asyncio.TaskGroup() as group:
            while (request := await _next(reader)) is not None:
                group.create_task(work.do(request))
            os._exit(0)  # Unity is gone, or wants no more: nobody waits for what still runs


async def _next(reader: asyncio.StreamReader) -> Request | None:
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH), "big")
        return Request.model_validate_json(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None


def _limit(memory_mib: int) -> None:
    """Bound what the plugin may take beyond what its process has at the start."""
    with Path("/proc/self/statm").open(encoding="ascii") as statm:
        begun = int(statm.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = begun + memory_mib * _MIB
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MOST_FILES if most == resource.RLIM_INFINITY else min(_MOST_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))


def main() -> None:
    """Serve one plugin until the pipe ends."""
    source, memory_mib = sys.argv[1], int(sys.argv[2])
    # The pipe is moved away, so that a print of the plugin cannot spoil it.
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        _limit(memory_mib)
    with os.fdopen(answers, "wb") as pipe:
        asyncio.run(_serve(source, requests, Answers(pipe)))


if __name__ == "__main__":
    main()
