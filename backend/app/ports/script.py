"""The script that carries argv to a POSIX shell, and the reader of what comes back.

Pure text in, pure text out: the adapters that hold a shell (local, SSH) share it. Nothing else
turns argv into shell text.

A group is one compound command, so that the shell has read all of it before it runs the first
section, and no section can eat the script. Between the sections the shell prints a line with a
random token on both streams: what lies between two of them is the answer of one command. Whatever
a banner or a start-up file printed stands before the first one and is dropped.
"""

import math
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from app.ports.shell import Command, CommandResult, Outcome

STDOUT_LIMIT = 4 * 1024 * 1024
STDERR_LIMIT = 256 * 1024
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126
_ENDED_BY_TIMEOUT = 124
_KILLED = (137, 143)  # by SIGKILL and by SIGTERM, as a shell reports them

# The administrator's folders are not on everybody's path, but df's neighbours live there.
PRELUDE = r"""{
LC_ALL=C; LANGUAGE=; TERM=dumb; PAGER=cat; SYSTEMD_PAGER=; SYSTEMD_COLORS=0
PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
export LC_ALL LANGUAGE TERM PAGER SYSTEMD_PAGER SYSTEMD_COLORS PATH
unset ENV BASH_ENV CDPATH POSIXLY_CORRECT GREP_OPTIONS LS_COLORS
unity_absent() { return 127; }
unity_mark() { printf '\n%s %s\n' "$1" "$3" >&2; printf '\n%s %s %s\n' "$1" "$2" "$3"; }
}
"""

# Asked once on each new shell: who are we, and which `timeout` is there? BusyBox before 1.30 wants
# `-t SECONDS`, some later builds know no `-k`, and a bare system has none at all.
_GREETING = r"""unity_user=$(id -u 2>/dev/null)
if timeout -k 1 0.9 true; then unity_style=decimal
elif timeout -k 1 1 true; then unity_style=whole
elif timeout 1 true; then unity_style=plain
elif timeout -t 1 true; then unity_style=dashed
else unity_style=missing; fi 2>/dev/null
printf '%s %s' "$unity_style" "$unity_user"
"""


class TimeoutStyle(StrEnum):
    """The `timeout` program of a machine, by what it understands."""

    DECIMAL = "decimal"  # -k and fractions of a second (GNU)
    WHOLE = "whole"  # -k and whole seconds
    PLAIN = "plain"  # whole seconds only
    DASHED = "dashed"  # -t SECONDS (old BusyBox)
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a machine's shell offers to the composer."""

    timeout: TimeoutStyle = TimeoutStyle.MISSING
    is_root: bool = False


def new_token() -> str:
    """Return a marker that no output can hold by chance or by intent."""
    return f"unity:{secrets.token_hex(12)}"


def greeting(token: str) -> bytes:
    """Return the group that asks for the shell's dialect, in one section."""
    return _group(token, [_GREETING])


def read_greeting(answer: str) -> Dialect | None:
    """Read the answer to `greeting`; None when it is not one."""
    style, _, user = answer.strip().partition(" ")
    if style not in set(TimeoutStyle):
        return None
    return Dialect(timeout=TimeoutStyle(style), is_root=user.strip() == "0")


def compose(token: str, commands: Sequence[Command], dialect: Dialect) -> bytes:
    """Return the script that runs the commands in order, each in its own section."""
    return _group(token, [_section(command, dialect) for command in commands])


def compose_with_input(token: str, command: Command, *, password: bool, dialect: Dialect) -> bytes:
    """Return the script of one command that reads our standard input.

    With `password`, sudo reads the first line of it. The shell has read the whole script when the
    first marker appears, so what is sent after that reaches the program and nobody else.
    """
    words = _with_timeout(_with_sudo(command, dialect, password=password), command, dialect)
    text = f"unity_mark {token} - start\n{shlex.join(words)}\nunity_mark {token} $? 0\n"
    return f"{{\n{text}exit\n}}\n".encode()


def has_watchdog(command: Command, dialect: Dialect) -> bool:
    """Say whether the far side ends this command by itself."""
    needs_shell = dialect.timeout is TimeoutStyle.MISSING
    return not command.instant and not (needs_shell and command.secret_input is not None)


