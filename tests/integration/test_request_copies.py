"""What is copied of a body counts towards limits.memory as the body does (threats §5)."""

from __future__ import annotations

from support.case import OCR, PDF, GatewayCase, document, encoded
from support.forms import MODEL, FormsCase
from support.multipart import Form, field, file, form
from support.raw_client import Response
from support.registry import World, document_world

MIB = 1 << 20


def with_an_escape(body: bytes) -> bytes:
    """The same document to JSON, but one that can't be read where it stands."""
    escaped = body.replace(b"application/pdf", b"application\\/pdf", 1)
    assert len(escaped) == len(body) + 1
    return escaped


class Documents(GatewayCase):
    config = {"limits": {"memory": "3MiB"}}

    @classmethod
    def build_world(cls) -> World:
        return document_world(("mistral",))

    def sent(self, size: int, escaped: bool) -> Response:
        body = encoded(document(PDF + bytes(size))) or b""
        return self.post(OCR, with_an_escape(body) if escaped else body)

    def test_an_escape_makes_a_document_count_twice(self) -> None:
        for _ in range(3):
            self.assert_ok(self.sent(MIB + MIB // 4, escaped=False), "first")
            self.assert_ok(self.sent(MIB // 2, escaped=True), "first")
            self.world.forget()
            refused = self.sent(MIB + MIB // 4, escaped=True)
            self.assert_error(refused, 503, "overloaded")
            self.assertEqual(refused.header("retry-after"), "1")
            self.assert_untried(refused)


class Forms(FormsCase):
    config = {"limits": {"memory": "1MiB"}}

    def sent(self, in_fields: int, in_file: int) -> Form:
        given = field("prompt", "x" * in_fields), field("chunking_strategy", "x" * in_fields)
        return form(MODEL, *given, file("file", "voice.mp3", bytes(in_file)))

    def test_the_fields_of_a_form_count_for_each_copy(self) -> None:
        for _ in range(3):
            self.assert_ok(self.transcribe(self.sent(1000, 900 << 10)), "first")
            self.assert_ok(self.transcribe(self.sent(64 << 10, 1000)), "first")
            self.world.forget()
            refused = self.transcribe(self.sent(256 << 10, 1000))
            self.assert_error(refused, 503, "overloaded")
            self.assertEqual(refused.header("retry-after"), "1")
            self.assert_untried(refused)
