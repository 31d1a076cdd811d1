"""The Collector: asks machines for their facts, judges the answers and has them stored.

It alternates: take the servers (a transaction), ask them (the network), store what came (a
transaction). All servers are asked side by side within the limit, and each result is stored as
soon as it is there, so that one that hangs delays only itself.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel

from app.kernel.clock import Clock
from app.kernel.config import CollectPart
from app.kernel.logging import get_logger
from app.models.infrastructure.monitored_server import ServerStatus
from app.ports.shell import (
    HostKeyChanged,
    HostKeyUnknown,
    Shell,
    ShellError,
    Shells,
    Target,
)
from app.services.core.facts import FactReading, Rate, Trouble
from app.services.infrastructure.absences import Absences
from app.services.infrastructure.claims import Claims
from app.services.infrastructure.cycle import Answers, Claim, CycleResult, OfferedKey, digest
from app.services.infrastructure.drive_round import DriveReadings, ask_drives
from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.facts.smart_tools import SmartTools, SmartToolsFact
from app.services.infrastructure.facts.table import group_of
from app.services.infrastructure.pool_round import ask_pools
from app.services.infrastructure.result_writer import ResultWriter
from app.services.infrastructure.status import NO_ANSWER, Verdict, judge_failure

# Beyond the time-outs of its parts; only a fault of an adapter can use it up.
_GRACE_SECONDS = 5.0
_ROUNDS = 100
_TURN_SECONDS = 3600
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the servers of one run."""

    asked: int = 0
    answered: int = 0
    crashed: int = 0


