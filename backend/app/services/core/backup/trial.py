"""Tries a destination with a small file, as a backup would use it."""

import asyncio
import hashlib
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from app.kernel.errors import UnityError
from app.ports.archive_store import ArchiveStores, HostKeyNotApproved, Place, StoreError
from app.schemas.core.backup import DestinationTest
from app.services.core.backup import transfer

_SECONDS = 60.0


async def run(stores: ArchiveStores, place: Place) -> DestinationTest:
    """Write, read back, delete; tell what came of it."""
    try:
        async with asyncio.timeout(_SECONDS):
            await _try(stores, place)
    except HostKeyNotApproved as error:
        return DestinationTest(
            has_passed=False,
            detail=error.detail,
            fix=error.fix,
            offered_host_key=error.offered.public,
            offered_fingerprint=error.offered.fingerprint,
        )
    except (StoreError, UnityError) as error:
        return _told(error.detail, error.fix)
    except TimeoutError:
        return _told(f"It did not answer within {_SECONDS:g} s.", "Check the address.")
    return _told("A file was written there, read back and deleted.", "", has_passed=True)


async def _try(stores: ArchiveStores, place: Place) -> None:
    with TemporaryDirectory() as folder:
        probe = Path(folder) / f"unity-test-{secrets.token_hex(4)}"
        digest = await asyncio.to_thread(_write, probe)
        async with stores.open(place) as store:
            await transfer.put(store, probe, digest)
            await store.delete(probe.name)


def _write(probe: Path) -> str:
    data = secrets.token_bytes(1024)
    probe.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _told(detail: str, fix: str, *, has_passed: bool = False) -> DestinationTest:
    return DestinationTest(
        has_passed=has_passed,
        detail=detail,
        fix=fix,
        offered_host_key="",
        offered_fingerprint="",
    )
