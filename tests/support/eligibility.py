"""Which routes a request may use, read from the registry's own text and from the rules alone (spec §3): an oracle.

It shares nothing with the daemon, and is written for plainness: one predicate a rule, over plain dictionaries.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TOKEN_MODALITIES = ("chat", "vision", "embeddings")


def utc_today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


@dataclass(frozen=True, eq=False)
class Route:
    """One (endpoint, model, modality), with the registry entries that say what it is."""

    provider: str
    endpoint: str
    model: str
    modality: str
    provider_facts: dict[str, Any] = field(repr=False)
    endpoint_facts: dict[str, Any] = field(repr=False)
    model_facts: dict[str, Any] = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.endpoint, self.model, self.modality

    @property
    def countries(self) -> list[str] | None:
        """None for a global endpoint."""
        where = self.endpoint_facts["country"]
        return None if where == "global" else [where] if isinstance(where, str) else where

    @property
    def trains_on_data(self) -> bool | None:
        """The endpoint's word wins over its provider's; None is unknown."""
        return self.endpoint_facts.get("trains_on_data", self.provider_facts.get("trains_on_data"))


@dataclass(frozen=True)
class Ask:
    """What one request says, its defaults filled in."""

    region: str
    phi: bool
    modality: str
    model: str  # `auto`, an alias or an id
    features: frozenset[str] = frozenset()
    dimensions: int | None = None

    @property
    def data_class(self) -> str:
        return "phi" if self.phi else "general"


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    excluded: dict[str, int] = field(default_factory=dict)  # rule → routes that it removed; for no_route


class Catalogue:
    """A registry as the rules see it. `absent` are the environment variables that are not set."""

    def __init__(self, registry: dict[str, Any], absent: tuple[str, ...] = ()) -> None:
        self.regions: dict[str, dict[str, Any]] = registry["regions"]
        self.aliases: dict[str, list[str]] = registry["aliases"]
        self.fx: dict[str, Any] = registry["fx"]
        self._absent = absent
        self.routes = [
            Route(slug, name, model, modality, provider, endpoint, hosted)
            for slug, provider in registry["providers"].items()
            for name, endpoint in provider["endpoints"].items()
            for model, hosted in endpoint["models"].items()
            for modality in hosted["modalities"]
        ]

    # ---- the rules, each true when the route passes

    def is_enabled(self, route: Route, _: Ask, __: datetime.date) -> bool:
        switches = (route.provider_facts, route.endpoint_facts, route.model_facts)
        credential = route.endpoint_facts.get("credential")
        has_credential = credential is not None and credential not in {f"${{{name}}}" for name in self._absent}
        return has_credential and all(facts.get("enabled", True) for facts in switches)

    def has_modality(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return route.modality == ask.modality

    def is_in_region(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return ask.region in route.endpoint_facts["regions"]

    def may_see_phi(self, route: Route, ask: Ask, today: datetime.date) -> bool:
        return not ask.phi or self.is_verified(route, ask.region, today)

    def is_verified(self, route: Route, region: str, today: datetime.date) -> bool:
        inside = self.regions.get(region, {}).get("countries") or []
        stays = route.countries is not None and all(country in inside for country in route.countries)
        covered = any(covers(one, region, route.modality, today) for one in route.provider_facts.get("agreements", []))
        return covered and stays and route.trains_on_data is False

    def has_model(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return ask.model == "auto" or route.model in self.meant(ask.model)

    def takes_parameters(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        if not ask.features <= set(route.model_facts.get("features", [])):
            return False
        return ask.dimensions is None or fits(ask.dimensions, route.model_facts.get("dimensions"))

    @property
    def rules(self) -> dict[str, Callable[[Route, Ask, datetime.date], bool]]:
        """In the order in which they are named as a route's reason."""
        return {
            "disabled": self.is_enabled,
            "modality": self.has_modality,
            "region": self.is_in_region,
            "phi": self.may_see_phi,
            "model": self.has_model,
            "parameters": self.takes_parameters,
        }

    # ---- what follows from them

    def meant(self, model: str) -> list[str]:
        """The concrete models that a name stands for."""
        return self.aliases.get(model, [model])

    def reason(self, route: Route, ask: Ask, today: datetime.date) -> str | None:
        return next((name for name, passes in self.rules.items() if not passes(route, ask, today)), None)

    def eligible(self, ask: Ask, today: datetime.date) -> list[Route]:
        return [route for route in self.routes if self.reason(route, ask, today) is None]

    def refusal(self, ask: Ask, today: datetime.date) -> Refusal:
        """For a request without an eligible route."""
        if ask.model != "auto" and not any(route.model in self.meant(ask.model) for route in self.routes):
            return Refusal(404, "model_not_found")
        if ask.phi and self._phi_is_the_reason(ask, today):
            return Refusal(403, "phi_blocked")
        reasons = Counter(self.reason(route, ask, today) for route in self.routes)
        return Refusal(422, "no_route", {str(reason): count for reason, count in reasons.items()})

    def _phi_is_the_reason(self, ask: Ask, today: datetime.date) -> bool:
        hosts = [route for route in self.routes if route.modality == ask.modality]
        hosts = [route for route in hosts if ask.region in route.endpoint_facts["regions"]]
        if hosts and not any(self.is_verified(route, ask.region, today) for route in hosts):
            return True
        others = [passes for name, passes in self.rules.items() if name != "phi"]
        return any(all(passes(route, ask, today) for passes in others) for route in self.routes)


def covers(agreement: dict[str, Any], region: str, modality: str, today: datetime.date) -> bool:
    first = datetime.date.fromisoformat(agreement["valid_from"])
    end = datetime.date.fromisoformat(agreement["valid_until"])
    return region in agreement["regions"] and modality in agreement["modalities"] and first <= today < end


def fits(size: int, offered: Any) -> bool:
    if offered is None:
        return False
    return offered["min"] <= size <= offered["max"] if isinstance(offered, dict) else size == offered
