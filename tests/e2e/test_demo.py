"""The demo as `scripts/run.sh` serves it: the requests that it and the README show, every model, and that Ctrl-C ends it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.case import (
    CHAT,
    EMBEDDINGS,
    OCR,
    SPEECH,
    TRANSCRIPTIONS,
    document,
    encoded,
    image_question,
    question,
    recording,
    spoken,
)
from support.gateway import ROOT, binary
from support.raw_client import Connection, Response
from support.waiting import eventually

from e2e.demo import PORTS, Demo, DemoCase, listening
from e2e.shown import shows

README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(command: str) -> str:
    """What a command prints that somebody pastes at the project's root."""
    typed = command.replace("build/release/phigate", str(binary()))
    done = subprocess.run(
        ["bash", "-c", "set -e -o pipefail\n" + typed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def commands_of(title: str) -> list[tuple[str, list[str]]]:
    """The README's commands in that section, each with the lines that it shows of what they print."""
    section = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    steps: list[tuple[str, list[str]]] = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        if language == "sh":
            steps.append((text, []))
        elif language == "text":
            steps[-1][1].extend(line.strip() for line in text.splitlines())
    return steps


class TheDemo(DemoCase):
    def get(self, target: str, *headers: tuple[str, str]) -> Response:
        with Connection("127.0.0.1", 8080) as connection:
            return connection.request("GET", target, headers)

    def post(self, target: str, region: str, body: Any, content_type: str = "application/json") -> Response:
        with Connection("127.0.0.1", 8080) as connection:
            return connection.request("POST", target, [("Content-Type", content_type), ("X-Region", region)], encoded(body))

    def test_what_it_prints_works_and_ctrl_c_ends_it(self) -> None:
        demo = self.start()
        commands = re.findall(r"^  (curl .*)$", demo.text(), re.MULTILINE)
        self.assertEqual(len(commands), 3)
        general, phi, explained = map(run, commands)
        for answer, tier in ((general, "x-phi-tier: non_phi"), (phi, "x-phi-tier: phi")):
            self.assertTrue(answer.startswith("HTTP/1.1 200"), answer)
            self.assertIn(tier, answer)
        candidates = json.loads(explained)["candidates"]
        self.assertEqual([one["provider"] for one in candidates], ["ovhcloud", "scaleway", "ionos"])
        self.the_readmes_programs_run()
        self.the_readmes_requests_are_answered()
        self.every_model_serves()
        self.end(demo)

    def the_readmes_programs_run(self) -> None:
        python = "\n".join(re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
        printed = self.printed([sys.executable, "-c", python], ROOT)
        self.assertTrue(printed.endswith("scaleway scaleway received: Hello\n"), printed)
        (script,) = re.findall(r"^```js\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
        printed = self.printed(["node", "--input-type=module", "--eval", script], Path(os.environ["PHIGATE_NODE_FOLDER"]))
        self.assertEqual(printed, "scaleway received: Hello mistral-small-3.2-24b-instruct-2506/EU/general\n")

    def the_readmes_requests_are_answered(self) -> None:
        requests = [*commands_of("A first request"), *commands_of("Documents and voice")]
        self.assertEqual(len(requests), 4)
        for command, lines in requests:
            with self.subTest(command):
                printed = run(command)
                self.assertTrue(shows(printed, lines or ["HTTP/1.1 200 OK"]), printed)

    def printed(self, command: list[str], folder: Path) -> str:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def every_model_serves(self) -> None:
        everywhere = self.get("/v1/models").json()["data"]
        self.assertGreater(len(everywhere), 20)
        for region in next(card["regions"] for card in everywhere if card["id"] == "auto"):
            for card in self.get("/v1/models", ("X-Region", region)).json()["data"]:
                for modality in card["modalities"]:
                    with self.subTest(card["id"], region=region, modality=modality):
                        self.assertEqual(self.ask(card["id"], region, modality).status, 200)

    def ask(self, model: str, region: str, modality: str) -> Response:
        if modality == "stt":
            form = recording(model=model)
            return self.post(TRANSCRIPTIONS, region, form.body, form.content_type)
        if modality == "tts":
            return self.post(SPEECH, region, spoken(model=model))
        if modality == "ocr":
            return self.post(OCR, region, document(model=model))
        if modality == "embeddings":
            return self.post(EMBEDDINGS, region, {"model": model, "input": "a"})
        asked = image_question if modality == "vision" else question
        return self.post(CHAT, region, asked(model=model, max_tokens=5, user="someone"))

    def test_the_readmes_tour_goes_as_it_says(self) -> None:
        (start, _), *steps = commands_of("See it decide")
        self.assertGreater(len(steps), 4)
        registry = ROOT / "config" / "demo-providers.yaml"
        before = registry.read_bytes()
        demo = self.start(*shlex.split(start)[1:])
        for command, lines in steps:
            with self.subTest(command):
                printed = run(command)
                if "/v1/route/explain" in command:  # a reload takes a moment, and asking again changes nothing
                    with contextlib.suppress(AssertionError):
                        eventually(lambda asked=command, due=lines: shows(run(asked), due))
                    printed = run(command)
                self.assertTrue(shows(printed, lines), printed)
        self.end(demo)
        self.assertEqual(registry.read_bytes(), before, "only the demo's own copy was edited")

    def test_a_taken_port_is_told_and_nothing_is_left_running(self) -> None:
        for port in (8080, 18444):
            with self.subTest(port), socket.create_server(("127.0.0.1", port)):
                demo = Demo()
                self.addCleanup(demo.remove)
                self.assertEqual(demo.process.wait(timeout=60), 1)
                self.assertIn(str(port), demo.text())
            eventually(lambda: not any(map(listening, PORTS)), "every port is free again")
