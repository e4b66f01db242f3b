"""What no file of the project holds: a path of somebody's machine, work left open, more lines than one reads."""

import re
from dataclasses import dataclass
from pathlib import Path

LONGEST = 400  # lines

# Written in parts, so that this file passes its own check.
_LEFT_OPEN = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
_HOME = re.compile(r"(?<![\w.}/])/(?:home|Users)/[\w.-]+/|(?<![\w.}/])/(?:root|work)/[\w.-]")


@dataclass(frozen=True)
class Fault:
    line: int
    message: str


def faults_of(text: str, checkout: Path, measured: bool) -> list[Fault]:
    """`checkout` is the project's own folder, whose place is nobody else's; `measured`: source, of limited length."""
    lines = text.splitlines()
    # One level deep, as /src, it could be the beginning of anything.
    here = re.compile(rf"(?<![\w.}}]){re.escape(str(checkout))}/" if len(checkout.parts) > 2 else r"(?!)")
    faults = []
    for number, line in enumerate(lines, start=1):
        if _LEFT_OPEN.search(line):
            faults.append(Fault(number, "work left open"))
        if here.search(line) or _HOME.search(line):
            faults.append(Fault(number, "a path of one machine"))
    if measured and len(lines) > LONGEST:
        faults.append(Fault(len(lines), f"{len(lines)} lines, {LONGEST} at most: what is the second thing in it?"))
    return faults
