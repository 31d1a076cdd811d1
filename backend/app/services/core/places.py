"""Where things stand in the web interface, and the right that shows them: one table for links.

Strings only, so that the core knows of the other domains nothing but what their things are called.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from app.services.core.permissions import P


@dataclass(frozen=True, slots=True)
class Place:
    """The page of a kind of thing; `{id}` and `{name}` stand in for the thing's own."""

    path: str
    needs: P


PLACES: Mapping[str, Place] = {
    "server": Place("/servers/{id}", P.SERVERS_READ),
    "ssh_key": Place("/credentials/ssh-keys/{id}", P.CREDENTIALS_READ),
    "credential": Place("/credentials/logins/{id}", P.CREDENTIALS_READ),
    "storage_device": Place("/storage/devices/{id}", P.SERVERS_READ),
    "storage_pool": Place("/storage/pools/{id}", P.SERVERS_READ),
    "filesystem": Place("/storage/topology/{id}", P.SERVERS_READ),
    "database_instance": Place("/databases/{id}", P.SERVERS_READ),
    "alert": Place("/alerts/{id}", P.ALERTS_READ),
    "user": Place("/system/users/{id}", P.USERS_READ),
    "api_token": Place("/system/tokens", P.TOKENS_MANAGE),
    "job": Place("/system/jobs/{name}", P.JOBS_READ),
    "job_run": Place("/system/runs/{id}", P.JOBS_READ),
    "settings": Place("/system/settings", P.SETTINGS_MANAGE),
    "backup": Place("/system/backup", P.BACKUP_MANAGE),
    "plugin_instance": Place("/system/plugins/instances/{id}", P.PLUGINS_READ),
    "unity": Place("/system/settings", P.SYSTEM_READ),
}


def path_of(
    kind: str, object_id: uuid.UUID | None, name: str = "", *, server_id: uuid.UUID | None = None
) -> str | None:
    """Return the page of a thing; of one without a page its server's, or None."""
    place = PLACES.get(kind)
    if place is None:
        return None if server_id is None else PLACES["server"].path.format(id=server_id)
    if object_id is None and "{id}" in place.path:
        return None
    return place.path.format(id=object_id, name=name)
