"""What somebody needs to help with an instance, in one file without secrets."""

import platform as machine
import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.crypto import CannotOpen, Vault
from app.kernel.errors import JsonValue
from app.models.core.plugin_instance import PluginInstance
from app.schemas.base import PageQuery
from app.services.core.plugins.described import described
from app.services.core.plugins.opening import open_secrets, plugin_of
from app.services.core.plugins.views import InstanceViews

_LINES = 200
_RUNS = 50
_SHORTEST_SECRET = 4
_BLOT = "***"


class Diagnostics:
    """Gathers it, and blots out every secret wherever it may stand."""

    def __init__(self, session: AsyncSession, vault: Vault, version: str) -> None:
        self._session = session
        self._vault = vault
        self._views = InstanceViews(session, vault)
        self._version = version

    async def gather(self, instance_id: uuid.UUID) -> Mapping[str, JsonValue]:
        """Return the document."""
        shown = await self._views.get(instance_id)
        row = await self._session.get_one(PluginInstance, instance_id)
        plugin = await plugin_of(self._session, row.plugin)
        runs = await self._views.runs(instance_id, PageQuery(per_page=_RUNS))
        logs = await self._views.logs(instance_id, PageQuery(per_page=_LINES))
        said = described(plugin)
        document: dict[str, JsonValue] = {
            "unity": self._version,
            "python": machine.python_version(),
            "plugin": {
                "name": plugin.name,
                "version": said.manifest.version,
                "source": plugin.source,
                "distribution": plugin.distribution,
                "state": plugin.state,
                "problem": plugin.problem,
                "tier": said.quality.tier,
            },
            "instance": shown.model_dump(mode="json"),
            "runs": [each.model_dump(mode="json") for each in runs.items],
            "log": [each.model_dump(mode="json") for each in logs.items],
        }
        cleaned = _clean(document, self._secrets(row))
        return cleaned if isinstance(cleaned, dict) else {}

    def _secrets(self, row: PluginInstance) -> list[str]:
        try:
            found = open_secrets(self._vault, row, "blot them out of diagnostics").values()
        except CannotOpen:
            return []
        return sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len)[::-1]


def _clean(value: JsonValue, secrets: list[str]) -> JsonValue:
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret, _BLOT)
            return value
        case list():
            return [_clean(each, secrets) for each in value]
        case dict():
            return {name: _clean(each, secrets) for name, each in value.items()}
        case _:
            return value
