"""AuditSummary: which text may stand in a thousand entries of the audit log."""

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Row


class AuditSummary(Row, Base):
    """The marks of all three letters in a row that stand in the entries of one block.

    It can be computed from the entries at any time, and the search is right without it.
    """

    __tablename__ = "audit_summary"

    block: Mapped[int] = mapped_column(unique=True)
    marks: Mapped[bytes] = mapped_column(LargeBinary)
