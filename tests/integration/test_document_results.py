"""What a finished analysis holds: exact pages however large, and no answer made of what is no result (threats §2)."""

from __future__ import annotations

import json
from typing import Any

from sim import faults
from sim.upstream import Step
from sim.wire import to_json
from support.case import document
from support.documents import AZURE, PAGE_COST, DocumentCase, linked
from support.raw_client import Response

BREAK = "\n\n<!-- PageBreak -->\n\n"
TEXTS = ("Überschrift\n\nGrüße", "👩🏽\u200d🔬 e\u0301 \U0001f9ea", "漢字 | ≤ § & <b>", "")


def span(offset: Any, length: Any) -> dict[str, Any]:
    return {"offset": offset, "length": length}


def listed(*texts: str, between: str = BREAK) -> list[dict[str, Any]]:
    """Pages with their spans, as Azure has them."""
    pages, before = [], 0
    for number, text in enumerate(texts, start=1):
        pages.append(
            {"pageNumber": number, "width": 8.5, "height": 11, "unit": "inch", "spans": [span(before, len(text))]}
        )
        before += len(text) + len(between)
    return pages


def result(content: Any, pages: Any, **more: Any) -> dict[str, Any]:
    facts = {"modelId": "prebuilt-layout", "stringIndexType": "unicodeCodePoint", "content": content, "pages": pages}
    return {"status": "succeeded", "analyzeResult": facts | more}


class ResultCase(DocumentCase):
    """What the first host answers comes at once here, so that nobody has to wait."""

    protocols = (AZURE, "mistral")

    def assert_pages(self, told: Any, *texts: str) -> list[dict[str, Any]]:
        with self.subTest(str(told)[:300]):
            self.world["first"].script([finished(told)])
            response = self.read_document(document())
            self.assert_ok(response, "first")
            pages = response.json()["pages"]
            self.assertEqual([page["markdown"] for page in pages], list(texts))
            self.assertEqual(response.json()["usage_info"]["pages_processed"], len(texts))
            self.assertEqual(response.header("x-phi-cost-micro"), str(len(texts) * PAGE_COST))
            return pages
        return []

    def assert_unusable(self, body: bytes) -> None:
        with self.subTest(body[:200]):
            self.nothing_cools(document())
            self.world.forget()
            self.world["first"].script([faults.reply(body=body)])
            sent = document()
            response = self.read_document(sent)
            self.assert_mistrals(response, sent)
            self.assert_attempts(response, 2)


def finished(told: Any) -> Step:
    return faults.reply(body=told if isinstance(told, bytes) else to_json(told))


