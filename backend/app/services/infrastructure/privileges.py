"""What root unlocks on a machine: each right with its exact commands, and what is blind without it.

None of the commands has a wildcard, and none takes a word from a person. Those that change
something are apart: a machine that is only to be looked at allows the others alone.
"""

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.monitored_server import MonitoredServer
from app.models.infrastructure.storage_action import ActionKind
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.models.infrastructure.storage_pool import StoragePool
from app.ports.shell import Command
from app.schemas.infrastructure.upkeep import PrivilegesRead, RootGrantRead
from app.services.infrastructure.facts.lvm import LvmFact
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.pool_round import Named, detail_commands
from app.services.infrastructure.pools.scrubs import place_of, pool_commands
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.server_errors import ServerNotFound
from app.services.infrastructure.storage.privileges import drive_commands, only_reads
from app.services.infrastructure.storage.self_tests import LONG, SHORT, abort_command, start_command
from app.services.infrastructure.sudo_lines import rule_of

# Where the programs lie on most systems; the connection test finds where they do on this one.
_USUAL = {"btrfs": "/usr/bin"}
_FOLDER = "/usr/sbin"
_SCRUBS = (ActionKind.SCRUB, ActionKind.PAUSE, ActionKind.STOP)


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that a machine can give, as a whole."""

    code: str
    title: str
    unlocks: str
    without: str
    commands: Sequence[Command]
    changes: bool = False

    def lines(self, username: str) -> list[str]:
        """Return the sudoers lines; for root, who needs none, the commands themselves."""
        if username == "root":
            return list(dict.fromkeys(shlex.join(command.argv) for command in self.commands))
        return [
            rule_of(username, str(PurePosixPath(_folder(argv[0]), argv[0])), argv)
            for argv in dict.fromkeys(command.argv for command in self.commands)
        ]


def _folder(program: str) -> str:
    return _USUAL.get(program, _FOLDER)


async def privileges_of(session: AsyncSession, server_id: uuid.UUID) -> PrivilegesRead:
    """Return the rights with their lines, for people."""
    server = await session.get(MonitoredServer, server_id)
    if server is None:
        raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
    username = server.username or "root"
    return PrivilegesRead(
        username=username,
        sudo=str(server.sudo),
        grants=[
            RootGrantRead(
                code=grant.code,
                title=grant.title,
                unlocks=grant.unlocks,
                without=grant.without,
                changes=grant.changes,
                lines=grant.lines(username),
            )
            for grant in await grants_of(session, server_id)
        ],
    )


async def grants_of(session: AsyncSession, server_id: uuid.UUID) -> list[Grant]:
    """Return the rights that would be of use on a machine as it was last seen."""
    drives = await drive_commands(session, server_id)
    views = await _views(session, server_id)
    places = [place_of(view) for view in views]
    found = [
        Grant(
            "drives",
            "Health of the drives",
            "Wear, temperature, errors and self-test logs of every drive.",
            "Drives are listed, and their health stays unknown.",
            [command for command in drives if only_reads(command)],
        ),
        Grant(
            "lvm",
            "LVM",
            "Volume groups, missing disks, and how full thin pools and their metadata are.",
            "A thin pool fills up unseen.",
            LvmFact().commands,
        ),
        Grant(
            "pools",
            "Details of arrays and btrfs",
            "What mdadm knows of an array, and the scrubs and balances of btrfs.",
            "The age of a btrfs scrub stays unknown.",
            [
                command
                for view in views
                for command in detail_commands(
                    Named(view.kind, view.identity, view.name, view.mount), sudo=True
                )
            ],
        ),
        Grant("other", "Further facts", "What else only root may read.", "", _others()),
        Grant(
            "self_tests",
            "Self-tests",
            "Starting and ending self-tests, by hand and by schedule.",
            "Tests are started on the machine itself; their results are read all the same.",
            await _tests(session, server_id),
            changes=True,
        ),
        Grant(
            "scrubs",
            "Scrubs and checks",
            "Starting, pausing and stopping them, by hand and by schedule.",
            "They are started on the machine itself; their results are read all the same.",
            [
                command
                for place in places
                for kind in _SCRUBS
                for command in pool_commands(place, kind, sudo=True)
            ],
            changes=True,
        ),
    ]
    return [grant for grant in found if grant.commands]


def _others() -> list[Command]:
    known = set(LvmFact().commands)
    every = [command for fact in FACTS for command in fact.commands]
    return [command for command in every if command.sudo and command not in known]


async def _views(session: AsyncSession, server_id: uuid.UUID) -> list[PoolView]:
    details = await session.scalars(
        select(StoragePool.detail)
        .where(StoragePool.server_id == server_id, StoragePool.missing_since.is_(None))
        .order_by(StoragePool.kind, StoragePool.name)
    )
    return [PoolView.model_validate_json(detail) for detail in details if detail]


async def _tests(session: AsyncSession, server_id: uuid.UUID) -> list[Command]:
    rows = await session.execute(
        select(StorageDevice.path, StorageDevice.smart_type)
        .where(StorageDevice.server_id == server_id, StorageDevice.state == DeviceState.PRESENT)
        .where(StorageDevice.smart_type != "")
        .order_by(StorageDevice.name)
    )
    return [
        command
        for path, smart_type in rows
        for command in (
            start_command(path, smart_type, SHORT, sudo=True),
            start_command(path, smart_type, LONG, sudo=True),
            abort_command(path, smart_type, sudo=True),
        )
    ]
