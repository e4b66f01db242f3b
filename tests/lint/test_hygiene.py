import unittest
from pathlib import Path

from . import hygiene
from .sources import ROOT, files, name

CHECKOUT = Path("/srv/build-7/phigate")
SOURCES = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".mjs", ".lua")


def messages(text: str, measured: bool = True) -> list[str]:
    return [fault.message for fault in hygiene.faults_of(text, CHECKOUT, measured)]


class Rules(unittest.TestCase):
    def test_ordinary_text_passes(self):
        for text in ("", "/etc/phigate/phigate.yaml\n", "$HOME/.cache and ~/x\n", "src/root/x homework/a\n", "a mastodon\n"):
            with self.subTest(text):
                self.assertEqual(messages(text), [])

    def test_open_work_is_refused(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"):
            with self.subTest(word):
                self.assertEqual(messages(f"a\n// {word}: later\n"), ["work left open"])

    def test_a_machines_paths_are_refused(self):
        for path in ("/srv/build-7/phigate/x", "/ho" "me/ada/x", "/ro" "ot/.cache", "/wo" "rk/main", "/Us" "ers/ada/x"):
            with self.subTest(path):
                self.assertEqual(messages(f"see {path}\n"), ["a path of one machine"])

    def test_the_longest_file_has_400_lines(self):
        self.assertEqual(messages("a\n" * 400), [])
        self.assertEqual(len(messages("a\n" * 401)), 1)
        self.assertEqual(messages("a\n" * 401, measured=False), [])


class Project(unittest.TestCase):
    def test_every_file_is_fit_for_strangers(self):
        for path in files():
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture, say
            with self.subTest(name(path)):
                faults = hygiene.faults_of(text, ROOT, path.suffix in SOURCES)
                self.assertEqual([f"{name(path)}:{fault.line}: {fault.message}" for fault in faults], [])


if __name__ == "__main__":
    unittest.main()
