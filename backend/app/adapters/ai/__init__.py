"""Language models over HTTP."""

from app.adapters.ai.gateway import HttpAiProvider

__all__ = ["HttpAiProvider"]
