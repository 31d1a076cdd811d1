"""The jobs of servers against a real sshd: the wizard's way from the probe to the key."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from app.adapters.ssh import SshLimits, SshShells
from app.kernel.database import Database
from app.models.credentials.one_time_secret import OneTimeSecret
from app.models.infrastructure.monitored_server import HostKeyPin, MonitoredServer
from app.schemas.credentials.server_credential import ServerCredentialCreate
from app.schemas.credentials.ssh_key import SSHKeyGenerate
from app.schemas.infrastructure.connection import ConnectionReport, StepName, StepState
from app.services.credentials.key_maker import made
from app.services.credentials.one_time_secrets import OneTimeSecrets
from app.services.infrastructure.connection_tester import ConnectionTester
from app.services.infrastructure.host_probe import Address, HostProber
from app.services.infrastructure.key_enrolment import (
    PURPOSE,
    Enrolment,
    KeyEnroller,
    ServerNotReached,
)
from tests.fixtures.infrastructure import ALICE, OTHER_HOST_KEY, Rooms, server
from tests.parts.ports import free_port
from tests.parts.sshd import Account, Sshd, running_sshd

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.needs("root")]


@dataclass
class Scene:
    """An account behind an sshd, and the -ers of the wizard."""

    sshd: Sshd
    account: Account
    database: Database
    rooms: Rooms
    shells: SshShells = field(
        default_factory=lambda: SshShells(SshLimits(connect_seconds=3, login_seconds=5))
    )

    @property
    def parts(self) -> tuple[Database, SshShells]:
        return self.database, self.shells

    async def enter(self, **fields: object) -> uuid.UUID:
        pinned = self.sshd.host_key
        given = {
            "host": "127.0.0.1",
            "port": self.sshd.port,
            "username": self.account.name,
            "host_key": {"public": pinned.public, "fingerprint": pinned.fingerprint},
            **fields,
        }
        async with self.database.transaction() as session:
            entered = await self.rooms.servers(session).create(ALICE, server(**given))
            return entered.id

    async def login(self, password: str) -> uuid.UUID:
        new = ServerCredentialCreate(
            name="l", username=self.account.name, password=SecretStr(password)
        )
        async with self.database.transaction() as session:
            return (await self.rooms.credentials(session).create(ALICE, new)).id

    async def test(self, server_id: uuid.UUID) -> ConnectionReport:
        tester = ConnectionTester(*self.parts, self.rooms.vault, self.rooms.clock)
        return await tester.test(server_id)

    async def enrolment(self, server_id: uuid.UUID, password: str) -> Enrolment:
        async with self.database.transaction() as session:
            key = await self.rooms.keys(session).store(ALICE, made(SSHKeyGenerate(name="fleet")))
            secrets = OneTimeSecrets(session, self.rooms.clock, self.rooms.vault)
            return Enrolment(server_id, key.id, await secrets.put(password, PURPOSE))

    @property
    def enroller(self) -> KeyEnroller:
        return KeyEnroller(*self.parts, self.rooms.vault, self.rooms.clock)

    async def secrets_left(self) -> int:
        async with self.database.snapshot() as session:
            return await session.scalar(select(func.count(OneTimeSecret.id))) or 0


@pytest.fixture
async def scene(
    database: Database, rooms: Rooms, account: Account, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("sshd")
    async with running_sshd(folder, "AuthorizedKeysFile .ssh/authorized_keys") as sshd:
        scene = Scene(sshd, account, database, rooms)
        yield scene
        await scene.shells.close()


def failed(report: ConnectionReport) -> tuple[StepName, str, str]:
    assert not report.is_ok
    (step,) = [step for step in report.steps if step.state is StepState.FAILED]
    before = report.steps[: report.steps.index(step)]
    assert all(one.state is StepState.OK for one in before)
    assert [one.name for one in report.steps] == list(StepName)
    return step.name, step.message, step.fix


async def test_the_probe_shows_the_key_and_sends_no_credential(scene: Scene) -> None:
    prober = HostProber(*scene.parts, scene.rooms.vault)
    report = await prober.probe(Address("127.0.0.1", scene.sshd.port))
    assert report.host_key is not None
    assert report.host_key.fingerprint == scene.sshd.host_key.fingerprint
    assert "ssh_host_ed25519_key.pub" in report.fix
    assert "userauth-request" not in scene.sshd.log
    closed = await prober.probe(Address("127.0.0.1", free_port()))
    assert (closed.is_reachable, closed.host_key) == (False, None)
    assert closed.fix


async def test_each_failing_step_names_its_cause_and_fix(scene: Scene) -> None:
    wrong = await scene.login("wrong password")
    server_id = await scene.enter(credential_id=wrong)
    name, _, fix = failed(await scene.test(server_id))
    assert name is StepName.LOGIN
    assert fix
    elsewhere = await scene.enter(name="closed", port=free_port(), host_key=None)
    assert failed(await scene.test(elsewhere))[0] is StepName.REACH
    other = {"public": OTHER_HOST_KEY.public, "fingerprint": OTHER_HOST_KEY.fingerprint}
    changed = await scene.enter(name="changed", host="localhost", host_key=other)
    report = await scene.test(changed)
    assert failed(report)[0] is StepName.HOST_KEY
    assert report.host_key is not None
    async with scene.database.snapshot() as session:
        pins = (
            await session.scalars(select(HostKeyPin).where(HostKeyPin.server_id == changed))
        ).all()
    assert {pin.state for pin in pins} == {"approved", "quarantined"}


async def test_sudo_that_is_missing_shows_the_exact_lines(scene: Scene) -> None:
    login = await scene.login(scene.account.password)
    server_id = await scene.enter(credential_id=login, sudo="passwordless")
    report = await scene.test(server_id)
    name, _, fix = failed(report)
    assert name is StepName.SUDO
    assert report.sudo_lines
    assert all(line in fix for line in report.sudo_lines)
    for line in report.sudo_lines:
        assert line.startswith(f"{scene.account.name} ALL=(root) NOPASSWD: /")
        assert "*" not in line


async def test_a_key_is_installed_by_a_one_time_password_and_becomes_the_login(
    scene: Scene,
) -> None:
    server_id = await scene.enter()
    enrolment = await scene.enrolment(server_id, scene.account.password)
    report = await scene.enroller.enrol(enrolment, "bob")
    assert report.path.endswith("/.ssh/authorized_keys")
    async with scene.database.snapshot() as session:
        row = await session.get_one(MonitoredServer, server_id)
        assert row.ssh_key_id == enrolment.ssh_key_id
    assert await scene.secrets_left() == 0
    tested = await scene.test(server_id)
    assert tested.is_ok
    assert tested.steps[-1].state is StepState.SKIPPED


async def test_a_wrong_one_time_password_changes_nothing_and_is_not_kept(scene: Scene) -> None:
    server_id = await scene.enter()
    enrolment = await scene.enrolment(server_id, "wrong")
    with pytest.raises(ServerNotReached):
        await scene.enroller.enrol(enrolment, "bob")
    async with scene.database.snapshot() as session:
        assert (await session.get_one(MonitoredServer, server_id)).ssh_key_id is None
    assert await scene.secrets_left() == 0
