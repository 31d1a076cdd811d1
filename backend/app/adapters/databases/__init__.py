"""The databases, each over its own protocol; a driver is imported when it is first used."""

from app.adapters.databases.drivers import Drivers

__all__ = ["Drivers"]
