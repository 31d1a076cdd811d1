"""What the core lets people find: resources, alerts, users, jobs, labels and saved views."""

from collections.abc import Sequence
from urllib.parse import quote

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from app.kernel.database import Session
from app.models.core.alert import Alert
from app.models.core.job_schedule import JobSchedule
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.models.core.saved_view import SavedView
from app.models.core.user import User
from app.services.core.permissions import Actor, P
from app.services.core.places import PLACES, path_of
from app.services.core.search import Hit, SearchSource, Wanted

# Lower comes first among equal ranks.
WEIGHTS = {"server": 0, "alert": 1, "saved_view": 5, "job": 6, "tag": 7, "group": 7, "user": 8}
OTHERS = 3
VIEW_PATHS = {
    "servers": "/servers",
    "alerts": "/alerts",
    "audit": "/system/audit",
    "activity": "/activity",
    "notifications": "/alerts/notifications",
    "runs": "/system/runs",
}


class Resources:
    """Everything that has a row of its own: servers, keys, logins, disks."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return resources by name."""
        kinds = [kind for kind, place in PLACES.items() if actor.may(place.needs)]
        server, rank = aliased(Resource), wanted.rank(Resource.name)
        rows = await session.execute(
            select(Resource.id, Resource.kind, Resource.name, server.name, rank)
            .outerjoin(server, server.id == Resource.server_id)
            .where(Resource.kind.in_(kinds), wanted.in_any(Resource.name))
            .order_by(rank, func.length(Resource.name), Resource.name)
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind=kind,
                id=str(resource_id),
                title=name,
                detail=f"on {on}" if on and kind != "server" else "",
                path=path_of(kind, resource_id, name) or "/",
                rank=found,
                weight=WEIGHTS.get(kind, OTHERS),
            )
            for resource_id, kind, name, on, found in rows
        ]


class Alerts:
    """What fires, or was taken on."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return open alerts by their title and what they are about."""
        if not actor.may(P.ALERTS_READ):
            return ()
        rank = wanted.rank(Alert.title)
        rows = await session.execute(
            select(Alert.id, Alert.title, Alert.severity, Resource.name, rank)
            .join(Resource, Resource.id == Alert.resource_id)
            .where(
                Alert.resolved_at.is_(None),
                Alert.fired_at.is_not(None),
                wanted.in_any(Alert.title, Alert.subject, Resource.name),
            )
            .order_by(rank, Alert.began_at.desc())
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind="alert",
                id=str(alert_id),
                title=title,
                detail=f"{severity} · {name}",
                path=path_of("alert", alert_id) or "/alerts",
                rank=found,
                weight=WEIGHTS["alert"],
            )
            for alert_id, title, severity, name, found in rows
        ]


class Users:
    """Who may log in."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return users by their short and full names."""
        if not actor.may(P.USERS_READ):
            return ()
        rank = wanted.rank(User.name)
        rows = await session.execute(
            select(User.id, User.name, User.full_name, rank)
            .where(wanted.in_any(User.name, User.full_name))
            .order_by(rank, User.name)
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind="user",
                id=str(user_id),
                title=name,
                detail=full_name,
                path=path_of("user", user_id) or "/system/users",
                rank=found,
                weight=WEIGHTS["user"],
            )
            for user_id, name, full_name, found in rows
        ]


class Jobs:
    """What runs by the clock."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return jobs by their names and titles."""
        if not actor.may(P.JOBS_READ):
            return ()
        rank = wanted.rank(JobSchedule.title)
        rows = await session.execute(
            select(JobSchedule.name, JobSchedule.title, rank)
            .where(wanted.in_any(JobSchedule.title, JobSchedule.name))
            .order_by(rank, JobSchedule.title)
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind="job",
                id=name,
                title=title,
                detail=name,
                path=path_of("job", None, quote(name, safe="")) or "/system/jobs",
                rank=found,
                weight=WEIGHTS["job"],
            )
            for name, title, found in rows
        ]


class Labels:
    """Tags and groups: each leads to the servers that carry it."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return tags and groups by name."""
        if not actor.may(P.RESOURCES_READ):
            return ()
        tags = (
            select(literal("tag"), ResourceTag.tag, wanted.rank(ResourceTag.tag).label("rank"))
            .where(wanted.in_any(ResourceTag.tag))
            .distinct()
        )
        groups = select(
            literal("group"), ResourceGroup.name, wanted.rank(ResourceGroup.name)
        ).where(wanted.in_any(ResourceGroup.name))
        rows = await session.execute(union_all(tags, groups).order_by("rank").limit(wanted.limit))
        return [
            Hit(
                kind=kind,
                id=name,
                title=name,
                detail=f"servers with this {kind}",
                path=f"/servers?{kind}={quote(name, safe='')}",
                rank=found,
                weight=WEIGHTS[kind],
            )
            for kind, name, found in rows
        ]


class Views:
    """The lists that people keep under a name."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return the own views and the shared ones."""
        rank = wanted.rank(SavedView.name)
        rows = await session.execute(
            select(SavedView.id, SavedView.name, SavedView.page, SavedView.query, rank)
            .where(
                or_(SavedView.user_id == actor.user_id, SavedView.is_shared),
                wanted.in_any(SavedView.name),
            )
            .order_by(rank, SavedView.name)
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind="saved_view",
                id=str(view_id),
                title=name,
                detail=f"view of {page}",
                path=f"{VIEW_PATHS[page]}?{query}",
                rank=found,
                weight=WEIGHTS["saved_view"],
            )
            for view_id, name, page, query, found in rows
        ]


CORE_SOURCES: tuple[SearchSource, ...] = (
    Resources(),
    Alerts(),
    Users(),
    Jobs(),
    Labels(),
    Views(),
)
