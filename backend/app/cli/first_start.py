"""The set-up token: who can read the console makes the first account."""

from app.services.core.audit import AuditLog
from app.services.core.platform import Platform
from app.services.core.setup_tokens import SetupClosed, SetupTokens
from app.services.core.users import UserService


async def set_up(platform: Platform) -> str | None:
    """Return a new set-up token while nobody has an account; None ever after."""
    async with platform.database.transaction() as session:
        audit = AuditLog(session, platform.clock, platform.audit_key)
        users = UserService(session, platform.clock, audit)
        try:
            return await SetupTokens(session, platform.clock, users).issue()
        except SetupClosed:
            return None


def announcement(platform: Platform, token: str) -> str:
    """Say where to go with the token. It is printed once, and not through the logger."""
    server = platform.settings.server
    scheme = "https" if server.tls_cert or server.tls_self_signed else "http"
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(  # noqa: S104 - read, not bound
        platform.settings.host, server.listen.rpartition(":")[0]
    )
    own = f"{scheme}://{host}:{platform.settings.port}{server.base_path}"
    address = server.public_url or own
    return (
        f"\n  Unity is ready: {address}\n"
        f"  Make the first account with this token, within one hour: {token}\n"
    )
