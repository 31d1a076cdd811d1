"""Every error leaves as a problem document (RFC 9457); nothing else writes error bodies."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.kernel import context
from app.kernel.database import Clash, is_overtaken
from app.kernel.errors import UnityError
from app.kernel.logging import get_logger

MEDIA_TYPE = "application/problem+json"
# Newer Pythons have other words for these; a kind of problem has the same name for ever.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Entity"}
log = get_logger(__name__)


def kebab(name: str) -> str:
    """`ServerNotFound` → `server-not-found`, `SSHKeyInUse` → `ssh-key-in-use`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Describe the problems an endpoint may answer with, for the OpenAPI document."""
    return {
        status: {
            "description": _phrase(status),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def a_table() -> dict[int | str, dict[str, object]]:
    """Describe an answer that is a table for spreadsheets, for the OpenAPI document."""
    content = {"text/csv": {"schema": {"type": "string"}}}
    return {200: {"description": "CSV (RFC 4180)", "content": content}}


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(UnityError, _unity_error)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Clash, _clash)
    app.add_exception_handler(Exception, _crash)


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build the answer."""
    body = {
        **(extra or {}),
        "type": f"/problems/{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:request:{context.request_id.get() or 'none'}",
    }
    return JSONResponse(
        jsonable_encoder(body),
        status_code=status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


async def _unity_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, UnityError):
        raise TypeError("This handler is for UnityError.") from error
    headers: dict[str, str] = {}
    if "retry_after" in error.context:
        headers["Retry-After"] = str(error.context["retry_after"])
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="unity"'
    return problem(
        error.status,
        kebab(type(error).__name__),
        error.title,
        error.detail,
        extra={**error.context, "fix": error.fix},
        headers=headers,
    )


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise TypeError("This handler is for RequestValidationError.") from error
    # The rejected input itself is left out: it may be a password in the wrong place.
    errors = [
        {"detail": item["msg"], "pointer": "/" + "/".join(str(part) for part in item["loc"])}
        for item in error.errors()
    ]
    first = errors[0] if errors else {"detail": "", "pointer": ""}
    return problem(
        422,
        "invalid-input",
        "The input is not valid",
        f"{first['pointer'].removeprefix('/')}: {first['detail']}",
        extra={"errors": errors, "fix": "Mend the named fields and send it again."},
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise TypeError("This handler is for HTTPException.") from error
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body it cannot decode
        return problem(
            422,
            "invalid-input",
            "The input is not valid",
            "The body cannot be read.",
            extra={"errors": [], "fix": "Send JSON in UTF-8."},
        )
    phrase = _phrase(error.status_code)
    is_bare = error.detail in {phrase, HTTPStatus(error.status_code).phrase}
    detail = error.detail if not is_bare else f"{phrase}: {request.url.path}"
    return problem(
        error.status_code, kebab(phrase.replace(" ", "")), phrase, detail, headers=error.headers
    )


async def _clash(request: Request, error: Exception) -> JSONResponse:
    """Answer for two requests that wanted the same at the same moment; the other one has it."""
    if not isinstance(error, Clash) or not is_overtaken(error):
        return await _crash(request, error)
    log.info("request_overtaken", method=request.method, path=request.url.path)
    return problem(
        409,
        "overtaken",
        "Somebody else was faster",
        "Another request took the name, or deleted what this one needs, at this very moment.",
        extra={"fix": "Reload, look what is there now, and try again."},
    )


async def _crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request_crashed", method=request.method, path=request.url.path, exc_info=error)
    return problem(
        500,
        "internal-error",
        "Something went wrong",
        "Unity made a mistake here; nothing of this request was saved.",
        extra={"fix": "The log has the details under this request id; please report it."},
    )