def _group(token: str, sections: Sequence[str]) -> bytes:
    lines = [f"unity_mark {token} - start"]
    for index, section in enumerate(sections):
        lines.extend((section, f"unity_mark {token} $? {index}"))
    # Bytes that are not UTF-8 may stand in argv as surrogates, as the operating system gave them.
    return "\n".join(("{", *lines, "} </dev/null", "")).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=512)
def _section(command: Command, dialect: Dialect) -> str:
    """Return the line of one command; the same few are asked of every machine again and again."""
    line = _line(command, dialect)
    if not command.needs:
        return line
    found = f"command -v {shlex.quote(command.needs)} >/dev/null 2>&1"
    return f"if {found}; then\n{line}\nelse unity_absent; fi"


def _line(command: Command, dialect: Dialect) -> str:
    words = _with_sudo(command, dialect, password=False)
    if has_watchdog(command, dialect) and dialect.timeout is TimeoutStyle.MISSING:
        return _watched_by_the_shell(shlex.join(words), _whole(command.seconds))
    return shlex.join(_with_timeout(words, command, dialect))


def _with_sudo(command: Command, dialect: Dialect, *, password: bool) -> tuple[str, ...]:
    if not command.sudo or dialect.is_root:
        return command.argv
    if password:
        return ("sudo", "-k", "-S", "-p", "", "--", *command.argv)
    return ("sudo", "-n", "--", *command.argv)


def _with_timeout(words: tuple[str, ...], command: Command, dialect: Dialect) -> tuple[str, ...]:
    """Put `timeout` in front, and in front of sudo: a sudoers line names the exact command."""
    if not has_watchdog(command, dialect):
        return words
    match dialect.timeout:
        case TimeoutStyle.DECIMAL:
            return ("timeout", "-k", "1", f"{command.seconds:g}", *words)
        case TimeoutStyle.WHOLE:
            return ("timeout", "-k", "1", _whole(command.seconds), *words)
        case TimeoutStyle.PLAIN:
            return ("timeout", _whole(command.seconds), *words)
        case TimeoutStyle.DASHED:
            return ("timeout", "-t", _whole(command.seconds), *words)
        case TimeoutStyle.MISSING:
            return words


def _whole(seconds: float) -> str:
    return str(max(1, math.ceil(seconds)))


def _watched_by_the_shell(line: str, seconds: str) -> str:
    """Without a `timeout` program, a second subshell sleeps and then ends the command.

    Its own streams are closed: the sleep may outlive the section, and must not hold them open.
    """
    return (
        f"{line} & unity_it=$!\n"
        f"( sleep {seconds} && kill -9 $unity_it ) >/dev/null 2>&1 & unity_dog=$!\n"
        "wait $unity_it; unity_status=$?\n"
        "kill $unity_dog 2>/dev/null\n"
        "( exit $unity_status )"
    )


@dataclass(slots=True)
class _Stream:
    """One stream of the answer, cut at the markers as it arrives."""

    marker: bytes
    limit: int
    text: bytearray
    sections: list[tuple[bytes, bytes]]  # what stood before a marker, and the marker's words
    started: bool = False
    _seen: int = 0

    def feed(self, data: bytes) -> int:
        """Take in a chunk; return how many sections it ended."""
        self.text += data
        ended = 0
        while (found := self.text.find(self.marker, self._seen)) >= 0:
            words_at = found + len(self.marker)
            end = self.text.find(b"\n", words_at)
            if end < 0:
                break
            if self.started:
                ended += 1
                self.sections.append((bytes(self.text[:found]), bytes(self.text[words_at:end])))
            self.started = True
            del self.text[: end + 1]
            self._seen = 0
        else:
            self._seen = max(0, len(self.text) - len(self.marker))
        if not self.started and len(self.text) > self.limit:
            del self.text[: -len(self.marker)]  # a chatty start-up file; nothing of it is kept
            self._seen = 0
        return ended

    @property
    def flooded(self) -> bool:
        return self.started and len(self.text) > self.limit


