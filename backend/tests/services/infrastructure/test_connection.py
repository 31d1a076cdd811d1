"""Connection tests on scripted machines: what needs no real sshd to be seen."""

from sqlalchemy import select

from app.kernel.database import Database
from app.models.infrastructure.monitored_server import HostKeyPin
from app.ports.shell import Command
from app.schemas.infrastructure.connection import StepName, StepState
from app.services.infrastructure.connection_tester import ConnectionTester
from app.services.infrastructure.local_server import ensure_local_server
from app.services.infrastructure.sudo_lines import FIND, sudoers
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.infrastructure import ALICE, HOST_KEY, Rooms, server


def built(database: Database, rooms: Rooms, shells: FakeShells) -> ConnectionTester:
    return ConnectionTester(database, shells, rooms.vault, rooms.clock)


async def test_the_local_machine_needs_no_login(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        local = await ensure_local_server(rooms.servers(session))
    shells = FakeShells()
    machine = shells.machine(str(local.id))
    machine.answers("uname", "-s", "-r", stdout="Linux 6.1.0\n")
    machine.answers("id", "-u", stdout="0\n")
    report = await built(database, rooms, shells).test(local.id)
    assert report.is_ok
    assert [step.state for step in report.steps] == [
        StepState.SKIPPED,
        StepState.SKIPPED,
        StepState.SKIPPED,
        StepState.OK,
        StepState.OK,
    ]


async def test_a_key_that_the_jump_host_showed_waits_at_the_jump_host(
    database: Database, rooms: Rooms
) -> None:
    async with database.transaction() as session:
        gate = await rooms.servers(session).create(ALICE, server(name="gate", host="gate.lan"))
        inner = await rooms.servers(session).create(ALICE, server(jump_server_id=gate.id))
    shells = FakeShells()
    shells.host_keys[str(gate.id)] = HOST_KEY
    report = await built(database, rooms, shells).test(inner.id)
    failed = next(step for step in report.steps if step.state is StepState.FAILED)
    async with database.snapshot() as session:
        (pin,) = await session.scalars(select(HostKeyPin))
    assert failed.name is StepName.HOST_KEY
    assert (pin.server_id, pin.fingerprint) == (gate.id, HOST_KEY.fingerprint)


async def test_a_sudoers_line_allows_exactly_one_argv() -> None:
    shell = FakeShell()
    shell.answers("sh", "-c", FIND, "sh", "smartctl", stdout="/usr/bin/smartctl\n")
    commands = [
        Command(("smartctl", "--scan", "-j"), sudo=True),
        Command(("lsattr",), sudo=True),
        Command(("/bin/odd", "a:b=c,*", "two words"), sudo=True),
    ]
    assert await sudoers(shell, "unity", commands) == [
        "unity ALL=(root) NOPASSWD: /usr/bin/smartctl --scan -j",
        'unity ALL=(root) NOPASSWD: /usr/sbin/lsattr ""',
        r"unity ALL=(root) NOPASSWD: /bin/odd a\:b\=c\,\* two\ words",
    ]
