"""Inventory: what the machines are made of."""

import uuid
from datetime import datetime

from pydantic import Field

from app.schemas.base import Output


class InventoryRow(Output):
    """One machine; null or empty where it does not say, or was not asked yet."""

    server_id: uuid.UUID
    name: str
    host: str
    tags: list[str]
    groups: list[str]
    vendor: str = Field(examples=["Supermicro"])
    model: str
    board: str
    firmware: str
    virtualisation: str = Field(examples=["kvm"])
    processor: str
    sockets: int | None
    cores: int | None = Field(description="Physical ones.")
    threads: int | None
    memory_bytes: int | None
    architecture: str = Field(examples=["x86_64"])
    os: str
    kernel: str
    addresses: list[str] = Field(description="With their prefix lengths; no link-local ones.")
    drives: int
    drive_bytes: int = Field(description="Of all drives together, in bytes.")
    updates: int | None = Field(description="Packages that wait for an update.")
    seen_at: datetime | None = Field(description="When the hardware was read.")
