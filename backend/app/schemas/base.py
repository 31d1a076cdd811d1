"""Shapes that every domain's API shares: strict input, plain output, pages and problems."""

from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.kernel.text import printable

T = TypeVar("T")


class Input(BaseModel):
    """What a client sends; a field that we do not know is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Output(BaseModel):
    """What we answer; read from ORM objects. Output fields have no defaults.

    A shape is made when it is first answered: all of them at the start would take a third of it.
    """

    model_config = ConfigDict(from_attributes=True, defer_build=True)


class Page(Output, Generic[T]):
    """One page of a list."""

    items: list[T]
    total: int = Field(description="How many there are in all pages.")
    page: int = Field(description="Which page this is, from 1.")
    per_page: int = Field(description="How many a page holds.")


class PageQuery(Input):
    """The one convention of lists: page from 1, `sort` is a field name, with `-` descending."""

    page: int = Field(1, ge=1, le=100_000, description="Which page, from 1.")
    per_page: int = Field(50, ge=1, le=1000, description="How many a page holds.")
    sort: str = Field("", max_length=60, description="Field to sort by; `-` in front: descending.")
    q: Annotated[str, AfterValidator(printable)] = Field(
        "", max_length=200, description="Free text that names must contain."
    )

    @property
    def offset(self) -> int:
        """How many rows to skip."""
        return (self.page - 1) * self.per_page


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    detail: str
    pointer: str = Field(description="JSON pointer into the request, such as `/body/port`.")


class Problem(BaseModel):
    """An error as RFC 9457 (Problem Details for HTTP APIs) shapes it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "/problems/not-found",
                "title": "Not found",
                "status": 404,
                "detail": "There is no server with this id.",
                "instance": "urn:request:01981f3a5c3b7a1e",
                "fix": "",
            }
        },
    )

    type: str = Field(description="Which kind of problem; a page of the documentation.")
    title: str
    status: int
    detail: str = Field(description="What happened, and to which thing.")
    instance: str = Field(description="urn:request:ID, as in the log.")
    fix: str = Field("", description="What to do next.")
    errors: list[FieldProblem] = Field([], description="One entry for each field that is wrong.")
