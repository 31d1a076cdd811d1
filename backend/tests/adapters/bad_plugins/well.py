"""A plugin that is well: it counts its runs, and says what it was asked for."""

from typing import ClassVar

from pydantic import Field
from unity_plugin import (
    AlertType,
    Card,
    Config,
    Fact,
    Manifest,
    Message,
    Metric,
    NotReachable,
    Page,
    Plugin,
    Receipt,
    Report,
    Run,
    Secret,
)

COUNT = Metric(name="well_runs", about="How often it ran", unit="runs")
LOW = AlertType(
    key="low",
    title="{name} is low",
    over="{name} is no longer low",
    about="The level is under ten.",
)


class WellConfig(Config):
    """What it is told."""

    host: str = Field(title="Host", description="Where it would ask.", examples=["nas"])
    password: Secret = Field(title="Password", description="What it would log in with.")
    level: int = Field(50, title="Level", ge=0, json_schema_extra={"unit": "percent"})


class Well(Plugin[WellConfig]):
    """Answers, unless it is told that the host is down."""

    manifest: ClassVar[Manifest] = Manifest(
        name="well", version="1.0.0", title="Well", summary="Is well.", every_seconds=60
    )
    config: ClassVar[type[Config]] = WellConfig
    metrics: ClassVar[tuple[Metric, ...]] = (COUNT,)
    alerts: ClassVar[tuple[AlertType, ...]] = (LOW,)

    async def collect(self, run: Run[WellConfig]) -> Report:
        """Count one more."""
        password = run.config.password.get_secret_value()
        run.log.info("asking %s with %s", run.config.host, password)
        if run.config.host == "down":
            raise NotReachable(f"{run.config.host} with {password} is away.", fix="Switch it on.")
        count = int(str(run.state.get("count", 0))) + 1
        is_low = run.config.level < 10
        return Report(
            samples=[COUNT.sample(count, host=run.config.host)],
            facts=[Fact(key="bound", label="Server", value=run.server.name if run.server else "")],
            conditions=[LOW.condition(f"The level is {run.config.level} %.")] * is_low,
            pages=[Page(key="all", title="All", cards=(Card(title="Runs", value=count),))],
            state={"count": count},
            summary=f"{count} runs",
        )

    async def send(self, run: Run[WellConfig], message: Message) -> Receipt:
        """Pretend to deliver."""
        return Receipt(detail=f"{run.config.host} took {message.title}")
