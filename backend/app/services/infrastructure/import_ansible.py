"""Reads Ansible inventories, INI and YAML: hosts, ranges, groups and their connection variables.

Only what names a machine is read. Variables with templates stay Ansible's.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from app.services.infrastructure.import_entry import ImportEntry, faulty, left_out

_SECTION = re.compile(r"\[([^\]:]+)(?::(\w+))?\]\s*(?:[#;].*)?$")
_RANGE = re.compile(r"\[(\w{1,10}):(\w{1,10})(?::(\d{1,10}))?\]")
_MOST = 10_000
_DEPTH = 20
_OWN_GROUPS = frozenset({"all", "ungrouped"})


@dataclass(slots=True)
class _Inventory:
    """Hosts with their variables, and the groups' variables and children."""

    lines: dict[str, int] = field(default_factory=dict)
    host_vars: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    group_vars: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    groups_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notes: list[ImportEntry] = field(default_factory=list)

    def add(self, line: int, pattern: str, group: str, values: Mapping[str, str]) -> None:
        """Add a host, or all hosts of a range."""
        names = list(islice(expand(pattern), _MOST + 1))
        if len(names) > _MOST or len(self.lines) > _MOST:
            self.notes.append(faulty(line, pattern, f"More than {_MOST} machines."))
            return
        for name in names:
            self.lines.setdefault(name, line)
            self.host_vars[name].update(values)
            if group not in _OWN_GROUPS and group not in self.groups_of[name]:
                self.groups_of[name].append(group)

    def entries(self) -> list[ImportEntry]:
        """Return one entry for each host."""
        found = [self._entry(name, line) for name, line in self.lines.items()]
        return sorted([*found, *self.notes], key=lambda entry: entry.line)

    def _entry(self, name: str, line: int) -> ImportEntry:
        groups = self._all_groups(name)
        values = dict(self.group_vars.get("all", {}))
        for group in reversed(groups):  # the nearest group is the last to speak
            values.update(self.group_vars.get(group, {}))
        values.update(self.host_vars[name])
        if values.get("ansible_connection", "ssh") not in ("ssh", "paramiko", "smart"):
            note = f"Reached by {values['ansible_connection']}, not by SSH."
            return left_out(line, name, note)
        return ImportEntry(
            line=line,
            name=name,
            host=_plain(values, "ansible_host", "ansible_ssh_host") or name,
            port=_plain(values, "ansible_port", "ansible_ssh_port"),
            username=_plain(values, "ansible_user", "ansible_ssh_user"),
            groups=groups,
        )

    def _all_groups(self, name: str) -> list[str]:
        """Return the host's groups and theirs, the nearest first."""
        groups = list(self.groups_of[name])
        for group in groups:
            groups.extend(
                parent
                for parent in self.parents.get(group, ())
                if parent not in groups and parent not in _OWN_GROUPS
            )
        return groups


def _plain(values: Mapping[str, str], *names: str) -> str:
    for name in names:
        value = values.get(name, "")
        if value and "{{" not in value:
            return value
    return ""


def expand(pattern: str) -> Iterator[str]:
    """Yield the names of a range: `web[01:05:2].lan`, `db-[a:c]`."""
    found = _RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    first, last, step = found[1], found[2], int(found[3] or 1)
    head, tail = pattern[: found.start()], pattern[found.end() :]
    for item in _between(first, last, max(step, 1)):
        for rest in expand(tail):
            yield head + item + rest


def _between(first: str, last: str, step: int) -> Iterator[str]:
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") else 0
        for number in range(int(first), int(last) + 1, step):
            yield str(number).zfill(width)
    elif len(first) == len(last) == 1 and first.isascii() and last.isascii():
        for code in range(ord(first), ord(last) + 1, step):
            yield chr(code)


def read_ansible_ini(text: str) -> list[ImportEntry]:
    """Read the INI form."""
    inventory = _Inventory()
    group, kind = "ungrouped", "hosts"
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        section = _SECTION.fullmatch(stripped)
        if section:
            group, kind = section[1].strip(), section[2] or "hosts"
        elif kind == "hosts":
            _ini_host(inventory, number, stripped, group)
        elif kind == "vars":
            name, _, value = stripped.partition("=")
            inventory.group_vars[group][name.strip()] = value.strip().strip("'\"")
        elif kind == "children":
            inventory.parents[stripped.split()[0]].append(group)
        else:
            note = f"Ansible knows no section [{group}:{kind}]."
            inventory.notes.append(faulty(number, stripped[:120], note))
    return inventory.entries()


def _ini_host(inventory: _Inventory, number: int, line: str, group: str) -> None:
    try:
        name, *words = shlex.split(line, comments=True)
    except ValueError as error:
        inventory.notes.append(faulty(number, line[:120], f"Not readable: {error}."))
        return
    values = dict(word.split("=", 1) for word in words if "=" in word)
    host, _, port = name.partition(":")
    if port.isdecimal() and not _RANGE.search(name):
        name = host
        values.setdefault("ansible_port", port)
    inventory.add(number, name, group, values)


def read_ansible_yaml(text: str) -> list[ImportEntry]:
    """Read the YAML form. The safe loader makes plain values only."""
    import yaml  # noqa: PLC0415 - slow to load, and only whoever imports an inventory needs it

    inventory = _Inventory()
    try:
        if "&" in text and "*" in text:
            _refuse_aliases(text)
        root: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        problem = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        return [faulty(line, "", f"Not readable as YAML: {problem}.")]
    if not isinstance(root, dict):
        return [faulty(1, "", "An inventory begins with the name of a group, such as `all:`.")]
    positions = _positions(text)
    for group, body in root.items():
        _yaml_group(inventory, str(group), body, positions, 0)
    return inventory.entries()


def _refuse_aliases(text: str) -> None:
    """Refuse aliases: nested ones make gigabytes out of a few lines."""
    import yaml  # noqa: PLC0415 - see above

    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
        raise ValueError("aliases (*name) are not read; write the values out")


def _positions(text: str) -> dict[str, int]:
    """Return the line on which each key stands first."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.strip().partition(":")[0].strip("'\"")
        found.setdefault(key, number)
    return found


def _yaml_group(
    inventory: _Inventory, group: str, body: object, positions: Mapping[str, int], depth: int
) -> None:
    line = positions.get(group, 1)
    if body is None:
        return
    if not isinstance(body, dict) or depth > _DEPTH:
        note = "A group has hosts, children and vars." if depth <= _DEPTH else "Nested too deep."
        inventory.notes.append(faulty(line, group, note))
        return
    for name, values in _mapping(body.get("hosts")).items():
        inventory.add(positions.get(name, line), name, group, _texts(values))
    inventory.group_vars[group].update(_texts(body.get("vars")))
    for child, inner in _mapping(body.get("children")).items():
        inventory.parents[child].append(group)
        _yaml_group(inventory, child, inner, positions, depth + 1)


def _mapping(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return {str(name): inner for name, inner in value.items()}
    if isinstance(value, list):
        return {str(name): None for name in value}
    return {}


def _texts(value: object) -> dict[str, str]:
    return {
        name: str(inner)
        for name, inner in _mapping(value).items()
        if isinstance(inner, str | int | float)
    }
