"""What can be wrong with a server that a person enters or asks for."""

from app.kernel.errors import Conflict, InvalidInput, NotFound


class ServerNotFound(NotFound):
    """No server has this id."""


class ServerNameTaken(Conflict):
    """Another server has this name."""


class ServerAlreadyEntered(Conflict):
    """The same account on the same host and port is entered already."""


class LocalServerFixed(Conflict):
    """The local machine is reached without SSH; its address and login cannot be edited."""


class ServerInUse(Conflict):
    """Something else needs this server."""


class ServerEditedMeanwhile(Conflict):
    """Somebody edited the server after the form was opened."""


class UnknownReference(InvalidInput):
    """The request names a key, credential or server that does not exist."""


class HostKeyMismatch(InvalidInput):
    """The fingerprint is not the one of the key."""
