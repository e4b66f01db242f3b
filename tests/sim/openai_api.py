"""What a provider answers when nothing goes wrong: chat completions, embeddings and models in OpenAI's shapes.

Answers depend on the request alone, so two runs give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from .wire import Request, to_json

CREATED = 1_760_000_000


@dataclass
class Failure(Exception):
    """An error answer in OpenAI's shape."""

    status: int
    message: str
    code: str
    kind: str = "invalid_request_error"
    param: str | None = None

    def body(self) -> bytes:
        return to_json({"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}})


@dataclass
class Api:
    """One provider's behaviour. `models`: its own ids, with the modalities of each."""

    name: str
    models: dict[str, set[str]]
    keys: tuple[str, ...] = ()  # accepted bearer keys; empty: any
    prefix: str = "/v1"
    usage: dict[str, Any] | None = None  # in place of counted tokens
    dimensions: int = 8
    base64_embeddings: bool = True  # false: floats whatever was asked, as some hosts do
    rejects: tuple[str, ...] = ()  # body fields that are a 400 here

    def check(self, request: Request) -> None:
        """Raises the Failure that a real provider would answer with before it does any work."""
        token = (request.header("authorization") or "").removeprefix("Bearer ")
        if self.keys and token not in self.keys:
            raise Failure(401, "Incorrect API key provided", "invalid_api_key")
        path = request.target.split("?")[0]
        routes = {"/chat/completions": "POST", "/embeddings": "POST", "/models": "GET"}
        if not path.startswith(self.prefix) or (method := routes.get(path.removeprefix(self.prefix))) is None:
            raise Failure(404, f"Unknown request URL: {request.method} {path}", "unknown_url")
        if request.method != method:
            raise Failure(405, f"Method not allowed: {request.method}", "method_not_allowed")
        if method == "POST":
            self._check_body(request, path.removeprefix(self.prefix))

    def _check_body(self, request: Request, path: str) -> None:
        try:
            body = request.json()
        except ValueError as error:
            raise Failure(400, f"Could not parse the JSON body: {error}", "invalid_json") from error
        needed = {"embeddings"} if path == "/embeddings" else {"vision"} if count_images(body) else {"chat"}
        modalities = self.models.get(body.get("model"))
        if modalities is None:
            raise Failure(404, f"The model {body.get('model')!r} does not exist", "model_not_found", param="model")
        if not needed <= modalities:
            raise Failure(400, "This model does not take such input", "unsupported_input", param="messages")
        for name in self.rejects:
            if name in body:
                raise Failure(400, f"Unrecognized request argument supplied: {name}", "unknown_parameter", param=name)

    def answer(self, request: Request) -> bytes:
        """The body of a whole, not streamed, answer."""
        if request.target.endswith("/models"):
            return to_json(
                {
                    "object": "list",
                    "data": [
                        {"id": name, "object": "model", "created": CREATED, "owned_by": self.name}
                        for name in self.models
                    ],
                }
            )
        if request.target.endswith("/embeddings"):
            return to_json(self.embeddings(request.json()))
        return to_json(self.completion(request.json()))

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        text = self.text(body)
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "id": identifier(body),
            "object": "chat.completion",
            "created": CREATED,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
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

    def text(self, body: dict[str, Any]) -> str:
        images = count_images(body)
        seen = f" and {images} image{'s' if images > 1 else ''}" if images else ""
        return f"{self.name} received{seen}: {last_text(body)}"

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