class Transcript:
    """What a shell answered to one group so far."""

    def __init__(self, token: str, count: int) -> None:
        marker = f"\n{token} ".encode()
        self._out = _Stream(marker, STDOUT_LIMIT, bytearray(), [])
        self._err = _Stream(marker, STDERR_LIMIT, bytearray(), [])
        self._times: list[float] = []
        self.count = count
        self.section_began = 0.0

    def feed(self, data: bytes, now: float) -> bool:
        """Take in a chunk of standard output that arrived at `now` (a monotonic clock).

        Return whether it may have brought something to decide: most chunks do not.
        """
        had_started = self._out.started
        ended = self._out.feed(data)
        for _ in range(ended):
            self._times.append(now - self.section_began)
            self.section_began = now
        if not had_started:
            self.section_began = now
        return ended > 0 or self._out.flooded

    def feed_error(self, data: bytes) -> bool:
        """Take in a chunk of standard error; as `feed`."""
        return self._err.feed(data) > 0 or self._err.flooded

    @property
    def started(self) -> bool:
        """Whether the shell has begun with the group."""
        return self._out.started

    @property
    def finished(self) -> int:
        """How many sections have ended; the one after them is the running one."""
        return len(self._out.sections)

    @property
    def is_complete(self) -> bool:
        """Whether all sections have ended on both streams."""
        return self.finished >= self.count and len(self._err.sections) >= self.count

    @property
    def flooded(self) -> bool:
        """Whether the running section wrote more than it may."""
        return self._out.flooded or self._err.flooded

    def section(self, index: int) -> tuple[int | None, str, str, float]:
        """Return exit status, both streams and the seconds of an ended section."""
        out, words = self._out.sections[index]
        status = words.split(b" ")[0]
        return (
            int(status) if status.isdigit() else None,
            out.decode("utf-8", "replace"),
            self._error_of(index),
            self._times[index],
        )

    def running_section(self) -> tuple[str, str]:
        """Return what the unfinished section wrote so far, cut to the limits."""
        out = bytes(self._out.text[:STDOUT_LIMIT]) if self.started else b""
        return out.decode("utf-8", "replace"), self._error_of(self.finished)

    def _error_of(self, index: int) -> str:
        if index < len(self._err.sections):
            found = self._err.sections[index][0]
        elif index == len(self._err.sections) and self._err.started:
            found = bytes(self._err.text[:STDERR_LIMIT])
        else:
            found = b""
        return found.decode("utf-8", "replace")


def judge(
    command: Command, dialect: Dialect, section: tuple[int | None, str, str, float]
) -> CommandResult:
    """Say how an ended section ended."""
    status, out, err, seconds = section
    return CommandResult(
        command.argv, _outcome(command, dialect, status, err, seconds), status, out, err, seconds
    )


def _outcome(
    command: Command, dialect: Dialect, status: int | None, err: str, seconds: float
) -> Outcome:
    if has_watchdog(command, dialect):
        if status == _ENDED_BY_TIMEOUT and dialect.timeout is not TimeoutStyle.MISSING:
            return Outcome.TIMED_OUT
        if status in _KILLED and seconds >= command.seconds * 0.9:
            return Outcome.TIMED_OUT
    if command.sudo and not dialect.is_root and status not in (0, None):
        return _outcome_of_sudo(err, status)
    if status == _NOT_FOUND:
        return Outcome.ABSENT
    if status == _NOT_EXECUTABLE:
        return Outcome.REFUSED
    return Outcome.RAN


def _outcome_of_sudo(err: str, status: int | None) -> Outcome:
    """Tell sudo's own refusal from the failure of the command behind it."""
    said = [line for line in err.splitlines() if line.startswith(("sudo: ", "sudo-rs: "))]
    if any("command not found" in line for line in said):
        return Outcome.ABSENT
    if said or "not allowed to" in err or "may not run" in err or "not in the sudoers" in err:
        return Outcome.REFUSED
    if status in (_NOT_EXECUTABLE, _NOT_FOUND) and "sudo" in err:
        return Outcome.REFUSED  # there is no sudo here, and the login is not root
    return Outcome.RAN


def wants_password(result: CommandResult) -> bool:
    """Say whether sudo did not run the command only because it wants a password."""
    return result.outcome is Outcome.REFUSED and (
        "password is required" in result.stderr or "authentication is required" in result.stderr
    )
