"""Stops the time of each step of a request, as the library below tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

_STEPS = {
    "connection.connect_tcp": "connect",
    "connection.start_tls": "tls",
    "http11.send_request_headers": "send",
    "http11.send_request_body": "send_body",
    "http11.receive_response_headers": "wait",
    "http11.receive_response_body": "transfer",
}


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of each step, summed up over all redirects."""

    resolve: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    wait: float = 0.0  # from the first byte of the question to the head of the answer
    transfer: float = 0.0

    def __add__(self, other: "Phases") -> "Phases":
        return Phases(
            self.resolve + other.resolve,
            self.connect + other.connect,
            self.tls + other.tls,
            self.wait + other.wait,
            self.transfer + other.transfer,
        )

    @property
    def total(self) -> float:
        """Sum them up."""
        return self.resolve + self.connect + self.tls + self.wait + self.transfer


class Watch:
    """Notes when each step began and how long it took; `step` is the one that is under way."""

    def __init__(self) -> None:
        self.step = "connect"
        self._begun: dict[str, float] = {}
        self._took: dict[str, float] = {}

    async def __call__(self, event: str, _info: Mapping[str, object]) -> None:
        name, _, state = event.rpartition(".")
        step = _STEPS.get(name)
        if step is None:
            return
        if state == "started":
            self.step = step
            self._begun[step] = perf_counter()
        else:
            self._took[step] = perf_counter() - self._begun.get(step, perf_counter())

    def phases(self, resolve: float) -> Phases:
        """Tell what each step took so far."""
        took = self._took
        return Phases(
            resolve=resolve,
            connect=took.get("connect", 0.0),
            tls=took.get("tls", 0.0),
            wait=took.get("send", 0.0) + took.get("send_body", 0.0) + took.get("wait", 0.0),
            transfer=took.get("transfer", 0.0),
        )
