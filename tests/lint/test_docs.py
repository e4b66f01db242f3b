"""What the documents point at exists."""

import re
import unittest

from .sources import ROOT, files, name

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_SCRIPT = re.compile(r"(?<![\w/])(?:\./)?(scripts/[\w-]+\.sh)\b")
_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)\}")


class Documents(unittest.TestCase):
    def test_every_link_within_the_project_leads_somewhere(self):
        for document in files(suffixes=(".md",)):
            for target in _LINK.findall(document.read_text(encoding="utf-8")):
                with self.subTest(name(document), target=target):
                    self.assertTrue(re.match(r"https?://", target) or (document.parent / target).exists())

    def test_every_script_that_is_named_is_there(self):
        for document in files(suffixes=(".md",)):
            for script in _SCRIPT.findall(document.read_text(encoding="utf-8")):
                with self.subTest(name(document), script=script):
                    self.assertTrue((ROOT / script).is_file())

    def test_the_readme_names_each_variable_of_the_shipped_registry(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        needed = set(_VARIABLE.findall((ROOT / "config" / "providers.yaml").read_text(encoding="utf-8")))
        self.assertTrue(needed)
        self.assertEqual(needed - set(re.findall(r"`([A-Z_]+)`", readme)), set())

    def test_every_decision_is_in_the_index(self):
        index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
        for decision in files("docs/adr", suffixes=(".md",)):
            if decision.name != "README.md":
                with self.subTest(decision.name):
                    self.assertIn(f"({decision.name})", index)


if __name__ == "__main__":
    unittest.main()
