"""A bucket as a store of archives."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store as Bucket

from app.adapters.archive_s3.checked_way import (
    Lookup,
    RefusedAddress,
    checked,
    checked_way,
    look_up,
)
from app.kernel.addresses import is_web_address
from app.kernel.text import printable
from app.ports.archive_store import ArchiveGone, ArchiveStore, S3Place, StoredArchive, StoreError

_PIECE = 1024 * 1024
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS = re.compile(r"status (?:code )?(\d{3})|Status \{ status: (\d{3})")
_WHY = {
    "InvalidAccessKeyId": "it does not know the access key",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "AccessDenied": "the access key may not do that in this bucket",
    "NoSuchBucket": "there is no bucket of this name",
    "403": "the keys were refused",
    "404": "there is no bucket of this name",
}


@asynccontextmanager
async def open_bucket(place: S3Place, lookup: Lookup = look_up) -> AsyncIterator[ArchiveStore]:
    """Make a client; the first request tells whether the bucket is there."""
    await _refuse_address(place.endpoint, lookup)
    async with checked_way(lookup) as proxy:
        try:
            bucket = _bucket(place, proxy)
        except (BaseError, ValueError) as error:
            raise StoreError(
                f"The bucket {place.bucket} cannot be used: {_reason(error)}."
            ) from None
        yield S3Store(bucket, place)


def _bucket(place: S3Place, proxy: str) -> Bucket:
    return Bucket(
        place.bucket,
        prefix=place.prefix.strip("/") or None,
        config={
            **({"endpoint": place.endpoint.rstrip("/")} if place.endpoint else {}),
            "region": place.region or "us-east-1",
            # Always given, so that nothing of this machine's environment is used instead.
            "access_key_id": place.access_key_id,
            "secret_access_key": place.secret_access_key,
            "virtual_hosted_style_request": not place.uses_path_style,
        },
        client_options={
            "allow_http": place.endpoint.startswith("http://"),
            "proxy_url": proxy,
            "connect_timeout": timedelta(seconds=10),
            "timeout": timedelta(minutes=5),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
    )


async def _refuse_address(endpoint: str, lookup: Lookup) -> None:
    """Say early and in words what every connection is checked for again."""
    if not endpoint:
        return
    if not is_web_address(endpoint):
        raise StoreError(f"{printable(endpoint)} is no address.", fix="Check the endpoint.")
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    try:
        await checked(lookup, host, parts.port or 443)
    except RefusedAddress:
        raise StoreError(f"{printable(host)} is a link-local or metadata address.") from None
    except (OSError, UnicodeError) as error:
        raise StoreError(f"{printable(host)} has no address.", fix="Check the endpoint.") from error


class S3Store:
    """Implements `ArchiveStore`."""

    def __init__(self, bucket: Bucket, place: S3Place) -> None:
        self._bucket = bucket
        self._name = place.bucket

    async def put(self, name: str, source: Path) -> None:
        # An object appears with the last byte of its upload; S3 has no half ones.
        try:
            await obstore.put_async(self._bucket, name, source, max_concurrency=2)
        except (BaseError, OSError) as error:
            raise self._failed("written", name, error) from None

    async def read(self, name: str) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._bucket, name)
            async for piece in found.stream(min_chunk_size=_PIECE):
                yield bytes(piece)
        except (NotFoundError, FileNotFoundError):
            raise ArchiveGone(f"There is no {name} in the bucket {self._name}.") from None
        except (BaseError, OSError) as error:
            raise self._failed("read", name, error) from None

    async def archives(self) -> list[StoredArchive]:
        found = []
        try:
            async for page in obstore.list(self._bucket):
                found += [
                    StoredArchive(meta["path"], meta["size"], meta["last_modified"])
                    for meta in page
                    if "/" not in meta["path"]
                ]
        except (BaseError, OSError) as error:
            raise self._failed("listed", "its content", error) from None
        return found

    async def delete(self, name: str) -> None:
        try:
            await obstore.delete_async(self._bucket, name)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise self._failed("deleted", name, error) from None

    def _failed(self, what: str, name: str, error: Exception) -> StoreError:
        return StoreError(
            f"{name} in the bucket {self._name} could not be {what}: {_reason(error)}.",
            fix="Check the endpoint, the region, the bucket and the keys.",
        )


def _reason(error: Exception) -> str:
    """Say why in our words: the library's own repeat requests, with what they carry."""
    text = str(error)
    code = _CODE.search(text)
    if code is not None:
        return _WHY.get(code[1], f"it answered {code[1]}")
    status = _STATUS.search(text)
    if status is not None:
        number = status[1] or status[2]
        return _WHY.get(number, f"it answered with status {number}")
    if "error sending request" in text or "connect" in text.lower():
        return "it could not be reached"
    return type(error).__name__
