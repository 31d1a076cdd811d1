"""Answers that a polling page need not load again when nothing changed."""

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

NOT_MODIFIED: dict[int | str, dict[str, object]] = {
    304: {"description": "Nothing changed since the ETag in If-None-Match."}
}


def answer(request: Request, body: BaseModel) -> Response:
    """Return the body with its ETag, or 304 when the client has it already.

    The serialiser runs once: FastAPI would validate a thousand tiles a second time.
    """
    content = to_json(body)
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
