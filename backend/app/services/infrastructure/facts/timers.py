"""The systemd timers: which failed, which are late, and which will never run."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, NoRight, Rate, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.clock import NOW, seconds_in
from app.services.infrastructure.facts.reading import FILES, UPTIME, number, section
from app.services.infrastructure.facts.units import FAILED

_WANTED = (
    "Id",
    "Description",
    "Unit",
    "ActiveState",
    "SubState",
    "Result",
    "UnitFileState",
    "ConditionResult",
    "ConditionTimestamp",
    "LastTriggerUSec",
    "NextElapseUSecRealtime",
    "NextElapseUSecMonotonic",
)
# systemd writes times in the zone of the machine; UTC is the one name that all read alike.
_TIMERS = Command(
    (
        "env",
        "TZ=UTC",
        "systemctl",
        "show",
        "--all",
        "--no-pager",
        f"--property={','.join(_WANTED)}",
        "*.timer",
    )
)
_LATE_SECONDS = 3600  # systemd itself may wait for a minute, and longer where it is told to
_MOST = 500
_MOMENT = re.compile(r"[A-Z][a-z]{2} ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) UTC")
_SPAN = re.compile(r"([0-9.]{1,20}) ?(y|month|w|d|h|min|s|ms|us)")
_SECONDS = {
    "y": 31_557_600.0, "month": 2_629_800.0, "w": 604_800.0, "d": 86_400.0, "h": 3600.0,
    "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6,
}  # fmt: skip


class Timer(BaseModel):
    """A timer and the unit that it starts; times are the machine's own, in seconds.

    `trouble` is "" or failed (the unit that it starts has failed), late (its time has passed, and
    nothing runs), stopped (it is enabled, but was stopped or never started) or spent (it is on, but
    has no next time).
    """

    name: str
    starts: str
    description: str = ""
    last_at: int | None = None
    next_at: int | None = None
    trouble: str = ""


class Timers(BaseModel):
    timers: list[Timer]


class TimersFact(Fact[Timers]):
    name = "timers"
    title = "Timers"
    rate = Rate.SLOW
    commands = (_TIMERS, FAILED, FILES, NOW)
    value = Timers
    programs = ("systemctl",)
    fixes = MappingProxyType(
        {
            Trouble.NO_RIGHT: "Let the login reach the system bus (/run/dbus/system_bus_socket).",
            Trouble.TIMED_OUT: "systemd does not answer; see `systemctl status` on the machine.",
        }
    )

    def parse(self, results: tuple[CommandResult, ...]) -> Timers | None:
        shown, failed, files, clock = results
        if shown.exit_status != 0:
            self._explain(shown)
            return None
        if shown.outcome is not Outcome.RAN:
            raise Unparsable(self.name, "the answer is incomplete")
        try:
            now = seconds_in(clock.stdout.split()[0])
            uptime = number((section(files, UPTIME, self.name) or "").split()[0])
            timers = read_timers(shown.stdout, _failed(failed.stdout), now, now - uptime)
        except (IndexError, KeyError, ValueError) as error:
            raise Unparsable(self.name, "not the properties of timers") from error
        return Timers(timers=timers[:_MOST])

    def _explain(self, result: CommandResult) -> None:
        """Raise what a failure says; a machine that runs another init has no timers at all."""
        if "Permission denied" in result.stderr or "Access denied" in result.stderr:
            raise NoRight(self.name, "The login may not ask systemd.")
        runs_other_init = "not been booted with systemd" in result.stderr
        is_missing = "No such file" in result.stderr or result.outcome is not Outcome.RAN
        if result.exit_status is not None and not runs_other_init and not is_missing:
            raise Unparsable(self.name, result.stderr.strip()[:200])

    def samples(self, value: Timers) -> list[Sample]:
        return [Sample("unity_timers_in_trouble", sum(bool(one.trouble) for one in value.timers))]


def read_timers(text: str, failed: frozenset[str], now: float, booted_at: float) -> list[Timer]:
    """Read the blocks of `systemctl show`; KeyError or ValueError for anything else."""
    return [_timer(one, failed, now, booted_at) for one in _blocks(text)]


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    for block in re.split(r"\n[ \t]*\n", text.strip()):
        if block.strip():
            yield dict(line.partition("=")[::2] for line in block.splitlines())


def _failed(text: str) -> frozenset[str]:
    words = (line.lstrip("●* ").split() for line in text.splitlines())
    return frozenset(printable(one[0]) for one in words if one)


def _timer(found: Mapping[str, str], failed: frozenset[str], now: float, booted_at: float) -> Timer:
    starts, name = printable(found["Unit"]).strip(), printable(found["Id"]).strip()
    if not name.endswith(".timer"):
        raise ValueError("The unit is no timer.")
    next_at = _moment(found.get("NextElapseUSecRealtime", ""))
    since_boot = _span(found.get("NextElapseUSecMonotonic", ""))
    if since_boot is not None:
        by_boot = booted_at + since_boot
        next_at = by_boot if next_at is None else min(next_at, by_boot)
    return Timer(
        name=name,
        starts=starts,
        description=printable(found.get("Description", "")).strip(),
        last_at=_whole(_moment(found.get("LastTriggerUSec", ""))),
        next_at=_whole(next_at),
        trouble=_trouble(found, next_at, now, has_failed=not failed.isdisjoint({name, starts})),
    )


def _trouble(
    found: Mapping[str, str], next_at: float | None, now: float, *, has_failed: bool
) -> str:
    if has_failed or found.get("Result", "success") not in ("success", ""):
        return "failed"
    if found["ActiveState"] != "active":
        is_meant = found.get("UnitFileState") == "enabled" and not _is_left_out(found)
        return "stopped" if is_meant else ""
    # While what it starts runs, a timer has no next time, or one that has passed.
    if found.get("SubState") == "running":
        return ""
    if next_at is not None:
        return "late" if now - next_at > _LATE_SECONDS else ""
    # One that is meant to run once after boot has done so, and is "elapsed" for good.
    return "spent" if not _is_told(found.get("LastTriggerUSec", "")) else ""


def _is_left_out(found: Mapping[str, str]) -> bool:
    """Tell whether systemd did not start it because of its own conditions ("not in containers")."""
    return _is_told(found.get("ConditionTimestamp", "")) and found.get("ConditionResult") == "no"


def _is_told(text: str) -> bool:
    return text not in ("", "n/a", "0", "infinity")


def _moment(text: str) -> float | None:
    """Read `Mon 2026-11-23 10:00:00 UTC`."""
    if not _is_told(text):
        return None
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError("A time is of another form, or in another zone.")
    return datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00").timestamp()


def _span(text: str) -> float | None:
    """Read `2w 1d 3h 2min 5.123s`."""
    if not _is_told(text):
        return None
    parts = _SPAN.findall(text)
    if not parts:
        raise ValueError("A span of time has no unit.")
    return sum(number(amount) * _SECONDS[unit] for amount, unit in parts)


def _whole(moment: float | None) -> int | None:
    return None if moment is None else int(moment)
