"""What the alert engine announces, in the transaction that changes the alert."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.services.core.announcements import Announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged(Announcement):
    """An alert went into another state. `object_id` is the alert, `resource_id` what it is about.

    `muted_by` says why nobody is to be told (a silence, a window, the cause that is told already);
    it is empty when it goes out. `cause_id` is the alert that this one follows from.
    """

    alert_type: str
    domain: str
    severity: str
    title: str
    message: str
    fix: str
    runbook: str
    subject: str
    began_at: datetime
    at: datetime
    muted_by: str = ""
    cause_id: uuid.UUID | None = None
    is_flapping: bool = False

    def summary(self) -> str:
        """Say what the alert says."""
        return self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFired(AlertChanged):
    """It outlasted its for-duration."""

    kind: ClassVar[str] = "alert.fired"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved(AlertChanged):
    """It is over, whether somebody had acknowledged it or not."""

    kind: ClassVar[str] = "alert.resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUnmuted(AlertChanged):
    """It still fires, and what kept it quiet has ended: now it is to be told."""

    kind: ClassVar[str] = "alert.unmuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(AlertChanged):
    """A person has taken it on: repeats and escalation stop."""

    kind: ClassVar[str] = "alert.acknowledged"
    by: str
