"""The OpenAPI document leaves no gaps: whoever reads it can call everything without asking."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jsonschema_rs
import pytest

from app.kernel.errors import JsonValue
from app.main import create_app
from app.routers.document import Table
from app.routers.problems import MEDIA_TYPE

COMMITTED = Path(__file__).parents[2] / "openapi.json"
DOCUMENT: Table = create_app().openapi()
PAGING = {"page", "per_page", "sort", "q"}
# Short by nature, so that paging them would only be in the way.
UNPAGED = {
    "countAlerts",
    "listBackupDestinations",
    "listDeployments",
    "listDeviceRules",
    "listEdges",
    "listGroups",
    "listHealthReports",
    "listHostKeys",
    "listAuditSinks",
    "listGroupPeople",
    "listGrants",
    "listIdentityProviders",
    "listLinks",
    "listMetricResources",
    "listMetrics",
    "listNotificationChannelNames",
    "listNotificationChannels",
    "listNotificationRoutes",
    "listNotificationServices",
    "listNotificationTemplates",
    "listOwnSessions",
    "listPluginKeys",
    "listPlugins",
    "listSavedViews",
    "listSeries",
    "listSignOnOffers",
    "listSshKeyDeployments",
    "listStuckEvents",
    "listTags",
    "listUserSessions",
    "listWindows",
}
OPEN = {"/api/auth/session"}  # tells everybody who they are, also nobody


def table(value: JsonValue) -> Table:
    """Return a part of the document that is an object, empty when it is not there."""
    return value if isinstance(value, dict) else {}


def rows(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    said: Table

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> dict[str, Table]:
        return {str(table(p)["name"]): table(p) for p in rows(self.said.get("parameters"))}

    @property
    def responses(self) -> Mapping[str, Table]:
        return {status: table(found) for status, found in table(self.said["responses"]).items()}

    @property
    def answer(self) -> Table:
        """The schema of the JSON that comes when all is well."""
        for status, response in self.responses.items():
            if status.startswith("2"):
                media = table(table(response.get("content")).get("application/json"))
                return table(media.get("schema"))
        return {}


def operations() -> Iterator[Operation]:
    for path, item in table(DOCUMENT["paths"]).items():
        for method, said in table(item).items():
            yield Operation(method, path, table(said))


OPERATIONS = sorted(operations(), key=str)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def resolved(schema: Table) -> Table:
    """Follow a reference."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return table(table(table(DOCUMENT["components"])["schemas"])[name]) if name else schema


def test_the_committed_document_is_fresh() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == DOCUMENT, "run `make openapi`"


@every_operation
def test_an_operation_says_what_it_does_and_where_it_belongs(operation: Operation) -> None:
    summary, description = str(operation.said["summary"]), str(operation.said["description"])
    assert 3 < len(summary) <= 60
    assert not summary.endswith(".")
    assert description.strip().endswith("."), "sentences"
    assert len(rows(operation.said["tags"])) == 1
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", str(operation.said["operationId"]))


@every_operation
def test_an_operation_names_the_problems_that_it_can_end_in(operation: Operation) -> None:
    statuses = set(operation.responses)
    problems = {status for status in statuses if status >= "400"}
    for status in problems:
        assert set(table(operation.responses[status]["content"])) == {MEDIA_TYPE}, status
    is_open = "security" not in operation.said or operation.path in OPEN
    assert is_open or {"401", "403"} <= problems
    if "requestBody" in operation.said:
        assert {"413", "422"} <= problems
    if operation.parameters:
        assert "422" in problems
    if "{" in operation.path and operation.method != "get":
        assert "404" in problems


@every_operation
def test_a_body_is_shown_by_an_example_that_is_valid(operation: Operation) -> None:
    content = table(table(operation.said.get("requestBody")).get("content"))
    for media in content.values():
        schema = {**table(table(media)["schema"]), "components": DOCUMENT["components"]}
        shown = table(media)["example"]
        jsonschema_rs.validator_for(schema).validate(shown)


@every_operation
def test_a_list_is_paged_by_the_one_convention(operation: Operation) -> None:
    answer = operation.answer
    name = str(answer.get("$ref", "")).rpartition("/")[2]
    if answer.get("type") == "array":
        assert operation.said["operationId"] in UNPAGED, "answer a Page"
    if not name.startswith("Page_"):
        return
    assert set(operation.parameters) >= PAGING
    page, per_page = (table(operation.parameters[n]["schema"]) for n in ("page", "per_page"))
    assert (page["minimum"], page["default"]) == (1, 1)
    assert (per_page["minimum"], per_page["default"], per_page["maximum"]) == (1, 50, 1000)
    assert set(table(resolved(answer)["properties"])) == {"items", "total", "page", "per_page"}


@every_operation
def test_every_parameter_is_described(operation: Operation) -> None:
    silent = {
        name
        for name, said in operation.parameters.items()
        if said["in"] != "path" and not (said.get("description") or said["schema"])
    }
    assert not silent


def test_operation_ids_are_unique() -> None:
    names = [str(operation.said["operationId"]) for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))
    assert named <= set(table(table(DOCUMENT["components"])["schemas"]))
