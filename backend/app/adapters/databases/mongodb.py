"""MongoDB and what speaks its protocol, by pymongo."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bson import json_util
from pymongo import AsyncMongoClient
from pymongo.errors import (
    ConfigurationError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from app.ports.database_driver import (
    Answer,
    Conversation,
    DatabaseError,
    DatabaseLogin,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnreachable,
    DatabaseUnsupported,
    DatabaseWantsLogin,
    Missing,
    Question,
)
from app.ports.shell import Listener

_Client = AsyncMongoClient[dict[str, object]]
_UNAUTHORISED, _AUTHENTICATION_FAILED = 13, 18
_NO_SUCH_COMMAND, _NOT_REPLICATED, _NO_REPLICATION = 59, 94, 76
_JSON = json_util.RELAXED_JSON_OPTIONS


class Driver:
    """Implements `DatabaseDriver`."""

    @contextlib.asynccontextmanager
    async def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AsyncIterator[Conversation]:
        """Connect to this one server, whatever set of servers it is a member of."""
        async with _address(way) as host:
            milliseconds = int(seconds * 1000)
            options: dict[str, str | int | bool] = {
                "directConnection": True,
                "appname": "unity",
                "maxPoolSize": 1,
                "serverSelectionTimeoutMS": milliseconds,
                "connectTimeoutMS": milliseconds,
                "socketTimeoutMS": milliseconds,
                "retryReads": False,
                "retryWrites": False,
                **_as(login),
            }
            client = _Client(host, **options)  # type: ignore[arg-type]  # options by name
            try:
                await _greet(client, login, seconds)
                yield _Talk(client)
            finally:
                await client.close()


def _as(login: DatabaseLogin) -> dict[str, str]:
    if not login.user:
        return {}
    return {
        "username": login.user,
        "password": login.password or "",
        "authSource": login.database or "admin",
    }


@contextlib.asynccontextmanager
async def _address(way: Listener) -> AsyncIterator[str]:
    """Return where to connect to; pymongo knows a unix socket by the end of its name."""
    if not way.path:
        yield (
            f"mongodb://[{way.host}]:{way.port}"
            if ":" in way.host
            else (f"mongodb://{way.host}:{way.port}")
        )
        return
    with tempfile.TemporaryDirectory(prefix="unity-mongo-") as folder:
        near = Path(folder) / "near.sock"
        await asyncio.to_thread(near.symlink_to, way.path)
        yield f"mongodb://{str(near).replace('/', '%2F')}"


async def _greet(client: _Client, login: DatabaseLogin, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds + 1):
            # Anybody may ask for the version; the list of databases wants a right.
            await client.admin.command("ping")
            if not login.user:
                await client.admin.command({"listDatabases": 1, "nameOnly": True})
    except TimeoutError as error:
        raise DatabaseSilent(f"It did not answer within {seconds:g} s.") from error
    except PyMongoError as error:
        raise _said(error, login) from error


def _said(error: PyMongoError, login: DatabaseLogin) -> DatabaseError:
    text = " ".join(str(error).split())[:200]
    if isinstance(error, OperationFailure):
        if not login.user:
            return DatabaseWantsLogin("It wants a login.")
        return DatabaseRefused(f"{login.user} was refused: {text}")
    if isinstance(error, ConfigurationError) and "wire version" in text:
        detail = (
            "It speaks a protocol that Unity does not: it speaks that of MongoDB 4.4 and later."
        )
        return DatabaseUnsupported(detail, fix="Update MongoDB; 4.2 has had no mends since 2023.")
    if isinstance(error, ConfigurationError):
        return DatabaseRefused(f"{login.user} cannot log in: {text}")
    if isinstance(error, NetworkTimeout) or (
        isinstance(error, ServerSelectionTimeoutError) and "timed out" in text
    ):
        return DatabaseSilent("It did not answer in time.")
    return DatabaseUnreachable(f"No connection: {text}")


class _Talk:
    """Implements `Conversation`. The text of a question is a command as JSON."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    async def ask(self, question: Question) -> Answer:
        command = json.loads(question.text)
        try:
            async with asyncio.timeout(question.seconds):
                database = self._client[question.database or "admin"]
                document = await database.command(command, maxTimeMS=int(question.seconds * 1000))
        except (TimeoutError, ExecutionTimeout, NetworkTimeout):
            return Answer(question.key, missing=Missing.TIMED_OUT, detail="No answer in time.")
        except OperationFailure as error:
            return _failed(question, error)
        except PyMongoError as error:
            raise DatabaseUnreachable(f"The connection broke: {str(error)[:200]}") from error
        return Answer(question.key, text=json_util.dumps(document, json_options=_JSON))


def _failed(question: Question, error: OperationFailure) -> Answer:
    detail = " ".join(str(error).split())[:200]
    if error.code in (_UNAUTHORISED, _AUTHENTICATION_FAILED):
        return Answer(question.key, missing=Missing.NO_RIGHT, detail=detail)
    if error.code in (_NO_SUCH_COMMAND, _NOT_REPLICATED, _NO_REPLICATION):
        return Answer(question.key, missing=Missing.ABSENT, detail=detail)
    return Answer(question.key, missing=Missing.FAILED, detail=detail)
