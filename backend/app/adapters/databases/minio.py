"""MinIO: its health and metrics over HTTP."""

import base64
import contextlib
import hmac
import json
import time
from collections.abc import AsyncIterator

import httpx2

from app.ports.database_driver import (
    Answer,
    Conversation,
    DatabaseError,
    DatabaseLogin,
    DatabaseRefused,
    DatabaseSilent,
    DatabaseUnreachable,
    DatabaseWantsLogin,
    Missing,
    Question,
)
from app.ports.shell import Listener

_LIVE = "/minio/health/live"
_METRICS = "/minio/v2/metrics/cluster"
_TOKEN_SECONDS = 300
_SHORTEST_SECRET = 8
_MOST = 8 * 1024 * 1024
_REFUSED = (401, 403)


class Driver:
    """Implements `DatabaseDriver`."""

    @contextlib.asynccontextmanager
    async def open(
        self, way: Listener, login: DatabaseLogin, *, seconds: float
    ) -> AsyncIterator[Conversation]:
        """See that it is MinIO and alive, with TLS or without, and which metrics it shows."""
        transport = httpx2.AsyncHTTPTransport(
            uds=way.path or None,
            # The way leads through SSH to the machine itself, whose certificate names another
            # host, or is its own.
            verify=False,
        )
        headers = {} if login.password is None else {"Authorization": f"Bearer {_token(login)}"}
        async with httpx2.AsyncClient(
            transport=transport, headers=headers, timeout=seconds, trust_env=False
        ) as client:
            base = await _find(client, way)
            talk = _Talk(client, base)
            await _greet(client, base, login)
            yield talk


async def _find(client: httpx2.AsyncClient, way: Listener) -> str:
    place = (
        "minio" if way.path else f"{f'[{way.host}]' if ':' in way.host else way.host}:{way.port}"
    )
    for scheme in ("http", "https"):
        try:
            answer = await client.get(f"{scheme}://{place}{_LIVE}", headers={"Authorization": ""})
        except httpx2.TimeoutException as error:
            raise DatabaseSilent("It did not answer in time.") from error
        except httpx2.HTTPError as error:
            failure: DatabaseError = DatabaseUnreachable(f"No connection: {error}")
            continue
        if answer.headers.get("server", "").lower().startswith("minio"):
            return f"{scheme}://{place}"
        failure = DatabaseUnreachable("What answers there is not MinIO.")
    raise failure


async def _greet(client: httpx2.AsyncClient, base: str, login: DatabaseLogin) -> None:
    try:
        answer = await client.get(f"{base}{_METRICS}")
    except httpx2.HTTPError as error:
        raise DatabaseSilent(f"Its metrics did not come: {error}") from error
    if answer.status_code in _REFUSED:
        if login.password is None:
            raise DatabaseWantsLogin("It shows its metrics only with an access key.")
        raise DatabaseRefused(f"The access key {login.user} was refused.")


def _token(login: DatabaseLogin) -> str:
    """Return what `mc admin prometheus generate` would: a token signed with the secret key."""
    secret = login.password or ""
    if len(secret) < _SHORTEST_SECRET:
        raise DatabaseRefused("A secret key of MinIO has at least eight characters.")
    claims = {"sub": login.user, "iss": "prometheus", "exp": int(time.time()) + _TOKEN_SECONDS}
    parts = [_encoded(json.dumps(part).encode()) for part in ({"alg": "HS512"}, claims)]
    signed = ".".join(parts).encode()
    return f"{signed.decode()}.{_encoded(hmac.digest(secret.encode(), signed, 'sha512'))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Talk:
    """Implements `Conversation`. The text of a question is a path."""

    def __init__(self, client: httpx2.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base

    async def ask(self, question: Question) -> Answer:
        try:
            answer = await self._client.get(self._base + question.text, timeout=question.seconds)
        except httpx2.TimeoutException:
            return Answer(question.key, missing=Missing.TIMED_OUT, detail="No answer in time.")
        except httpx2.HTTPError as error:
            raise DatabaseUnreachable(f"The connection broke: {error}") from error
        if answer.status_code in _REFUSED:
            return Answer(question.key, missing=Missing.NO_RIGHT, detail="It was not permitted.")
        if question.text.startswith("/minio/health/"):
            return Answer(question.key, text=str(answer.status_code))
        if answer.status_code != httpx2.codes.OK:
            detail = f"It answered {answer.status_code}."
            return Answer(question.key, missing=Missing.ABSENT, detail=detail)
        return Answer(question.key, text=answer.text[:_MOST])
