"""The global search: one question, a fixed number of queries, the best results first.

Each source is one query that returns its own best; how many rows there are changes nothing in the
number of queries. Rights are asked before a source is, and the session narrows the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, case, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.database import Session
from app.schemas.core.search import SearchAnswer, SearchHit, SearchQuery
from app.services.core.permissions import Actor
from app.services.core.queries import contains

Text = InstrumentedAttribute[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A result with its rank: 0 is the very name, 1 its beginning, 2 a word's beginning, 3 a part.

    `weight` settles equal ranks: what people look for most often comes first.
    """

    kind: str
    id: str
    title: str
    detail: str
    path: str
    rank: int
    weight: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, as conditions."""

    text: str
    limit: int

    def in_any(self, *columns: Text) -> ColumnElement[bool]:
        """Tell whether each word is in one of the columns."""
        return and_(
            *(or_(*(contains(column, word) for column in columns)) for word in self.text.split())
        )

    def rank(self, column: Text) -> ColumnElement[int]:
        """Return how well the column fits."""
        lowered = func.lower(column)
        return case(
            (lowered == self.text.lower(), 0),
            (column.istartswith(self.text, autoescape=True), 1),
            (column.icontains(f" {self.text}", autoescape=True), 2),
            (column.icontains(f"-{self.text}", autoescape=True), 2),
            (column.icontains(f".{self.text}", autoescape=True), 2),
            else_=3,
        )

    def best_rank(self, one: Text, other: Text) -> ColumnElement[int]:
        """Return how well the better of two columns fits."""
        first, second = self.rank(one), self.rank(other)
        return case((first <= second, first), else_=second)


class SearchSource(Protocol):
    """One kind of thing that can be found."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return the best hits that the actor may see, in one query; none without the right."""
        ...


class Search:
    """Asks all sources."""

    def __init__(self, session: Session, sources: Sequence[SearchSource]) -> None:
        self._session = session
        self._sources = sources

    async def find(self, actor: Actor, query: SearchQuery) -> SearchAnswer:
        """Return the best of all sources; the same thing once."""
        wanted = Wanted(" ".join(query.q.split()), query.limit + 1)
        best: dict[tuple[str, str], Hit] = {}
        for source in self._sources:
            for hit in await source.find(self._session, actor, wanted):
                known = best.get((hit.kind, hit.id))
                if known is None or hit.rank < known.rank:
                    best[hit.kind, hit.id] = hit
        ranked = sorted(best.values(), key=_order)
        return SearchAnswer(
            items=[
                SearchHit(
                    kind=hit.kind, id=hit.id, title=hit.title, detail=hit.detail, path=hit.path
                )
                for hit in ranked[: query.limit]
            ],
            has_more=len(ranked) > query.limit,
        )


def _order(hit: Hit) -> tuple[int, int, int, str, str]:
    return (hit.rank, hit.weight, len(hit.title), hit.title.lower(), hit.id)
