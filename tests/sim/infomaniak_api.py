"""Infomaniak's speech to text: a recording makes a batch, whose result is asked for until it is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import hearing, openai_audio
from .openai_dialects import described
from .provider_api import Answer, Failure, ProviderApi, json_answer
from .wire import Request

POST, RESULTS = "/openai/audio/transcriptions", "/results/"
FIELDS = ("file", "model", "language", "prompt", "response_format", "timestamp_granularities[]", "chunk_length")


@dataclass
class InfomaniakSttApi(ProviderApi):
    prefix: str = "/1/ai/1"
    pending: int = 1  # how often a batch is not found before it is done
    done: str = "done"  # or success
    fails_with: Any = None  # every batch ends in this error
    milliseconds: int | None = None  # how long every recording lasts
    file_limit: int = 25 << 20
    batches: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    waits: dict[str, int] = field(default_factory=dict, init=False)

    def forget(self) -> None:
        self.batches, self.waits = {}, {}

    def check(self, request: Request) -> None:
        self.check_key(request)
        path = self.path(request)
        if "?" in request.target:
            raise invalid("A query")
        if path.startswith(RESULTS):
            self.check_method(request, {path: "GET"}, path)
            return
        self.check_method(request, {POST: "POST"}, path)
        self.check_form(openai_audio.read_form(request))

    def check_form(self, asked: openai_audio.Asked) -> None:
        for name in asked.form.names:
            if name not in FIELDS:
                raise invalid(f"The {name} field is not allowed")
        self.check_model(asked.model, "stt")
        if len(openai_audio.check_file(asked.form)) > self.file_limit:
            raise invalid(f"The file may not be greater than {self.file_limit} bytes")
        if asked.format not in hearing.FORMATS:
            raise invalid("The selected response_format is invalid")
        if asked.granularities and asked.format != "verbose_json":
            raise invalid("timestamp_granularities[] goes with verbose_json alone")
        openai_audio.check_language(asked.form)

    def no_key(self) -> Failure:
        return Failure(401, "Unauthenticated", "not_authorized")

    def wrong_key(self) -> Failure:
        return Failure(401, "Invalid token", "not_authorized")

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, "Method not found", "method_not_found")

    def unknown_model(self, model: Any) -> Failure:
        return invalid(f"The selected model is invalid: {model}")

    def refusal(self, failure: Failure) -> Answer:
        return described(failure)

    def answer(self, request: Request) -> Answer:
        path = self.path(request)
        if path.startswith(RESULTS):
            return self.result(path.removeprefix(RESULTS))
        asked = openai_audio.read_form(request)
        name = f"00000000-0000-4000-9000-{len(self.batches) + 1:012x}"
        heard = hearing.listen(self.name, asked.audio, asked.form.text("language"), self.milliseconds)
        _, body = hearing.render(heard, asked.format, asked.granularities)
        told = {"batch_id": name, "status": self.done, "data": body.decode(), "error": None}
        if self.fails_with is not None:
            told |= {"status": "error", "data": None, "error": self.fails_with}
        self.batches[name], self.waits[name] = told, self.pending
        return json_answer({"batch_id": name})

    def result(self, name: str) -> Answer:
        if self.waits.get(name, 1) > 0:
            if name in self.waits:
                self.waits[name] -= 1
            raise Failure(404, "Object not found", "object_not_found")
        return json_answer(self.batches[name])


def invalid(message: str) -> Failure:
    return Failure(422, message, "validation_failed")
