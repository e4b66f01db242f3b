"""Random preferences, variants and further fields of a request: each alone now and then, and in any company."""

from __future__ import annotations

import random
from typing import Any

from .generated_world import DROPPABLE

RESIDENCIES = ["eu", "EU", "eea", "EeA", "de", "FR", "nl", "ch", "us", "GB", "uk", "jp", "br", "no", "zw"]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
LIMITS = [0, 0.05, 0.06, 0.2, 0.6, 1.08, 1.1664, 1.188, 2.16, 2.376, 5, 32.4, 100]


class PreferenceDraw:
    def __init__(self, draw: random.Random, providers: list[str]) -> None:
        self._draw = draw
        self._providers = providers

    def provider(self) -> dict[str, Any]:
        """An object with a few fields, or none at all."""
        density = self._draw.choice([0, 0.1, 0.15, 0.3])
        fields = {
            "order": self._order,
            "only": self._only,
            "ignore": lambda: self._some(0, 2),
            "allow_fallbacks": self._either,
            "sort": lambda: self._draw.choice(["price", "latency", "throughput"]),
            "data_residency": lambda: self._draw.choice(RESIDENCIES[:4] * 4 + RESIDENCIES),
            "eu_owned": self._either,
            "max_retention_days": lambda: self._draw.choice([0, 7, 29, 30, 365]),
            "data_collection": lambda: self._draw.choice(["allow", "deny"]),
            "zdr": self._either,
            "max_price": self._max_price,
            "require_parameters": self._either,
        }
        chosen = {name: value() for name, value in fields.items() if self._draw.random() < density}
        if self._draw.random() < 0.15:
            chosen["order"] = self._order()
        if "order" in chosen and self._draw.random() < 0.3:
            chosen["allow_fallbacks"] = False
        return dict(self._draw.sample(list(chosen.items()), len(chosen)))

    def variant(self) -> str | None:
        return self._draw.choices([None, "floor", "nitro", "free"], [70, 10, 10, 10])[0]

    def extras(self) -> dict[str, Any]:
        """Fields of a chat body beside the needful."""
        fields: dict[str, Any] = {
            "tools": self._draw.choice([[TOOL], [TOOL], []]),
            "response_format": self._draw.choice([SCHEMA, {"type": "json_object"}, {"type": "text"}]),
            "logprobs": self._either(),
            "store": self._either(),
            **{name: self._draw.choice([1, None]) for name in DROPPABLE},
        }
        density = self._draw.choice([0, 0.15])
        return {name: value for name, value in fields.items() if self._draw.random() < density}

    def _either(self) -> bool:
        return self._draw.random() < 0.5

    def _some(self, least: int, most: int) -> list[str]:
        most = min(most, len(self._providers))
        return self._draw.sample(self._providers, self._draw.randint(min(least, most), most))

    def _order(self) -> list[str]:
        return self._some(0, 3)

    def _only(self) -> list[str]:
        return self._some(len(self._providers) - 1, len(self._providers)) or self._providers[:1]

    def _max_price(self) -> dict[str, Any]:
        return {name: self._draw.choice(LIMITS) for name in ("prompt", "completion") if self._either()}