class Collector:
    """One for each process that runs jobs; its limits hold over all jobs of the process."""

    def __init__(
        self,
        settings: CollectPart,
        shells: Shells,
        claims: Claims,
        writer: ResultWriter,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._shells = shells
        self._claims = claims
        self._writer = writer
        self._clock = clock
        self._slots = asyncio.Semaphore(settings.at_once)
        self._busy: set[tuple[uuid.UUID, Rate]] = set()
        self._absences = Absences(clock)

    async def collect_due(self) -> Tally:
        """Ask all servers that are due, in the standard and then in the slow group."""
        total = Tally()
        for rate in (Rate.STANDARD, Rate.SLOW):
            for _ in range(_ROUNDS):
                claims = await self._claims.take_due(rate, 4 * self._settings.at_once)
                if not claims:
                    break
                total = _sum(total, await self._collect(claims, rate))
        return total

    async def collect_live(self, watched: Collection[uuid.UUID]) -> Tally:
        """Ask the local machine and the watched ones for the live group."""
        claims = await self._claims.take(watched, with_local=True)
        # A standard cycle brings the live facts too.
        idle = [claim for claim in claims if (claim.server_id, Rate.STANDARD) not in self._busy]
        return await self._collect(idle, Rate.LIVE)

    async def collect_server(self, server_id: uuid.UUID) -> Verdict | None:
        """Ask one server for everything now; None when it is disabled or gone."""
        verdict = None
        self._absences.forget(server_id)
        for rate in (Rate.STANDARD, Rate.SLOW):
            for claim in await self._claims.take([server_id]):
                verdict = await self._cycle(claim, rate) or verdict
            if verdict is None or verdict.status in (ServerStatus.OFFLINE, ServerStatus.UNKNOWN):
                break
        return verdict

    async def _collect(self, claims: Sequence[Claim], rate: Rate) -> Tally:
        free, taken = list[Claim](), list[Claim]()
        for claim in claims:
            (taken if (claim.server_id, rate) in self._busy else free).append(claim)
        await self._claims.give_back(taken, rate)
        # Gathered with the exceptions as results: one server's must not cancel the others.
        ends = await asyncio.gather(
            *(self._cycle(claim, rate) for claim in free), return_exceptions=True
        )
        crashed = [end for end in ends if isinstance(end, BaseException)]
        for claim, end in zip(free, ends, strict=True):
            if isinstance(end, BaseException):
                log.error("cycle_crashed", server_id=str(claim.server_id), exc_info=end)
        if crashed and len(crashed) == len(free):
            raise crashed[0]
        answered = [
            end
            for end in ends
            if isinstance(end, Verdict)
            and end.status in (ServerStatus.ONLINE, ServerStatus.DEGRADED)
        ]
        return Tally(len(free), len(answered), len(crashed))

    async def _cycle(self, claim: Claim, rate: Rate) -> Verdict | None:
        self._busy.add((claim.server_id, rate))
        self._writer.expect()
        is_announced = True
        try:
            async with self._slots:
                result = await self._ask(claim, rate)
            is_announced = False
            return await self._writer.write(result)
        finally:
            self._busy.discard((claim.server_id, rate))
            if is_announced:
                self._writer.give_up()

    async def _ask(self, claim: Claim, rate: Rate) -> CycleResult:
        started_at, began = self._clock.now(), time.monotonic()
        try:
            if claim.target is None:
                failure, offered = claim.refusal, None
            else:
                answers = await self._answers(claim, claim.target, rate)
                result = digest(claim, rate, started_at, answers)
                if rate is Rate.STANDARD:
                    self._absences.note(answers.group, result)
                return result
        except ShellError as error:
            failure, offered = judge_failure(error), _offered(error)
        except TimeoutError:
            failure, offered = NO_ANSWER, None
        self._absences.forget(claim.server_id)
        seconds = time.monotonic() - began
        return CycleResult(claim, rate, started_at, seconds, failure=failure, offered=offered)

    async def _answers(self, claim: Claim, target: Target, rate: Rate) -> Answers:
        as_root = claim.uses_sudo or _is_root(target)
        # LVM and mdadm read the labels on the disks themselves, which would wake those that sleep.
        whole = group_of(rate, as_root=as_root and not claim.has_sleepers)
        group, recalled = self._absences.recall(claim.server_id, whole, claim.kept)
        settings = self._settings
        limit = settings.connect_seconds + settings.login_seconds + settings.budget_seconds
        limit += settings.drives_seconds + settings.budget_seconds if rate is Rate.SLOW else 0
        async with asyncio.timeout(limit + _GRACE_SECONDS), self._shells.open(target) as shell:
            began = time.monotonic()
            results = await shell.run_many(
                group.commands, budget=timedelta(seconds=settings.budget_seconds)
            )
            seconds = time.monotonic() - began
            drives, pools = None, None
            if rate is Rate.SLOW:
                drives = await self._ask_drives(claim, shell, group.read(results))
                pools = await ask_pools(
                    shell,
                    sudo=claim.uses_sudo,
                    budget=timedelta(seconds=settings.budget_seconds),
                    are_awake=_are_awake(drives),
                    as_root=as_root,
                )
            return Answers(group, results, seconds, drives, pools, recalled)

    async def _ask_drives(
        self, claim: Claim, shell: Shell, readings: Sequence[FactReading[BaseModel]]
    ) -> DriveReadings | None:
        """Ask the drives in the same shell; None where it is not known what they can be asked."""
        reading = next((one for one in readings if one.fact == SmartToolsFact.name), None)
        if reading is None or (reading.value is None and reading.trouble is not Trouble.ABSENT):
            return None
        tools = reading.value if isinstance(reading.value, SmartTools) else None
        budget = timedelta(seconds=self._settings.drives_seconds)
        turn = int(self._clock.now().timestamp() // _TURN_SECONDS)
        return await ask_drives(shell, tools, sudo=claim.uses_sudo, budget=budget, turn=turn)


def _are_awake(drives: DriveReadings | None) -> bool:
    """Say whether every drive answered: one that sleeps, or could not be asked, may not be read."""
    answers = drives.answers if drives is not None else ()
    return bool(answers) and all(one.report.state is ReadState.READ for one in answers)


def _is_root(target: Target) -> bool:
    return os.geteuid() == 0 if target.is_local else target.username == "root"


def _offered(error: ShellError) -> OfferedKey | None:
    if isinstance(error, HostKeyUnknown | HostKeyChanged):
        return OfferedKey(error.offered, error.target_key, isinstance(error, HostKeyChanged))
    return None


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.asked + other.asked, one.answered + other.answered, one.crashed + other.crashed
    )
