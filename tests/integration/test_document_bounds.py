"""What POST /v1/ocr does not read: bad requests, what an address points to, and more than the limit (spec §2, threats §3)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
from collections.abc import Iterator
from typing import Any

from sim import faults
from support.case import OCR, PDF, document, encoded, question
from support.documents import AZURE, DocumentCase, asked, data_uri, linked, pictured
from support.registry import World

LIMIT = 25 << 20


class Refusals(DocumentCase):
    def refused(self, body: Any, param: str | None, **options: Any) -> None:
        with self.subTest(str(body)[:150]):
            response = self.read_document(body, **options)
            error = self.assert_error(response, 400, "invalid_request")
            if param is not None:
                self.assertEqual(error["param"], param)
            self.assert_untried(response)

    def test_what_is_no_document(self) -> None:
        url = data_uri(PDF, "application/pdf")
        for source in (None, 7, "text", [], {}, {"type": "document_url"}, {"type": "image_url", "document_url": url}):
            self.refused(asked(source), None)
        for source in (
            {"type": "DOCUMENT_URL", "document_url": url},
            {"type": "audio_url", "document_url": url},
            {"type": None, "image_url": None},
            {"document_url": url, "image_url": url},
            {"type": "document_url", "document_url": url, "file_id": "x"},
            {"type": "document_url", "document_url": {"url": url}},
        ):
            self.refused(asked(source), None)
        self.refused({"model": "ocr-a"}, "document")

    def test_what_is_no_address(self) -> None:
        for url in (
            *(
                "",
                "example.org/a.pdf",
                "/etc/passwd",
                "file:///etc/passwd",
                "ftp://example.org/a",
                "gopher://example.org",
            ),
            *("https://", "http://", "https:// example.org", "https://example.org/ä.pdf", "https://example.org/a b"),
            *("https://example.org/\n", "javascript:alert(1)", "blob:https://example.org/x"),
            *("https://example.org/" + "x" * 8200, " https://example.org/"),
        ):
            self.refused(linked(url), "document.document_url")
            self.refused(pictured(url), "document.image_url")

    def test_what_is_no_data_uri(self) -> None:
        good = base64.b64encode(PDF).decode()
        for url in (
            *(
                "data:",
                "data:,",
                "data:application/pdf,hello",
                "data:application/pdf;base64",
                "data:application/pdf;base64,",
            ),
            f"data:pdf;base64,{good}",
            f"data:application/pdf;base64 {good}",
            f"data:application/pdf;base64,{good[:-1]}",
            f"data:application/pdf;base64,{good}=",
            f"data:application/pdf;base64,{good[:8]}*{good[9:]}",
            f"data:application/pdf;base64,{good[:8]}\n{good[8:]}",
            f"data:application/pdf;base64,{good[:8].replace(good[0], '-')}_{good[9:]}",
            f'data:application/pdf;base64,{good[:8]}","urlSource":"http://x/{good[8:]}',
        ):
            self.refused(linked(url), "document.document_url")

    def test_what_are_no_pages(self) -> None:
        for pages in (
            *([], "", " ", ",", "0,", "-1", "1-", "2-1", "a", "0x1", "1.5", "0-2000", "２", "1--2", "+1"),
            *([-1], [1.5], ["1"], [None], [2000], [10**30], {}, True, 7, [True], [[0]]),
            *(list(range(2000)) + [0], "0-1999,0"),
        ):
            self.refused(document(pages=pages), "pages")

    def test_a_key_twice(self) -> None:
        url = data_uri(PDF, "application/pdf")
        for body in (
            f'{{"model":"ocr-a","document":{{"document_url":"{url}","document_url":"{url}"}}}}',
            f'{{"model":"ocr-a","document":{{"document_url":"{url}","document_ur\\u006c":"{url}"}}}}',
            f'{{"model":"ocr-a","document":{{"image_url":{{"url":"{url}","url":"{url}"}}}}}}',
            f'{{"model":"ocr-a","document":{{"document_url":"{url}"}},"document":{{"document_url":"{url}"}}}}',
            f'{{"model":"ocr-a","document":{{"document_url":"{url}"}},"Document":{{"document_url":"{url}"}}}}',
            f'{{"model":"ocr-a","document":{{"document_url":"{url}"}},"pages":[0],"pages":[1]}}',
        ):
            with self.subTest(body[:60]):
                self.assert_error(self.read_document(body.encode()), 400, "ambiguous_body")
        self.assertEqual(self.world.requests(), 0)

    def test_methods_and_models(self) -> None:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            self.assertEqual(self.get(OCR, method=method).status, 405)
        self.assert_error(self.read_document(document(model="nobody")), 404, "model_not_found")
        self.assert_error(self.chat(question(model="ocr-a")), 422, "no_route")
        self.assert_error(self.read_document(document(provider={"max_price": {"prompt": 1}})), 400)
        self.assertEqual(self.world.requests(), 0)


class Fetched(DocumentCase):
    """An address in a request is text to the gateway: nothing there is ever asked (threats §3)."""

    protocols = (AZURE, "mistral", "openai")

    @contextlib.contextmanager
    def listening(self) -> Iterator[tuple[str, socket.socket]]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            yield f"http://127.0.0.1:{server.getsockname()[1]}", server

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        world.registry["providers"].pop("third")
        return world

    def test_nobody_is_called_at_the_address_in_a_request(self) -> None:
        with self.listening() as (origin, server):
            stranger = f"{self.world['third'].origin}/a.pdf"
            bodies = [
                linked(f"{origin}/a.pdf"),
                pictured(f"{origin}/a.png"),
                linked(stranger),
                pictured({"url": stranger}),
            ]
            for slug in ("first", "second"):
                for response in self.read_all(bodies, slug):
                    self.assert_ok(response, slug)
            with self.assertRaises(BlockingIOError):
                server.accept()
        self.assertEqual(self.world["third"].connections, [])


class Size(DocumentCase):
    protocols = (AZURE, "mistral")

    @staticmethod
    def body_of(size: int) -> tuple[bytes, bytes]:
        """A body of exactly that many bytes, and the document in it."""
        empty = encoded(document(b"", provider={"order": ["first"]})) or b""
        room = size - len(empty)
        data = PDF + bytes(room // 4 * 3 - len(PDF))
        body = encoded(document(data, provider={"order": ["first"]})) or b""
        return body + b" " * (size - len(body)), data

    def test_the_largest_document_is_sent_on_and_sent_again_to_the_letter(self) -> None:
        body, data = self.body_of(LIMIT)
        self.assertEqual(len(body), LIMIT)
        self.world["first"].script([faults.status(503)])
        response = self.read_document(body)
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        proof = hashlib.sha256(base64.b64encode(data)).digest()
        self.assertEqual(self.digest(self.one_request(self.world["first"]).json()["base64Source"]), proof)
        url = self.one_request(self.world["second"]).json()["document"]["document_url"]
        self.assertEqual(self.digest(url.removeprefix("data:application/pdf;base64,")), proof)

    @staticmethod
    def digest(text: str) -> bytes:
        return hashlib.sha256(text.encode()).digest()

    def test_one_byte_more_is_refused_before_it_is_sent(self) -> None:
        connection = self.connect()
        connection.try_send(
            f"POST {OCR} HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
            f"Content-Length: {LIMIT + 1}\r\n\r\n".encode()
        )
        self.assert_error(connection.read_response(), 413, "payload_too_large")
        self.assertEqual(self.world.requests(), 0)

    def test_one_byte_more_in_chunks(self) -> None:
        body, _ = self.body_of(LIMIT)
        connection = self.connect(timeout=30.0)
        head = f"POST {OCR} HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.try_send(head.encode() + f"{LIMIT:x}\r\n".encode() + body + b"\r\n1\r\n \r\n0\r\n\r\n")
        self.assert_error(connection.read_response(), 413, "payload_too_large")
        self.assertEqual(self.world.requests(), 0)
