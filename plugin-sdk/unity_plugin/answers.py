"""The way back to Unity from a worker: answers, lines of the log, and errors in words."""

import logging
import sys
import threading
import traceback
from typing import BinaryIO

from pydantic import ValidationError

from unity_plugin.config import NotValid
from unity_plugin.errors import Misconfigured, NotPromised, PluginError
from unity_plugin.loading import Broken
from unity_plugin.wire import (
    MOST_FROM_WORKER,
    Failed,
    Failure,
    Fault,
    LogLine,
    Response,
    framed,
)

_MIB = 1024 * 1024
_MOST_LINES = 200  # of the log, for one run
_LONGEST_LINE = 2000
_LONGEST_DETAIL = 2000
_SHORTEST_SECRET = 4


class Answers:
    """Writes whole frames, whoever writes."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, response: Response) -> None:
        """Write one answer; too long a one becomes a failure."""
        data = framed(response)
        if len(data) > MOST_FROM_WORKER:
            words = f"It returned {len(data) // _MIB} MiB; {MOST_FROM_WORKER // _MIB} are allowed."
            data = framed(failure(response.id, Failure.GARBAGE, words))
        with self._lock:
            self._pipe.write(data)
            self._pipe.flush()


class RunLog(logging.Handler):
    """Hands what a run logs to Unity: bounded, without secrets."""

    def __init__(self, answers: Answers, request_id: int) -> None:
        super().__init__(logging.INFO)
        self.secrets: tuple[str, ...] = ()
        self._answers = answers
        self._id = request_id
        self._left = _MOST_LINES

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line, as long as there is room."""
        if self._left <= 0:
            return
        self._left -= 1
        text = "Further lines are left out." if self._left == 0 else self.format(record)
        line = LogLine(level=record.levelname.lower()[:10], text=self.blot(text)[-_LONGEST_LINE:])
        self._answers.send(Response(id=self._id, log=line))

    def blot(self, text: str) -> str:
        """Return a text without the secrets of the configuration."""
        for secret in self.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text


def failure(request_id: int, kind: Failure, detail: str, *, fix: str = "") -> Response:
    """Return the answer that a call brought nothing."""
    failed = Failed(kind=kind, detail=detail[:_LONGEST_DETAIL], fix=fix[:1000])
    return Response(id=request_id, failed=failed)


def answer_to(error: BaseException, request_id: int, log: RunLog) -> Response:
    """Return what an error means to people; the trace of one that is no plugin's word is logged."""
    match error:
        case NotValid():
            faults = tuple(
                Fault(field=name[:200], detail=log.blot(text)[:1000])
                for name, text in error.faults[:100]
            )
            detail = log.blot(error.detail)[:_LONGEST_DETAIL]
            failed = Failed(kind=Failure.MISCONFIGURED, detail=detail, faults=faults)
            return Response(id=request_id, failed=failed)
        case PluginError():
            return _said(error, request_id, log)
        case Broken() | NotPromised():
            kind = Failure.BROKEN if isinstance(error, Broken) else Failure.GARBAGE
            return failure(request_id, kind, log.blot(str(error)))
        case TimeoutError():
            _trace(error, log)
            return failure(request_id, Failure.TIMED_OUT, "It was not done in time.")
        case ValidationError():
            _trace(error, log)
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            words = f"{error.title}.{where}: {first['msg']}"
            return failure(request_id, Failure.GARBAGE, log.blot(words))
        case _:
            _trace(error, log)
            return failure(request_id, Failure.CRASHED, log.blot(in_a_line(error)))


def _said(error: PluginError, request_id: int, log: RunLog) -> Response:
    faults: tuple[Fault, ...] = ()
    if isinstance(error, Misconfigured) and error.field:
        faults = (Fault(field=error.field[:200], detail=log.blot(error.detail)[:1000]),)
    failed = Failed(
        kind=Failure(error.kind),
        detail=log.blot(error.detail)[:_LONGEST_DETAIL],
        fix=log.blot(error.fix)[:1000],
        faults=faults,
    )
    return Response(id=request_id, failed=failed)


def _trace(error: BaseException, log: RunLog) -> None:
    lines = "".join(traceback.format_exception(error)).rstrip()
    record = logging.LogRecord("unity", logging.ERROR, "", 0, lines, None, None)
    log.handle(record)


def in_a_line(error: BaseException) -> str:
    """Return an error with the place in the plugin where it was raised."""
    words = " ".join(str(error).split())[:500]
    named = f"{type(error).__name__}: {words}" if words else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((sys.prefix, "<"))]
    if not frames:
        return named
    last = (own or frames)[-1]
    return f"{named} ({last.filename.rpartition('/')[2]}, line {last.lineno})"
