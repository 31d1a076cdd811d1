# mypy: disable-error-code="no-untyped-call, no-any-return"
# SQLAlchemy leaves the methods of its compilers without types.
"""Narrows every statement of a session to what the request reaches, whoever wrote the statement.

The compiler puts `(SELECT * FROM t WHERE …) AS t` where a statement names a table that is bound to
resources, and adds the same condition to updates and deletes. It works below the ORM, so joins,
subqueries, counts, lazy loads and plain tables are narrowed alike, and there is nothing to forget.
What a table is bound by, `models/reach.py` declares; a table without a declaration is refused.
"""

import copy
import uuid
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from sqlalchemy import (
    ColumnElement,
    Delete,
    Engine,
    Insert,
    Select,
    Table,
    TextClause,
    Update,
    event,
    inspect,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction
from sqlalchemy.sql.compiler import SQLCompiler

from app.kernel.errors import Conflict, PermissionDenied

_WHOLE = "unity"
_S = TypeVar("_S", bound=Select[*tuple[Any, ...]])


class BeyondReach(PermissionDenied):
    """The change concerns everything, or things outside of the groups that the rights are for."""

    title = "Beyond the groups that you may change"


@dataclass(frozen=True, slots=True)
class Binding:
    """How a table's rows hang on resources."""

    criterion: ColumnElement[bool] | None  # None: the rows are about no resource
    # The same for updates and deletes. It must stand inside of the statement: Python's sqlite3
    # does not count the rows of one that begins with WITH.
    limit: ColumnElement[bool] | None
    may_write: bool  # whether somebody with rights in groups only may change rows at all
    anchor: str | None = None  # the column that names the resource
    may_float: bool = False  # whether a new row may name none, or one that is out of reach


_BINDINGS: dict[Table, Binding] = {}


class ClashesUnseen(Conflict):
    """A name or a use outside of the groups stands in the way; what, is not for this person."""

    title = "Something that you may not see is in the way"


def declare(table: Table, binding: Binding) -> None:
    """Say what a table is bound by; its `info` would end up in generated migrations."""
    _BINDINGS[table] = binding


def find_binding(table: object) -> Binding | None:
    """Return what a table is bound by, if that was declared."""
    return _BINDINGS.get(table) if isinstance(table, Table) else None


def whole(statement: _S) -> _S:
    """Let one query see everything, for what must hold everywhere, such as the audit chain."""
    return statement.with_statement_hint("", dialect_name=_WHOLE)


def narrowed(engine: Engine) -> Engine:
    """Return an engine on the same connections whose statements are narrowed.

    The dialect is copied after its first connection, which has taught it the server's version.
    """
    dialect = copy.copy(engine.dialect)
    base = dialect.statement_compiler
    dialect.statement_compiler = type(f"Narrowing{base.__name__}", (_Narrowing, base), {})
    twin = Engine(engine.pool, dialect, engine.url, hide_parameters=engine.hide_parameters)
    # SQLite's transactions are begun by a listener of the engine, which must go along.
    twin.dispatch = twin.dispatch._join(engine.dispatch)  # noqa: SLF001 - as its own options do
    twin._has_events = engine._has_events  # noqa: SLF001 - as its own options do
    return twin


class _Narrowing(SQLCompiler):
    """Mixed into the compiler of each engine. The names and arguments are SQLAlchemy's own."""

    _is_open = 0  # how many selects around us see everything

    def visit_table(self, table: Table, *args: Any, **kw: Any) -> str:
        text: str = super().visit_table(table, *args, **kw)
        if not kw.get("asfrom") or kw.get("iscrud") or kw.get("ashint") or self._is_open:
            return text
        condition = self._condition(table)
        if condition is None:
            return text
        name = self.preparer.quote(table.name)
        inner = f"(SELECT * FROM {name} WHERE {condition})"  # noqa: S608 - both are the compiler's own
        alias = kw.get("enclosing_alias")
        if alias is not None and alias.element is table:
            return inner
        return inner + self.get_render_as_alias_suffix(name)

    def visit_select(self, select_stmt: Select[Any], *args: Any, **kw: Any) -> str:
        hints = getattr(select_stmt, "_statement_hints", ())
        is_whole = any(dialect == _WHOLE for dialect, _ in hints)
        self._is_open += is_whole
        try:
            return super().visit_select(select_stmt, *args, **kw)
        finally:
            self._is_open -= is_whole

    def visit_insert(self, insert_stmt: Insert, *args: Any, **kw: Any) -> str:
        self._check_write(insert_stmt.table)
        return super().visit_insert(insert_stmt, *args, **kw)

    def visit_update(self, update_stmt: Update, *args: Any, **kw: Any) -> str:
        return super().visit_update(self._limit(update_stmt), *args, **kw)

    def visit_delete(self, delete_stmt: Delete, *args: Any, **kw: Any) -> str:
        return super().visit_delete(self._limit(delete_stmt), *args, **kw)

    def visit_textclause(self, textclause: TextClause, *args: Any, **kw: Any) -> str:
        if not self.stack and not self._is_open:
            raise RuntimeError("Plain SQL text cannot be narrowed to some groups.")
        return super().visit_textclause(textclause, *args, **kw)

    def _condition(self, table: Table) -> str | None:
        binding = binding_of(table)
        is_change = self.isinsert or self.isupdate or self.isdelete
        criterion = binding.limit if is_change else binding.criterion
        return None if criterion is None else self.process(criterion)

    def _check_write(self, table: Any) -> Binding:
        binding = binding_of(table)
        if not binding.may_write:
            raise BeyondReach(
                "This concerns all servers, and your rights hold for the groups that you were"
                " given.",
                fix="Ask somebody whose role counts everywhere.",
            )
        return binding

    def _limit(self, statement: Any) -> Any:
        limit = self._check_write(statement.table).limit
        return statement if limit is None else statement.where(limit)


def binding_of(table: object) -> Binding:
    """Return what a table is bound by."""
    binding = find_binding(table)
    if binding is None:
        raise TypeError(f"models/reach.py does not say what {table} is bound by.")
    return binding


class Touched:
    """What a narrowed transaction has written; all of it must be within reach at the end.

    Without this, somebody could enter a server that belongs to none of the groups, or hang a row
    on a resource whose id was guessed.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._ids: set[uuid.UUID] = set()
        event.listen(session.sync_session, "after_flush", self._note)

    async def check(self) -> None:
        """Raise `BeyondReach` for rows that the same person could not read."""
        await self._session.flush()
        if not self._ids:
            return
        resources = next(table for table in _BINDINGS if table.name == "resource")
        of_ids = select(resources.c.id).where(resources.c.id.in_(self._ids))
        there = set(await self._session.scalars(whole(of_ids)))
        if there - set(await self._session.scalars(of_ids)):
            self._refuse()

    def _note(self, session: Session, _context: UOWTransaction) -> None:
        for row in (*session.new, *session.dirty):
            binding = binding_of(inspect(type(row)).local_table)
            if binding.anchor is None or binding.may_float:
                continue
            anchor = getattr(row, binding.anchor)
            if anchor is None:
                self._refuse()
            self._ids.add(anchor)

    @staticmethod
    def _refuse() -> NoReturn:
        raise BeyondReach(
            "This would end up outside of the groups that your rights are for.",
            fix="Name one of your groups, and use only what belongs to them.",
        )
