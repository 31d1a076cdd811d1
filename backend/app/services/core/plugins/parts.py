"""What runs plugins, built from the parts of a running Unity."""

from app.services.core.platform import Platform
from app.services.core.plugins.catalog import PluginCatalog
from app.services.core.plugins.pushing import PluginPushes, Silence
from app.services.core.plugins.running import PluginRunner


def catalog_of(platform: Platform) -> PluginCatalog:
    """Return what keeps the list of plugins."""
    return PluginCatalog(
        platform.database,
        platform.clock,
        platform.plugins,
        platform.alert_types,
        live=platform.live,
    )


def runner_of(platform: Platform) -> PluginRunner:
    """Return what runs instances."""
    return PluginRunner(
        platform.database,
        platform.clock,
        platform.vault,
        platform.plugins,
        alerts=platform.alerts,
        live=platform.live,
        address_of=platform.plugin_addresses,
    )


def pushes_of(platform: Platform) -> PluginPushes:
    """Return what takes the pushes of external programs."""
    return PluginPushes(
        platform.database,
        platform.clock,
        alerts=platform.alerts,
        live=platform.live,
        pepper=platform.vault.subkey(PEPPER),
    )


def silence_of(platform: Platform) -> Silence:
    """Return what notices external programs that push no more."""
    return Silence(platform.database, platform.clock, alerts=platform.alerts, live=platform.live)


PEPPER = b"plugin-keys"
