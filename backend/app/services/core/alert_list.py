"""Alerts as people read them."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Alert
from app.models.core.resource import Resource
from app.schemas.base import Page
from app.schemas.core.alarm import AlertQuery, AlertRead
from app.services.core.queries import contains, sorted_by

_SORTS = {
    "began_at": Alert.began_at,
    "resolved_at": Alert.resolved_at,
    "kind": Alert.kind,
    "state": Alert.state,
}


class AlertList:
    """Reads alerts; the number of queries does not grow with the rows."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: AlertQuery) -> Page[AlertRead]:
        """Return one page, the newest first unless sorted otherwise."""
        wanted: list[ColumnElement[bool]] = []
        if query.state is not None:
            wanted.append(Alert.state == query.state)
        if query.resource_id is not None:
            wanted.append(Alert.resource_id == query.resource_id)
        if query.q:
            wanted.append(contains(Resource.name, query.q))
        source = select(Alert, Resource.name).join(Resource, Resource.id == Alert.resource_id)
        total = await self._session.scalar(
            select(func.count())
            .select_from(Alert)
            .join(Resource, Resource.id == Alert.resource_id)
            .where(*wanted)
        )
        rows = await self._session.execute(
            source.where(*wanted)
            .order_by(*sorted_by(query.sort or "-began_at", _SORTS, Alert.id))
            .offset(query.offset)
            .limit(query.per_page)
        )
        return Page[AlertRead](
            items=[_read(alert, name) for alert, name in rows],
            total=total or 0,
            page=query.page,
            per_page=query.per_page,
        )


def _read(alert: Alert, name: str) -> AlertRead:
    columns = {column: getattr(alert, column, None) for column in AlertRead.model_fields}
    return AlertRead.model_validate({**columns, "resource_name": name})
