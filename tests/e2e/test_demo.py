"""The demo as `scripts/run.sh` serves it: the two requests that it prints, every model, and that Ctrl-C leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.gateway import ROOT, binary
from support.raw_client import Connection, Response
from support.waiting import eventually

PORTS = (8080, 18443, 18444, 18445, 18446)
SERVES = "Ctrl-C stops"


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Demo:
    """scripts/run.sh in a process group of its own, as a terminal would have it."""

    def __init__(self) -> None:
        self.said = Path(tempfile.mkstemp(prefix="phigate-demo-")[1])
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [ROOT / "scripts" / "run.sh"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PHIGATE_BINARY": str(binary())},
            )

    def text(self) -> str:
        return self.said.read_text()

    def ready(self) -> bool:
        return SERVES in self.text() or self.process.poll() is not None

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=20)

    def remove(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=20)
        self.said.unlink()


class DemoCase(unittest.TestCase):
    def start(self) -> Demo:
        self.assertEqual([port for port in PORTS if listening(port)], [], "the demo's ports must be free for this test")
        demo = Demo()
        self.addCleanup(demo.remove)
        eventually(demo.ready, "run.sh says that it serves", timeout=60)
        self.assertIn(SERVES, demo.text())
        return demo

    def request(self, method: str, target: str, headers: list[tuple[str, str]], body: dict | None = None) -> Response:
        with Connection("127.0.0.1", 8080) as connection:
            told = [("Content-Type", "application/json"), *headers]
            return connection.request(method, target, told, None if body is None else json.dumps(body).encode())

    def test_what_it_prints_works_and_ctrl_c_ends_it(self) -> None:
        demo = self.start()
        commands = re.findall(r"^  (curl .*)$", demo.text(), re.MULTILINE)
        self.assertEqual(len(commands), 2)
        for command, tier in zip(commands, ("x-phi-tier: non_phi", "x-phi-tier: phi"), strict=True):
            done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=30, check=True)
            self.assertTrue(done.stdout.startswith("HTTP/1.1 200"), done.stdout)
            self.assertIn(tier, done.stdout)
        self.every_model_serves()
        self.assertEqual(demo.press_ctrl_c(), 0, demo.text())
        eventually(lambda: not any(map(listening, PORTS)), "every port is free again")

    def every_model_serves(self) -> None:
        everywhere = self.request("GET", "/v1/models", []).json()["data"]
        self.assertGreater(len(everywhere), 20)
        for region in next(card["regions"] for card in everywhere if card["id"] == "auto"):
            for card in self.request("GET", "/v1/models", [("X-Region", region)]).json()["data"]:
                for modality in card["modalities"]:
                    with self.subTest(card["id"], region=region, modality=modality):
                        self.assertEqual(self.ask(card["id"], region, modality).status, 200)

    def ask(self, model: str, region: str, modality: str) -> Response:
        if modality == "embeddings":
            return self.request("POST", "/v1/embeddings", [("X-Region", region)], {"model": model, "input": "a"})
        content = [{"type": "text", "text": "Hello"}]
        if modality == "vision":
            content.append({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}})
        body = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 5, "user": "someone"}
        return self.request("POST", "/v1/chat/completions", [("X-Region", region)], body)

    def test_a_taken_port_is_told_and_nothing_is_left_running(self) -> None:
        for port in (8080, 18444):
            with self.subTest(port), socket.create_server(("127.0.0.1", port)):
                demo = Demo()
                self.addCleanup(demo.remove)
                self.assertEqual(demo.process.wait(timeout=60), 1)
                self.assertIn(str(port), demo.text())
            eventually(lambda: not any(map(listening, PORTS)), "every port is free again")
