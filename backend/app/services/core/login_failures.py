"""Tells the activity when logins fail again and again: once the limit is reached, then seldom."""

from datetime import timedelta

from sqlalchemy import func, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.models.core.audit_entry import AuditEntry
from app.models.core.user import User
from app.services.core.events import LoginsFailed
from app.services.core.outbox import Outbox
from app.services.core.permissions import system

WINDOW = timedelta(minutes=10)
# Five wrong passwords are seldom a person; names that nobody has are guessed in great numbers.
KNOWN, UNKNOWN = (5, 25, 100), (20, 200)


async def watch_failures(session: Session, clock: Clock, user: User | None) -> None:
    """Count what the audit log has of the last minutes; call it after the entry was written."""
    object_id = None if user is None else user.id
    times = await session.scalar(
        select(func.count()).where(
            AuditEntry.action == "login.failed",
            AuditEntry.object_id == object_id,
            AuditEntry.at > clock.now() - WINDOW,
        )
    )
    if times is None or times not in (UNKNOWN if user is None else KNOWN):
        return
    failed = LoginsFailed(
        object_id=object_id,
        object_name="unknown names" if user is None else user.name,
        times=times,
        minutes=WINDOW.seconds // 60,
    )
    Outbox(session, clock).announce(system("doorkeeper"), failed)
