"""Chooses the protocol. What speaks it is imported when it is first used: AI is off by default."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from app.kernel.database import in_transaction
from app.ports.ai_provider import Answer, Ask, Connection, Health, Piece, Protocols

TYPE_CHECKING = False
if TYPE_CHECKING:
    from app.adapters.ai.dialect import Dialect


class HttpAiProvider:
    """Implements `AiProvider`."""

    async def chat(self, connection: Connection, ask: Ask) -> Answer:
        """Return the whole answer; see the port."""
        dialect = _dialect(connection)
        from app.adapters.ai import wire  # noqa: PLC0415 - it loads an HTTP client

        body = dialect.body(ask, is_stream=False)
        document = await wire.post(connection, dialect.call(connection, body))
        return dialect.answer(document, ask)

    async def stream(
        self, connection: Connection, ask: Ask
    ) -> AsyncGenerator[Piece | Answer, None]:
        """Yield pieces, then the whole answer; see the port."""
        dialect = _dialect(connection)
        from app.adapters.ai import wire  # noqa: PLC0415 - it loads an HTTP client

        reader = dialect.reader(ask)
        body = dialect.body(ask, is_stream=True)
        # Closed here and now when nobody listens any longer: the provider then stops, too.
        async with aclosing(wire.events(connection, dialect.call(connection, body))) as documents:
            async for document in documents:
                text = reader.take(document)
                if text:
                    yield Piece(text)
                if reader.is_over:
                    break
        yield reader.answer()

    async def models(self, connection: Connection) -> Sequence[str]:
        """Return the names of the models."""
        return (await self.health(connection)).models

    async def health(self, connection: Connection) -> Health:
        """Ask for the list of models."""
        dialect = _dialect(connection)
        from app.adapters.ai import wire  # noqa: PLC0415 - it loads an HTTP client

        began = time.perf_counter()
        document = await wire.find(connection, dialect.call(connection, None))
        return Health(time.perf_counter() - began, dialect.names(document))


def _dialect(connection: Connection) -> "Dialect":
    if in_transaction():
        raise RuntimeError("A model was about to be asked inside a database transaction.")
    if connection.protocol is Protocols.ANTHROPIC:
        from app.adapters.ai.anthropic import Anthropic  # noqa: PLC0415 - loaded when used

        return Anthropic()
    from app.adapters.ai.openai import OpenAi  # noqa: PLC0415 - loaded when used

    return OpenAi()
