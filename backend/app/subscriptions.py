"""One table: which domain hears which announcement of another."""

from app.services.core.hearing import Subscription
from app.services.core.notifications.hearing import HANDLER, AlertHearing
from app.services.core.platform import Platform


def subscriptions(platform: Platform) -> tuple[Subscription, ...]:
    """Return who listens to what. A handler hears an event once, whichever row names it."""
    notifications = AlertHearing(platform.clock, platform.settings.jobs.zone)
    return (Subscription("alert.*", HANDLER, notifications.hear),)
