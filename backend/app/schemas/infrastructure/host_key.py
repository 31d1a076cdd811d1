"""Host keys: what a server showed, and what a person decided about it."""

import uuid
from datetime import datetime

from pydantic import Field

from app.models.infrastructure.monitored_server import HostKeyState
from app.schemas.base import Input, Output
from app.schemas.infrastructure.server import Fingerprint


class HostKeyDecision(Input):
    """The key that is meant: the fingerprint has to be the exact one."""

    fingerprint: Fingerprint


class HostKeyRead(Output):
    """A host key of a server."""

    id: uuid.UUID
    server_id: uuid.UUID
    algorithm: str
    public: str
    fingerprint: str
    state: HostKeyState
    decided_by: str = Field(description="Who approved or rejected it; empty: nobody yet.")
    created_at: datetime
    updated_at: datetime
