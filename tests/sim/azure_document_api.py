"""Azure Document Intelligence: an analysis is begun, asked about until it is done, and its result can be deleted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from . import reading
from .provider_api import Answer, Failure, ProviderApi, check_media_type, json_answer, read_json
from .wire import Request

MODELS = "/documentintelligence/documentModels/"
ANALYZE = re.compile(re.escape(MODELS) + r"([A-Za-z0-9][A-Za-z0-9._~-]{1,63}):analyze")
RESULT = re.compile(re.escape(MODELS) + r"([A-Za-z0-9][A-Za-z0-9._~-]{1,63})/analyzeResults/([0-9a-f-]{36})")
VERSION = "2024-11-30"
PARAMETERS = ("api-version", "pages", "locale", "stringIndexType", "features", "outputContentFormat", "output", "_overload")
PAGES = re.compile(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")
INDEX_TYPES = ("textElements", "unicodeCodePoint", "utf16CodeUnit")
WITHOUT_PAGES = (b"PK", b"<")  # how documents begin that have none to choose from
BREAK = "\n\n<!-- PageBreak -->\n\n"
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
        if query.get("stringIndexType", INDEX_TYPES[0]) not in INDEX_TYPES:
            raise refused("stringIndexType", "InvalidParameter", "InvalidArgument")
        if query.get("outputContentFormat", "text") not in ("text", "markdown"):
            raise refused("outputContentFormat", "InvalidParameter", "InvalidArgument")
        check_media_type(request)
        self.pages(request, query)

    def source(self, request: Request) -> tuple[reading.Document, bytes]:
        """The document, and how it begins."""
        body = read_json(request)
        if set(body) not in ({"urlSource"}, {"base64Source"}) or not isinstance(next(iter(body.values())), str):
            raise refused("Exactly one of urlSource and base64Source", "InvalidParameter")
        try:
            if "urlSource" in body:
                return reading.read_url(body["urlSource"]), b""
            data = reading.decoded(body["base64Source"])
            return reading.read_bytes(data), data[:2]
        except ValueError as error:
            raise refused(f"The file is corrupted or its format is not supported: {error}", "InvalidContent") from error

    def pages(self, request: Request, query: dict[str, str]) -> tuple[reading.Document, list[int]]:
        """The document and the numbers of its pages that are wanted, counted from 1."""
        document, begins = self.source(request)
        if (asked := query.get("pages")) is None:
            return document, list(range(1, document.pages + 1))
        if not PAGES.fullmatch(asked) or begins.startswith(WITHOUT_PAGES):
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
        is_markdown = query.get("outputContentFormat") == "markdown"
        index_type = query.get("stringIndexType", INDEX_TYPES[0])
        texts = [framed(document.page(self.name, number), number, is_markdown) for number in wanted]
        between = BREAK if is_markdown else "\n"
        pages, before = [], 0
        for number, text in zip(wanted, texts, strict=True):
            span = {"offset": before, "length": length(text, index_type)}
            before += span["length"] + length(between, index_type)
            pages.append(page(number, span, document.is_picture))
        return {
            "apiVersion": VERSION,
            "modelId": model,
            "stringIndexType": index_type,
            "contentFormat": "markdown" if is_markdown else "text",
            "content": between.join(texts),
            "pages": pages,
            "paragraphs": [],
            "tables": [],
            "figures": [],
            "sections": [],
        }


def framed(text: str, number: int, is_markdown: bool) -> str:
    if not is_markdown:
        return text
    return f'<!-- PageHeader="Kopf {number}" -->\n\n{text}\n\n<!-- PageFooter="Fuß {number}" -->\n<!-- PageNumber="{number}" -->'


def page(number: int, span: dict[str, int], is_picture: bool) -> dict[str, Any]:
    size = {"width": 1700, "height": 2200, "unit": "pixel"} if is_picture else {"width": 8.5, "height": 11, "unit": "inch"}
    return {"pageNumber": number, "angle": 0, **size, "words": [], "lines": [], "spans": [span]}


def length(text: str, index_type: str) -> int:
    """In the units that were asked for; those that are usual are what a reader takes for one character."""
    if index_type == "unicodeCodePoint":
        return len(text)
    if index_type == "utf16CodeUnit":
        return len(text.encode("utf-16-le")) // 2
    joined = re.sub(r".\u200d", "", text)
    return sum(not unicodedata.combining(one) and not 0x1F3FB <= ord(one) <= 0x1F3FF for one in joined)
