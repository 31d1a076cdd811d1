"""Talking with a running shell: send a group, watch the clock, collect the sections.

The adapters open the shell (a process here, a channel over SSH); this is the part they share. It
owns no file and no socket. The near side is the watchdog of last resort: where a section neither
ends nor can be ended over there, its shell is abandoned and the rest is asked in a new one, so a
command that hangs or floods costs its own section only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import Enum
from typing import Protocol

from app.ports.script import (
    PRELUDE,
    Dialect,
    Transcript,
    compose,
    compose_with_input,
    greeting,
    has_watchdog,
    judge,
    new_token,
    read_greeting,
    wants_password,
)
from app.ports.shell import Command, CommandResult, ConnectionLost, Outcome, ShellUnusable

# A command is given this much longer than its time-out, for the far side to end it by itself.
GRACE_SECONDS = 2.5
# Standard error travels apart from standard output, so its last marker may come a moment later.
_STRAGGLER_SECONDS = 0.5


class Voice(Protocol):
    """The near end of a running /bin/sh, as an adapter opens it."""

    def write(self, data: bytes) -> None:
        """Send bytes to the shell's standard input."""
        ...

    def write_eof(self) -> None:
        """End the shell's standard input."""
        ...

    def abort(self) -> None:
        """Drop the shell at once, with what it runs where that can be done."""
        ...


class Ear:
    """What an adapter tells of a running shell: call it from the protocol's callbacks."""

    def __init__(self) -> None:
        self.transcript: Transcript | None = None
        self.is_closed = False
        self._news = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._waits_for_start = False

    def listen(self, transcript: Transcript, *, for_start: bool = False) -> None:
        """Take what comes from now on as the answer to a new group."""
        self.transcript = transcript
        self._waits_for_start = for_start
        self._news.clear()

    def heard(self, data: bytes) -> None:
        """Tell of standard output."""
        transcript = self.transcript
        if transcript is not None and (
            transcript.feed(data, self._clock()) or self._waits_for_start
        ):
            self._ring(transcript)

    def heard_error(self, data: bytes) -> None:
        """Tell of standard error."""
        transcript = self.transcript
        if transcript is not None and transcript.feed_error(data):
            self._ring(transcript)

    def heard_end(self) -> None:
        """Tell that the shell has gone."""
        self.is_closed = True
        self._news.set()

    def _ring(self, transcript: Transcript) -> None:
        """Wake the waiting side only when there is something to decide: each wake-up costs CPU."""
        if (
            transcript.finished >= transcript.count
            or transcript.flooded
            or (self._waits_for_start and transcript.started)
        ):
            self._news.set()

    async def wait(self, until: float) -> None:
        """Wait for news until this time of the loop's clock; `TimeoutError` when none came."""
        async with asyncio.timeout_at(until):
            await self._news.wait()
        if not self.is_closed:
            self._news.clear()


class _Ending(Enum):
    COMPLETE = "complete"
    STUCK = "stuck"  # the running section used up its own time
    FLOODED = "flooded"
    OUT_OF_BUDGET = "out of budget"
    CLOSED = "closed"


OpenShell = Callable[[Ear], Awaitable[Voice]]


