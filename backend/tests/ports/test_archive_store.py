"""The contract of the `ArchiveStore` port: a folder, a real sshd, and servers that speak S3."""

import getpass
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3  # type: ignore[import-untyped]  # it comes with moto, and has no types
import pytest

from app.bootstrap import archive_stores
from app.ports.archive_store import (
    ArchiveGone,
    ArchiveStore,
    FolderPlace,
    HostKeyNotApproved,
    Place,
    S3Place,
    SftpPlace,
    StoreError,
)
from app.ports.shell import PasswordLogin
from tests.parts import BUILT
from tests.parts.databases import Running, minio
from tests.parts.s3 import S3Server
from tests.parts.sshd import Sshd, running_sshd

NAME = "unity-0a1b2c3d-20260314T120000Z.unitybackup"
LONG = secrets.token_bytes(3 * 1024 * 1024 + 17)
KINDS = [
    "folder",
    pytest.param("sftp", marks=pytest.mark.needs("sshd")),
    "s3",
    pytest.param("minio", marks=pytest.mark.needs("minio")),
]


@dataclass
class World:
    """A place that is there, and where its files can be looked at from behind."""

    place: Place
    folder: Path


@pytest.fixture(scope="module")
def a_minio() -> Iterator[Running]:
    with minio(BUILT / "minio") as running:
        yield running


def new_bucket(running: Running) -> S3Place:
    """Return a place in an empty bucket of a MinIO."""
    url, name = f"http://127.0.0.1:{running.port}", f"backups-{secrets.token_hex(4)}"
    place = S3Place(name, "home/unity", url, "us-east-1", "unity", "a-long-secret")
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=place.access_key_id,
        aws_secret_access_key=place.secret_access_key,
        region_name=place.region,
    )
    client.create_bucket(Bucket=name)
    client.close()
    return place


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Return each kind of place in turn."""
    folder = tmp_path / "archives"
    folder.mkdir()
    async with AsyncExitStack() as parts:
        if request.param == "sftp":
            server = await parts.enter_async_context(running_sshd(tmp_path / "sshd"))
            yield World(SftpPlace(server.target(), str(folder)), folder)
        elif request.param == "s3":
            yield World(request.getfixturevalue("s3").place(), folder)
        elif request.param == "minio":
            yield World(new_bucket(request.getfixturevalue("a_minio")), folder)
        else:
            yield World(FolderPlace(folder), folder)


@pytest.fixture
async def store(world: World) -> AsyncIterator[ArchiveStore]:
    """Return each kind of store in turn, opened."""
    async with archive_stores().open(world.place) as store:
        yield store


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of more than one piece."""
    path = tmp_path / "source"
    path.write_bytes(LONG)
    return path


async def content(store: ArchiveStore, name: str) -> bytes:
    return b"".join([piece async for piece in store.read(name)])


async def test_what_was_put_is_read_again(store: ArchiveStore, source: Path) -> None:
    await store.put(NAME, source)
    assert await content(store, NAME) == LONG


async def test_a_listing_tells_name_size_and_time(store: ArchiveStore, source: Path) -> None:
    assert await store.archives() == []
    await store.put(NAME, source)
    (found,) = await store.archives()
    assert (found.name, found.size) == (NAME, len(LONG))
    assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=5)


@pytest.fixture
def shorter(tmp_path: Path) -> Path:
    """Return another file."""
    path = tmp_path / "shorter"
    path.write_bytes(b"shorter")
    return path


async def test_putting_again_replaces_the_whole(
    store: ArchiveStore, source: Path, shorter: Path
) -> None:
    await store.put(NAME, source)
    await store.put(NAME, shorter)
    assert await content(store, NAME) == b"shorter"
    assert len(await store.archives()) == 1


async def test_an_archive_that_is_not_there_is_gone(store: ArchiveStore) -> None:
    with pytest.raises(ArchiveGone, match=NAME):
        await content(store, NAME)


