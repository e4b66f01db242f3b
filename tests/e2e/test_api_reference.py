"""docs/api: every example is run as a reader would run it, against the demo, and prints what its page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import TestCase

from support.gateway import ROOT

from e2e.demo import DemoCase
from e2e.described import DOCUMENT, operations, resolved
from e2e.shown import is_whole

FOLDER = ROOT / "docs" / "api"
PAGES = sorted(FOLDER.glob("*.md"))
INDEX = FOLDER / "README.md"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = ("bash", "python", "js")


@dataclass
class Example:
    page: str
    number: int  # among the page's examples
    language: str
    text: str
    shown: str | None = None  # what the page says that it prints

    def command(self, folder: Path) -> list[str]:
        if self.language == "bash":
            return ["bash", "-c", "set -e -o pipefail\n" + self.text]
        name = {"python": "example.py", "js": "example.mjs"}[self.language]
        (folder / name).write_text(self.text, encoding="utf-8")
        return [sys.executable if self.language == "python" else "node", name]


def examples_of(page: Path) -> list[Example]:
    """In the page's order. A block of text is what all examples since the last one print."""
    found: list[Example] = []
    waiting: list[Example] = []
    for language, text in FENCED.findall(page.read_text(encoding="utf-8")):
        if language in LANGUAGES:
            waiting.append(Example(page.name, len(found) + 1, language, text))
            found.append(waiting[-1])
        elif language == "text":
            for example in waiting:
                example.shown = text
            waiting = []
    return found


def all_examples() -> Iterator[Example]:
    for page in PAGES:
        yield from examples_of(page)


class Pages(TestCase):
    def test_every_page_has_examples_in_each_language_and_shows_what_they_print(self) -> None:
        self.assertGreater(len(PAGES), 10)
        for page in PAGES:
            with self.subTest(page.name):
                examples = examples_of(page)
                self.assertEqual({example.language for example in examples}, set(LANGUAGES))
                silent = [example.number for example in examples if not (example.shown or "").replace("…", "").strip()]
                self.assertEqual(silent, [])

    def test_the_index_has_every_call_and_every_page(self) -> None:
        index = INDEX.read_text(encoding="utf-8")
        for method, path, _ in operations():
            with self.subTest(f"{method} {path}"):
                self.assertIn(f"`{method.upper()} {path}`", index)
        for page in PAGES:
            if page != INDEX:
                with self.subTest(page.name):
                    self.assertIn(f"({page.name})", index)

    def test_the_index_has_every_error_code_and_every_header(self) -> None:
        rows = "\n".join(re.findall(r"^\|.*\|$", INDEX.read_text(encoding="utf-8"), re.MULTILINE))
        told = set(re.findall(r"`([\w-]+)`", rows))
        self.assertEqual(set(DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"]) - told, set())
        described = (resolved(one) for _, _, call in operations() for one in call["responses"].values())
        of_http = {"vary", "content-security-policy", "x-content-type-options"}
        self.assertEqual({name for response in described for name in response["headers"]} - told, of_http)


class Examples(DemoCase):
    maxDiff = None

    def test_every_example_prints_what_its_page_shows(self) -> None:
        demo = self.start()
        with tempfile.TemporaryDirectory(prefix="phigate-examples-") as name:
            folder = Path(name)
            shutil.copytree(FOLDER / "samples", folder / "samples")
            (folder / "node_modules").symlink_to(Path(os.environ["PHIGATE_NODE_FOLDER"]) / "node_modules")
            for example in all_examples():
                with self.subTest(example.page, number=example.number, language=example.language):
                    self.assert_prints(example, folder)
        self.end(demo)

    def assert_prints(self, example: Example, folder: Path) -> None:
        done = subprocess.run(example.command(folder), cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, f"{example.text}\n{done.stdout}{done.stderr}")
        if not is_whole(done.stdout, example.shown or ""):
            self.assertEqual(done.stdout, example.shown)  # fails, and shows where they part
