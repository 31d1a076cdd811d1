"""The quality scale: rules as data, claims as data, and a machine that checks what it can.

Each rule is claimed in the manifest as `done` or `exempt: reason`. A claim of `done` that the
machine finds untrue counts as not done. The tier is the highest whose rules, and those of all
lower ones, are done or exempt.
"""

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from unity_plugin.config import Config, form_of
from unity_plugin.manifest import DONE, Shape
from unity_plugin.plugin import Plugin, brings


class Tier(StrEnum):
    """How good a plugin is; each tier includes the ones before it."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


class RuleState(Shape):
    """One rule, as one plugin keeps it."""

    rule: str
    tier: Tier
    about: str
    status: str = Field(description="done, exempt, missing or untrue")
    note: str = ""  # the reason of an exemption, or what the machine found


class Quality(Shape):
    """How good a plugin is, and why."""

    tier: Tier = Tier.NONE
    rules: tuple[RuleState, ...] = ()


AnyPlugin = type[Plugin[Config]]
Check = Callable[[AnyPlugin], str]  # returns what is wrong, or nothing


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Without a check, people vouch for it, and the contract test shows it."""

    key: str
    tier: Tier
    about: str
    check: Check | None = None


_SHORTEST_DESCRIPTION = 120
_SECRET_NAMES = re.compile(r"(^|_)(password|passphrase|secret|token|api_?key|private_key)($|_)")
_OWN_WAYS = frozenset({"socket", "subprocess", "requests", "urllib", "http", "httpx", "aiohttp"})


def _form_words(plugin: AnyPlugin) -> str:
    bare = [
        each.name
        for each in form_of(plugin.config)
        if each.label == each.name or not (each.description or each.example or each.choices)
    ]
    return f"without a title, or without a description and an example: {', '.join(bare)}" * bool(
        bare
    )


def _secrets_marked(plugin: AnyPlugin) -> str:
    open_ones = [
        each.name
        for each in form_of(plugin.config)
        if _SECRET_NAMES.search(each.name) and not each.is_secret and each.kind == "string"
    ]
    return f"not of the type Secret: {', '.join(open_ones)}" * bool(open_ones)


def _units(plugin: AnyPlugin) -> str:
    bare = [each.name for each in plugin.metrics if not each.unit]
    return f"without a unit (a count is a count of something): {', '.join(bare)}" * bool(bare)


def _metrics(plugin: AnyPlugin) -> str:
    if not brings(plugin).collects:
        return "it collects nothing"
    if plugin.has_open_metrics:
        return "it sends metrics that it does not declare"
    return "" if plugin.metrics else "it declares no metrics"


def _alerts(plugin: AnyPlugin) -> str:
    return "" if plugin.alerts else "it declares no alert types"


def _described(plugin: AnyPlugin) -> str:
    length = len(plugin.manifest.description)
    if length >= _SHORTEST_DESCRIPTION:
        return ""
    return f"the description has {length} letters; {_SHORTEST_DESCRIPTION} are asked for"


def _no_own_ways(plugin: AnyPlugin) -> str:
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(inspect.getmodule(plugin) or plugin))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    own = sorted(found & _OWN_WAYS)
    return f"it imports {', '.join(own)} instead of using run.network" * bool(own)


RULES: Sequence[Rule] = (
    Rule("form-words", Tier.BRONZE, "Each field has a title, and says what it wants.", _form_words),
    Rule("secrets-marked", Tier.BRONZE, "Passwords and tokens are secrets.", _secrets_marked),
    Rule("test-before-save", Tier.BRONZE, "The test finds a wrong configuration, and writes none."),
    Rule("contract-test", Tier.BRONZE, "A test runs it against its peer, or a recording of it."),
    Rule("metric-units", Tier.SILVER, "Each metric has a unit.", _units),
    Rule(
        "errors-in-words", Tier.SILVER, "A peer that does not answer is NotReachable, with a fix."
    ),
    Rule("login-refused", Tier.SILVER, "A wrong password is LoginRefused, not a crash."),
    Rule(
        "strange-answers", Tier.SILVER, "An answer of something else is Unsupported, not a crash."
    ),
    Rule("metrics-declared", Tier.GOLD, "All metrics are declared.", _metrics),
    Rule("alert-types", Tier.GOLD, "It knows what is wrong, and has rules for it.", _alerts),
    Rule("facts-and-pages", Tier.GOLD, "It brings facts, and a page of data."),
    Rule("described", Tier.GOLD, "The description says what is needed on the peer.", _described),
    Rule("allowed-network", Tier.PLATINUM, "It asks by run.network only.", _no_own_ways),
    Rule("two-versions", Tier.PLATINUM, "It is tested with two versions of its peer."),
    Rule("strict-types", Tier.PLATINUM, "mypy --strict finds nothing."),
)


def judge(plugin: AnyPlugin) -> Quality:
    """Return how good a plugin is. Claims for rules that do not exist are listed as untrue."""
    claims = plugin.manifest.quality
    states = [_state(rule, claims.get(rule.key, ""), plugin) for rule in RULES]
    known = {rule.key for rule in RULES}
    states += [
        RuleState(
            rule=key, tier=Tier.BRONZE, about="", status="untrue", note="there is no such rule"
        )
        for key in sorted(claims.keys() - known)
    ]
    return Quality(tier=_tier(states), rules=tuple(states))


def _state(rule: Rule, claim: str, plugin: AnyPlugin) -> RuleState:
    status, note = "missing", "the manifest does not claim it"
    if claim == DONE:
        found = rule.check(plugin) if rule.check is not None else ""
        status, note = ("untrue", found) if found else ("done", "")
    elif claim.startswith("exempt: ") and claim.removeprefix("exempt: ").strip():
        status, note = "exempt", claim.removeprefix("exempt: ").strip()
    elif claim:
        status, note = "untrue", "it must be done, or exempt with a reason"
    return RuleState(rule=rule.key, tier=rule.tier, about=rule.about, status=status, note=note)


def _tier(states: Sequence[RuleState]) -> Tier:
    reached = Tier.NONE
    for tier in (Tier.BRONZE, Tier.SILVER, Tier.GOLD, Tier.PLATINUM):
        if any(one.tier is tier and one.status not in ("done", "exempt") for one in states):
            break
        reached = tier
    return reached
