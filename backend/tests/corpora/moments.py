"""A time for tests that need one."""

from datetime import UTC, datetime

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
