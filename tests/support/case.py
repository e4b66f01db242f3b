"""The base of the integration tests: one world and one daemon a class, and the assertions that every answer is held to."""

from __future__ import annotations

import base64
import json
import re
import unittest
from typing import Any

from sim.upstream import Upstream

from .gateway import Gateway
from .multipart import Form, field, file, form
from .raw_client import Connection, Response, request_bytes
from .registry import World, single_world
from .waiting import eventually

CHAT = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"
TRANSCRIPTIONS = "/v1/audio/transcriptions"
SPEECH = "/v1/audio/speech"
OCR = "/v1/ocr"
EXPLAIN = "/v1/route/explain"
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 4
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
RETRYABLE = {408, 429}
# Headers that come as soon as one route was tried.
AFTER_A_TRY = ("x-phi-attempts", "x-fallback-count", "x-provider-slug", "x-routing-strategy", "x-model-variant")


def question(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"model": "model-a", "messages": [{"role": "user", "content": text}], **fields}


def image_question(**fields: Any) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    return {
        "model": "model-a",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, picture]}],
        **fields,
    }


def recording(audio: bytes = MP3, filename: str = "voice.mp3", **fields: str) -> Form:
    """A transcription's form, the file last. Whoever wants it otherwise builds it with multipart."""
    told = {"model": "whisper-a", **fields}
    return form(*(field(name, value) for name, value in told.items()), file("file", filename, audio))


def spoken(text: str = "Grüezi", **fields: Any) -> dict[str, Any]:
    return {"model": "voice-a", "input": text, "voice": "alloy", **fields}


def document(data: bytes = PDF, media_type: str = "application/pdf", **fields: Any) -> dict[str, Any]:
    url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return {"model": "ocr-a", "document": {"type": "document_url", "document_url": url}, **fields}


def encoded(body: Any) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


