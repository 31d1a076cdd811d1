"""Statements that the two engines spell alike but SQLAlchemy keeps apart."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base

Rows = Sequence[dict[str, object]]


def table_of(model: type[Base]) -> Table:
    """Return the table of a model: inserts of many rows need none of the ORM's bookkeeping."""
    return cast("Table", model.__table__)


async def insert_missing(session: AsyncSession, model: type[Base], rows: Rows) -> None:
    """Insert rows; leave alone those whose key exists."""
    statement = _insert(session, model).on_conflict_do_nothing()
    await session.execute(statement, list(rows))


async def upsert(session: AsyncSession, model: type[Base], rows: Rows) -> None:
    """Insert rows, or replace what stands under their key."""
    statement = _insert(session, model)
    table = table_of(model)
    keys = [column.name for column in table.primary_key]
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    await session.execute(statement, list(rows))


def _insert(session: AsyncSession, model: type[Base]) -> "sqlite.Insert | postgresql.Insert":
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table_of(model)) if is_sqlite else postgresql.insert(table_of(model))
