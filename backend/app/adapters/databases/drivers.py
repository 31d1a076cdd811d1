"""Which driver speaks to which kind of database."""

import importlib
from typing import Protocol, cast

from app.ports.database_driver import DatabaseDriver

_MODULES = {
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "redis": "redis",
    "valkey": "redis",
    "minio": "minio",
}


class _Module(Protocol):
    """What each driver's module has."""

    Driver: type[DatabaseDriver]


class Drivers:
    """Implements `DatabaseDrivers`."""

    def __init__(self) -> None:
        self._loaded: dict[str, DatabaseDriver] = {}

    def of(self, kind: str) -> DatabaseDriver:
        """Import the driver when its database is asked for the first time: start-up is short."""
        if kind not in self._loaded:
            module = importlib.import_module(f"app.adapters.databases.{_MODULES[kind]}")
            self._loaded[kind] = cast("_Module", module).Driver()
        return self._loaded[kind]
