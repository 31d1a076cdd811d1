"""Asking the assistant. It stands in the highest room, because its tools look into all below."""

import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.kernel import context
from app.kernel.errors import JsonValue, UnityError
from app.routers.dependencies import PlatformDep
from app.routers.guards import ActorAgain, CurrentActor, requires
from app.routers.problems import documented, kebab
from app.schemas.core.assistant import AssistantQuestion
from app.services.core.assistant.books import ledger_of
from app.services.core.assistant.core_tools import CORE_TOOLS
from app.services.core.assistant.events import Answered, AnswerEvent, Finished, Looking, Said
from app.services.core.assistant.explainer import Explainer
from app.services.core.assistant.eyes import Eyes
from app.services.core.assistant.questioner import Questioner
from app.services.core.permissions import P
from app.services.credentials.assistant_tools import CREDENTIAL_TOOLS
from app.services.infrastructure.assistant_tools import INFRASTRUCTURE_TOOLS, ServerBriefing

router = APIRouter(prefix="/api/assistant", tags=["assistant"])

_STREAM: dict[int | str, dict[str, object]] = {
    200: {
        "description": (
            "Events: `said` (text), `looking` (what is looked up), `answered` (text and links),"
            " `finished` (what it came to), or `problem` (a problem document)."
        ),
        "content": {
            "text/event-stream": {"example": 'event: said\ndata: {"text": "The pool "}\n\n'}
        },
    }
}


@router.post(
    "/alerts/{alert_id}/explanation",
    dependencies=[requires(P.ASSISTANT_USE)],
    response_class=StreamingResponse,
    summary="Explain an alert",
    responses={**documented(401, 403, 404, 409, 422, 429), **_STREAM},
)
async def explain_alert(
    alert_id: uuid.UUID, platform: PlatformDep, actor: CurrentActor
) -> StreamingResponse:
    """Send the alert with its measurements and history to the model, and stream what it writes.

    Only what the caller may see is sent, after secrets were taken out. The answer is text.
    """
    explainer = Explainer(
        platform.ai, ledger_of(platform), platform.clock, (ServerBriefing(platform),)
    )
    explanation = await explainer.begin(Eyes(platform.database, actor), alert_id)
    return _streamed(explanation.events())


@router.post(
    "/questions",
    dependencies=[requires(P.ASSISTANT_USE)],
    response_class=StreamingResponse,
    summary="Ask about the inventory",
    responses={**documented(401, 403, 409, 422, 429), **_STREAM},
)
async def ask_assistant(
    wish: AssistantQuestion, platform: PlatformDep, actor: CurrentActor, again: ActorAgain
) -> StreamingResponse:
    """Let the model answer a question by looking things up, and stream what it does.

    It sees what the caller may see, and its tools only read. Links of the answer lead to things
    that exist and that the caller may see.
    """
    tools = (*INFRASTRUCTURE_TOOLS, *CREDENTIAL_TOOLS, *CORE_TOOLS)
    questioner = Questioner(platform.ai, ledger_of(platform), platform, tools)
    inquiry = await questioner.begin(Eyes(platform.database, actor, again), wish.question)
    return _streamed(inquiry.events())


def _streamed(events: AsyncGenerator[AnswerEvent, None]) -> StreamingResponse:
    return StreamingResponse(
        _texts(events),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _texts(events: AsyncGenerator[AnswerEvent, None]) -> AsyncGenerator[str, None]:
    async with aclosing(events):
        try:
            async for event in events:
                yield _text(*_named(event))
        except UnityError as error:
            # The answer has begun, so its status is sent: the problem comes as an event.
            yield _text("problem", _problem(error))


def _named(event: AnswerEvent) -> tuple[str, Mapping[str, JsonValue]]:
    match event:
        case Said():
            return "said", {"text": event.text}
        case Looking():
            return "looking", {"words": event.words}
        case Answered():
            links: list[JsonValue] = [link.model_dump(mode="json") for link in event.links]
            return "answered", {"text": event.text, "links": links}
        case Finished():
            return "finished", {**asdict(event), "exchange_id": str(event.exchange_id)}


def _problem(error: UnityError) -> Mapping[str, JsonValue]:
    return {
        **error.context,
        "type": f"/problems/{kebab(type(error).__name__)}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "fix": error.fix,
        "instance": f"urn:request:{context.request_id.get() or 'none'}",
    }


def _text(name: str, payload: Mapping[str, JsonValue]) -> str:
    return f"event: {name}\ndata: {json.dumps(dict(payload))}\n\n"
