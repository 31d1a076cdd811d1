"""`unity serve`: the API, the web interface, the clock and the workers in one process."""

import asyncio
import errno
import os
import socket
from typing import Annotated

import typer
import uvicorn

from app import bootstrap
from app.cli import first_start
from app.kernel import config, logging
from app.kernel.config import Settings
from app.kernel.errors import StartRefused
from app.main import create_app
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
    asyncio.run(_serve(settings, with_jobs=not no_jobs))


async def _serve(settings: Settings, *, with_jobs: bool) -> None:
    unity = await bootstrap.build(settings, with_jobs=with_jobs)
    listener = open_listener(settings)
    token = await first_start.prepare(unity)
    app = create_app(unity)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            forwarded_allow_ips=list(settings.server.trusted_proxies),
            proxy_headers=bool(settings.server.trusted_proxies),
        )
    )
    if token is not None:
        print(first_start.announcement(unity.platform, token), flush=True)
    await server.serve(sockets=[listener])


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
