"""Prices and costs, counted in millionths of the currency so that sums are exact."""

from dataclasses import dataclass

from app.ports.ai_provider import Usage

_MILLION = 1_000_000
# No tokeniser in use makes more tokens than this of a text: the most that a request can cost.
_LEAST_CHARACTERS_A_TOKEN = 2


def to_millionths(amount: float | None) -> int | None:
    """Return an amount as it is stored."""
    return None if amount is None else round(amount * _MILLION)


def from_millionths(stored: int | None) -> float | None:
    """Return an amount as people read it."""
    return None if stored is None else stored / _MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in millionths."""

    given: int
    made: int

    def of(self, usage: Usage) -> int:
        """Return the cost of an answer."""
        whole = usage.input_tokens * self.given + usage.output_tokens * self.made
        return -(-whole // _MILLION)

    def most(self, characters: int, output_tokens: int) -> int:
        """Return the most that a request can cost."""
        return self.of(Usage(-(-characters // _LEAST_CHARACTERS_A_TOKEN), output_tokens))
