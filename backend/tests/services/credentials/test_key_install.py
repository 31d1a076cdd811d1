"""Keys are installed on real accounts behind a real sshd, and crashed at every step."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.adapters.ssh import SshShells
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.audit_entry import AuditEntry
from app.models.credentials.ssh_key import DeploymentState, SSHKey, SSHKeyDeployment
from app.ports.shell import Files, PasswordLogin, Shell, ShellError, Target
from app.schemas.credentials.ssh_key import SSHKeyGenerate
from app.services.core.resources import NewResource, ResourceService
from app.services.credentials.key_install import Installation, KeyInstaller, KeyNotInstalled
from app.services.credentials.key_maker import made
from app.services.credentials.key_place import KeyPlaceUnusable
from app.services.infrastructure.targets import open_private_key
from tests.fakes.faults import Crash, Faults, FaultyDatabase, FaultyFiles, FaultyShell, FaultyShells
from tests.fixtures.infrastructure import ALICE, Rooms
from tests.parts.sshd import Account, Sshd, running_sshd

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.needs("root")]

CONFIG = "AuthorizedKeysFile .ssh/authorized_keys"
FOREIGN = (
    b"# Alice's keys, do not touch\r\n"
    b'from="192.0.2.1",command="echo \\"hi\\"" ssh-rsa AAAAB3NzaC1yc2E= alice@laptop\r\n'
    b"\r\n"
    b"broken line \xff\xfe\r\n"
    b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOldKey bob"  # the last line has no end
)


@dataclass(frozen=True, slots=True)
class Scene:
    """An account behind an sshd, a key to install, and the way in by password."""

    installation: Installation
    shells: SshShells
    account: Account
    database: Database
    rooms: Rooms

    @property
    def folder(self) -> Path:
        return self.account.home / ".ssh"

    @property
    def file(self) -> Path:
        return self.folder / "authorized_keys"

    @property
    def way_in(self) -> Target:
        login = PasswordLogin(self.account.password)
        return replace(self.installation.target, logins=(login,))

    def put(self, content: bytes | None) -> None:
        """Put the account's file into a state; None: there is not even a folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if content is not None:
            self.folder.mkdir(mode=0o700)
            self.file.write_bytes(content)
            self.file.chmod(0o640)
            for path in (self.folder, self.file):
                shutil.chown(path, self.account.name, self.account.name)

    def installer(self, faults: Faults | None = None) -> KeyInstaller:
        faults = faults or Faults()
        return KeyInstaller(
            FaultyDatabase(self.database, faults),
            FaultyShells(self.shells, faults),
            self.rooms.vault,
            self.rooms.clock,
        )

    async def state(self) -> SSHKeyDeployment:
        async with self.database.snapshot() as session:
            return (await session.scalars(select(SSHKeyDeployment))).one()

    async def lets_in(self, target: Target) -> bool:
        await self.shells.forget(target.key)
        with suppress(ShellError):
            async with self.shells.open(target):
                return True
        return False

    async def key_lets_in(self) -> bool:
        async with self.database.snapshot() as session:
            key = await session.get_one(SSHKey, self.installation.ssh_key_id)
        login = open_private_key(self.rooms.vault, key, "test")
        target = replace(self.installation.target, key="by-key", logins=(login,))
        return await self.lets_in(target)

    async def forget_deployment(self) -> None:
        async with self.database.transaction() as session:
            for row in await session.scalars(select(SSHKeyDeployment)):
                await session.delete(row)


async def stage(database: Database, rooms: Rooms, sshd: Sshd, account: Account) -> Installation:
    async with database.transaction() as session:
        key = await rooms.keys(session).store(ALICE, made(SSHKeyGenerate(name="fleet")))
        where = NewResource(uuid7(), "server", "nas")
        resource = await ResourceService(session, rooms.clock).create(where)
    return Installation(key.id, resource.id, sshd.target(username=account.name, key="nas"))


@pytest.fixture
async def scene(
    database: Database, rooms: Rooms, account: Account, tmp_path: Path
) -> AsyncIterator[Scene]:
    shells = SshShells()
    async with running_sshd(tmp_path / "sshd", CONFIG) as sshd:
        installation = await stage(database, rooms, sshd, account)
        yield Scene(installation, shells, account, database, rooms)
        await shells.close()


