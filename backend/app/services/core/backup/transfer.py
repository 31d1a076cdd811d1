"""Carries archives to destinations and back, and believes nothing that was not read back."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from zoneinfo import ZoneInfo

from app.ports.archive_store import ArchiveGone, ArchiveStore, ArchiveStores, Place, StoreError
from app.services.core.backup.destinations import OpenDestination
from app.services.core.backup.errors import BackupNotFound, DestinationFailed
from app.services.core.backup.naming import made_at
from app.services.core.backup.retention import kept


async def put(store: ArchiveStore, source: Path, digest: str) -> None:
    """Copy an archive there and read all of it back; a copy that differs is removed."""
    try:
        await store.put(source.name, source)
        found, size = hashlib.sha256(), 0
        async for piece in store.read(source.name):
            found.update(piece)
            size += len(piece)
    except StoreError as error:
        raise DestinationFailed(error.detail, fix=error.fix) from error
    if found.hexdigest() != digest:
        await _remove(store, source.name)
        raise DestinationFailed(
            f"The copy of {source.name} is not what was sent ({size} bytes came back).",
            fix="Check the disk and the connection of the destination; the copy was removed.",
        )


async def prune(
    store: ArchiveStore, destination: OpenDestination, kek_id: str, zone: ZoneInfo
) -> list[str]:
    """Remove what the retention does not keep, of our own archives only; return the names."""
    try:
        found = await store.archives()
    except StoreError as error:
        raise DestinationFailed(error.detail, fix=error.fix) from error
    ours = {one.name: when for one in found if (when := made_at(one.name, kek_id)) is not None}
    stay = kept(ours, destination.retention, zone)
    gone = sorted(ours.keys() - stay)
    for name in gone:
        await _remove(store, name)
    return gone


async def newest(store: ArchiveStore, kek_id: str) -> str | None:
    """Return the name of the newest of our own archives."""
    try:
        found = await store.archives()
    except StoreError as error:
        raise DestinationFailed(error.detail, fix=error.fix) from error
    ours = [one.name for one in found if made_at(one.name, kek_id) is not None]
    return max(ours, default=None)


async def fetch(store: ArchiveStore, name: str, target: Path) -> str:
    """Copy an archive here; return its SHA-256."""
    digest = hashlib.sha256()
    try:
        file = await asyncio.to_thread(target.open, "wb")
        with file:
            async for piece in store.read(name):
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
    except ArchiveGone as error:
        raise BackupNotFound(error.detail) from error
    except StoreError as error:
        raise DestinationFailed(error.detail, fix=error.fix) from error
    return digest.hexdigest()


async def stream(stores: ArchiveStores, place: Place, name: str) -> AsyncIterator[bytes]:
    """Return the pieces of an archive; what is wrong is raised before the first of them."""
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(stores.open(place))
            pieces = await stack.enter_async_context(aclosing(_pieces(store, name)))
            first = await anext(pieces, b"")
        except ArchiveGone as error:
            raise BackupNotFound(error.detail, fix="Choose another one.") from error
        except StoreError as error:
            raise DestinationFailed(error.detail, fix=error.fix) from error
        return _rest(first, pieces, stack.pop_all())


async def _pieces(store: ArchiveStore, name: str) -> AsyncGenerator[bytes, None]:
    async for piece in store.read(name):
        yield piece


async def _rest(
    first: bytes, pieces: AsyncIterator[bytes], stack: AsyncExitStack
) -> AsyncIterator[bytes]:
    async with stack:
        yield first
        async for piece in pieces:
            yield piece


async def _remove(store: ArchiveStore, name: str) -> None:
    try:
        await store.delete(name)
    except StoreError as error:
        raise DestinationFailed(error.detail, fix=error.fix) from error
