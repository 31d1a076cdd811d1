"""What we ask of a database: a login, questions that only read, and answers as plain rows.

A driver translates the wire; it judges nothing. What the rows mean is read by the services, so
that recorded rows can be read by the same code.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.ports.shell import Listener

Value = str | float | int | bool | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class DatabaseLogin:
    """As whom to log in; `user` is empty where the engine is to let anybody in."""

    user: str = ""
    password: str | None = field(default=None, repr=False)
    database: str = ""

    def hidden_in(self, text: str) -> str:
        """Return a text of the server's without the password, which some repeat in their errors."""
        return text.replace(self.password, "***") if self.password else text


@dataclass(frozen=True, slots=True)
class Question:
    """One question: SQL, a command of Redis, a command of MongoDB as JSON, or a path over HTTP.

    `database` names where it is asked, where the engine wants that said with each question.
    """

    key: str
    text: str
    seconds: float = 5.0
    database: str = ""


class Missing(StrEnum):
    """Why a question has no answer."""

    NO_RIGHT = "no_right"  # the login may not ask this
    ABSENT = "absent"  # this version, or this setting, has no such thing
    TIMED_OUT = "timed_out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: rows, or a text (INFO, JSON, metrics), or why there is nothing."""

    key: str
    rows: tuple[Row, ...] = ()
    text: str = ""
    missing: Missing | None = None
    detail: str = ""


class DatabaseError(Exception):
    """The database could not be asked at all; the text is for people."""

    def __init__(self, detail: str, *, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


class DatabaseUnreachable(DatabaseError):
    """Nothing answers there."""


class DatabaseSilent(DatabaseError):
    """It took the connection, and did not answer in time."""


class DatabaseWantsLogin(DatabaseError):
    """It lets nobody in without a login; nothing was tried that could be counted as a failure."""


class DatabaseRefused(DatabaseError):
    """It refused this login: a wrong name or password, or a login not allowed from here."""


class DatabaseNotLetIn(DatabaseRefused):
    """It lets this login in nowhere on this way, and said so before any password was sent.

    Nothing is counted against the login, so the next door may be tried, and this one again.
    """


class DatabaseBusy(DatabaseError):
    """It runs, but takes no connection now: all are in use, or it is starting."""


class DatabaseUnsupported(DatabaseError):
    """It runs, and is of a version that the driver cannot speak to."""


class Conversation(Protocol):
    """A login to a database."""

    async def ask(self, question: Question) -> Answer:
        """Ask; what the database refuses or cannot do is an answer, a lost connection raises."""
        ...


class DatabaseDriver(Protocol):
    """Speaks to one kind of database."""

    def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AbstractAsyncContextManager[Conversation]:
        """Connect and log in within so many seconds, or raise a `DatabaseError`."""
        ...


class DatabaseDrivers(Protocol):
    """The drivers of all kinds."""

    def of(self, kind: str) -> DatabaseDriver:
        """Return the driver of a kind of database; it is loaded when it is first asked for."""
        ...
