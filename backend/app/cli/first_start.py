"""What happens when a Unity starts for the first time: the local machine, and the set-up token."""

from app import bootstrap
from app.services.core.audit import AuditLog
from app.services.core.platform import Platform
from app.services.core.setup_tokens import SetupClosed, SetupTokens
from app.services.core.users import UserService
from app.services.infrastructure.local_server import ensure_local_server
from app.services.infrastructure.servers import ServerService
from app.services.infrastructure.targets import TargetBuilder


async def prepare(unity: bootstrap.Unity) -> str | None:
    """Enter this machine unless it is there; return a set-up token while nobody has an account."""
    platform = unity.platform
    async with platform.database.transaction() as session:
        audit = AuditLog(session, platform.clock, platform.audit_key)
        if platform.settings.collect.add_local:
            targets = TargetBuilder(platform.vault)
            await ensure_local_server(ServerService(session, platform.clock, audit, targets))
        try:
            return await SetupTokens(
                session, platform.clock, UserService(session, platform.clock, audit)
            ).issue()
        except SetupClosed:
            return None


def announcement(platform: Platform, token: str) -> str:
    """Say where to go with the token. It is printed once, and not through the logger."""
    server = platform.settings.server
    scheme = "https" if server.tls_cert or server.tls_self_signed else "http"
    address = server.public_url or f"{scheme}://{server.listen}{server.base_path}"
    return (
        f"\n  Unity is ready: {address}\n"
        f"  Make the first account with this token, within one hour: {token}\n"
    )
