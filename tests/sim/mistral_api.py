"""Mistral's own API: chat and embeddings with parameter names of its own, transcriptions, and OCR.

A field that it does not know is refused as FastAPI does. What it streams has the usage in the last chunk, when asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import hearing, openai_audio, reading
from .openai_api import CHAT, EMBEDDINGS, MODELS, TRANSCRIPTIONS, Api, count_images
from .provider_api import Answer, Failure, check_media_type, json_answer, read_json
from .wire import Request

OCR = "/ocr"
METHODS = {CHAT: "POST", EMBEDDINGS: "POST", MODELS: "GET", TRANSCRIPTIONS: "POST", OCR: "POST"}
CHAT_FIELDS = (
    "model messages temperature top_p max_tokens stream stream_options stop random_seed metadata response_format tools "
    "tool_choice presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort guardrails "
    "prompt_cache_key safe_prompt"
).split()
EMBEDDING_FIELDS = "model input metadata output_dimension output_dtype encoding_format".split()
OCR_FIELDS = (
    "model document id pages include_image_base64 image_limit image_min_size bbox_annotation_format document_annotation_format "
    "document_annotation_prompt table_format extract_header extract_footer include_blocks confidence_scores_granularity"
).split()
DOCUMENT_FIELDS = {
    "document_url": ("type", "document_url", "document_name"),
    "image_url": ("type", "image_url"),
    "file": ("type", "file_id"),
}
FORM_ONCE = ("model", "file", "file_url", "file_id", "language", "temperature", "stream", "diarize")
GRANULARITIES = ("timestamp_granularities", "timestamp_granularities[]")
FORM_FIELDS = (*FORM_ONCE, *GRANULARITIES, "context_bias", "context_bias[]")
EXTENSIONS = (*openai_audio.EXTENSIONS, "aac", "opus")
PICTURE = "iVBORw0KGgo="
WORDS = {400: "invalid_request_error", 404: "not_found", 413: "request_too_large", 429: "rate_limited"}


def mistaken(message: str, *place: str | int, kind: str = "value_error", given: Any = None) -> Failure:
    """A 422 as FastAPI has it."""
    told = {"type": kind, "loc": ["body", *place], "msg": message, "input": given}
    return Failure(422, message, details=[told])


def check_fields(given: Any, known: Any, *place: str | int) -> None:
    for name in given:
        if name not in known:
            raise mistaken("Extra inputs are not permitted", *place, name, kind="extra_forbidden")


@dataclass
class MistralApi(Api):
    prefix: str = "/v1"
    counts_in_last_chunk: bool = True
    thinks: bool = False  # content comes as an array of chunks, thoughts first
    wraps_details: bool = False  # a 422's detail comes within `message`
    ends_with: str = "stop"  # an answer's finish reason; "error" is one of Mistral's own
    file_limit: int = 500 << 20

    # ---- judging

    def check(self, request: Request) -> None:
        self.check_key(request)
        path = self.path(request)
        self.check_method(request, METHODS, path)
        if path == CHAT:
            self.check_chat(read_json(request))
        elif path == EMBEDDINGS:
            self.check_embeddings(read_json(request))
        elif path == TRANSCRIPTIONS:
            self.check_recording(self.read_form(request))
        elif path == OCR:
            check_media_type(request)
            self.check_document(read_json(request))

    def check_chat(self, body: dict[str, Any]) -> None:
        check_fields(body, CHAT_FIELDS)
        check_fields(body.get("stream_options") or {}, ("include_usage",), "stream_options")
        self.check_model(body.get("model"), "vision" if count_images(body) else "chat")
        # Mistral's schema has 1.5, its page on errors 1: what both take is never refused, and what neither does always.
        if not 0 <= (body.get("temperature") or 0) <= 1.5:
            raise mistaken("Input should be from 0 to 1.5", "temperature", given=body["temperature"])
        choice = body.get("tool_choice")
        if isinstance(choice, str) and choice not in ("auto", "none", "any", "required"):
            raise mistaken("Input should be 'auto', 'none', 'any' or 'required'", "tool_choice", given=choice)

    def check_embeddings(self, body: dict[str, Any]) -> None:
        check_fields(body, EMBEDDING_FIELDS)
        self.check_model(body.get("model"), "embeddings")

    def read_form(self, request: Request) -> openai_audio.Asked:
        asked = openai_audio.read_form(request)
        for name in FORM_ONCE:
            if len(asked.form.all(name)) > 1:
                raise mistaken("Given more than once", name)
        return asked

    def check_recording(self, asked: openai_audio.Asked) -> None:
        form = asked.form
        check_fields(form.names, FORM_FIELDS)
        self.check_model(asked.model, "stt")
        if len([name for name in ("file", "file_url", "file_id") if name in form.names]) != 1:
            raise mistaken("Exactly one of file, file_url and file_id", "file")
        if len(openai_audio.check_file(form, EXTENSIONS)) > self.file_limit:
            raise self.too_large()
        openai_audio.check_language(form)
        openai_audio.check_temperature(form)
        wanted = granularities(asked)
        if wanted - {"segment", "word"}:
            raise mistaken("Input should be 'segment' or 'word'", "timestamp_granularities")
        if wanted and form.one("language"):
            raise mistaken("timestamp_granularities is not compatible with language", "timestamp_granularities")

    def check_document(self, body: dict[str, Any]) -> None:
        check_fields(body, OCR_FIELDS)
        self.check_model(body.get("model"), "ocr")
        document = body.get("document")
        if not isinstance(document, dict) or document.get("type") not in DOCUMENT_FIELDS:
            raise mistaken("Input should be a document", "document")
        check_fields(document, DOCUMENT_FIELDS[document["type"]], "document")
        if document["type"] == "file":
            raise Failure(404, "File not found", "not_found")
        self.pages(body, self.document(body))

    def document(self, body: dict[str, Any]) -> reading.Document:
        given = body["document"]
        kind = given["type"]
        url = given.get(kind)
        if isinstance(url, dict) and kind == "image_url":
            url = url.get("url")
        if not isinstance(url, str):
            raise mistaken("Input should be a URL", "document", kind)
        try:
            return reading.read_data_uri(url) if url.startswith("data:") else reading.read_url(url, kind == "image_url")
        except ValueError as error:
            raise Failure(400, f"Document could not be read: {error}", "3310") from error

    def pages(self, body: dict[str, Any], document: reading.Document) -> list[int]:
        """Counted from 0, in the document's order."""
        asked = body.get("pages")
        if asked is None:
            return list(range(document.pages))
        if isinstance(asked, str):
            ends = [part.partition("-") for part in asked.split(",")]
            asked = [page for first, _, last in ends for page in range(int(first), int(last or first) + 1)]
        if not isinstance(asked, list) or not all(type(page) is int and page >= 0 for page in asked):
            raise mistaken("Input should be a list of pages", "pages", given=asked)
        return sorted({page for page in asked if page < document.pages})

    def wrong_key(self) -> Failure:
        return Failure(401, "Unauthorized")

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, "no Route matched with those values")

    def unknown_model(self, model: Any) -> Failure:
        return Failure(400, f"Invalid model: {model}", "1500", kind="invalid_model")

    def refusal(self, failure: Failure) -> Answer:
        if failure.status == 401:
            return json_answer({"detail": failure.message}, 401)
        if failure.status == 422:
            detail = {"detail": failure.details or [{"type": "value_error", "loc": ["body"], "msg": failure.message}]}
            wrapped = {"object": "error", "message": detail, "type": "invalid_request_error", "param": None, "code": None}
            return json_answer(wrapped if self.wraps_details else detail, 422)
        kind = failure.kind if failure.kind != "invalid_request_error" else WORDS.get(failure.status, "internal_server_error")
        told = {"object": "error", "message": failure.message, "type": kind, "param": failure.param, "code": failure.code}
        return json_answer(told, failure.status, failure.headers)

    # ---- answering

    def answer(self, request: Request) -> Answer:
        path = self.path(request)
        if path == TRANSCRIPTIONS:
            return json_answer(self.transcript(self.read_form(request)))
        if path == OCR:
            return json_answer(self.read_document(read_json(request)))
        return super().answer(request)

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        told = super().completion(body)
        message = {"role": "assistant", "tool_calls": None, "content": self.content(self.text(body))}
        told["choices"] = [{"index": 0, "message": message, "finish_reason": self.finish_reason(body)}]
        del told["system_fingerprint"]
        return told

    def deltas(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        thought = [{"content": self.content("")[:1]}] if self.thinks else []
        return [*thought, *super().deltas(body)]

    def content(self, text: str) -> str | list[dict[str, Any]]:
        if not self.thinks:
            return text
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}]}
        return [thought, {"type": "text", "text": text}]

    def counted(self, body: dict[str, Any], answer: str) -> dict[str, Any]:
        told = {"num_cached_tokens": 0, "prompt_token_details": {"cached_tokens": 0}, "prompt_audio_seconds": None}
        return super().counted(body, answer) | told

    def finish_reason(self, body: dict[str, Any]) -> str:
        return self.ends_with

    def embeddings(self, body: dict[str, Any]) -> dict[str, Any]:
        return super().embeddings({"dimensions": body.get("output_dimension", self.dimensions), **body})

    def transcript(self, asked: openai_audio.Asked) -> dict[str, Any]:
        heard = hearing.listen(self.name, asked.audio, asked.form.text("language"), self.milliseconds)
        wanted = granularities(asked)
        spans = heard.words if "word" in wanted else heard.segments if wanted else ()
        return {
            "model": asked.model,
            "text": heard.text,
            "language": asked.form.text("language") or None,
            "segments": [
                {
                    "type": "transcription_segment",
                    "text": span.text,
                    "start": span.begin / 1000,
                    "end": span.end / 1000,
                    "score": None,
                    "speaker_id": None,
                }
                for span in spans
            ],
            "finish_reason": None,
            "usage": {
                "prompt_audio_seconds": heard.billed_seconds,
                "prompt_tokens": 4,
                "completion_tokens": len(heard.words),
                "total_tokens": 4 + len(heard.words),
            },
        }

    def read_document(self, body: dict[str, Any]) -> dict[str, Any]:
        document = self.document(body)
        numbers = self.pages(body, document)
        with_pictures = body.get("include_image_base64") is True
        return {
            "pages": [self.page(document, number, with_pictures) for number in numbers],
            "model": body["model"],
            "document_annotation": None,
            "usage_info": {"pages_processed": len(numbers), "doc_size_bytes": document.size},
        }

    def page(self, document: reading.Document, number: int, with_pictures: bool) -> dict[str, Any]:
        picture = {"id": f"img-{number}.png", "top_left_x": 10, "top_left_y": 20, "bottom_right_x": 110, "bottom_right_y": 220}
        picture["image_base64"] = f"data:image/png;base64,{PICTURE}" if with_pictures else None
        return {
            "index": number,
            "markdown": document.page(self.name, number + 1),
            "images": [picture],
            "dimensions": {"dpi": 200, "height": 2200, "width": 1700},
        }


def granularities(asked: openai_audio.Asked) -> frozenset[str]:
    return frozenset(part.text for name in GRANULARITIES for part in asked.form.all(name))
