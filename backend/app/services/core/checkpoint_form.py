"""The form of a checkpoint: what is signed, how it is written down, and what a check finds.

Standard library only, as the offline verifier wants it; the check of a signature comes as an
argument.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.services.core.audit_chain import canonical

# Tells whether the signature (base64) of a text was made by the key of this name.
SignatureCheck = Callable[[str, str, str], bool]


class NotACheckpoint(ValueError):
    """A line is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the chain stood: `count` entries, the last of them `seq` with the hash `h`."""

    seq: int
    h: str
    count: int
    at: str
    key: str
    signature: str = ""

    def signed_text(self) -> str:
        """Return what is signed. `unity` keeps the signature from meaning anything else."""
        return canonical(
            {
                "unity": "audit-checkpoint/1",
                "seq": self.seq,
                "hash": self.h,
                "count": self.count,
                "at": self.at,
                "key": self.key,
            }
        )

    def line(self) -> str:
        """Return the one line in which it is kept elsewhere."""
        return canonical(json.loads(self.signed_text()) | {"signature": self.signature})


def read_line(line: str) -> Checkpoint:
    """Read what `line` wrote; syslog servers put their own words in front."""
    start = line.find("{")
    try:
        found = json.loads(line[start:]) if start >= 0 else None
        if not isinstance(found, dict) or found["unity"] != "audit-checkpoint/1":
            raise NotACheckpoint("This is not a checkpoint.")
        return Checkpoint(
            seq=int(found["seq"]),
            h=str(found["hash"]),
            count=int(found["count"]),
            at=str(found["at"]),
            key=str(found["key"]),
            signature=str(found["signature"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NotACheckpoint("This is not a checkpoint.") from error


def read_lines(
    lines: Iterable[str], is_signed: SignatureCheck
) -> tuple[list[Checkpoint], list[str]]:
    """Return the checkpoints of a file whose signatures hold, and what is wrong with others."""
    good: list[Checkpoint] = []
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or "audit-checkpoint" not in line:
            continue
        try:
            checkpoint = read_line(line)
        except NotACheckpoint:
            wrong.append(f"Line {number} is not a checkpoint, or was cut.")
            continue
        if is_signed(checkpoint.key, checkpoint.signed_text(), checkpoint.signature):
            good.append(checkpoint)
        else:
            wrong.append(f"Line {number}: the signature of checkpoint {checkpoint.seq} is wrong.")
    return sorted(good, key=lambda one: one.seq), wrong
