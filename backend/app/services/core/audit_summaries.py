"""Summaries of the audit log, by which a search for text skips what cannot hold it.

For each thousand entries, one bit stands for each three letters in a row that occur there. A text
can only stand where the bits of all its parts are set; a search reads those thousands alone. The
same works on both engines, and costs 4 KiB a thousand entries; the engines' own indexes of text
are as large as the log, and one of them is an extension that not every server has.
"""

import asyncio
import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from sqlalchemy import func, select

from app.kernel.database import Database, Session
from app.kernel.ids import uuid7
from app.models.core.audit_entry import AuditEntry
from app.models.core.audit_summary import AuditSummary

BLOCK: Final = 1000  # entries; block n holds those from n x 1000 + 1 to n x 1000 + 1000
_BYTES = 4096
_MOST_MARKS = 12  # asked of each block; more would hardly rule out another one
# What canonical JSON writes as it is: the rest of ASCII, and all else, it spells otherwise.
_PLAIN = re.compile(r"[ !#-\[\]-~]{3,}")


def block_of(seq: int) -> int:
    """Return the block that an entry belongs to."""
    return (seq - 1) // BLOCK


def marks_of(texts: Iterable[str]) -> bytes:
    """Return the marks of some entries, each in its canonical form."""
    found: set[tuple[int, int, int]] = set()
    for text in texts:
        letters = text.lower().encode("ascii", "replace")
        found.update(zip(letters, letters[1:], letters[2:], strict=False))
    marks = bytearray(_BYTES)
    for three in found:
        mark = _mark(bytes(three))
        marks[mark >> 3] |= 1 << (mark & 7)
    return bytes(marks)


def wanted_marks(text: str) -> Sequence[int]:
    """Return the marks that a block must have where this text occurs; none: it may be anywhere."""
    parts = [part.lower().encode("ascii") for part in _PLAIN.findall(text)]
    found = {_mark(part[i : i + 3]) for part in parts for i in range(len(part) - 2)}
    return sorted(found)[:_MOST_MARKS]


def _mark(three: bytes) -> int:
    return zlib.crc32(three) % (_BYTES * 8)


class AuditSummaries:
    """Tells where a text may stand, and summarises what has none yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def build(self, most: int = 100) -> int:
        """Summarise the full blocks that have none; return how many were done."""
        async with self._database.snapshot() as session:
            following = await session.scalar(select(func.max(AuditSummary.block)))
            last = await session.scalar(select(func.max(AuditEntry.seq))) or 0
        first = 0 if following is None else following + 1
        blocks = range(first, min(last // BLOCK, first + most))
        for block in blocks:
            async with self._database.snapshot() as session:
                texts = await _texts(session, block)
            marks = await asyncio.to_thread(marks_of, texts)
            async with self._database.transaction() as session:
                session.add(AuditSummary(id=uuid7(), block=block, marks=marks))
        return len(blocks)


async def ruled_out(session: Session, marks: Sequence[int], blocks: range) -> Collection[int]:
    """Return those of the blocks in which a text with these marks cannot stand."""
    pieces = [func.substr(AuditSummary.marks, (mark >> 3) + 1, 1) for mark in marks]
    rows = await session.execute(
        select(AuditSummary.block, *pieces).where(
            AuditSummary.block >= blocks.start, AuditSummary.block < blocks.stop
        )
    )
    bits = [mark & 7 for mark in marks]
    return {
        block
        for block, *found in rows
        if not all(piece[0] >> bit & 1 for piece, bit in zip(found, bits, strict=True))
    }


async def _texts(session: Session, block: int) -> Sequence[str]:
    first = block * BLOCK
    rows = await session.scalars(
        select(AuditEntry.entry).where(AuditEntry.seq > first, AuditEntry.seq <= first + BLOCK)
    )
    return rows.all()
