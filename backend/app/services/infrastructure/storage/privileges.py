"""What Unity asks of a machine's drives as root: the exact commands, one line for each."""

import json
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.collection import FactState
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.ports.shell import Command
from app.services.core.facts import Rate
from app.services.infrastructure.drive_round import drive_command, log_command, scan_command
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.facts.smart_tools import SmartTools, SmartToolsFact
from app.services.infrastructure.storage.self_tests import LONG, SHORT, start_command


async def drive_commands(session: AsyncSession, server_id: uuid.UUID) -> list[Command]:
    """Return the commands for the drives that a server had when it was last asked.

    Until the list of drives could be read once, only the list is asked for; then the lines of
    the drives follow. Self-tests are in it only for drives that have a schedule.
    """
    tools = await _tools(session, server_id)
    if tools is None:
        return []
    rows = await session.scalars(
        select(StorageDevice)
        .where(StorageDevice.server_id == server_id, StorageDevice.state == DeviceState.PRESENT)
        .order_by(StorageDevice.name)
    )
    commands = [scan_command(tools, sudo=True)] if tools.smartctl else []
    for row in rows:
        if not row.smart_type:
            continue
        device = ScannedDevice(name=row.path, type=row.smart_type)
        commands.append(drive_command(tools, device, sudo=True))
        log = log_command(tools, device, sudo=True)
        commands += [log] if log is not None else []
        for kind, days in ((SHORT, row.short_test_days), (LONG, row.long_test_days)):
            if days:
                commands.append(start_command(row.path, row.smart_type, kind, sudo=True))
    return commands


def only_reads(command: Command) -> bool:
    """Say whether a command may be run to see whether it is permitted; a self-test may not."""
    return not {"-t", "-X"}.intersection(command.argv)


async def _tools(session: AsyncSession, server_id: uuid.UUID) -> SmartTools | None:
    readings = await session.scalar(
        select(FactState.readings).where(
            FactState.server_id == server_id, FactState.rate == Rate.SLOW.value
        )
    )
    value = json.loads(readings).get(SmartToolsFact.name) if readings else None
    return SmartTools.model_validate(value) if value else None
