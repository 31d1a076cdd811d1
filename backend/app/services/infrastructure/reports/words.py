"""Numbers and times as people read them in a mail."""

from datetime import datetime, timedelta, tzinfo

_SMALL_DAYS, _SMALL_WEEKS, _SMALL_MONTHS = 21, 70, 730


def count(number: int, noun: str) -> str:
    """Return `1 server`, `2 servers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def length(span: timedelta) -> str:
    """Return `2 d 3 h`, `40 min`: the two greatest units."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join([f"{number} {unit}" for number, unit in parts if number][:2])


def ahead(span: timedelta) -> str:
    """Return `in 5 days`, `in 3 weeks`: as exact as a forecast is."""
    days = span / timedelta(days=1)
    if days < 1:
        return "within a day"
    if days < _SMALL_DAYS:
        return f"in {count(round(days), 'day')}"
    if days < _SMALL_WEEKS:
        return f"in {round(days / 7)} weeks"
    if days < _SMALL_MONTHS:
        return f"in {round(days / 30.4)} months"
    return f"in {round(days / 365)} years"


def day(moment: datetime, zone: tzinfo) -> str:
    """Return `23 Nov 2026`."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def minute(moment: datetime, zone: tzinfo) -> str:
    """Return `Mon 23 Nov, 07:30`."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def share(percent: float) -> str:
    """Return a share; what is not all of it is never rounded up to all of it."""
    if percent >= 100 or percent <= 0:  # noqa: PLR2004 - all, and nothing
        return f"{max(0.0, min(percent, 100.0)):.0f} %"
    shown = min(percent, 99.99)
    return f"{shown:.2f} %" if shown > 99 else f"{shown:.1f} %"  # noqa: PLR2004 - where the rest is small
