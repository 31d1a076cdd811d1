"""Work on servers that takes the network: answered 202 with the run that does it, and host keys."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from app.models.infrastructure.monitored_server import HostKeyPin
from app.ports.job_engine import Enqueued
from app.routers.dependencies import PlatformDep
from app.routers.guards import CurrentActor, requires
from app.routers.infrastructure.provided import Actions, HostKeyReader, HostKeys
from app.routers.problems import documented
from app.schemas.infrastructure.connection import (
    KeyInstallRequest,
    KeyRemoveRequest,
    ProbeRequest,
    RunAccepted,
)
from app.schemas.infrastructure.host_key import HostKeyDecision, HostKeyRead
from app.services.core.permissions import P

router = APIRouter(prefix="/api/infrastructure/servers", tags=["server connections"])


def _acceptance(platform: PlatformDep, response: Response) -> Callable[[Enqueued], RunAccepted]:
    def accept(enqueued: Enqueued) -> RunAccepted:
        base = platform.settings.server.base_path
        response.headers["Location"] = f"{base}/api/job-runs/{enqueued.run_id}"
        return RunAccepted(run_id=enqueued.run_id, is_new=enqueued.is_new)

    return accept


# Answers that the run was queued, and where to follow it.
Accept = Annotated[Callable[[Enqueued], RunAccepted], Depends(_acceptance)]


@router.post(
    "/probe",
    dependencies=[requires(P.SERVERS_MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask a machine for its host key",
    responses=documented(401, 403, 422),
)
async def probe_server(
    actor: CurrentActor, actions: Actions, request: ProbeRequest, accept: Accept
) -> RunAccepted:
    """Look whether a machine answers, before it is entered; no credential is sent.

    The run's result is a `ProbeReport`.
    """
    return accept(await actions.probe(actor, request))


@router.post(
    "/{server_id}/test",
    dependencies=[requires(P.SERVERS_COLLECT)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Test the connection",
    responses=documented(401, 403, 404, 422),
)
async def test_server(
    server_id: uuid.UUID, actor: CurrentActor, actions: Actions, accept: Accept
) -> RunAccepted:
    """Test reach, host key, login, shell and sudo; the run's result is a `ConnectionReport`."""
    return accept(await actions.test(actor, server_id))


@router.post(
    "/{server_id}/collect",
    dependencies=[requires(P.SERVERS_COLLECT)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Collect now",
    responses=documented(401, 403, 404, 422),
)
async def collect_server(
    server_id: uuid.UUID, actor: CurrentActor, actions: Actions, accept: Accept
) -> RunAccepted:
    """Ask the server for everything now."""
    return accept(await actions.collect(actor, server_id))


@router.post(
    "/{server_id}/install-key",
    dependencies=[requires(P.CREDENTIALS_MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Install a key on a server",
    responses=documented(401, 403, 404, 422),
)
async def install_server_key(
    server_id: uuid.UUID,
    actor: CurrentActor,
    actions: Actions,
    request: KeyInstallRequest,
    accept: Accept,
) -> RunAccepted:
    """Install a public key, prove it by a new connection, and log in with it from then on.

    The one-time password is sealed until the run has ended, for a quarter of an hour at most.
    The run's result is a `KeyInstallReport`.
    """
    return accept(await actions.install_key(actor, server_id, request))


@router.post(
    "/{server_id}/remove-key",
    dependencies=[requires(P.CREDENTIALS_MANAGE, step_up=True)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Remove a key from a server",
    responses=documented(401, 403, 404, 422),
)
async def remove_server_key(
    server_id: uuid.UUID,
    actor: CurrentActor,
    actions: Actions,
    request: KeyRemoveRequest,
    accept: Accept,
) -> RunAccepted:
    """Remove exactly the line that Unity wrote; refused for the server's own login."""
    return accept(await actions.remove_key(actor, server_id, request.ssh_key_id))


@router.get(
    "/{server_id}/host-keys",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List a server's host keys",
    responses=documented(401, 403, 404, 422),
    response_model=list[HostKeyRead],
)
async def list_host_keys(server_id: uuid.UUID, host_keys: HostKeyReader) -> Sequence[HostKeyPin]:
    """List the approved key and those that wait for approval or were refused."""
    return await host_keys.list(server_id)


@router.post(
    "/{server_id}/host-keys/approve",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    summary="Approve a host key",
    responses=documented(401, 403, 404, 422),
    response_model=HostKeyRead,
)
async def approve_host_key(
    server_id: uuid.UUID, actor: CurrentActor, host_keys: HostKeys, decision: HostKeyDecision
) -> HostKeyPin:
    """Trust the key with exactly this fingerprint, and no other of the server any more."""
    return await host_keys.approve(actor, server_id, decision.fingerprint)


@router.post(
    "/{server_id}/host-keys/reject",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Reject a host key",
    responses=documented(401, 403, 404, 422),
    response_model=HostKeyRead,
)
async def reject_host_key(
    server_id: uuid.UUID, actor: CurrentActor, host_keys: HostKeys, decision: HostKeyDecision
) -> HostKeyPin:
    """Trust this key no more."""
    return await host_keys.reject(actor, server_id, decision.fingerprint)
