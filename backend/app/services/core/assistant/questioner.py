"""Answers a question about the inventory: lets the model look things up, and checks its links."""

from collections.abc import AsyncGenerator, Sequence

from pydantic import BaseModel, Field

from app.models.core.assistant import AssistantFeature
from app.ports.ai_provider import (
    AiProvider,
    Answer,
    Ask,
    ModelTurn,
    ProviderFailed,
    Tool,
    ToolCall,
    ToolResult,
    ToolTurn,
    Turn,
    UserTurn,
)
from app.services.core.assistant.errors import problem_of
from app.services.core.assistant.events import Answered, AnswerEvent, Looking
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.ledger import Account, Ledger, Subject
from app.services.core.assistant.prompts import ASK, Fence
from app.services.core.assistant.redaction import Redaction
from app.services.core.assistant.settling import finished, settling
from app.services.core.assistant.structured import (
    MOST_REPAIRS,
    NotOfTheForm,
    Shape,
    gave_up,
    refuse_cut,
    repair,
)
from app.services.core.assistant.talk import Talk
from app.services.core.assistant.tools import Arguments, ReadTool, ToolBox
from app.services.core.platform import Platform

MOST_ROUNDS = 8
MOST_CALLS = 6  # in one round
_ROOMS = 5  # a result may take such a part of what can be sent
_MOST_RESULT = 6000
_FOR_REPAIRS = 800
_FULL = "There is no more room: give the answer with what you have."


class GivenAnswer(BaseModel):
    """What the model ends with."""

    answer: str = Field(
        min_length=1,
        max_length=8000,
        description="The answer, with links such as [nas](server-1).",
    )


_SHAPE = Shape("give_answer", GivenAnswer)
_GIVE = Tool(_SHAPE.form.name, "Give the answer to the person. Call it once.", _SHAPE.form.schema)


class Questioner:
    """Begins to answer a question."""

    def __init__(
        self,
        provider: AiProvider,
        ledger: Ledger,
        platform: Platform,
        tools: Sequence[ReadTool[Arguments]],
    ) -> None:
        self._provider = provider
        self._ledger = ledger
        self._platform = platform
        self._tools = tools

    async def begin(self, eyes: Eyes, question: str) -> "Inquiry":
        """Open an account, or raise; nothing has been sent yet."""
        # The record is found by the question, from which secrets are taken out as well.
        subject = Subject("question", name=Redaction(hides_addresses=False).text(question))
        account = await self._ledger.open(eyes.actor, AssistantFeature.ASK, subject)
        talk = Talk(self._provider, self._ledger, account)
        fence = Fence()
        most = min(_MOST_RESULT, account.terms.most_input_characters // _ROOMS)
        box = ToolBox(self._platform, eyes, self._tools, talk.redaction, fence, most)
        return Inquiry(talk, self._ledger, box, fence.told(ASK), question)


class Inquiry:
    """One question on its way to an answer."""

    def __init__(
        self, talk: Talk, ledger: Ledger, box: ToolBox, system: str, question: str
    ) -> None:
        self._talk = talk
        self._ledger = ledger
        self._box = box
        self._system = system
        self._turns: list[Turn] = [UserTurn(question)]
        self._is_full = False

    @property
    def account(self) -> Account:
        """What it is counted on."""
        return self._talk.account

    async def events(self) -> AsyncGenerator[AnswerEvent, None]:
        """Yield what is looked up, then the answer and the end; raises problems."""
        async with settling(self._ledger, self._box.eyes.actor, self.account):
            given: GivenAnswer | None = None
            repairs = 0
            for number in range(MOST_ROUNDS):
                must_answer = self._is_full or number == MOST_ROUNDS - 1
                answer = await self._next(must_answer=must_answer)
                try:
                    given = _given(answer, must_answer=must_answer)
                except NotOfTheForm as error:
                    repairs += 1
                    if repairs > MOST_REPAIRS:
                        raise problem_of(gave_up(str(error))) from error
                    self._mend(answer, str(error))
                    continue
                if given is not None:
                    break
                for call in answer.calls[:MOST_CALLS]:
                    yield Looking(self._box.words(call))
                await self._look(answer)
            if given is None:
                raise problem_of(_endless())
            text = self._talk.redaction.restored(given.answer)
            links = await self._box.references.links(text, self._box.eyes)
            self.account.received = given.answer
            yield Answered(text, links)
            last = finished(self.account, self._box.platform.clock)
        yield last

    async def _next(self, *, must_answer: bool) -> Answer:
        await self._box.eyes.refresh()
        terms = self.account.terms
        tools = [_GIVE] if must_answer else [*self._box.offered(), _GIVE]
        answer = await self._talk.chat(
            Ask(
                terms.model,
                self._system,
                self._turns,
                tools=tools,
                must_call=True,
                most_tokens=terms.most_output_tokens,
            )
        )
        refuse_cut(answer)
        return answer

    async def _look(self, answer: Answer) -> None:
        """Use the tools that the model wants; each call gets its result."""
        results: list[ToolResult] = []
        for place, call in enumerate(answer.calls):
            if place < MOST_CALLS:
                result = await self._box.use(call)
            else:
                result = ToolResult(call.id, "Too many at once: ask for it again.", is_error=True)
            results.append(self._that_fits(call, result, answer, results))
        self._turns += [ModelTurn(answer.text, answer.calls), ToolTurn(tuple(results))]

    def _that_fits(
        self, call: ToolCall, result: ToolResult, answer: Answer, before: Sequence[ToolResult]
    ) -> ToolResult:
        """Return the result, or a word instead when there is no room for it."""
        most = self.account.terms.most_input_characters
        used = len(self._system) + _length(self._turns)
        used += len(answer.text) + sum(len(one.arguments) for one in answer.calls)
        used += sum(len(one.text) for one in before)
        spare = len(_FULL) * len(answer.calls) + _FOR_REPAIRS
        if used + len(result.text) + spare <= most:
            return result
        self._is_full = True
        return ToolResult(call.id, _FULL, is_error=True)

    def _mend(self, answer: Answer, fault: str) -> None:
        """Tell the model what is wrong with its answer."""
        self._turns.append(ModelTurn(answer.text, answer.calls))
        if answer.calls:
            # Each call needs a result; the first says what is wrong, the others only cost.
            texts = [repair(fault), *("See the first." for _ in answer.calls[1:])]
            results = tuple(
                ToolResult(call.id, text, is_error=True)
                for call, text in zip(answer.calls, texts, strict=True)
            )
            self._turns.append(ToolTurn(results))
        else:
            self._turns.append(UserTurn(repair(fault)))


def _given(answer: Answer, *, must_answer: bool) -> GivenAnswer | None:
    """Return the answer, None while the model looks things up; raise for one that does not fit."""
    for call in answer.calls:
        if call.name == _GIVE.name:
            return _SHAPE.read(call.arguments)
    if answer.calls and not must_answer:
        return None
    raise NotOfTheForm(f"Call {_GIVE.name} to give the answer.")


def _length(turns: Sequence[Turn]) -> int:
    length = 0
    for turn in turns:
        match turn:
            case UserTurn():
                length += len(turn.text)
            case ModelTurn():
                length += len(turn.text) + sum(len(call.arguments) for call in turn.calls)
            case ToolTurn():
                length += sum(len(result.text) for result in turn.results)
    return length


def _endless() -> ProviderFailed:
    return gave_up(f"it looked things up {MOST_ROUNDS} times without an answer.")
