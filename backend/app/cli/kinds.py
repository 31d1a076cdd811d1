"""What can be applied from a file: where the API has it, and what it refers to."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from app.cli.client import Client, Json
from app.cli.documents import Place
from app.cli.naming import items_of, named, single, unknown
from app.kernel.errors import JsonValue

if TYPE_CHECKING:
    from pydantic import BaseModel

# Noun → where its names are listed, whether in pages, and the command that lists them.
_LISTS: Mapping[str, tuple[str, bool, str]] = {
    "server": ("/api/infrastructure/servers", True, "unity server list"),
    "group": ("/api/resources/groups", False, "unity groups list"),
    "rule": ("/api/alerts/rules", True, "unity rules list"),
    "window": ("/api/alerts/windows", False, "unity windows list"),
    "channel": ("/api/notifications/channels", False, "unity notify channels"),
    "route": ("/api/notifications/routes", False, "unity notify routes"),
    "template": ("/api/notifications/templates", False, "unity notify templates"),
    "instance": ("/api/plugins/instances", True, "unity plugin list"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that people keep in files."""

    noun: str
    schema: str  # module:class; loaded when it is needed, for it takes a while
    references: tuple[tuple[str, Place], ...] = ()

    @property
    def path(self) -> str:
        """Where the API has them."""
        return _LISTS[self.noun][0]

    @property
    def model(self) -> "type[BaseModel]":
        """What the API takes."""
        module, _, name = self.schema.partition(":")
        found: type[BaseModel] = getattr(import_module(module), name)
        return found

    @property
    def short(self) -> Mapping[str, str]:
        """The fields that a document names without `_id`, as `server` for `server_id`."""
        tops = (place[0] for _, place in self.references if len(place) == 1)
        return {top.removesuffix("_id"): top for top in tops if top.endswith("_id")}

    def whole(self, client: Client, row: Json) -> Json:
        """Return all about one of a list."""
        del client
        return row

    def send(self, client: Client, old: Json | None, body: Json) -> Json:
        """Make it, or change the one that is there."""
        if old is None:
            return client.post(self.path, body)
        return client.put(f"{self.path}/{old['id']}", body)


class Instances(Kind):
    """Instances of plugins: their list leaves the configuration out."""

    def whole(self, client: Client, row: Json) -> Json:
        """Return an instance with its settings."""
        return client.get(f"{self.path}/{row['id']}")


class Groups(Kind):
    """Groups: the servers in them are labels of these servers."""

    def whole(self, client: Client, row: Json) -> Json:
        """Return a group with its servers."""
        members = client.pages("/api/resources", kind="server", group=str(row["name"]))
        return {**row, "servers": [str(one["id"]) for one in members]}

    def send(self, client: Client, old: Json | None, body: Json) -> Json:
        """Make or change it, then put servers in and take others out."""
        wanted, there = _texts(body, "servers"), _texts(old or {}, "servers")
        plain = {name: value for name, value in body.items() if name != "servers"}
        answer = Kind.send(self, client, old, plain)
        group: list[JsonValue] = [answer["name"]]
        for word, ids in (("add_groups", wanted - there), ("remove_groups", there - wanted)):
            if ids:
                client.post("/api/resources/labels", {"ids": [*sorted(ids)], word: group})
        return answer


RULES = Kind(
    "rule",
    "app.schemas.core.alert_rule_api:RuleWrite",
    (
        ("server", ("scope", "servers")),
        ("group", ("scope", "groups")),
        ("server", ("overrides", "*", "servers")),
    ),
)
WINDOWS = Kind("window", "app.schemas.core.silence:WindowWrite")
TEMPLATES = Kind("template", "app.schemas.core.notification_ledger:TemplateWrite")
CHANNELS = Kind(
    "channel",
    "app.schemas.core.notification_channel:ChannelWrite",
    (("template", ("template_id",)), ("channel", ("fallback_id",))),
)
ROUTES = Kind(
    "route",
    "app.schemas.core.notification_route:RouteWrite",
    (
        ("route", ("parent_id",)),
        ("group", ("match", "groups")),
        ("server", ("match", "servers")),
        ("channel", ("plan", "channels")),
        ("channel", ("plan", "escalate_to")),
    ),
)
INSTANCES = Instances(
    "instance",
    "app.schemas.core.plugin_instance:InstanceWrite",
    (("server", ("server_id",)),),
)
GROUPS = Groups("group", "app.cli.groups:GroupDocument", (("server", ("servers",)),))


class Names:
    """Which id a name stands for; asked once of each kind."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._rows: dict[str, list[Json]] = {}

    def rows(self, noun: str) -> list[Json]:
        """Return all of a kind, as the list has them."""
        if noun not in self._rows:
            path, has_pages, _ = _LISTS[noun]
            client = self._client
            self._rows[noun] = [*client.pages(path)] if has_pages else items_of(client.get(path))
        return self._rows[noun]

    def find(self, noun: str, text: str) -> Json | None:
        """Return the one with this name or id; two of one name are refused."""
        return single(named(self.rows(noun), text), text, noun)

    def meant(self, noun: str, key: str, name: str) -> Json | None:
        """Return the one that a document is about: by its id when it has one, else by its name."""
        of_key = [row for row in self.rows(noun) if row["id"] == key]
        return of_key[0] if of_key else self.find(noun, name)

    def is_single(self, noun: str, name: str) -> bool:
        """Tell whether a name stands for one thing only."""
        wanted = name.casefold()
        return [str(row["name"]).casefold() for row in self.rows(noun)].count(wanted) == 1

    def id_of(self, noun: str, text: str) -> str:
        """Return the id that a name, or itself, stands for."""
        row = self.find(noun, text)
        if row is None:
            raise unknown(text, noun, _LISTS[noun][2])
        return str(row["id"])

    def name_of(self, noun: str, key: str) -> str:
        """Return the name of an id, or the id when no name, or no single one, stands for it."""
        names = [str(row["name"]) for row in self.rows(noun) if row["id"] == key]
        return names[0] if names and self.is_single(noun, names[0]) else key

    def learn(self, noun: str, name: str, key: str) -> None:
        """Take note of one that was made, or will be."""
        others = [row for row in self.rows(noun) if row["name"] != name]
        self._rows[noun] = [*others, {"id": key, "name": name}]


def _texts(document: Json, name: str) -> set[str]:
    found = document.get(name)
    return {str(one) for one in found} if isinstance(found, list) else set()
