"""Mistral's own parameter names, transcriptions and OCR."""

from __future__ import annotations

import base64
import json
import unittest
from typing import Any

from support.multipart import field, file, form
from support.raw_client import Response

from sim import reading
from sim.case import AUDIO, QUESTION, SimulatorCase, recording
from sim.hearing import digest
from sim.openai_api import encoded

CHAT, EMBEDDINGS, STT, OCR = (f"/v1/{path}" for path in ("chat/completions", "embeddings", "audio/transcriptions", "ocr"))
PDF, PNG = b"%PDF-1.7 \x00\xff" * 9, reading.PICTURES[0] + b"picture"
OWN_COUNTS = {"num_cached_tokens", "prompt_token_details", "prompt_audio_seconds"}
MODELS = {"small": {"chat", "vision"}, "embed": {"embeddings"}, "voxtral": {"stt"}, "ocr": {"ocr"}}


def data_uri(data: bytes, kind: str = "application/pdf") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


class MistralCase(SimulatorCase):
    models = MODELS
    options = {"protocol": "mistral"}

    def assert_extra(self, response: Response, *place: str) -> None:
        (told,) = response.json()["detail"]
        self.assertEqual((response.status, told["type"], told["loc"]), (422, "extra_forbidden", ["body", *place]))


class Text(MistralCase):
    def chat(self, **fields: Any) -> Response:
        return self.send(CHAT, QUESTION | {"model": "small", **fields})

    def test_openais_names_are_refused(self) -> None:
        for name in ("seed", "user", "max_completion_tokens", "logprobs", "logit_bias", "store"):
            with self.subTest(name):
                self.assert_extra(self.chat(**{name: 1}), name)
        self.assert_extra(self.chat(stream_options={"include_obfuscation": False}), "stream_options", "include_obfuscation")
        self.assertEqual(self.chat(random_seed=1, max_tokens=5, safe_prompt=True, tool_choice="any").status, 200)
        self.assertEqual(self.chat(tool_choice="every").status, 422)
        for temperature, status in ((0, 200), (1.5, 200), (1.6, 422), (-0.1, 422)):
            self.assertEqual(self.chat(temperature=temperature).status, status)

    def test_a_422_may_come_wrapped(self) -> None:
        self.set(wraps_details=True)
        told = self.chat(seed=1).json()
        self.assertEqual((told["object"], told["message"]["detail"][0]["loc"]), ("error", ["body", "seed"]))

    def test_its_other_errors(self) -> None:
        response = self.chat(model="large")
        self.assertEqual((response.status, response.json()["type"], response.json()["code"]), (400, "invalid_model", "1500"))
        response = self.connect().request("POST", CHAT, [], json.dumps(QUESTION).encode())
        self.assertEqual((response.status, response.json()), (401, {"detail": "Unauthorized"}))

    def test_content_may_be_chunks(self) -> None:
        self.set(thinks=True)
        message = self.chat().json()["choices"][0]["message"]
        self.assertEqual([chunk["type"] for chunk in message["content"]], ["thinking", "text"])
        chunks = [json.loads(data) for data in self.chat(stream=True).datas()[:-1]]
        self.assertEqual(chunks[1]["choices"][0]["delta"]["content"][0]["type"], "thinking")

    def test_the_last_chunk_has_the_usage_when_asked(self) -> None:
        for asked in (False, True):
            datas = self.chat(stream=True, stream_options={"include_usage": asked}).datas()
            last = json.loads(datas[-2])
            self.assertEqual((last["choices"][0]["finish_reason"], "usage" in last), ("stop", asked))

    def test_an_answer_may_end_in_an_error(self) -> None:
        self.set(ends_with="error")
        self.assertEqual(self.chat().json()["choices"][0]["finish_reason"], "error")
        last = json.loads(self.chat(stream=True).datas()[-2])
        self.assertEqual(last["choices"][0]["finish_reason"], "error")

    def test_usage_has_its_own_names(self) -> None:
        usage = self.chat().json()["usage"]
        self.assertEqual(set(usage) - {"prompt_tokens", "completion_tokens", "total_tokens"}, OWN_COUNTS)
        self.assertEqual(usage["prompt_token_details"], {"cached_tokens": 0})

    def test_embeddings(self) -> None:
        ask = {"model": "embed", "input": "a", "output_dimension": 5}
        floats = self.send(EMBEDDINGS, ask).json()["data"][0]["embedding"]
        self.assertEqual(len(floats), 5)
        packed = self.send(EMBEDDINGS, ask | {"encoding_format": "base64"}).json()["data"][0]["embedding"]
        self.assertEqual(packed, encoded(floats))
        self.assert_extra(self.send(EMBEDDINGS, ask | {"dimensions": 5}), "dimensions")


