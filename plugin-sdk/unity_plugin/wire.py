"""What goes over the pipe between Unity and a worker: frames of JSON, each of a declared shape.

A frame is its length in four bytes, and the JSON. Neither side reads a longer one than it allows.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field, JsonValue

from unity_plugin.config import FormField
from unity_plugin.manifest import Manifest, Shape
from unity_plugin.quality import Quality
from unity_plugin.results import AlertType, Message, Metric, Receipt, Report

MOST_FROM_WORKER = 4 * 1024 * 1024
MOST_TO_WORKER = 2 * 1024 * 1024
LENGTH = 4
READY = 0  # the id of the first answer, which says that requests may come


class Call(StrEnum):
    """What Unity asks a worker to do."""

    DESCRIBE = "describe"
    VALIDATE = "validate"
    CHECK = "check"
    COLLECT = "collect"
    SEND = "send"


class Failure(StrEnum):
    """What kind of thing went wrong. The first five are the plugin's words about its world."""

    NOT_REACHABLE = "not_reachable"
    LOGIN_REFUSED = "login_refused"
    MISCONFIGURED = "misconfigured"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    # The rest are faults of the plugin itself.
    BROKEN = "broken"  # it cannot be loaded
    CRASHED = "crashed"  # an error that it did not foresee, or its process ended
    TIMED_OUT = "timed_out"
    MEMORY = "too_much_memory"
    GARBAGE = "garbage"  # what it returned is not of the declared shape


OUTER = frozenset(
    {
        Failure.NOT_REACHABLE,
        Failure.LOGIN_REFUSED,
        Failure.MISCONFIGURED,
        Failure.UNSUPPORTED,
        Failure.FAILED,
    }
)


class BoundServer(Shape):
    """The server that an instance is bound to, as it is told to the worker."""

    id: str
    name: str
    address: str
    tags: tuple[str, ...] = ()


class Wish(Shape):
    """One call. `values` is the whole configuration, secrets included; nothing of it is logged.

    Only a worker that describes several plugins, one after another, is told a `source`; otherwise
    it is asked about the one it was started for.
    """

    call: Call
    source: str = ""
    values: Mapping[str, JsonValue] = Field(default_factory=dict, repr=False)
    instance: str = ""
    now: datetime | None = None
    server: BoundServer | None = None
    state: Mapping[str, JsonValue] = Field(default_factory=dict)
    message: Message | None = None
    seconds: float = 30.0


class Request(Shape):
    """A numbered wish."""

    id: int
    wish: Wish


class Description(Shape):
    """What a plugin says of itself, read without running it for anybody."""

    manifest: Manifest
    form: tuple[FormField, ...] = ()
    metrics: tuple[Metric, ...] = ()
    alerts: tuple[AlertType, ...] = ()
    collects: bool = False
    sends: bool = False
    has_open_metrics: bool = False
    quality: Quality = Quality()


class LogLine(Shape):
    """One line that the plugin wrote."""

    level: str = Field(max_length=10)
    text: str = Field(max_length=2000)


class Fault(Shape):
    """One field that is not filled rightly."""

    field: str = Field(max_length=200)
    detail: str = Field(max_length=1000)


class Failed(Shape):
    """Why a call brought nothing."""

    kind: Failure
    detail: str = Field(max_length=2000)
    fix: str = Field("", max_length=1000)
    faults: tuple[Fault, ...] = Field((), max_length=100)


class Response(Shape):
    """A line of the log, or the one end of a request."""

    id: int
    log: LogLine | None = None
    failed: Failed | None = None
    description: Description | None = None
    report: Report | None = None
    receipt: Receipt | None = None
    words: str | None = Field(None, max_length=500)

    @property
    def is_end(self) -> bool:
        """Tell whether nothing more follows for this request."""
        return self.log is None


def framed(shape: Shape) -> bytes:
    """Return a shape as it goes over the pipe."""
    body = shape.model_dump_json(exclude_defaults=True).encode()
    return len(body).to_bytes(LENGTH, "big") + body
