"""What a person enters: a pydantic model, and the form that is made of it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from unity_plugin.errors import Misconfigured
from unity_plugin.manifest import Shape
from unity_plugin.wording import ADDRESS, HOST, in_words

Secret = SecretStr
"""A password or token: stored sealed, never shown again; `get_secret_value()` reads it."""

Url = Annotated[str, Field(max_length=500, pattern=ADDRESS)]
"""An address that begins with http:// or https://, without a password in it."""

Host = Annotated[str, Field(min_length=1, max_length=253, pattern=HOST)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Config(BaseModel):
    """The base of a plugin's configuration.

    Give each field a `title`, and where it helps a `description` and `examples`. Units and rarely
    needed fields are marked so: `Field(5, title="Time-out", json_schema_extra={"unit": "s"})`,
    `json_schema_extra={"advanced": True}`. Fields of the type `Secret` are secrets.
    Allowed are texts, numbers, switches, choices (`StrEnum` or `Literal`) and lists of texts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


Default = str | int | float | bool | list[str] | None


class FormField(Shape):
    """One field of the form, as a page shows it."""

    name: str
    label: str
    kind: str  # string, integer, number, boolean or array
    description: str = ""
    example: str = ""
    default: Default = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    is_required: bool = False
    is_secret: bool = False
    is_advanced: bool = False


_KINDS = frozenset({"string", "integer", "number", "boolean", "array"})


def form_of(config: type[Config]) -> tuple[FormField, ...]:
    """Return the form of a configuration; `TypeError` names a field that has no input."""
    schema = config.model_json_schema()
    required = frozenset(schema.get("required", ()))
    return tuple(_fields(schema, required))


def _fields(schema: Mapping[str, Any], required: frozenset[str]) -> Iterator[FormField]:
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    for name, own in schema.get("properties", {}).items():
        one = _flat(own, definitions)
        kind = str(one.get("type", ""))
        if kind not in _KINDS:
            raise TypeError(f"The field {name} is neither text, number, switch, choice nor list.")
        examples = one.get("examples") or [""]
        yield FormField(
            name=name,
            label=str(one.get("title", name)),
            kind=kind,
            description=str(one.get("description", "")),
            example=str(examples[0]),
            default=None if one.get("writeOnly") else one.get("default"),
            choices=tuple(str(each) for each in _choices(one, definitions)),
            pattern=str(one.get("pattern", "")),
            minimum=one.get("minimum", one.get("exclusiveMinimum")),
            maximum=one.get("maximum", one.get("exclusiveMaximum")),
            unit=str(one.get("unit", "")),
            is_required=name in required,
            is_secret=bool(one.get("writeOnly")),
            is_advanced=bool(one.get("advanced")),
        )


def _flat(own: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve a reference to a choice, and an alternative with null."""
    found = dict(own)
    for one in own.get("anyOf", ()):
        if one.get("type") != "null":
            found = {**_flat(one, definitions), **found}
    if "$ref" in found:
        found = {**definitions.get(str(found["$ref"]).rpartition("/")[2], {}), **found}
    if "const" in found:
        found["enum"] = [found["const"]]
    return found


def _choices(one: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Any]:
    if one.get("type") == "array":
        return list(_flat(one.get("items", {}), definitions).get("enum", ()))
    return list(one.get("enum", ()))


def secrets_of(config: type[Config]) -> frozenset[str]:
    """Return the names of the secret fields."""
    return frozenset(field.name for field in form_of(config) if field.is_secret)


def configured(config: type[Config], values: Mapping[str, object]) -> Config:
    """Return the configuration, or raise `Misconfigured` with all that is wrong."""
    try:
        return config.model_validate(dict(values))
    except ValidationError as error:
        examples = {field.name: field.example for field in form_of(config)}
        faults = [
            (
                ".".join(str(part) for part in fault["loc"]),
                in_words(
                    fault["type"],
                    fault["msg"],
                    fault.get("ctx", {}),
                    examples.get(str(fault["loc"][0]), "") if fault["loc"] else "",
                ),
            )
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise NotValid(faults) from None


class NotValid(Misconfigured):
    """The form is not filled rightly; `faults` are pairs of field and what is wrong with it."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        first = faults[0][0] if faults else ""
        words = "; ".join(f"{name}: {text}" if name else text for name, text in faults)
        super().__init__(words or "The form is not filled rightly.", field=first)
        self.faults = faults
