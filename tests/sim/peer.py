"""One accepted connection as bytes: with or without TLS, and with an exact record of what happened on it.

TLS runs over memory buffers rather than asyncio's transport, so that a reset, a half-finished answer and the moment at which the
other side closes are what they say they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .wire import Request

READ_SIZE = 64 * 1024


@dataclass
class ConnectionRecord:
    """What an upstream saw of one connection. Times are time.monotonic()."""

    number: int
    opened_at: float
    handshake_done: bool = False  # true at once for plain TCP
    handshake_error: str = ""
    session_reused: bool = False
    server_name: str | None = None
    wire_bytes: int = 0  # as they came, encrypted ones counted
    http_bytes: int = 0  # application data: 0 means that no byte of HTTP was sent
    sent_bytes: int = 0  # application data written back
    peer_closed_at: float | None = None
    peer_reset: bool = False
    closed_at: float | None = None  # by the upstream
    requests: list[Request] = field(default_factory=list)


class PeerClosed(Exception):
    """The other side closed or reset before what was waited for had come."""


class Peer:
    """Bytes in and out. One task pumps what arrives; readers wait on it, so a close is seen at once whatever else goes on."""

    def __init__(self, sock: socket.socket, record: ConnectionRecord, context: ssl.SSLContext | None) -> None:
        self.record = record
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._closed = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True) if context else None

    async def start(self) -> None:
        """The handshake, then reading. Raises PeerClosed when the handshake fails."""
        if self._tls is not None:
            try:
                await self._handshake()
            except (ssl.SSLError, OSError) as error:
                self.record.handshake_error = str(error)
                raise PeerClosed from error
            self.record.session_reused = bool(self._tls.session_reused)
        self.record.handshake_done = True
        self._pump = asyncio.create_task(self._read_on())

    @property
    def received(self) -> bytearray:
        """Bytes that arrived and were not taken yet."""
        return self._buffer

    def take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def more(self) -> None:
        """Waits until more has arrived than now. Raises PeerClosed when nothing more can come."""
        if self._closed.is_set():
            raise PeerClosed
        self._arrived.clear()
        await self._arrived.wait()
        if self._closed.is_set() and not self._buffer:
            raise PeerClosed

    async def until_closed(self) -> None:
        await self._closed.wait()

    async def write(self, data: bytes) -> None:
        if self._closed.is_set():
            raise PeerClosed
        try:
            if self._tls is None:
                await self._loop.sock_sendall(self._sock, data)
                self.record.sent_bytes += len(data)
                return
            view = memoryview(data)
            for start in range(0, len(view), READ_SIZE):
                piece = view[start : start + READ_SIZE]
                self._tls.write(piece)
                await self._flush()
                self.record.sent_bytes += len(piece)
        except (OSError, ssl.SSLError) as error:
            self._gone(reset=isinstance(error, ConnectionResetError))
            raise PeerClosed from error

    async def close(self, *, notify: bool = True) -> None:
        """Closes in order; without `notify` the TLS closing alert is left out, as careless servers do."""
        self._stop()
        with contextlib.suppress(OSError, ssl.SSLError):
            if self._tls is not None and notify and self.record.handshake_done:
                with contextlib.suppress(ssl.SSLWantReadError):
                    self._tls.unwrap()
                await self._flush()
            self._sock.shutdown(socket.SHUT_WR)
        self._sock.close()

    def reset(self) -> None:
        """A RST instead of a FIN."""
        self._stop()
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def _stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self.record.closed_at = self.record.closed_at or time.monotonic()

    async def _handshake(self) -> None:
        assert self._tls is not None
        while True:
            try:
                self._tls.do_handshake()
                await self._flush()
                return
            except ssl.SSLWantReadError:
                await self._flush()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    await self._flush()  # the alert
                raise
            data = await self._loop.sock_recv(self._sock, READ_SIZE)
            self.record.wire_bytes += len(data)
            if not data:
                raise ConnectionResetError("closed during the handshake")
            self._incoming.write(data)

    async def _flush(self) -> None:
        async with self._flushing:
            if pending := self._outgoing.read():
                await self._loop.sock_sendall(self._sock, pending)

    async def _read_on(self) -> None:
        try:
            while True:
                open_still = self._decrypt()
                if self._buffer:
                    self._arrived.set()
                if not open_still:
                    return
                data = await self._loop.sock_recv(self._sock, READ_SIZE)
                if not data:
                    return
                self.record.wire_bytes += len(data)
                if self._tls is None:
                    self._accept(data)
                else:
                    self._incoming.write(data)
        except (OSError, ssl.SSLError) as error:
            self._gone(reset=isinstance(error, ConnectionResetError))
        finally:
            self._gone()

    def _gone(self, *, reset: bool = False) -> None:
        """Notes that the other side is no longer there, by whichever of reading and writing showed it first."""
        if self.record.closed_at is None:
            self.record.peer_reset |= reset
            self.record.peer_closed_at = self.record.peer_closed_at or time.monotonic()
        self._closed.set()
        self._arrived.set()

    def _decrypt(self) -> bool:
        """Takes what is readable; false once the other side has said that it is done."""
        if self._tls is None:
            return True
        try:
            while data := self._tls.read(READ_SIZE):
                self._accept(data)
            return False
        except ssl.SSLWantReadError:
            return True
        except ssl.SSLZeroReturnError:
            return False

    def _accept(self, data: bytes) -> None:
        self._buffer += data
        self.record.http_bytes += len(data)
