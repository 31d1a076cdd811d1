"""The machine's own addresses."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult
from app.services.core.facts import Fact, Rate, Trouble, Unparsable

_ADDRESSES = Command(("ip", "-o", "addr", "show"))


class Address(BaseModel):
    """One address with its prefix length ("192.0.2.7/24")."""

    interface: str
    family: str  # "inet" or "inet6"
    address: str
    scope: str


class Addresses(BaseModel):
    addresses: list[Address]


class AddressesFact(Fact[Addresses]):
    name = "addresses"
    title = "Addresses"
    rate = Rate.SLOW
    commands = (_ADDRESSES,)
    value = Addresses
    fixes = {Trouble.ABSENT: "Install iproute2 (Debian, Alpine) or iproute (Fedora, RHEL)."}  # noqa: RUF012 - declared as a ClassVar by the base class

    def parse(self, results: tuple[CommandResult, ...]) -> Addresses | None:
        lines = results[0].stdout.splitlines()
        if not lines:
            return None
        found: list[Address] = []
        for line in lines:
            words = line.split()
            if len(words) < 4 or not words[0].endswith(":"):  # noqa: PLR2004 - index to address
                raise Unparsable(self.name, "not the lines of ip")
            if words[2] not in {"inet", "inet6"} or words[1] == "lo":
                continue
            scope = words[words.index("scope") + 1] if "scope" in words[:-1] else ""
            found.append(
                Address(
                    interface=printable(words[1]),
                    family=words[2],
                    address=printable(words[3]),
                    scope=printable(scope),
                )
            )
        return Addresses(addresses=found)
