"""Structured logs with request and job ids, and a last processor that takes secrets out."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Literal

from app.kernel import context
from app.kernel.imports import hidden

# structlog loads rich when it is there, for coloured tracebacks that show the values of variables.
# Unity prints none of those: values may be secrets. It would be a tenth of a second of each start.
with hidden("rich"):
    import structlog

MASK = "***"
_SECRET_NAMES = (
    "password",
    "passphrase",
    "secret",
    "token",
    "private_key",
    "authorization",
    "cookie",
    "root_key",
    "credential",
)
_HARMLESS_ENDINGS = ("_id", "_name", "_count", "_kind")
_TOKEN = re.compile(r"unity(?:push)?_[0-9A-Za-z]{6,64}_[0-9A-Za-z_-]{20,128}")
_PEM_BEGIN, _PEM_END = "-----BEGIN ", "-----END "


def configure(level: str = "INFO", style: Literal["console", "json"] = "console") -> None:
    """Route structlog and the standard library's loggers to standard error, redacted."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These print payloads at DEBUG (SQL parameters, key exchange, requests), which may be secrets.
    for name in ("asyncssh", "aiosqlite", "sqlalchemy", "httpcore2", "httpx2", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("alembic", "uvicorn.error", "procrastinate"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "procrastinate"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; the first argument of its methods is an event name in snake_case."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _add_context(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    for name, variable in (("request_id", context.request_id), ("job_run", context.job_run_id)):
        if (value := variable.get()) is not None:
            event.setdefault(name, value)
    return event


def redact(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Mask values by the name of their field, and keys and tokens anywhere in a text."""
    for name, value in list(event.items()):
        event[name] = MASK if is_secret_name(name) and value is not None else _clean(value)
    return event


def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name holds a secret."""
    lowered = name.lower()
    return any(word in lowered for word in _SECRET_NAMES) and not lowered.endswith(
        _HARMLESS_ENDINGS
    )


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {
            key: MASK if is_secret_name(str(key)) else _clean(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def clean_text(text: str) -> str:
    """Mask API tokens, keys of plugins and PEM blocks, in time linear in the length of the text."""
    if "unity" in text:
        text = _TOKEN.sub(MASK, text)
    pieces, at = [], 0
    while (start := text.find(_PEM_BEGIN, at)) >= 0:
        pieces += [text[at:start], MASK]
        end = text.find(_PEM_END, start)
        stop = text.find("-----", end + len(_PEM_END)) if end >= 0 else -1
        at = stop + 5 if stop >= 0 else len(text)
    return "".join((*pieces, text[at:]))
