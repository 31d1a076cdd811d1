"""What the model may look up of credentials: names and uses, never a secret."""

from collections.abc import Sequence
from typing import cast

from pydantic import Field

from app.kernel.errors import JsonValue
from app.schemas.credentials.server_credential import ServerCredentialQuery
from app.schemas.credentials.ssh_key import SSHKeyQuery
from app.services.core.assistant.tools import Arguments, Desk, ReadTool, Rows, Words, listed
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.credentials.server_credentials import ServerCredentialService
from app.services.credentials.ssh_keys import SSHKeyService

_MOST_PLACES = 20


class FindKeys(Arguments):
    """Which SSH keys."""

    text: Words = Field("", max_length=200, description="A part of the name.")
    limit: Rows = 10


async def find_keys(desk: Desk, wanted: FindKeys) -> JsonValue:
    """List SSH keys, and where each is installed."""
    platform = desk.platform
    audit = AuditLog(desk.session, platform.clock, platform.audit_key)
    keys = SSHKeyService(desk.session, platform.clock, audit, platform.vault)
    page = await keys.list(SSHKeyQuery(q=wanted.text, per_page=wanted.limit))
    rows: list[dict[str, JsonValue]] = []
    for one in page.items:
        places = await keys.deployments(one.id)
        rows.append(
            {
                "ref": desk.references.add("ssh_key", one.id, one.name),
                "name": one.name,
                "algorithm": one.algorithm,
                "fingerprint": one.fingerprint,
                "created_at": one.created_at.isoformat(),
                "servers_that_are_logged_in_to_with_it": one.servers,
                "installed_on": [
                    f"{place.resource_name}, account {place.account}: {place.state.value}"
                    for place in places[:_MOST_PLACES]
                ],
            }
        )
    return listed(rows, page.total)


class FindLogins(Arguments):
    """Which logins by password."""

    text: Words = Field("", max_length=200, description="A part of the name.")
    limit: Rows = 10


async def find_logins(desk: Desk, wanted: FindLogins) -> JsonValue:
    """List logins without their passwords."""
    platform = desk.platform
    audit = AuditLog(desk.session, platform.clock, platform.audit_key)
    logins = ServerCredentialService(desk.session, platform.clock, audit, platform.vault)
    page = await logins.list(ServerCredentialQuery(q=wanted.text, per_page=wanted.limit))
    return listed(
        [
            {
                "ref": desk.references.add("credential", one.id, one.name),
                "name": one.name,
                "user": one.username,
                "servers": one.servers,
                "changed_at": one.updated_at.isoformat(),
            }
            for one in page.items
        ],
        page.total,
    )


# The cast holds because a tool is only ever given the arguments that it reads itself.
CREDENTIAL_TOOLS = cast(
    "Sequence[ReadTool[Arguments]]",
    (
        ReadTool(
            "find_ssh_keys",
            "Looking for SSH keys",
            "Find SSH keys by name, and on which servers each is installed. Never their contents.",
            P.CREDENTIALS_READ,
            FindKeys,
            find_keys,
        ),
        ReadTool(
            "find_logins",
            "Looking for logins",
            "Find stored logins by name: user name and how many servers use it. Never passwords.",
            P.CREDENTIALS_READ,
            FindLogins,
            find_logins,
        ),
    ),
)
