"""The job engine of a single process: the run table itself is the queue."""

from app.adapters.jobs_sqlite.engine import SqliteJobEngine

__all__ = ["SqliteJobEngine"]
