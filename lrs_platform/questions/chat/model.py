"""The chat model that LRS_LLM names, opened once.

Belongs here: settings to model. Not here: what is said to it. LangChain is imported only where a model is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrs_platform.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def open_model(settings: Settings) -> BaseChatModel | None:
    """The model, None where none is set. Raises ImportError where its provider's package is not installed."""
    if not settings.llm:
        return None
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "timeout": settings.llm_seconds, "max_retries": 1}
    if settings.llm_api_key is not None:
        options["api_key"] = settings.llm_api_key.get_secret_value()
    if settings.llm_url:
        options["base_url"] = settings.llm_url
    model: BaseChatModel = init_chat_model(settings.llm, **options)
    return model
