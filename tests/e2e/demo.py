"""The demo of scripts/run.sh as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.gateway import ROOT, binary
from support.waiting import eventually

SIMULATED = json.loads((ROOT / "tests" / "sim" / "demo.json").read_text(encoding="utf-8"))
PORTS = (8080, *(endpoint["port"] for endpoint in SIMULATED["endpoints"]))
SERVES = "Ctrl-C stops"


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Demo:
    """scripts/run.sh in a process group of its own, as a terminal would have it."""

    def __init__(self, *arguments: str) -> None:
        self.said = Path(tempfile.mkstemp(prefix="phigate-demo-")[1])
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [ROOT / "scripts" / "run.sh", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # As in a terminal: a shell that was started with the signal ignored could not trap it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                env={**os.environ, "PHIGATE_BINARY": str(binary())},
            )

    def text(self) -> str:
        return self.said.read_text()

    def await_ready(self) -> None:
        eventually(lambda: SERVES in self.text() or self.process.poll() is not None, "run.sh says that it serves", timeout=60)
        if SERVES not in self.text():
            raise AssertionError(self.text())

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=20)

    def remove(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=20)
        self.said.unlink()


class DemoCase(unittest.TestCase):
    def assert_ports_are_free(self) -> None:
        self.assertEqual([port for port in PORTS if listening(port)], [], "the demo's ports must be free for this test")

    def start(self, *arguments: str) -> Demo:
        self.assert_ports_are_free()
        demo = Demo(*arguments)
        self.addCleanup(demo.remove)
        demo.await_ready()
        return demo

    def end(self, demo: Demo) -> None:
        self.assertEqual(demo.press_ctrl_c(), 0, demo.text())
        eventually(lambda: not any(map(listening, PORTS)), "every port is free again")
