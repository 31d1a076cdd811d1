"""What identity needs once a process: caps, limits, keys and the readers made from settings."""

from app.kernel.clock import Clock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.services.core.authentication import Authenticator
from app.services.core.login_limits import LoginLimits
from app.services.core.passwords import Passwords
from app.services.core.visits import VisitReader


class Identity:
    """The process-wide parts; the services of one request take them as arguments."""

    def __init__(self, settings: Settings, clock: Clock, database: Database, vault: Vault) -> None:
        server = settings.server
        self.passwords = Passwords()
        self.limits = LoginLimits()
        self.visits = VisitReader(
            public_url=server.public_url, trusted_proxies=server.trusted_proxies
        )
        self.authenticator = Authenticator(database, clock, vault, settings.session, settings.login)
