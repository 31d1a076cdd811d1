"""Which container a process runs in, by whose engine: read from the names of its cgroups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.text import printable

_CONTAINER = re.compile(r"(?:^|[/\-:])([0-9a-f]{64})(?:\.scope)?(?:/|$)")
# A whole system in a container has a name: LXC's, Proxmox's, Incus's, and systemd-nspawn's.
_SYSTEM = re.compile(
    r"/(?:lxc(?:\.payload\.|/)|machine\.slice/(?:systemd-nspawn@|machine-))([^/]{1,120})(?:/|$)"
)
_ENGINE = re.compile(r"docker|libpod|containerd|crio|kubepods")
_NAMES = {"docker": "docker", "libpod": "podman"}
# An engine without root runs within what systemd started for the user.
_OWNER = re.compile(r"/user-(\d{1,10})\.slice/user@")


@dataclass(frozen=True, slots=True)
class Container:
    """The short id, or the name of one that holds a whole system; empty outside of one.

    `engine` is what a person calls to get in, where that is known. `owner_id` is the user whose
    engine it is, None where that is root or not known.
    """

    name: str = ""
    engine: str = ""
    owner_id: int | None = None


def container_of(cgroup: Sequence[str]) -> Container:
    """Read the lines of /proc/PID/cgroup."""
    for line in cgroup:
        found = _CONTAINER.search(line)
        if found is not None and (_ENGINE.search(line) or ".scope" in line or "/" in line):
            engine, owner = _ENGINE.search(line), _OWNER.search(line)
            return Container(
                found[1][:12],
                _NAMES.get(engine[0], "") if engine else "",
                int(owner[1]) if owner else None,
            )
    for line in cgroup:
        if (found := _SYSTEM.search(line)) is not None:
            name = re.sub(r"\.(?:service|scope)$", "", found[1])
            return Container(printable(re.sub(r"\\x([0-9a-f]{2})", _plain_sign, name))[:40])
    return Container()


def _plain_sign(found: re.Match[str]) -> str:
    """Undo how systemd writes a dash in a name."""
    return chr(int(found[1], 16))