class Transcriptions(MistralCase):
    def transcribe(self, **fields: Any) -> Response:
        return self.send(STT, recording(**{"model": "voxtral", **fields}))

    def test_the_text_proves_which_bytes_came(self) -> None:
        told = self.transcribe(language="de").json()
        self.assertIn(f"vendor heard {len(AUDIO)} bytes sha256 {digest(AUDIO)}.", told["text"])
        self.assertEqual((told["segments"], told["usage"]["prompt_audio_seconds"]), ([], 5))

    def test_times_come_on_request(self) -> None:
        for given, count in ((["segment"], 2), ("segment", 2), (["word"], 12)):
            self.assertEqual(len(self.transcribe(timestamp_granularities=given).json()["segments"]), count)

    def test_refusals(self) -> None:
        for name in ("response_format", "prompt"):
            self.assert_extra(self.transcribe(**{name: "json"}), name)
        cases = {
            "times and a language": self.transcribe(timestamp_granularities=["word"], language="de"),
            "unknown times": self.transcribe(timestamp_granularities=["line"]),
            "a file and its URL": self.transcribe(file_url="https://a.test/a.mp3"),
        }
        self.assert_refusals(cases, 422)
        self.assertEqual(self.transcribe(language="german").status, 400)
        twice = form(*(field("language", "de"),) * 2, field("model", "voxtral"), file("file", "a.mp3", AUDIO))
        self.assertEqual(self.send(STT, twice).status, 400)
        self.assertEqual(self.transcribe(diarize="true", context_bias=["a", "b"]).status, 200)


class Ocr(MistralCase):
    def read(self, document: Any = None, **fields: Any) -> Response:
        usual = {"type": "document_url", "document_url": data_uri(PDF)}
        return self.send(OCR, {"model": "ocr", "document": usual if document is None else document, **fields})

    def test_the_pages_prove_which_document_came(self) -> None:
        told = self.read().json()
        self.assertEqual([page["index"] for page in told["pages"]], [0, 1, 2])
        self.assertIn(f"vendor read {len(PDF)} bytes sha256 {digest(PDF)}: page 2 of 3.", told["pages"][1]["markdown"])
        self.assertEqual(told["usage_info"], {"pages_processed": 3, "doc_size_bytes": len(PDF)})
        url = "https://a.test/a.pdf"
        told = self.read({"type": "document_url", "document_url": url, "document_name": "a"}).json()
        self.assertIn(f"url sha256 {digest(url.encode())}", told["pages"][0]["markdown"])

    def test_a_picture_is_one_page_however_it_is_named(self) -> None:
        uri = data_uri(PNG, "image/png")
        answers = [self.read({"type": "image_url", "image_url": given}).json() for given in (uri, {"url": uri})]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(len(answers[0]["pages"]), 1)

    def test_pages_and_pictures_are_chosen(self) -> None:
        for pages, found in (([2, 0], [0, 2]), ("0-1", [0, 1]), ("1,2", [1, 2]), ([7], [])):
            told = self.read(pages=pages).json()
            self.assertEqual([page["index"] for page in told["pages"]], found)
            self.assertEqual(told["usage_info"]["pages_processed"], len(found))
        without, with_them = (self.read(include_image_base64=on).json() for on in (False, True))
        self.assertIsNone(without["pages"][0]["images"][0]["image_base64"])
        self.assertTrue(with_them["pages"][0]["images"][0]["image_base64"].startswith("data:image/png;base64,"))

    def test_refusals(self) -> None:
        self.assert_extra(self.read(provider={}), "provider")
        self.assert_extra(self.read({"type": "document_url", "document_url": "https://a", "url": "x"}), "document", "url")
        cases = {
            "no document": self.read([]),
            "an unknown kind": self.read({"type": "audio_url", "audio_url": "https://a"}),
            "no URL": self.read({"type": "document_url", "document_url": 1}),
            "a negative page": self.read(pages=[-1]),
        }
        self.assert_refusals(cases, 422)
        cases = {
            "another model": self.read(model="small"),
            "no document in it": self.read({"type": "document_url", "document_url": data_uri(b"hello")}),
            "no base64": self.read({"type": "document_url", "document_url": "data:application/pdf;base64,JV*="}),
            "a file": self.read({"type": "document_url", "document_url": "file:///etc/passwd"}),
        }
        self.assert_refusals(cases, 400)
        self.assertEqual(self.read({"type": "file", "file_id": "1"}).status, 404)
        self.assertEqual(self.send(OCR, b"{}").status, 415)


if __name__ == "__main__":
    unittest.main()
