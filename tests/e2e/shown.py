"""What a document shows of a command's output, held against what the command printed."""

from __future__ import annotations

import re
from collections.abc import Iterable


def shows(printed: str, lines: Iterable[str]) -> bool:
    """Whether the lines are there, in this order, with others between them; "…" stands for any text within its line."""
    rest = iter(line.strip() for line in printed.splitlines())
    return all(any(fits(line.strip(), told) for told in rest) for line in lines)


def is_whole(printed: str, shown: str) -> bool:
    """Whether what was printed is what is shown, from the first line to the last. A line that is "…" stands for any lines,
    none too."""
    return re.fullmatch("".join(map(lines_pattern, shown.splitlines())), printed.rstrip("\n") + "\n") is not None


def lines_pattern(shown: str) -> str:
    return r"(?:.*\n)*?" if shown.strip() == "…" else line_pattern(shown) + r"[ \r]*\n"


def line_pattern(shown: str) -> str:
    return ".*".join(map(re.escape, shown.rstrip().split("…")))


def fits(shown: str, told: str) -> bool:
    return re.fullmatch(line_pattern(shown), told) is not None
