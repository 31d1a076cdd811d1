"""What may stand in a name and in a user name; each refusal says what is wrong with it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.kernel.text import printable

# user@domain and DOMAIN\user are logins of joined machines.
_USERNAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+\\-]*\$?")
_SHOWN = 60


def check_username(text: str) -> str:
    """Return the user name, or raise `ValueError` with the reason."""
    name = text.strip()
    if not name:
        raise ValueError("Give the user name of the account on the machine.")
    if not _USERNAME.fullmatch(name):
        raise ValueError(
            "A user name has letters, digits, . _ - @ + and a backslash, and does not begin"
            f" with a hyphen; {shown(name)} is none."
        )
    return name


def check_name(text: str) -> str:
    """Return the name of a thing: any printable text on one line."""
    name = text.strip()
    if not name:
        raise ValueError("Give it a name.")
    if printable(name) != name:
        raise ValueError("A name has no control characters, line breaks or invisible characters.")
    return name


def shown(text: str) -> str:
    """Return a rejected text so that a message may carry it."""
    plain = printable(text)
    return repr(plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…")


Username = Annotated[
    str,
    Field(max_length=64, examples=["unity"], description="The account on the machine."),
    AfterValidator(check_username),
]
Name = Annotated[
    str,
    Field(min_length=1, max_length=120, examples=["nas"], description="What people call it."),
    AfterValidator(check_name),
]