@pytest.fixture
async def shell(scene: Scene) -> AsyncIterator[Shell]:
    async with scene.shells.open(scene.way_in) as shell:
        yield shell


async def test_a_key_is_added_beside_the_lines_of_others(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)
    before = scene.file.stat()
    installed = await scene.installer().install(scene.installation, shell)
    content, after = scene.file.read_bytes(), scene.file.stat()
    assert content.startswith(FOREIGN + b"\r\nssh-ed25519 ")
    assert content.endswith(f"unity:{scene.installation.ssh_key_id}:1\r\n".encode())
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert installed.path == str(scene.file)
    assert (await scene.state()).state == DeploymentState.VERIFIED
    assert await scene.key_lets_in()
    assert list(scene.folder.iterdir()) == [scene.file]


async def test_a_home_without_ssh_folder_gets_a_closed_one(scene: Scene, shell: Shell) -> None:
    scene.put(None)
    await scene.installer().install(scene.installation, shell)
    assert scene.folder.stat().st_mode & 0o777 == 0o700
    assert scene.file.stat().st_mode & 0o777 == 0o600
    assert await scene.key_lets_in()


async def test_installing_twice_adds_one_line(scene: Scene, shell: Shell) -> None:
    scene.put(b"")
    for _ in range(2):
        await scene.installer().install(scene.installation, shell)
    assert scene.file.read_bytes().count(b"\n") == 1


@pytest.mark.timeout(120)
async def test_a_crash_at_any_step_leaves_a_way_in_and_can_be_taken_up(
    scene: Scene, shell: Shell
) -> None:
    whole = Faults()
    scene.put(FOREIGN)
    await scene.installer(whole).install(scene.installation, FaultyShell(shell, whole))
    assert len(whole.steps) > 15
    for crash_at, name in enumerate(whole.steps):
        scene.put(FOREIGN)
        await scene.forget_deployment()
        faults = Faults(crash_at)
        with pytest.raises(Crash):
            await scene.installer(faults).install(scene.installation, FaultyShell(shell, faults))
        assert await scene.lets_in(replace(scene.way_in, key="again")), name
        assert scene.file.read_bytes().startswith(FOREIGN), name
        installer = scene.installer()
        if await installer.resume(scene.installation) is None:
            await installer.install(scene.installation, shell)
        assert (await scene.state()).state == DeploymentState.VERIFIED, name
        assert scene.file.read_bytes().count(b"unity:") == 1, name


async def test_a_key_that_does_not_let_in_is_taken_back(
    database: Database, rooms: Rooms, account: Account, tmp_path: Path
) -> None:
    config = f"{CONFIG}\nPubkeyAuthentication no"
    shells = SshShells()
    async with running_sshd(tmp_path / "sshd", config) as sshd:
        installation = await stage(database, rooms, sshd, account)
        scene = Scene(installation, shells, account, database, rooms)
        scene.put(FOREIGN)
        async with shells.open(scene.way_in) as shell:
            with pytest.raises(KeyNotInstalled, match="new connection"):
                await scene.installer().install(installation, shell)
        assert scene.file.read_bytes() in (FOREIGN, FOREIGN + b"\r\n")
        assert (await scene.state()).state == DeploymentState.FAILED
        assert await scene.lets_in(scene.way_in)
        await shells.close()


async def test_a_key_that_got_in_before_is_not_taken_back(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)
    await scene.installer().install(scene.installation, shell)
    before = scene.file.read_bytes()
    away = replace(scene.installation.target, key="away", port=1)
    for _ in range(2):
        with pytest.raises(KeyNotInstalled, match="got in before"):
            await scene.installer().install(replace(scene.installation, target=away), shell)
        assert (await scene.state()).state == DeploymentState.INSTALLED
    assert scene.file.read_bytes() == before
    assert await scene.key_lets_in()


