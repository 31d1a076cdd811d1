"""What can be wrong with a plugin or an instance, for people."""

from collections.abc import Sequence
from typing import NoReturn

from app.kernel.errors import (
    Conflict,
    InvalidInput,
    JsonValue,
    NotFound,
    TooManyRequests,
    Unauthenticated,
)
from app.ports.plugin_host import FieldFault


class PluginNotFound(NotFound):
    """No plugin has this name."""


class PluginInstanceNotFound(NotFound):
    """No instance has this id."""


class PluginPageNotFound(NotFound):
    """The last run brought no such page."""


class PluginKeyNotFound(NotFound):
    """The instance has no key with this id."""


class PluginNotReady(Conflict):
    """The plugin cannot be used: it is broken, or gone."""


class PluginInstanceNameTaken(Conflict):
    """Another instance has this name."""


class TooManyPluginKeys(Conflict):
    """An instance has room for so many."""


class PluginConfigNotValid(InvalidInput):
    """The form is not filled rightly; `errors` names the fields."""

    title = "The configuration is not valid"


class PluginKeyRefused(Unauthenticated):
    """The key is unknown, revoked or expired."""

    title = "The key is refused"


class PushNotValid(InvalidInput):
    """What was pushed cannot be taken."""

    title = "The push is not valid"


class PushKeyReused(Conflict):
    """Another push was taken under the same idempotency key."""


class TooManyPushes(TooManyRequests):
    """The instance was pushed to too often."""


def refuse(faults: Sequence[FieldFault], secrets: frozenset[str], detail: str = "") -> NoReturn:
    """Raise the problem with its fields; values are never repeated."""
    listed: list[JsonValue] = [
        {
            "pointer": f"/body/{_place(one.field, secrets)}",
            "detail": one.detail,
        }
        for one in faults
    ]
    first = detail or (faults[0].detail if faults else "The form is not filled rightly.")
    raise PluginConfigNotValid(first, fix="Mend the named fields and save again.", errors=listed)


def _place(field: str, secrets: frozenset[str]) -> str:
    top = field.partition(".")[0]
    if not top:
        return "settings"
    return f"{'secrets' if top in secrets else 'settings'}/{field.replace('.', '/')}"
