"""The report as plain text: for channels that are no mail, and for mail programs that want it."""

from collections.abc import Iterator, Mapping

from app.kernel.text import printable
from app.services.infrastructure.reports import words
from app.services.infrastructure.reports.model import Health, Line, Section, Tone

MOST_TEXT = 20_000
_BAR = 20
_MARKS = {Tone.CRITICAL: "!!", Tone.WARNING: "! ", Tone.GOOD: "+ ", Tone.PLAIN: "- "}


def title_of(health: Health) -> str:
    """Return the subject: what it is about, and the few numbers that decide if it is read now."""
    where = f" of {health.group}" if health.group else ""
    alerts = health.alerts
    wrong = f"{alerts.still} wrong now" if alerts.still else "nothing is wrong now"
    fired = f"{words.count(alerts.fired, 'alert')} in the week"
    return printable(f"{health.name}{where}: {wrong}, {fired}")[:300]


def lead_of(health: Health) -> str:
    """Return one sentence about the week."""
    zone, alerts = health.week.zone, health.alerts
    span = f"{words.minute(health.week.began, zone)} to {words.minute(health.week.ended, zone)}"
    if alerts.fired == alerts.fired_before:
        compared = "as many as in the week before"
    else:
        compared = f"{alerts.fired_before} in the week before"
    fired = "No alert" if not alerts.fired else words.count(alerts.fired, "alert")
    return f"{span}: {fired} fired ({compared}), {alerts.resolved} ended."


def text_of(health: Health, link: str) -> str:
    """Return the whole report as text, with charts drawn by signs."""
    parts = [
        title_of(health),
        lead_of(health),
        _totals("Servers", health.servers),
        _totals("Drives", health.drives),
        _days(health),
        *(_section(one) for one in health.sections),
        f"Open Unity: {link}/" if link else "",
    ]
    return "\n\n".join(part for part in parts if part)[:MOST_TEXT] + "\n"


def _totals(what: str, numbers: Mapping[str, int]) -> str:
    found = ", ".join(f"{number} {name}" for name, number in numbers.items() if number)
    return f"{what}: {found}." if found else ""


def _days(health: Health) -> str:
    most = max((day.total for day in health.alerts.days), default=0)
    if not most:
        return ""
    rows = [
        f"  {one.day:%a %d}  {bar(100 * one.total / most)}  {one.total}"
        for one in health.alerts.days
    ]
    return "\n".join(["Alerts by day", *rows])


def _section(one: Section) -> str:
    return "\n".join(_rows(one))


def _rows(one: Section) -> Iterator[str]:
    yield f"{one.title} ({one.total})" if one.total else one.title
    if not one.lines:
        yield f"  {one.calm}"
    for line in one.lines:
        yield _line(line)
    if one.total > len(one.lines):
        yield f"  … and {one.total - len(one.lines)} more."
    if one.remark:
        yield f"  {one.remark}"


def _line(line: Line) -> str:
    where = f" on {line.where}" if line.where else ""
    drawn = "" if line.percent is None else f"{bar(line.percent)} "
    if line.percent is not None and line.is_share:
        drawn += f"{words.share(line.percent)} "
    return printable(f"{_MARKS[line.tone]} {drawn}{line.what}{where}: {line.note}".rstrip(": "))


def bar(percent: float) -> str:
    """Return a bar of twenty signs; what is not nothing shows at least one."""
    full = round(_BAR * max(0.0, min(percent, 100.0)) / 100)
    if percent > 0:
        full = max(1, full)
    return "█" * full + "░" * (_BAR - full)
