"""What happens in the laboratory: faults are made, told by Unity, mended, and over again."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from machine import LabError, Machine
from unity_process import Json, Unity

FIRES_WITHIN, OVER_WITHIN = 600, 600
_PAUSE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a tool of the machine says by itself, beside what Unity shows of it."""

    what: str
    tool: str
    theirs: object
    ours: object
    within: float = 0.0  # how far apart two numbers may be, as a share of the tool's

    @property
    def agrees(self) -> bool:
        """Say whether both say the same; a number that is missing agrees with nothing."""
        if self.theirs is None or self.ours is None:
            return False
        if self.within and isinstance(self.theirs, int | float):
            return isinstance(self.ours, int | float) and (
                abs(self.ours - self.theirs) <= self.within * abs(self.theirs)
            )
        return self.theirs == self.ours


@dataclass
class Lab:
    """The machine, and the Unity that watches it."""

    machine: Machine
    unity: Unity
    server_id: str

    def collect(self) -> None:
        """Have the machine asked for everything."""
        self.unity.collect(self.server_id)

    def alert(self, kind: str, cause: str) -> Json | None:
        """Return the alert of this kind that fires with this cause, on this machine."""
        for one in self.unity.alerts(state="active", kind=kind, server_id=self.server_id):
            if cause in one["message"]:
                return one
        return None

    def pool(self, name: str) -> Json:
        """Return a pool with all that is known of it."""
        found = self.unity.get("/api/infrastructure/pools", server_id=self.server_id)["items"]
        return self._whole("pools", name, found)

    def drive(self, name: str) -> Json:
        """Return a drive with all that is known of it."""
        query = {"per_page": "100", "server_id": self.server_id}
        found = self.unity.get("/api/infrastructure/devices", **query)["items"]
        return self._whole("devices", name, found)

    def database(self, kind: str) -> Json:
        """Return a database with all that is known of it."""
        query = {"server_id": self.server_id}
        found = self.unity.get("/api/infrastructure/databases", **query)["items"]
        return self._whole("databases", kind, [{**one, "name": one["kind"]} for one in found])

    def _whole(self, what: str, name: str, found: list[Json]) -> Json:
        for row in found:
            if row["name"] == name:
                whole: Json = self.unity.get(f"/api/infrastructure/{what}/{row['id']}")
                return whole
        raise LabError(f"{name} is not among the {what}: {[one['name'] for one in found]}")

    def knows_pools(self, names: Iterable[str]) -> bool:
        """Say whether all of these pools are known."""
        found = self.unity.get("/api/infrastructure/pools", server_id=self.server_id)["items"]
        return set(names) <= {one["name"] for one in found}

    def until(self, what: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE_SECONDS)
        return True


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks, the alert that has to tell it, and how it is mended."""

    name: str
    about: str
    alert: str  # the kind of the alert: an alert type, or a rule that Unity brings along
    cause: str  # what the alert has to say, so that one knows what to do
    make: Callable[[Lab], object]
    mend: Callable[[Lab], object]
    compare: Callable[[Lab], Iterable[Reading]]  # while it is broken
    is_asked: bool = False  # only a collection that somebody asks for sees it within minutes


@dataclass
class Outcome:
    """What came of a fault."""

    fault: Fault
    told: str = ""
    fired_after: float | None = None
    over_after: float | None = None
    trouble: str = ""
    readings: list[Reading] = field(default_factory=list)

    @property
    def is_proven(self) -> bool:
        """Say whether the alert fired with its cause, all readings agree, and it is over."""
        is_whole = self.fired_after is not None and self.over_after is not None
        agree = bool(self.readings) and all(one.agrees for one in self.readings)
        return is_whole and not self.trouble and agree

    def line(self) -> str:
        """Say it in one line."""
        fault = self.fault
        words = [f"{'ok  ' if self.is_proven else 'FAIL'} {fault.name}: {fault.about}"]
        if self.fired_after is None:
            words.append(f"NO ALERT {fault.alert} with {fault.cause!r}")
        else:
            words.append(f'fired after {self.fired_after:.0f} s: {fault.alert} "{self.told}"')
            over = self.over_after
            words.append("NOT OVER" if over is None else f"over {over:.0f} s after it was mended")
        agree = sum(one.agrees for one in self.readings)
        words.append(f"{agree} of {len(self.readings)} readings agree")
        return " | ".join([*words, self.trouble] if self.trouble else words)


def prove(lab: Lab, fault: Fault) -> Outcome:
    """Make a fault and wait for its alert; mend it and wait until the alert is over."""
    outcome = Outcome(fault)
    if lab.alert(fault.alert, fault.cause) is not None:
        outcome.trouble = "its alert fired before anything was broken"
        return outcome
    fault.make(lab)
    try:
        told = _await_alert(lab, outcome)
    finally:
        fault.mend(lab)
    if told is not None:
        began = time.monotonic()
        for _ in _looks(lab, fault, OVER_WITHIN):
            if lab.unity.get(f"/api/alerts/{told['id']}")["state"] == "resolved":
                outcome.over_after = time.monotonic() - began
                break
    return outcome


def _await_alert(lab: Lab, outcome: Outcome) -> Json | None:
    """Wait for the alert, and compare the tools while the fault lasts."""
    fault, began = outcome.fault, time.monotonic()
    for _ in _looks(lab, fault, FIRES_WITHIN):
        told = lab.alert(fault.alert, fault.cause)
        if told is not None:
            outcome.fired_after = time.monotonic() - began
            outcome.told = f"{told['title']}: {told['message']}"
            if not fault.is_asked:
                # The round that told it may have asked while a scrub was still counting.
                lab.collect()
            outcome.readings = list(fault.compare(lab))
            return told
    return None


def _looks(lab: Lab, fault: Fault, seconds: float) -> Iterator[None]:
    """Look again and again while the rounds go on, or after a round of our own each time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if fault.is_asked:
            lab.collect()
        yield
        time.sleep(_PAUSE_SECONDS)
