"""What all checks have in common: whether it went well, how long it took, and the alert."""

from unity_plugin import AlertType, Metric, NotReachable, PluginError, Report, Severity

from unity_builtins.shared.dialing import Unanswered

SUCCESS = Metric(name="probe_success", about="1 when all was as wished, else 0.", unit="yes/no")
DURATION = Metric(name="probe_duration_seconds", about="How long it took in all.", unit="s")
DOWN = AlertType(
    key="down",
    title="{name} does not answer as it should",
    over="{name} answers as it should again",
    about="There was no answer, or not the one that the form wishes, two runs in a row.",
    severity=Severity.CRITICAL,
    for_runs=2,
)
SLOW = AlertType(
    key="slow",
    title="{name} answers slowly",
    over="{name} answers in time again",
    about="An answer took longer than the form allows, three runs in a row.",
    for_runs=3,
)
ENDING = AlertType(
    key="certificate",
    title="The certificate of {name} ends soon",
    over="The certificate of {name} has days enough again",
    about="The certificate has fewer days left than the form allows.",
)
DAY = 86_400


def failed(error: PluginError, *unjudged: AlertType) -> Report:
    """Report that the watched thing failed, which is a finding and not a fault of the check."""
    step = f" (at the step {error.step})" if isinstance(error, Unanswered) else ""
    return Report(
        samples=[SUCCESS.sample(0)],
        conditions=[DOWN.condition(f"{error.detail}{step}"[:500], fix=error.fix[:500])],
        unjudged=tuple(one.key for one in unjudged),
        summary=error.detail[:200],
    )


def insist(wrong: str) -> None:
    """Raise for the button *Test* what is wrong, if anything is."""
    if wrong:
        raise NotReachable(f"It answered, but {wrong}."[:500], fix="Check what the form wishes.")
