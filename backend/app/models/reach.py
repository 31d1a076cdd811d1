"""What each table's rows hang on: which of them somebody with rights in some groups may see.

A row follows its resource, and a resource is within reach when it is in one of the groups, or
hangs on one that is, by `server_id` or `parent_id`. A table finds its place by the first of these
rules that fits; one that none fits is refused to them, and a test asks for it.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Uuid,
    bindparam,
    or_,
    select,
)

from app.kernel import reach
from app.kernel.narrowing import Binding, declare, find_binding, whole

# Tables whose id is the id of a resource.
OWN_ID = frozenset(
    {"resource", "monitored_server", "ssh_key", "server_credential", "plugin_instance"}
)

# Tables about no resource, and why whoever has the right to read them may read every row. Only
# people whose right counts everywhere change them.
FOR_ALL: Mapping[str, str] = {
    "alert_rule": "what is judged; of the resources themselves it shows nothing",
    "job_schedule": "when the built-in jobs run",
    "vault_canary": "no endpoint shows it",
    "setup_token": "no endpoint shows it",
    "plugin": "which plugins there are; their instances are narrowed",
    "identity_provider": "the right to see it is never given for a group",
    "event_delivery": "no endpoint shows it",
    "audit_signing_key": "the right to see it is never given for a group",
    "audit_checkpoint": "hashes; the right to see it is never given for a group",
    "audit_summary": "no endpoint shows it; whoever searches reads entries by its hints only",
    "audit_sink": "the right to see it is never given for a group",
    "notification_channel": "the right to see it is never given for a group",
    "notification_template": "the right to see it is never given for a group",
    "backup_setting": "the right to see it is never given for a group",
    "backup_destination": "the right to see it is never given for a group",
    "backup_run": "the right to see it is never given for a group",
    "restore_drill": "the right to see it is never given for a group",
    "notification_route": "who is told of what; names of channels, no addresses",
    "heartbeat": "signs of life of Unity itself",
    "dead_mans_switch": "the right to see it is never given for a group",
    "checkpoint_delivery": "the right to see it is never given for a group",
    "assistant_setting": "the right to see it is never given for a group",
    "alert_silence": "who works on some servers should know what is kept quiet, and why",
    "alert_window": "who works on some servers should know what is kept quiet, and why",
    "health_report": "the right to see it is never given for a group",
    "health_report_channel": "the right to see it is never given for a group",
    "report_issue": "the right to see it is never given for a group",
    "retention_period": "for how long things are kept; it shows nothing of them",
}
# Tables about no resource whose rows are written on the way of what is permitted for a group.
WRITTEN_BY_ALL: Mapping[str, str] = {
    "one_time_secret": "sealed, for the job that it goes with",
    "user_account": "users have rights of their own, which are never given for a group",
}

# Rows that tell of what was done, which may be about everything, or about what is gone.
MAY_FLOAT = frozenset({"audit_entry", "event", "job_run"})


def bind(metadata: MetaData) -> list[str]:
    """Declare for each table what it is bound by; return the tables that no rule fits."""
    for table in metadata.sorted_tables:
        if find_binding(table) is None and (binding := _binding(table)) is not None:
            declare(table, binding)
    return [table.name for table in metadata.sorted_tables if find_binding(table) is None]


def _binding(table: Table) -> Binding | None:
    if table.name in FOR_ALL:
        return Binding(None, None, may_write=False)
    if table.name in WRITTEN_BY_ALL:
        return Binding(None, None, may_write=True)
    anchor = _anchor(table)
    if table.name in _SPECIAL:
        make = _SPECIAL[table.name]
    elif anchor is not None:
        make = _by(anchor)
    else:
        return _of_parent(table)
    # Who belongs to a group sees it; what a group is, only people with rights everywhere change.
    return Binding(
        make(table, Place.AHEAD),
        make(table, Place.INSIDE),
        may_write=table.name != "resource_group",
        anchor=anchor,
        may_float=table.name in MAY_FLOAT,
    )


def _anchor(table: Table) -> str | None:
    """Return the column that names the resource of a row."""
    if table.name in OWN_ID:
        return "id"
    return next((name for name in ("resource_id", "server_id") if name in table.c), None)


class Place(Enum):
    """Where the ids within reach are computed: once ahead of a query, or inside of a change."""

    AHEAD = 0
    INSIDE = 1


Criterion = Callable[[Table, Place], ColumnElement[bool]]


def _by(name: str) -> Criterion:
    return lambda table, place: _follows(table.c[name], place)


def _run(table: Table, place: Place) -> ColumnElement[bool]:
    # A run is seen with its resource, and by who asked for it.
    person = bindparam("reach_user", callable_=reach.asker.get, type_=Uuid())
    return or_(_follows(table.c.resource_id, place), table.c.requested_by_id == person)


_SPECIAL: Mapping[str, Criterion] = {
    "job_run": _run,
    "resource_group": lambda table, _: table.c.id.in_(_groups()),
    "resource_group_member": lambda table, _: table.c.group_id.in_(_groups()),
    "role_grant": lambda table, _: table.c.group_id.in_(_groups()),
    # The other end is narrowed where it is read.
    "resource_edge": _by("source_id"),
}


def _of_parent(table: Table) -> Binding | None:
    """Bind a table by the one other table that it is a part of."""
    parents = {key.column.table: key.parent for key in table.foreign_keys}
    bound = {
        parent: binding
        for parent in parents
        if (binding := find_binding(parent)) is not None and binding.criterion is not None
    }
    if len(bound) == 1:
        parent, binding = bound.popitem()
        ahead, inside = (
            parents[parent].in_(whole(select(parent.c.id).where(criterion)).correlate(None))
            for criterion in (binding.criterion, binding.limit)
            if criterion is not None
        )
        return Binding(ahead, inside, may_write=True)
    if not bound and any(parent.name == "user_account" for parent in parents):
        return Binding(None, None, may_write=True)  # a person's own; the services check whose
    return None


def _groups() -> BindParameter[Any]:
    return bindparam("reach_groups", callable_=reach.group_ids, expanding=True, type_=Uuid())


def _follows(column: Column[Any], place: Place) -> ColumnElement[bool]:
    return column.in_(select(_reachable(column.table.metadata, place).c.id).correlate(None))


@cache
def _reachable(metadata: MetaData, place: Place) -> CTE:
    """Return the ids of all resources within reach; for a query it is computed only once."""
    members, resources = metadata.tables["resource_group_member"], metadata.tables["resource"]
    in_groups = whole(
        select(members.c.resource_id.label("id")).where(members.c.group_id.in_(_groups()))
    )
    seen = in_groups.correlate(None).cte(
        "within_reach", recursive=True, nesting=place is Place.INSIDE
    )
    # One recursive term: PostgreSQL takes no second one.
    hangs_on = or_(resources.c.server_id == seen.c.id, resources.c.parent_id == seen.c.id)
    return seen.union(whole(select(resources.c.id).join(seen, hangs_on)).correlate(None))
