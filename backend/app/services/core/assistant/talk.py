"""One conversation with the model: redacted on its way out, counted, and kept for the record."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from app.kernel.errors import JsonValue
from app.ports.ai_provider import (
    AiProvider,
    Answer,
    Ask,
    ModelTurn,
    Piece,
    Tool,
    ToolCall,
    ToolResult,
    ToolTurn,
    Turn,
    UserTurn,
)
from app.services.core.assistant.errors import TooMuchToSend
from app.services.core.assistant.ledger import Account, Ledger
from app.services.core.assistant.redaction import Redaction


class Talk:
    """Asks on one account; every request but the first has to be allowed anew."""

    def __init__(self, provider: AiProvider, ledger: Ledger, account: Account) -> None:
        self._provider = provider
        self._ledger = ledger
        self._is_first = True
        self.account = account
        self.redaction = Redaction(hides_addresses=account.terms.hides_addresses)

    async def chat(self, ask: Ask) -> Answer:
        """Return the whole answer."""
        ask = await self._ready(ask)
        answer = await self._provider.chat(self.account.terms.connection, ask)
        self._note(answer)
        return answer

    async def stream(self, ask: Ask) -> AsyncGenerator[Piece | Answer, None]:
        """Yield pieces, then the whole answer."""
        ask = await self._ready(ask)
        source = self._provider.stream(self.account.terms.connection, ask)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    self._note(piece)
                else:
                    # What has come stands in the record, also when the rest never does.
                    self.account.received += piece.text
                yield piece

    async def _ready(self, ask: Ask) -> Ask:
        """Redact, measure, ask for leave, and keep what is going to be sent."""
        ask = replace(ask, turns=[self._redacted(turn) for turn in ask.turns])
        most, length = self.account.terms.most_input_characters, _length(ask)
        if length > most:
            raise TooMuchToSend(
                f"{length:,} characters would be sent; the settings allow {most:,}.",
                fix="Ask about less at once, or have the limit raised under System, AI.",
            )
        if not self._is_first:
            await self._ledger.renew(self.account)
        self._is_first = False
        self.account.sent = written(ask)
        self.account.received = ""
        return ask

    def _note(self, answer: Answer) -> None:
        self.account.add(answer.usage)
        self.account.received = answer.text + "".join(
            f"\n{call.name}({call.arguments})" for call in answer.calls
        )

    def _redacted(self, turn: Turn) -> Turn:
        text = self.redaction.text
        match turn:
            case UserTurn():
                return UserTurn(text(turn.text))
            case ModelTurn():
                calls = tuple(replace(call, arguments=text(call.arguments)) for call in turn.calls)
                return ModelTurn(text(turn.text), calls)
            case ToolTurn():
                return ToolTurn(
                    tuple(replace(result, text=text(result.text)) for result in turn.results)
                )


def written(ask: Ask) -> list[dict[str, JsonValue]]:
    """Return what is sent, as the record shows it."""
    parts: list[dict[str, JsonValue]] = [{"role": "system", "text": ask.system}]
    if ask.tools:
        parts.append({"role": "tools", "text": _named(ask.tools)})
    if ask.form is not None:
        parts.append({"role": "tools", "text": f"an answer in the form {ask.form.name}"})
    for turn in ask.turns:
        match turn:
            case UserTurn():
                parts.append({"role": "user", "text": turn.text})
            case ModelTurn():
                parts.append({"role": "model", "text": turn.text + _called(turn.calls)})
            case ToolTurn():
                parts += [{"role": "tool", "text": result.text} for result in turn.results]
    return parts


def _named(tools: Sequence[Tool]) -> str:
    return ", ".join(tool.name for tool in tools)


def _called(calls: Sequence[ToolCall]) -> str:
    return "".join(f"\n{call.name}({call.arguments})" for call in calls)


def _length(ask: Ask) -> int:
    """Count the characters of the texts; names and schemas of tools are always the same few."""
    length = len(ask.system)
    for turn in ask.turns:
        match turn:
            case UserTurn():
                length += len(turn.text)
            case ModelTurn():
                length += len(turn.text) + sum(len(call.arguments) for call in turn.calls)
            case ToolTurn():
                length += sum(_size(result) for result in turn.results)
    return length


def _size(result: ToolResult) -> int:
    return len(result.text)
