"""Plugins: the gallery, and the instances of what watches things for people."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status

from app import __version__
from app.kernel.errors import JsonValue
from app.routers.dependencies import PageParameters, PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.plugin import PluginDetail, PluginRead
from app.schemas.core.plugin_instance import (
    InstanceDetail,
    InstanceLogLine,
    InstanceQuery,
    InstanceRead,
    InstanceRun,
    InstanceTrial,
    InstanceTry,
    InstanceWrite,
    PluginJob,
    PluginPageRead,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.plugins.asking import PluginRequests
from app.services.core.plugins.diagnostics import Diagnostics
from app.services.core.plugins.gallery import PluginGallery
from app.services.core.plugins.saving import InstanceSaver
from app.services.core.plugins.views import InstanceViews

router = APIRouter(tags=["plugins"])
GALLERY = "/api/plugins/gallery"
INSTANCES = "/api/plugins/instances"
ONE = INSTANCES + "/{instance_id}"


def _gallery(session: ReadSession) -> PluginGallery:
    return PluginGallery(session)


def _views(platform: PlatformDep, session: ReadSession) -> InstanceViews:
    return InstanceViews(session, platform.vault)


def _diagnostics(platform: PlatformDep, session: ReadSession) -> Diagnostics:
    return Diagnostics(session, platform.vault, __version__)


def _saver(platform: PlatformDep) -> InstanceSaver:
    return InstanceSaver(platform)


def _requests(
    platform: PlatformDep, session: WriteSession, background: BackgroundTasks
) -> PluginRequests:
    # Background tasks run after the answer, and so after the commit.
    background.add_task(platform.jobs.nudge)
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return PluginRequests(session, platform.clock, audit, platform.job_types)


Gallery = Annotated[PluginGallery, Depends(_gallery)]
Views = Annotated[InstanceViews, Depends(_views)]
Help = Annotated[Diagnostics, Depends(_diagnostics)]
Saver = Annotated[InstanceSaver, Depends(_saver)]
Requests = Annotated[PluginRequests, Depends(_requests, scope="function")]


@router.get(
    GALLERY,
    dependencies=[requires(P.PLUGINS_READ)],
    summary="List plugins",
    responses=documented(401, 403),
)
async def list_plugins(gallery: Gallery) -> Sequence[PluginRead]:
    """List the plugins that are installed, those that cannot be used with the reason."""
    return await gallery.list()


@router.post(
    GALLERY + "/scan",
    dependencies=[requires(P.PLUGINS_MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Look for plugins now",
    responses=documented(401, 403),
)
async def scan_plugins(actor: CurrentActor, requests: Requests) -> PluginJob:
    """Queue a look at the installed packages and the folder; it also happens every hour."""
    return PluginJob(run_id=await requests.scan(actor))


@router.get(
    GALLERY + "/{name}",
    dependencies=[requires(P.PLUGINS_READ)],
    summary="Show a plugin",
    responses=documented(401, 403, 404, 422),
)
async def get_plugin(name: str, gallery: Gallery) -> PluginDetail:
    """Tell what a plugin brings, its form, and how it keeps the rules of quality."""
    return await gallery.get(name)


@router.get(
    INSTANCES,
    dependencies=[requires(P.PLUGINS_READ)],
    summary="List instances of plugins",
    response_model=Page[InstanceRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_plugin_instances(
    request: Request, views: Views, query: Annotated[InstanceQuery, Query()]
) -> Response:
    """List what is watched. Sort by `name`, `plugin`, `state`, `last_run_at` or `next_due_at`."""
    return answer(request, await views.list(query))


@router.post(
    INSTANCES,
    dependencies=[requires(P.PLUGINS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add an instance of a plugin",
    responses=documented(401, 403, 404, 409, 422),
)
async def create_plugin_instance(
    wish: InstanceWrite, actor: CurrentActor, saver: Saver
) -> InstanceDetail:
    """Add an instance; one that is enabled runs within seconds."""
    return await saver.create(actor, wish)


@router.post(
    "/api/plugins/test",
    dependencies=[requires(P.PLUGINS_MANAGE)],
    summary="Try a configuration",
    responses=documented(401, 403, 404, 409, 422),
)
async def test_plugin_instance(wish: InstanceTry, saver: Saver) -> InstanceTrial:
    """Ask what the configuration names, and tell what came of it. Nothing is stored."""
    return await saver.try_out(wish)


@router.get(
    ONE,
    dependencies=[requires(P.PLUGINS_READ)],
    summary="Show an instance of a plugin",
    responses=documented(401, 403, 404, 422),
)
async def get_plugin_instance(instance_id: uuid.UUID, views: Views) -> InstanceDetail:
    """Tell how it is, its configuration without secrets, its facts and its pages."""
    return await views.get(instance_id)


@router.put(
    ONE,
    dependencies=[requires(P.PLUGINS_MANAGE)],
    summary="Change an instance of a plugin",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_plugin_instance(
    instance_id: uuid.UUID, wish: InstanceWrite, actor: CurrentActor, saver: Saver
) -> InstanceDetail:
    """Change it. Secrets that are left out stay, unless it is for another address."""
    return await saver.edit(actor, instance_id, wish)


@router.delete(
    ONE,
    dependencies=[requires(P.PLUGINS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an instance of a plugin",
    responses=documented(401, 403, 404, 422),
)
async def delete_plugin_instance(instance_id: uuid.UUID, actor: CurrentActor, saver: Saver) -> None:
    """Forget it with all that it measured."""
    await saver.delete(actor, instance_id)


@router.post(
    ONE + "/enable",
    dependencies=[requires(P.PLUGINS_RUN)],
    summary="Switch an instance on",
    responses=documented(401, 403, 404, 422),
)
async def enable_plugin_instance(
    instance_id: uuid.UUID, actor: CurrentActor, saver: Saver
) -> InstanceDetail:
    """Let it run by itself; the first time within seconds."""
    return await saver.switch(actor, instance_id, is_enabled=True)


@router.post(
    ONE + "/disable",
    dependencies=[requires(P.PLUGINS_RUN)],
    summary="Switch an instance off",
    responses=documented(401, 403, 404, 422),
)
async def disable_plugin_instance(
    instance_id: uuid.UUID, actor: CurrentActor, saver: Saver
) -> InstanceDetail:
    """Let it run no more; its open alerts end."""
    return await saver.switch(actor, instance_id, is_enabled=False)


@router.post(
    ONE + "/run",
    dependencies=[requires(P.PLUGINS_RUN)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Run an instance now",
    responses=documented(401, 403, 404, 409, 422),
)
async def run_plugin_instance(
    instance_id: uuid.UUID, actor: CurrentActor, requests: Requests
) -> PluginJob:
    """Queue a run; what comes of it stands in its runs."""
    return PluginJob(run_id=await requests.run(actor, instance_id))


@router.get(
    ONE + "/runs",
    dependencies=[requires(P.PLUGINS_READ)],
    summary="List the runs of an instance",
    responses=documented(401, 403, 404, 422),
)
async def list_plugin_runs(
    instance_id: uuid.UUID, views: Views, query: PageParameters
) -> Page[InstanceRun]:
    """List the newest 200 runs. Sort by `began_at` or `took_ms`."""
    return await views.runs(instance_id, query)


@router.get(
    ONE + "/logs",
    dependencies=[requires(P.PLUGINS_READ)],
    summary="Read the log of an instance",
    responses=documented(401, 403, 404, 422),
)
async def list_plugin_logs(
    instance_id: uuid.UUID, views: Views, query: PageParameters
) -> Page[InstanceLogLine]:
    """Read the newest 500 lines that the plugin wrote. Sort by `at` or `level`."""
    return await views.logs(instance_id, query)


@router.get(
    ONE + "/pages/{key}",
    dependencies=[requires(P.PLUGINS_READ)],
    summary="Show a page of data of an instance",
    responses=documented(401, 403, 404, 422),
)
async def get_plugin_page(instance_id: uuid.UUID, key: str, views: Views) -> PluginPageRead:
    """Return cards and tables as the last run brought them."""
    return await views.page(instance_id, key)


@router.get(
    ONE + "/diagnostics",
    dependencies=[requires(P.PLUGINS_READ)],
    summary="Download diagnostics of an instance",
    responses=documented(401, 403, 404, 422),
)
async def download_plugin_diagnostics(
    instance_id: uuid.UUID, diagnostics: Help, response: Response
) -> dict[str, JsonValue]:
    """Return configuration, runs and log without any secret, to send to who helps."""
    name = f"unity-plugin-{instance_id}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return dict(await diagnostics.gather(instance_id))
