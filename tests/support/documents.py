"""The base of the OCR tests, and what each simulated provider must have read: an oracle."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sim import layout as azure_layout
from sim import reading
from sim.upstream import Step
from sim.wire import Request, to_json

from .case import OCR, PDF, GatewayCase, document, encoded
from .raw_client import Connection, Response, request_bytes
from .registry import World, agreement, document_world, model, per_page
from .waiting import eventually

AZURE = "azure_document_intelligence"
DOTS_PER_INCH = 96
PAGE_COST = 500_000  # micro-USD at the first host, ten times more at each further one
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


def data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def asked(source: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "ocr-a", "document": source, **fields}


def linked(url: str, **fields: Any) -> dict[str, Any]:
    return asked({"type": "document_url", "document_url": url}, **fields)


def pictured(image: Any, **fields: Any) -> dict[str, Any]:
    return asked({"type": "image_url", "image_url": image}, **fields)


def read(body: dict[str, Any]) -> reading.Document:
    """The document of a request, whichever of its shapes it has."""
    given = body["document"]
    url = given.get("document_url") or given.get("image_url")
    url = url["url"] if isinstance(url, dict) else url
    head, comma, data = url.partition(",")
    return reading.read_bytes(base64.b64decode(data)) if comma and head.startswith("data:") else reading.read_url(url)


def layout(reader: str, found: reading.Document, *pages: int, analysed: int | None = None) -> dict[str, Any]:
    """What becomes of Azure's layout; `pages` count from 0, none is all of them. `analysed`: how many are paid for."""
    wanted = pages or tuple(range(found.pages))
    return {
        "pages": [page(reader, found, number) for number in wanted],
        "model": "prebuilt-layout",
        "document_annotation": None,
        "usage_info": {"pages_processed": analysed or len(wanted), "doc_size_bytes": found.size},
    }


def page(reader: str, found: reading.Document, number: int) -> dict[str, Any]:
    """Of Office documents and HTML no size is known."""
    inches = {"dpi": DOTS_PER_INCH, "height": 11 * DOTS_PER_INCH, "width": round(8.5 * DOTS_PER_INCH)}
    pixels = {"dpi": DOTS_PER_INCH, "height": 2200, "width": 1700}
    return {
        "index": number,
        "markdown": azure_layout.markdown(reader, found, number + 1),
        "images": [],
        "header": f"Kopf {number + 1}",
        "footer": f"Fuß {number + 1}",
        "dimensions": None if found.is_flowing else pixels if found.is_picture else inches,
    }


class DocumentCase(GatewayCase):
    """EU hosts of `ocr-a` that speak `protocols`, verified for PHI: first the cheapest, then second and so on."""

    protocols: Sequence[str] = (AZURE, "mistral")

    @classmethod
    def build_world(cls) -> World:
        return document_world(cls.protocols, agreements=[agreement(["EU"], ["ocr"])])

    def read_at(self, slug: str, body: dict[str, Any], **options: Any) -> Response:
        """At that provider and no other."""
        return self.read_document({**body, "provider": {"only": [slug]}}, **options)

    def read_all(self, bodies: Iterable[dict[str, Any]], slug: str = "first", **options: Any) -> list[Response]:
        """At once: each waits for a second or so before it asks whether it is done."""
        bodies = list(bodies)
        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(lambda body: self.read_at(slug, body, **options), bodies))

    def send_document(self, body: Any, *, phi: str | None = None) -> Connection:
        """A request that was sent, its answer not read."""
        connection = self.connect()
        connection.send(request_bytes("POST", OCR, self.told(None, phi, ()), encoded(body)))
        return connection

    def assert_read(self, response: Response, expected: dict[str, Any], provider: str = "first") -> None:
        self.assert_ok(response, provider)
        self.assertEqual(response.header("content-type"), "application/json")
        self.assertEqual(response.json(), expected)

    def assert_mistrals(self, response: Response, body: dict[str, Any], provider: str = "second") -> None:
        """Its answer passes as it is."""
        self.assert_ok(response, provider)
        told = self.world[provider].api.read_document({**body, "model": f"{provider}/{body['model']}"})  # type: ignore
        self.assertEqual(response.body, to_json(told))

    def sent(self, method: str, slug: str = "first") -> list[Request]:
        return [request for request in self.world[slug].requests if request.method == method]

    def polled(self, times: int = 1, slug: str = "first") -> None:
        eventually(lambda: len(self.sent("GET", slug)) >= times, f"the operation is asked about {times} times")

    def assert_deleted(self, times: int = 1, slug: str = "first") -> None:
        """So many results were deleted there, each once, and there is nothing left to delete."""
        api: Any = self.world[slug].api
        eventually(lambda: len(api.deleted) >= times, "the result is deleted")
        self.assertEqual(len(api.deleted), times)
        self.assertEqual(len(self.sent("DELETE", slug)), times)
        self.assertEqual(api.operations, {})

    def assert_kept(self, slug: str = "first") -> None:
        """Nothing was deleted: for class general the provider's own time limit does."""
        self.assertEqual(self.sent("DELETE", slug), [])


@dataclass(frozen=True)
class Case:
    """One of many requests that were played at once."""

    slug: str  # of its host
    body: dict[str, Any]
    response: Response

    @property
    def sent(self) -> dict[str, Any]:
        """As the fallback must receive it."""
        return {**self.body, "model": f"fallback/{self.body['model']}"}


class ManyHostsCase(DocumentCase):
    """As many Azure hosts as a test has cases, so that all can wait at once: host-N has `ocr-N` to itself, and `fallback`
    has every model, ten times dearer."""

    count = 16

    @classmethod
    def build_world(cls) -> World:
        world = World()
        covered = [agreement(["EU"], ["ocr"])]
        for number in range(cls.count):
            hosted = {f"ocr-{number}": model("ocr", price=per_page(0.5))}
            world.provider(f"host-{number}", hosted, protocol=AZURE, agreements=covered)
        every = {f"ocr-{number}": model("ocr", price=per_page(5)) for number in range(cls.count)}
        world.provider("fallback", every, protocol="mistral", agreements=covered)
        return world

    def play(self, cases: Mapping[str, Sequence[Step]], phi: str | None = "true") -> dict[str, Case]:
        """A request for each case at once, whose host answers so, and then as it should."""
        self.assertLessEqual(len(cases), self.count)
        for number, steps in enumerate(cases.values()):
            self.world[f"host-{number}"].script(steps)
        bodies = [document(PDF + name.encode(), model=f"ocr-{number}") for number, name in enumerate(cases)]
        with ThreadPoolExecutor(len(bodies)) as pool:
            answers = list(pool.map(lambda body: self.read_document(body, phi=phi), bodies))
        played = zip(cases, bodies, answers, strict=True)
        return {name: Case(f"host-{number}", body, answer) for number, (name, body, answer) in enumerate(played)}

    def assert_fell_back(self, case: Case) -> None:
        self.assert_mistrals(case.response, case.body, "fallback")
        self.assert_attempts(case.response, 2)
        received = [one.json() for one in self.world["fallback"].requests]
        self.assertEqual([one for one in received if one["model"] == f"fallback/{case.body['model']}"], [case.sent])

    def assert_served(self, case: Case) -> None:
        self.assert_read(case.response, layout(case.slug, read(case.body)), case.slug)
        self.assert_attempts(case.response, 1)
