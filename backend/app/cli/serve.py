"""`unity serve`: the API, the web interface, the clock and the workers in one process."""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvicorn
from starlette.types import ASGIApp

from app import bootstrap
from app.cli import first_start
from app.cli.client import SOCKET_NAME
from app.cli.tls import ReloadingContext, server_context
from app.kernel import config, folders, logging, open_files
from app.kernel.clock import SystemClock
from app.kernel.config import Settings
from app.kernel.errors import StartRefused
from app.kernel.imports import settle
from app.main import create_app
from app.routers.guards import LocalSocket
from app.services.core.start import announce_start
from app.worker import require_postgresql

GRACE_SECONDS = 10


def serve(
    listen: Annotated[str, typer.Option(help="Address and port, such as 0.0.0.0:8484.")] = "",
    tls_cert: Annotated[str, typer.Option(help="Certificate chain (PEM).")] = "",
    tls_key: Annotated[str, typer.Option(help="Private key (PEM) of the certificate.")] = "",
    tls_self_signed: Annotated[
        bool, typer.Option("--tls-self-signed", help="Serve TLS with a certificate of our own.")
    ] = False,
    no_jobs: Annotated[
        bool, typer.Option("--no-jobs", help="Leave the jobs to `unity worker` (PostgreSQL only).")
    ] = False,
) -> None:
    """Start Unity."""
    overrides = {
        "UNITY_SERVER__LISTEN": listen,
        "UNITY_SERVER__TLS_CERT": tls_cert,
        "UNITY_SERVER__TLS_KEY": tls_key,
        "UNITY_SERVER__TLS_SELF_SIGNED": "true" if tls_self_signed else "",
    }
    environment = {**os.environ, **{name: value for name, value in overrides.items() if value}}
    settings = config.load(environment)
    logging.configure(settings.log.level, settings.log.style)
    if no_jobs:
        require_postgresql(settings, "unity serve --no-jobs")
    open_files.allow_many()
    asyncio.run(_serve(settings, with_jobs=not no_jobs))


async def _serve(settings: Settings, *, with_jobs: bool) -> None:
    folders.prepare(settings.data)
    with contextlib.closing(open_listener(settings)) as listener:
        tls = server_context(settings, SystemClock())
        unity = await bootstrap.build(settings, with_jobs=with_jobs)
        token = await first_start.set_up(unity.platform)
        await announce_start(unity.platform.database, unity.platform.clock)
        app = create_app(unity)
        public = uvicorn.Server(_config(app, tls))
        local = _LocalServer(_config(LocalSocket(app), None, lifespan="off"))
        if token is not None:
            print(first_start.announcement(unity.platform, token), flush=True)
        settle()
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(tls.watch()) if tls is not None else None
            group.create_task(local.serve(sockets=[open_socket(settings.data / SOCKET_NAME)]))
            await public.serve(sockets=[listener])
            local.should_exit = True
            if watch is not None:
                watch.cancel()
    if not public.started:
        raise StartRefused("Unity could not start; the log above says why.")


class _LocalServer(uvicorn.Server):
    """The second server of the process: signals are the first one's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(
    app: ASGIApp,
    tls: ReloadingContext | None,
    *,
    lifespan: Literal["auto", "off"] = "auto",
) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        # Whose headers are believed is a setting, which the guards know.
        proxy_headers=False,
        lifespan=lifespan,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    if tls is not None:
        config.load()
        config.ssl = tls.context
    return config


def open_socket(path: Path) -> socket.socket:
    """Bind the socket of the command line: whoever can open it is the service's own account."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise StartRefused(
            f"The socket {path} cannot be made: {error}; choose a data folder with a shorter path."
        ) from error
    finally:
        os.umask(before)
    return listener


def open_listener(settings: Settings) -> socket.socket:
    """Bind the address; say which program to look for when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartRefused(
                f"Port {settings.port} on {settings.host} is in use by another program;"
                " stop that one, or set UNITY_SERVER__LISTEN to another port."
            ) from error
        raise StartRefused(
            f"Unity cannot listen on {settings.server.listen}: {error.strerror};"
            " set UNITY_SERVER__LISTEN to an address of this machine."
        ) from error
    return listener
