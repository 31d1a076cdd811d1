"""What can go wrong on the way over a provider; the login page shows it, beside the password."""

from app.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    Unavailable,
    UpstreamFailed,
)

LOCAL_LOGIN = "Your name and password of Unity still work, if you have them."


class ProviderNotFound(NotFound):
    """No provider has this id, or it is switched off."""

    title = "There is no such provider"


class ProviderTitleTaken(Conflict):
    """Another provider has this title."""

    title = "The title is taken"


class ProviderNotValid(InvalidInput):
    """The provider cannot be entered like this."""

    title = "The provider is not valid"


class ProviderUnreachable(Unavailable):
    """The provider does not answer."""

    title = "The provider does not answer"


class ProviderAnswerNotValid(UpstreamFailed):
    """The provider answered with what does not count: another issuer, key, audience or time."""

    title = "The provider's answer does not count"


class SignOnExpired(Conflict):
    """The way back from the provider does not fit to a login that this browser began."""

    title = "Begin the login again"


class SignOnRefused(PermissionDenied):
    """The provider knows the person, but they may not come in."""

    title = "You may not log in here"


class IdentityTaken(Conflict):
    """The account at the provider belongs to another user."""

    title = "The account is linked to another user"


class LinkNotFound(NotFound):
    """The user has no such link."""

    title = "There is no such link"


class LastWayIn(Conflict):
    """Without it, nobody could log in to the account."""

    title = "This is the only way in"
