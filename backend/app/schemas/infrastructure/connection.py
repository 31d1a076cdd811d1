"""What the wizard asks of a machine before and after it is entered, and the answers in steps."""

import uuid
from enum import StrEnum

from pydantic import Field, SecretStr

from app.schemas.base import Input, Output
from app.schemas.core.text import SecretInput
from app.schemas.credentials.names import Username
from app.schemas.infrastructure.address import HostName, Port


class StepName(StrEnum):
    """The steps of a connection test, in their order."""

    REACH = "reach"
    HOST_KEY = "host_key"
    LOGIN = "login"
    SHELL = "shell"
    SUDO = "sudo"


class StepState(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"  # an earlier step failed, or it is not wanted


class Step(Output):
    """One step with its outcome and what to do about it."""

    name: StepName
    state: StepState
    message: str
    fix: str


class OfferedHostKey(Output):
    """The host key that the machine showed."""

    algorithm: str
    public: str
    fingerprint: str


class ConnectionReport(Output):
    """The result of the job `test_server`."""

    server_id: uuid.UUID
    is_ok: bool
    steps: list[Step]
    host_key: OfferedHostKey | None = Field(description="A key that waits for approval.")
    sudo_lines: list[str] = Field(description="What to put into /etc/sudoers.d/unity.")


class ProbeRequest(Input):
    """A machine that is not entered yet."""

    host: HostName
    port: Port = 22
    jump_server_id: uuid.UUID | None = Field(None, description="Reach it through this server.")


class ProbeReport(Output):
    """The result of the job `probe_host_key`."""

    host: str
    port: int
    is_reachable: bool
    host_key: OfferedHostKey | None
    message: str
    fix: str


class KeyInstallRequest(SecretInput):
    """Install a stored public key on a server, and log in with it from then on."""

    ssh_key_id: uuid.UUID
    one_time_password: SecretStr | None = Field(
        None,
        min_length=1,
        max_length=1024,
        description="The account's password, used once and not kept; null: the stored login.",
    )
    username: Username | None = Field(
        None, description="The account to install for; null: the server's own."
    )
    authorized_keys_path: str = Field(
        "",
        max_length=500,
        pattern=r"^(/[^\x00-\x1f\x7f]*)?$",
        description="The file, when it is another than sshd's configuration says.",
    )


class KeyInstallReport(Output):
    """The result of the job `install_key`."""

    server_id: uuid.UUID
    ssh_key_id: uuid.UUID
    deployment_id: uuid.UUID
    path: str
    account: str
    message: str


class KeyRemoveRequest(Input):
    """Remove a public key from a server's account."""

    ssh_key_id: uuid.UUID


class RunAccepted(Output):
    """The run that does the work; its state and result are read from there."""

    run_id: uuid.UUID
    is_new: bool = Field(description="False when the same run was queued already.")