async def test_a_key_that_was_removed_is_taken_back_like_a_new_one(
    scene: Scene, shell: Shell
) -> None:
    scene.put(FOREIGN + b"\r\n")
    await scene.installer().install(scene.installation, shell)
    await scene.installer().remove(scene.installation, shell)
    away = replace(scene.installation.target, key="away", port=1)
    with pytest.raises(KeyNotInstalled, match="new connection with it failed"):
        await scene.installer().install(replace(scene.installation, target=away), shell)
    assert scene.file.read_bytes() == FOREIGN + b"\r\n"
    assert (await scene.state()).state == DeploymentState.FAILED


class EditedMeanwhile(FaultyFiles):
    """Somebody edits the file right after it was read for the first time."""

    edit: bytes = b"ssh-rsa AAAAHuman carol\n"
    file: Path | None = None

    async def read(self, path: str, *, limit: int = 1_048_576) -> bytes:
        content = await super().read(path, limit=limit)
        if self.file is not None:
            self.file.write_bytes(self.edit + content)
            self.file = None
        return content


class EditedShell(FaultyShell):
    """A shell with these files."""

    def __init__(self, inner: Shell, edited: EditedMeanwhile) -> None:
        super().__init__(inner, Faults())
        self._edited = edited

    @asynccontextmanager
    async def files(self) -> AsyncIterator[Files]:
        yield self._edited


async def test_an_edit_between_read_and_write_is_kept(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)

    async with shell.files() as files:
        edited = EditedMeanwhile(files, Faults())
        edited.file = scene.file
        await scene.installer().install(scene.installation, EditedShell(shell, edited))
    assert scene.file.read_bytes().startswith(EditedMeanwhile.edit + FOREIGN)
    assert scene.file.read_bytes().count(b"unity:") == 1


async def test_removing_takes_exactly_the_own_line(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN + b"\r\n")
    await scene.installer().install(scene.installation, shell)
    await scene.installer().remove(scene.installation, shell)
    assert scene.file.read_bytes() == FOREIGN + b"\r\n"
    assert (await scene.state()).state == DeploymentState.REMOVED
    async with scene.database.snapshot() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    recorded = [entry.action for entry in entries if entry.actor_name == "key installer"]
    assert recorded == ["ssh_key.verified", "ssh_key.removed"]
    assert not await scene.key_lets_in()
    assert await scene.lets_in(scene.way_in)


async def test_a_link_out_of_the_home_is_refused_and_not_followed(
    scene: Scene, shell: Shell, tmp_path: Path
) -> None:
    scene.put(b"")
    elsewhere = tmp_path / "shared_keys"
    elsewhere.write_bytes(FOREIGN)
    scene.file.unlink()
    scene.file.symlink_to(elsewhere)
    with pytest.raises(KeyPlaceUnusable, match="leads out of the home"):
        await scene.installer().install(scene.installation, shell)
    assert elsewhere.read_bytes() == FOREIGN
    assert (await scene.state()).state == DeploymentState.FAILED


async def test_a_link_inside_of_the_home_is_kept(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)
    real = scene.folder / "real_keys"
    scene.file.rename(real)
    scene.file.symlink_to("real_keys")
    await scene.installer().install(scene.installation, shell)
    assert scene.file.is_symlink()
    assert real.read_bytes().startswith(FOREIGN)
    assert await scene.key_lets_in()


async def test_a_file_that_may_not_be_written_says_which(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)
    for path in (scene.folder, scene.file):
        os.chown(path, 0, 0)
    scene.folder.chmod(0o755)
    with pytest.raises(KeyPlaceUnusable, match="may not write"):
        await scene.installer().install(scene.installation, shell)
    assert scene.file.read_bytes() == FOREIGN


async def test_an_immutable_file_says_how_to_unlock_it(scene: Scene, shell: Shell) -> None:
    scene.put(FOREIGN)
    if not _chattr("+i", scene.file):
        pytest.skip("this file system keeps no immutable flag")
    try:
        with pytest.raises(KeyPlaceUnusable, match=r"immutable|may not write"):
            await scene.installer().install(scene.installation, shell)
    finally:
        _chattr("-i", scene.file)


def _chattr(change: str, path: Path) -> bool:
    done = subprocess.run(["chattr", change, str(path)], check=False, capture_output=True)
    return done.returncode == 0
