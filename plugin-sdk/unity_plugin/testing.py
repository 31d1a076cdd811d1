"""The contract test: a plugin is loaded, configured and run in a worker, as Unity does it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import JsonValue

from unity_plugin.plugin import Server
from unity_plugin.process import WorkerGone, WorkerProcess, failed_of
from unity_plugin.results import Message, Receipt, Report
from unity_plugin.wire import (
    BoundServer,
    Call,
    Description,
    Failed,
    Failure,
    LogLine,
    Response,
    Wish,
)

_MEMORY_MIB = 512
_SHORTEST_SECRET = 4


class ContractBroken(AssertionError):
    """The plugin does not do what it promises; the text says what."""


class CallFailed(Exception):
    """A call brought nothing; `failed` says why, as the page would."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.kind.value}: {failed.detail} {failed.fix}".rstrip())
        self.failed = failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plugin that kept the contract brought."""

    description: Description
    words: str  # of the check
    reports: Sequence[Report]  # of runs one after another; each got the state of the one before
    log: Sequence[LogLine]

    @property
    def report(self) -> Report:
        """The last report."""
        return self.reports[-1]


class PluginUnderTest:
    """A plugin in its worker, asked as Unity asks it."""

    def __init__(self, worker: WorkerProcess, values: Mapping[str, JsonValue]) -> None:
        self.log: list[LogLine] = []
        self.values = values
        self._worker = worker
        self.server: Server | None = None
        self.now: datetime | None = None

    async def describe(self) -> Description:
        """Return what it says of itself."""
        answer = await self._ask(Wish(call=Call.DESCRIBE))
        return _given(answer.description)

    async def check(self) -> str:
        """Press the button *Test*."""
        return _given((await self._ask(self._wish(Call.CHECK))).words)

    async def collect(self, state: Mapping[str, JsonValue] | None = None) -> Report:
        """Run it once."""
        wish = self._wish(Call.COLLECT).model_copy(update={"state": state or {}})
        return _given((await self._ask(wish)).report)

    async def send(self, message: Message) -> Receipt:
        """Let it deliver a message."""
        wish = self._wish(Call.SEND).model_copy(update={"message": message})
        return _given((await self._ask(wish)).receipt)

    async def failure_of(self, call: Call = Call.COLLECT) -> Failed:
        """Run it and return why it failed; a run that works breaks the contract."""
        try:
            await self._ask(self._wish(call))
        except CallFailed as error:
            return error.failed
        raise ContractBroken(f"{call.value} was expected to fail, and worked.")

    def _wish(self, call: Call) -> Wish:
        bound = self.server
        return Wish(
            call=call,
            values=self.values,
            instance="Contract",
            now=self.now or datetime.now(UTC),
            server=None
            if bound is None
            else BoundServer(id=bound.id, name=bound.name, address=bound.address, tags=bound.tags),
        )

    async def _ask(self, wish: Wish) -> Response:
        try:
            answer = await self._worker.ask(wish, self.log.append)
        except WorkerGone as gone:
            raise CallFailed(failed_of(gone)) from gone
        if answer.failed is not None:
            raise CallFailed(answer.failed)
        return answer


T = TypeVar("T")


def _given(found: T | None) -> T:
    if found is None:
        raise ContractBroken("The answer was one to another question.")
    return found


@asynccontextmanager
async def loaded(
    source: str,
    values: Mapping[str, JsonValue] | None = None,
    *,
    server: Server | None = None,
    now: datetime | None = None,
) -> AsyncIterator[PluginUnderTest]:
    """Load a plugin (`package.module:Class`, or the path of a file) into a worker of its own."""
    worker = WorkerProcess(source, _MEMORY_MIB)
    await worker.start()
    plugin = PluginUnderTest(worker, values or {})
    plugin.server, plugin.now = server, now
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.serve())
            try:
                yield plugin
            finally:
                worker.kill()
    except ExceptionGroup as several:
        # What went wrong inside of the block is told as itself, not as one of a group.
        raise several.exceptions[0] from None


async def contract(
    source: str,
    values: Mapping[str, JsonValue],
    *,
    server: Server | None = None,
    now: datetime | None = None,
    runs: int = 2,
) -> Outcome:
    """Load, describe, check and run a plugin; raise `ContractBroken` for what it does not keep.

    Kept is the contract when its metrics are the declared ones with their units and kinds, its
    conditions and pages are of declared types, and none of its secrets stands in anything that it
    says. `CallFailed` is raised for a run that fails.
    """
    async with loaded(source, values, server=server, now=now) as plugin:
        description = await plugin.describe()
        words = await plugin.check()
        reports: list[Report] = []
        state: Mapping[str, JsonValue] = {}
        for _ in range(runs if description.collects else 0):
            report = await plugin.collect(state)
            _check_report(description, report)
            state = state if report.state is None else report.state
            reports.append(report)
        _check_secrets(description, values, [words, *reports, *plugin.log])
        return Outcome(description, words, reports, plugin.log)


def _check_report(description: Description, report: Report) -> None:
    _check_samples(description, report)
    known = {each.key for each in description.alerts}
    for key in (*(each.alert for each in report.conditions), *report.unjudged):
        if key not in known:
            raise ContractBroken(f"The alert type {key} is not declared.")
    for page in report.pages:
        for table in page.tables:
            if any(len(row) != len(table.columns) for row in table.rows):
                raise ContractBroken(f"A row of the page {page.key} has not one cell a column.")


def _check_samples(description: Description, report: Report) -> None:
    declared = {each.name: each for each in description.metrics}
    for sample in report.samples:
        metric = declared.get(sample.metric)
        if metric is None and not description.has_open_metrics:
            raise ContractBroken(f"The metric {sample.metric} is not declared.")
        if metric is not None and (metric.unit, metric.kind) != (sample.unit, sample.kind):
            raise ContractBroken(f"A sample of {sample.metric} differs in unit or kind.")
    names = [(each.metric, tuple(sorted(each.labels.items())), each.at) for each in report.samples]
    if len(set(names)) != len(names):
        raise ContractBroken("Two samples have the same metric and labels.")


def _check_secrets(
    description: Description, values: Mapping[str, JsonValue], said: Sequence[object]
) -> None:
    shown = " ".join(
        each if isinstance(each, str) else json.dumps(each.model_dump(mode="json"))
        for each in said
        if isinstance(each, str | Report | LogLine)
    )
    for field in description.form:
        secret = str(values.get(field.name) or "")
        if field.is_secret and len(secret) >= _SHORTEST_SECRET and secret in shown:
            raise ContractBroken(f"The secret {field.name} stands in what the plugin says.")


__all__ = [
    "Call",
    "CallFailed",
    "ContractBroken",
    "Failure",
    "Outcome",
    "PluginUnderTest",
    "contract",
    "loaded",
]
