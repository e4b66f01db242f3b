"""The simulator inside a test process: its event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Any

from .faults import answer
from .protocols import make_api
from .upstream import Upstream


class Simulator:
    """Start it, `add` upstreams, `stop` it. Also a context manager."""

    def __init__(self) -> None:
        self.upstreams: dict[str, Upstream] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator", daemon=True)
        self._thread.start()

    def add(self, name: str, models: dict[str, set[str]], *, tls: ssl.SSLContext | None, **api: Any) -> Upstream:
        """`api`: as make_api takes it."""
        upstream = Upstream(make_api(name, models, **api), tls=tls, default=answer())
        self._call(upstream.start())
        self.upstreams[name] = upstream
        return upstream

    def stop(self) -> None:
        for upstream in self.upstreams.values():
            self._call(upstream.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)
