"""One provider endpoint: a listener that answers as the API does, or as its script says, and records everything it is sent."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import enum
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from . import wire
from .peer import ConnectionRecord, Peer, PeerClosed
from .provider_api import ProviderApi
from .wire import MalformedRequest, Request


class Then(enum.Enum):
    """What becomes of the connection once a step has played."""

    KEEP = "keep"  # the next request may come
    CLOSE = "close"
    CLOSE_RUDELY = "close_rudely"  # no TLS closing alert
    RESET = "reset"
    STALL = "stall"  # silent until the other side goes


class Gate:
    """Holds a step until a test opens it: the way to say "and now" without a clock."""

    def __init__(self) -> None:
        self._future: concurrent.futures.Future[None] = concurrent.futures.Future()

    def open(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def is_open(self) -> bool:
        return self._future.done()

    async def opened(self) -> None:
        await asyncio.shield(asyncio.wrap_future(self._future))


@dataclass
class Delay:
    """Seconds: before the first byte of an answer, and between the events of a stream."""

    first: float = 0.0
    between: float = 0.0


@dataclass
class Exchange:
    """What a step has to work with."""

    upstream: Upstream
    peer: Peer
    request: Request

    @property
    def api(self) -> ProviderApi:
        return self.upstream.api

    async def send(self, data: bytes) -> None:
        await self.peer.write(data)

    async def sleep(self, seconds: float) -> None:
        """Raises PeerClosed at once when the other side goes meanwhile."""
        if seconds > 0:
            await self._or_closed(asyncio.sleep(seconds))

    async def wait_for(self, gate: Gate) -> None:
        await self._or_closed(gate.opened())

    async def _or_closed(self, awaited: Awaitable[None]) -> None:
        waits = {asyncio.ensure_future(awaited), asyncio.ensure_future(self.peer.until_closed())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        if self.peer.record.peer_closed_at is not None:
            raise PeerClosed


@dataclass(frozen=True)
class Step:
    """How one request is answered. With `early` it plays as soon as the head is there."""

    play: Callable[[Exchange], Awaitable[Then]]
    early: bool = False


class Upstream:
    """Made in any thread; its listener and connections live in the event loop that `start` ran in."""

    def __init__(self, api: ProviderApi, *, tls: ssl.SSLContext | None, default: Step, delay: Delay | None = None) -> None:
        self.api = api
        self.delay = delay or Delay()
        self.port = 0
        self.connections: list[ConnectionRecord] = []
        self.requests: list[Request] = []
        self.faults: list[str] = []  # what the gateway did that no HTTP client may do, and this simulator's own bugs
        self.tls = tls
        self._default = default
        self._base = default
        self._script: deque[Step] = deque()
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        return self.api.name

    @property
    def base_url(self) -> str:
        return f"{self.origin}{self.api.prefix}"

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def script(self, steps: Iterable[Step]) -> None:
        """One step a request, in this order; after the last one the default answers."""
        self._script = deque(steps)

    def always(self, step: Step) -> None:
        """The default from now on, until `forget`."""
        self._default = step

    def forget(self) -> None:
        """Empties script and records, the API's own included. Open connections stay."""
        self._script = deque()
        self._default = self._base
        self.connections, self.requests, self.faults = [], [], []
        self.api.forget()

    async def start(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self.api.origin = self.origin
        self._run(self._accept())

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()

    def _run(self, coroutine: Awaitable[None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        assert self._listener is not None
        while True:
            sock, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            record = ConnectionRecord(len(self.connections), time.monotonic())
            self.connections.append(record)
            self._run(self._serve(Peer(sock, record, self.tls)))

    async def _serve(self, peer: Peer) -> None:
        then = Then.CLOSE
        try:
            await peer.start()
            while then is not Then.STALL:
                then = await self._one_request(peer)
                if then in (Then.CLOSE, Then.CLOSE_RUDELY, Then.RESET):
                    break
            else:
                await peer.until_closed()
        except PeerClosed:
            pass
        except MalformedRequest as error:
            self.faults.append(str(error))
            with contextlib.suppress(PeerClosed):
                await peer.write(wire.response_head(400, [("content-length", "0"), ("connection", "close")]))
        except Exception as error:  # a bug in a step must fail the test that played it
            self.faults.append(f"simulator: {error!r}")
        finally:
            if then is Then.RESET:
                peer.reset()
            else:
                await peer.close(notify=then is not Then.CLOSE_RUDELY)

    async def _one_request(self, peer: Peer) -> Then:
        request = await wire.read_head(peer, peer.record)
        peer.record.requests.append(request)
        self.requests.append(request)
        step = self._script.popleft() if self._script else self._default
        if not step.early:
            await wire.read_body(peer, request)
        return await step.play(Exchange(self, peer, request))
