"""Providers that speak OpenAI's protocol with an accent: their own errors, their own statuses, their own limits."""

from __future__ import annotations

import http
from dataclasses import dataclass, replace
from typing import Any

from .openai_api import TRANSCRIPTIONS, Api, texts
from .openai_audio import Asked
from .provider_api import Answer, Failure, invalid, json_answer
from .wire import Request

GOOGLE_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

UNSUPPORTED_AT_SCALEWAY = (
    "audio",
    "metadata",
    "modalities",
    "prediction",
    "prompt_cache_key",
    "safety_identifier",
    "service_tier",
    "store",
    "system_fingerprint",
    "user",
    "web_search",
    "web_search_options",
)


@dataclass
class GeminiApi(Api):
    """Google's: errors come as an array of one, with a number as code and a bad key as a 400."""

    prefix: str = "/v1beta/openai"

    def wrong_key(self) -> Failure:
        reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        return Failure(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID", details=[reason])

    def refusal(self, failure: Failure) -> Answer:
        word = GOOGLE_WORDS.get(failure.status, "INTERNAL" if failure.status >= 500 else "INVALID_ARGUMENT")
        error = {"code": failure.status, "message": failure.message, "status": word}
        if failure.details is not None:
            error["details"] = failure.details
        return json_answer([{"error": error}], failure.status, failure.headers)


@dataclass
class VertexApi(GeminiApi):
    """Google's for organisations: the key is a token, and a bad one is a 401."""

    def wrong_key(self) -> Failure:
        return Failure(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED")


@dataclass
class ScalewayApi(Api):
    """Codes are numbers, an unknown model is a 422, the oldest models have flat errors, and what is documented as not
    supported is refused."""

    rejects: tuple[str, ...] = UNSUPPORTED_AT_SCALEWAY
    transcript_formats: tuple[str, ...] = ("json",)
    legacy: tuple[str, ...] = ("llama-3.3-70b-instruct", "gemma-3-27b-it")
    output_limit: int = 16_384  # max_completion_tokens; more is a 416

    def no_key(self) -> Failure:
        return Failure(401, "Authentication is denied: the header is missing", "denied_authentication")

    def wrong_key(self) -> Failure:
        return Failure(403, "Insufficient permissions to access the resource", "permissions_denied")

    def unknown_model(self, model: Any) -> Failure:
        return Failure(422, f"Model {model!r} not found", "unknown_model", param="model")

    def check_chat(self, body: dict[str, Any]) -> None:
        try:
            super().check_chat(body)
            self.check_limit(body)
            if "include_obfuscation" in (body.get("stream_options") or {}):
                raise invalid("stream_options", "include_obfuscation is not supported")
        except Failure as failure:
            failure.details = body.get("model")
            raise

    def check_limit(self, body: dict[str, Any]) -> None:
        for name in ("max_tokens", "max_completion_tokens"):
            if (body.get(name) or 0) > self.output_limit:
                raise Failure(416, f"{name} is over the model's limit of {self.output_limit}", param=name)

    def refusal(self, failure: Failure) -> Answer:
        error = {"message": failure.message, "type": failure.kind, "param": None, "code": failure.status}
        if failure.details in self.legacy:
            return json_answer({"object": "error", **error}, failure.status, failure.headers)
        return json_answer({"error": error}, failure.status, failure.headers)


@dataclass
class TogetherApi(Api):
    """403 for a prompt that is too long, 402 for money spent, transcripts in two forms and, unless told, in English. Every
    answer that is no stream tells the limits in force."""

    transcript_formats: tuple[str, ...] = ("json", "verbose_json")
    languages: tuple[str, ...] = ("auto",)
    usual_language: str = "en"
    file_limit: int = 500 << 20
    longest_audio: int = 4 * 3_600_000  # milliseconds
    context_words: int = 100_000  # of a prompt; stands in for tokens
    is_spent: bool = False
    is_full: bool = False  # the platform, whatever the client's own rate
    limits: tuple[tuple[str, str], ...] = (
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "9"),
        ("x-ratelimit-reset", "1"),
        ("x-tokenlimit-limit", "3000"),
        ("x-tokenlimit-remaining", "2990"),
    )

    def check(self, request: Request) -> None:
        super().check(request)
        if self.is_spent:
            raise Failure(402, "You have reached your spending limit.", "credit_limit_exceeded", "credit_limit")
        if self.is_full:
            raise Failure(503, "The model is overloaded and can't serve the request.")

    def answer(self, request: Request) -> Answer:
        told = super().answer(request)
        return replace(told, headers=(*told.headers, *self.limits))

    def check_chat(self, body: dict[str, Any]) -> None:
        super().check_chat(body)
        words = sum(len(text.split()) for text in texts(body))
        if words > self.context_words:
            raise Failure(403, f"The input of {words} tokens is longer than the model's {self.context_words}.")

    def check_transcription(self, asked: Asked) -> None:
        super().check_transcription(asked)
        if (self.milliseconds or 0) > self.longest_audio:
            raise Failure(400, "The audio is longer than 4 hours", "audio_too_long", param="file")

    def too_large(self) -> Failure:
        return Failure(400, f"The file is over {self.file_limit} bytes", "file_too_large", param="file")

    def refusal(self, failure: Failure) -> Answer:
        error: dict[str, Any] = {
            "message": failure.message,
            "type": failure.kind if failure.status != 429 else "rate_limit",
            "param": failure.param,
            "code": failure.code,
        }
        told: dict[str, Any] = {"id": "together-request-1", "error": error}
        if failure.status == 429:  # of which kind, a script may say by the code
            told["error_type"] = failure.code or "dynamic_request_limited"
            error["code"] = None
        return json_answer(told, failure.status, (*self.limits, *failure.headers))


@dataclass
class InfomaniakChatApi(Api):
    """Its chat and embeddings; what it refuses it says in words of its own. Some models think, by default and aloud."""

    thinkers: tuple[str, ...] = ("Qwen3.5", "Kimi", "Mistral-Small-4")  # in the model's name
    unstoppable: tuple[str, ...] = ("Mistral-Small-4",)  # of those: reasoning_effort can't be "none"
    thought: str = "Let me see."

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, "Method not found", "method_not_found")

    def check_chat(self, body: dict[str, Any]) -> None:
        super().check_chat(body)
        wanted = body.get("response_format") or {}
        if wanted.get("type") == "json_object":
            raise Failure(400, "response_format json_object is not supported, use json_schema", "invalid_parameter")
        if wanted.get("type") == "json_schema" and not (wanted.get("json_schema") or {}).get("name"):
            raise Failure(400, "response_format json_schema needs a name", "invalid_parameter")
        if body.get("reasoning_effort") == "none" and self.is_one_of(body, self.unstoppable):
            raise Failure(400, "chat_template is not supported for Mistral tokenizers", "invalid_parameter")

    def is_one_of(self, body: dict[str, Any], names: tuple[str, ...]) -> bool:
        return any(name in body["model"] for name in names)

    def thinks(self, body: dict[str, Any]) -> bool:
        return self.is_one_of(body, self.thinkers) and body.get("reasoning_effort") != "none"

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        told = super().completion(body)
        if self.is_one_of(body, self.thinkers):
            told["choices"][0]["message"]["reasoning"] = self.thought if self.thinks(body) else None
        return told

    def deltas(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        thought = [{"reasoning": self.thought}] if self.thinks(body) else []
        return [*thought, *super().deltas(body)]

    def refusal(self, failure: Failure) -> Answer:
        return described(failure)


def described(failure: Failure) -> Answer:
    """Infomaniak's shape of an error."""
    code = failure.code or http.HTTPStatus(failure.status).name.lower()
    return json_answer({"code": code, "description": failure.message}, failure.status, failure.headers)


@dataclass
class IonosApi(Api):
    """Answers are cut after 16 tokens unless the request says how many it wants."""

    usual_limit: int = 16

    def limit(self, body: dict[str, Any]) -> int:
        return body.get("max_completion_tokens") or body.get("max_tokens") or self.usual_limit

    def text(self, body: dict[str, Any]) -> str:
        return " ".join(super().text(body).split(" ")[: self.limit(body)])

    def finish_reason(self, body: dict[str, Any]) -> str:
        return "length" if len(super().text(body).split(" ")) > self.limit(body) else "stop"


@dataclass
class OvhcloudApi(Api):
    """A body over 2 MB is refused, but for recordings."""

    body_limit: int = 2 << 20

    def check(self, request: Request) -> None:
        super().check(request)
        if not request.path.endswith(TRANSCRIPTIONS) and len(request.body) > self.body_limit:
            raise Failure(413, "Request body too large", "payload_too_large")


DIALECTS: dict[str, type[Api]] = {
    "gemini": GeminiApi,
    "vertex": VertexApi,
    "scaleway": ScalewayApi,
    "together": TogetherApi,
    "infomaniak": InfomaniakChatApi,
    "ionos": IonosApi,
    "ovhcloud": OvhcloudApi,
}
