"""Text that people type: one line without control characters, which the engines refuse apart."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict

from app.kernel.text import printable
from app.schemas.base import Input


def check_line(text: str) -> str:
    """Return the text, or raise `ValueError` when it is more than one line of plain characters."""
    line = text.strip()
    if printable(line) != line:
        raise ValueError("No control characters, line breaks or invisible characters, please.")
    return line


Line = Annotated[str, AfterValidator(check_line)]


class SecretInput(Input):
    """Input with a secret, in which spaces at the ends belong to the secret."""

    model_config = ConfigDict(str_strip_whitespace=False)
