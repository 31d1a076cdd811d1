"""Optional features: what is off hides its routes, jobs and screens, and says so."""

from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.errors import NotFound

# The flags of later domains: the name by which a route declares itself, and the default.
FLAGS: Mapping[str, bool] = MappingProxyType({})


class FeatureDisabled(NotFound):
    """The feature exists, but is switched off in the settings."""

    title = "This feature is off"


def require(features: Mapping[str, bool], name: str) -> None:
    """Raise `FeatureDisabled` when the flag is off."""
    if not features[name]:
        raise FeatureDisabled(
            f"The feature {name} is off.", fix="An administrator can switch it on in the settings."
        )
