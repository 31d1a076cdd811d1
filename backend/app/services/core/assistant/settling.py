"""Sees to it that every account is settled, whatever ends the use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from app.kernel.clock import Clock
from app.kernel.errors import UnityError
from app.models.core.assistant import ExchangeState
from app.ports.ai_provider import ProviderFailed
from app.services.core.assistant.errors import problem_of
from app.services.core.assistant.events import Finished
from app.services.core.assistant.ledger import Account, Ledger
from app.services.core.permissions import Actor


@asynccontextmanager
async def settling(ledger: Ledger, actor: Actor, account: Account) -> AsyncIterator[None]:
    """Keep how the block ended; failures of the provider become problems."""
    state, problem = ExchangeState.LEFT, None
    try:
        yield
        state = ExchangeState.ANSWERED
    except ProviderFailed as failed:
        state, problem = ExchangeState.FAILED, problem_of(failed)
        raise problem from failed
    except UnityError as error:
        state, problem = ExchangeState.FAILED, error
        raise
    finally:
        # A person who closes the page cancels this task, again and again until it ends.
        with anyio.CancelScope(shield=True):
            await ledger.settle(actor, account, state, problem)


def finished(account: Account, clock: Clock, *, is_cut: bool = False) -> Finished:
    """Return the last event of a use."""
    return Finished(
        exchange_id=account.id,
        is_cut=is_cut,
        host=account.terms.host,
        model=account.terms.model,
        input_tokens=account.usage.input_tokens,
        output_tokens=account.usage.output_tokens,
        seconds=(clock.now() - account.began).total_seconds(),
    )
