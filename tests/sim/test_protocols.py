"""What holds whatever protocol an endpoint speaks: it answers, fails on demand, and can be configured."""

from __future__ import annotations

import base64
import json
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.multipart import Form, field, file, form
from support.raw_client import Cut, Response, request_bytes
from support.waiting import eventually

from sim import faults
from sim.case import AUDIO, AZURE_KEY, BEARER, QUESTION, SimulatorCase, recording
from sim.openai_dialects import DIALECTS
from sim.protocols import PROTOCOLS, make_api
from sim.simulator import make_upstream
from sim.upstream import Then, Upstream

HERE = Path(__file__).resolve().parent
MODELS = {"vendor/chat-1": {"chat"}, "whisper": {"stt"}, "voice": {"tts"}, "prebuilt-layout": {"ocr"}}
SSML = b"<speak version='1.0' xml:lang='de-CH'><voice name='de-CH-LeniNeural'>a</voice></speak>"
SOURCE = {"base64Source": base64.b64encode(b"%PDF-1.7").decode()}
SPOKEN = {"model": "voice", "input": "a", "voice": "alloy"}
AZURE_OPENAI_KEY = ("api-key", "secret")
SPEECH_HEADERS = [("X-Microsoft-OutputFormat", "raw-24khz-16bit-mono-pcm"), ("User-Agent", "a")]
ANALYZE = "/documentintelligence/documentModels/prebuilt-layout:analyze?api-version=2024-11-30"

# One good request of each kind: protocol, credential, path and body.
REQUESTS: dict[str, tuple[str, tuple[str, str], str, Any]] = {
    "chat": ("openai", BEARER, "/v1/chat/completions", QUESTION),
    "recording": ("openai", BEARER, "/v1/audio/transcriptions", recording(model="whisper")),
    "speech": ("openai", BEARER, "/v1/audio/speech", SPOKEN),
    "azure chat": ("azure_openai", AZURE_OPENAI_KEY, "/openai/v1/chat/completions", QUESTION),
    "azure recording": (
        "azure_speech_stt",
        AZURE_KEY,
        "/speechtotext/transcriptions:transcribe?api-version=2025-10-15",
        form(field("definition", "{}"), file("audio", "a.mp3", AUDIO)),
    ),
    "azure speech": ("azure_speech_tts", AZURE_KEY, "/cognitiveservices/v1", SSML),
    "azure document": ("azure_document_intelligence", AZURE_KEY, ANALYZE, SOURCE),
    "batch": ("infomaniak_stt", BEARER, "/1/ai/1/openai/audio/transcriptions", recording(model="whisper")),
    "mistral chat": ("mistral", BEARER, "/v1/chat/completions", QUESTION),
}


def request_of(name: str, **fields: Any) -> bytes:
    _, credential, path, body = REQUESTS[name]
    headers = [credential, *SPEECH_HEADERS]
    if isinstance(body, Form):
        return request_bytes("POST", path, [*headers, *body.headers], body.body)
    if isinstance(body, bytes):
        return request_bytes("POST", path, [*headers, ("Content-Type", "application/ssml+xml")], body)
    told = json.dumps({**body, **fields}).encode()
    return request_bytes("POST", path, [*headers, ("Content-Type", "application/json")], told)


