"""`unity settings` and `unity openapi`: the documents that are generated from the code."""

import json
import sys

from app.kernel import config
from app.kernel.config import PREFIX, Settings

HEAD = """# Settings

Set them in the environment, or in a TOML file that `UNITY_CONFIG` names (`[collect]`,
`standard_seconds = 60`). The environment wins. An unknown or malformed setting stops the start with
one line that names it. This page is written by `unity settings`.

| setting | default | what it does |
|---|---|---|
"""


def settings() -> None:
    """Print every setting with its default and description, as Markdown."""
    defaults = Settings()
    lines = []
    for path, description, _ in config.walk(Settings):
        value: object = defaults
        for name in path:
            value = getattr(value, name)
        name = PREFIX + "__".join(path).upper()
        lines.append(f"| `{name}` | {_shown(value)} | {description} |")
    sys.stdout.write(HEAD + "\n".join(lines) + "\n")


def _shown(value: object) -> str:
    text = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if text is None or text in ("", ()):
        return "-"
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    return f"`{str(text).lower() if isinstance(text, bool) else text}`"


def openapi() -> None:
    """Print the OpenAPI document, with every optional feature on."""
    from app.main import create_app  # noqa: PLC0415 - the web framework is slow to load

    json.dump(create_app().openapi(), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")
