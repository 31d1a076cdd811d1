"""Unity's end of the pipe: starts a worker, asks it, and ends it when it does not behave."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError

from unity_plugin.wire import (
    LENGTH,
    MOST_FROM_WORKER,
    MOST_TO_WORKER,
    READY,
    Failed,
    Failure,
    LogLine,
    Request,
    Response,
    Wish,
    framed,
)

_GRACE = 2.0  # beyond the time-out that the worker itself watches
_NICE = 10
_START = 30.0  # a busy machine takes its time to start Python
_MOST_ERRORS = 40  # lines of standard error
_LONGEST_ERROR = 500
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")


class WorkerGone(Exception):
    """The process ended, or was ended, before it answered; `kind` and the text say why."""

    def __init__(self, kind: Failure, detail: str, *, is_own_time_out: bool = False) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.is_own_time_out = is_own_time_out  # this very call was the one that hung


class WorkerProcess:
    """One process with one plugin. Requests may run side by side.

    `ask` raises `WorkerGone` for every open request once the process has ended; it is then of no
    further use.
    """

    def __init__(self, source: str, memory_mib: int) -> None:
        self._source = source
        self._memory_mib = memory_mib
        self._process: asyncio.subprocess.Process | None = None
        self._open: dict[int, asyncio.Future[Response]] = {}
        self._logs: dict[int, Callable[[LogLine], None]] = {}
        self._errors: deque[str] = deque(maxlen=_MOST_ERRORS)
        self._last_id = READY
        self._ready = asyncio.Event()
        self._gone: WorkerGone | None = None

    @property
    def is_usable(self) -> bool:
        """Tell whether it takes requests."""
        return self._process is not None and self._gone is None

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody waits for it."""
        return not self._open

    async def start(self) -> None:
        """Start the process: a fresh Python, with nothing of Unity's environment or memory."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Each thread's own pool would count against the limit of the address space.
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "unity_plugin.worker"),
            *(self._source, str(self._memory_mib)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            cwd="/",
            start_new_session=True,  # so that the programs it starts end with it
            limit=MOST_FROM_WORKER,
        )
        # Whoever looks at a page comes first; a plugin has time.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)

    async def serve(self) -> None:
        """Read what the worker says until its end; whoever made it keeps this going as a task."""
        process = self._process
        if process is None or process.stderr is None:
            raise RuntimeError("The worker was not started.")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read_errors(process.stderr))
                await self._read_answers(process)
                self._end(process)
        finally:
            self._end(process)
            await process.wait()
            self._tell_all(self._gone or _death(process.returncode or 0))

    async def ask(self, wish: Wish, log: Callable[[LogLine], None] | None = None) -> Response:
        """Return the answer; `WorkerGone` when the process ends, or had to be ended."""
        if self._gone is not None or self._process is None or self._process.stdin is None:
            raise self._gone or WorkerGone(Failure.CRASHED, "The process has ended.")
        self._last_id += 1
        request_id = self._last_id
        data = framed(Request(id=request_id, wish=wish))
        if len(data) > MOST_TO_WORKER:
            raise WorkerGone(Failure.GARBAGE, "What it keeps between runs is too long.")
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._open[request_id] = answer
        if log is not None:
            self._logs[request_id] = log
        try:
            await self._wait_until_ready()
            async with asyncio.timeout(wish.seconds + _GRACE):
                with suppress(ConnectionError):
                    self._process.stdin.write(data)
                    await self._process.stdin.drain()
                return await answer
        except TimeoutError:
            words = f"It did not answer within {wish.seconds:g} s, and was ended."
            self.kill(Failure.TIMED_OUT, words)
            raise WorkerGone(Failure.TIMED_OUT, words, is_own_time_out=True) from None
        finally:
            self._open.pop(request_id, None)
            self._logs.pop(request_id, None)

    async def _wait_until_ready(self) -> None:
        """Wait for Python to start, which a busy machine may take its time for."""
        try:
            async with asyncio.timeout(_START):
                await self._ready.wait()
        except TimeoutError:
            words = f"Its process was not ready within {_START:g} s."
            self.kill(Failure.TIMED_OUT, words)
            raise WorkerGone(Failure.TIMED_OUT, words) from None

    def kill(self, kind: Failure = Failure.CRASHED, detail: str = "It was ended.") -> None:
        """End the process at once, with all programs that it started."""
        if self._gone is None:
            self._gone = WorkerGone(kind, detail)
        if self._process is not None:
            self._end(self._process)

    @property
    def last_words(self) -> list[str]:
        """The last lines that the plugin printed, or its interpreter."""
        return [*self._errors]

    def _end(self, process: asyncio.subprocess.Process) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

    async def _read_answers(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int.from_bytes(await process.stdout.readexactly(LENGTH), "big")
                if length > MOST_FROM_WORKER:
                    self.kill(Failure.GARBAGE, "It wrote something else than answers to its pipe.")
                    return
                self._take(await process.stdout.readexactly(length))

    def _take(self, body: bytes) -> None:
        try:
            response = Response.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            self.kill(Failure.GARBAGE, f"Its answer is not of the declared shape: {where}.")
            return
        if response.log is not None:
            if (log := self._logs.get(response.id)) is not None:
                log(response.log)
            return
        if response.id == READY:
            self._ready.set()
            return
        answer = self._open.get(response.id)
        if answer is not None and not answer.done():
            answer.set_result(response)

    async def _read_errors(self, pipe: asyncio.StreamReader) -> None:
        rest = b""
        while piece := await pipe.read(65_536):
            *lines, rest = (rest + piece).split(b"\n")
            rest = rest[-_LONGEST_ERROR:]
            self._errors.extend(
                line.decode("utf-8", "replace")[:_LONGEST_ERROR] for line in lines[-_MOST_ERRORS:]
            )

    def _tell_all(self, gone: WorkerGone) -> None:
        self._gone = gone
        self._ready.set()  # nobody need wait for it any more
        for answer in self._open.values():
            if not answer.done():
                answer.set_exception(WorkerGone(gone.kind, gone.detail))


def _death(status: int) -> WorkerGone:
    if status < 0:
        name = signal.Signals(-status).name
        return WorkerGone(Failure.CRASHED, f"Its process was ended by {name}.")
    return WorkerGone(Failure.CRASHED, f"Its process ended by itself with status {status}.")


def failed_of(gone: WorkerGone) -> Failed:
    """Return the end of a process as the failure of a call."""
    return Failed(kind=gone.kind, detail=gone.detail)
