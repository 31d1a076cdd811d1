"""What the gallery shows: every plugin, with how many instances of it the reader may see."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.plugin import Plugin
from app.models.core.plugin_instance import PluginInstance
from app.schemas.core.plugin import PluginDetail, PluginRead
from app.services.core.plugins.described import Described, described
from app.services.core.plugins.opening import plugin_of


class PluginGallery:
    """Reads plugins."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list(self) -> Sequence[PluginRead]:
        """Return all, by title."""
        counts = await self._counts()
        rows = await self._session.scalars(select(Plugin))
        found = [_read(row, described(row), counts) for row in rows]
        return sorted(found, key=lambda one: one.title.lower())

    async def get(self, name: str) -> PluginDetail:
        """Return one with its form, metrics, alert types and quality."""
        row = await plugin_of(self._session, name)
        said = described(row)
        read = _read(row, said, await self._counts())
        return PluginDetail(
            **dict(read),
            form=said.form,
            metrics=said.metrics,
            has_open_metrics=said.has_open_metrics,
            alerts=said.shown_alerts(),
            quality=said.quality.rules,
            every_seconds=said.manifest.every_seconds,
            timeout_seconds=said.manifest.timeout_seconds,
            memory_mib=said.manifest.memory_mib,
            needs_server=said.manifest.needs_server,
        )

    async def _counts(self) -> Mapping[str, int]:
        rows = await self._session.execute(
            select(PluginInstance.plugin, func.count()).group_by(PluginInstance.plugin)
        )
        return {row[0]: row[1] for row in rows}


def _read(row: Plugin, said: Described, counts: Mapping[str, int]) -> PluginRead:
    manifest = said.manifest
    return PluginRead(
        name=row.name,
        title=manifest.title or row.name,
        summary=manifest.summary,
        category=manifest.category,
        version=manifest.version,
        home=manifest.home,
        description=manifest.description,
        source=row.source,
        distribution=row.distribution,
        state=row.state,
        problem=row.problem,
        collects=said.collects,
        sends=said.sends,
        tier=said.quality.tier,
        instances=counts.get(row.name, 0),
        seen_at=row.seen_at,
    )
