"""The house, for the tests of reports."""

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from tests.services.infrastructure.reports.house import House


@pytest.fixture
def house(database: Database, clock: ManualClock) -> House:
    """Return a house without machines."""
    return House(database, clock)
