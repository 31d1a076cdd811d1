"""What the core announces: users and tokens, wrong passwords, failed jobs, and Unity itself."""

from dataclasses import dataclass
from typing import ClassVar, Self

from app.models.core.user import User
from app.services.core.announcements import Announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(Announcement):
    """Something about one user."""

    object_kind: str = "user"

    @classmethod
    def of(cls, user: User) -> Self:
        """Say it of this user."""
        return cls(object_id=user.id, object_name=user.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAdded(UserEvent):
    """They may log in from now on."""

    kind: ClassVar[str] = "user.added"

    def summary(self) -> str:
        """Say who is new."""
        return f"User {self.object_name} was added"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(UserEvent):
    """They are gone, with sessions and tokens."""

    kind: ClassVar[str] = "user.deleted"

    def summary(self) -> str:
        """Say who left."""
        return f"User {self.object_name} was deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(UserEvent):
    """They may not log in any more."""

    kind: ClassVar[str] = "user.disabled"

    def summary(self) -> str:
        """Say who is locked out."""
        return f"User {self.object_name} was disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEnabled(UserEvent):
    """They may log in again."""

    kind: ClassVar[str] = "user.enabled"

    def summary(self) -> str:
        """Say who is back."""
        return f"User {self.object_name} was enabled again"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(UserEvent):
    """They may do more, or less."""

    kind: ClassVar[str] = "user.role_changed"

    was: str
    role: str

    def summary(self) -> str:
        """Say what they may do now."""
        return f"User {self.object_name} is now {self.role}, before {self.was}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsFailed(UserEvent):
    """Somebody tries passwords or codes of this user."""

    kind: ClassVar[str] = "login.failures"

    times: int
    minutes: int

    def summary(self) -> str:
        """Say how often."""
        return f"{self.times} logins of {self.object_name} failed within {self.minutes} minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCreated(Announcement):
    """A program may act for a user."""

    kind: ClassVar[str] = "api_token.created"
    object_kind: str = "api_token"
    owner: str

    def summary(self) -> str:
        """Say whose token it is."""
        return f"API token {self.object_name} was created for {self.owner}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Announcement):
    """A program may act no longer."""

    kind: ClassVar[str] = "api_token.revoked"
    object_kind: str = "api_token"

    def summary(self) -> str:
        """Say which one."""
        return f"API token {self.object_name} was revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed(Announcement):
    """A background job failed for good, or its process died too often. `object_id` is the run."""

    kind: ClassVar[str] = "job.failed"
    object_kind: str = "job_run"
    job: str
    error: str

    def summary(self) -> str:
        """Say why."""
        return f"Job “{self.object_name}” failed: {self.error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPaused(Announcement):
    """Its clock stands still."""

    kind: ClassVar[str] = "job.paused"
    object_kind: str = "job"

    def summary(self) -> str:
        """Say which job."""
        return f"Job “{self.object_name}” was paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResumed(Announcement):
    """Its clock goes on."""

    kind: ClassVar[str] = "job.resumed"
    object_kind: str = "job"

    def summary(self) -> str:
        """Say which job."""
        return f"Job “{self.object_name}” was resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged(Announcement):
    """Somebody changed how Unity works; the audit log says from what to what."""

    kind: ClassVar[str] = "settings.changed"
    object_kind: str = "settings"

    def summary(self) -> str:
        """Say which part."""
        return f"{self.object_name} changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnityStarted(Announcement):
    """It serves again, for the first time with this version when `before` is another one."""

    kind: ClassVar[str] = "unity.started"
    object_kind: str = "unity"
    version: str
    before: str

    def summary(self) -> str:
        """Say the version when it is new."""
        if self.before and self.before != self.version:
            return f"Unity was updated from {self.before} to {self.version}"
        return f"Unity {self.version} started"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade(Announcement):
    """A backup of Unity lies in its place."""

    kind: ClassVar[str] = "backup.made"
    object_kind: str = "backup"

    def summary(self) -> str:
        """Say which one."""
        return f"Backup {self.object_name} was made"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFailed(Announcement):
    """A backup, its copy or its drill went wrong."""

    kind: ClassVar[str] = "backup.failed"
    object_kind: str = "backup"
    error: str

    def summary(self) -> str:
        """Say why."""
        return f"Backup {self.object_name} failed: {self.error}"
