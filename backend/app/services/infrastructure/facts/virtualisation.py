"""Whether the machine is a real one, a virtual one or a container."""

from enum import StrEnum

from pydantic import BaseModel

from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Unparsable
from app.services.infrastructure.facts.reading import (
    DOCKER_MARK,
    HYPERVISOR,
    INIT_CGROUP,
    PODMAN_MARK,
    PRODUCT,
    SLOW_FILES,
    VENDOR,
    section,
    word,
)

_DETECT = Command(("systemd-detect-virt",))
# The processor tells its guests of a hypervisor by a flag; counted once, since all cores say it.
_FLAG = Command(("grep", "-s", "-c", "-m", "1", "-w", "hypervisor", "/proc/cpuinfo"), instant=True)

_CONTAINERS = frozenset(
    {
        "container-other",
        "docker",
        "lxc",
        "lxc-libvirt",
        "openvz",
        "podman",
        "pouch",
        "proot",
        "rkt",
        "systemd-nspawn",
        "wsl",
    }
)
_BY_VENDOR = {
    "amazon ec2": "amazon",
    "apple virtualization": "apple",
    "bhyve": "bhyve",
    "bochs": "bochs",
    "google": "google",
    "innotek gmbh": "oracle",
    "parallels": "parallels",
    "qemu": "qemu",
    "vmware": "vmware",
    "xen": "xen",
}
_BY_CGROUP = (
    ("/docker", "docker"),
    ("/kubepods", "kubernetes"),
    ("/libpod", "podman"),
    ("/lxc", "lxc"),
)


class Kind(StrEnum):
    """What the system runs on."""

    BARE = "bare"
    MACHINE = "machine"
    CONTAINER = "container"
    UNKNOWN = "unknown"


class Virtualisation(BaseModel):
    """The kind, and the technology in the words of systemd-detect-virt ("kvm", "lxc")."""

    kind: Kind
    technology: str = ""


class VirtualisationFact(Fact[Virtualisation]):
    name = "virtualisation"
    title = "Virtualisation"
    rate = Rate.SLOW
    commands = (_DETECT, SLOW_FILES, _FLAG)
    value = Virtualisation

    def parse(self, results: tuple[CommandResult, ...]) -> Virtualisation | None:
        detected, files, flag = results
        answer = detected.stdout.strip()
        if detected.outcome is Outcome.RAN and answer:
            return self._from_systemd(answer)
        container = self._container(files)
        if container:
            return Virtualisation(kind=Kind.CONTAINER, technology=container)
        hypervisor = self._hypervisor(files)
        if hypervisor or flag.stdout.strip() == "1":
            return Virtualisation(kind=Kind.MACHINE, technology=hypervisor)
        if word(files, VENDOR, self.name):
            return Virtualisation(kind=Kind.BARE)
        return Virtualisation(kind=Kind.UNKNOWN) if files.stdout else None

    def _from_systemd(self, answer: str) -> Virtualisation:
        if answer == "none":
            return Virtualisation(kind=Kind.BARE)
        if not answer.replace("-", "").isalnum() or len(answer) > 40:  # noqa: PLR2004 - no such name
            raise Unparsable(self.name, "not the name of a technology")
        kind = Kind.CONTAINER if answer in _CONTAINERS else Kind.MACHINE
        return Virtualisation(kind=kind, technology=answer)

    def _container(self, files: CommandResult) -> str:
        if section(files, DOCKER_MARK, self.name) is not None:
            return "docker"
        if section(files, PODMAN_MARK, self.name) is not None:
            return "podman"
        groups = section(files, INIT_CGROUP, self.name) or ""
        return next((name for part, name in _BY_CGROUP if part in groups), "")

    def _hypervisor(self, files: CommandResult) -> str:
        said = word(files, HYPERVISOR, self.name)
        if said:
            return said
        vendor = word(files, VENDOR, self.name).lower()
        # Microsoft makes real machines too; only its virtual ones have this product name.
        if vendor.startswith("microsoft"):
            virtual = word(files, PRODUCT, self.name) == "Virtual Machine"
            return "microsoft" if virtual else ""
        return next((name for start, name in _BY_VENDOR.items() if vendor.startswith(start)), "")
