"""What can go wrong, in words for people: four kinds, each with what to do about it."""


class PluginError(Exception):
    """The base of what a plugin raises on purpose; anything else counts as a fault of the plugin.

    `detail` says what happened and to whom, without secrets; `fix` what to do next.
    """

    kind = "failed"

    def __init__(self, detail: str, *, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


class NotReachable(PluginError):
    """Nobody answered: no address, refused, timed out, a certificate that is not trusted."""

    kind = "not_reachable"


class LoginRefused(PluginError):
    """It answered, and does not take the user name, password or token."""

    kind = "login_refused"


class Misconfigured(PluginError):
    """What was entered cannot work. `field` names the field of the form, where it is known."""

    kind = "misconfigured"

    def __init__(self, detail: str, *, field: str = "", fix: str = "") -> None:
        super().__init__(detail, fix=fix)
        self.field = field


class Unsupported(PluginError):
    """It answered something that this plugin does not know: another product, too old, too new."""

    kind = "unsupported"


class AddressRefused(NotReachable):
    """The address is one that Unity never speaks to: link-local, metadata, multicast."""


class NotPromised(Exception):
    """A method of the plugin returned something else than its signature says."""

    def __init__(self, method: str, found: object, wanted: str) -> None:
        super().__init__(f"{method} returned {type(found).__name__} instead of a {wanted}.")
