"""The inbox: alerts of all domains as people read them, grouped by their cause."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kernel.errors import NotFound
from app.models.core.alert import ACTIVE, OPEN, Alert, AlertState, Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.resource import Resource
from app.schemas.base import Page
from app.schemas.core.alert import AlertCount, AlertQuery, AlertRead, AlertStanding
from app.services.core.labels import labels_of
from app.services.core.queries import contains, sorted_by
from app.services.core.resources import in_group, with_tag

_SERVER = aliased(Resource)
_CAUSE = aliased(Alert)
_URGENCY = case(
    (Alert.severity == Severity.CRITICAL, 0), (Alert.severity == Severity.WARNING, 1), else_=2
)
_SORTS = {
    "urgency": _URGENCY,
    "began_at": Alert.began_at,
    "fired_at": Alert.fired_at,
    "resolved_at": Alert.resolved_at,
    "kind": Alert.kind,
    "state": Alert.state,
    "resource": func.lower(Resource.name),
}


class AlertNotFound(NotFound):
    """No alert has this id."""


class AlertInbox:
    """Reads alerts; the number of statements does not grow with them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: AlertQuery) -> Page[AlertRead]:
        """Return one page: the worst first, and the oldest of them, unless sorted otherwise."""
        wanted = _wanted(query)
        total = await self._session.scalar(
            select(func.count())
            .select_from(Alert)
            .join(Resource, Resource.id == Alert.resource_id)
            .outerjoin(_CAUSE, _CAUSE.id == Alert.cause_id)
            .where(*wanted)
        )
        order = sorted_by(query.sort or "urgency", _SORTS, Alert.id)
        rows = (
            await self._session.execute(
                _source()
                .where(*wanted)
                .order_by(order[0], Alert.began_at.asc(), order[1])
                .offset(query.offset)
                .limit(query.per_page)
            )
        ).all()
        return Page[AlertRead](
            items=await self._read(rows),
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )

    async def get(self, alert_id: uuid.UUID) -> AlertRead:
        """Return one alert."""
        row = (await self._session.execute(_source().where(Alert.id == alert_id))).one_or_none()
        if row is None:
            raise AlertNotFound(
                "There is no alert with this id.", fix="It may be older than what is kept."
            )
        return (await self._read([row]))[0]

    async def counts(self) -> Sequence[AlertCount]:
        """Count what is open."""
        is_muted = Alert.muted_by != ""
        rows = await self._session.execute(
            select(Alert.state, Alert.severity, Alert.domain, is_muted, func.count())
            .where(Alert.state.in_(OPEN))
            .group_by(Alert.state, Alert.severity, Alert.domain, is_muted)
            .order_by(Alert.domain, Alert.severity, Alert.state)
        )
        return [
            AlertCount(
                state=AlertState(state),
                severity=Severity(severity),
                domain=domain,
                is_muted=bool(muted),
                count=count,
            )
            for state, severity, domain, muted, count in rows
        ]

    async def _read(self, rows: Sequence[Row]) -> list[AlertRead]:  # type: ignore[type-arg]  # its columns are those of _source
        alerts: list[Alert] = [row[0] for row in rows]
        labels = await labels_of(self._session, {alert.resource_id for alert in alerts})
        consequences = await self._consequences([alert.id for alert in alerts])
        return [
            AlertRead.model_validate(
                {
                    **_columns(alert),
                    "resource_name": row.resource_name,
                    "resource_kind": row.resource_kind,
                    "server_id": row.server_id,
                    "server_name": row.server_name or "",
                    "rule_name": row.rule_name or "",
                    "cause_title": row.cause_title or "",
                    "tags": labels.tags(alert.resource_id),
                    "consequences": consequences.get(alert.id, 0),
                }
            )
            for alert, row in zip(alerts, rows, strict=True)
        ]

    async def _consequences(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
        if not ids:
            return {}
        rows = await self._session.execute(
            select(Alert.cause_id, func.count())
            .where(Alert.cause_id.in_(ids), Alert.state.in_(OPEN))
            .group_by(Alert.cause_id)
        )
        return {cause_id: count for cause_id, count in rows if cause_id is not None}


def _columns(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in AlertRead.model_fields if hasattr(Alert, name)}


def _source() -> Select[Alert, str, str, uuid.UUID, str, str, str]:
    return (
        select(
            Alert,
            Resource.name.label("resource_name"),
            Resource.kind.label("resource_kind"),
            _SERVER.id.label("server_id"),
            _SERVER.name.label("server_name"),
            AlertRule.name.label("rule_name"),
            _CAUSE.title.label("cause_title"),
        )
        .join(Resource, Resource.id == Alert.resource_id)
        .outerjoin(_SERVER, _SERVER.id == _server_id())
        .outerjoin(AlertRule, AlertRule.id == Alert.rule_id)
        .outerjoin(_CAUSE, _CAUSE.id == Alert.cause_id)
    )


def _server_id() -> ColumnElement[uuid.UUID | None]:
    """Return the server of a resource; a server is its own."""
    return case((Resource.kind == "server", Resource.id), else_=Resource.server_id)


def _wanted(query: AlertQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    match query.state:
        case None:
            pass
        case AlertStanding.OPEN:
            wanted.append(Alert.state.in_(OPEN))
        case AlertStanding.ACTIVE:
            wanted.append(Alert.state.in_(ACTIVE))
        case state:
            wanted.append(Alert.state == state)
    for column, value in (
        (Alert.severity, query.severity),
        (Alert.domain, query.domain or None),
        (Alert.kind, query.kind or None),
        (Alert.resource_id, query.resource_id),
        (Alert.rule_id, query.rule_id),
        (Alert.cause_id, query.cause_id),
    ):
        if value is not None:
            wanted.append(column == value)
    return [*wanted, *_of_resource(query), *_of_quiet(query)]


def _of_resource(query: AlertQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.server_id is not None:
        wanted.append(or_(Resource.id == query.server_id, Resource.server_id == query.server_id))
    if query.tag:
        tagged = with_tag(query.tag)
        wanted.append(or_(Resource.id.in_(tagged), Resource.server_id.in_(tagged)))
    if query.group:
        members = in_group(query.group)
        wanted.append(or_(Resource.id.in_(members), Resource.server_id.in_(members)))
    if query.q:
        wanted.append(
            or_(
                contains(Resource.name, query.q),
                contains(Alert.title, query.q),
                contains(Alert.message, query.q),
                contains(Alert.subject, query.q),
            )
        )
    return wanted


def _of_quiet(query: AlertQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.is_muted is not None:
        wanted.append(Alert.muted_by != "" if query.is_muted else Alert.muted_by == "")
    if query.roots_only:
        wanted.append(or_(Alert.cause_id.is_(None), _CAUSE.state == AlertState.RESOLVED))
    return wanted
