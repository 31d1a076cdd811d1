"""What is wrong with a field, for the person who filled it."""

from collections.abc import Mapping

ADDRESS = r"^https?://[^\s/?#@]+([/?#]\S*)?$"
HOST = r"^[^\s/@]+$"

_OF_PATTERNS = {
    ADDRESS: "It must begin with http:// or https://, and hold neither spaces nor a password.",
    HOST: "It must be a name or an address alone, without http:// and without a path.",
}
_WORDS = {
    "missing": "It must be filled.",
    "extra_forbidden": "There is no such field.",
    "string_type": "It must be a text.",
    "string_too_short": "It must have at least {min_length} characters.",
    "string_too_long": "It must have at most {max_length} characters.",
    "int_parsing": "It must be a whole number.",
    "int_type": "It must be a whole number.",
    "int_from_float": "It must be a whole number.",
    "float_parsing": "It must be a number.",
    "float_type": "It must be a number.",
    "finite_number": "It must be a number.",
    "bool_parsing": "It must be yes or no.",
    "bool_type": "It must be yes or no.",
    "greater_than": "It must be more than {gt}.",
    "greater_than_equal": "It must be at least {ge}.",
    "less_than": "It must be less than {lt}.",
    "less_than_equal": "It must be at most {le}.",
    "enum": "It must be one of {expected}.",
    "literal_error": "It must be one of {expected}.",
    "list_type": "It must be a list.",
    "too_short": "It must have at least {min_length} entries.",
    "too_long": "It must have at most {max_length} entries.",
}


def in_words(kind: str, message: str, limits: Mapping[str, object], example: str) -> str:
    """Return pydantic's error of a field in plain words; one of the plugin's own stays as it is."""
    if kind == "string_pattern_mismatch":
        known = _OF_PATTERNS.get(str(limits.get("pattern")), "It is not written as it must be.")
        return f"{known} An example: {example}" if example else known
    if kind not in _WORDS:
        return message.removeprefix("Value error, ")
    return _WORDS[kind].format_map(limits)
