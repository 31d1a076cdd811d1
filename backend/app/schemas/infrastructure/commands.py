"""What the commands of a runbook need to know of the machine that an alert is about."""

from pydantic import Field

from app.schemas.base import Output


class CommandName(Output):
    """One word of a command, quoted for a shell where it has to be."""

    name: str = Field(description="As it stands in the runbook.", examples=["disk"])
    value: str = Field(examples=["/dev/sdb"])


class CommandPart(Output):
    """Something the commands differ by: a kind of pool, a database engine, a package manager."""

    kind: str = Field(examples=["zfs"])
    names: list[CommandName]


class CommandNames(Output):
    """The words of the commands for one alert."""

    is_root: bool = Field(description="Its login is root, so `sudo` may not be there.")
    names: list[CommandName]
    parts: list[CommandPart] = Field(
        description="Of each kind those that the alert is about, such as both arrays of a drive."
    )
