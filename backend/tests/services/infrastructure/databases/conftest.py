"""The desk of the tests of databases."""

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from tests.fixtures.infrastructure import Rooms
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.databases.desk import Desk


@pytest.fixture
async def desk(database: Database, clock: ManualClock, vault: Vault) -> Desk:
    """Return a site with a server and the rules."""
    made = Desk(Site(database, clock, vault), Rooms(clock, vault))
    await made.open()
    return made
