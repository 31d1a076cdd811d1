"""Who the machine is: its names, its system and its kernel."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult
from app.services.core.facts import Fact
from app.services.infrastructure.facts.reading import (
    BOOT_ID,
    FILES,
    HOSTNAME,
    KERNEL,
    MACHINE_ID,
    OS_RELEASE,
    section,
    word,
)


class Identity(BaseModel):
    """What the machine calls itself; empty where it does not say."""

    hostname: str
    os: str  # "Debian GNU/Linux 12 (bookworm)"
    os_id: str  # "debian"
    os_version: str  # "12"; rolling systems have none
    kernel: str
    machine_id: str
    boot_id: str  # another one after each boot


class IdentityFact(Fact[Identity]):
    name = "identity"
    title = "Identity and system"
    commands = (FILES,)
    value = Identity

    def parse(self, results: tuple[CommandResult, ...]) -> Identity | None:
        files = results[0]
        system = _os_release(section(files, OS_RELEASE, self.name) or "")
        identity = Identity(
            hostname=word(files, HOSTNAME, self.name),
            os=system.get("PRETTY_NAME") or system.get("NAME", ""),
            os_id=system.get("ID", ""),
            os_version=system.get("VERSION_ID", ""),
            kernel=word(files, KERNEL, self.name),
            machine_id=word(files, MACHINE_ID, self.name),
            boot_id=word(files, BOOT_ID, self.name),
        )
        return identity if identity.hostname or identity.os else None


def _os_release(text: str) -> dict[str, str]:
    """Read the assignments of os-release(5), whose values may be quoted as in a shell."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name in {"PRETTY_NAME", "NAME", "ID", "VERSION_ID"}:
            found[name] = printable(value.strip().strip("\"'").replace("\\", ""))
    return found
