"""Tries settings by really asking: whether it answers, streams, keeps to a form, calls tools."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Literal

from pydantic import BaseModel

from app.kernel.errors import UnityError
from app.ports.ai_provider import (
    AiProvider,
    Answer,
    Ask,
    Failure,
    Health,
    Piece,
    ProviderFailed,
    Tool,
    UserTurn,
)
from app.schemas.core.assistant import AssistantCheck, AssistantSettingsWrite, AssistantTest
from app.services.core.assistant.errors import problem_of
from app.services.core.assistant.ledger import Account, Ledger
from app.services.core.assistant.settings import Terms
from app.services.core.assistant.settling import settling
from app.services.core.assistant.structured import Shape, ask_for
from app.services.core.assistant.talk import Talk
from app.services.core.permissions import Actor

_SYSTEM = "You are being tested. Answer shortly."
_MOST_TOKENS = 400
_SHOWN_MODELS = 200
_FEW = 8


class Colour(BaseModel):
    """A form that every model should be able to keep to."""

    colour: Literal["red", "green", "blue"]
    letters: int


_COLOUR = Shape("colour", Colour)
_TOOL = Tool(
    "look_up_server",
    "Look a server up by its name.",
    {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "additionalProperties": False,
    },
)


class Trial:
    """Asks one provider four small things, and says which of them went well."""

    def __init__(self, provider: AiProvider, ledger: Ledger) -> None:
        self._provider = provider
        self._ledger = ledger

    async def run(self, actor: Actor, terms: Terms, wish: AssistantSettingsWrite) -> AssistantTest:
        """Return what came of it; failures are results here."""
        try:
            health = await self._provider.health(terms.connection)
        except ProviderFailed as failed:
            return _test([_failed("The provider answers", failed, "")], (), wish)
        checks = [_greeting(health, terms)]
        if terms.model:
            account = await self._ledger.open_trial(actor, terms)
            checks += await self._ask(actor, account)
        return _test(checks, health.models, wish)

    async def _ask(self, actor: Actor, account: Account) -> list[AssistantCheck]:
        talk = Talk(self._provider, self._ledger, account)
        # A list of checks is an answer, also when they failed.
        async with settling(self._ledger, actor, account):
            first = await _check("The model answers, piece by piece", "", _stream, talk)
            if not first.is_fine:
                return [first]
            return [
                first,
                await _check("It keeps to a form", "", _form, talk),
                await _check("It calls tools", "questions", _tools, talk),
            ]


def _test(
    checks: list[AssistantCheck], models: tuple[str, ...], wish: AssistantSettingsWrite
) -> AssistantTest:
    counts = [one for one in checks if not one.needed_for or wish.answers_questions]
    return AssistantTest(
        is_fine=all(one.is_fine for one in counts) and bool(wish.model),
        checks=checks,
        models=[*models[:_SHOWN_MODELS]],
    )


def _greeting(health: Health, terms: Terms) -> AssistantCheck:
    said = f"It took {health.seconds * 1000:.0f} ms."
    names = health.models
    is_known = not names or not terms.model or terms.model in names
    if not names:
        said += " It lists no models."
    elif is_known:
        said += f" It offers {len(names)} {'model' if len(names) == 1 else 'models'}."
    else:
        said += f" It does not list {terms.model}, but: {', '.join(names[:_FEW])}."
    return AssistantCheck(what="The provider answers", is_fine=is_known, detail=said, needed_for="")


async def _check(
    what: str, needed_for: str, work: Callable[[Talk], Awaitable[str]], talk: Talk
) -> AssistantCheck:
    try:
        detail = await work(talk)
    except ProviderFailed as failed:
        return _failed(what, failed, needed_for)
    except UnityError as error:
        return AssistantCheck(
            what=what, is_fine=False, detail=f"{error.detail} {error.fix}", needed_for=needed_for
        )
    return AssistantCheck(what=what, is_fine=True, detail=detail, needed_for=needed_for)


def _failed(what: str, failed: ProviderFailed, needed_for: str) -> AssistantCheck:
    problem = problem_of(failed)
    return AssistantCheck(
        what=what,
        is_fine=False,
        detail=f"{problem.title}. {problem.detail} {problem.fix}",
        needed_for=needed_for,
    )


async def _stream(talk: Talk) -> str:
    ask = _ask(talk, "Write the numbers from one to five as words.")
    pieces, said = 0, ""
    async with aclosing(talk.stream(ask)) as coming:
        async for one in coming:
            match one:
                case Piece():
                    pieces += 1
                case Answer():
                    said = one.text
    return f"“{' '.join(said.split())[:80]}”, in {pieces} {'piece' if pieces == 1 else 'pieces'}."


async def _form(talk: Talk) -> str:
    ask = _ask(talk, "Choose a colour and count the letters of its name. Answer as JSON.")
    found = await ask_for(talk, ask, _COLOUR)
    return f"It chose {found.colour}."


async def _tools(talk: Talk) -> str:
    question = "Is the server called nas online? Look it up with the tool."
    answer = await talk.chat(_ask(talk, question, _TOOL))
    if not answer.calls:
        raise ProviderFailed(Failure.NOT_TAKEN, "It wrote text instead of calling the tool.")
    return f"It called {answer.calls[0].name[:60]}."


def _ask(talk: Talk, text: str, *tools: Tool) -> Ask:
    terms = talk.account.terms
    return Ask(
        terms.model,
        _SYSTEM,
        [UserTurn(text)],
        tools=tools,
        must_call=bool(tools),
        most_tokens=min(_MOST_TOKENS, terms.most_output_tokens),
    )
