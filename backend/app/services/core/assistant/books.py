"""The books of this Unity, made of its platform."""

from app.services.core.assistant.ledger import Ledger
from app.services.core.platform import Platform


def ledger_of(platform: Platform) -> Ledger:
    """Return what lets uses of the model begin, and counts them."""
    return Ledger(
        platform.database,
        platform.clock,
        platform.vault,
        audit_key=platform.audit_key,
        zone=platform.settings.jobs.zone,
    )
