"""What is true of a server now, and why: pure judgements, no I/O, no clock of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from app.kernel.text import printable
from app.models.infrastructure.monitored_server import ServerStatus
from app.ports.shell import (
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    LoginTimedOut,
    NameNotResolved,
    NotSsh,
    ShellError,
    ShellUnusable,
    Unreachable,
)
from app.services.core.facts import Trouble

# A tool that the machine does not have is no failure; these three are, or can be mended.
MENDABLE = frozenset({Trouble.NO_RIGHT, Trouble.UNPARSABLE, Trouble.TIMED_OUT})
# Certificates, tokens and logs of two machines disagree long before this; ping times never do.
CLOCK_TOLERANCE = timedelta(seconds=60)
# Below this, the dispatcher's own tick would make a healthy server look stale.
LEAST_STALE = timedelta(seconds=30)
# What a machine with /proc always answers; without all three of them there is none.
_FROM_PROC = frozenset({"cpu", "memory", "uptime"})
CLOCK_SKEW = "clock_skew"  # a reason's kind
_NAMED_TROUBLES = 3
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status with its reason. `kind` is for programs, `reason` and `fix` are for people."""

    status: ServerStatus
    kind: str
    reason: str
    fix: str = ""


class FactTrouble(NamedTuple):
    """A fact that is missing, and why."""

    fact: str
    trouble: Trouble
    detail: str = ""
    fix: str = ""


