"""What the row of a pool keeps between two looks, and how a verdict is written into it."""

from collections.abc import Sequence
from datetime import datetime

from app.models.infrastructure.storage_pool import StoragePool
from app.services.infrastructure.pools.verdicts import Kept, PoolReason, level_of


def kept_of(row: StoragePool) -> Kept:
    """Return what the rules may know of a pool's past and of its schedule."""
    return Kept(row.last_scrub_at, row.first_seen_at, row.scrub_days)


def write_reasons(
    row: StoragePool, reasons: Sequence[PoolReason], now: datetime
) -> list[PoolReason]:
    """Write a verdict; return the reasons that nobody has acknowledged.

    An acknowledgement is of the very words of an error, with its number. It is forgotten once
    the error is no longer shown, so that the same one counts when it comes back.
    """
    shown = {reason.message for reason in reasons}
    if not shown.issuperset(row.acknowledged):
        row.acknowledged = {
            message: entry for message, entry in row.acknowledged.items() if message in shown
        }
    loud = [reason for reason in reasons if reason.message not in row.acknowledged]
    level = level_of(loud).value
    if row.level != level:
        row.level, row.level_since = level, now
    told = [_told(reason, is_known=reason.message in row.acknowledged) for reason in reasons]
    if row.reasons != told:
        row.reasons = told
    return loud


def _told(reason: PoolReason, *, is_known: bool) -> dict[str, str]:
    return {
        "code": reason.code,
        "level": reason.level.value,
        "topic": reason.topic,
        "message": reason.message,
        "fix": reason.fix,
        "source": reason.source,
        "is_acknowledged": "yes" if is_known else "",
    }
