"""The names of scheduled archives: whose they are and when they were made."""

import re
from datetime import UTC, datetime

_FORM = re.compile(r"unity-([0-9a-f]{8})-(\d{8}T\d{6}Z)\.unitybackup")
_STAMP = "%Y%m%dT%H%M%SZ"


def name_of(kek_id: str, moment: datetime) -> str:
    """Name an archive; the root key's id tells the archives of two Unities apart."""
    return f"unity-{kek_id[:8]}-{moment.astimezone(UTC).strftime(_STAMP)}.unitybackup"


def made_at(name: str, kek_id: str) -> datetime | None:
    """Return when this Unity made an archive of this name; None for what is not its own."""
    match = _FORM.fullmatch(name)
    if match is None or match[1] != kek_id[:8]:
        return None
    try:
        return datetime.strptime(match[2], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
