"""How long what is known of each kind of resource is kept: the settings, and what people entered.

A series that carries a mount point belongs to its file system, though the machine is asked for it:
whoever keeps the history of file systems for years means these numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.config import MetricsPart
from app.kernel.errors import InvalidInput, NotFound
from app.kernel.ids import uuid7
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource, ResourceKind
from app.models.core.retention_period import RetentionPeriod
from app.schemas.core.retention import Periods, RetentionRead, RetentionTable, RetentionWrite
from app.services.core.announcements import Announcement
from app.services.core.audit import AuditLog
from app.services.core.events import SettingsChanged
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor

# Few rows, and worth a look back over a year; what befell a drive or a pool, over its life.
HISTORY_DAYS, _OF_A_LIFE = 400, 1826
KINDS: Mapping[ResourceKind, str] = {
    ResourceKind.SERVER: "servers",
    ResourceKind.STORAGE_DEVICE: "drives",
    ResourceKind.STORAGE_POOL: "pools",
    ResourceKind.DATABASE: "databases",
    ResourceKind.FILESYSTEM: "file systems",
}
_OF_A_FILESYSTEM = MetricSeries.labels.like('%"mountpoint":%')


class RetentionKindNotFound(NotFound):
    """Things of this kind have no periods of their own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days each is kept."""

    raw_days: int
    five_minute_days: int
    hour_days: int
    day_days: int
    history_days: int = HISTORY_DAYS

    def with_own(self, row: RetentionPeriod | RetentionWrite | None) -> "Kept":
        """Return the same with what was entered in its place."""
        if row is None:
            return self
        entered = {one.name: getattr(row, one.name) for one in fields(self)}
        return Kept(**{**asdict(self), **{k: v for k, v in entered.items() if v is not None}})

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """The periods of measurements, from the narrowest to the widest."""
        return self.raw_days, self.five_minute_days, self.hour_days, self.day_days


_LIVED = frozenset({ResourceKind.STORAGE_DEVICE, ResourceKind.STORAGE_POOL})


def defaults_of(settings: MetricsPart, kind: ResourceKind | None = None) -> Kept:
    """Return what holds for a kind, or for all others, until somebody enters something."""
    return Kept(
        settings.raw_days,
        settings.five_minute_days,
        settings.hour_days,
        settings.day_days,
        _OF_A_LIFE if kind in _LIVED else HISTORY_DAYS,
    )


async def entered(session: AsyncSession) -> dict[ResourceKind, RetentionPeriod]:
    """Return what people entered, by kind."""
    rows = await session.scalars(select(RetentionPeriod))
    return {ResourceKind(row.kind): row for row in rows}


async def kept_by_kind(session: AsyncSession, settings: MetricsPart) -> dict[ResourceKind, Kept]:
    """Return what holds for each kind."""
    rows = await entered(session)
    return {kind: defaults_of(settings, kind).with_own(rows.get(kind)) for kind in KINDS}


def series_of(kind: ResourceKind) -> ColumnElement[bool]:
    """Return which series belong to a kind."""
    of_kind = MetricSeries.resource_id.in_(select(Resource.id).where(Resource.kind == kind.value))
    if kind is ResourceKind.SERVER:
        return and_(of_kind, not_(_OF_A_FILESYSTEM))
    if kind is ResourceKind.FILESYSTEM:
        servers = select(Resource.id).where(Resource.kind == ResourceKind.SERVER.value)
        return or_(of_kind, and_(MetricSeries.resource_id.in_(servers), _OF_A_FILESYSTEM))
    return of_kind


def series_of_none(kinds: Sequence[ResourceKind]) -> ColumnElement[bool]:
    """Return the series that belong to none of these kinds."""
    return and_(*(not_(series_of(kind)) for kind in kinds))


class RetentionService:
    """Shows and changes the periods, in one transaction with the audit entry."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, settings: MetricsPart
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._settings = settings

    async def table(self) -> RetentionTable:
        """Return all kinds with their periods."""
        rows = await entered(self._session)
        return RetentionTable(
            defaults=_periods(defaults_of(self._settings)),
            kinds=[self._read(kind, rows.get(kind)) for kind in KINDS],
        )

    async def set(self, actor: Actor, kind: ResourceKind, wish: RetentionWrite) -> RetentionRead:
        """Enter the periods of a kind; nothing but nulls goes back to those of all others."""
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise RetentionKindNotFound(
                f"{kind} has no periods of its own.", fix=f"Choose one of: {known}."
            )
        usual = defaults_of(self._settings, kind)
        _check(usual.with_own(wish))
        rows, now = await entered(self._session), self._clock.now()
        row = rows.get(kind)
        before = usual.with_own(row)
        if row is None:
            row = RetentionPeriod(id=uuid7(), kind=kind.value, created_at=now)
            self._session.add(row)
        for name, days in wish.model_dump().items():
            setattr(row, name, days)
        row.updated_at = now
        await self._session.flush()
        after = usual.with_own(row)
        what = f"How long {KINDS[kind]} are remembered"
        self._announce(actor, SettingsChanged(object_id=row.id, object_name=what))
        await self._audit.record(
            actor,
            "retention.changed",
            kind="settings",
            object_id=row.id,
            name=kind.value,
            details={"from": asdict(before), "to": asdict(after)},
        )
        return self._read(kind, row)

    def _announce(self, actor: Actor, told: Announcement) -> None:
        Outbox(self._session, self._clock).announce(actor, told)

    def _read(self, kind: ResourceKind, row: RetentionPeriod | None) -> RetentionRead:
        names = RetentionWrite.model_fields
        own = RetentionWrite.model_validate({name: getattr(row, name, None) for name in names})
        effective = defaults_of(self._settings, kind).with_own(row)
        return RetentionRead(kind=kind, own=own, effective=_periods(effective))


def _periods(kept: Kept) -> Periods:
    return Periods.model_validate(asdict(kept))


def _check(kept: Kept) -> None:
    """Refuse wider values that go before the narrower ones that they stand for."""
    names = ("samples", "5-minute values", "hourly values", "daily values")
    for place in range(1, len(names)):
        shorter, longer = kept.widths[place - 1], kept.widths[place]
        if longer < shorter:
            raise InvalidInput(
                f"The {names[place]} would go after {longer} days, and what they are made of, the"
                f" {names[place - 1]}, only after {shorter}.",
                fix="Keep wider values at least as long as narrower ones.",
            )
