"""Gathers what a report says, as far as the session reaches."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.infrastructure.reports.alerts import AlertGathering
from app.services.infrastructure.reports.model import Health, Week
from app.services.infrastructure.reports.servers import ServerGathering
from app.services.infrastructure.reports.storage import StorageGathering


class HealthReader:
    """Reads one week; the number of queries does not grow with the machines."""

    def __init__(self, session: AsyncSession, standard_seconds: float) -> None:
        self._session = session
        self._standard_seconds = standard_seconds

    async def read(self, name: str, week: Week, group: str = "") -> Health:
        """Return the health of everything that the session reaches; `group` is its name."""
        servers = ServerGathering(self._session, week, self._standard_seconds)
        storage = StorageGathering(self._session, week)
        alerts = AlertGathering(self._session, week)
        totals = await servers.read()
        counted = await alerts.counts()
        return Health(
            name=name,
            group=group,
            week=week,
            alerts=counted,
            servers=totals,
            drives=await storage.drives(),
            sections=(
                await alerts.still(counted.still),
                await storage.full_soon(),
                await storage.worse_drives(),
                await storage.worn_soon(),
                await storage.pools(),
                await storage.scrubs(),
                await servers.backups(with_own=not group),
                await servers.outages(),
                await servers.upkeep(),
                await alerts.often(),
            ),
        )
