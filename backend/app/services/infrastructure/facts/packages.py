"""The updates that wait, as far as the package manager knows without asking the network."""

from collections.abc import Callable, Iterator

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, NoRight, Rate, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.reading import count

# None of them takes a lock, changes anything or loads lists anew: that stays the machine's own
# business, and the age of the lists says whether it does it.
_APT = Command(("apt-get", "-s", "-o", "Debug::NoLocking=true", "dist-upgrade"), seconds=60.0)
_DNF = Command(("dnf", "-q", "-C", "check-update"), seconds=60.0)
_DNF_SECURITY = Command(
    ("dnf", "-q", "-C", "updateinfo", "list", "--updates", "--security"), seconds=60.0
)
_APK = Command(("apk", "version", "-l", "<"), seconds=20.0)
_PACMAN = Command(("pacman", "-Qu"), seconds=20.0)
_ZYPPER = Command(
    ("zypper", "--non-interactive", "--quiet", "--no-refresh", "list-updates"), seconds=60.0
)
_LISTS = Command(
    (
        "stat",
        "-c",
        "%Y",
        "/var/lib/apt/lists",
        "/var/cache/dnf",
        "/var/cache/libdnf5",
        "/etc/apk/cache",
        "/var/lib/pacman/sync",
        "/var/cache/zypp/solv",
    )
)
_KEPT = 500  # a machine with more waiting updates needs no longer list
_DNF_UPDATES = 100  # its exit status when there are updates


class PackageUpdate(BaseModel):
    """`is_security` is None where the package manager does not tell."""

    name: str
    installed: str
    available: str
    is_security: bool | None = None


class Packages(BaseModel):
    """`security` is None where the manager does not tell; `refreshed_at` is the lists' own time."""

    manager: str
    pending: int
    security: int | None
    updates: list[PackageUpdate]
    refreshed_at: int | None = None


class PackagesFact(Fact[Packages]):
    name = "packages"
    title = "Package updates"
    rate = Rate.SLOW
    commands = (_APT, _DNF, _DNF_SECURITY, _APK, _PACMAN, _ZYPPER, _LISTS)
    value = Packages
    fixes = {  # noqa: RUF012 - declared as a ClassVar by the base class
        Trouble.NO_RIGHT: "The lists are not readable for this login, or were never loaded: "
        "`sudo apt-get update` or `sudo dnf makecache` loads them.",
        Trouble.TIMED_OUT: "The package manager may wait for a lock, or the machine be very slow.",
    }

    def parse(self, results: tuple[CommandResult, ...]) -> Packages | None:
        apt, dnf, dnf_security, apk, pacman, zypper, lists = results
        managers: tuple[tuple[str, CommandResult, Callable[[], Iterator[PackageUpdate]]], ...] = (
            ("apt", apt, lambda: _apt(self._checked(apt, {0}))),
            ("dnf", dnf, lambda: _dnf(self._checked(dnf, {0, _DNF_UPDATES}), dnf_security)),
            ("apk", apk, lambda: _apk(self._checked(apk, {0}))),
            ("pacman", pacman, lambda: _pacman(self._checked(pacman, {0, 1}))),
            ("zypper", zypper, lambda: _zypper(self._checked(zypper, {0}))),
        )
        for manager, result, updates in managers:
            # `stat` or a shell may have answered even where no manager did.
            if result.outcome is not Outcome.ABSENT:
                try:
                    return _packages(manager, list(updates()), lists)
                except (IndexError, ValueError) as error:
                    raise Unparsable(self.name, f"not the list of {manager}") from error
        return None

    def _checked(self, result: CommandResult, statuses: set[int]) -> str:
        """Return the output of a manager that answered in full."""
        if result.outcome is not Outcome.RAN:
            raise Unparsable(self.name, "the answer is incomplete")
        if result.exit_status not in statuses:
            said = result.stderr.strip().splitlines()[:1] or [""]
            if "ermission denied" in result.stderr or "ache-only" in result.stderr:
                raise NoRight(self.name, said[0][:200])
            raise Unparsable(self.name, said[0][:200])
        return result.stdout

    def samples(self, value: Packages) -> list[Sample]:
        found = [Sample("unity_package_updates_pending", value.pending)]
        if value.security is not None:
            found.append(Sample("unity_package_security_updates_pending", value.security))
        return found


