"""What was done to a stored key or login, as an entry of the audit log."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import JsonValue
from app.models.credentials.server_credential import ServerCredential
from app.models.credentials.ssh_key import SSHKey
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor


class CredentialRecords:
    """Writes the entries, last in the transaction of the change."""

    def __init__(self, session: AsyncSession, audit: AuditLog) -> None:
        self._session = session
        self._audit = audit

    async def record(
        self,
        actor: Actor,
        action: str,
        of: SSHKey | ServerCredential,
        details: dict[str, JsonValue],
    ) -> None:
        """Write one; its kind is the noun that the action begins with."""
        await self._session.flush()
        await self._audit.record(
            actor,
            action,
            kind=action.partition(".")[0],
            object_id=of.id,
            name=of.name,
            details=details,
            resource_id=of.id,
        )
