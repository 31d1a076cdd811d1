"""Alert rules: read with what is wrong with them, made, changed, tried out and put back."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import Conflict, InvalidInput, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.alert import OPEN, Alert
from app.models.core.alert_rule import AlertRule
from app.schemas.base import Page
from app.schemas.core.alert_rule_api import (
    AlertRuleRead,
    RuleFinding,
    RulePreview,
    RulePreviewWish,
    RuleQuery,
    RuleWrite,
)
from app.services.core.alerts.blind_rules import find_quiet
from app.services.core.alerts.builtin import UNTOUCHED, BuiltInRule
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.quiet import QuietKeeper
from app.services.core.alerts.rule_book import Rule, read_rule
from app.services.core.alerts.rule_lint import (
    WAITING,
    FieldFault,
    faults_of,
    findings_of,
    quiet_finding,
    read_world,
    warnings_of,
)
from app.services.core.alerts.rule_preview import RulePreviews
from app.services.core.alerts.rule_words import (
    PLAIN,
    apply,
    first_values,
    is_changed,
    kind_for,
    told,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor

_LONGEST_MUTE = timedelta(days=366)


class RuleNotFound(NotFound):
    """No alert rule has this id."""


class RuleNotValid(InvalidInput):
    """The rule refers to what does not exist, or compares what cannot be compared."""

    title = "The rule is not valid"


class BuiltInRuleStays(Conflict):
    """A built-in rule is switched off or put back, but not deleted."""


class NoBuiltInRule(Conflict):
    """Only a built-in rule can be put back to how it came."""


class RuleService:
    """Rules; `built_in` are those that Unity brings along, `types` what domains report."""

    def __init__(
        self,
        session: AsyncSession,
        clock: Clock,
        audit: AuditLog,
        engine: AlertEngine,
        *,
        built_in: Mapping[str, BuiltInRule],
        types: Collection[str],
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._engine = engine
        self._built_in = built_in
        self._types = types

    async def list(self, query: RuleQuery) -> Page[AlertRuleRead]:
        """Return rules by name; all of them are read, for lint compares them with each other."""
        rows = (await self._session.scalars(select(AlertRule).order_by(AlertRule.name))).all()
        read = await self._read(rows)
        found = [
            one
            for one in read
            if (not query.domain or one.domain == query.domain)
            and (query.is_enabled is None or one.is_enabled == query.is_enabled)
            and (not query.has_findings or any(its.kind != WAITING for its in one.findings))
            and (not query.q or query.q.casefold() in one.name.casefold())
        ]
        page = found[query.offset : query.offset + query.per_page]
        return Page[AlertRuleRead](
            items=page, total=len(found), page=query.page, per_page=query.per_page
        )

    async def get(self, rule_id: uuid.UUID) -> AlertRuleRead:
        """Return one rule."""
        rows = (await self._session.scalars(select(AlertRule).order_by(AlertRule.name))).all()
        found = [one for one in await self._read(rows) if one.id == rule_id]
        if not found:
            raise RuleNotFound("There is no alert rule with this id.")
        return found[0]

    async def create(self, actor: Actor, wish: RuleWrite) -> AlertRuleRead:
        """Enter a rule."""
        await self._check(wish)
        now = self._clock.now()
        row = AlertRule(id=uuid7(), key=None, kind="", version=0, created_at=now)
        apply(row, wish, now)
        row.kind = kind_for(row.name)
        self._session.add(row)
        await self._record(actor, "alert_rule.created", row)
        return await self.get(row.id)

    async def edit(self, actor: Actor, rule_id: uuid.UUID, wish: RuleWrite) -> AlertRuleRead:
        """Change a rule; what it had open is over, and is judged anew by the new rule."""
        row = await self._find(rule_id)
        await self._check(wish, row)
        await self._end(row, "{name}: the rule was changed")
        apply(row, wish, self._clock.now())
        await self._record(actor, "alert_rule.edited", row)
        return await self.get(rule_id)

    async def copy(self, actor: Actor, rule_id: uuid.UUID) -> AlertRuleRead:
        """Make a rule of one's own out of another; it is off until it was looked at."""
        row, now = await self._find(rule_id), self._clock.now()
        self._rule(row)
        name = f"Copy of {row.name}"[:120]
        wish = told(row).model_copy(update={"is_enabled": False, "name": name})
        twin = AlertRule(id=uuid7(), key=None, kind="", version=0, created_at=now)
        apply(twin, wish, now)
        twin.kind = row.kind
        self._session.add(twin)
        await self._record(actor, "alert_rule.created", twin)
        return await self.get(twin.id)

    async def reset(self, actor: Actor, rule_id: uuid.UUID) -> AlertRuleRead:
        """Put a built-in rule back to how it came."""
        row = await self._find(rule_id)
        first = self._built_in.get(row.key or "")
        if first is None:
            raise NoBuiltInRule("Only a built-in rule can be put back to how it came.")
        await self._end(row, "{name}: the rule was changed")
        apply(row, first_values(first), self._clock.now())
        row.muted_until = None
        row.version = UNTOUCHED  # so that it follows the next upgrade again
        await self._record(actor, "alert_rule.reset", row)
        return await self.get(rule_id)

    async def switch(self, actor: Actor, rule_id: uuid.UUID, *, is_enabled: bool) -> AlertRuleRead:
        """Switch a rule on or off; off ends what it had open."""
        row = await self._find(rule_id)
        if row.is_enabled != is_enabled:
            if not is_enabled:
                await self._end(row, "{name}: the rule was switched off")
            row.is_enabled, row.version = is_enabled, row.version + 1
            row.updated_at = self._clock.now()
            word = "enabled" if is_enabled else "disabled"
            await self._record(actor, f"alert_rule.{word}", row)
        return await self.get(rule_id)

    async def mute(self, actor: Actor, rule_id: uuid.UUID, until: datetime | None) -> AlertRuleRead:
        """Tell nobody of its alerts until a time; None: tell again."""
        row, now = await self._find(rule_id), self._clock.now()
        if until is not None and not now < until <= now + _LONGEST_MUTE:
            raise _refused([FieldFault("/until", "Take a time within a year from now.")], "")
        row.muted_until, row.version, row.updated_at = until, row.version + 1, now
        await self._session.flush()
        await QuietKeeper(self._session, self._clock).refresh()
        await self._record(actor, "alert_rule.muted" if until else "alert_rule.unmuted", row)
        return await self.get(rule_id)

    async def delete(self, actor: Actor, rule_id: uuid.UUID) -> None:
        """Take a rule away; its alerts end, and stay in the history."""
        row = await self._find(rule_id)
        if row.key is not None:
            raise BuiltInRuleStays(
                f"{row.name!r} came with Unity and would come back.", fix="Switch it off instead."
            )
        await self._end(row, "{name}: the rule was deleted")
        await self._session.execute(delete(AlertRule).where(AlertRule.id == row.id))
        await self._record(actor, "alert_rule.deleted", row)

    async def preview(self, wish: RulePreviewWish) -> RulePreview:
        """Tell what a rule would have done, saved or not."""
        now = self._clock.now()
        row = AlertRule(id=uuid7(), key=None, kind="preview", version=0, created_at=now)
        apply(row, wish.rule, now)
        rule = self._rule(row)
        world = await read_world(self._session, self._types)
        faults = faults_of(rule.definition, rule.scope, world)
        fatal = [one for one in faults if one.pointer.startswith("/definition")]
        if fatal:
            raise _refused(fatal, "/body/rule")
        findings = [RuleFinding(kind="scope", text=one.detail) for one in faults]
        findings += warnings_of(rule, world)
        quiet = await find_quiet(self._session, [rule])
        findings += [quiet_finding(one, may_wait=False) for one in quiet.get(rule.id, ())]
        return await RulePreviews(self._session, self._clock).preview(rule, wish.days, findings)

    async def _find(self, rule_id: uuid.UUID) -> AlertRule:
        row = await self._session.get(AlertRule, rule_id)
        if row is None:
            raise RuleNotFound("There is no alert rule with this id.")
        return row

    async def _check(self, wish: RuleWrite, row: AlertRule | None = None) -> None:
        """Refuse what refers to nothing. A built-in rule may wait for what it looks at."""
        world = await read_world(self._session, self._types)
        faults = faults_of(wish.definition, wish.scope, world)
        if row is not None and row.key is not None:
            faults = [one for one in faults if not one.pointer.endswith("/metric")]
        if faults:
            raise _refused(faults, "/body")

    async def _end(self, row: AlertRule, over: str) -> None:
        await self._engine.end(self._session, over, rule_ids=[row.id])

    async def _record(self, actor: Actor, action: str, row: AlertRule) -> None:
        await self._session.flush()
        details: dict[str, JsonValue] = {
            "definition": row.definition,
            "scope": row.scope,
            "overrides": row.overrides,
            "severity": str(row.severity),
            "for_seconds": row.for_seconds,
            "is_enabled": row.is_enabled,
            "muted_until": row.muted_until.isoformat() if row.muted_until else None,
        }
        await self._audit.record(
            actor, action, kind="alert_rule", object_id=row.id, name=row.name, details=details
        )

    def _rule(self, row: AlertRule) -> Rule:
        try:
            return read_rule(row)
        except ValidationError as error:
            raise RuleNotValid(
                f"{row.name!r} cannot be read: {error.errors()[0]['msg']}"
            ) from error

    async def _read(self, rows: Sequence[AlertRule]) -> Sequence[AlertRuleRead]:
        rules = []
        unreadable: dict[uuid.UUID, RuleFinding] = {}
        for row in rows:
            try:
                rules.append(read_rule(row))
            except ValidationError as error:
                text = f"It cannot be read, and nothing is judged by it: {_why(error)}"
                unreadable[row.id] = RuleFinding(kind="unreadable", text=text)
        world = await read_world(self._session, self._types)
        readable = [row for row in rows if row.id not in unreadable]
        untouched = {row.id for row in readable if self._is_untouched(row)}
        rules = [one for one in rules if _is_on(one, rows)]
        found = findings_of(rules, world, await find_quiet(self._session, rules), untouched)
        firing = await self._firing()
        shown = []
        for row in rows:
            first = self._built_in.get(row.key or "")
            broken = unreadable.get(row.id)
            if broken is None:
                shown.append(_shown(row, first, found.get(row.id, []), firing))
            else:
                shown.append(_shown_broken(row, first, broken, firing))
        return shown

    def _is_untouched(self, row: AlertRule) -> bool:
        first = self._built_in.get(row.key or "")
        return first is not None and not is_changed(row, first)

    async def _firing(self) -> Mapping[uuid.UUID | None, int]:
        rows = await self._session.execute(
            select(Alert.rule_id, func.count()).where(Alert.state.in_(OPEN)).group_by(Alert.rule_id)
        )
        return {row[0]: row[1] for row in rows}