class Pages(ResultCase):
    def test_they_are_cut_by_code_points(self) -> None:
        texts = tuple(text.rstrip() for text in TEXTS)
        self.assert_pages(result(BREAK.join(TEXTS), listed(*TEXTS)), *texts)
        self.assert_pages(result("".join(TEXTS), listed(*TEXTS, between="")), *texts)
        for text in TEXTS[:3]:
            self.assert_pages(result(text, listed(text)), text)

    def test_escaped_text_is_the_same_text(self) -> None:
        told = json.dumps(result(BREAK.join(TEXTS[:3]), listed(*TEXTS[:3])), ensure_ascii=True).encode()
        self.assert_pages(told, *TEXTS[:3])

    def test_a_page_in_parts_and_pages_in_any_order(self) -> None:
        pages: list[dict[str, Any]] = [
            {"pageNumber": 2, "spans": [span(2, 2)]},
            {"pageNumber": 1, "spans": [span(4, 2), span(0, 2)]},
        ]
        told = self.assert_pages(result("äb👍döf", pages), "👍d", "äböf")
        self.assertEqual([page["index"] for page in told], [1, 0])
        self.assertEqual([page["dimensions"] for page in told], [None, None])

    def test_an_empty_document(self) -> None:
        self.assert_pages(result("", []), "")
        self.assert_pages(result("", listed("", "", between="")), "", "")

    def test_five_mebibytes(self) -> None:
        texts = tuple(f"Seite {number}: " + "Grüße 👍 " * 140_000 + "." for number in range(3))
        content = BREAK.join(texts)
        self.assertGreater(len(content.encode()), 5 << 20)
        self.world["first"].script([faults.answer(), finished(result(content, listed(*texts)))])
        response = self.read_document(document(), phi="true")
        self.assert_ok(response, "first")
        pages = response.json()["pages"]
        self.assertEqual(len(pages), 3)
        for page, text in zip(pages, texts, strict=True):
            self.assertTrue(page["markdown"] == text, page["markdown"][:80])
        self.assert_deleted()

    def test_whatever_the_spans_say_no_text_is_lost_or_told_twice(self) -> None:
        content = "äb" + BREAK + "cd"
        huge = 2**62
        for spans in (
            [[span(-1, 2)], [span(24, 2)]],
            [[span(0, -1)], [span(24, 2)]],
            [[span(0, 2)], [span(24, 1)]],
            [[span(0, 2)], [span(25, huge)]],
            [[span("0", 2)], [span(24, 2)]],
            [[span(0, 2.0)], [span(24, 2.5)]],
            [[span(0, None)], [{}]],
            [[span(0, 10**30)], [span(24, 2)]],
            [[span(huge, huge)], [span(2**63 - 1, 2**63 - 1)]],
            [[], []],
            [7, None],
        ):
            self.assert_pages(
                result(content, [{"pageNumber": n + 1, "spans": one} for n, one in enumerate(spans)]), "äb", "cd"
            )
        for spans in ([[span(0, huge)], [span(0, huge)]], [[span(0, 30)], [span(2, 30)]]):
            pages = [{"pageNumber": n + 1, "spans": one} for n, one in enumerate(spans)]
            self.assert_pages(result(content, pages), "äb\n\ncd", "")

    def test_without_a_list_the_breaks_part_them(self) -> None:
        for pages in (None, 7, {}, [], "pages"):
            self.assert_pages(result("one" + BREAK + "two" + BREAK + "three", pages), "one", "two", "three")

    def test_there_are_as_many_as_are_listed_and_each_is_paid_for(self) -> None:
        cases: list[tuple[str, list[Any], tuple[str, ...]]] = [
            ("aXbYcd", [[span(0, 1), span(2, 1)], [span(4, 2)]], ("aXbY", "cd")),
            ("aXbYcd", [[span(0, 1), span(-2, 1)], [span(4, 2)]], ("aXbY", "cd")),
            ("aXb", [[span(0, 1)], None, [span(2, 1)]], ("a", "X", "b")),
            ("abc", [None, None, None], ("abc", "", "")),
            ("one" + BREAK + "two", [[]], ("one\n\ntwo",)),
            ("one" + BREAK + "two", [[], [], []], ("one\n\ntwo", "", "")),
        ]
        for content, spans, texts in cases:
            pages = [{"pageNumber": n + 1, "spans": one} for n, one in enumerate(spans)]
            self.assert_pages(result(content, pages), *texts)
        for pages in ([None], [[]], [{"spans": []}]):
            self.assert_pages(result("one" + BREAK + "two", pages), "one\n\ntwo")


class Chosen(ResultCase):
    """Pages that were asked for, in an answer that says badly which they are."""

    def read_pages(self, told: Any, *asked: int, link: str = "https://example.org/a.pdf") -> Response:
        self.nothing_cools(document())
        self.world.forget()
        self.world["first"].script([finished(told)])
        return self.read_document(linked(link, pages=list(asked)))

    def assert_chosen(self, told: Any, asked: tuple[int, ...], **found: Any) -> None:
        with self.subTest(str(told)):
            response = self.read_pages(told, *asked)
            self.assert_ok(response, "first")
            pages = {f"page_{page['index']}": page["markdown"] for page in response.json()["pages"]}
            self.assertEqual(pages, found)
            self.assertEqual(response.header("x-phi-cost-micro"), str(len(found) * PAGE_COST))

    def test_without_a_number_they_are_those_that_were_sent_for_in_order(self) -> None:
        nameless = [{"spans": [span(0, 1)]}, {"spans": [span(1, 1)]}]
        self.assert_chosen(result("ab", nameless), (4, 2), page_2="a", page_4="b")
        self.assert_chosen(result("b", [{"pageNumber": 0, "spans": [span(0, 1)]}]), (2,), page_2="b")
        self.assert_chosen(result("a" + BREAK + "b", []), (7, 5), page_5="a", page_7="b")
        self.assert_chosen(result("ab", [nameless[0], {"pageNumber": 3, **nameless[1]}]), (4, 2), page_4="a", page_2="b")

    def test_text_is_not_lost_without_a_word(self) -> None:
        for told in (
            result("ab", [{"pageNumber": 1, "spans": [span(0, 2)]}]),
            result("ab", [{"spans": [span(0, 1)]}, {"spans": [span(1, 1)]}]),
            result("a" + BREAK + "b", []),
        ):
            with self.subTest(str(told)):
                response = self.read_pages(told, 2)
                self.assert_ok(response, "second")
                self.assert_attempts(response, 2)

    def test_beyond_the_documents_end_there_are_none(self) -> None:
        response = self.read_pages(result("ab", listed("a", "b", between="")), 9, link="https://example.org/a.docx")
        self.assert_ok(response, "first")
        self.assertEqual(response.json()["pages"], [])
        self.assertEqual(response.json()["usage_info"]["pages_processed"], 2)


