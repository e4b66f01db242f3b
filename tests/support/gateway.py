"""The daemon under test as a process: configured from Python values, started, watched and stopped."""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .raw_client import Connection, Headers, Response
from .samples import Samples
from .waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"\bready\b.*")
ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")
START_TIMEOUT = 20.0  # seconds; a sanitizer build on a busy machine takes its time
STOP_TIMEOUT = 20.0


def binary() -> Path:
    return Path(os.environ.get("PHIGATE_BINARY", ROOT / "build" / "release" / "phigate")).resolve()


def base_config() -> dict[str, Any]:
    """Short time-outs, any free port, no key needed, everything logged."""
    return {
        "listen": [{"address": "127.0.0.1", "port": 0}],
        "workers": int(os.environ.get("PHIGATE_WORKERS", "1")),
        "registry": "providers.yaml",
        "auth": {"mode": "none"},
        "timeouts": {
            "connect": "1s",
            "first_byte": "2s",
            "first_token": "2s",
            "idle": "2s",
            "total": "5s",
            "stream": "20s",
            "client_header": "2s",
            "client_idle": "20s",
        },
        # Cooldowns as short as can be: what one test breaks must not reorder the next one's routes.
        "health": {"window": "1s", "cooldown": {"server_error": "1ms", "rate_limit": "1ms", "repeated": "1ms"}},
        "drain": {"delay": "10ms", "timeout": "2s"},
        "log": {"level": "trace", "format": "text"},
    }


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`, mapping by mapping; anything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class Gateway:
    """One daemon. `config` is laid upon base_config(); both files are written as JSON, which is YAML."""

    def __init__(
        self, registry: dict[str, Any], config: dict[str, Any] | None = None, environment: dict[str, str] | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="phigate-test-")
        self.folder = Path(self._folder.name)
        self.config = merged(base_config(), config or {})
        self._environment = environment or {}
        self.ports: list[int] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.write_files(registry)

    def write_files(self, registry: dict[str, Any]) -> None:
        self._write("phigate.yaml", self.config)
        self._write("providers.yaml", registry)

    def _write(self, name: str, value: dict[str, Any]) -> None:
        """In one step, as whoever reloads must: half a file, or an empty one, could be a valid one."""
        half_done = self.folder / f"{name}.new"
        half_done.write_text(json.dumps(value, indent=1))
        half_done.replace(self.folder / name)

    # ---- life

    def launch(self) -> None:
        """Starts the process without waiting for it to be ready."""
        command = [str(binary()), "serve", "--config", str(self.folder / "phigate.yaml")]
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.folder,
                env={**os.environ, **self._environment},
            )
        atexit.register(self.kill)

    def start(self) -> Gateway:
        self.launch()
        try:
            eventually(self._find_ports, "the daemon says that it is ready", START_TIMEOUT)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.log()[-4000:]}") from None
        return self

    def _find_ports(self) -> bool:
        line = READY.search(self.log())
        if line and (self.log().find("\n", line.start()) >= 0):
            self.ports = [int(port) for port in ADDRESS.findall(line.group())]
            return bool(self.ports)
        if self.running:
            return False
        raise AssertionError(f"the daemon ended with {self.process and self.process.returncode}")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, timeout: float = STOP_TIMEOUT) -> int:
        assert self.process is not None
        return self.process.wait(timeout)

    def stop(self, expect: int | None = 0) -> int:
        """SIGTERM, then the exit code, which must be `expect`."""
        if self.running:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the daemon did not stop within {STOP_TIMEOUT} s\n{self.log()[-4000:]}") from None
        if expect is not None and code != expect:
            raise AssertionError(f"exit code {code}, not {expect}\n{self.log()[-4000:]}")
        return code

    def kill(self) -> None:
        if self.running:
            assert self.process is not None
            self.process.kill()
            self.process.wait()
        atexit.unregister(self.kill)

    def remove(self) -> None:
        self.kill()
        self._folder.cleanup()

    # ---- what it says

    def log(self) -> str:
        """All of stderr so far."""
        return (self.folder / "stderr").read_text(errors="replace")

    def output(self) -> str:
        return (self.folder / "stdout").read_text(errors="replace")

    # ---- talking to it

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def connect(self, *, port: int | None = None, **options: Any) -> Connection:
        return Connection("127.0.0.1", port or self.port, **options)

    def request(
        self, method: str, target: str, headers: Headers = (), body: bytes | None = None, port: int | None = None
    ) -> Response:
        """One request on a connection of its own."""
        with self.connect(port=port) as connection:
            return connection.request(method, target, headers, body)

    def metrics(self) -> str:
        return self.request("GET", "/metrics", port=self.ports[-1]).body.decode()

    def samples(self) -> Samples:
        return Samples(self.metrics())
