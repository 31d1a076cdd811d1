"""What can go wrong between a question and its answer, in words for the person who asked."""

from collections.abc import Mapping

from app.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unavailable,
    UnityError,
    UpstreamFailed,
)
from app.ports.ai_provider import Failure, ProviderFailed

_LOOK = "An administrator can test the provider under System, AI."


class AssistantOff(Conflict):
    """AI, or this feature of it, is switched off."""

    title = "AI is switched off"


class AssistantBudgetSpent(TooManyRequests):
    """The requests or the money of the day or month are used up."""

    title = "The AI budget is used up"


class TooMuchToSend(InvalidInput):
    """What would be sent is longer than the settings allow."""

    title = "That is too much for one request"


class AssistantAddressRefused(InvalidInput):
    """The provider's address is one that Unity never speaks to."""

    title = "Unity does not send to this address"


class AssistantNotReached(Unavailable):
    """The provider's server does not take a connection."""

    title = "The AI provider cannot be reached"


class AssistantTimedOut(UpstreamFailed):
    """The provider took too long."""

    title = "The AI provider took too long"


class AssistantBusy(TooManyRequests):
    """The provider asks to wait."""

    title = "The AI provider asks to wait"


class AssistantKeyRefused(UpstreamFailed):
    """The provider does not accept the API key."""

    title = "The AI provider refuses the key"


class AssistantModelUnknown(UpstreamFailed):
    """The provider has no such model, or nothing at this address."""

    title = "The AI provider does not know the model"


class AssistantOverloaded(UpstreamFailed):
    """The provider has a failure of its own."""

    title = "The AI provider has failed"


class AssistantRequestRefused(UpstreamFailed):
    """The provider cannot do what was asked: too long a request, or a model without tools."""

    title = "The AI provider does not take the request"


class AssistantAnswerCutOff(UpstreamFailed):
    """The answer broke off before its end."""

    title = "The answer broke off"


class AssistantAnswerNotValid(UpstreamFailed):
    """The answer is not in the form that was asked for."""

    title = "The answer cannot be read"


class AssistantDeclined(UpstreamFailed):
    """The model does not want to answer."""

    title = "The model declined to answer"


class ExchangeNotFound(NotFound):
    """There is no such exchange; it may be older than what is kept."""

    title = "There is no such record"


_PROBLEMS: Mapping[Failure, tuple[type[UnityError], str]] = {
    Failure.ADDRESS_REFUSED: (AssistantAddressRefused, "Enter another address in the settings."),
    Failure.NOT_REACHED: (AssistantNotReached, f"Is the server running? {_LOOK}"),
    Failure.TIMED_OUT: (
        AssistantTimedOut,
        "Try again, or choose a smaller model. The time-outs stand in the settings.",
    ),
    Failure.KEY_REFUSED: (AssistantKeyRefused, "Enter the API key anew under System, AI."),
    Failure.UNKNOWN_MODEL: (AssistantModelUnknown, f"Check the address and the model. {_LOOK}"),
    Failure.BUSY: (AssistantBusy, "Wait, then ask again."),
    Failure.OVERLOADED: (AssistantOverloaded, "Try again in a few minutes."),
    Failure.NOT_TAKEN: (
        AssistantRequestRefused,
        f"A larger model, or one that can use tools, may take it. {_LOOK}",
    ),
    Failure.CUT_OFF: (AssistantAnswerCutOff, "Ask again."),
    Failure.GARBLED: (AssistantAnswerNotValid, f"Ask again. {_LOOK}"),
    Failure.DECLINED: (AssistantDeclined, "Ask in other words."),
}


def problem_of(failed: ProviderFailed) -> UnityError:
    """Return the problem that people see."""
    kind, fix = _PROBLEMS[failed.failure]
    if failed.retry_after is None:
        return kind(failed.detail, fix=fix)
    seconds = max(1, round(failed.retry_after.total_seconds()))
    if failed.failure is Failure.BUSY:
        fix = f"Ask again in {seconds} s."
    return kind(failed.detail, fix=fix, retry_after=seconds)
