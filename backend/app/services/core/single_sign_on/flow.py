"""A login that is under way at a provider: kept by the browser, sealed, for ten minutes.

Nothing of it is stored here, so that strangers who begin logins fill no table. The cookie binds
the way back to the browser that began it; the state binds it to the one login.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.kernel.crypto import CannotOpen, Ref, Sealed, Vault
from app.kernel.ids import uuid7

LIFETIME = timedelta(minutes=10)
_MOST_BYTES = 4096


class Purpose(StrEnum):
    """What the login is for."""

    LOGIN = "login"
    LINK = "link"
    STEP_UP = "step_up"


class Flow(BaseModel):
    """What must be known again on the way back."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    provider_id: uuid.UUID
    purpose: Purpose
    state: str = Field(repr=False)
    nonce: str = Field(repr=False)
    verifier: str = Field(repr=False)
    redirect_uri: str
    expires_at: datetime
    session_id: uuid.UUID | None = None

    @property
    def challenge(self) -> str:
        """What the provider compares the verifier with (RFC 7636)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_state(self, given: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.state.encode(), given.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie that it takes along."""

    url: str
    cookie: str = field(repr=False)


def new_flow(
    provider_id: uuid.UUID,
    purpose: Purpose,
    redirect_uri: str,
    now: datetime,
    session_id: uuid.UUID | None,
) -> Flow:
    """Begin."""
    return Flow(
        provider_id=provider_id,
        purpose=purpose,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
        expires_at=now + LIFETIME,
        session_id=session_id,
    )


def seal(flow: Flow, vault: Vault) -> str:
    """Return the text of the cookie."""
    flow_id = uuid7()
    sealed = vault.seal(flow.model_dump_json(), _ref(flow_id))
    return base64.urlsafe_b64encode(flow_id.bytes + sealed.blob).rstrip(b"=").decode()


def unseal(cookie: str | None, vault: Vault, now: datetime) -> Flow | None:
    """Return the flow of a cookie; None when it is none of ours, or too old."""
    if cookie is None or len(cookie) > _MOST_BYTES:
        return None
    try:
        data = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
        ref = _ref(uuid.UUID(bytes=data[:16]))
        text = vault.open(Sealed(data[16:]), ref, "go on with a login at a provider")
        flow = Flow.model_validate_json(text)
    except (binascii.Error, ValueError, CannotOpen, ValidationError):
        return None
    return flow if flow.expires_at > now else None


def _ref(flow_id: uuid.UUID) -> Ref:
    return Ref("sign_on", flow_id, "flow")
