"""Each header compiles alone, so that no file depends on the order of its includes: its own source includes it first, or it
is compiled here.

Only the syntax is checked. What passed is remembered with the content of all that it includes, under build/.
"""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from .sources import ROOT, files, name

COMPILER = ["g++", "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-Isrc", "-Itests"]
DEFINITIONS = [  # as cmake/dependencies.cmake has them
    "-DBOOST_ASIO_SEPARATE_COMPILATION",
    "-DBOOST_BEAST_SEPARATE_COMPILATION",
    "-DBOOST_ASIO_NO_DEPRECATED",
    "-DBOOST_ASIO_DISABLE_BOOST_DATE_TIME",
    "-DJSON_USE_IMPLICIT_CONVERSIONS=0",
    '-DPHIGATE_SOURCE_DIR="."',  # as tests/CMakeLists.txt has it
]
MEMORY = ROOT / "build" / "lint" / "headers.json"


@cache
def digest(file: str) -> str:
    path = ROOT / file
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "gone"


@cache
def compiler_version() -> str:
    return subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def still_holds(remembered: dict) -> bool:
    return (
        remembered["command"] == [compiler_version(), *COMPILER, *DEFINITIONS]
        and all(digest(file) == known for file, known in remembered["includes"].items())
    )


def compile_alone(header: str) -> tuple[str, list[str]]:
    """The compiler's complaint, empty when there is none, and the project's files that the header includes."""
    with tempfile.NamedTemporaryFile("r", suffix=".d") as dependencies:
        run = subprocess.run(
            [*COMPILER, *DEFINITIONS, "-MMD", "-MT", "header", "-MF", dependencies.name, "-include", header, "-x", "c++", os.devnull],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )
        listed = dependencies.read().replace("\\\n", " ").split()
    if run.returncode != 0:
        return run.stderr or "the compiler failed", []
    return "", [file for file in listed[1:] if (ROOT / file).is_file() and file != os.devnull]


def check_all(headers: list[str], memory_file: Path) -> dict[str, str]:
    """Complaints by header."""
    memory = json.loads(memory_file.read_text()) if memory_file.is_file() else {}
    unknown = [header for header in headers if header not in memory or not still_holds(memory[header])]
    complaints = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, (complaint, includes) in zip(unknown, pool.map(compile_alone, unknown)):
            memory.pop(header, None)
            if complaint:
                complaints[header] = complaint
            else:
                memory[header] = {
                    "command": [compiler_version(), *COMPILER, *DEFINITIONS],
                    "includes": {file: digest(file) for file in includes},
                }
    memory_file.parent.mkdir(parents=True, exist_ok=True)
    memory_file.write_text(json.dumps({header: memory[header] for header in headers if header in memory}, indent=1))
    return complaints


def source_of(header: str) -> str:
    """Where a header's functions would be: include/phigate/core/a.hpp and src/core/a.hpp have theirs in src/core/a.cpp."""
    inner = header.removeprefix("include/phigate/").removeprefix("src/")
    return "" if inner == header else f"src/{inner.removesuffix('.hpp')}.cpp"


def is_first_in(header: str, source: str) -> bool:
    """The build itself compiles such a header ahead of everything else."""
    if not source or not (ROOT / source).is_file():
        return False
    first = re.search(r'^#include ["<]([^">]+)[">]', (ROOT / source).read_text(), re.MULTILINE)
    return first is not None and header in (f"include/{first[1]}", f"src/{first[1]}")


class Project(unittest.TestCase):
    def test_every_header_compiles_alone(self):
        headers = [name(path) for path in files("src", "include", "tests", suffixes=(".hpp",))]
        headers = [header for header in headers if not is_first_in(header, source_of(header))]
        self.assertGreater(len(headers), 20)
        complaints = check_all(headers, MEMORY)
        for header in headers:
            with self.subTest(header):
                self.assertEqual(complaints.get(header, ""), "")


def scratch() -> tempfile.TemporaryDirectory:
    MEMORY.parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=MEMORY.parent)


class Rules(unittest.TestCase):
    def test_a_header_that_needs_another_before_it_is_named(self):
        with scratch() as folder:
            broken, sound = Path(folder) / "broken.hpp", Path(folder) / "sound.hpp"
            broken.write_text("#pragma once\nstd::string text();\n")
            sound.write_text("#pragma once\n#include <string>\nstd::string text();\n")
            names = [name(broken), name(sound)]
            memory = Path(folder) / "memory.json"
            self.assertEqual(list(check_all(names, memory)), [name(broken)])
            self.assertEqual(list(json.loads(memory.read_text())), [name(sound)])

    def test_what_passed_is_checked_anew_once_anything_below_it_changed(self):
        with scratch() as folder:
            upper, lower = Path(folder) / "upper.hpp", Path(folder) / "lower.hpp"
            upper.write_text('#pragma once\n#include "lower.hpp"\ninline word w;\n')
            lower.write_text("#pragma once\nusing word = int;\n")
            memory = Path(folder) / "memory.json"
            self.assertEqual(check_all([name(upper)], memory), {})
            lower.write_text("#pragma once\n")
            digest.cache_clear()
            self.assertEqual(list(check_all([name(upper)], memory)), [name(upper)])


if __name__ == "__main__":
    unittest.main()
