"""Resource: what every domain's things are to the core, so that it never imports a domain."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row, Timestamps


class ResourceKind(StrEnum):
    """What a resource is; each domain adds its own."""

    SERVER = "server"
    SSH_KEY = "ssh_key"
    CREDENTIAL = "credential"
    STORAGE_DEVICE = "storage_device"
    STORAGE_POOL = "storage_pool"
    PLUGIN_INSTANCE = "plugin_instance"
    FILESYSTEM = "filesystem"
    DATABASE = "database_instance"


class Resource(Row, Timestamps, Base):
    """The core's row of a server, disk, pool, key, container …, under the same id as its own."""

    __tablename__ = "resource"

    kind: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(255), index=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource.id", ondelete="SET NULL"), index=True
    )
    server_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), index=True
    )
    maintenance_until: Mapped[datetime | None] = mapped_column()


class ResourceEdge(Row, Base):
    """A typed edge of the topology that is not parenthood: `stands_on`, `uses`, `serves`."""

    __tablename__ = "resource_edge"
    __table_args__ = (UniqueConstraint("source_id", "target_id", "kind"),)

    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    target_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(40))


class ResourceTag(Row, Base):
    """A free word on a resource."""

    __tablename__ = "resource_tag"
    __table_args__ = (UniqueConstraint("resource_id", "tag"),)

    resource_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"))
    tag: Mapped[str] = mapped_column(String(60), index=True)


class ResourceGroup(Row, Timestamps, Base):
    """A named set of resources: what permissions and rules are scoped by."""

    __tablename__ = "resource_group"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")


class ResourceGroupMember(Row, Base):
    """One resource in one group."""

    __tablename__ = "resource_group_member"
    __table_args__ = (UniqueConstraint("group_id", "resource_id"),)

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("resource_group.id", ondelete="CASCADE"))
    resource_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), index=True
    )
