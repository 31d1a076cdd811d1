"""The API as the command line calls it: by UNITY_URL and UNITY_TOKEN, or the local socket."""

import os
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2

from app.kernel.errors import JsonValue, UnityError

SOCKET_NAME = "unity.sock"
WAIT_SECONDS = 120
Json = dict[str, JsonValue]


class NoServer(UnityError):
    """There is nobody to ask."""


class Refused(UnityError):
    """The server answered with a problem."""


class Client:
    """Calls the API; every problem document becomes a `Refused` with its words."""

    def __init__(self) -> None:
        self._http = _connect()

    def get(self, path: str, **query: str | int | None) -> Json:
        """Read."""
        return self._call("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Mapping[str, JsonValue] | None = None) -> Json:
        """Create, or ask for an action."""
        return self._call("POST", path, json=dict(body or {}))

    def put(self, path: str, body: Mapping[str, JsonValue]) -> Json:
        """Set."""
        return self._call("PUT", path, json=dict(body))

    def delete(self, path: str) -> Json:
        """Remove."""
        return self._call("DELETE", path)

    def stream(self, path: str, **query: str | int | None) -> Iterator[str]:
        """Yield a file piece by piece."""
        params = {key: value for key, value in query.items() if value is not None}
        yield from self._stream("GET", path, params=params)

    def answers(self, path: str, body: Mapping[str, JsonValue]) -> Iterator[str]:
        """Send a body, and yield the answer piece by piece; nobody knows how long it takes."""
        yield from self._stream("POST", path, json=dict(body), timeout=None)

    def _stream(self, method: str, path: str, **options: object) -> Iterator[str]:
        try:
            with self._http.stream(method, path, **options) as response:  # type: ignore[arg-type] # one call for both
                if response.is_error:
                    response.read()
                    answer = _read(response)
                    why = _why(answer, response.status_code)
                    raise Refused(why, fix=str(answer.get("fix") or ""))
                yield from response.iter_text()
        except httpx2.TransportError as error:
            raise NoServer(f"No Unity answers at {self._http.base_url}: {error}.") from error

    def pages(self, path: str, **query: str | int | None) -> Iterator[Json]:
        """Yield the items of all pages of a list."""
        page = 1
        while True:
            answer = self.get(path, page=page, per_page=200, **query)
            items = answer["items"]
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    yield item
            if page * 200 >= _whole(answer["total"]):
                return
            page += 1

    def wait(self, run_id: str) -> Json:
        """Wait for a job's end and return its run; a failed one is a `Refused`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            run = self.get(f"/api/job-runs/{run_id}")
            if run["state"] == "succeeded":
                return run
            if run["state"] not in {"queued", "running"}:
                raise Refused(str(run.get("error") or f"The job was {run['state']}."))
            time.sleep(0.3)  # noqa: TID251 - a command line has no event loop to block
        raise Refused(
            f"The job is not finished after {WAIT_SECONDS} s; it goes on.",
            fix=f"See it with `unity jobs show {run_id}`.",
        )

    def _call(self, method: str, path: str, **options: object) -> Json:
        try:
            response = self._http.request(method, path, **options)  # type: ignore[arg-type] # one call for all verbs
        except httpx2.TransportError as error:
            raise NoServer(
                f"No Unity answers at {self._http.base_url}: {error or type(error).__name__}.",
                fix="Start it with `unity serve`, or set UNITY_URL and UNITY_TOKEN.",
            ) from error
        answer = _read(response)
        if response.is_error:
            raise Refused(_why(answer, response.status_code), fix=str(answer.get("fix") or ""))
        return answer


def _read(response: httpx2.Response) -> Json:
    """Return the document, a bare list as its items; what is none, is an empty one."""
    try:
        found = response.json() if response.content else {}
    except ValueError:
        found = {}
    if isinstance(found, list):
        return {"items": found}
    return found if isinstance(found, dict) else {}


def _why(answer: Json, status: int) -> str:
    """Return why it was refused, with the fields that are wrong where the words leave them out."""
    detail = str(answer.get("detail") or f"The server answered {status}.")
    errors = answer.get("errors")
    fields = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    if not any(one.get("detail") == detail for one in fields):
        return detail
    places = [(str(one.get("pointer")).removeprefix("/body/"), one) for one in fields]
    return "; ".join(f"{place.replace('/', '.')}: {one.get('detail')}" for place, one in places)


def _whole(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _connect() -> httpx2.Client:
    url, token = os.environ.get("UNITY_URL", ""), os.environ.get("UNITY_TOKEN", "")
    if url:
        if not token:
            raise NoServer(
                "UNITY_URL is set, but UNITY_TOKEN is not.",
                fix="Make a token in the web interface.",
            )
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(
            base_url=url, headers=headers, timeout=30, verify=ssl.create_default_context()
        )
    path = Path(os.environ.get("UNITY_DATA", "./data")) / SOCKET_NAME
    if not path.exists():
        raise NoServer(
            f"No Unity runs on this machine (no socket {path}).",
            fix="Start it with `unity serve`, or set UNITY_URL and UNITY_TOKEN.",
        )
    # A command asks a few times and ends; a connection for each leaves none open behind it.
    once = httpx2.Limits(max_keepalive_connections=0)
    transport = httpx2.HTTPTransport(uds=str(path), limits=once)
    return httpx2.Client(base_url="http://unity", transport=transport, timeout=30)
