"""Requests as raw bytes, and what it means that one is refused."""

from __future__ import annotations

import json

from .case import GatewayCase, question
from .raw_client import Connection, Response

BODY = json.dumps(question()).encode()
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)


def chunks(body: bytes, size: int = 10) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class FramingCase(GatewayCase):
    def send_raw(self, data: bytes, method: str = "POST") -> tuple[Connection, Response]:
        connection = self.connect()
        connection.try_send(data)
        return connection, connection.read_response(method)

    def assert_refused(
        self, data: bytes, status: int | tuple[int, ...] = 400, *, closes: bool = True, method: str = "POST"
    ) -> Response:
        """An error in the usual shape, nothing to any provider and, where due, no second answer to what follows."""
        connection, response = self.send_raw(data, method)
        allowed = status if isinstance(status, tuple) else (status,)
        self.assertIn(response.status, allowed, response.body[:300])
        if method != "HEAD":
            self.assert_error(response, response.status)
        if closes:
            self.assertEqual((response.header("connection") or "").lower(), "close")
            self.assertTrue(connection.closed(), "the connection is closed without another answer")
        self.assertEqual(self.world.requests(), 0)
        return response
