"""JobSchedule: what people changed about a scheduled job, and how far its clock has come."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class JobSchedule(Row, Base):
    """One row for each scheduled job; made and refreshed from the code at each start."""

    __tablename__ = "job_schedule"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    # Texts as `kernel.triggers` reads them; an empty default means: only on demand.
    default_trigger: Mapped[str] = mapped_column(String(120))
    trigger_override: Mapped[str | None] = mapped_column(String(120))
    is_paused: Mapped[bool] = mapped_column(default=False)
    # Fires up to here are done with: fired, skipped while paused, or before the last change.
    settled_until: Mapped[datetime | None] = mapped_column()
    last_fired_at: Mapped[datetime | None] = mapped_column()
    next_fire_at: Mapped[datetime | None] = mapped_column()
