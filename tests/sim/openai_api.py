"""What a provider answers when nothing goes wrong, in OpenAI's shapes: chat completions, embeddings, models, and speech both
ways (openai_audio)."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from . import openai_audio
from .hearing import FORMATS
from .provider_api import Answer, Failure, ProviderApi, json_answer, read_json
from .wire import Request, to_json

CREATED = 1_760_000_000
CHAT, EMBEDDINGS, MODELS = "/chat/completions", "/embeddings", "/models"
TRANSCRIPTIONS, SPEECH = "/audio/transcriptions", "/audio/speech"
METHODS = {CHAT: "POST", EMBEDDINGS: "POST", MODELS: "GET", TRANSCRIPTIONS: "POST", SPEECH: "POST"}
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar")
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


@dataclass
class Api(ProviderApi):
    """One provider that speaks as OpenAI does. Dialects are subclasses."""

    prefix: str = "/v1"
    usage: dict[str, Any] | None = None  # in place of counted tokens
    dimensions: int = 8
    base64_embeddings: bool = True  # false: floats whatever was asked, as some hosts do
    rejects: tuple[str, ...] = ()  # fields of a body or a form that are a 400 here
    milliseconds: int | None = None  # how long every recording lasts
    transcript_formats: tuple[str, ...] = FORMATS
    speech_formats: tuple[str, ...] = ("mp3", "opus", "aac", "flac", "wav", "pcm")
    voices: tuple[str, ...] = VOICES
    languages: tuple[str, ...] = ()  # that a recording may be said to be in, beside the codes of ISO 639-1
    counts_in_last_chunk: bool = False  # a stream's usage comes with the finish reason, not in a chunk of its own
    usual_language: str = ""  # of a recording; empty: it is detected
    file_limit: int = 25 << 20  # bytes of a recording

    # ---- judging

    def check(self, request: Request) -> None:
        self.check_key(request)
        path = self.path(request)
        self.check_method(request, METHODS, path)
        if path == CHAT:
            self.check_chat(self.read_body(request))
        elif path == EMBEDDINGS:
            self.check_embeddings(self.read_body(request))
        elif path == TRANSCRIPTIONS:
            self.check_transcription(self.read_form(request))
        elif path == SPEECH:
            openai_audio.check_speech(self, self.read_body(request))

    def read_body(self, request: Request) -> dict[str, Any]:
        return read_json(request)

    def read_form(self, request: Request) -> openai_audio.Asked:
        return openai_audio.read_form(request)

    def check_chat(self, body: dict[str, Any]) -> None:
        self.check_model(body.get("model"), "vision" if count_images(body) else "chat")
        self.check_rejected(body)

    def check_embeddings(self, body: dict[str, Any]) -> None:
        self.check_model(body.get("model"), "embeddings")
        self.check_rejected(body)

    def check_transcription(self, asked: openai_audio.Asked) -> None:
        openai_audio.check_transcription(self, asked)

    def too_large(self) -> Failure:
        return Failure(413, f"Maximum content size limit ({self.file_limit}) exceeded", "file_too_large", param="file")

    def check_rejected(self, given: Any) -> None:
        for name in self.rejects:
            if name in given:
                raise Failure(400, f"Unrecognized request argument supplied: {name}", "unknown_parameter", param=name)

    def refusal(self, failure: Failure) -> Answer:
        error = {
            "message": failure.message,
            "type": KINDS.get(failure.status, failure.kind if failure.status < 500 else "server_error"),
            "param": failure.param,
            "code": failure.code,
        }
        return json_answer({"error": error}, failure.status, failure.headers)

    # ---- answering

    def answer(self, request: Request) -> Answer:
        path = self.path(request)
        if path == MODELS:
            return json_answer({"object": "list", "data": [self.model_card(name) for name in self.models]})
        if path == EMBEDDINGS:
            return json_answer(self.embeddings(self.read_body(request)))
        if path == TRANSCRIPTIONS:
            return openai_audio.transcription(self, self.read_form(request))
        if path == SPEECH:
            return openai_audio.speech(self.read_body(request))
        return json_answer(self.completion(self.read_body(request)))

    def has_events(self, request: Request) -> bool:
        return request.path.endswith(CHAT)

    def model_card(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": CREATED, "owned_by": self.name}

    def opening(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The events of a stream that come before the first choice."""
        return []

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        text = self.text(body)
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "id": identifier(body),
            "object": "chat.completion",
            "created": CREATED,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason(body)}],
            "usage": self.counted(body, text),
            "system_fingerprint": None,
        }

    def chunk(self, body: dict[str, Any], delta: dict[str, Any] | None, finish: str | None = None) -> dict[str, Any]:
        """One event of a stream; `delta` None makes the one without choices."""
        choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        return {
            "id": identifier(body),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": body["model"],
            "choices": choices,
        }

    def pieces(self, body: dict[str, Any]) -> list[str]:
        """The answer's text as a stream brings it: word by word."""
        words = self.text(body).split(" ")
        return [word if first else " " + word for first, word in zip([True] + [False] * len(words), words)]

    def deltas(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """What the events with content hold."""
        return [{"content": piece} for piece in self.pieces(body)]

    def text(self, body: dict[str, Any]) -> str:
        images = count_images(body)
        seen = f" and {images} image{'s' if images > 1 else ''}" if images else ""
        return f"{self.name} received{seen}: {last_text(body)}"

    def finish_reason(self, body: dict[str, Any]) -> str:
        return "stop"

    def counted(self, body: dict[str, Any], answer: str) -> dict[str, Any]:
        if self.usage is not None:
            return self.usage
        prompt = sum(len(text.split()) for text in texts(body)) + 3
        completion = len(answer.split(" "))
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def embeddings(self, body: dict[str, Any]) -> dict[str, Any]:
        given = body["input"]
        inputs = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
        size = body.get("dimensions", self.dimensions)
        as_base64 = self.base64_embeddings and body.get("encoding_format") == "base64"
        vectors = [vector(str(text), size) for text in inputs]
        data = [
            {"object": "embedding", "index": index, "embedding": encoded(one) if as_base64 else one}
            for index, one in enumerate(vectors)
        ]
        tokens = sum(len(str(text).split()) for text in inputs)
        usage = self.usage or {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def identifier(body: dict[str, Any]) -> str:
    return "chatcmpl-" + hashlib.sha256(to_json(body)).hexdigest()[:24]


def vector(text: str, size: int) -> list[float]:
    """Numbers that float32 holds exactly, so that a conversion can be checked for equality."""
    digest = hashlib.shake_256(text.encode()).digest(size)
    return [(byte - 128) / 256 for byte in digest]


def encoded(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every content part of every message; a plain text counts as one."""
    found: list[dict[str, Any]] = []
    for message in body.get("messages", []):
        content = message.get("content")
        found += content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    return found


def texts(body: dict[str, Any]) -> list[str]:
    return [part["text"] for part in parts(body) if part.get("type") == "text"]


def last_text(body: dict[str, Any]) -> str:
    found = texts(body)
    return found[-1] if found else ""


def count_images(body: dict[str, Any]) -> int:
    return sum(part.get("type") in ("image_url", "input_image", "image") for part in parts(body))
