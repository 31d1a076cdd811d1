"""Asks a Pi-hole: version 6 by its REST API with a session, version 5 by `api.php` with a token."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import JsonValue
from unity_plugin import LoginRefused, Network, NotReachable, Unsupported

from unity_builtins.shared.shapes import Object, an_object, inner, number, text
from unity_builtins.shared.trust import Trust
from unity_builtins.shared.web import Answer, Wanted, fetch


@dataclass(frozen=True, slots=True)
class Component:
    """One of the programs that make up a Pi-hole."""

    name: str
    installed: str
    newest: str

    @property
    def is_behind(self) -> bool:
        """Tell whether there is a newer one."""
        return bool(self.installed and self.newest) and self.installed != self.newest


@dataclass(frozen=True, slots=True)
class Status:
    """How a Pi-hole does; None is what it did not tell."""

    major: int
    is_blocking: bool | None
    queries: float | None
    blocked: float | None
    percent: float | None
    cached: float | None
    forwarded: float | None
    clients: float | None
    domains: float | None
    gravity_at: float | None
    messages: float | None = None
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """One Pi-hole."""

    network: Network
    base: str
    secret: str = field(repr=False)
    trust: Trust
    seconds: float

    async def status(self) -> Status:
        """Ask the version first: only version 6 has an API under this path."""
        probe = await self._ask("/api/auth")
        if probe.status in {200, 401} and _session(probe):
            return await self._six(probe)
        return await self._five()

    async def _six(self, probe: Answer) -> Status:
        async with self._logged_in(probe) as secrets:
            summary = an_object((await self._get("/api/stats/summary", secrets)).json(), self.base)
            blocking = an_object((await self._get("/api/dns/blocking", secrets)).json(), self.base)
            version = an_object((await self._get("/api/info/version", secrets)).json(), self.base)
            messages = await self._ask("/api/info/messages/count", secrets=secrets)
        if "queries" not in summary:
            raise Unsupported(f"{self.base} answered no summary of queries.")
        count = messages.json() if messages.status == 200 else {}
        return _read_six(summary, blocking, version, count)

    @asynccontextmanager
    async def _logged_in(self, probe: Answer) -> AsyncIterator[Mapping[str, str]]:
        """Take one of the few seats for sessions, and give it back."""
        if _session(probe).get("valid") is True and not self.secret:
            yield {}  # this Pi-hole has no password
            return
        body = json.dumps({"password": self.secret}).encode()
        answer = await self._ask("/api/auth", method="POST", body=body)
        if answer.status == 429:
            raise LoginRefused(
                "The Pi-hole has no free session, or refuses logins for a while.",
                fix="Wait some minutes, or end sessions in its settings under Web interface.",
            )
        session = _session(answer)
        sid = text(session, "sid")
        if answer.status not in {200, 401} or not session:
            raise Unsupported(f"{self.base} answered the login with status {answer.status}.")
        if session.get("valid") is not True or not sid:
            raise LoginRefused(
                "The Pi-hole refused the password.",
                fix="With two-factor login, make an app password in its settings and enter that.",
            )
        secrets = {"X-FTL-SID": sid}
        try:
            yield secrets
        finally:
            await self._leave(secrets)

    async def _leave(self, secrets: Mapping[str, str]) -> None:
        try:
            await self._ask("/api/auth", method="DELETE", secrets=secrets)
        except NotReachable:
            return  # the session ends by itself; what was asked before counts

    async def _five(self) -> Status:
        summary = await self._ask("/admin/api.php", query={"summaryRaw": "", "auth": self.secret})
        if summary.status == 404:
            raise Unsupported(
                f"{self.base} is no Pi-hole of version 5 or 6.",
                fix="Enter the address without /admin, with the port of its web interface.",
            )
        found = summary.welcome().json()
        if found == [] or (isinstance(found, str) and not found):
            raise LoginRefused(
                "The Pi-hole refused the token.",
                fix="Copy the API token from its settings under API; a password is no token.",
            )
        versions = await self._ask("/admin/api.php", query={"versions": ""})
        known = versions.json() if versions.status == 200 and versions.body else {}
        return _read_five(an_object(found, self.base), known if isinstance(known, dict) else {})

    async def _get(self, path: str, secrets: Mapping[str, str]) -> Answer:
        return (await self._ask(path, secrets=secrets)).welcome()

    async def _ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        secrets: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return await fetch(
            self.network,
            Wanted(
                url=self.base.rstrip("/") + path,
                method=method,
                headers={"Content-Type": "application/json"} if body else {},
                secrets=secrets or {},
                query=query or {},
                body=body,
                trust=self.trust,
                seconds=self.seconds,
            ),
        )


def _session(answer: Answer) -> Object:
    try:
        found = answer.json()
    except Unsupported:
        return {}
    return inner(found, "session") if isinstance(found, dict) else {}


def _read_six(summary: Object, blocking: Object, version: Object, count: JsonValue) -> Status:
    queries, gravity = inner(summary, "queries"), inner(summary, "gravity")
    return Status(
        major=6,
        is_blocking=_is_enabled(text(blocking, "blocking")),
        queries=number(queries, "total"),
        blocked=number(queries, "blocked"),
        percent=number(queries, "percent_blocked"),
        cached=number(queries, "cached"),
        forwarded=number(queries, "forwarded"),
        clients=number(inner(summary, "clients"), "active"),
        domains=number(gravity, "domains_being_blocked"),
        gravity_at=number(gravity, "last_update"),
        messages=number(count, "count") if isinstance(count, dict) else None,
        components=tuple(
            Component(
                name,
                text(inner(version, "version", key, "local"), "version"),
                text(inner(version, "version", key, "remote"), "version"),
            )
            for key, name in (("core", "Core"), ("web", "Web"), ("ftl", "FTL"))
        ),
    )


def _read_five(summary: Object, versions: Object) -> Status:
    if "dns_queries_today" not in summary:
        raise Unsupported("It answered JSON that is no summary of a Pi-hole.")
    return Status(
        major=5,
        is_blocking=_is_enabled(text(summary, "status")),
        queries=number(summary, "dns_queries_today"),
        blocked=number(summary, "ads_blocked_today"),
        percent=number(summary, "ads_percentage_today"),
        cached=number(summary, "queries_cached"),
        forwarded=number(summary, "queries_forwarded"),
        clients=number(summary, "unique_clients"),
        domains=number(summary, "domains_being_blocked"),
        gravity_at=number(inner(summary, "gravity_last_updated"), "absolute"),
        components=tuple(
            Component(name, text(versions, f"{key}_current"), text(versions, f"{key}_latest"))
            for key, name in (("core", "Core"), ("web", "Web"), ("FTL", "FTL"))
        ),
    )


def _is_enabled(word: str) -> bool | None:
    return {"enabled": True, "disabled": False}.get(word)
