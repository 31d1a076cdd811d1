"""Answers in a form: asked for, checked against the form, mended at most twice, then an error."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from app.kernel.errors import JsonValue
from app.ports.ai_provider import (
    Answer,
    Ask,
    Failure,
    Form,
    ModelTurn,
    ProviderFailed,
    Stop,
    UserTurn,
)
from app.services.core.assistant.talk import Talk

MOST_REPAIRS = 2
M = TypeVar("M", bound=BaseModel)
# What every provider's schemas know; limits are checked here, for some refuse to hear of them.
_KNOWN = frozenset(
    {"type", "properties", "required", "items", "enum", "const", "anyOf", "$ref", "$defs"}
    | {"description", "additionalProperties"}
)


class NotOfTheForm(Exception):
    """The model's answer does not fit; the text tells it what to mend."""


class Shape(Generic[M]):
    """A form made of a pydantic model, and the reader of answers in it."""

    def __init__(self, name: str, model: type[M]) -> None:
        self._model = model
        self.form = Form(name, plain_schema(model))

    def read(self, text: str) -> M:
        """Return what the answer says, or raise `NotOfTheForm`."""
        try:
            return self._model.model_validate_json(_without_fence(text))
        except ValidationError as error:
            raise NotOfTheForm(_faults(error)) from error


async def ask_for(talk: Talk, ask: Ask, shape: Shape[M]) -> M:
    """Return an answer in the form, or raise `ProviderFailed` after two repairs."""
    turns = [*ask.turns]
    fault = ""
    for _ in range(MOST_REPAIRS + 1):
        wanted = Ask(ask.model, ask.system, turns, form=shape.form, most_tokens=ask.most_tokens)
        answer = await talk.chat(wanted)
        refuse_cut(answer)
        try:
            return shape.read(answer.text)
        except NotOfTheForm as error:
            fault = str(error)
        turns += [ModelTurn(answer.text), UserTurn(repair(fault))]
    raise gave_up(fault)


def repair(fault: str) -> str:
    """Return what the model is told about an answer that does not fit."""
    return f"That does not fit the form: {fault} Answer again, with nothing but the form."


def gave_up(fault: str) -> ProviderFailed:
    """Return the failure of a model that could not keep to the form."""
    return ProviderFailed(
        Failure.GARBLED,
        f"The model did not keep to the form, also after {MOST_REPAIRS} repairs: {fault}",
    )


def refuse_cut(answer: Answer) -> None:
    """Raise for an answer in a form that was cut at the most tokens."""
    if answer.stop is Stop.LENGTH:
        raise ProviderFailed(
            Failure.CUT_OFF,
            f"The answer reached its limit of {answer.usage.output_tokens} tokens before its end.",
        )


def plain_schema(model: type[BaseModel]) -> Mapping[str, JsonValue]:
    """Return the schema of a model with the words that every provider knows."""
    found = _plain(model.model_json_schema())
    if not isinstance(found, dict):
        raise TypeError("A model's schema is an object.")
    return found


def _plain(schema: JsonValue) -> JsonValue:
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, JsonValue] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs") and isinstance(value, dict):
            kept[name] = {key: _plain(inner) for key, inner in value.items()}
        elif name in _KNOWN:
            kept[name] = _plain(value)
    if "properties" in kept and isinstance(kept["properties"], dict):
        kept["additionalProperties"] = False
    return kept


def _without_fence(text: str) -> str:
    """Take off the ```json that some models put around JSON."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json")
    return text


def _faults(error: ValidationError) -> str:
    """Say what is wrong, without repeating what was sent."""
    said = []
    for fault in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(part) for part in fault["loc"])
        said.append(f"{where}: {fault['msg']}." if where else f"{fault['msg']}.")
    return " ".join(said)
