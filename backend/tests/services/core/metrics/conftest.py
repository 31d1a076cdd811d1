"""The store of a test."""

import pytest

from app.kernel.database import Database
from tests.services.core.metrics.machine import Store


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
