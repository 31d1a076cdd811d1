"""A running Unity of its own for the laboratory, and its API over the local socket."""

import base64
import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
Json = dict[str, Any]


class Unity:
    """The API as the machine's own administrator sees it: the local socket needs no login."""

    def __init__(self, data: Path) -> None:
        self._client = httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(data / "unity.sock")),
            base_url="http://unity",
            timeout=60,
        )
        self._keys: dict[Path, str] = {}  # by file: Unity takes a key in only once

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def call(self, method: str, path: str, body: Json | None = None, **query: str) -> Any:
        """Send one request; a refusal ends the test with its words."""
        answer = self._client.request(method, path, json=body, params=query)
        if not answer.is_success:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def get(self, path: str, **query: str) -> Any:
        """Read."""
        return self.call("GET", path, None, **query)

    def post(self, path: str, body: Json | None = None) -> Any:
        """Write."""
        return self.call("POST", path, body if body is not None else {})

    def wait(self, run_id: str, seconds: float = 240) -> Json:
        """Wait for a run to end; return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            run: Json = self.get(f"/api/job-runs/{run_id}")
            if run["state"] not in ("queued", "running"):
                return run
            time.sleep(0.5)
        raise AssertionError(f"The run {run_id} did not end within {seconds:.0f} s.")

    def collect(self, server_id: str) -> None:
        """Ask the server for everything now."""
        run = self.wait(self.post(f"/api/infrastructure/servers/{server_id}/collect")["run_id"])
        if run["state"] != "succeeded":
            raise AssertionError(f"The collection failed: {run['error']}")

    def alerts(self, **query: str) -> list[Json]:
        """Return the alerts."""
        found: list[Json] = self.get("/api/alerts", per_page="500", **query)["items"]
        return found

    def enter(self, name: str, port: int, key: Path, host_key: str) -> str:
        """Enter a machine with its login; return its id."""
        digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
        fingerprint = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
        server = {"name": name, "host": "127.0.0.1", "port": port, "username": "root",
                  "ssh_key_id": self._key(key),
                  "host_key": {"public": host_key, "fingerprint": fingerprint}}  # fmt: skip
        return str(self.post("/api/infrastructure/servers", server)["id"])

    def _key(self, file: Path) -> str:
        """Return the id of a login key, which all machines of the laboratory share."""
        if file not in self._keys:
            secret = {"name": "laboratory", "private_key": file.read_text()}
            self._keys[file] = self.post("/api/credentials/ssh-keys/import", secret)["id"]
        return self._keys[file]


@contextlib.contextmanager
def unity(folder: Path, port: int) -> Iterator[Unity]:
    """Run Unity for the length of the block; slow rounds only when it is told to."""
    data = folder / "data"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("UNITY_")},
        "UNITY_DATA": str(data),
        "UNITY_SERVER__LISTEN": f"127.0.0.1:{port}",
        "UNITY_COLLECT__ADD_LOCAL": "false",
        "UNITY_COLLECT__STANDARD_SECONDS": "40",
        "UNITY_COLLECT__BUDGET_SECONDS": "120",
        "UNITY_COLLECT__CONNECT_SECONDS": "60",
        "UNITY_COLLECT__LOGIN_SECONDS": "60",
    }
    program = Path(sys.executable).parent / "unity"
    with (folder / "unity.log").open("w") as log:
        process = subprocess.Popen(
            [program, "serve"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _await(data / "unity.sock", process, folder)
            with contextlib.closing(Unity(data)) as api:
                yield api
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)


def _await(path: Path, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + 90
    while not path.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError((folder / "unity.log").read_text()[-3000:])
        time.sleep(0.3)
    time.sleep(1)
