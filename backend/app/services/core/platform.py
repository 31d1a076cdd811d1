"""What bootstrap has chosen and hands out: one object, made once a process, passed down."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.ai_provider import AiProvider
from app.ports.archive_store import ArchiveStores
from app.ports.checkpoint_sink import CheckpointSinks
from app.ports.identity_provider import ProviderGateway
from app.ports.job_engine import JobEngine, JobType
from app.ports.live_bus import LiveBus
from app.ports.notifier import Notifier
from app.ports.plugin_host import PluginHost
from app.ports.shell import Shells
from app.services.core.alerts.builtin import BuiltInRule
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.quiet import AlertQuieting
from app.services.core.alerts.types import AlertTypes
from app.services.core.identity import Identity
from app.services.core.login_watch import LoginWatch
from app.services.core.single_sign_on.directory import ProviderDirectory
from app.services.core.watches import Watches

# How a plugin reaches a server. The domain of servers knows; bootstrap hands it down.
AddressOf = Callable[[AsyncSession, uuid.UUID], Awaitable[str]]


@dataclass(slots=True)
class Platform:
    """The parts of a running Unity. Services take what they need of it as arguments."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    shells: Shells
    notifier: Notifier
    ai: AiProvider
    archives: ArchiveStores
    checkpoint_sinks: CheckpointSinks
    providers: ProviderGateway
    jobs: JobEngine
    live: LiveBus
    plugins: PluginHost
    plugin_addresses: AddressOf
    features: Mapping[str, bool]
    job_types: Mapping[str, JobType] = field(default_factory=dict)  # by name
    alert_types: AlertTypes = field(default_factory=AlertTypes)
    built_in_rules: Mapping[str, BuiltInRule] = field(default_factory=dict)  # by key
    alerts: AlertEngine = field(init=False)
    identity: Identity = field(init=False)
    watches: Watches = field(init=False)
    provider_directory: ProviderDirectory = field(init=False)
    logins: LoginWatch = field(init=False)

    def __post_init__(self) -> None:
        """Make what stands on the parts."""
        self.watches = Watches(self.live, self.clock)
        self.logins = LoginWatch(self.database)
        self.alerts = AlertEngine(self.clock, AlertQuieting())
        self.provider_directory = ProviderDirectory(self.providers, self.clock)
        self.identity = Identity(self.settings, self.clock, self.database, self.vault)

    @property
    def audit_key(self) -> bytes:
        """The key that secret-valued audit fields are hashed with."""
        return self.vault.subkey(b"audit")
