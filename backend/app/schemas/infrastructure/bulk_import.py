"""Servers from a file: what was understood, line by line, before anything is entered."""

import uuid
from enum import StrEnum

from pydantic import Field

from app.models.infrastructure.monitored_server import SudoMode
from app.schemas.base import Input, Output
from app.schemas.core.resource import GroupName, Tag
from app.schemas.credentials.names import Username
from app.schemas.infrastructure.address import Port


class ImportFormat(StrEnum):
    """What kind of text it is."""

    AUTO = "auto"
    SSH_CONFIG = "ssh_config"
    ANSIBLE_INI = "ansible_ini"
    ANSIBLE_YAML = "ansible_yaml"
    CSV = "csv"


class ImportRequest(Input):
    """A text with servers, and what counts where it says nothing."""

    text: str = Field(
        min_length=1,
        max_length=2_000_000,
        description="~/.ssh/config, an Ansible inventory (INI or YAML), or CSV with a header.",
        examples=["name,host,port,user,tags\nnas,nas.lan,22,unity,storage\n"],
    )
    format: ImportFormat = ImportFormat.AUTO
    username: Username = Field("root", description="The user name where the text has none.")
    port: Port = 22
    ssh_key_id: uuid.UUID | None = None
    credential_id: uuid.UUID | None = None
    sudo: SudoMode = SudoMode.NONE
    tags: list[Tag] = Field(default_factory=list, max_length=50)
    groups: list[GroupName] = Field(default_factory=list, max_length=50)
    only: list[int] | None = Field(
        None, max_length=10_000, description="Lines of the preview to enter; null: all new ones."
    )


class Verdict(StrEnum):
    """What becomes of an entry."""

    NEW = "new"
    EXISTS = "exists"  # the same login is entered already
    INVALID = "invalid"
    SKIPPED = "skipped"  # a wildcard, an Include, an empty group


class ImportLine(Output):
    """One entry of the text."""

    line: int
    verdict: Verdict
    note: str = Field(description="Why it is skipped, invalid or there already.")
    name: str
    host: str
    port: int | None
    username: str
    jump: str = Field(description="The jump host's name in the text; empty: none.")
    groups: list[str]
    tags: list[str]


class ImportPlan(Output):
    """What the text holds; nothing was entered."""

    format: ImportFormat
    lines: list[ImportLine]
    new: int
    exists: int
    invalid: int
    skipped: int


class ImportResult(Output):
    """What was entered, and the lines that were not."""

    entered: int
    server_ids: list[uuid.UUID]
    plan: ImportPlan
