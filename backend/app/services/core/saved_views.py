"""Saved views: everyone keeps their own, and sees those that others share."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, or_, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.kernel.errors import Conflict, NotFound
from app.models.core.saved_view import SavedView
from app.models.core.user import User
from app.schemas.core.saved_view import SavedViewCreate, SavedViewEdit, SavedViewRead, ViewPage
from app.services.core.permissions import Actor, P

MOST = 100  # a person's views of one list


class ViewNotFound(NotFound):
    """There is no such view, or it is another's."""

    title = "There is no such view"


class ViewNameTaken(Conflict):
    """The person has a view of this name on the same list."""

    title = "You have a view of this name already"


class TooManyViews(Conflict):
    """A list has room for a hundred views of a person."""

    title = "You have too many views of this list"


class ViewNeedsPerson(Conflict):
    """The command line acts as no user."""

    title = "Views belong to users"


class SavedViews:
    """Reads and writes views, in one transaction."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def list(self, actor: Actor, page: ViewPage | None) -> Sequence[SavedViewRead]:
        """Return the own views and the shared ones, by name."""
        wanted = _with_owner().where(or_(SavedView.user_id == actor.user_id, SavedView.is_shared))
        if page is not None:
            wanted = wanted.where(SavedView.page == page.value)
        rows = await self._session.execute(wanted.order_by(SavedView.name, SavedView.id))
        return [_read(actor, view, owner) for view, owner in rows]

    async def create(self, actor: Actor, new: SavedViewCreate) -> SavedViewRead:
        """Keep a view."""
        owner = _person(actor)
        if new.is_shared:
            actor.require(P.RESOURCES_MANAGE)
        await self._refuse_taken(owner, new.page.value, new.name, None)
        now = self._clock.now()
        view = SavedView(
            user_id=owner,
            page=new.page.value,
            name=new.name,
            query=new.query,
            is_shared=new.is_shared,
            created_at=now,
            updated_at=now,
        )
        self._session.add(view)
        await self._session.flush()
        return _read(actor, view, actor.name)

    async def edit(self, actor: Actor, view_id: uuid.UUID, edit: SavedViewEdit) -> SavedViewRead:
        """Rename it, give it other filters, share it or keep it for oneself."""
        view, owner = await self._get(actor, view_id)
        if edit.is_shared and not view.is_shared:
            actor.require(P.RESOURCES_MANAGE)
        if edit.name is not None and edit.name != view.name:
            await self._refuse_taken(view.user_id, view.page, edit.name, view.id)
            view.name = edit.name
        if edit.query is not None:
            view.query = edit.query
        if edit.is_shared is not None:
            view.is_shared = edit.is_shared
        view.updated_at = self._clock.now()
        await self._session.flush()
        return _read(actor, view, owner)

    async def delete(self, actor: Actor, view_id: uuid.UUID) -> None:
        """Forget it."""
        view, _owner = await self._get(actor, view_id)
        await self._session.delete(view)

    async def _get(self, actor: Actor, view_id: uuid.UUID) -> tuple[SavedView, str]:
        """Return one that the actor may change: an own one, or for admins a shared one."""
        row = (
            await self._session.execute(_with_owner().where(SavedView.id == view_id))
        ).one_or_none()
        if row is not None:
            view, owner = row
            is_own = view.user_id == actor.user_id
            if is_own or (view.is_shared and actor.may(P.SETTINGS_MANAGE)):
                return view, owner
        raise ViewNotFound("You have no view with this id.", fix="Load the list again.")

    async def _refuse_taken(
        self, owner: uuid.UUID, page: str, name: str, own: uuid.UUID | None
    ) -> None:
        rows = await self._session.execute(
            select(SavedView.id, SavedView.name).where(
                SavedView.user_id == owner, SavedView.page == page
            )
        )
        others = [known for view_id, known in rows if view_id != own]
        if name in others:
            raise ViewNameTaken(
                f"You have a view {name!r} of this list.", fix="Choose another name, or change it."
            )
        if len(others) >= MOST:
            raise TooManyViews(f"You have {MOST} views of this list.", fix="Delete some of them.")


def _person(actor: Actor) -> uuid.UUID:
    if actor.user_id is None:
        raise ViewNeedsPerson("The command line acts as no user.", fix="Use a token of a user.")
    return actor.user_id


def _with_owner() -> Select[SavedView, str]:
    return select(SavedView, User.name).join(User, User.id == SavedView.user_id)


def _read(actor: Actor, view: SavedView, owner: str) -> SavedViewRead:
    return SavedViewRead(
        id=view.id,
        page=ViewPage(view.page),
        name=view.name,
        query=view.query,
        is_shared=view.is_shared,
        is_own=view.user_id == actor.user_id,
        owner=owner,
    )
