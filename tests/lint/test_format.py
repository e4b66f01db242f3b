import subprocess
import unittest

from .sources import CPP, ROOT, files, name


class Project(unittest.TestCase):
    def test_every_file_is_as_clang_format_writes_it(self):
        paths = [name(path) for path in files("src", "include", "tests", suffixes=CPP)]
        run = subprocess.run(
            ["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1", *paths],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )
        badly = sorted({line.split(":")[0] for line in run.stderr.splitlines() if ": error:" in line})
        if badly:
            self.fail("run: clang-format-19 -i " + " ".join(badly))
        self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == "__main__":
    unittest.main()
