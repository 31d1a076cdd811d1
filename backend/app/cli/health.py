"""`unity health`: for health checks of containers and supervisors."""

from typing import Annotated

import httpx2
import typer

from app.kernel.errors import StartRefused


def health(
    url: Annotated[str, typer.Option(help="Which address to ask.")] = (
        "http://127.0.0.1:8484/readyz"
    ),
) -> None:
    """Leave with 0 when Unity is ready, with 1 when it is not."""
    try:
        answer = httpx2.get(url, timeout=5, verify=False)
    except httpx2.TransportError as error:
        raise StartRefused(f"Nobody answers at {url}: {error}.") from error
    if answer.is_error:
        raise StartRefused(f"{url} answered {answer.status_code}.")
