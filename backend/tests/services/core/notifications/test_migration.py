"""The one address of before becomes a channel with a route, and its waiting messages stay."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.pool import NullPool

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Database
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import NotificationDelivery
from app.models.core.notification_route import NotificationRoute
from app.ports.notifier import NtfyAddress
from app.services.core.notifications.adoption import adopt_old_address
from app.services.core.notifications.channels import open_channel

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


def _old(url: str, vault: Vault) -> tuple[uuid.UUID, uuid.UUID]:
    """Fill a database of before with an address and a message that waits."""
    parsed = make_url(url)
    migrations.upgrade_now(parsed, "0004_alerts")
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool)
    channel, message, alert, resource = (uuid.uuid4() for _ in range(4))
    key = (lambda one: one.hex) if driver == "sqlite" else str
    sealed = {
        name: vault.seal(value, Ref("alarm_channel", channel, name, 3)).blob
        for name, value in (("url", "https://ntfy.test:8443/base/my-topic"), ("token", "t0ken"))
    }
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO alarm_channel VALUES"
                " (:id, 'ntfy', :url, 'https://ntfy.test:8443/…', :token, 3, :on, :now, NULL, '')"
            ),
            {"id": key(channel), "on": True, "now": NOW.replace(tzinfo=None), **sealed},
        )
        connection.execute(
            text(
                "INSERT INTO resource (id, kind, name, created_at, updated_at)"
                " VALUES (:id, 'server', 'nas', :now, :now)"
            ),
            {"id": key(resource), "now": NOW.replace(tzinfo=None)},
        )
        columns = {
            row["name"]: row
            for row in (
                connection.execute(text("PRAGMA table_info(alert)")).mappings()
                if driver == "sqlite"
                else connection.execute(
                    text(
                        "SELECT column_name AS name, is_nullable, data_type AS type"
                        " FROM information_schema.columns WHERE table_name = 'alert'"
                    )
                ).mappings()
            )
        }
        known: dict[str, object] = {
            "id": key(alert),
            "resource_id": key(resource),
            "kind": "server_offline",
            "subject": "",
            "state": "firing",
            "message": "No route.",
            "fix": "",
            "began_at": NOW.replace(tzinfo=None),
        }
        for name, column in columns.items():
            is_needed = column.get("notnull") == 1 or column.get("is_nullable") == "NO"
            if is_needed and name not in known:
                known[name] = _filler(str(column["type"]).lower())
        names = ", ".join(known)
        places = ", ".join(f":{name}" for name in known)
        statement = f"INSERT INTO alert ({names}) VALUES ({places})"  # noqa: S608 - own names
        connection.execute(text(statement), known)
        connection.execute(
            text(
                "INSERT INTO alert_message VALUES (:id, :alert, 'firing', 'nas is offline',"
                " 'No route.', :now, 'waiting', 2, :now, NULL, 'down')"
            ),
            {"id": key(message), "alert": key(alert), "now": NOW.replace(tzinfo=None)},
        )
    engine.dispose()
    return channel, message


def _filler(kind: str) -> object:
    if "bool" in kind:
        return False
    if "int" in kind or "float" in kind or "double" in kind:
        return 0
    if "json" in kind:
        return "{}"
    if "time" in kind:
        return NOW.replace(tzinfo=None)
    return ""


async def test_the_old_address_opens_as_a_channel_with_a_route_for_everything(
    url: str, vault: Vault, clock: ManualClock
) -> None:
    channel_id, message_id = _old(url, vault)
    migrations.upgrade_now(make_url(url))
    database = Database(url)
    for _ in range(2):  # the second start finds nothing to do
        await adopt_old_address(database, vault, clock)
    async with database.snapshot() as session:
        channel = await session.get_one(NotificationChannel, channel_id)
        route = (await session.scalars(select(NotificationRoute))).one()
        message = await session.get_one(NotificationDelivery, message_id)
    await database.dispose()
    assert open_channel(vault, channel) == NtfyAddress(
        "https://ntfy.test:8443/base", "my-topic", "t0ken"
    )
    assert "before" not in channel.settings
    assert route.plan is not None
    assert route.plan["channels"] == [str(channel_id)]
    assert (message.state, message.attempts, message.title) == ("waiting", 2, "nas is offline")
    assert message.channel_id == channel_id


def test_going_back_before_the_next_start_gives_the_address_back(url: str, vault: Vault) -> None:
    channel_id, message_id = _old(url, vault)
    parsed = make_url(url)
    migrations.upgrade_now(parsed)
    migrations.downgrade_now(parsed, "0004_alerts")
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT id, url, token, version FROM alarm_channel")).one()
        messages = connection.execute(text("SELECT id, state FROM alert_message")).all()
    engine.dispose()
    assert uuid.UUID(str(row.id)) == channel_id
    from app.kernel.crypto import Sealed  # noqa: PLC0415 - for this check alone

    ref = Ref("alarm_channel", channel_id, "token", row.version)
    assert vault.open(Sealed(bytes(row.token)), ref, "test") == "t0ken"
    assert [(uuid.UUID(str(one.id)), one.state) for one in messages] == [(message_id, "waiting")]
