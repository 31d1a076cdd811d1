"""Messages to people: mail, web hooks, ntfy, and the services that Apprise knows."""

from app.adapters.notify.notifiers import Notifiers

__all__ = ["Notifiers"]