def _packages(manager: str, updates: list[PackageUpdate], lists: CommandResult) -> Packages:
    is_told = manager in {"apt", "dnf"} and all(one.is_security is not None for one in updates)
    times = [count(word) for word in lists.stdout.split() if word.isdecimal()]
    return Packages(
        manager=manager,
        pending=len(updates),
        security=sum(one.is_security is True for one in updates) if is_told else None,
        updates=updates[:_KEPT],
        refreshed_at=max(times, default=None),
    )


def _apt(text: str) -> Iterator[PackageUpdate]:
    """Read `Inst bash [5.2-1] (5.2-2 Debian:12.9/stable, Debian-Security:12/... [amd64])`."""
    if text and "Inst " not in text and "newly installed" not in text:
        raise ValueError("apt-get ends with a summary.")
    for line in text.splitlines():
        if not line.startswith("Inst "):
            continue
        words = line.split(None, 3)
        # Without an installed version it is a package that comes along, not an update.
        if not words[2].startswith("["):
            continue
        offered, _, origins = words[3].lstrip("(").partition(" ")
        is_security = "ecurity" in origins.partition("[")[0]
        yield _update(words[1], words[2].strip("[]"), offered, is_security=is_security)


def _dnf(text: str, security: CommandResult) -> Iterator[PackageUpdate]:
    """Read `bash.x86_64   5.2-2.fc39   updates` up to the list of obsoleted packages."""
    is_known = security.outcome is Outcome.RAN and security.exit_status == 0
    advised = {line.split()[-1] for line in security.stdout.splitlines() if line.strip()}
    for line in text.partition("Obsoleting Packages")[0].splitlines():
        words = line.split()
        if not words or line[0].isspace():
            continue
        if len(words) != 3 or "." not in words[0]:  # noqa: PLR2004 - name, version, repository
            raise ValueError("A line is no update.")
        name, _, architecture = words[0].rpartition(".")
        version = words[1].rpartition(":")[2]
        is_security = f"{name}-{version}.{architecture}" in advised if is_known else None
        yield _update(name, "", words[1], is_security=is_security)


def _apk(text: str) -> Iterator[PackageUpdate]:
    """Read `busybox-1.36.1-r5 < 1.36.1-r15`, below a head line."""
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] == "Installed:" or line.startswith("WARNING"):
            continue
        if words[1] != "<":
            raise ValueError("A line is no update.")
        name, version, release = words[0].rsplit("-", 2)
        yield _update(name, f"{version}-{release}", words[2])


def _pacman(text: str) -> Iterator[PackageUpdate]:
    """Read `linux 6.6.1.arch1-1 -> 6.6.2.arch1-1 [ignored]`; ignored ones do not wait."""
    for line in text.splitlines():
        words = line.split()
        if not words or words[-1] == "[ignored]":
            continue
        if words[2] != "->":
            raise ValueError("A line is no update.")
        yield _update(words[0], words[1], words[3])


def _zypper(text: str) -> Iterator[PackageUpdate]:
    """Read the table `S | Repository | Name | Current Version | Available Version | Arch`."""
    if "|" not in text and "No updates found" not in text and text.strip():
        raise ValueError("The answer is no table.")
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) >= 6 and cells[0] == "v":  # noqa: PLR2004 - the table's columns
            yield _update(cells[2], cells[3], cells[4])


def _update(
    name: str, installed: str, available: str, *, is_security: bool | None = None
) -> PackageUpdate:
    return PackageUpdate(
        name=printable(name),
        installed=printable(installed),
        available=printable(available),
        is_security=is_security,
    )
