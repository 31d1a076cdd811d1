"""Puts its password wherever it can."""

import sys

from pydantic import Field
from unity_plugin import (
    Card,
    Config,
    Fact,
    Manifest,
    NotReachable,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Secret,
)


class TattlesConfig(Config):
    """What it is told."""

    password: Secret = Field(title="Password", description="What it tells.")
    is_away: bool = Field(default=False, title="Away", description="Whether it fails.")


class Tattles(Plugin[TattlesConfig]):
    """See above."""

    manifest = Manifest(name="tattles", version="1.0.0", title="Tattles", summary="Tells all.")
    config = TattlesConfig

    async def collect(self, run: Run[TattlesConfig]) -> Report:
        """See above."""
        secret = run.config.password.get_secret_value()
        run.log.warning("the password is %s", secret)
        sys.stderr.write(f"the password is {secret}\n")
        if run.config.is_away:
            raise NotReachable(f"{secret} is away", fix=f"Call {secret}.")
        return Report(
            samples=[Sample(metric="tattles", value=1, labels={"password": secret})],
            facts=[Fact(key="password", label="Password", value=secret)],
            pages=[Page(key="all", title="All", cards=(Card(title="Password", value=secret),))],
            state={"password": secret},
            summary=f"It is {secret}",
        )