def _why(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'/'.join(str(part) for part in first['loc'])}: {first['msg']}".removeprefix(": ")


def _is_on(rule: Rule, rows: Sequence[AlertRule]) -> bool:
    return any(row.id == rule.id and row.is_enabled for row in rows)


def _shown(
    row: AlertRule,
    first: BuiltInRule | None,
    findings: Sequence[RuleFinding],
    firing: Mapping[uuid.UUID | None, int],
) -> AlertRuleRead:
    return AlertRuleRead.model_validate(
        {
            **told(row).model_dump(),
            **_beside(row, first, findings, firing),
            "is_changed": first is not None and is_changed(row, first),
        }
    )


def _shown_broken(
    row: AlertRule,
    first: BuiltInRule | None,
    broken: RuleFinding,
    firing: Mapping[uuid.UUID | None, int],
) -> AlertRuleRead:
    """Show what can be shown of a rule whose definition, scope or exceptions cannot be read."""
    plain = {name: getattr(row, name) for name in PLAIN}
    return AlertRuleRead.model_validate(
        {
            **plain,
            "definition": None,
            "scope": {},
            "overrides": [],
            **_beside(row, first, [broken], firing),
            "is_changed": first is not None,
        }
    )


def _beside(
    row: AlertRule,
    first: BuiltInRule | None,
    findings: Sequence[RuleFinding],
    firing: Mapping[uuid.UUID | None, int],
) -> dict[str, object]:
    """Return what is told of a rule beside what people wrote."""
    return {
        "id": row.id,
        "key": row.key,
        "kind": row.kind,
        "muted_until": row.muted_until,
        "version": row.version,
        "updated_at": row.updated_at,
        "source": "" if first is None else first.source,
        "firing": firing.get(row.id, 0),
        "findings": [one.model_dump() for one in findings],
    }


def _refused(faults: Sequence[FieldFault], prefix: str) -> RuleNotValid:
    errors: list[JsonValue] = [
        {"detail": one.detail, "pointer": f"{prefix or '/body'}{one.pointer}"} for one in faults
    ]
    return RuleNotValid(faults[0].detail, fix="Mend the named fields.", errors=errors)
