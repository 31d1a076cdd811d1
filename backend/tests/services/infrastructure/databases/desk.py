"""A site with one known database, and the collector that asks it for real."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters.databases import Drivers
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, AlertState
from app.models.core.alert_rule import AlertRule
from app.models.core.resource import ResourceKind
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    DatabaseState,
    LoginMode,
)
from app.models.infrastructure.monitored_server import ServerCredentialUse
from app.schemas.credentials.server_credential import ServerCredentialCreate
from app.services.core.alerts.builtin import plant, rule_id, rule_of
from app.services.core.alerts.engine import AlertEngine
from app.services.core.permissions import Actor
from app.services.core.resources import NewResource, ResourceService
from app.services.infrastructure.databases.collector import DatabaseCollector
from app.services.infrastructure.databases.conditions import TYPES
from app.services.infrastructure.databases.default_rules import RULES
from app.services.infrastructure.databases.figures import Reading
from app.services.infrastructure.databases.store import DatabaseStore
from app.services.infrastructure.databases.visits import Visits, purpose_of
from tests.fixtures.infrastructure import ALICE, Rooms
from tests.services.infrastructure.collecting import Site

MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    """Enters databases and asks them."""

    site: Site
    rooms: Rooms
    server_id: UUID = field(default_factory=uuid7)
    actor: Actor = ALICE

    def __post_init__(self) -> None:
        database, clock = self.site.database, self.site.clock
        self.alerts = AlertEngine(clock)
        self.collector = DatabaseCollector(
            self.site.shells,
            Drivers(),
            Visits(database, clock, self.site.vault),
            DatabaseStore(
                database,
                clock,
                self.site.live,
                self.alerts,
                interval=5 * MINUTE,
                deep_interval=timedelta(hours=1),
            ),
            clock,
        )

    async def open(self) -> None:
        """Enter the server and the rules."""
        self.server_id = await self.site.enter("db1")
        async with self.site.database.transaction() as session:
            rules = [*map(rule_of, TYPES), *RULES]
            await plant(session, rules, self.site.clock.now())

    async def enter(
        self, kind: DatabaseKind, *doors: dict[str, str | int], login: tuple[str, str] | None = None
    ) -> UUID:
        """Enter a database as the ledger would, with a login."""
        now, key = self.site.clock.now(), uuid7()
        async with self.site.database.transaction() as session:
            resources = ResourceService(session, self.site.clock)
            await resources.create(
                NewResource(key, ResourceKind.DATABASE, kind.value, server_id=self.server_id)
            )
            session.add(
                DatabaseInstance(
                    id=key,
                    server_id=self.server_id,
                    kind=kind,
                    name=kind.value,
                    doors=list(doors),
                    state=DatabaseState.NEEDS_CREDENTIALS,
                    login=LoginMode.NONE if login is None else LoginMode.CREDENTIAL,
                    next_due_at=now,
                    first_seen_at=now,
                    last_seen_at=now,
                    created_at=now,
                    updated_at=now,
                )
            )
        if login is not None:
            await self.give(key, *login)
        return key

    async def give(self, database_id: UUID, user: str, password: str) -> UUID:
        """Store a login and let the database use it."""
        async with self.site.database.transaction() as session:
            stored = await self.rooms.credentials(session).create(
                self.actor,
                ServerCredentialCreate.model_validate(
                    {"name": f"login {uuid7()}", "username": user, "password": password}
                ),
            )
            key = stored.id
        async with self.site.database.transaction() as session:
            session.add(
                ServerCredentialUse(
                    server_id=self.server_id, credential_id=key, purpose=purpose_of(database_id)
                )
            )
        return key

    async def lower(self, key: str, level: float) -> None:
        """Let a rule begin earlier, as people may; what takes hours else takes a moment then."""
        async with self.site.database.transaction() as session:
            rule = await session.get_one(AlertRule, rule_id(f"database_{key}"))
            levels = {"raise_level": level, "clear_level": level}
            rule.definition = {**rule.definition, **levels}

    async def row(self, database_id: UUID) -> DatabaseInstance:
        async with self.site.database.snapshot() as session:
            return await session.get_one(DatabaseInstance, database_id)

    async def reading(self, database_id: UUID) -> Reading:
        return Reading.model_validate_json((await self.row(database_id)).reading)

    async def ask(self, database_id: UUID) -> DatabaseInstance:
        await self.collector.collect(database_id)
        return await self.row(database_id)

    async def ask_until(self, database_id: UUID, minutes: int) -> set[str]:
        """Ask every five minutes for so long, as the schedule does; return what fires then."""
        for _ in range(minutes // 5 + 1):
            await self.ask(database_id)
            self.site.clock.advance(5 * MINUTE)
        return await self.firing(database_id)

    async def firing(self, database_id: UUID) -> set[str]:
        """Return the titles of what fires, without the name in front."""
        async with self.site.database.snapshot() as session:
            found = await session.scalars(
                select(Alert.title).where(
                    Alert.resource_id == database_id, Alert.state == AlertState.FIRING
                )
            )
            return {title.partition(": ")[2] or title for title in found}
