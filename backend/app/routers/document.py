"""What the OpenAPI document says beyond what FastAPI finds: one shape of problems, and examples."""

from app.kernel.errors import JsonValue
from app.routers.problems import MEDIA_TYPE
from app.schemas.base import Problem

Table = dict[str, JsonValue]
_PROBLEM: Table = {"$ref": "#/components/schemas/Problem"}
_REPLACED = ("HTTPValidationError", "ValidationError")  # FastAPI's own, which nobody answers with
_BY_FORMAT: Table = {
    "uuid": "01981f3a-5c3b-7a1e-8f00-000000000001",
    "date-time": "2026-03-14T12:00:00Z",
}


def finish(document: Table) -> Table:
    """Say of every error that it is a problem document, and show a body for every request."""
    schemas = _table(_table(document.get("components")).get("schemas"))
    for name in _REPLACED:
        schemas.pop(name, None)
    schemas |= _problem_schemas()
    _table(document["components"])["schemas"] = dict(sorted(schemas.items()))
    for path in _table(document["paths"]).values():
        for operation in _table(path).values():
            responses = _table(_table(operation).get("responses"))
            body = _table(_table(operation).get("requestBody"))
            if body:
                responses.setdefault("413", {"description": "The body is too large"})
            _describe_problems(responses)
            _show_body(body, schemas)
    return document


def _problem_schemas() -> Table:
    """Describe a problem once; with each answer of each operation it would slow the start."""
    problem: Table = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = _table(problem.pop("$defs", {}))
    return {"Problem": problem, **parts}


def _describe_problems(responses: Table) -> None:
    for status, response in responses.items():
        if status >= "400":
            _table(response)["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}


def _show_body(body: Table, schemas: Table) -> None:
    for media in _table(body.get("content")).values():
        shown = _example(_table(_table(media).get("schema")), schemas)
        if shown is not None:
            _table(media).setdefault("example", shown)


def _example(schema: Table, schemas: Table) -> JsonValue:
    """Compose an example from those of the fields; fields without one are left out."""
    usual = schema.get("default")
    if isinstance(usual, str) and usual:
        return usual
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _example(_table(schemas[reference.rpartition("/")[2]]), schemas)
    for given in (schema.get("examples"), schema.get("enum")):
        if isinstance(given, list) and given:
            return given[0]
    for choice in _list(schema.get("anyOf")) + _list(schema.get("oneOf")):
        return _example(_table(choice), schemas)
    return _plain_example(schema, schemas)


def _plain_example(schema: Table, schemas: Table) -> JsonValue:
    if schema.get("type") == "object" and "properties" in schema:
        fields = _table(schema["properties"]).items()
        shown = {name: _example(_table(field), schemas) for name, field in fields}
        return {name: value for name, value in shown.items() if value is not None}
    if schema.get("type") == "array":
        item = _example(_table(schema.get("items")), schemas)
        return None if item is None else [item]
    return schema.get("const", _BY_FORMAT.get(str(schema.get("format")), schema.get("default")))


def _table(value: JsonValue) -> Table:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
