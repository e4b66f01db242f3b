"""Azure Document Intelligence: an analysis is begun, asked about until it is done, and its result can be deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from . import layout, reading
from .provider_api import Answer, Failure, ProviderApi, check_media_type, json_answer, read_json
from .wire import Request

MODELS = "/documentintelligence/documentModels/"
ANALYZE = re.compile(re.escape(MODELS) + r"([A-Za-z0-9][A-Za-z0-9._~-]{1,63}):analyze")
RESULT = re.compile(re.escape(MODELS) + r"([A-Za-z0-9][A-Za-z0-9._~-]{1,63})/analyzeResults/([0-9a-f-]{36})")
VERSION = "2024-11-30"
PARAMETERS = ("api-version", "pages", "locale", "stringIndexType", "features", "outputContentFormat", "output", "_overload")
PAGES = re.compile(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")
CREATED = "2026-01-01T00:00:00Z"


def refused(message: str, inner: str, code: str = "InvalidRequest", status: int = 400) -> Failure:
    return Failure(status, "Invalid request.", code, details={"code": inner, "message": message})


@dataclass
class Operation:
    """One analysis. `left` answers still say that it runs."""

    left: int
    state: dict[str, Any]


@dataclass
class AzureDocumentApi(ProviderApi):
    running: int = 1  # how often an analysis says that it still runs, or is yet to start
    retry_after: int | None = 0  # seconds; None: not said
    fails_with: dict[str, Any] | None = None  # an error object: every analysis ends in it
    elsewhere: str | None = None  # an origin that operations are said to be at
    operations: dict[str, Operation] = field(default_factory=dict, init=False)
    deleted: list[str] = field(default_factory=list, init=False)

    def forget(self) -> None:
        self.operations, self.deleted = {}, []

    # ---- judging

    def check(self, request: Request) -> None:
        self.check_key(request, "ocp-apim-subscription-key", "")
        path = self.path(request)
        analyze, result = ANALYZE.fullmatch(path), RESULT.fullmatch(path)
        if not analyze and not result:
            raise Failure(404, "Resource not found", "404")
        if request.method not in (("POST",) if analyze else ("GET", "DELETE")):
            raise Failure(405, "Method not allowed", "MethodNotAllowed")
        query = self.query(request)
        if result:
            self.check_result(result[2], query)
        elif analyze:
            self.check_analysis(request, analyze[1], query)

    def query(self, request: Request) -> dict[str, str]:
        try:
            query = request.query()
        except ValueError as error:
            raise refused(str(error), "InvalidParameter") from error
        if query.get("api-version") != VERSION:
            raise refused("The API version is missing or not supported", "NotSupportedApiVersion")
        return query

    def check_result(self, operation: str, query: dict[str, str]) -> None:
        if len(query) > 1:
            raise refused(f"Unknown parameters: {sorted(query)}", "InvalidParameter")
        if operation not in self.operations:
            raise refused("The requested operation was not found", "OperationNotFound", "NotFound", 404)

    def check_analysis(self, request: Request, model: str, query: dict[str, str]) -> None:
        if model not in self.models:
            raise refused("The requested model was not found", "ModelNotFound", "NotFound", 404)
        if unknown := set(query) - set(PARAMETERS):
            raise refused(f"Unknown parameters: {sorted(unknown)}", "InvalidParameter")
        if query.get("stringIndexType", layout.INDEX_TYPES[0]) not in layout.INDEX_TYPES:
            raise refused("stringIndexType", "InvalidParameter", "InvalidArgument")
        if query.get("outputContentFormat", "text") not in ("text", "markdown"):
            raise refused("outputContentFormat", "InvalidParameter", "InvalidArgument")
        check_media_type(request)
        self.pages(request, query)

    def source(self, request: Request) -> reading.Document:
        body = read_json(request)
        if set(body) not in ({"urlSource"}, {"base64Source"}) or not isinstance(next(iter(body.values())), str):
            raise refused("Exactly one of urlSource and base64Source", "InvalidParameter")
        try:
            if "urlSource" in body:
                return reading.read_url(body["urlSource"])
            return reading.read_bytes(reading.decoded(body["base64Source"]))
        except ValueError as error:
            raise refused(f"The file is corrupted or its format is not supported: {error}", "InvalidContent") from error

    def pages(self, request: Request, query: dict[str, str]) -> tuple[reading.Document, list[int]]:
        """The document and the numbers of its pages that are wanted, counted from 1."""
        document = self.source(request)
        if (asked := query.get("pages")) is None:
            return document, list(range(1, document.pages + 1))
        if not PAGES.fullmatch(asked) or document.is_flowing:
            raise refused("pages", "InvalidParameter", "InvalidArgument")
        wanted: set[int] = set()
        for part in asked.split(","):
            first, _, last = part.partition("-")
            begin, end = int(first), int(last or first)
            if not 1 <= begin <= end <= document.pages:
                raise refused(f"The page range {part} is out of range", "InvalidParameter", "InvalidArgument")
            wanted |= set(range(begin, end + 1))
        return document, sorted(wanted)

    def wrong_key(self) -> Failure:
        return Failure(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")

    def refusal(self, failure: Failure) -> Answer:
        error: dict[str, Any] = {"code": failure.code or str(failure.status), "message": failure.message}
        if failure.details is not None:
            error["innererror"] = failure.details
        return json_answer({"error": error}, failure.status, self.headers(*failure.headers))

    @staticmethod
    def headers(*more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        return (("apim-request-id", "azure-request-4"), *more)

    # ---- answering

    def answer(self, request: Request) -> Answer:
        path = self.path(request)
        if result := RESULT.fullmatch(path):
            return self.delete(result[2]) if request.method == "DELETE" else self.state(result[2])
        analyze = ANALYZE.fullmatch(path)
        if not analyze:
            raise Failure(404, "Resource not found", "404")
        return self.begin(request, analyze[1])

    def begin(self, request: Request, model: str) -> Answer:
        query = self.query(request)
        document, wanted = self.pages(request, query)
        name = f"00000000-0000-4000-8000-{len(self.operations) + len(self.deleted) + 1:012x}"
        state: dict[str, Any] = {"createdDateTime": CREATED, "lastUpdatedDateTime": CREATED}
        if self.fails_with is not None:
            state |= {"status": "failed", "error": self.fails_with}
        else:
            state |= {"status": "succeeded", "analyzeResult": self.result(model, query, document, wanted)}
        self.operations[name] = Operation(self.running, state)
        place = f"{self.elsewhere or self.origin}{self.prefix}{MODELS}{model}/analyzeResults/{name}?api-version={VERSION}"
        return Answer(b"", 202, "", self.headers(("operation-location", place), *self.pause()))

    def pause(self) -> list[tuple[str, str]]:
        return [] if self.retry_after is None else [("retry-after", str(self.retry_after))]

    def state(self, name: str) -> Answer:
        if name not in self.operations:
            raise refused("The requested operation was not found", "OperationNotFound", "NotFound", 404)
        operation = self.operations[name]
        if operation.left == 0:
            return json_answer(operation.state, headers=self.headers())
        status = "notStarted" if operation.left == self.running > 1 else "running"
        operation.left -= 1
        told = {"status": status, "createdDateTime": CREATED, "lastUpdatedDateTime": CREATED}
        return json_answer(told, headers=self.headers(*self.pause()))

    def delete(self, name: str) -> Answer:
        if self.operations.pop(name, None) is None:
            raise refused("The requested operation was not found", "OperationNotFound", "NotFound", 404)
        self.deleted.append(name)
        return Answer(b"", 204, "", self.headers())

    def result(self, model: str, query: dict[str, str], document: reading.Document, wanted: list[int]) -> dict[str, Any]:
        return layout.result(
            self.name,
            document,
            wanted,
            model=model,
            version=VERSION,
            is_markdown=query.get("outputContentFormat") == "markdown",
            index_type=query.get("stringIndexType", layout.INDEX_TYPES[0]),
        )
