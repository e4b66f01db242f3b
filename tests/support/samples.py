"""The figures of /metrics, by name and labels."""

from __future__ import annotations

import re

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


class Samples:
    """One reading. A line that is no sample of Prometheus's text form is a ValueError."""

    def __init__(self, text: str) -> None:
        self.values: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                if not (match := LINE.fullmatch(line)):
                    raise ValueError(f"no sample: {line!r}")
                self.values[match[1], frozenset(LABEL.findall(match[2] or ""))] = float(match[3])

    def named(self, name: str, **labels: str) -> list[float]:
        """The values of all samples of that name that have these labels."""
        return [
            value for (known, having), value in self.values.items() if known == name and set(labels.items()) <= having
        ]

    def one(self, name: str, **labels: str) -> float | None:
        """The only such value, or None where there is none."""
        found = self.named(name, **labels)
        if len(found) > 1:
            raise ValueError(f"{len(found)} samples of {name} {labels}")
        return found[0] if found else None

    def total(self, name: str, **labels: str) -> float:
        return sum(self.named(name, **labels))

    def only(self, *prefixes: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """The samples whose names begin so: for telling whether anything changed."""
        return {key: value for key, value in self.values.items() if key[0].startswith(prefixes)}
