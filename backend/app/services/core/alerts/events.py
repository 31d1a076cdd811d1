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
class AlertWorsened(AlertChanged):
    """It goes on, and is worse than what people were told: a warning that became critical."""

    kind: ClassVar[str] = "alert.worsened"

    def summary(self) -> str:
        """Say how bad it is now."""
        return f"{self.title}: now {self.severity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAcknowledged(AlertChanged):
    """A person has taken it on: repeats and escalation stop."""

    kind: ClassVar[str] = "alert.acknowledged"
    by: str

    def summary(self) -> str:
        """Say who has taken on what."""
        return f"{self.by} acknowledged: {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReopened(AlertChanged):
    """Who had taken it on has given it back."""

    kind: ClassVar[str] = "alert.reopened"
    by: str

    def summary(self) -> str:
        """Say who has given back what."""
        return f"{self.by} took the acknowledgement back: {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSnoozed(AlertChanged):
    """A person has put it off until a time, or (None) wants to hear of it again."""

    kind: ClassVar[str] = "alert.snoozed"
    by: str
    until: datetime | None

    def summary(self) -> str:
        """Say who has put off what."""
        word = "ended the snooze of" if self.until is None else "snoozed"
        return f"{self.by} {word}: {self.title}"
