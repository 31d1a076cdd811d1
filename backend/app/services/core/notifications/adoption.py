"""The one address of before becomes a channel: its secrets are sealed anew at the first start.

The migration carries the old cells along, since it has no vault; see 0005_notifications.
"""

import base64
import json
import uuid
from urllib.parse import urlsplit

from sqlalchemy import select

from app.kernel.clock import Clock
from app.kernel.crypto import CannotOpen, Ref, Sealed, Vault
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.kernel.logging import get_logger
from app.models.core.notification_channel import ChannelKind, NotificationChannel
from app.services.core.notifications.channels import SELF_TEST_EVERY, secret_ref

log = get_logger(__name__)


async def adopt_old_address(database: Database, vault: Vault, clock: Clock) -> None:
    """Seal what the migration has carried along; does nothing the second time."""
    async with database.snapshot() as session:
        ids = [
            row.id
            for row in await session.scalars(select(NotificationChannel))
            if "before" in row.settings
        ]
    if not ids:
        return
    async with database.transaction() as session:
        for channel_id in ids:
            row = await session.get(NotificationChannel, channel_id)
            if row is not None and isinstance(before := row.settings.get("before"), dict):
                _adopt(row, before, vault, clock)


def _adopt(
    row: NotificationChannel, before: dict[str, JsonValue], vault: Vault, clock: Clock
) -> None:
    row.settings, secrets = {}, {}
    try:
        url = _open(vault, row.id, "url", before)
        if token := _open(vault, row.id, "token", before):
            secrets["token"] = token
        if row.kind == ChannelKind.NTFY:
            row.settings["server"], secrets["topic"] = _split(url)
        else:
            secrets["url"] = url
    except CannotOpen as error:
        log.warning("old_address_unreadable", error=str(error))
        row.is_enabled = False
        row.last_error = "The stored address cannot be opened: enter it again."
        secrets = {}
    row.secret = vault.seal(json.dumps(secrets), secret_ref(row.id, row.version))
    row.next_self_test_at = clock.now() + SELF_TEST_EVERY


def _open(vault: Vault, channel_id: uuid.UUID, column: str, before: dict[str, JsonValue]) -> str:
    text, version = before.get(column), before.get("version")
    if not isinstance(text, str) or not isinstance(version, int):
        return ""
    cell = Ref("alarm_channel", channel_id, column, version)
    return vault.open(Sealed(base64.b64decode(text)), cell, "seal the old address anew")


def _split(url: str) -> tuple[str, str]:
    """Return server and topic of the address of a topic."""
    parts = urlsplit(url)
    path, _, topic = parts.path.rstrip("/").rpartition("/")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}", topic
