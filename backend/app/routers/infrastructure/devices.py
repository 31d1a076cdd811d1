"""Drives: the list, one of them, and what people say and start."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from app.models.infrastructure.storage_action import ActionKind
from app.routers.dependencies import PageParameters, PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.infrastructure.connections import Accept
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.connection import RunAccepted
from app.schemas.infrastructure.storage_device import (
    Acknowledge,
    DeviceDetail,
    DeviceEventRead,
    DeviceQuery,
    DeviceRead,
    DeviceSummary,
    LimitWrite,
    Retire,
    RuleRead,
    SelfTestSchedule,
    SelfTestStart,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.infrastructure.storage.device_list import DeviceList, rules
from app.services.infrastructure.storage.devices import DeviceService
from app.services.infrastructure.upkeep.requests import UpkeepRequests

router = APIRouter(prefix="/api/infrastructure/devices", tags=["drives"])


def _reader(session: ReadSession) -> DeviceList:
    return DeviceList(session)


def _written(session: WriteSession) -> DeviceList:
    return DeviceList(session)


def _service(platform: PlatformDep, session: WriteSession) -> DeviceService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return DeviceService(session, platform.clock, audit, platform.alerts)


def _actions(platform: PlatformDep) -> UpkeepRequests:
    return UpkeepRequests(platform.database, platform.clock, platform.audit_key, platform.jobs)


Reader = Annotated[DeviceList, Depends(_reader)]
Written = Annotated[DeviceList, Depends(_written)]  # reads in the writing session
Devices = Annotated[DeviceService, Depends(_service)]
Actions = Annotated[UpkeepRequests, Depends(_actions)]
Code = Annotated[str, Path(max_length=60, description="The code of a reason.")]


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List drives",
    response_model=Page[DeviceRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_devices(
    request: Request, devices: Reader, query: Annotated[DeviceQuery, Query()]
) -> Response:
    """Search drives by model, serial number, name or server; retired ones only when asked for.

    Sort by `level` (the worst first), `name`, `model`, `server`, `capacity`, `temperature`,
    `wear`, `hours`, `written` or `last_seen_at`.
    """
    return answer(request, await devices.page(query))


@router.get(
    "/summary",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Count the drives",
    responses=documented(401, 403),
)
async def summarise_devices(devices: Reader) -> DeviceSummary:
    """Count the drives by verdict, with the hottest and the most worn."""
    return await devices.summary()


@router.get(
    "/rules",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List the rules for drives",
    responses=documented(401, 403),
)
async def list_device_rules() -> list[RuleRead]:
    """List the rules by which drives are judged, each with its source."""
    return rules()


@router.get(
    "/{device_id}",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show a drive",
    response_model=DeviceDetail,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def get_device(request: Request, device_id: uuid.UUID, devices: Reader) -> Response:
    """Show everything that is known of a drive, and what other tools' rules say of it.

    The history of its numbers is at `/api/metrics/query`, with the drive's id as the resource.
    """
    return answer(request, await devices.get(device_id))


@router.get(
    "/{device_id}/events",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List what happened to a drive",
    responses=documented(401, 403, 404, 422),
)
async def list_device_events(
    device_id: uuid.UUID, devices: Reader, query: PageParameters
) -> Page[DeviceEventRead]:
    """List the history of a drive, the newest first."""
    return await devices.events(device_id, query)


@router.post(
    "/{device_id}/acknowledge",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Acknowledge a drive's values",
    responses=documented(401, 403, 404, 409, 422),
)
async def acknowledge_device(
    device_id: uuid.UUID, actor: CurrentActor, devices: Devices, read: Written, said: Acknowledge
) -> DeviceDetail:
    """Take values as known: they are quiet until they change."""
    await devices.acknowledge(actor, device_id, said.codes)
    return await read.get(device_id)


@router.delete(
    "/{device_id}/acknowledgements/{code}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Take an acknowledgement back",
    responses=documented(401, 403, 404, 409, 422),
)
async def unacknowledge_device(
    device_id: uuid.UUID, code: Code, actor: CurrentActor, devices: Devices, read: Written
) -> DeviceDetail:
    """Let a value that was taken as known count again."""
    await devices.forget(actor, device_id, code)
    return await read.get(device_id)


@router.put(
    "/{device_id}/limits/{code}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Set own limits of a drive",
    responses=documented(401, 403, 404, 422),
)
async def set_device_limits(
    device_id: uuid.UUID,
    code: Code,
    actor: CurrentActor,
    devices: Devices,
    read: Written,
    limits: LimitWrite,
) -> DeviceDetail:
    """Replace the limits of one rule for this drive, or ignore the rule."""
    await devices.limit(actor, device_id, code, limits)
    return await read.get(device_id)


@router.delete(
    "/{device_id}/limits/{code}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Take own limits back",
    responses=documented(401, 403, 404, 422),
)
async def clear_device_limits(
    device_id: uuid.UUID, code: Code, actor: CurrentActor, devices: Devices, read: Written
) -> DeviceDetail:
    """Judge the drive by the usual limits again."""
    await devices.limit(actor, device_id, code, None)
    return await read.get(device_id)


@router.post(
    "/{device_id}/retire",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Retire a drive",
    responses=documented(401, 403, 404, 409, 422),
)
async def retire_device(
    device_id: uuid.UUID, actor: CurrentActor, devices: Devices, read: Written, said: Retire
) -> DeviceDetail:
    """Say that a drive is not coming back; should it come back, it is known again."""
    await devices.retire(actor, device_id, said.replaced_by_id)
    return await read.get(device_id)


@router.put(
    "/{device_id}/self-test-schedule",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    summary="Schedule self-tests",
    responses=documented(401, 403, 404, 422),
)
async def schedule_self_tests(
    device_id: uuid.UUID,
    actor: CurrentActor,
    devices: Devices,
    read: Written,
    schedule: SelfTestSchedule,
) -> DeviceDetail:
    """Say how often self-tests are started; one drive of a machine at a time."""
    await devices.schedule(actor, device_id, schedule)
    return await read.get(device_id)


@router.post(
    "/{device_id}/self-tests",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Start a self-test",
    responses=documented(401, 403, 404, 422),
)
async def start_self_test(
    device_id: uuid.UUID,
    actor: CurrentActor,
    actions: Actions,
    start: SelfTestStart,
    accept: Accept,
) -> RunAccepted:
    """Start a self-test now, or end the one that runs; the drive works on meanwhile.

    What came of it stands in the journal, `GET /api/infrastructure/upkeep/actions`.
    """
    return accept(await actions.self_test(actor, device_id, ActionKind(start.kind.value)))
