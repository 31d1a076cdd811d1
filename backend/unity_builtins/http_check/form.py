"""What a person enters for an HTTP check."""

import re
from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, field_validator
from unity_plugin import Url

from unity_builtins.shared.dialing import Family
from unity_builtins.shared.forms import LoggingIn

_HEADER = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$")
_RANGES = re.compile(r"^\s*\d{3}(-\d{3})?\s*(,\s*\d{3}(-\d{3})?\s*)*$")


class Method(StrEnum):
    """How to ask."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"


class HttpCheckConfig(LoggingIn):
    """The form of an HTTP check."""

    url: Url = Field(title="Address", examples=["https://cloud.home.arpa/status.php"])
    method: Method = Field(Method.GET, title="Method")
    statuses: str = Field(
        "200-299",
        title="Accepted status",
        description="One, several or ranges.",
        examples=["200-299, 401"],
        max_length=200,
    )
    contains: str = Field(
        "", title="Must contain", description="Looked for in the first MiB.", max_length=500
    )
    contains_not: str = Field(
        "", title="Must not contain", description="Looked for likewise.", max_length=500
    )
    json_pointer: str = Field(
        "",
        title="JSON value at",
        description="A JSON pointer: the way to a value, written with slashes.",
        examples=["/data/0/status"],
        max_length=300,
        pattern=r"^(/.*)?$",
        json_schema_extra={"advanced": True},
    )
    json_value: str = Field(
        "",
        title="JSON value is",
        description="What must stand there.",
        examples=["ok"],
        max_length=300,
        json_schema_extra={"advanced": True},
    )
    slow_seconds: float = Field(
        0,
        title="Slow from",
        description="Tells when an answer takes longer; 0 never tells.",
        ge=0,
        le=60,
        json_schema_extra={"unit": "s"},
    )
    certificate_days: int = Field(
        14,
        title="Certificate ends within",
        description="Tells when fewer days are left; 0 never tells.",
        ge=0,
        le=365,
        json_schema_extra={"unit": "days"},
    )
    headers: list[str] = Field(
        [],
        title="Further headers",
        examples=["Accept: application/json"],
        max_length=20,
        json_schema_extra={"advanced": True},
    )
    body: str = Field(
        "",
        title="Body",
        description="Sent by POST.",
        max_length=20_000,
        json_schema_extra={"advanced": True},
    )
    redirects: int = Field(
        5,
        title="Redirects to follow",
        description="0 takes a redirect as the answer.",
        ge=0,
        le=10,
        json_schema_extra={"advanced": True},
    )
    family: Family = Field(Family.ANY, title="Addresses", json_schema_extra={"advanced": True})

    @field_validator("statuses")
    @classmethod
    def _are_statuses(cls, statuses: str) -> str:
        if not _RANGES.match(statuses):
            raise ValueError("Write statuses and ranges with commas between, like 200-299, 401.")
        return statuses

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: list[str]) -> list[str]:
        for line in headers:
            if not _HEADER.match(line):
                raise ValueError(f"{line[:80]} is no header: write Name: value.")
        return headers

    def sent_headers(self) -> Mapping[str, str]:
        """Return the headers of the form."""
        return {found[1]: found[2] for line in self.headers if (found := _HEADER.match(line))}
