"""HTTP/1.1 by hand: requests read strictly, answers built byte by byte. No library stands between a fault and the wire."""

from __future__ import annotations

import http
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from . import forms
from .peer import ConnectionRecord, Peer

HEAD_LIMIT = 64 * 1024
Headers = Iterable[tuple[str, str]]


class MalformedRequest(Exception):
    """The gateway sent what no HTTP/1.1 client may send; every such case is a fault of the gateway."""


@dataclass
class Request:
    """One request as it came. `whole` turns true with its last byte."""

    raw_head: bytes
    method: str
    target: str
    version: str
    headers: list[tuple[str, str]]
    connection: ConnectionRecord = field(repr=False)
    received_at: float = field(default_factory=time.monotonic)
    raw_body: bytes = b""
    whole: bool = False

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        return values[0] if values else None

    @property
    def body(self) -> bytes:
        return self.raw_body

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def query(self) -> dict[str, str]:
        """ValueError when it is malformed or has a name twice."""
        text = self.target.partition("?")[2]
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True) if text else []
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"a name twice in the query {text!r}")
        return dict(pairs)

    def json(self) -> Any:
        return json.loads(self.raw_body)

    def form(self) -> forms.Form:
        """ValueError unless it is a form as it should be."""
        return forms.parse(self.header("content-type") or "", self.raw_body)


def parse_head(raw: bytes, connection: ConnectionRecord) -> Request:
    lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = re.fullmatch(rb"([A-Z]+) ([\x21-\x7e]+) (HTTP/1\.[01])", lines[0])
    if not match:
        raise MalformedRequest(f"request line {lines[0]!r}")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search(rb"[\x00\r\n]", value):
            raise MalformedRequest(f"header line {line!r}")
        headers.append((name.decode("ascii"), value.strip(b" \t").decode("latin-1")))
    return Request(raw, *(part.decode("ascii") for part in match.groups()), headers, connection)


def body_length(request: Request) -> int | None:
    """The announced length; None for a chunked body."""
    lengths, codings = request.all("content-length"), request.all("transfer-encoding")
    if len(lengths) > 1 or (lengths and codings) or not all(re.fullmatch(r"[0-9]+", text) for text in lengths):
        raise MalformedRequest(f"framing {lengths} {codings}")
    if codings and codings != ["chunked"]:
        raise MalformedRequest(f"transfer codings {codings}")
    if len(request.all("host")) != 1:
        raise MalformedRequest("not exactly one Host")
    if codings:
        return None
    return int(lengths[0]) if lengths else 0


async def read_head(peer: Peer, connection: ConnectionRecord) -> Request:
    while (end := peer.received.find(b"\r\n\r\n")) < 0:
        if len(peer.received) > HEAD_LIMIT:
            raise MalformedRequest("head over 64 KiB")
        await peer.more()
    return parse_head(peer.take(end + 4), connection)


async def read_body(peer: Peer, request: Request) -> None:
    length = body_length(request)
    if length is None:
        await _read_chunks(peer, request)
    else:
        while len(peer.received) < length:
            await peer.more()
        request.raw_body = peer.take(length)
    request.whole = True


async def _read_chunks(peer: Peer, request: Request) -> None:
    body = bytearray()
    while True:
        size = int(await _line(peer), 16)
        if size == 0:
            break
        while len(peer.received) < size + 2:
            await peer.more()
        body += peer.take(size)
        if peer.take(2) != b"\r\n":
            raise MalformedRequest("chunk without its CRLF")
    while await _line(peer):
        pass
    request.raw_body = bytes(body)


async def _line(peer: Peer) -> bytes:
    while (end := peer.received.find(b"\r\n")) < 0:
        await peer.more()
    line = peer.take(end)
    peer.take(2)
    return line


def response_head(status: int, headers: Headers, *, version: str = "HTTP/1.1") -> bytes:
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"{version} {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def last_chunk(trailers: Headers = ()) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in trailers)
    return b"0\r\n" + lines.encode("latin-1") + b"\r\n"


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
