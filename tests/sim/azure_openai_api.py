"""Azure OpenAI: OpenAI's shapes with Azure's paths, key, content filter and errors.

Two forms of path: what lies below /v1 has the deployment's name as `model`; the older form has it in the path
(/deployments/NAME/…) and demands an api-version. An endpoint whose prefix does not end in /v1 has both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from . import openai_audio
from .openai_api import CHAT, EMBEDDINGS, SPEECH, TRANSCRIPTIONS, Api, last_text
from .provider_api import Answer, Failure, json_answer, read_json
from .wire import Request

DEPLOYMENT = re.compile(r"/deployments/([^/]+)(/.+)")
DATED = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9](-preview)?")
DATED_PATHS = (CHAT, EMBEDDINGS, TRANSCRIPTIONS, SPEECH)
CATEGORIES = ("hate", "self_harm", "sexual", "violence")
BLOCKED, CENSORED = "a forbidden prompt", "a forbidden answer"  # texts that the filters catch
WORDS = {401: "401", 404: "404", 429: "429", 500: "InternalServerError", 503: "ServiceUnavailable"}


def verdict(filtered: str = "") -> dict[str, Any]:
    """What the content filter found; `filtered` names the category that was too much."""
    found = {name: {"filtered": name == filtered, "severity": "high" if name == filtered else "safe"} for name in CATEGORIES}
    return found | {"jailbreak": {"detected": False, "filtered": False}}


@dataclass
class AzureOpenAiApi(Api):
    prefix: str = "/openai/v1"
    reasoning: tuple[str, ...] = ()  # deployments that know no max_tokens

    # ---- judging

    def check_key(self, request: Request, header: str = "api-key", scheme: str = "") -> None:
        super().check_key(request, header, scheme)

    def wrong_key(self) -> Failure:
        return Failure(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, "Resource not found", "404")

    def unknown_model(self, model: Any) -> Failure:
        return Failure(404, "The API deployment for this resource does not exist.", "DeploymentNotFound")

    def path(self, request: Request) -> str:
        """What is asked for, as OpenAI's paths name it. The version is part of the address here."""
        below = super().path(request)
        match = DEPLOYMENT.fullmatch(below)
        is_dated = not self.prefix.endswith("/v1") and not below.startswith("/v1/")
        self.check_version(request, is_dated)
        if not is_dated:
            return below if self.prefix.endswith("/v1") else below.removeprefix("/v1")
        if not match or match[2] not in DATED_PATHS:
            raise self.unknown_path(request)
        return match[2]

    def check_version(self, request: Request, is_dated: bool) -> None:
        try:
            query = request.query()
        except ValueError as error:
            raise Failure(400, str(error), "BadRequest") from error
        version = query.pop("api-version", None)
        if query:
            raise Failure(400, f"Unknown query parameters: {', '.join(query)}", "BadRequest")
        if is_dated and version is None:  # as Azure says it: without its version there is nothing at that address
            raise self.unknown_path(request)
        if not (DATED.fullmatch(version or "") if is_dated else version in (None, "v1", "preview")):
            raise Failure(400, f"API version not supported: {version}", "BadRequest")

    def deployment(self, request: Request) -> str | None:
        """As the path names it."""
        match = DEPLOYMENT.fullmatch(super().path(request))
        return unquote(match[1]) if match else None

    def read_body(self, request: Request) -> dict[str, Any]:
        body = read_json(request)
        deployment = self.deployment(request)
        return body if deployment is None else body | {"model": deployment}

    def read_form(self, request: Request) -> openai_audio.Asked:
        return openai_audio.read_form(request, self.deployment(request))

    def check_chat(self, body: dict[str, Any]) -> None:
        super().check_chat(body)
        if body["model"] in self.reasoning and "max_tokens" in body:
            raise Failure(400, "Unsupported parameter: 'max_tokens'", "unsupported_parameter", param="max_tokens")
        if BLOCKED in last_text(body):
            raise Failure(
                400,
                "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                "content_filter",
                param="prompt",
                details={"code": "ResponsibleAIPolicyViolation", "content_filter_result": verdict("violence")},
            )

    def refusal(self, failure: Failure) -> Answer:
        code = failure.code or WORDS.get(failure.status, "BadRequest")
        error: dict[str, Any] = {"code": code, "message": failure.message}
        if failure.details is not None:
            error |= {"type": None, "param": failure.param, "status": failure.status, "innererror": failure.details}
        elif failure.param is not None:
            error |= {"type": failure.kind, "param": failure.param}
        return json_answer({"error": error}, failure.status, (("apim-request-id", "azure-request-1"), *failure.headers))

    # ---- answering

    def finish_reason(self, body: dict[str, Any]) -> str:
        return "content_filter" if CENSORED in last_text(body) else "stop"

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        told = super().completion(body)
        told["choices"][0]["content_filter_results"] = verdict("violence" if CENSORED in last_text(body) else "")
        return told | {"prompt_filter_results": [{"prompt_index": 0, "content_filter_results": verdict()}]}

    def opening(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        results = [{"prompt_index": 0, "content_filter_results": verdict()}]
        return [self.chunk(body, None) | {"id": "", "model": "", "created": 0, "prompt_filter_results": results}]

    def chunk(self, body: dict[str, Any], delta: dict[str, Any] | None, finish: str | None = None) -> dict[str, Any]:
        told = super().chunk(body, delta, finish)
        for choice in told["choices"]:
            choice["content_filter_results"] = verdict() if delta and delta.get("content") else {}
        return told
