"""A client in a thread of its own that asks without pause, leaves at any point, and checks what it gets."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from typing import Any

from sim.openai_api import vector

from .generated_traffic import NONCE, PATHS
from .judgement import first_vector, text_of
from .raw_client import Connection, MalformedResponse, Response, request_bytes

ABORTED = 0.3  # of all requests
KEPT = 0.7  # of the connections whose request was answered


class RestlessClient(threading.Thread):
    """Ends after `seconds`; then `wrong` says what was not as it must be, `done` counts what was asked."""

    def __init__(self, port: int, seed: str, seconds: float) -> None:
        super().__init__(name=f"client {seed}", daemon=True)
        self.wrong: list[str] = []
        self.done: Counter[str] = Counter()
        self._draw = random.Random(seed)
        self._port = port
        self._ends_at = time.monotonic() + seconds
        self._connection: Connection | None = None

    def run(self) -> None:
        while time.monotonic() < self._ends_at and not self.wrong:
            nonce = f"nonce-{self._draw.getrandbits(64):016x}"
            kind = self._draw.choice(["chat", "chat", "stream", "stream", "embeddings"])
            try:
                self._one_request(kind, nonce)
            except (MalformedResponse, AssertionError, OSError, ValueError, LookupError) as error:
                self.wrong.append(f"{self.name}, {kind} {nonce}: {error!r}")
        self._leave()

    def _one_request(self, kind: str, nonce: str) -> None:
        connection = self._connection or Connection("127.0.0.1", self._port)
        self._connection = connection
        path = PATHS["embeddings" if kind == "embeddings" else "chat"]
        body = json.dumps(question(kind, nonce)).encode()
        request = request_bytes("POST", path, [("Content-Type", "application/json")], body)
        if self._draw.random() < ABORTED:
            self._abort(connection, request, nonce)
            self._connection = None
            self.done["aborted"] += 1
            return
        connection.send(request)
        self._check(kind, nonce, connection.read_response())
        self.done[kind] += 1
        if self._draw.random() > KEPT:
            self._leave()

    def _abort(self, connection: Connection, request: bytes, nonce: str) -> None:
        """Leaves within the request, behind it, behind the answer's head, or within its body."""
        point = self._draw.choice(["request", "sent", "head", "body"])
        connection.send(request[: self._draw.randrange(len(request))] if point == "request" else request)
        if point in ("head", "body"):
            response = connection.read_head()
            if response.status != 200:
                raise AssertionError(f"status {response.status}")
            if point == "body" and response.chunked:
                self._check_nonces(b"".join(connection.read_chunk() for _ in range(self._draw.randint(1, 2))), nonce)
        (connection.reset if self._draw.random() < 0.5 else connection.close)()

    def _check(self, kind: str, nonce: str, response: Response) -> None:
        if response.status != 200:
            raise AssertionError(f"status {response.status}: {response.body[:300]!r}")
        self._check_nonces(response.body, nonce)
        if kind == "embeddings":
            if first_vector(response.json()) != vector(nonce, 8):
                raise AssertionError("the vector is not of this request")
            return
        by = response.header("x-provider-slug")
        if (text := text_of(response, kind == "stream")) != f"{by} received: {nonce}":
            raise AssertionError(f"not the answer to this request: {text!r}")

    @staticmethod
    def _check_nonces(body: bytes, nonce: str) -> None:
        if foreign := set(NONCE.findall(body.decode())) - {nonce}:
            raise AssertionError(f"the answer to another request: {foreign}")

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def question(kind: str, nonce: str) -> dict[str, Any]:
    if kind == "embeddings":
        return {"model": "embed-a", "input": nonce}
    return {"model": "model-a", "stream": kind == "stream", "messages": [{"role": "user", "content": nonce}]}
