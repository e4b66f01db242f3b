"""POST /v1/ocr: what may be read, what of it, by whom and for how much (spec §10)."""

from __future__ import annotations

import base64
from typing import Any

from sim import faults
from sim.wire import to_json
from support.case import PDF, document
from support.documents import PAGE_COST, PNG, DocumentCase, asked, data_uri, layout, linked, pictured, read
from support.registry import World, agreement, model, per_page

SOURCES = {
    "a PDF": document(),
    "a long PDF": document(b"%PDF-1.7\n" + bytes(range(256)) * 1000),
    "another media type in capitals": linked(data_uri(PDF, "application/pdf").replace("application", "Application")),
    "no media type": asked({"document_url": data_uri(PDF, "")}),
    "parameters": linked(data_uri(PDF, "application/pdf;name=a.pdf")),
    "no type of source": asked({"document_url": data_uri(PDF, "application/pdf")}),
    "Office": document(
        b"PK\x03\x04 an office document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    "a page": document(b"<!DOCTYPE html><p>hello", "text/html"),
    "a picture as a document": document(PNG, "image/png"),
    "a picture": pictured(data_uri(PNG, "image/png")),
    "a picture as an object": pictured({"url": data_uri(PNG, "image/png")}),
    "an address": linked("https://example.org/a%20b.pdf?x=1&y=%22#page"),
    "an address with a name": asked(
        {"type": "document_url", "document_url": "http://example.org/a", "document_name": "a.pdf"}
    ),
}
# What is asked for, the pages that come counted from 0, and how many are paid for.
CHOICES: list[tuple[dict[str, Any], tuple[int, ...], int]] = [
    (document(pages=[0]), (0,), 1),
    (document(pages=[2]), (2,), 1),
    (document(pages=[2, 0]), (0, 2), 2),
    (document(pages=[1, 1, 1]), (1,), 1),
    (document(pages=[0, 1, 2]), (0, 1, 2), 3),
    (document(pages="0"), (0,), 1),
    (document(pages="0-1"), (0, 1), 2),
    (document(pages="2, 0-1"), (0, 1, 2), 3),
    (document(pages=None), (0, 1, 2), 3),
    (document(b"PK\x03\x04 words", "application/vnd.ms-word", pages=[1]), (1,), 3),  # no page of it can be asked for
    (document(b"<html>", "text/html", pages=[0]), (0,), 3),
    (document(PNG, "image/png", pages=[0]), (0,), 1),
    (linked("https://example.org/a.docx", pages=[2]), (2,), 3),
]


def typed(body: dict[str, Any]) -> dict[str, Any]:
    """As Mistral wants it, who insists on the document's type."""
    source = body["document"]
    kind = next(name for name in ("document_url", "image_url") if name in source)
    return {**body, "document": {"type": kind, **source}}


class Azure(DocumentCase):
    def test_every_source(self) -> None:
        answers = self.read_all(SOURCES.values())
        for (name, body), response in zip(SOURCES.items(), answers, strict=True):
            with self.subTest(name):
                self.assert_read(response, layout("first", read(body)))

    def test_the_pages_that_are_asked_for(self) -> None:
        answers = self.read_all(body for body, _, _ in CHOICES)
        for (body, pages, analysed), response in zip(CHOICES, answers, strict=True):
            with self.subTest(str(body)[-60:]):
                self.assert_read(response, layout("first", read(body), *pages, analysed=analysed))
                self.assertEqual(response.header("x-phi-cost-micro"), str(analysed * PAGE_COST))
                self.assertEqual(response.header("x-phi-usage"), "provider")

    def test_what_azure_is_sent(self) -> None:
        url = "https://example.org/a%20b.pdf?x=1&y=%22"
        for body, source in (
            (document(pages=[4, 0, 1]), {"base64Source": base64.b64encode(PDF).decode()}),
            (linked(url, pages="0-1,4"), {"urlSource": url}),
        ):
            with self.subTest(source.keys()):
                self.world.forget()
                self.world["first"].script([faults.refuse(400, "stop here")])
                self.read_at("first", body)
                request = self.one_request(self.world["first"])
                self.assertEqual(request.path, "/first/documentintelligence/documentModels/prebuilt-layout:analyze")
                query = {"api-version": "2024-11-30", "outputContentFormat": "markdown", "pages": "1-2,5"}
                self.assertEqual(request.query(), query | {"stringIndexType": "unicodeCodePoint"})
                self.assertEqual(request.json(), source)
                self.assertEqual(request.header("ocp-apim-subscription-key"), "upstream-key-of-first")
                self.assertIsNone(request.header("authorization"))

    def test_pages_that_there_are_not_are_the_clients_mistake(self) -> None:
        response = self.read_at("first", document(pages=[7]))
        error = self.assert_error(response, 400, passed_on=True)
        self.assertIn("out of range", error["message"])
        self.assert_attempts(response, 1)

    def test_escapes_of_json_mean_what_they_mean(self) -> None:
        url = data_uri(PDF, "application/pdf")
        escaped = url.replace("/", "\\/").replace("d", "\\u0064", 1).replace("=", "\\u003d")
        body = f'{{"model":"ocr-a","document":{{"document_url":"{escaped}"}},"provider":{{"only":["first"]}}}}'
        self.assert_read(self.read_document(body.encode()), layout("first", read(document())))


class Mistral(DocumentCase):
    def test_every_source_and_choice_passes_as_it_is_both_ways(self) -> None:
        sources = [body for name, body in SOURCES.items() if name != "no media type"]  # which it does not read
        for body in (*sources, *(body for body, _, _ in CHOICES)):
            with self.subTest(str(body)[-60:]):
                self.assert_passes(body, typed(body))

    def test_a_type_that_is_left_out_or_null_is_told(self) -> None:
        for source in ({"image_url": data_uri(PNG, "image/png")}, {"document_url": data_uri(PDF, "application/pdf")}):
            for given in (source, {"type": None, **source}, {**source, "type": None}):
                with self.subTest(str(given)[:60]):
                    self.assert_passes(asked(given), typed(asked(source)))

    def assert_passes(self, body: dict[str, Any], arriving: dict[str, Any]) -> None:
        self.world.forget()
        self.assert_mistrals(self.read_at("second", body), arriving)
        self.assertEqual(self.one_request(self.world["second"]).json(), {**arriving, "model": "second/ocr-a"})

    def test_its_other_fields_too(self) -> None:
        fields = {
            "include_image_base64": True,
            "image_limit": 3,
            "table_format": "html",
            "id": "mine",
            "extract_header": True,
        }
        body = document(**fields)
        response = self.read_at("second", body)
        self.assert_mistrals(response, body)
        self.assertIn("image_base64", response.json()["pages"][0]["images"][0])

    def test_pages_are_paid_for(self) -> None:
        for body, pages in ((document(), 3), (document(pages="0,2"), 2), (pictured(data_uri(PNG, "image/png")), 1)):
            response = self.read_at("second", body)
            self.assertEqual(response.header("x-phi-cost-micro"), str(pages * PAGE_COST * 10))
            self.assertEqual(response.header("x-phi-usage"), "provider")

    def test_without_a_sound_count_the_cost_is_estimated(self) -> None:
        for info in (None, {}, {"pages_processed": -1}, {"pages_processed": 1.5}, {"pages_processed": "3"}, []):
            for pages, counted in ((None, 1), ([0, 1, 4], 3)):
                with self.subTest((info, pages)):
                    body = (
                        {"pages": [], "model": "x"} if info is None else {"pages": [], "model": "x", "usage_info": info}
                    )
                    self.world["second"].script([faults.reply(body=to_json(body))])
                    response = self.read_at("second", document(pages=pages))
                    self.assert_ok(response, "second")
                    self.assertEqual(response.header("x-phi-usage"), "estimated")
                    self.assertEqual(response.header("x-phi-cost-micro"), str(counted * PAGE_COST * 10))

    def test_without_a_sound_count_the_pages_that_come_are_paid_for(self) -> None:
        for listed in (1, 2, 10):
            body = {"pages": [{"index": n, "markdown": "a"} for n in range(listed)], "usage_info": None}
            self.world["second"].script([faults.reply(body=to_json(body))])
            response = self.read_at("second", document(pages=[0]))
            self.assert_ok(response, "second")
            self.assertEqual(response.header("x-phi-usage"), "estimated")
            self.assertEqual(response.header("x-phi-cost-micro"), str(listed * PAGE_COST * 10))

    def test_a_count_may_be_written_with_a_point(self) -> None:
        self.world["second"].script([faults.reply(body=b'{"pages":[],"usage_info":{"pages_processed":2.0}}')])
        response = self.read_at("second", document())
        self.assertEqual(response.header("x-phi-usage"), "provider")
        self.assertEqual(response.header("x-phi-cost-micro"), str(2 * PAGE_COST * 10))

    def test_it_is_json_whatever_the_provider_calls_it(self) -> None:
        body = b'{"pages":[]}'
        for content_type in ("text/html", "application/json; charset=latin1", ""):
            self.world["second"].script([faults.reply(body=body, content_type=content_type)])
            response = self.read_at("second", document())
            self.assert_ok(response, "second")
            self.assertEqual(response.header("content-type"), "application/json")
            self.assertEqual(response.body, body)

    def test_an_answer_without_pages_is_none(self) -> None:
        for body in (b"{}", b'{"pages":null}', b'{"pages":{}}', b"[]", b'{"pages":[]', b"", b"<html>"):
            with self.subTest(body):
                self.world["second"].script([faults.reply(body=body)])
                error = self.assert_error(self.read_at("second", document()), 502, "upstream_error")
                self.assertEqual(error["metadata"]["attempts"][0]["failure"], "bad_response")


class Extras(DocumentCase):
    """What not every provider can do must be declared; a stored file is none of class phi (spec §2)."""

    FILE = asked({"type": "file", "file_id": "file-1"})

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        able = model("ocr", price=per_page(90), features=["file", "annotations"])
        world.provider("able", {"ocr-a": able}, protocol="mistral", agreements=[agreement(["EU"], ["ocr"])])
        return world

    def test_they_need_a_route_that_declares_them(self) -> None:
        for name in ("document_annotation_format", "bbox_annotation_format"):
            self.assert_ok(self.read_document(document(**{name: {"type": "text"}})), "able")
        self.assert_error(self.read_document(document(confidence_scores_granularity="word")), 422, "no_route")
        self.assertEqual(self.world["first"].connections, [])

    def test_switched_off_they_need_nothing(self) -> None:
        body = document(document_annotation_format=None, provider={"only": ["second"]})
        self.assert_ok(self.read_document(body), "second")

    def test_blocks_are_sent_on_where_they_can_be_had_and_are_no_reason_to_refuse(self) -> None:
        """Mistral's own SDK asks for them in every request."""
        self.assert_ok(self.read_document(document(include_blocks=True)), "first")
        self.assertNotIn("include_blocks", self.sent("POST")[0].json())
        body = document(include_blocks=True, provider={"require_parameters": True})
        self.assert_ok(self.read_document(body), "second")
        self.assertTrue(self.one_request(self.world["second"]).json()["include_blocks"])

    def test_a_stored_file_goes_to_who_has_files(self) -> None:
        self.world["able"].script([faults.reply(body=b'{"pages":[],"usage_info":{"pages_processed":2}}')])
        self.assert_ok(self.read_document(self.FILE), "able")
        self.assertEqual(self.one_request(self.world["able"]).json()["document"], self.FILE["document"])

    def test_a_stored_file_is_none_of_class_phi_nor_of_zero_retention(self) -> None:
        for body, phi in (
            (self.FILE, "true"),
            (asked({"file_id": "file-1"}), "true"),
            ({**self.FILE, "provider": {"zdr": True}}, None),
            ({**self.FILE, "provider": {"max_retention_days": 30}}, None),
            ({**self.FILE, "provider": {"data_collection": "deny"}}, None),
        ):
            with self.subTest((body, phi)):
                response = self.read_document(body, phi=phi)
                error = self.assert_error(response, 400, "unsupported_parameter")
                self.assertEqual(error["param"], "document.file_id")
                self.assert_untried(response)


class Explained(DocumentCase):
    protocols = ("mistral", "mistral")

    def test_explain_and_what_happens_are_one(self) -> None:
        for body in (
            document(),
            document(include_blocks=True),
            document(model="auto"),
            document(model="nobody"),
            document(model="ocr-a:floor", provider={"order": ["second"]}),
            document(pages="x"),
            Extras.FILE,
            asked(None),
        ):
            for phi in (None, "true"):
                for region in (None, "US"):
                    with self.subTest(body=str(body)[-60:], phi=phi, region=region):
                        response = self.read_document(body, phi=phi, region=region)
                        told = self.post("/v1/route/explain", body, phi=phi, region=region)
                        self.compare(response, told)

    def compare(self, response: Any, told: Any) -> None:
        explained = told.json()
        if told.status != 200:
            self.assertEqual(explained, response.json())
        elif explained["decision"] == "refuse":
            self.assertEqual(explained["error"], response.error)
        else:
            self.assertEqual(explained["modality"], "ocr")
            self.assert_ok(response, explained["candidates"][0]["provider"])