class GatewayCase(unittest.TestCase):
    """Subclasses set `config` (laid upon the usual one) and override `build_world`."""

    maxDiff = None
    config: dict[str, Any] = {}
    environment: dict[str, str] = {}
    expected_exit: int | None = 0

    @classmethod
    def build_world(cls) -> World:
        return single_world()

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.build_world()
        cls.addClassCleanup(cls.world.stop)
        cls.gateway = cls.new_gateway()
        cls.addClassCleanup(cls.gateway.remove)
        cls.gateway.start()
        cls.addClassCleanup(cls.gateway.stop, cls.expected_exit)

    @classmethod
    def new_gateway(cls, **over: Any) -> Gateway:
        return Gateway(cls.world.registry, {**cls.world.config(), **cls.config, **over}, cls.environment)

    def setUp(self) -> None:
        self.world.forget()
        self.addCleanup(self.check_nothing_broke)

    def check_nothing_broke(self) -> None:
        """Whatever a test does, the daemon lives on and speaks clean HTTP to its providers."""
        self.assertEqual({one.name: one.faults for one in self.world.upstreams if one.faults}, {})
        self.assertTrue(self.gateway.running, f"the daemon died\n{self.gateway.log()[-4000:]}")

    # ---- asking

    def connect(self, **options: Any) -> Connection:
        connection = self.gateway.connect(**options)
        self.addCleanup(connection.close)
        return connection

    def post(
        self,
        path: str,
        body: Any,
        *,
        region: str | None = None,
        phi: str | None = None,
        headers: list[tuple[str, str]] | tuple = (),
        connection: Connection | None = None,
    ) -> Response:
        told = self.told(region, phi, headers)
        if connection is not None:
            return connection.request("POST", path, told, encoded(body))
        return self.gateway.request("POST", path, told, encoded(body))

    def chat(self, body: Any = None, **options: Any) -> Response:
        return self.post(CHAT, question() if body is None else body, **options)

    def transcribe(self, form: Form | None = None, **options: Any) -> Response:
        """Sends a form as it is: a recording for `whisper-a` when none is given."""
        sent = form or recording()
        headers = [*sent.headers, *options.pop("headers", ())]
        return self.post(TRANSCRIPTIONS, sent.body, headers=headers, **options)

    def speak(self, body: Any = None, **options: Any) -> Response:
        return self.post(SPEECH, spoken() if body is None else body, **options)

    def read_document(self, body: Any = None, **options: Any) -> Response:
        return self.post(OCR, document() if body is None else body, **options)

    def explain(self, body: Any = None, **options: Any) -> dict[str, Any]:
        """What the gateway says that it would do; the shape in full is test_explain's affair."""
        response = self.post(EXPLAIN, question() if body is None else body, **options)
        self.assertEqual(response.status, 200, response.body[:600])
        return response.json()

    def explained_order(self, body: Any = None, **options: Any) -> list[str]:
        """The providers of the candidates."""
        return [one["provider"] for one in self.explain(body, **options)["candidates"]]

    def nothing_cools(self, body: Any = None, **options: Any) -> None:
        """Waits until no candidate cools: what an earlier request broke reorders the next one no more."""
        eventually(
            lambda: not any(one["cooling"] for one in self.explain(body, **options)["candidates"]), "nothing cools"
        )

    def heal(self, *bodies: dict[str, Any]) -> None:
        """A good answer of every route that cools ends its cooldown: no test shall reorder the next one's routes."""
        self.world.forget()
        for body in bodies:
            cooling = [one["provider"] for one in self.explain(body)["candidates"] if one["cooling"]]
            for slug in cooling:
                path = EMBEDDINGS if "input" in body else CHAT
                self.assert_ok(self.post(path, {**body, "provider": {"only": [slug]}}), slug)
        self.world.forget()

    def open_stream(self, body: Any = None, **options: Any) -> tuple[Connection, Response]:
        """A stream whose head was read; its events are the caller's to read."""
        connection = self.connect(**options.pop("connect", {}))
        told = self.told(options.pop("region", None), options.pop("phi", None), options.pop("headers", ()))
        connection.send(request_bytes("POST", CHAT, told, encoded(body or question(stream=True))))
        return connection, connection.read_head()

    def send_only(self, body: Any = None, **options: Any) -> Connection:
        """A chat request that was sent, its answer not read."""
        connection = self.connect()
        told = self.told(options.pop("region", None), options.pop("phi", None), options.pop("headers", ()))
        connection.send(request_bytes("POST", CHAT, told, encoded(body or question())))
        return connection

    def get(self, path: str, headers: list[tuple[str, str]] | tuple = (), method: str = "GET") -> Response:
        return self.gateway.request(method, path, headers)

    @staticmethod
    def told(region: str | None, phi: str | None, headers: Any) -> list[tuple[str, str]]:
        told = list(headers)
        if not any(name.lower() == "content-type" for name, _ in told):
            told.append(("Content-Type", "application/json"))
        if region is not None:
            told.append(("X-Region", region))
        if phi is not None:
            told.append(("X-PHI", phi))
        return told

    # ---- judging

    def assert_ok(self, response: Response, provider: str | None = None) -> None:
        self.assertEqual(response.status, 200, response.body[:600])
        self.assertRegex(response.header("x-request-id") or "", UUID7)
        self.assertRegex(response.header("x-phi-routed") or "", r"^[^/]+/[A-Z]+/(general|phi)$")
        if provider is not None:
            self.assertEqual(response.header("x-provider-slug"), provider)

    def assert_error(
        self, response: Response, status: int, code: str | tuple[str, ...] | None = None, *, passed_on: bool = False
    ) -> dict[str, Any]:
        """OpenAI's shape in every detail. `passed_on`: a provider's own error, whose type is its own affair."""
        self.assertEqual(response.status, status, response.body[:600])
        self.assertEqual((response.header("content-type") or "").split(";")[0], "application/json")
        self.assertRegex(response.header("x-request-id") or "", UUID7)
        body = response.json()
        self.assertEqual(list(body), ["error"])
        error = body["error"]
        self.assertLessEqual({"message", "type", "param", "code"}, set(error))
        own = {"innererror"} if passed_on else set()
        self.assertLessEqual(set(error), {"message", "type", "param", "code", "metadata"} | own)
        self.assertTrue(error["message"])
        if code is not None:
            self.assertIn(error["code"], (code,) if isinstance(code, str) else code)
        if not passed_on:
            self.assertIsInstance(error["code"], str)
            if status not in RETRYABLE - {429}:
                usual = "invalid_request_error" if status < 500 else "api_error"
                self.assertEqual(error["type"], ERROR_TYPES.get(status, usual))
        if 400 <= status < 500:
            self.assertEqual(response.header("x-should-retry"), None if status in RETRYABLE else "false")
        self.assertEqual(response.all("x-phi-routed"), [])
        return error

    def assert_attempts(self, response: Response, attempts: int) -> None:
        self.assertEqual(response.header("x-phi-attempts"), str(attempts))
        self.assertEqual(response.header("x-fallback-count"), str(attempts - 1))

    def assert_untried(self, response: Response) -> None:
        """No route was tried: nothing reached any provider, and no header claims otherwise."""
        self.assertEqual(self.world.requests(), 0)
        for name in AFTER_A_TRY:
            self.assertIsNone(response.header(name), name)

    def one_request(self, upstream: Upstream) -> Any:
        """The only request that `upstream` got, wholly received."""
        self.assertEqual(len(upstream.requests), 1)
        eventually(lambda: upstream.requests[0].whole, "the request is whole")
        return upstream.requests[0]


class FreshGatewayCase(GatewayCase):
    """A daemon for each test, in front of one world: what one test does to it is nothing to the next one."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.build_world()
        cls.addClassCleanup(cls.world.stop)

    def setUp(self) -> None:
        self.gateway = self.new_gateway()
        self.addCleanup(self.gateway.remove)
        self.gateway.start()
        super().setUp()
