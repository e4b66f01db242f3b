"""Which class plays which provider: by the protocol's name in the registry and, for OpenAI's, the provider's dialect of it."""

from __future__ import annotations

from typing import Any

from .azure_document_api import AzureDocumentApi
from .azure_openai_api import AzureOpenAiApi
from .azure_speech_stt_api import AzureSpeechSttApi
from .azure_speech_tts_api import AzureSpeechTtsApi
from .infomaniak_api import InfomaniakSttApi
from .mistral_api import MistralApi
from .openai_api import Api
from .openai_dialects import DIALECTS
from .provider_api import ProviderApi

PROTOCOLS: dict[str, type[ProviderApi]] = {
    "openai": Api,
    "azure_openai": AzureOpenAiApi,
    "azure_speech_stt": AzureSpeechSttApi,
    "azure_speech_tts": AzureSpeechTtsApi,
    "azure_document_intelligence": AzureDocumentApi,
    "infomaniak_stt": InfomaniakSttApi,
    "mistral": MistralApi,
}


def make_api(
    name: str, models: dict[str, set[str]], *, protocol: str = "openai", dialect: str | None = None, **options: Any
) -> ProviderApi:
    """`options`: fields of the class."""
    if dialect is None:
        return PROTOCOLS[protocol](name, models, **options)
    if protocol != "openai":
        raise ValueError(f"{protocol} has no dialects")
    return DIALECTS[dialect](name, models, **options)