class Bounds(ResultCase):
    """No more pages than the service reads of a document, and a bounded part of whatever else comes."""

    MOST = 2000

    def test_as_many_pages_as_there_may_be(self) -> None:
        empty = [""] * self.MOST
        self.assert_pages(result("", [{}] * self.MOST), *empty)
        self.assert_pages(result(BREAK * (self.MOST - 1), None), *empty)

    def test_one_page_more(self) -> None:
        for pages in ([{}] * (self.MOST + 1), [0] * (self.MOST + 1)):
            self.assert_unusable(to_json(result("", pages)))
        self.assert_unusable(to_json(result(BREAK * self.MOST, None)))

    def test_a_flood_of_pages(self) -> None:
        """Three bytes each on the wire, and none of them is paid for."""
        flood = b'{"status":"succeeded","analyzeResult":{"content":"","pages":[{}' + b",{}" * 4_000_000 + b"]}}"
        self.assert_unusable(flood)

    def test_however_many_words_a_page_lists(self) -> None:
        word = {"content": "Wort", "polygon": [0, 0, 1, 0, 1, 1, 0, 1], "confidence": 0.9, "span": span(0, 4)}
        pages = listed("Wort")
        pages[0]["words"] = [word] * 100_000
        self.assert_pages(result("Wort", pages, paragraphs=[word] * 1000), "Wort")


class Nonsense(ResultCase):
    def test_what_is_no_json(self) -> None:
        whole = to_json(result("text", listed("text")))
        for body in (
            *(b"", b" ", b"<html>", b"{", b"nul", b"[" * 100_000, b'{"a":' * 5_000, b"\xef\xbb\xbf"),
            *(whole[:-1], whole[: len(whole) // 2], whole + b"}", whole + whole, whole.replace(b"text", b"te\xffxt")),
            *(
                whole.replace(b"text", b"te\nxt"),
                whole.replace(b"text", rb"te\ud800xt"),
                whole.replace(b":0,", b":00,"),
            ),
        ):
            self.assert_unusable(body)

    def test_what_is_no_result(self) -> None:
        for told in (
            *([], {}, None, 7, "succeeded", {"status": None}, {"status": ["succeeded"]}, {"status": "succeeded"}),
            *({"status": "succeeded", "analyzeResult": one} for one in (None, 7, "text", [], {}, {"pages": []})),
            *(result(content, listed("a")) for content in (None, 7, ["a"], {"a": 1}, True)),
            *(result("a", listed("a"), stringIndexType=kind) for kind in ("textElements", "utf16CodeUnit", "")),
        ):
            self.assert_unusable(to_json(told))

    def test_an_analysis_that_failed_at_the_provider(self) -> None:
        for code in (
            "InternalServerError",
            "ServiceUnavailable",
            "TooManyRequests",
            "Timeout",
            "",
            "NeverHeardOf",
            None,
        ):
            self.assert_unusable(
                to_json({"status": "failed", "error": {"code": code, "message": "about the document"}})
            )
        for error in (None, [], "InvalidContent", {}):
            self.assert_unusable(to_json({"status": "failed", "error": error}))

    def test_a_state_that_there_is_not(self) -> None:
        for status in ("canceled", "SUCCEEDED", "Running", "", "partial"):
            self.assert_unusable(to_json({**result("a", listed("a")), "status": status}))

    def test_an_analysis_at_work_without_an_address(self) -> None:
        for told in ({"status": "running"}, {"status": "notStarted"}):
            self.assert_unusable(to_json(told))
