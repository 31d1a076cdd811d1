"""Asking a database now: written down as intent, done by a job where the connections are kept."""

import uuid

from app.ports.job_engine import Enqueued
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.platform import Platform
from app.services.infrastructure.databases.logins import DatabaseService

CHECK = "check_database"


async def request_check(platform: Platform, actor: Actor, database_id: uuid.UUID) -> Enqueued:
    """Queue the job, or raise `DatabaseNotFound`."""
    async with platform.database.transaction() as session:
        audit = AuditLog(session, platform.clock, platform.audit_key)
        await DatabaseService(session, platform.clock, audit).note_check(actor, database_id)
    return await platform.jobs.enqueue(
        CHECK,
        {"database_id": str(database_id)},
        lock=f"database:{database_id}",
        requested_by=actor.name,
    )
