"""What the command line says of the shipped registry's coverage, against the promised table written out (spec §11)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unittest

from support.gateway import ROOT, binary

CONFIG = ROOT / "config" / "phigate.yaml"
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)\}")
# `phi` where class phi is served as well, `-` where nobody serves either.
PROMISED = """
modality    CH   EU   US       UK       ASIA     ANZ      LATAM    MENA     INDIA    WORLD
chat        phi  phi  general  general  general  general  general  general  general  general
vision      phi  phi  -        -        -        -        -        -        -        -
embeddings  phi  phi  -        -        -        -        -        -        -        -
ocr         phi  phi  phi      -        -        -        -        -        -        -
stt         phi  phi  phi      -        -        -        -        -        -        -
tts         phi  phi  phi      -        -        -        -        -        -        -
"""
ROWS = [line.split() for line in PROMISED.strip().splitlines()]
OFF = re.compile(r"not in service: ([a-z0-9-]+) \((.+)\)")


def variables() -> set[str]:
    """Those that the shipped registry names."""
    return set(VARIABLE.findall((ROOT / "config" / "providers.yaml").read_text(encoding="utf-8")))


def matrix(*arguments: str, **given: str) -> str:
    """What `phigate routes --matrix` prints, with these of the registry's variables and no others."""
    kept = {name: value for name, value in os.environ.items() if name not in variables()}
    command = [binary(), "routes", "--matrix", "--config", CONFIG, *arguments]
    done = subprocess.run(command, env={**kept, **given}, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise AssertionError(f"it ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Coverage(unittest.TestCase):
    """Of whoever has no key yet, one provider's, or all."""

    def test_the_table_is_the_promised_one_whichever_keys_there_are(self) -> None:
        for name, given in {
            "none": {},
            "one": {"SCW_SECRET_KEY": "k"},
            "all": dict.fromkeys(variables(), "k"),
        }.items():
            with self.subTest(name):
                table = [line for line in matrix(**given).splitlines() if not OFF.fullmatch(line)]
                self.assertEqual([line.split() for line in table], ROWS)

    def test_as_json_it_is_the_same(self) -> None:
        head, *rows = ROWS
        self.assertEqual(json.loads(matrix("--json")), [dict(zip(head, row, strict=True)) for row in rows])

    def test_below_it_stands_who_lacks_what(self) -> None:
        told = dict(match.groups() for match in OFF.finditer(matrix()))
        self.assertEqual(told.pop("nebius-eu-west1"), "enabled: false")
        self.assertEqual(told["scaleway-fr-par"], "SCW_SECRET_KEY is not set")
        for endpoint, why in told.items():
            with self.subTest(endpoint):
                self.assertIn(why.removesuffix(" is not set"), variables())
        with_one = dict(match.groups() for match in OFF.finditer(matrix(SCW_SECRET_KEY="k")))
        self.assertEqual(set(told) | {"nebius-eu-west1"}, set(with_one) | {"scaleway-fr-par"})
        with_all = matrix(**dict.fromkeys(variables(), "k"))
        self.assertEqual(OFF.findall(with_all), [("nebius-eu-west1", "enabled: false")])


if __name__ == "__main__":
    unittest.main()
