"""A client that sends exactly the bytes it is told and reads answers strictly: any deviation from HTTP/1.1 is an error."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
Headers = Iterable[tuple[str, str]]


class MalformedResponse(AssertionError):
    """The answer is no valid HTTP/1.1."""


class Cut(MalformedResponse):
    """The other side closed within an answer. `partial` holds what there was of it, when its head was whole."""

    def __init__(self, message: str, partial: Response | None = None) -> None:
        super().__init__(message)
        self.partial = partial


@dataclass
class Event:
    """One server-sent event: its data (None for comments alone), its comments and its bytes."""

    raw: bytes
    data: str | None
    comments: list[str]

    def json(self) -> Any:
        return json.loads(self.data or "")


@dataclass
class Response:
    raw_head: bytes
    version: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    chunked: bool = False

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        if len(values) > 1:
            raise MalformedResponse(f"{name} {len(values)} times")
        return values[0] if values else None

    def trailer(self, name: str) -> str | None:
        return next((value for key, value in self.trailers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        return self.json()["error"]

    @property
    def code(self) -> str | None:
        return self.error["code"]

    def events(self) -> list[Event]:
        return parse_events(self.body)

    def datas(self) -> list[str]:
        """The data of each event that has any."""
        return [event.data for event in self.events() if event.data is not None]


def parse_events(body: bytes) -> list[Event]:
    """Splits a stream; bytes behind the last blank line are a malformed answer."""
    text = re.sub(rb"\r\n|\r", b"\n", body)
    *blocks, rest = text.split(b"\n\n")
    if rest:
        raise MalformedResponse(f"an event without its end: {rest[:80]!r}")
    events = []
    for block in blocks:
        lines = block.decode().split("\n")
        data = [line.removeprefix("data:").removeprefix(" ") for line in lines if line.startswith("data")]
        comments = [line[1:].strip() for line in lines if line.startswith(":")]
        events.append(Event(block, "\n".join(data) if data else None, comments))
    return events


def request_bytes(
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes | None = None,
    *,
    host: str = "gateway.test",
    version: str = "HTTP/1.1",
) -> bytes:
    """A well-formed request; Content-Length comes along with a body unless the headers frame it."""
    told = list(headers)
    names = {name.lower() for name, _ in told}
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        told.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} {version}", f"Host: {host}", *(f"{name}: {value}" for name, value in told)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


class Connection:
    """One connection to the gateway (or to a simulated upstream)."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str = "localhost",
        timeout: float = 10.0,
        receive_buffer: int | None = None,
    ) -> None:
        plain = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._timeout = timeout
        plain.settimeout(timeout)
        try:
            plain.connect((host, port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sock = tls.wrap_socket(plain, server_hostname=server_name) if tls else plain
        except BaseException:
            plain.close()
            raise
        self._buffer = bytearray()
        self.first_byte_at: float | None = None
        self.was_reset = False  # the other side ended it with a RST

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def try_send(self, data: bytes) -> None:
        """For bytes that the other side may refuse to take, having answered already."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self._sock.sendall(data)

    def request(self, method: str, target: str, headers: Headers = (), body: bytes | None = None) -> Response:
        self.send(request_bytes(method, target, headers, body))
        return self.read_response(method)

    def read_response(self, method: str = "POST") -> Response:
        """One whole answer; 1xx heads are returned as answers of their own."""
        response = self.read_head()
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        try:
            self._read_body(response)
        except Cut as cut:
            cut.partial = response
            raise
        return response

    def read_head(self) -> Response:
        self._fill_until(b"\r\n\r\n")
        end = self._buffer.find(b"\r\n\r\n") + 4
        raw = self._take(end)
        lines = raw[:-4].split(b"\r\n")
        status_line = re.fullmatch(rb"(HTTP/1\.[01]) ([1-5][0-9][0-9]) ([\x20-\x7e]*)", lines[0])
        if not status_line:
            raise MalformedResponse(f"status line {lines[0]!r}")
        response = Response(raw, status_line[1].decode(), int(status_line[2]), [parse_field(one) for one in lines[1:]])
        lengths, codings = response.all("content-length"), response.all("transfer-encoding")
        if len(lengths) > 1 or (lengths and codings) or (codings and codings != ["chunked"]):
            raise MalformedResponse(f"framing {lengths} {codings}")
        response.chunked = bool(codings)
        return response

    def read_event(self) -> bytes:
        """The next whole event of a chunked stream whose head was read, decoded across chunks."""
        event = bytearray()
        while not event.endswith(b"\n\n"):
            piece = self.read_chunk()
            if not piece:
                raise Cut(f"the stream ended within an event: {bytes(event)!r}")
            event += piece
        return bytes(event)

    def read_chunk(self) -> bytes:
        """One chunk's data; empty at the last one, whose trailers stay unread."""
        size_line = self._line()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", size_line):
            raise MalformedResponse(f"chunk size {size_line!r}")
        size = int(size_line, 16)
        if size == 0:
            return b""
        data = self._exactly(size + 2)
        if data[-2:] != b"\r\n":
            raise MalformedResponse("chunk without its CRLF")
        return data[:-2]

    def read_trailers(self) -> list[tuple[str, str]]:
        trailers = []
        while line := self._line():
            trailers.append(parse_field(line))
        return trailers

    def _read_body(self, response: Response) -> None:
        if response.chunked:
            while piece := self.read_chunk():
                response.body += piece
            response.trailers = self.read_trailers()
        elif (length := response.header("content-length")) is not None:
            if not re.fullmatch(r"[0-9]+", length):
                raise MalformedResponse(f"Content-Length {length!r}")
            response.body = self._exactly(int(length))
        else:
            response.body = self.read_rest()

    def read_rest(self) -> bytes:
        """All that comes until the other side closes."""
        while self._receive():
            pass
        return self._take(len(self._buffer))

    def closed(self, timeout: float = 3.0) -> bool:
        """True when the other side closes within `timeout` without sending another byte."""
        if self._buffer:
            return False
        self._sock.settimeout(timeout)
        try:
            return not self._receive()
        except TimeoutError:
            return False

    def silent(self, seconds: float = 0.1) -> bool:
        """True when nothing, not even a close, comes for that long."""
        if self._buffer:
            return False
        self._sock.settimeout(seconds)
        try:
            self._receive()
        except TimeoutError:
            return True
        finally:
            self._sock.settimeout(self._timeout)
        return False

    def close(self) -> float:
        """Closes and returns the moment, for measuring how fast the other side reacts."""
        self._sock.close()
        return time.monotonic()

    def reset(self) -> float:
        """A RST instead of a FIN."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self.close()

    def _receive(self) -> bool:
        try:
            data = self._sock.recv(65536)
        except ConnectionResetError:
            self.was_reset = True
            data = b""
        except (ssl.SSLEOFError, BrokenPipeError):
            data = b""
        if data and self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
        self._buffer += data
        return bool(data)

    def _fill_until(self, marker: bytes) -> None:
        while marker not in self._buffer:
            if not self._receive():
                raise Cut(f"closed after {bytes(self._buffer[:200])!r}")

    def _line(self) -> bytes:
        self._fill_until(b"\r\n")
        line = self._take(self._buffer.find(b"\r\n") + 2)
        return line[:-2]

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not self._receive():
                raise Cut(f"closed {count - len(self._buffer)} bytes early")
        return self._take(count)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def parse_field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise MalformedResponse(f"field {line!r}")
    return name.decode("ascii"), value.strip(b" \t").decode("latin-1")
