"""Explains an alert: reads what the person may see of it, sends it, and passes the text on."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.kernel.clock import Clock
from app.models.core.assistant import AssistantFeature
from app.ports.ai_provider import AiProvider, Answer, Ask, Piece, Stop, UserTurn
from app.services.core.assistant.briefing import AlertBriefing, Briefing, Section, fitted
from app.services.core.assistant.events import AnswerEvent, Said
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.ledger import Account, Ledger, Subject
from app.services.core.assistant.prompts import EXPLAIN, Fence
from app.services.core.assistant.redaction import Restoring
from app.services.core.assistant.settling import finished, settling
from app.services.core.assistant.talk import Talk

_SPARE = 400  # characters for the marks and the headings


class Explainer:
    """Begins an explanation, then streams it."""

    def __init__(
        self,
        provider: AiProvider,
        ledger: Ledger,
        clock: Clock,
        briefings: Sequence[Briefing],
    ) -> None:
        self._provider = provider
        self._ledger = ledger
        self._clock = clock
        self._briefings = briefings

    async def begin(self, eyes: Eyes, alert_id: uuid.UUID) -> "Explanation":
        """Read the alert and open an account, or raise; nothing has been sent yet."""
        of_alert = AlertBriefing(self._clock)
        alert = await of_alert.alert(eyes, alert_id)
        sections = [*await of_alert.read(eyes, alert)]
        for briefing in self._briefings:
            sections += await briefing.read(eyes, alert)
        subject = Subject("alert", alert.id, alert.title, alert.resource_id)
        account = await self._ledger.open(eyes.actor, AssistantFeature.EXPLAIN, subject)
        talk = Talk(self._provider, self._ledger, account)
        return Explanation(talk, self._ledger, self._clock, eyes, sections)


class Explanation:
    """One explanation on its way."""

    def __init__(
        self,
        talk: Talk,
        ledger: Ledger,
        clock: Clock,
        eyes: Eyes,
        sections: Sequence[Section],
    ) -> None:
        self._talk = talk
        self._ledger = ledger
        self._clock = clock
        self._eyes = eyes
        self._sections = sections

    @property
    def account(self) -> Account:
        """What it is counted on."""
        return self._talk.account

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the text as it comes, and then the end; raises problems."""
        async with settling(self._ledger, self._eyes.actor, self.account):
            restoring = Restoring(self._talk.redaction)
            is_cut = False
            async with aclosing(self._talk.stream(self._ask())) as pieces:
                async for piece in pieces:
                    match piece:
                        case Piece():
                            if text := restoring.take(piece.text):
                                yield Said(text)
                        case Answer():
                            is_cut = piece.stop is Stop.LENGTH
            for text in restoring.rest():
                yield Said(text)
            last = finished(self.account, self._clock, is_cut=is_cut)
        yield last

    def _ask(self) -> Ask:
        terms, fence = self.account.terms, Fence()
        system = fence.told(EXPLAIN)
        room = terms.most_input_characters - len(system) - _SPARE
        # Redacted as a document, where the names of fields tell secrets; and again as text.
        whole = {one.title: self._talk.redaction.value(one.value) for one in self._sections}
        told = fitted([Section(title, value) for title, value in whole.items()], room)
        return Ask(
            terms.model,
            system,
            [UserTurn(fence.around(told))],
            most_tokens=terms.most_output_tokens,
        )
