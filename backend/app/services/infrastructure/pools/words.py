"""Words that the verdicts on pools of all kinds share."""

from app.services.infrastructure.pools.view import PoolMember


def counted(number: int, what: str) -> str:
    """Return "1 error", "2 errors"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def growth_words(one: PoolMember) -> str:
    """Say when the errors of a member last grew, if that was seen; they may be years old."""
    if one.errors_grew_at is None:
        return ""
    return f"the last {one.errors_grew_by} came before {one.errors_grew_at:%Y-%m-%d %H:%M} UTC"


def grown(one: PoolMember) -> str:
    """Return the same as the end of a sentence."""
    words = growth_words(one)
    return f"; {words}" if words else ""
