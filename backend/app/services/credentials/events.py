"""What the credentials announce: keys and logins come, go, and reach machines."""

from dataclasses import dataclass
from typing import ClassVar

from app.services.core.announcements import Announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHKeyAdded(Announcement):
    """A key was made or imported."""

    kind: ClassVar[str] = "ssh_key.added"
    object_kind: str = "ssh_key"

    def summary(self) -> str:
        """Say which key is new."""
        return f"SSH key {self.object_name} was added"


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHKeyDeleted(Announcement):
    """A key was forgotten; so `resource_id` stays empty."""

    kind: ClassVar[str] = "ssh_key.deleted"
    object_kind: str = "ssh_key"

    def summary(self) -> str:
        """Say which key is gone."""
        return f"SSH key {self.object_name} was deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHKeyInstalled(Announcement):
    """A key was installed on a machine and verified; `resource_id` is the machine."""

    kind: ClassVar[str] = "ssh_key.installed"
    object_kind: str = "ssh_key"
    account: str
    machine: str

    def summary(self) -> str:
        """Say which account it opens now."""
        return f"SSH key {self.object_name} now opens {self.account} on {self.machine}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialAdded(Announcement):
    """A login with password was stored."""

    kind: ClassVar[str] = "credential.added"
    object_kind: str = "credential"

    def summary(self) -> str:
        """Say which login is new."""
        return f"Login {self.object_name} was added"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDeleted(Announcement):
    """A login was forgotten; so `resource_id` stays empty."""

    kind: ClassVar[str] = "credential.deleted"
    object_kind: str = "credential"

    def summary(self) -> str:
        """Say which login is gone."""
        return f"Login {self.object_name} was deleted"
