"""What may stand in a host and a port; each refusal says what is wrong with it."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.schemas.credentials.names import shown

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
_ZONE = re.compile(r"[A-Za-z0-9._-]+")
_HOST_LENGTH = 253
_LABEL_LENGTH = 63


def check_host(text: str) -> str:
    """Return the host in its plain form, or raise `ValueError` with the reason."""
    host = text.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host:
        raise ValueError("Give a host name or an address, such as nas.lan or 192.0.2.10.")
    if "://" in host or "/" in host:
        raise ValueError("Give only the host, without ssh:// and without a path.")
    if ":" in host:
        return _check_ipv6(host)
    if "@" in host:
        raise ValueError("Give only the host; the user name has its own field.")
    return _check_name(host)


def _check_ipv6(host: str) -> str:
    address, _, zone = host.partition("%")
    try:
        plain = str(ipaddress.IPv6Address(address))
    except ValueError:
        raise ValueError(
            "This is no IPv6 address; give a port in its own field, not after the host."
        ) from None
    if zone and not _ZONE.fullmatch(zone):
        raise ValueError("What follows the % of an IPv6 address is the name of an interface.")
    return f"{plain}%{zone}" if zone else plain


def _check_name(host: str) -> str:
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"No machine can have the name {shown(host)}.") from None
    if not _HOST.fullmatch(ascii_host):
        raise ValueError(_why_no_host(ascii_host))
    if len(ascii_host) > _HOST_LENGTH or any(
        not 0 < len(label) <= _LABEL_LENGTH for label in ascii_host.rstrip(".").split(".")
    ):
        raise ValueError("A host name has at most 253 characters, and 1 to 63 between the dots.")
    if re.fullmatch(r"[0-9.]+", ascii_host):
        _check_ipv4(ascii_host)
    return ascii_host.rstrip(".").lower()


def _check_ipv4(host: str) -> None:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise ValueError(f"{host} is no IPv4 address: four numbers from 0 to 255.") from None


def _why_no_host(host: str) -> str:
    for character in host:
        if character.isspace():
            return "A host name has no spaces or line breaks."
        if not character.isprintable():
            return "A host name has no control characters."
        if character in "'\"`":
            return "A host name has no quotes."
    if host[0] in "-.":
        return f"A host name does not begin with {host[0]!r}."
    return f"A host name has letters, digits, dots and hyphens; {shown(host)} has others."


HostName = Annotated[
    str,
    Field(max_length=255, examples=["nas.lan"], description="Host name or address."),
    AfterValidator(check_host),
]
Port = Annotated[int, Field(ge=1, le=65535, description="TCP port of the SSH server.")]
