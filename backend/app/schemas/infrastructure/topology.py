"""Topology: things, what they stand on, and what is wrong with them."""

import uuid
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from app.models.core.alert import AlertState, Severity
from app.schemas.base import Input, Output


class Side(StrEnum):
    """Where a thing is, seen from the one that was asked about."""

    BELOW = "below"  # it stands on this, directly or not
    HERE = "here"
    ABOVE = "above"  # this stands on it


class TopologyQuery(Input):
    """What a picture shows; exactly one of the two."""

    server_id: uuid.UUID | None = Field(None, description="All that belongs to this server.")
    resource_id: uuid.UUID | None = Field(
        None, description="What this stands on, and what stands on it."
    )


class NodeAlert(Output):
    """An alert that goes on."""

    id: uuid.UUID
    kind: str = Field(examples=["pool_degraded"])
    title: str
    message: str
    fix: str
    severity: Severity
    state: AlertState
    began_at: datetime
    cause_id: uuid.UUID | None = Field(description="The alert that this one follows from.")
    muted_by: str = Field(description="Why nobody is told of it; empty when it is told.")


class TopologyNode(Output):
    """One thing."""

    id: uuid.UUID
    kind: str = Field(examples=["storage_pool"])
    name: str
    detail: str = Field(description="A few words: model, layout, size.", examples=["raid1"])
    server_id: uuid.UUID | None
    path: str | None = Field(description="Its page in the web interface.")
    side: Side
    missing_since: datetime | None = Field(description="It is not seen any more, since then.")
    severity: Severity | None = Field(description="Of the worst alert that goes on.")
    alerts: list[NodeAlert]


class TopologyEdge(Output):
    """The first stands on the second, or hangs on it otherwise."""

    source_id: uuid.UUID
    target_id: uuid.UUID
    kind: str = Field(description="`stands_on`, `reached_through`, or `part_of` a server.")


class TopologyRead(Output):
    """A part of the whole, small enough to be drawn."""

    nodes: list[TopologyNode]
    edges: list[TopologyEdge]
    is_cut: bool = Field(description="There is more than can be drawn; what is well is left out.")
