"""Azure Document Intelligence: an analysis from its beginning to its result's end."""

from __future__ import annotations

import base64
import json
import unittest
from typing import Any
from urllib.parse import urlsplit

from support.raw_client import Response

from sim import layout, reading
from sim.case import AZURE_KEY, SimulatorCase
from sim.hearing import digest

PDF, PNG, OFFICE = b"%PDF-1.7 \x00\xff" * 9, reading.PICTURES[0] + b"picture", b"PK\x03\x04 sheets"
ANALYZE = "/documentintelligence/documentModels/prebuilt-layout:analyze?api-version=2024-11-30"
MARKDOWN = ANALYZE + "&outputContentFormat=markdown&stringIndexType=unicodeCodePoint"


def source(data: bytes) -> dict[str, str]:
    return {"base64Source": base64.b64encode(data).decode()}


def in_textual_units(content: str, kind: str, offset: int, length: int) -> str:
    if kind == "unicodeCodePoint":
        return content[offset : offset + length]
    units = content.encode("utf-16-le")
    return units[2 * offset : 2 * (offset + length)].decode("utf-16-le")


class Documents(SimulatorCase):
    models = {"prebuilt-layout": {"ocr"}}
    options = {"protocol": "azure_document_intelligence", "prefix": "/one"}
    credential = AZURE_KEY

    def begin(self, body: Any = None, path: str = MARKDOWN) -> Response:
        return self.send("/one" + path, source(PDF) if body is None else body)

    def place(self, begun: Response) -> str:
        self.assertEqual((begun.status, begun.body), (202, b""), begun.body)
        there = urlsplit(begun.header("operation-location") or "")
        self.assertEqual(f"{there.scheme}://{there.netloc}", self.upstream.origin)
        return f"{there.path}?{there.query}"

    def result(self, body: Any = None, path: str = MARKDOWN) -> dict[str, Any]:
        self.set(running=0)
        return self.send(self.place(self.begin(body, path)), method="GET").json()["analyzeResult"]

    def test_it_runs_for_a_while_and_is_gone_once_deleted(self) -> None:
        self.set(running=3, retry_after=2)
        begun = self.begin()
        self.assertEqual(begun.header("retry-after"), "2")
        place = self.place(begun)
        states = [self.send(place, method="GET").json()["status"] for _ in range(5)]
        self.assertEqual(states, ["notStarted", "running", "running", "succeeded", "succeeded"])
        self.assertEqual(self.send(place, method="DELETE").status, 204)
        self.assertEqual(self.upstream.api.deleted, [place.rpartition("/")[2].partition("?")[0]])
        for method in ("GET", "DELETE"):
            self.assertEqual(self.send(place, method=method).status, 404)

    def test_two_analyses_of_one_document_are_two(self) -> None:
        first, second = self.place(self.begin()), self.place(self.begin())
        self.assertNotEqual(first, second)
        self.assertEqual(self.send(first, method="DELETE").status, 204)
        self.assertNotIn(self.place(self.begin()), (first, second))

    def test_every_pages_spans_cut_its_text_out_of_the_content(self) -> None:
        for kind in ("unicodeCodePoint", "utf16CodeUnit"):
            with self.subTest(kind):
                told = self.result(path=MARKDOWN.replace("unicodeCodePoint", kind))
                for number, page in enumerate(told["pages"], start=1):
                    (span,) = page["spans"]
                    text = in_textual_units(told["content"], kind, span["offset"], span["length"])
                    self.assertTrue(text.startswith(f'<!-- PageHeader="Kopf {number}" -->\n\n# Überschrift {number} 🧪'))
                    self.assertTrue(text.endswith(f'<!-- PageNumber="{number}" -->'))
                self.assertEqual(told["content"].count("<!-- PageBreak -->"), 2)
        usual = self.result(path=ANALYZE)
        self.assertEqual((usual["contentFormat"], usual["stringIndexType"]), ("text", "textElements"))
        self.assertLess(usual["pages"][2]["spans"][0]["offset"], usual["content"].index("# Überschrift 3"))

    def test_the_text_proves_which_document_came(self) -> None:
        self.assertIn(f"vendor read {len(PDF)} bytes sha256 {digest(PDF)}: page 3 of 3.", self.result()["content"])
        url = "https://a.test/b.pdf"
        self.assertIn(f"vendor read url sha256 {digest(url.encode())}:", self.result({"urlSource": url})["content"])
        picture = self.result(source(PNG))
        self.assertEqual([page["unit"] for page in picture["pages"]], ["pixel"])

    def test_markdown_has_tables_and_figures_whose_spans_fit(self) -> None:
        for kind in ("unicodeCodePoint", "utf16CodeUnit"):
            told = self.result(path=MARKDOWN.replace("unicodeCodePoint", kind))
            for (found,), markup in ((told["tables"], layout.TABLE), (told["figures"], layout.FIGURE)):
                with self.subTest(kind, markup=markup):
                    (span,) = found["spans"]
                    self.assertEqual(in_textual_units(told["content"], kind, span["offset"], span["length"]), markup)
                    self.assertEqual(found["boundingRegions"][0]["pageNumber"], layout.ILLUSTRATED)
        self.assertEqual([cell["content"] for cell in told["tables"][0]["cells"]], ["Größe", "🧪", "<3", "1 & 2"])
        plain = self.result(path=ANALYZE)
        self.assertEqual((plain["tables"], plain["figures"]), ([], []))
        self.assertNotIn("<table>", plain["content"])

    def test_lines_are_what_they_span(self) -> None:
        told = self.result()
        lines = [line for page in told["pages"] for line in page["lines"]]
        self.assertGreater(len(lines), len(told["pages"]))
        for line in lines:
            (span,) = line["spans"]
            self.assertEqual(told["content"][span["offset"] : span["offset"] + span["length"]], line["content"])

    def test_what_flows_has_neither_lines_nor_a_size(self) -> None:
        web = b"<!DOCTYPE html><p>hello"
        for given in (source(OFFICE), source(web), {"urlSource": "https://a.test/b.DOCX?x=1"}):
            with self.subTest(given):
                pages = self.result(given)["pages"]
                self.assertEqual([set(page) for page in pages], [{"pageNumber", "spans", "words"}] * 3)

    def test_pages_are_chosen(self) -> None:
        told = self.result(path=MARKDOWN + "&pages=3,1-2,2")
        self.assertEqual([page["pageNumber"] for page in told["pages"]], [1, 2, 3])
        told = self.result(path=MARKDOWN + "&pages=2")
        self.assertEqual([page["pageNumber"] for page in told["pages"]], [2])
        self.assertNotIn("PageBreak", told["content"])

    def test_an_analysis_that_fails_is_a_200(self) -> None:
        error = {"code": "InvalidRequest", "message": "no", "innererror": {"code": "InvalidContent"}}
        self.set(fails_with=error, running=0)
        response = self.send(self.place(self.begin()), method="GET")
        self.assertEqual((response.status, response.json()["status"], response.json()["error"]), (200, "failed", error))

    def test_an_operation_may_be_said_to_be_elsewhere(self) -> None:
        self.set(elsewhere="https://attacker.test")
        self.assertTrue((self.begin().header("operation-location") or "").startswith("https://attacker.test/one/"))

    def test_refusals(self) -> None:
        place = self.place(self.begin())
        cases = {
            "no version": self.begin(path=ANALYZE.partition("?")[0]),
            "an unknown version": self.begin(path=ANALYZE.replace("2024", "2023")),
            "a parameter twice": self.begin(path=ANALYZE + "&pages=1&pages=2"),
            "an unknown parameter": self.begin(path=ANALYZE + "&outputFormat=markdown"),
            "an unknown format": self.begin(path=ANALYZE + "&outputContentFormat=html"),
            "an unknown index": self.begin(path=ANALYZE + "&stringIndexType=bytes"),
            "page 0": self.begin(path=ANALYZE + "&pages=0"),
            "a page behind the last": self.begin(path=ANALYZE + "&pages=1-4"),
            "a range backwards": self.begin(path=ANALYZE + "&pages=2-1"),
            "pages that are no list": self.begin(path=ANALYZE + "&pages=all"),
            "pages of an Office document": self.begin(source(OFFICE), ANALYZE + "&pages=1"),
            "pages of HTML elsewhere": self.begin({"urlSource": "https://a.test/b.html"}, ANALYZE + "&pages=1"),
            "two sources": self.begin({"urlSource": "https://a.test/", **source(PDF)}),
            "no source": self.begin({"source": "https://a.test/"}),
            "a source of another type": self.begin({"urlSource": None}),
            "no URL": self.begin({"urlSource": "file:///etc/passwd"}),
            "no base64": self.begin({"base64Source": "JVBERi0*"}),
            "a data URI": self.begin({"base64Source": "data:application/pdf;base64,JVBERi0="}),
            "no document": self.begin(source(b"hello")),
            "a state with a parameter": self.send(place + "&pages=1", method="GET"),
            "a state without its version": self.send(place.partition("?")[0], method="GET"),
        }
        self.assert_refusals(cases, 400)
        self.assertEqual(cases["no document"].error["innererror"]["code"], "InvalidContent")
        unknown = {
            "a model": self.begin(path=ANALYZE.replace("prebuilt-layout", "prebuilt-read")),
            "an operation": self.send(place.replace("000000000001", "000000000009"), method="GET"),
            "a path": self.begin(path="/formrecognizer/documentModels/prebuilt-layout:analyze?api-version=2024-11-30"),
        }
        self.assert_refusals(unknown, 404)

    def test_what_a_state_needs_too(self) -> None:
        place = self.place(self.begin())
        self.assertEqual(self.connect().request("GET", place, [(AZURE_KEY[0], "x")]).status, 401)
        self.assertEqual(self.send(place, source(PDF)).status, 405)
        self.assertEqual(self.send("/one" + ANALYZE, json.dumps(source(PDF)).encode()).status, 415)


if __name__ == "__main__":
    unittest.main()
