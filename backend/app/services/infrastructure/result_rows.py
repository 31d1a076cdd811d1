"""From what a server's rows said before and what a cycle brought to what the rows say now: pure."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.kernel.ids import uuid7
from app.services.core.facts import Rate, Trouble
from app.services.infrastructure import standing
from app.services.infrastructure.clock_offset import clock_offset
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.standing import Standing
from app.services.infrastructure.status import (
    CLOCK_SKEW,
    MENDABLE,
    ONLINE,
    FactTrouble,
    Verdict,
    judge,
)
from app.services.infrastructure.summary import COLUMNS, Summary, summarise

Values = dict[str, object]  # the columns of one row, on their way to the database
_REASON_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What is stored of the facts of one rate; `readings` only where a value may have to stay."""

    id: uuid.UUID
    asked_at: datetime
    troubles: Mapping[str, Standing]
    readings: str | None = None

    def old_values(self) -> dict[str, str]:
        """Return the stored values, each as JSON text."""
        if self.readings is None:
            return {}
        return {fact: json.dumps(value) for fact, value in json.loads(self.readings).items()}


@dataclass(frozen=True, slots=True)
class Before:
    """What the rows of one server say."""

    name: str
    verdict: Verdict
    status_since: datetime | None
    last_seen_at: datetime | None
    next_due_at: datetime | None
    slow_due_at: datetime | None
    summary_id: uuid.UUID | None
    summary: Summary
    facts: Mapping[str, KnownFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of one server say after a cycle."""

    verdict: Verdict
    server: Values
    facts: tuple[tuple[bool, Values], ...] = ()  # with whether the row is new
    summary: tuple[bool, Values] | None = None
    run: Values | None = None
    change: Values | None = None


def rows_after(result: CycleResult, before: Before, slow_interval: timedelta) -> Rows:
    """Judge the cycle and return all rows that come of it."""
    merged = {
        rate: _merge(result, rate, before.facts.get(rate))
        for rate in (result.readings if result.has_answered else ())
        if not _is_known_newer(result, before, rate)
    }
    verdict = _verdict(result, before)
    is_change = verdict.status != before.verdict.status
    facts: list[tuple[bool, Values]] = []
    for rate, (troubles, document) in merged.items():
        known = before.facts.get(rate)
        row: Values = {
            "key": known.id if known else uuid7(),
            "server_id": result.claim.server_id,
            "rate": rate.value,
            "asked_at": result.started_at,
            "readings": document,
            "troubles": standing.dump(troubles),
        }
        facts.append((known is None, row))
    return Rows(
        verdict=verdict,
        server=_server_row(result, before, verdict, slow_interval),
        facts=tuple(facts),
        summary=_summary_row(result, before),
        run=_run_row(result, verdict) if result.rate is not Rate.LIVE or is_change else None,
        change=_change_row(result, before, verdict) if is_change else None,
    )


def _merge(
    result: CycleResult, rate: Rate, known: KnownFacts | None
) -> tuple[dict[str, Standing], str]:
    readings = result.readings[rate]
    troubles, kept = standing.merge(
        readings,
        known.troubles if known else {},
        old_values=known.old_values() if known else {},
        old_read_at=known.asked_at.timestamp() if known else None,
        now=result.started_at.timestamp(),
    )
    return troubles, readings.document(kept)


def _is_known_newer(result: CycleResult, before: Before, rate: Rate) -> bool:
    """Tell whether a round that began later, such as one somebody asked for, was stored first."""
    known = before.facts.get(rate)
    return known is not None and known.asked_at > result.started_at


def _is_overtaken(result: CycleResult, before: Before) -> bool:
    """Tell whether what a slow round found out is no news any more."""
    if not result.has_answered:
        return before.last_seen_at is not None and before.last_seen_at > result.started_at
    known = [_is_known_newer(result, before, rate) for rate in result.readings]
    return bool(known) and all(known)


def _verdict(result: CycleResult, before: Before) -> Verdict:
    if _is_overtaken(result, before):
        return before.verdict
    if result.failure is not None:
        return result.failure
    verdict = judge(
        [*result.troubles, *_of_other_groups(result, before)],
        has_answered=result.has_answered,
        clock_offset=clock_offset(result),
    )
    if verdict is ONLINE and before.verdict.kind == CLOCK_SKEW and not _asked_time(result):
        return before.verdict  # a wrong clock stays wrong until the machine is asked again
    return verdict


def _asked_time(result: CycleResult) -> bool:
    return Rate.STANDARD in result.readings


def _of_other_groups(result: CycleResult, before: Before) -> Iterator[FactTrouble]:
    """Yield the troubles that stand from the facts that this cycle did not ask for."""
    for rate, known in before.facts.items():
        if rate not in result.readings:
            for fact, one in known.troubles.items():
                yield one.of(fact)


def _server_row(
    result: CycleResult, before: Before, verdict: Verdict, slow_interval: timedelta
) -> Values:
    claim = result.claim
    next_due, slow_due = before.next_due_at, before.slow_due_at
    # Somebody who asked for a cycle meanwhile has set the due time; that stays.
    if result.rate is Rate.STANDARD and before.next_due_at == claim.lease:
        next_due = result.started_at + claim.interval
    if result.rate is Rate.SLOW and before.slow_due_at == claim.lease:
        # An offline server is asked for its slow facts soon after it is back; what was only too
        # slow this time must not stay missing for hours either.
        is_short = any(one.trouble is Trouble.TIMED_OUT for one in result.troubles)
        is_whole = result.has_answered and not is_short
        wait = slow_interval if is_whole else min(slow_interval, 2 * claim.interval)
        slow_due = result.started_at + wait
    is_change = verdict.status != before.verdict.status or before.status_since is None
    return {
        "key": claim.server_id,
        "status": verdict.status,
        "reason_kind": verdict.kind,
        "reason": verdict.reason[:_REASON_LIMIT],
        "fix": verdict.fix[:_REASON_LIMIT],
        "status_since": result.started_at if is_change else before.status_since,
        "last_seen_at": _latest(result.started_at, before.last_seen_at)
        if result.has_answered
        else before.last_seen_at,
        "last_attempt_at": result.started_at,
        "next_due_at": next_due,
        "slow_due_at": slow_due,
    }


def _latest(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _summary_row(result: CycleResult, before: Before) -> tuple[bool, Values] | None:
    if not result.values:
        return None
    after = summarise(result.values, before.summary, result.started_at)
    row: Values = {name: getattr(after, name) for name in COLUMNS}
    is_new = before.summary_id is None
    key = before.summary_id or uuid7()
    return is_new, {
        "key": key,
        "server_id": result.claim.server_id,
        "at": result.started_at,
        **row,
    }


def _run_row(result: CycleResult, verdict: Verdict) -> Values:
    now = result.started_at.timestamp()
    failed = [one for one in result.troubles if one.trouble in MENDABLE]
    return {
        "id": uuid7(),
        "server_id": result.claim.server_id,
        "rate": result.rate.value,
        "started_at": result.started_at,
        "seconds": round(result.seconds, 4),
        "status": verdict.status,
        "facts_read": result.facts_read,
        "facts_failed": len(failed),
        "samples": len(result.samples),
        "error": "" if result.has_answered else verdict.reason[:_REASON_LIMIT],
        "troubles": standing.dump(
            {one.fact: Standing(one.trouble.value, one.detail, one.fix, now) for one in failed}
        ),
    }


def _change_row(result: CycleResult, before: Before, verdict: Verdict) -> Values:
    return {
        "id": uuid7(),
        "server_id": result.claim.server_id,
        "at": result.started_at,
        "was": before.verdict.status,
        "status": verdict.status,
        "reason": verdict.reason[:_REASON_LIMIT],
    }
