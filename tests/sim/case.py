"""The base of the simulator's own tests: endpoints over real TLS, and a client that sends what it is told."""

from __future__ import annotations

import json
import ssl
import tempfile
import unittest
from pathlib import Path
from typing import Any

from support.multipart import Form, field, file, form
from support.raw_client import Connection, Response

from .background import Simulator
from .tls import Authority
from .upstream import Upstream

MODELS = {"vendor/chat-1": {"chat", "vision"}, "vendor/embed-1": {"embeddings"}}
QUESTION = {"model": "vendor/chat-1", "messages": [{"role": "user", "content": "hello there"}]}
AUDIO = b"ID3\x04" + bytes(range(256)) * 2
BEARER = ("Authorization", "Bearer secret")
AZURE_KEY = ("Ocp-Apim-Subscription-Key", "secret")


class SimulatorCase(unittest.TestCase):
    """Subclasses say how their endpoint is made."""

    models: dict[str, set[str]] = MODELS
    options: dict[str, Any] = {}  # as make_api takes them
    credential: tuple[str, str] = BEARER

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="phigate-sim-")
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(Path(folder.name) / "ca")
        cls.simulator = Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.upstream = cls.add("vendor", **cls.options)

    @classmethod
    def add(cls, name: str, **options: Any) -> Upstream:
        context = cls.authority.server().context()
        return cls.simulator.add(name, cls.models, tls=context, keys=("secret",), **options)

    def setUp(self) -> None:
        self.upstream.forget()
        self.addCleanup(lambda: self.assertEqual(self.bugs(), []))

    def bugs(self) -> list[str]:
        """The simulator's own."""
        return [fault for one in self.simulator.upstreams.values() for fault in one.faults if "simulator" in fault]

    def set(self, **facts: Any) -> None:
        """Changes fields of the API for the length of a test."""
        for name, value in facts.items():
            self.addCleanup(setattr, self.upstream.api, name, getattr(self.upstream.api, name))
            setattr(self.upstream.api, name, value)

    def connect(self, upstream: Upstream | None = None) -> Connection:
        context = ssl.create_default_context(cafile=str(self.authority.ca_file))
        connection = Connection("127.0.0.1", (upstream or self.upstream).port, tls=context, timeout=5.0)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection: Connection, body: dict | None = None, path: str = "/v1/chat/completions") -> Response:
        sent = None if path == "/v1/models" else json.dumps(body or QUESTION).encode()
        return connection.request("GET" if sent is None else "POST", path, [BEARER], sent)

    def send(
        self, path: str, body: Any = None, *, method: str = "POST", headers: list[tuple[str, str]] | None = None
    ) -> Response:
        """A request of its own connection, with the credential; a Form, bytes, or a value that becomes JSON."""
        told = [self.credential, *(headers or [])]
        if isinstance(body, Form):
            told, body = [*told, *body.headers], body.body
        elif body is not None and not isinstance(body, bytes):
            told, body = [*told, ("Content-Type", "application/json")], json.dumps(body).encode()
        return self.connect().request(method, path, told, body)

    def assert_refusals(self, cases: dict[str, Response], status: int) -> None:
        for name, response in cases.items():
            with self.subTest(name):
                self.assertEqual(response.status, status, response.body[:300])


def recording(audio: bytes = AUDIO, filename: str = "a.mp3", **fields: Any) -> Form:
    """A form of OpenAI's. A list makes a field that comes more than once; "[]" is added to its name."""
    parts = []
    for name, value in fields.items():
        parts += [field(f"{name}[]", one) for one in value] if isinstance(value, list) else [field(name, value)]
    return form(*parts, file("file", filename, audio))
