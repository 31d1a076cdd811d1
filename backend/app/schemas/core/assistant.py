"""Shapes of the assistant: its settings, what may be asked, and the record of what was."""

import uuid
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from app.kernel.addresses import is_web_address
from app.models.core.assistant import AssistantFeature, ExchangeState
from app.ports.ai_provider import Protocols
from app.schemas.base import Input, Output, PageQuery
from app.schemas.core.text import Line

Money = Annotated[float, Field(ge=0, le=1_000_000)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
LONGEST_QUESTION = 2000


class AssistantState(Output):
    """What the caller may ask for, and who would answer."""

    explains_alerts: bool
    answers_questions: bool
    host: str = Field(description="Where the questions go; empty when it is off.")
    model: str


class AssistantSettingsBase(Output):
    """What both sides of the settings have."""

    is_enabled: bool
    protocol: Protocols
    base_url: str
    model: str
    silence_seconds: int
    limit_seconds: int
    most_input_characters: int
    most_output_tokens: int
    requests_per_day: int | None
    requests_per_month: int | None
    cost_per_day: float | None
    cost_per_month: float | None
    input_price: float | None = Field(description="Of a million tokens that are sent.")
    output_price: float | None = Field(description="Of a million tokens that are written.")
    currency: str
    hides_addresses: bool
    explains_alerts: bool
    answers_questions: bool
    keep_days: int


class AssistantSettingsRead(AssistantSettingsBase):
    """The settings; the API key is never shown."""

    has_api_key: bool
    updated_at: datetime | None = Field(description="Null when they were never saved.")
    updated_by: str


class AssistantSettingsWrite(Input):
    """Which model is asked, for what, and how much of it."""

    is_enabled: bool = Field(default=False, description="Off: nothing is ever sent.")
    protocol: Protocols = Field(
        Protocols.OPENAI,
        description="`openai` for OpenAI, Ollama, vLLM, llama.cpp; `anthropic` for Anthropic.",
    )
    base_url: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[^\s?#@]+$", min_length=8, max_length=500),
    ] = Field(
        description="Where its API begins. This machine and private networks are allowed.",
        examples=["http://127.0.0.1:11434/v1"],
    )
    model: Line = Field("", max_length=200, examples=["llama3.1:8b"])
    api_key: SecretStr | None = Field(
        None,
        max_length=1000,
        description='Stored encrypted. Null leaves the stored one, "" takes it away.',
    )
    silence_seconds: int = Field(
        60, ge=1, le=600, description="The longest pause, before and within an answer."
    )
    limit_seconds: int = Field(180, ge=1, le=1800, description="The longest whole answer.")
    most_input_characters: int = Field(
        24_000, ge=4000, le=400_000, description="The most that is sent in one request."
    )
    most_output_tokens: int = Field(
        1200, ge=100, le=32_000, description="The most that is written in one answer."
    )
    requests_per_day: Count | None = Field(100, description="Null: no limit.")
    requests_per_month: Count | None = Field(1000, description="Null: no limit.")
    cost_per_day: Money | None = Field(None, description="Needs both prices. Null: no limit.")
    cost_per_month: Money | None = Field(None, description="Needs both prices. Null: no limit.")
    input_price: Money | None = Field(None, description="Of a million tokens that are sent.")
    output_price: Money | None = Field(None, description="Of a million tokens that are written.")
    currency: Line = Field("USD", max_length=10)
    hides_addresses: bool = Field(
        default=False, description="Send placeholders for IP, MAC and e-mail addresses."
    )
    explains_alerts: bool = Field(default=True, description="The button on the page of an alert.")
    answers_questions: bool = Field(default=True, description="The page for questions.")
    keep_days: int = Field(90, ge=1, le=3650, description="How long the record is kept.")

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not is_web_address(value):
            raise ValueError("It is no address. Write it as in http://127.0.0.1:11434/v1.")
        return value

    @model_validator(mode="after")
    def _fits(self) -> "AssistantSettingsWrite":
        has_limit = self.cost_per_day is not None or self.cost_per_month is not None
        if has_limit and (self.input_price is None or self.output_price is None):
            raise ValueError(
                "A limit of the cost needs both prices: what a token costs is not known."
            )
        if self.is_enabled and not self.model:
            raise ValueError("Choose a model before you switch it on; the test lists them.")
        return self


class AssistantCheck(Output):
    """One thing that was tried."""

    what: str = Field(examples=["It calls tools"])
    is_fine: bool
    detail: str
    needed_for: str = Field(description="What works only with it; empty: everything.")


class AssistantTest(Output):
    """What came of asking the provider."""

    is_fine: bool = Field(description="Whether all that is switched on will work.")
    checks: list[AssistantCheck]
    models: list[str] = Field(description="What the provider offers; empty when it lists none.")


class AssistantQuestion(Input):
    """What somebody wants to know."""

    question: str = Field(
        min_length=1,
        max_length=LONGEST_QUESTION,
        examples=["Which servers have drives that are failing?"],
    )


class AnswerLink(Output):
    """A thing that the answer speaks of; it exists, and the caller may see it."""

    ref: str = Field(examples=["server-1"])
    kind: str
    id: uuid.UUID
    title: str
    path: str


class FeatureUsage(Output):
    """How much one feature was used this month."""

    feature: AssistantFeature
    uses: int
    requests: int
    tokens: int
    cost: float | None


class DayUsage(Output):
    """How much was used on one day."""

    day: date
    requests: int
    tokens: int
    cost: float | None


class Spent(Output):
    """What was used of a budget; a limit of null is none."""

    requests: int
    requests_limit: int | None
    input_tokens: int
    output_tokens: int
    cost: float | None = Field(description="Null when no price is entered.")
    cost_limit: float | None


class AssistantUsage(Output):
    """What was used, by the calendar of Unity's time zone."""

    zone: str
    currency: str
    day: Spent
    month: Spent
    features: list[FeatureUsage]
    days: list[DayUsage] = Field(description="The last thirty, oldest first.")


class ExchangeQuery(PageQuery):
    """Which exchanges."""

    feature: AssistantFeature | None = Field(None, description="Only those of this feature.")
    state: ExchangeState | None = Field(None, description="Only those in this state.")


class ExchangeRead(Output):
    """One use of the model."""

    id: uuid.UUID
    at: datetime
    actor_name: str
    feature: AssistantFeature
    subject_kind: str
    subject_id: uuid.UUID | None
    subject_name: str
    host: str
    model: str
    state: ExchangeState
    requests: int
    input_tokens: int
    output_tokens: int
    is_estimated: bool = Field(description="The provider did not count the tokens.")
    cost: float | None
    seconds: float | None
    problem: str


class SentPart(Output):
    """One part of what was sent."""

    role: str = Field(description="`system`, `user`, `model`, `tool` or `tools`.")
    text: str


class ExchangeDetail(ExchangeRead):
    """One use with all that was sent, after redaction, and what came back."""

    sent: list[SentPart]
    received: str
