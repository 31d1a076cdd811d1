"""The form of the audit chain: what is hashed, and in which spelling.

Standard library only, because the offline verifier stands on it.
"""

import hashlib
import json
from collections.abc import Mapping

FIRST_PREV = "0" * 64


def canonical(value: object) -> str:
    """Spell a JSON value in the one way that is hashed: sorted keys, no spaces, plain ASCII."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def link(seq: int, prev: str, entry: Mapping[str, object]) -> str:
    """Return h = SHA-256 of the canonical form of place, predecessor and entry."""
    text = canonical({"seq": seq, "prev": prev, "entry": dict(entry)})
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def result_of(action: str) -> str:
    """Return what came of an action, by its name: `login.failed` failed, all others are done."""
    return "failed" if action.endswith("failed") else "done"
