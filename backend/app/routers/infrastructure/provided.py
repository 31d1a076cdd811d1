"""Builds the services of servers for the endpoints of this room."""

from typing import Annotated

from fastapi import Depends

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.services.core.audit import AuditLog
from app.services.core.platform import Platform
from app.services.infrastructure.bulk_import import BulkImport
from app.services.infrastructure.host_keys import HostKeyService
from app.services.infrastructure.server_actions import ServerActions
from app.services.infrastructure.server_list import ServerList
from app.services.infrastructure.server_removal import ServerRemoval
from app.services.infrastructure.servers import ServerService
from app.services.infrastructure.targets import TargetBuilder


def _audit(platform: Platform, session: ReadSession) -> AuditLog:
    return AuditLog(session, platform.clock, platform.audit_key)


def _server_service(platform: Platform, session: ReadSession) -> ServerService:
    targets = TargetBuilder(platform.vault)
    return ServerService(session, platform.clock, _audit(platform, session), targets)


def _server_list(platform: Platform, session: ReadSession) -> ServerList:
    return ServerList(session, platform.clock, platform.settings.collect.standard_seconds)


def _reader(platform: PlatformDep, session: ReadSession) -> ServerList:
    return _server_list(platform, session)


def _written(platform: PlatformDep, session: WriteSession) -> ServerList:
    return _server_list(platform, session)


def _servers(platform: PlatformDep, session: WriteSession) -> ServerService:
    return _server_service(platform, session)


def _removal_reader(platform: PlatformDep, session: ReadSession) -> ServerRemoval:
    return ServerRemoval(session, platform.clock, _audit(platform, session), platform.alerts)


def _removal(platform: PlatformDep, session: WriteSession) -> ServerRemoval:
    return ServerRemoval(session, platform.clock, _audit(platform, session), platform.alerts)


def _host_key_reader(platform: PlatformDep, session: ReadSession) -> HostKeyService:
    return HostKeyService(session, platform.clock, _audit(platform, session))


def _host_keys(platform: PlatformDep, session: WriteSession) -> HostKeyService:
    return HostKeyService(session, platform.clock, _audit(platform, session))


def _import_reader(platform: PlatformDep, session: ReadSession) -> BulkImport:
    return BulkImport(session, _server_service(platform, session))


def _import(platform: PlatformDep, session: WriteSession) -> BulkImport:
    return BulkImport(session, _server_service(platform, session))


def _actions(platform: PlatformDep) -> ServerActions:
    return ServerActions(platform.database, platform.clock, platform.vault, platform.jobs)


ServerReader = Annotated[ServerList, Depends(_reader)]
WrittenServers = Annotated[ServerList, Depends(_written)]  # reads in the writing session
Servers = Annotated[ServerService, Depends(_servers)]
RemovalReader = Annotated[ServerRemoval, Depends(_removal_reader)]
Removal = Annotated[ServerRemoval, Depends(_removal)]
HostKeyReader = Annotated[HostKeyService, Depends(_host_key_reader)]
HostKeys = Annotated[HostKeyService, Depends(_host_keys)]
ImportReader = Annotated[BulkImport, Depends(_import_reader)]
Import = Annotated[BulkImport, Depends(_import)]
Actions = Annotated[ServerActions, Depends(_actions)]
