"""Builds the maker of reports from the parts of the platform."""

from app.services.core.platform import Platform
from app.services.infrastructure.reports.making import ReportMaker


def maker_of(platform: Platform) -> ReportMaker:
    """Return a maker; it holds nothing between two uses."""
    settings = platform.settings
    return ReportMaker(
        platform.database,
        platform.clock,
        link=settings.server.link,
        zone=settings.jobs.zone,
        standard_seconds=settings.collect.standard_seconds,
    )