class Recorded(Protocol):
    """What a row of a server remembers of its last judgement."""

    @property
    def status(self) -> ServerStatus: ...
    @property
    def reason_kind(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def fix(self) -> str: ...
    @property
    def is_enabled(self) -> bool: ...
    @property
    def last_attempt_at(self) -> datetime | None: ...
    @property
    def interval_seconds(self) -> float | None: ...


ONLINE = Verdict(ServerStatus.ONLINE, "ok", "Every fact was read.")
DISABLED = Verdict(
    ServerStatus.DISABLED, "disabled", "Collection is switched off.", "Enable the server."
)
NEVER_ASKED = Verdict(
    ServerStatus.UNKNOWN, "never_asked", "Not asked yet.", "Wait for the next cycle."
)
NO_ANSWER = Verdict(
    ServerStatus.OFFLINE,
    "no_answer",
    "The login worked, but no command answered in time.",
    "Look for an overloaded disk or a hanging network mount on the machine.",
)

# The most special kinds first: the first one that fits is taken.
_FAILURES: tuple[tuple[type[ShellError], ServerStatus, str, str], ...] = (
    (
        HostKeyUnknown,
        ServerStatus.UNKNOWN,
        "host_key_unknown",
        "Compare the fingerprint with the one on the machine, then approve it.",
    ),
    (
        HostKeyChanged,
        ServerStatus.OFFLINE,
        "host_key_changed",
        "If the machine was set up anew, approve its new key; if not, somebody may be in between.",
    ),
    (
        NameNotResolved,
        ServerStatus.OFFLINE,
        "name_not_resolved",
        "Check the spelling of the host, or enter its address.",
    ),
    (NotSsh, ServerStatus.OFFLINE, "not_ssh", "Check the port; something else listens there."),
    (
        Unreachable,
        ServerStatus.OFFLINE,
        "unreachable",
        "Check that the machine is on, and its address, port and firewall.",
    ),
    (
        LoginRefused,
        ServerStatus.OFFLINE,
        "login_refused",
        "Check user name and credential; the machine's auth log says why it refused.",
    ),
    (
        LoginTimedOut,
        ServerStatus.OFFLINE,
        "login_timed_out",
        "Look for a slow name service or an overload on the machine.",
    ),
    (
        ConnectionLost,
        ServerStatus.OFFLINE,
        "connection_lost",
        "Wait for the next cycle; if it stays, look at the network and at the machine's sshd.",
    ),
    (
        ShellUnusable,
        ServerStatus.OFFLINE,
        "shell_unusable",
        "Give the account a login shell that can start /bin/sh.",
    ),
    (ShellError, ServerStatus.OFFLINE, "failed", "The log of Unity has the details."),
)


def judge_failure(error: ShellError) -> Verdict:
    """Say what a server's status is when it could not be asked."""
    for kind, status, name, fix in _FAILURES:
        if isinstance(error, kind):
            return Verdict(status, name, printable(error.detail), printable(error.fix) or fix)
    raise TypeError("The last row takes every ShellError.")


def judge(
    troubles: Sequence[FactTrouble],
    *,
    has_answered: bool,
    clock_offset: timedelta | None = None,
) -> Verdict:
    """Say what the status of a server is that was asked.

    `troubles` are those of this cycle and the standing ones of the other groups. `clock_offset` is
    how far its clock is ahead of ours.
    """
    if not has_answered:
        return NO_ANSWER
    absent = {trouble.fact for trouble in troubles if trouble.trouble is Trouble.ABSENT}
    if absent >= _FROM_PROC:
        return Verdict(
            ServerStatus.DEGRADED,
            "no_proc",
            "The machine has no /proc, so processor, memory and uptime cannot be read.",
            "Mount /proc; on systems without one, only the other facts are shown.",
        )
    failed = [trouble for trouble in troubles if trouble.trouble in MENDABLE]
    skew = _clock_skew(clock_offset)
    if failed:
        # A wrong clock is often the cause of the rest, so it is told even beside other troubles.
        also = f" {skew.reason}" if skew else ""
        return Verdict(
            ServerStatus.DEGRADED,
            "facts_failed",
            _name_troubles(failed) + also,
            next((trouble.fix for trouble in failed if trouble.fix), skew.fix if skew else ""),
        )
    return skew or ONLINE


def shown(server: Recorded, now: datetime, standard_seconds: float) -> Verdict:
    """Return the verdict that is true when it is read, even if the collector stands still."""
    if not server.is_enabled:
        return DISABLED
    if server.last_attempt_at is None:
        if server.reason_kind not in ("disabled", "never_asked"):
            return Verdict(ServerStatus.UNKNOWN, server.reason_kind, server.reason, server.fix)
        return NEVER_ASKED
    interval = timedelta(seconds=server.interval_seconds or standard_seconds)
    age = now - server.last_attempt_at
    if age > stale_after(interval):
        return Verdict(
            ServerStatus.UNKNOWN,
            "stale",
            f"Last asked {spoken(age)} ago, though it is due every {spoken(interval)}."
            f" Then it was {server.status}.",
            "Look at the jobs page: the collector is stopped, paused or overloaded.",
        )
    return Verdict(ServerStatus(server.status), server.reason_kind, server.reason, server.fix)


def stale_after(interval: timedelta) -> timedelta:
    """Return how old a verdict may be: two intervals."""
    return max(2 * interval, LEAST_STALE)


def spoken(duration: timedelta) -> str:
    """Return a duration as people say it: "2.0 days", "5 minutes"."""
    seconds = abs(duration.total_seconds())
    if seconds >= 2 * _DAY - 1:
        return f"{seconds / _DAY:.1f} days"
    if seconds >= 2 * _HOUR:
        return f"{seconds / _HOUR:.1f} hours"
    if seconds >= 2 * _MINUTE:
        return f"{seconds / _MINUTE:.0f} minutes"
    return f"{seconds:.0f} seconds"


def _clock_skew(offset: timedelta | None) -> Verdict | None:
    if offset is None or abs(offset) <= CLOCK_TOLERANCE:
        return None
    side = "ahead of" if offset > timedelta(0) else "behind"
    return Verdict(
        ServerStatus.DEGRADED,
        CLOCK_SKEW,
        f"Its clock is {spoken(offset)} {side} Unity's.",
        "Turn time synchronisation on: `timedatectl set-ntp true`, or install chrony.",
    )


def _name_troubles(failed: Sequence[FactTrouble]) -> str:
    words = {
        Trouble.NO_RIGHT: "not permitted",
        Trouble.UNPARSABLE: "unreadable answer",
        Trouble.TIMED_OUT: "no answer in time",
        Trouble.ABSENT: "absent",
    }
    named = _joined(f"{one.fact} ({words[one.trouble]})" for one in failed[:_NAMED_TROUBLES])
    more = len(failed) - _NAMED_TROUBLES
    return f"Could not read {named}" + (f" and {more} more." if more > 0 else ".")


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)
