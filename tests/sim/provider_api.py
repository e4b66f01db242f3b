"""What every simulated provider has in common, whatever protocol it speaks.

An API judges a request (`check`), answers a good one (`answer`) and puts a refusal into its provider's own words
(`refusal`). Answers depend on the request and on what was asked before, never on a clock or on chance, so two runs give the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .wire import Request, to_json

JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    content_type: str = JSON  # empty: none is said
    headers: tuple[tuple[str, str], ...] = ()
    framing: str = "length"  # or chunked


def json_answer(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(to_json(value), status, JSON, headers)


@dataclass(eq=False)
class Failure(Exception):
    """Why a request is refused; how that reads is the API's affair."""

    status: int
    message: str
    code: str | None = None
    kind: str = "invalid_request_error"
    param: str | None = None
    details: Any = None  # what else some providers say
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class ProviderApi:
    """One endpoint of a provider. `models`: the provider's own ids, with the modalities of each."""

    name: str
    models: dict[str, set[str]]
    keys: tuple[str, ...] = ()  # accepted credentials; empty: any
    prefix: str = ""
    origin: str = field(default="", init=False)  # scheme, host and port, once it listens

    # ---- for each protocol to say

    def check(self, request: Request) -> None:
        """Raises the Failure that a real provider would answer with before it does any work."""
        raise NotImplementedError

    def answer(self, request: Request) -> Answer:
        """A whole, not streamed, answer. Raises a Failure for what it cannot make sense of."""
        raise NotImplementedError

    def refusal(self, failure: Failure) -> Answer:
        raise NotImplementedError

    def has_events(self, request: Request) -> bool:
        """Whether a stream of events can answer it."""
        return False

    def forget(self) -> None:
        """Drops what earlier requests left behind."""

    # ---- what they are made of

    def check_key(self, request: Request, header: str = "authorization", scheme: str = "Bearer ") -> None:
        """Exactly one credential, in this header alone."""
        given = request.all(header)
        strangers = [name for name in ("authorization", "api-key", "ocp-apim-subscription-key") if request.all(name)]
        if not given and not strangers:
            if self.keys:
                raise self.no_key()
            return
        if strangers != [header] or len(given) > 1:
            raise Failure(400, f"Credentials in {', '.join(strangers)}, not once in {header}", "bad_credential")
        if not given[0].startswith(scheme) or (self.keys and given[0].removeprefix(scheme) not in self.keys):
            raise self.wrong_key()

    def no_key(self) -> Failure:
        return self.wrong_key()

    def wrong_key(self) -> Failure:
        return Failure(401, "Incorrect API key provided", "invalid_api_key")

    def path(self, request: Request) -> str:
        """The path below the prefix."""
        if not request.path.startswith(self.prefix):
            raise self.unknown_path(request)
        return request.path.removeprefix(self.prefix)

    def unknown_path(self, request: Request) -> Failure:
        return Failure(404, f"Unknown request URL: {request.method} {request.path}", "unknown_url")

    def check_method(self, request: Request, methods: dict[str, str], path: str) -> None:
        """`methods`: what each path is asked with."""
        if path not in methods:
            raise self.unknown_path(request)
        if request.method != methods[path]:
            raise Failure(405, f"Method not allowed: {request.method}", "method_not_allowed")

    def check_model(self, model: Any, modality: str) -> None:
        modalities = self.models.get(model) if isinstance(model, str) else None
        if modalities is None:
            raise self.unknown_model(model)
        if modality not in modalities:
            raise Failure(400, f"This model does not take such input: {modality}", "unsupported_input", param="model")

    def unknown_model(self, model: Any) -> Failure:
        return Failure(404, f"The model {model!r} does not exist", "model_not_found", param="model")


def read_json(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError as error:
        raise Failure(400, f"Could not parse the JSON body: {error}", "invalid_json") from error
    if not isinstance(body, dict):
        raise Failure(400, "The body is no JSON object", "invalid_json")
    return body


def check_media_type(request: Request, wanted: str = JSON) -> None:
    given = request.all("content-type")
    if len(given) != 1 or given[0].partition(";")[0].strip().lower() != wanted:
        raise Failure(415, f"Content-Type {given}, not {wanted}", "unsupported_media_type")


def check_known(given: Any, known: Any, what: str = "request argument") -> None:
    """The first of `given` that is not in `known` is refused."""
    for name in given:
        if name not in known:
            raise Failure(400, f"Unrecognized {what} supplied: {name}", "unknown_parameter", param=name)


def invalid(param: str, message: str) -> Failure:
    return Failure(400, f"Invalid {param!r}: {message}", "invalid_value", param=param)