async def test_deleting_twice_is_no_error(store: ArchiveStore, source: Path) -> None:
    await store.put(NAME, source)
    await store.delete(NAME)
    await store.delete(NAME)
    assert await store.archives() == []


def elsewhere(place: Place) -> Place:
    """Return a place of the same kind that nobody has made."""
    match place:
        case FolderPlace():
            return FolderPlace(place.folder / "not-mounted")
        case SftpPlace():
            return replace(place, folder="/not/there")
        case S3Place():
            return replace(place, bucket="not-made-by-anybody")


async def test_a_place_that_is_not_there_is_said(world: World, source: Path) -> None:
    with pytest.raises(StoreError, match=r"[Tt]here is no"):
        async with archive_stores().open(elsewhere(world.place)) as store:
            await store.put(NAME, source)


@pytest.mark.parametrize("world", ["folder", KINDS[1]], indirect=True)
async def test_half_an_archive_is_never_listed(
    world: World, store: ArchiveStore, tmp_path: Path
) -> None:
    (world.folder / f".{NAME}.part").write_bytes(b"half")
    with pytest.raises((StoreError, OSError)):
        await store.put(NAME, tmp_path / "no such file")
    assert await store.archives() == []


@pytest.mark.parametrize("world", ["folder", KINDS[1]], indirect=True)
async def test_archives_are_for_their_owner_only(
    world: World, store: ArchiveStore, source: Path
) -> None:
    await store.put(NAME, source)
    assert (world.folder / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.needs("sshd")
async def test_a_host_key_that_nobody_approved_is_offered(sshd: Sshd) -> None:
    place = SftpPlace(sshd.target(pinned=False), str(sshd.folder))
    with pytest.raises(HostKeyNotApproved) as caught:
        async with archive_stores().open(place):
            """Never."""
    assert caught.value.offered == sshd.host_key
    assert "Failed" not in sshd.log
    assert "Accepted" not in sshd.log


@pytest.mark.needs("sshd")
async def test_another_host_key_than_the_approved_one_is_refused(
    sshd: Sshd, tmp_path: Path
) -> None:
    async with running_sshd(tmp_path / "other") as other:
        target = replace(sshd.target(), pinned=(other.host_key,))
        with pytest.raises(HostKeyNotApproved, match="another host key"):
            async with archive_stores().open(SftpPlace(target, str(sshd.folder))):
                """Never."""


@pytest.mark.needs("sshd")
async def test_a_wrong_password_is_said_and_not_repeated(sshd: Sshd) -> None:
    target = sshd.target(PasswordLogin("not-this-one"), username=getpass.getuser())
    with pytest.raises(StoreError, match="did not accept") as caught:
        async with archive_stores().open(SftpPlace(target, str(sshd.folder))):
            """Never."""
    assert "not-this-one" not in str(caught.value)


async def test_an_endpoint_that_nobody_listens_on_is_said(source: Path) -> None:
    place = S3Place("b", "", "http://127.0.0.1:1", "us-east-1", "key", "a-very-secret-value")
    with pytest.raises(StoreError, match="could not be reached") as caught:
        async with archive_stores().open(place) as store:
            await store.put(NAME, source)
    assert "a-very-secret-value" not in f"{caught.value}{caught.value.__context__}{place!r}"


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://[fd00:ec2::254]/"])
async def test_a_metadata_service_is_never_asked(endpoint: str) -> None:
    with pytest.raises(StoreError, match="metadata"):
        async with archive_stores().open(S3Place("b", "", endpoint, "us-east-1", "k", "s")):
            """Never."""


async def test_prefixes_keep_two_unities_apart(s3: S3Server, source: Path) -> None:
    async with archive_stores().open(s3.place(prefix="one")) as one:
        await one.put(NAME, source)
    async with archive_stores().open(s3.place(prefix="two")) as two:
        assert await two.archives() == []
    async with archive_stores().open(s3.place(prefix="")) as whole:
        assert await whole.archives() == []
