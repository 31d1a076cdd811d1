"""The job engine on PostgreSQL, for any number of workers: procrastinate is the queue."""

from app.adapters.procrastinate.engine import ProcrastinateEngine

__all__ = ["ProcrastinateEngine"]
