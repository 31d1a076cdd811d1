"""The room, for its tests."""

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from tests.services.core.notifications.kit import Kit


@pytest.fixture
def kit(database: Database, clock: ManualClock, vault: Vault) -> Kit:
    """Return the notification service on the test's database."""
    return Kit(database, clock, vault)
