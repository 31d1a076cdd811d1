"""Enters many servers from a text: a plan first, line by line, then the good lines.

A bad line costs itself only: it is shown with its reason, and the others are entered.
"""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.text import printable
from app.models.infrastructure.monitored_server import MonitoredServer
from app.schemas.infrastructure.bulk_import import (
    ImportFormat,
    ImportLine,
    ImportPlan,
    ImportRequest,
    ImportResult,
    Verdict,
)
from app.schemas.infrastructure.server import ServerCreate
from app.services.core.permissions import Actor
from app.services.infrastructure.import_ansible import read_ansible_ini, read_ansible_yaml
from app.services.infrastructure.import_csv import read_csv
from app.services.infrastructure.import_entry import ImportEntry
from app.services.infrastructure.import_ssh_config import read_ssh_config
from app.services.infrastructure.servers import ServerService

_READERS: Mapping[ImportFormat, Callable[[str], list[ImportEntry]]] = {
    ImportFormat.SSH_CONFIG: read_ssh_config,
    ImportFormat.ANSIBLE_INI: read_ansible_ini,
    ImportFormat.ANSIBLE_YAML: read_ansible_yaml,
    ImportFormat.CSV: read_csv,
}
_HOST_BLOCK = re.compile(r"(?im)^[ \t]*host[ \t]+[^\s=,][^=,\n]*$")
_SHOWN = 120
_MANY_ROUNDS = 6  # a jump host may be reached through another one of the same text
Login = tuple[str, int, str]


@dataclass(slots=True)
class _Planned:
    """A line of the plan, and the request that enters it."""

    line: ImportLine
    new: ServerCreate | None
    jump: str


class BulkImport:
    """Plans and applies, in one transaction."""

    def __init__(self, session: AsyncSession, servers: ServerService) -> None:
        self._session = session
        self._servers = servers

    async def plan(self, request: ImportRequest) -> ImportPlan:
        """Tell what the text holds; nothing is entered."""
        kind, planned = await self._planned(request)
        return _plan(kind, planned)

    async def apply(self, actor: Actor, request: ImportRequest) -> ImportResult:
        """Enter the new servers of the text, jump hosts before those behind them."""
        kind, planned = await self._planned(request)
        waiting = [
            one
            for one in planned
            if one.new is not None and (request.only is None or one.line.line in request.only)
        ]
        known = await self._ids_by_name()
        entered: list[uuid.UUID] = []
        for _ in range(_MANY_ROUNDS):
            later: list[_Planned] = []
            for one in waiting:
                if one.jump and one.jump not in known:
                    later.append(one)
                    continue
                server = await self._enter(actor, one, known)
                known[one.line.name] = server.id
                entered.append(server.id)
            waiting = later
        for one in waiting:
            one.line.verdict = Verdict.INVALID
            one.line.note = f"Its jump host {one.jump} is neither entered nor in the text."
        return ImportResult(entered=len(entered), server_ids=entered, plan=_plan(kind, planned))

    async def _enter(
        self, actor: Actor, one: _Planned, known: Mapping[str, uuid.UUID]
    ) -> MonitoredServer:
        if one.new is None:
            raise TypeError("Only a line with a request is entered.")
        jump = known.get(one.jump)
        new = one.new if jump is None else one.new.model_copy(update={"jump_server_id": jump})
        return await self._servers.create(actor, new)

    async def _ids_by_name(self) -> dict[str, uuid.UUID]:
        rows = await self._session.execute(select(MonitoredServer.name, MonitoredServer.id))
        return dict(rows.all())

    async def _planned(self, request: ImportRequest) -> tuple[ImportFormat, list[_Planned]]:
        kind = _guess(request.text) if request.format is ImportFormat.AUTO else request.format
        entries = _READERS[kind](request.text)
        rows = await self._session.execute(
            select(
                MonitoredServer.name,
                MonitoredServer.host,
                MonitoredServer.port,
                MonitoredServer.username,
            )
        )
        names: dict[str, str] = {}
        logins: dict[Login, str] = {}
        for name, host, port, username in rows:
            names[name] = "a server of this name is entered already"
            logins[(host, port, username)] = f"entered already, as {name}"
        planned = [_judge(entry, request) for entry in entries]
        for one in planned:
            _refuse_twice(one, names, logins)
        return kind, planned


def _guess(text: str) -> ImportFormat:
    """Tell the format by its first telling line; `Host` blocks tell an ssh config anywhere."""
    if _HOST_BLOCK.search(text):
        return ImportFormat.SSH_CONFIG
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line == "---" or re.fullmatch(r"[\w.\"'-]+:(\s*#.*)?", line):
            return ImportFormat.ANSIBLE_YAML
        if not line.startswith("[") and re.search(r"[,;\t]", line) and "=" not in line:
            return ImportFormat.CSV
        return ImportFormat.ANSIBLE_INI
    return ImportFormat.CSV


def _judge(entry: ImportEntry, request: ImportRequest) -> _Planned:
    username = entry.username or request.username
    line = ImportLine(
        line=entry.line,
        verdict=Verdict.SKIPPED if entry.is_skipped else Verdict.NEW,
        note=printable(entry.note),
        name=_shown(entry.name),
        host=_shown(entry.host),
        port=None,
        username=_shown(username),
        jump=_shown(_jump_name(entry.jump)),
        groups=[_shown(group) for group in entry.groups],
        tags=[_shown(tag) for tag in entry.tags],
    )
    if entry.is_invalid:
        line.verdict = Verdict.INVALID
    if line.verdict is not Verdict.NEW:
        return _Planned(line, None, "")
    try:
        new = ServerCreate.model_validate(
            {
                "name": entry.name,
                "host": entry.host,
                "port": entry.port or request.port,
                "username": username,
                "ssh_key_id": request.ssh_key_id,
                "credential_id": request.credential_id,
                "sudo": request.sudo,
                "tags": list(dict.fromkeys([*entry.tags, *request.tags])),
                "groups": list(dict.fromkeys([*entry.groups, *request.groups])),
            }
        )
    except ValidationError as error:
        line.verdict, line.note = Verdict.INVALID, _reason(error)
        return _Planned(line, None, "")
    line.host, line.port = new.host, new.port
    line.tags, line.groups = new.tags, new.groups
    return _Planned(line, new, _jump_name(entry.jump))


def _refuse_twice(one: _Planned, names: dict[str, str], logins: dict[Login, str]) -> None:
    """Mark what is there already; what remains is there for the lines that follow."""
    if one.new is None:
        return
    login = (one.new.host, one.new.port, one.new.username)
    reason = logins.get(login) or names.get(one.new.name)
    if reason is not None:
        one.line.verdict = Verdict.EXISTS
        one.line.note = reason[:1].upper() + reason[1:] + "."
        one.new = None
        return
    names[one.new.name] = f"line {one.line.line} has this name already"
    logins[login] = f"the same login as in line {one.line.line}"


def _jump_name(jump: str) -> str:
    """`user@gate:22` → `gate`."""
    return jump.rpartition("@")[2].partition(":")[0]


def _reason(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return printable(f"{field}: {first['msg'].removeprefix('Value error, ')}")


def _shown(text: str) -> str:
    plain = printable(text)
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"


def _plan(kind: ImportFormat, planned: Sequence[_Planned]) -> ImportPlan:
    counts = Counter(one.line.verdict for one in planned)
    return ImportPlan(
        format=kind,
        lines=[one.line for one in planned],
        new=counts[Verdict.NEW],
        exists=counts[Verdict.EXISTS],
        invalid=counts[Verdict.INVALID],
        skipped=counts[Verdict.SKIPPED],
    )
