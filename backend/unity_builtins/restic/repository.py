"""Runs the program `restic` on a repository, reading only, and reads what it prints."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import JsonValue
from unity_plugin import Done, LoginRefused, Misconfigured, Network, NotReachable, Unsupported

from unity_builtins.shared.shapes import Object, number, text

_REFUSED = ("wrong password", "no key found", "access denied", "forbidden", "401")
_MISSING = ("unable to open config file", "is there a repository", "does not exist")
_FAULT = re.compile(
    r"^(pack \S+: (does not exist|not found in|unexpected|size)|error for |Fatal: repository c).*",
    re.MULTILINE,
)
_OUT_OF_TIME = 124  # of the program timeout
_WRONG_PASSWORD, _NO_REPOSITORY = 12, 10  # exit statuses since restic 0.17


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One backup."""

    host: str
    paths: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """All backups of the same paths of the same host."""

    host: str
    paths: str
    newest: datetime
    oldest: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository, and what opens it."""

    network: Network
    place: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    password: str = field(repr=False)
    scratch: Path
    seconds: float

    async def version(self) -> str:
        """Return the version of the program."""
        done = await self.network.tool(["restic", "version"], seconds=self.seconds)
        words = done.text.split()
        return words[1] if len(words) > 1 and words[0] == "restic" else "unknown"

    async def snapshots(self) -> Sequence[Snapshot]:
        """List the backups. `--no-lock`: looking must not stand in the way of a backup."""
        done = await self._run(["--no-cache", "--json", "snapshots"], seconds=self.seconds)
        found = _json(done)
        if found is None:
            return []
        if not isinstance(found, list):
            raise Unsupported("restic printed something else than a list of snapshots.")
        return [_snapshot(one) for one in found if isinstance(one, dict)]

    async def size(self, *, seconds: float) -> float | None:
        """Return how many bytes the data take; None when restic does not say."""
        done = await self._run([*self._cache(), "--json", "stats", "--mode", "raw-data"], seconds)
        found = _json(done)
        return number(found, "total_size") if isinstance(found, dict) else None

    async def fault(self, *, seconds: float) -> str | None:
        """Check the structure (not the contents): what is wrong, nothing, or None for no verdict.

        Where data are missing restic asks for them again for a quarter of an hour. What it has said
        until its time is up is a verdict, too.
        """
        done = await self._done([*self._cache(), "check"], seconds + 15, limit=seconds)
        found = _FAULT.search(done.stderr.decode("utf-8", "replace"))
        if found:
            return found[0].strip()[:300]
        if not done.exit_status:
            return ""
        if done.exit_status == _OUT_OF_TIME:
            return None
        _raise_for(done)
        return done.complaint or "restic check failed without a word"

    def _cache(self) -> list[str]:
        return ["--cache-dir", str(self.scratch)]

    async def _run(self, argv: Sequence[str], seconds: float) -> Done:
        done = await self._done(argv, seconds)
        if done.exit_status:
            _raise_for(done)
            raise NotReachable(
                f"restic could not read the repository: {done.complaint}."[:500],
                fix="Check the address of the repository, and that it is there.",
            )
        return done

    async def _done(self, argv: Sequence[str], seconds: float, *, limit: float = 0) -> Done:
        watched = ["timeout", "-k", "5", f"{limit:g}"] if limit else []
        return await self.network.tool(
            [*watched, "restic", "--no-lock", *argv],
            stdin=f"{self.password}\n".encode(),
            env={
                "RESTIC_REPOSITORY": self.place,
                # Asked for on its own, restic says so on the output that carries the JSON.
                "RESTIC_PASSWORD_FILE": "/dev/stdin",
                "HOME": str(self.scratch),
                **self.secrets,
            },
            folder=self.scratch,
            seconds=seconds,
        )


def with_login(place: str, user: str, password: str) -> str:
    """Put a login into the address of a REST server; restic has no other way for it everywhere."""
    if not place.startswith("rest:") or not user:
        return place
    parts = urlsplit(place.removeprefix("rest:"))
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    host = parts.netloc.rpartition("@")[2]
    return "rest:" + urlunsplit(parts._replace(netloc=f"{login}@{host}"))


def grouped(snapshots: Sequence[Snapshot]) -> Sequence[Group]:
    """Group by host and paths, as `restic forget` does."""
    by: dict[tuple[str, str], list[datetime]] = {}
    for one in snapshots:
        by.setdefault((one.host, one.paths), []).append(one.at)
    return [
        Group(host, paths, max(times), min(times), len(times))
        for (host, paths), times in sorted(by.items())
    ]


def _raise_for(done: Done) -> None:
    """Raise what a failure means, where it is one of reaching the repository."""
    words = done.stderr.decode("utf-8", "replace").lower()
    if done.exit_status == _WRONG_PASSWORD or any(one in words for one in _REFUSED):
        raise LoginRefused(
            "The repository refused the password or the login.",
            fix="Check the password of the repository, and the login of its store.",
        )
    if done.exit_status == _NO_REPOSITORY or any(one in words for one in _MISSING):
        raise Misconfigured(
            "There is no repository at this place, or it cannot be read from here.",
            field="repository",
            fix="restic init makes one. A folder must be readable by the account of Unity.",
        )


def _json(done: Done) -> JsonValue:
    try:
        found: JsonValue = json.loads(done.stdout or b"null")
    except ValueError as error:
        raise Unsupported("restic printed something that is not JSON.") from error
    return found


def _snapshot(one: Object) -> Snapshot:
    paths = one.get("paths")
    listed = [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    try:
        at = datetime.fromisoformat(_microseconds(text(one, "time")))
    except ValueError as error:
        raise Unsupported("restic printed a snapshot without a time.") from error
    if at.tzinfo is None:
        raise Unsupported("restic printed a time without a zone.")
    return Snapshot(text(one, "hostname") or "unknown", ", ".join(listed)[:300], at)


def _microseconds(when: str) -> str:
    """Cut nanoseconds to what Python reads."""
    head, dot, rest = when.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}" if dot else when
