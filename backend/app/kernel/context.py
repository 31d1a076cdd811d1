"""Who and what the running code works for: bound to log lines and audit entries."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
job_run_id: ContextVar[str | None] = ContextVar("job_run_id", default=None)
