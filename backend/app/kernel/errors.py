"""The kinds of errors that carry an HTTP status; domain errors subclass one of them.

Each becomes a problem document (RFC 9457) whose type is the kebab-cased class name.
"""

from collections.abc import Mapping

from typing_extensions import TypeAliasType

# A named alias, because pydantic cannot follow an anonymous one into itself.
JsonValue = TypeAliasType(
    "JsonValue", "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
)


class UnityError(Exception):
    """Something that a person should read: what, which one, what to do next."""

    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str, *, fix: str = "", **context: JsonValue) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix
        self.context: Mapping[str, JsonValue] = context


class InvalidInput(UnityError):
    """The request is well-formed, but what it says cannot be."""

    status = 422
    title = "The input is not valid"


class Unauthenticated(UnityError):
    """Nobody is logged in, or the session or token no longer counts."""

    status = 401
    title = "Log in first"


class PermissionDenied(UnityError):
    """Logged in, but without the right."""

    status = 403
    title = "Not permitted"


class NotFound(UnityError):
    """No such thing."""

    status = 404
    title = "Not found"


class Conflict(UnityError):
    """It clashes with what is there now."""

    status = 409
    title = "Conflict"


class TooManyRequests(UnityError):
    """Slow down; `retry_after` (seconds) stands in the context."""

    status = 429
    title = "Too many attempts"


class UpstreamFailed(UnityError):
    """A machine or service that we asked failed us."""

    status = 502
    title = "The other side failed"


class Unavailable(UnityError):
    """Not possible right now; try again later."""

    status = 503
    title = "Not available right now"


class DiskFull(UnityError):
    """The disk under the database has no room left; nothing was saved, and nothing is lost."""

    status = 507
    title = "The disk is full"


class StartRefused(Exception):
    """Unity cannot start like this. One line says what and how to mend it."""