class Conversation:
    """A machine's shell, asked in groups. Idle shells are kept between them.

    There are as many as were asked at once, up to `keep`. A kept shell saves the start of a
    session and of the login shell with its start-up files, which cost more than most commands. It
    is only kept after a group that ended cleanly.
    """

    def __init__(
        self, open_shell: OpenShell, *, sudo_password: str | None = None, keep: int = 2
    ) -> None:
        self._open_shell = open_shell
        self._sudo_password = sudo_password
        self._keep_at_most = keep
        self._idle: list[tuple[Voice, Ear]] = []
        self._behind_password: set[tuple[str, ...]] = set()
        self._wrong_password: CommandResult | None = None
        self.dialect = Dialect()
        self.was_silent = False  # the last group ended without a sign of life

    async def greet(self, seconds: float) -> None:
        """Start a shell and learn its dialect; `ShellUnusable` when nothing there is one."""
        voice, ear = await self._start()
        until = _now() + seconds
        transcript = Transcript(token := new_token(), 1)
        ear.listen(transcript)
        voice.write(greeting(token))
        ending = await self._attend(ear, transcript, [Command(("id",), seconds)], until)
        dialect = read_greeting(transcript.section(0)[1]) if ending is _Ending.COMPLETE else None
        if dialect is None:
            voice.abort()
            if ending in {_Ending.STUCK, _Ending.OUT_OF_BUDGET}:
                raise TimeoutError
            raise ShellUnusable(
                "The login worked, but no POSIX shell answered behind it"
                f"{_excerpt(transcript.running_section()[1])}.",
                fix="Unity starts /bin/sh on the machine. Check that it exists and that the"
                " account's login shell lets programs run (not nologin, no forced command).",
            )
        self.dialect = dialect
        self._keep(voice, ear)

    async def ask(
        self, commands: Sequence[Command], budget: timedelta | None
    ) -> list[CommandResult]:
        """Run the group; see `Shell.run_many`."""
        if not commands:
            return []
        seconds = budget.total_seconds() if budget is not None else _default_budget(commands)
        deadline = _now() + seconds
        results: dict[int, CommandResult] = {}
        plain = [index for index, command in enumerate(commands) if not self._is_private(command)]
        await self._ask_plain(commands, plain, results, deadline)
        await self._ask_private(commands, results, deadline)
        return [results.get(index) or _timed_out(command) for index, command in enumerate(commands)]

    def close(self) -> None:
        """Drop the kept shell."""
        while self._idle:
            self._idle.pop()[0].abort()

    # One group, over as many shells as it takes.

    async def _ask_plain(
        self,
        commands: Sequence[Command],
        waiting: list[int],
        results: dict[int, CommandResult],
        deadline: float,
    ) -> None:
        self.was_silent = False
        while waiting and _now() < deadline:
            try:
                was_kept, voice, ear = await self._take(deadline)
            except TimeoutError:
                self.was_silent = True
                return
            group = [commands[index] for index in waiting]
            transcript = Transcript(token := new_token(), len(group))
            ear.listen(transcript)
            voice.write(compose(token, group, self.dialect))
            try:
                ending = await self._attend(ear, transcript, group, deadline)
            except asyncio.CancelledError:
                voice.abort()
                raise
            for position in range(transcript.finished):
                section = transcript.section(position)
                results[waiting[position]] = judge(group[position], self.dialect, section)
            if ending is _Ending.COMPLETE:
                self._keep(voice, ear)
                return
            voice.abort()
            self.was_silent = not transcript.started
            if ending is _Ending.CLOSED and not transcript.started:
                if not was_kept:
                    raise ConnectionLost("The machine ended the shell before it answered.")
                continue  # the kept shell was dead already: a new one gets the whole group
            if transcript.finished < len(group) and transcript.started:
                position = transcript.finished
                results[waiting[position]] = _unfinished(group[position], transcript, ending)
            waiting = waiting[transcript.finished + 1 :]

    async def _attend(
        self, ear: Ear, transcript: Transcript, group: Sequence[Command], deadline: float
    ) -> _Ending:
        """Wait until the group is complete or its running section has to be given up."""
        # No news comes while all goes well, so the watch looks up as often as the most impatient
        # command may want: it is not told which section is running.
        pulse = min(self._allowance(command) for command in group)
        while True:
            until = min(self._patience(transcript, group, deadline), _now() + pulse)
            try:
                await ear.wait(until)
            except TimeoutError:
                if transcript.finished >= transcript.count:
                    return _Ending.COMPLETE  # only standard error was closed or lost
                if _now() >= deadline:
                    return _Ending.OUT_OF_BUDGET
                if _now() >= self._patience(transcript, group, deadline):
                    return _Ending.STUCK
                continue
            if transcript.is_complete:
                return _Ending.COMPLETE
            if transcript.flooded:
                return _Ending.FLOODED
            if ear.is_closed:
                return _Ending.CLOSED

    def _patience(self, transcript: Transcript, group: Sequence[Command], deadline: float) -> float:
        """Return until when the running section may take."""
        if transcript.finished >= len(group):
            return min(deadline, _now() + _STRAGGLER_SECONDS)
        if not transcript.started:
            return deadline
        allowance = self._allowance(group[transcript.finished])
        return min(deadline, transcript.section_began + allowance)

    def _allowance(self, command: Command) -> float:
        grace = GRACE_SECONDS if has_watchdog(command, self.dialect) else 0.0
        return command.seconds + grace

    # Commands that read a secret: one shell each, the secret on standard input.

    def _is_private(self, command: Command) -> bool:
        return command.secret_input is not None or (
            command.sudo and not self.dialect.is_root and command.argv in self._behind_password
        )

    async def _ask_private(
        self, commands: Sequence[Command], results: dict[int, CommandResult], deadline: float
    ) -> None:
        for index, command in enumerate(commands):
            known = results.get(index)
            if known is not None and not self._retries_with_password(command, known):
                continue
            if known is None and not self._is_private(command):
                continue
            results[index] = await self._ask_with_secrets(command, deadline)

    async def _ask_with_secrets(self, command: Command, deadline: float) -> CommandResult:
        """Ask without the password where sudo may not want it.

        A password that sudo does not ask for would be read by the command itself. So a command
        that reads its input is always asked without it first: sudo does not start it then.
        """
        if command.secret_input is not None or not self._uses_password(command):
            result = await self._ask_one_private(command, deadline, with_password=False)
            if not self._retries_with_password(command, result):
                return result
        if self._wrong_password is not None:
            # It is not tried again on this connection: many systems lock an account after a few.
            return _refused_like(command, self._wrong_password)
        result = await self._ask_one_private(command, deadline, with_password=True)
        if result.outcome is Outcome.REFUSED and "password" in result.stderr:
            self._wrong_password = result
        return result

    def _uses_password(self, command: Command) -> bool:
        return command.sudo and not self.dialect.is_root and self._sudo_password is not None

    def _retries_with_password(self, command: Command, result: CommandResult) -> bool:
        if not self._uses_password(command) or not wants_password(result):
            return False
        self._behind_password.add(command.argv)
        return True

    async def _ask_one_private(
        self, command: Command, deadline: float, *, with_password: bool
    ) -> CommandResult:
        if _now() >= deadline:
            return _timed_out(command)
        voice, ear = await self._start()
        transcript = Transcript(token := new_token(), 1)
        ear.listen(transcript, for_start=True)
        script = compose_with_input(token, command, password=with_password, dialect=self.dialect)
        voice.write(script)
        try:
            await ear.wait(deadline)
            if ear.is_closed and not transcript.started:
                raise ConnectionLost("The machine ended the shell before it answered.")
            secret = f"{self._sudo_password}\n".encode() if with_password else b""
            voice.write(secret + (command.secret_input or b""))
            voice.write_eof()
            ear.listen(transcript)
            until = min(deadline, _now() + command.seconds + GRACE_SECONDS)
            ending = await self._attend(ear, transcript, [command], until)
        except TimeoutError:
            return _timed_out(command)
        finally:
            voice.abort()
        if transcript.finished:
            return judge(command, self.dialect, transcript.section(0))
        return _unfinished(command, transcript, ending)

    # Shells: started, kept, taken.

    async def _start(self) -> tuple[Voice, Ear]:
        ear = Ear()
        voice = await self._open_shell(ear)
        voice.write(PRELUDE.encode())
        return voice, ear

    async def _take(self, deadline: float) -> tuple[bool, Voice, Ear]:
        while self._idle:
            voice, ear = self._idle.pop()
            if not ear.is_closed:
                return True, voice, ear
        async with asyncio.timeout_at(deadline):
            return False, *await self._start()

    def _keep(self, voice: Voice, ear: Ear) -> None:
        ear.transcript = None
        if len(self._idle) < self._keep_at_most and not ear.is_closed:
            self._idle.append((voice, ear))
        else:
            voice.abort()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _default_budget(commands: Sequence[Command]) -> float:
    """Without a budget of its own, a group may take what its commands may take together."""
    return 10.0 + sum(command.seconds + GRACE_SECONDS for command in commands)


def _timed_out(command: Command) -> CommandResult:
    return CommandResult(command.argv, Outcome.TIMED_OUT, None, "", "")


def _unfinished(command: Command, transcript: Transcript, ending: _Ending) -> CommandResult:
    out, err = transcript.running_section()
    outcome = Outcome.CUT if ending is _Ending.FLOODED else Outcome.TIMED_OUT
    return CommandResult(command.argv, outcome, None, out, err, _now() - transcript.section_began)


def _refused_like(command: Command, wrong: CommandResult) -> CommandResult:
    return CommandResult(command.argv, Outcome.REFUSED, wrong.exit_status, "", wrong.stderr, 0.0)


def _excerpt(err: str) -> str:
    line = next((line for line in err.splitlines() if line.strip()), "")
    return f' (it said "{line.strip()[:120]}")' if line else ""
