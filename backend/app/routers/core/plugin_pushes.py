"""External programs: keys for them, and the door that they push through."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, status
from fastapi.openapi.models import HTTPBearer
from fastapi.requests import HTTPConnection
from fastapi.security.base import SecurityBase

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, public, requires
from app.routers.problems import documented
from app.schemas.core.plugin_push import (
    KeyCreate,
    KeyCreated,
    KeyRead,
    PluginPushed,
    PluginPushWrite,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform
from app.services.core.plugins.keys import PluginKeys
from app.services.core.plugins.parts import PEPPER, pushes_of
from app.services.core.plugins.pushing import Push

router = APIRouter(tags=["plugins"])
KEYS = "/api/plugins/instances/{instance_id}/keys"


class _PushKey(SecurityBase):
    """Names the key in the OpenAPI document."""

    def __init__(self) -> None:
        self.model = HTTPBearer(description="A key of one instance: `unitypush_<id>_<secret>`.")
        self.scheme_name = "pushKey"

    async def __call__(self, connection: HTTPConnection) -> str:
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


def _keys(platform: Platform, session: ReadSession) -> PluginKeys:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return PluginKeys(session, platform.clock, audit, platform.vault.subkey(PEPPER))


def _reader(platform: PlatformDep, session: ReadSession) -> PluginKeys:
    return _keys(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> PluginKeys:
    return _keys(platform, session)


Reader = Annotated[PluginKeys, Depends(_reader)]
Writer = Annotated[PluginKeys, Depends(_writer)]


@router.post(
    "/api/plugins/push",
    dependencies=[public],
    summary="Push what an external program says",
    responses=documented(401, 403, 409, 422, 429),
)
async def push_to_plugin(
    body: PluginPushWrite,
    key: Annotated[str, Depends(_PushKey())],
    platform: PlatformDep,
    idempotency_key: Annotated[
        str,
        Header(
            max_length=100,
            pattern=r"^[\x21-\x7e]*$",
            description="The same for each attempt of one push: it is taken once.",
        ),
    ] = "",
) -> PluginPushed:
    """Take samples, a status and conditions from the bearer of an instance's key."""
    return await pushes_of(platform).take(Push(key, idempotency_key, body))


@router.get(
    KEYS,
    dependencies=[requires(P.PLUGINS_MANAGE)],
    summary="List the keys of an instance",
    responses=documented(401, 403, 404, 409, 422),
)
async def list_plugin_keys(instance_id: uuid.UUID, keys: Reader) -> Sequence[KeyRead]:
    """List the keys that programs push with; their secret halves are never shown again."""
    return await keys.list(instance_id)


@router.post(
    KEYS,
    dependencies=[requires(P.PLUGINS_MANAGE, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    summary="Make a key for an instance",
    responses=documented(401, 403, 404, 409, 422),
)
async def create_plugin_key(
    instance_id: uuid.UUID, wish: KeyCreate, actor: CurrentActor, keys: Writer
) -> KeyCreated:
    """Make a key that can push to this instance, and nothing else; it is shown this once."""
    return await keys.create(actor, instance_id, wish)


@router.delete(
    KEYS + "/{key_id}",
    dependencies=[requires(P.PLUGINS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Revoke a key of an instance",
    responses=documented(401, 403, 404, 409, 422),
)
async def revoke_plugin_key(
    instance_id: uuid.UUID, key_id: uuid.UUID, actor: CurrentActor, keys: Writer
) -> None:
    """Revoke a key; it is refused from the next push on."""
    await keys.revoke(actor, instance_id, key_id)
