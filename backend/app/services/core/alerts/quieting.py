"""What keeps an alert quiet: the question that the engine asks when alerts fire."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import Severity


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that is about to fire. Its row is written already."""

    alert_id: uuid.UUID
    rule_id: uuid.UUID
    kind: str
    domain: str
    resource_id: uuid.UUID
    severity: Severity
    subject: str
    labels: Mapping[str, str]
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """Why nobody is told: `muted_by` in words for people, and the alert that is told instead."""

    muted_by: str
    cause_id: uuid.UUID | None = None


class Quieting(Protocol):
    """Silences, windows, mutes and causes, in the transaction in which alerts fire."""

    async def quiet(
        self, session: AsyncSession, firing: Sequence[Firing], now: datetime
    ) -> Mapping[uuid.UUID, Quiet]:
        """Return those that nobody is told of, by alert; the number of statements is constant."""
        ...


class NothingQuiet:
    """Everything is told."""

    async def quiet(
        self,
        session: AsyncSession,  # noqa: ARG002 - the protocol's
        firing: Sequence[Firing],  # noqa: ARG002 - the protocol's
        now: datetime,  # noqa: ARG002 - the protocol's
    ) -> Mapping[uuid.UUID, Quiet]:
        """Return nothing."""
        return {}
