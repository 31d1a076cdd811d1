"""Backups of Unity itself: destinations, the copies made, and the drills."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from app.kernel.errors import JsonValue
from app.models.core.backup_destination import DestinationKind
from app.models.core.backup_run import BackupState
from app.models.core.restore_drill import DrillState
from app.schemas.base import Output, PageQuery
from app.schemas.core.text import Line, SecretInput

_KEPT = "Stored encrypted, never shown. Null leaves the stored one as it is."


class PassphraseWrite(SecretInput):
    """The passphrase of scheduled backups."""

    passphrase: SecretStr = Field(
        min_length=12,
        max_length=1000,
        description="Every new archive is encrypted with it. Keep it in another place, too.",
        examples=["six words that nobody else says"],
    )


class BackupSettingsRead(Output):
    """What holds for all destinations."""

    has_passphrase: bool
    passphrase_set_at: datetime | None


class PlaceFields(BaseModel):
    """Where a destination is; which fields count depends on its kind."""

    model_config = ConfigDict(from_attributes=True)

    folder: Line = Field(
        "", max_length=1000, description="Of `folder` and `sftp`.", examples=["/mnt/backup"]
    )
    host: Line = Field("", max_length=255, description="Of `sftp`.", examples=["nas.lan"])
    port: int = Field(22, ge=1, le=65535, description="Of `sftp`.")
    username: Line = Field("", max_length=120, description="Of `sftp`.")
    host_key: Line = Field(
        "", max_length=4000, description="The approved key of `sftp`: `ssh-ed25519 AAAA…`."
    )
    endpoint: Line = Field(
        "",
        max_length=500,
        description="Of `s3`; empty is Amazon's own.",
        examples=["https://s3.example.org"],
    )
    region: Line = Field("", max_length=60, description="Of `s3`; empty is us-east-1.")
    bucket: Line = Field("", max_length=100, description="Of `s3`.")
    prefix: Line = Field("", max_length=500, description="Of `s3`: where in the bucket.")
    access_key_id: Line = Field("", max_length=200, description="Of `s3`.")
    uses_path_style: bool = Field(
        default=True, description="Of `s3`: the bucket in the path, as most servers but Amazon's."
    )


class DestinationWrite(SecretInput, PlaceFields):
    """A place that backups are copied to."""

    name: Line = Field(min_length=1, max_length=60, examples=["nas"])
    kind: DestinationKind
    is_enabled: bool = Field(default=True, description="Whether backups are copied there.")
    keep_last: int = Field(7, ge=1, le=1000, description="How many of the newest stay.")
    keep_daily: int = Field(7, ge=0, le=1000, description="The newest of each of so many days.")
    keep_weekly: int = Field(4, ge=0, le=1000, description="The newest of each of so many weeks.")
    keep_monthly: int = Field(6, ge=0, le=1000, description="The newest of so many months.")
    password: SecretStr | None = Field(None, max_length=1000, description=f"Of `sftp`. {_KEPT}")
    private_key: SecretStr | None = Field(
        None, max_length=20_000, description=f"Of `sftp`, instead of a password. {_KEPT}"
    )
    private_key_passphrase: SecretStr | None = Field(
        None, max_length=1000, description=f"Of the private key. {_KEPT}"
    )
    secret_access_key: SecretStr | None = Field(
        None, max_length=1000, description=f"Of `s3`. {_KEPT}"
    )


class DestinationRead(Output):
    """A destination, without what opens it."""

    id: uuid.UUID
    name: str
    kind: DestinationKind
    is_enabled: bool
    folder: str
    host: str
    port: int
    username: str
    host_key: str
    host_key_fingerprint: str = Field(examples=["SHA256:n0Tr3a1"])
    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key_id: str
    uses_path_style: bool
    has_secret: bool
    keep_last: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int
    address: str = Field(description="In one line.", examples=["sftp://unity@nas.lan/backup"])
    last_success_at: datetime | None
    last_error: str = Field(description="Why the newest copy failed; empty when it did not.")
    last_drill_at: datetime | None
    last_drill_state: DrillState | None
    last_drill_reason: str


class DestinationTest(Output):
    """What came of trying a destination."""

    has_passed: bool
    detail: str
    fix: str
    offered_host_key: str = Field(description="A host key that nobody approved yet, or empty.")
    offered_fingerprint: str


class BackupRequest(SecretInput):
    """Which destination; null means all."""

    destination_id: uuid.UUID | None = Field(
        None, description="Only this destination; null: all that are enabled."
    )


class BackupRead(Output):
    """One backup at one destination."""

    id: uuid.UUID
    destination_id: uuid.UUID | None
    destination_name: str
    state: BackupState
    file_name: str
    size_bytes: int | None
    sha256: str
    rows: int | None
    requested_by: str
    job_run_id: uuid.UUID | None
    started_at: datetime
    finished_at: datetime | None
    verified_at: datetime | None = Field(description="When its size and hash were read back.")
    deleted_at: datetime | None = Field(description="When its destination had enough newer ones.")
    error: str


class BackupQuery(PageQuery):
    """Which backups."""

    destination_id: uuid.UUID | None = Field(None, description="Only those of this destination.")
    state: BackupState | None = Field(None, description="Only those in this state.")


class DrillRead(Output):
    """One restore drill."""

    id: uuid.UUID
    destination_id: uuid.UUID | None
    destination_name: str
    file_name: str
    state: DrillState
    reason: str = Field(description="Why it is red; empty when it is green.")
    checks: list[JsonValue] = Field(description="What was tried: name, has_passed, detail.")
    rows: int
    tables: int
    started_at: datetime
    finished_at: datetime
