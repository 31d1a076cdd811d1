"""Silences: set, tried out beforehand, changed, and lifted; each change counts at once."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.alert import ACTIVE, OPEN, Alert, Severity
from app.models.core.alert_silence import AlertSilence
from app.schemas.base import Page
from app.schemas.core.silence import (
    MatchedAlert,
    Matcher,
    MatchersEffect,
    SilenceQuery,
    SilenceRead,
    SilenceState,
    SilenceWrite,
)
from app.services.core.alerts.matchers import AlertFacts, fits
from app.services.core.alerts.quiet import QuietKeeper, open_alert
from app.services.core.alerts.quiet_reader import QuietReader, silenced
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor

_LONGEST = timedelta(days=366)
_SHOWN = 20
_MATCHERS: TypeAdapter[list[Matcher]] = TypeAdapter(list[Matcher])
_WORST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


class SilenceNotFound(NotFound):
    """No silence has this id."""


class SilenceIsOver(Conflict):
    """A silence that is over stays as it was, for the record."""


class SilenceNotValid(InvalidInput):
    """These times cannot be."""

    title = "The silence is not valid"


class SilenceService:
    """Reads and changes silences."""

    def __init__(self, session: AsyncSession, clock: Clock, audit: AuditLog) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit

    async def list(self, query: SilenceQuery) -> Page[SilenceRead]:
        """Return silences, the one that ends last first."""
        now = self._clock.now()
        wanted = _in_state(query.state, now)
        total = await self._session.scalar(
            select(func.count()).select_from(AlertSilence).where(*wanted)
        )
        rows = (
            await self._session.scalars(
                select(AlertSilence)
                .where(*wanted)
                .order_by(AlertSilence.ends_at.desc(), AlertSilence.id)
                .offset(query.offset)
                .limit(query.per_page)
            )
        ).all()
        alerts = await self._active()
        return Page[SilenceRead](
            items=[_read(row, alerts, now) for row in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, silence_id: uuid.UUID) -> SilenceRead:
        """Return one silence."""
        return _read(await self._find(silence_id), await self._active(), self._clock.now())

    async def create(self, actor: Actor, wish: SilenceWrite) -> SilenceRead:
        """Set a silence."""
        now = self._clock.now()
        starts_at = wish.starts_at or now
        _check_times(starts_at, wish.ends_at, now)
        row = AlertSilence(
            id=uuid7(),
            matchers=_stored(wish.matchers),
            reason=wish.reason,
            author_id=actor.user_id,
            author_name=actor.name,
            starts_at=starts_at,
            ends_at=wish.ends_at,
            created_at=now,
            updated_at=now,
        )
        self._session.add(row)
        return await self._changed(actor, row, "silence.created")

    async def edit(self, actor: Actor, silence_id: uuid.UUID, wish: SilenceWrite) -> SilenceRead:
        """Change a silence that is not over."""
        row, now = await self._find(silence_id), self._clock.now()
        _check_open(row, now)
        starts_at = wish.starts_at or row.starts_at
        _check_times(starts_at, wish.ends_at, now)
        row.matchers, row.reason = _stored(wish.matchers), wish.reason
        row.starts_at, row.ends_at, row.updated_at = starts_at, wish.ends_at, now
        return await self._changed(actor, row, "silence.edited")

    async def end(self, actor: Actor, silence_id: uuid.UUID) -> None:
        """Lift a silence now; it stays in the list of those that are over."""
        row, now = await self._find(silence_id), self._clock.now()
        _check_open(row, now)
        row.starts_at, row.ends_at = min(row.starts_at, now), now
        row.ended_by, row.updated_at = actor.name, now
        await self._changed(actor, row, "silence.ended")

    async def effect(self, matchers: Sequence[Matcher]) -> MatchersEffect:
        """Return which open alerts matchers fit now."""
        rows = (
            await self._session.scalars(
                select(Alert).where(Alert.state.in_(OPEN)).order_by(Alert.began_at, Alert.id)
            )
        ).all()
        facts = await QuietReader(self._session).facts([open_alert(row) for row in rows])
        found = [(row, one) for row, one in zip(rows, facts, strict=True) if fits(matchers, one)]
        found.sort(key=lambda pair: _WORST[Severity(pair[0].severity)])
        return MatchersEffect(
            total=len(found),
            alerts=[_matched(row, one) for row, one in found[:_SHOWN]],
            servers=sorted({one.server for _, one in found}),
        )

    async def _find(self, silence_id: uuid.UUID) -> AlertSilence:
        row = await self._session.get(AlertSilence, silence_id)
        if row is None:
            raise SilenceNotFound("There is no silence with this id.")
        return row

    async def _active(self) -> Sequence[AlertFacts]:
        rows = (await self._session.scalars(select(Alert).where(Alert.state.in_(ACTIVE)))).all()
        return await QuietReader(self._session).facts([open_alert(row) for row in rows])

    async def _changed(self, actor: Actor, row: AlertSilence, action: str) -> SilenceRead:
        await self._session.flush()
        await QuietKeeper(self._session, self._clock).refresh()
        read = _read(row, await self._active(), self._clock.now())
        await self._audit.record(
            actor,
            action,
            kind="silence",
            object_id=row.id,
            name=row.reason,
            details={
                "matchers": row.matchers,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": row.ends_at.isoformat(),
                "quiet_now": read.quiet_now,
            },
            reason=row.reason,
        )
        return read


def _check_times(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at or ends_at <= now:
        raise SilenceNotValid(
            "The silence would be over before it begins.", fix="Take an end that is still to come."
        )
    if ends_at - starts_at > _LONGEST:
        raise SilenceNotValid(
            "A silence lasts a year at most.", fix="Disable the rule instead, or its server."
        )


def _check_open(row: AlertSilence, now: datetime) -> None:
    if row.ends_at <= now:
        raise SilenceIsOver("This silence is over.", fix="Set a new one.")


def _in_state(state: SilenceState | None, now: datetime) -> list[ColumnElement[bool]]:
    match state:
        case None:
            return []
        case SilenceState.ACTIVE:
            return [AlertSilence.starts_at <= now, AlertSilence.ends_at > now]
        case SilenceState.COMING:
            return [AlertSilence.starts_at > now]
        case SilenceState.OVER:
            return [AlertSilence.ends_at <= now]


def _state(row: AlertSilence, now: datetime) -> SilenceState:
    if row.ends_at <= now:
        return SilenceState.OVER
    return SilenceState.ACTIVE if row.starts_at <= now else SilenceState.COMING


def _stored(matchers: Sequence[Matcher]) -> list[JsonValue]:
    found: list[JsonValue] = _MATCHERS.dump_python([*matchers], mode="json")
    return found


def _read(row: AlertSilence, alerts: Sequence[AlertFacts], now: datetime) -> SilenceRead:
    matchers = silenced(row).matchers
    state = _state(row, now)
    quiet = sum(fits(matchers, one) for one in alerts) if state is SilenceState.ACTIVE else 0
    return SilenceRead(
        id=row.id,
        matchers=[*matchers],
        reason=row.reason,
        author=row.author_name,
        state=state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        ended_by=row.ended_by,
        quiet_now=quiet,
    )


def _matched(row: Alert, facts: AlertFacts) -> MatchedAlert:
    return MatchedAlert(
        id=row.id,
        title=row.title,
        severity=Severity(row.severity),
        resource_id=row.resource_id,
        resource_name=facts.resource,
        began_at=row.began_at,
    )
