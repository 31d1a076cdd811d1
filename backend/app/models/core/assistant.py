"""AssistantSetting and AssistantExchange: which model is asked, and all that it was asked."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.crypto import Sealed
from app.kernel.errors import JsonValue
from app.kernel.types import SealedBytes
from app.models.base import Base, Row


class AssistantFeature(StrEnum):
    """What the model is asked for."""

    EXPLAIN = "explain"
    ASK = "ask"
    TEST = "test"


class ExchangeState(StrEnum):
    """How far an exchange is."""

    RUNNING = "running"
    ANSWERED = "answered"
    FAILED = "failed"
    LEFT = "left"  # nobody waited for the end


class AssistantSetting(Row, Base):
    """There is at most one row; without it, nothing is ever asked. Money is in millionths."""

    __tablename__ = "assistant_setting"

    is_enabled: Mapped[bool] = mapped_column(default=False)
    protocol: Mapped[str] = mapped_column(String(20))
    base_url: Mapped[str] = mapped_column(String(500))
    model: Mapped[str] = mapped_column(String(200))
    api_key: Mapped[Sealed | None] = mapped_column(SealedBytes())
    key_version: Mapped[int] = mapped_column(default=0)
    silence_seconds: Mapped[int] = mapped_column()
    limit_seconds: Mapped[int] = mapped_column()
    most_input_characters: Mapped[int] = mapped_column()
    most_output_tokens: Mapped[int] = mapped_column()
    requests_per_day: Mapped[int | None] = mapped_column()
    requests_per_month: Mapped[int | None] = mapped_column()
    cost_per_day: Mapped[int | None] = mapped_column(BigInteger)
    cost_per_month: Mapped[int | None] = mapped_column(BigInteger)
    input_price: Mapped[int | None] = mapped_column(BigInteger)  # of a million tokens
    output_price: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(10))
    hides_addresses: Mapped[bool] = mapped_column()
    explains_alerts: Mapped[bool] = mapped_column()
    answers_questions: Mapped[bool] = mapped_column()
    keep_days: Mapped[int] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column()
    updated_by: Mapped[str] = mapped_column(String(255))


class AssistantExchange(Row, Base):
    """One use of a feature: who, what was sent after redaction, what came back, what it cost.

    While it runs, `cost` holds the most that it can come to, so that two at once cannot both use
    the rest of a budget.
    """

    __tablename__ = "assistant_exchange"

    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    actor_name: Mapped[str] = mapped_column(String(255))
    feature: Mapped[AssistantFeature] = mapped_column(String(20))
    subject_kind: Mapped[str] = mapped_column(String(40))  # what it is about, if it is one thing
    subject_id: Mapped[uuid.UUID | None] = mapped_column()
    subject_name: Mapped[str] = mapped_column(String(300))
    host: Mapped[str] = mapped_column(String(255))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[ExchangeState] = mapped_column(String(20))
    requests: Mapped[int] = mapped_column()
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    is_estimated: Mapped[bool] = mapped_column(default=False)
    cost: Mapped[int | None] = mapped_column(BigInteger)  # None: no price was entered
    seconds: Mapped[float | None] = mapped_column()
    sent: Mapped[list[dict[str, JsonValue]]] = mapped_column(JSON)
    received: Mapped[str] = mapped_column(Text, default="")
    problem: Mapped[str] = mapped_column(String(1000), default="")
