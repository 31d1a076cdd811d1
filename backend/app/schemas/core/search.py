"""Shapes of the global search."""

from typing import Annotated

from pydantic import Field

from app.schemas.base import Input, Output
from app.schemas.core.text import Line


class SearchQuery(Input):
    """What is looked for: each word must be found, in any order."""

    q: Annotated[Line, Field(min_length=1, max_length=100, description="Words of a name.")]
    limit: int = Field(20, ge=1, le=100, description="How many results at most.")


class SearchHit(Output):
    """Something that was found."""

    kind: str = Field(description="What it is; others may be added.", examples=["server"])
    id: str = Field(description="Its id, or for a tag, a group or a job its name.")
    title: str = Field(examples=["nas"])
    detail: str = Field(description="What tells it from others.", examples=["192.0.2.10"])
    path: str = Field(description="Its page.", examples=["/servers/0198…"])


class SearchAnswer(Output):
    """The best results first."""

    items: list[SearchHit]
    has_more: bool = Field(description="Whether more was found than asked for.")