class EveryProtocol(SimulatorCase):
    models = MODELS

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.hosts = {name: cls.add(name, protocol=protocol) for name, (protocol, *_) in REQUESTS.items()}

    def each(self, check: Callable[[str, Upstream], None]) -> None:
        for name, upstream in self.hosts.items():
            with self.subTest(name):
                upstream.forget()
                check(name, upstream)

    def play(self, name: str, step: faults.Step) -> Response:
        self.hosts[name].script([step])
        connection = self.connect(self.hosts[name])
        connection.send(request_of(name))
        return connection.read_response()

    def test_all_are_here(self) -> None:
        self.assertEqual({protocol for protocol, *_ in REQUESTS.values()}, set(PROTOCOLS))

    def test_a_good_request_is_answered_twice_alike(self) -> None:
        def check(name: str, upstream: Upstream) -> None:
            first = self.play(name, faults.answer())
            upstream.forget()
            second = self.play(name, faults.answer())
            self.assertIn(first.status, (200, 202))
            self.assertEqual((first.body, first.headers), (second.body, second.headers))

        self.each(check)

    def test_a_refusal_is_in_the_providers_words(self) -> None:
        def check(name: str, _: Upstream) -> None:
            response = self.play(name, faults.refuse(429, "slow down", headers=[("retry-after", "7")]))
            self.assertEqual((response.status, response.header("retry-after")), (429, "7"))
            self.assertIn(b"slow down", response.body)

        self.each(check)

    def test_cuts_are_cuts(self) -> None:
        cases = {
            "before the head": faults.CLOSE_BEFORE_HEAD,
            "in the body": faults.reply(body=b"0123456789", cut=5, then=Then.CLOSE),
            "a reset": faults.reply(body=b"0123456789", cut=5, then=Then.RESET),
        }
        for step in cases.values():
            for name in self.hosts:
                with self.subTest(name), self.assertRaises(Cut):
                    self.play(name, step)

    def test_the_apis_own_answer_can_be_cut(self) -> None:
        for name in self.hosts.keys() - {"azure document"}:  # whose answer has no body
            with self.subTest(name), self.assertRaises(Cut) as caught:
                self.play(name, faults.stream(upto=2, then=Then.CLOSE))
            self.assertIsNotNone(caught.exception.partial)

    def test_every_named_fault_plays_without_an_error_of_its_own(self) -> None:
        for fault in faults.NAMED:
            for name, upstream in self.hosts.items():
                with self.subTest(fault, upstream=name):
                    named = {"fault": "status", "status": 503} if fault == "status" else fault
                    upstream.script([faults.from_config(named)])
                    connection = self.connect(upstream)
                    connection.send(request_of(name, stream=True))
                    connection.silent(0.01)
                    connection.close()
                    record = upstream.connections[-1]
                    eventually(lambda: record.peer_closed_at or record.closed_at, "the step has ended")
                    self.assertEqual(upstream.faults, [])

    def test_a_body_that_makes_no_sense_is_refused_whatever_is_scripted(self) -> None:
        def check(name: str, upstream: Upstream) -> None:
            for step in (faults.answer(), faults.reply()):
                upstream.script([step])
                connection = self.connect(upstream)
                whole = request_of(name)
                head, _, body = whole.partition(b"\r\n\r\n")
                connection.send(head + b"\r\n\r\n" + b"\xff" * len(body))
                self.assertIn(connection.read_response().status, (400, 422))

        self.each(check)


class Configuration(SimulatorCase):
    def test_the_demo_plays_every_protocol_and_dialect(self) -> None:
        config = json.loads((HERE / "demo.json").read_text())
        entries = config["endpoints"]
        self.assertEqual([entry["port"] for entry in entries], list(range(18443, 18443 + len(entries))))
        self.assertEqual({entry.get("protocol", "openai") for entry in entries}, set(PROTOCOLS))
        self.assertEqual({entry["dialect"] for entry in entries if "dialect" in entry}, set(DIALECTS))
        for entry in entries:
            with self.subTest(entry["name"]):
                upstream = make_upstream(entry, self.authority, config["delay"])
                self.assertEqual(upstream.api.keys, ("demo-key",))

    def test_the_demo_plays_all_that_its_registry_names(self) -> None:
        played = {entry["port"]: entry for entry in json.loads((HERE / "demo.json").read_text())["endpoints"]}
        entry: dict[str, Any] = {}
        upstream = ""
        for line in (HERE.parents[1] / "config" / "demo-providers.yaml").read_text(encoding="utf-8").splitlines():
            key, _, value = line.strip().partition(": ")
            if key == "base_url":
                url = urlsplit(value)
                entry = played[url.port or 0]
                self.assertTrue(url.path.startswith(entry.get("prefix", "")), line)
            elif key == "protocol":
                self.assertEqual(value, entry.get("protocol", "openai"))
            elif key == "upstream":
                upstream = value
                self.assertIn(upstream, entry["models"])
            elif key == "modalities" and upstream:
                self.assertLessEqual(set(value.strip("[]").split(", ")), set(entry["models"][upstream]), upstream)
                upstream = ""

    def test_what_nobody_knows_is_an_error(self) -> None:
        for options in ({"protocol": "grpc"}, {"dialect": "gemnini"}, {"dialect": "gemini", "protocol": "mistral"}, {"odd": 1}):
            with self.subTest(options), self.assertRaises((KeyError, ValueError, TypeError)):
                make_api("a", {}, **options)


if __name__ == "__main__":
    unittest.main()
