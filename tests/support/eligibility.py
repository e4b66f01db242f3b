"""Which routes a request may use, read from the registry's own text and from the rules alone (spec §3): an oracle.

It shares nothing with the daemon, and is written for plainness: one predicate a rule, over plain dictionaries.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .registry import EU

EEA = [*EU, "IS", "LI", "NO"]
# Body fields that make a provider keep data or send it on.
RETAINING = ("store", "web_search_options", "extra_body", "plugins", "models", "route")


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

    @property
    def retention_days(self) -> int | None:
        return self.endpoint_facts.get("retention_days", self.provider_facts.get("retention_days"))

    @property
    def dropped_fields(self) -> set[str]:
        dialects = (facts.get("request", {}) for facts in (self.endpoint_facts, self.model_facts))
        return {name for dialect in dialects for name in dialect.get("drop", [])}


@dataclass(frozen=True)
class Ask:
    """What one request says, its defaults filled in."""

    region: str | None  # None: `data_residency` names no single one
    phi: bool
    modality: str
    model: str  # `auto`, an alias or an id, without its variant
    features: frozenset[str] = frozenset()
    dimensions: int | None = None
    variant: str | None = None
    provider: dict[str, Any] = field(default_factory=dict)  # the preferences as they are sent
    extras: dict[str, Any] = field(default_factory=dict)  # further body fields

    @property
    def data_class(self) -> str:
        return "phi" if self.phi else "general"

    @property
    def most_retention(self) -> int | None:
        """In days; the stricter of two."""
        said = [self.provider.get("max_retention_days"), 0 if self.provider.get("zdr") else None]
        return min((days for days in said if days is not None), default=None)

    @property
    def denies_collection(self) -> bool:
        return self.provider.get("data_collection") == "deny" or self.provider.get("zdr", False)

    @property
    def keeps_nothing(self) -> bool:
        """Whether no field may make a provider keep data."""
        return self.phi or self.most_retention is not None or self.denies_collection

    @property
    def sort(self) -> str | None:
        return self.provider.get("sort") or {"floor": "price", "nitro": "throughput"}.get(self.variant or "")

    @property
    def strategy(self) -> str:
        return "ordered" if self.provider.get("order") else "sorted" if self.sort else "default"


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

    def is_listed(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return route.provider in ask.provider.get("only", [route.provider])

    def is_not_ignored(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return route.provider not in ask.provider.get("ignore", [])

    def resides(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        if (word := ask.provider.get("data_residency")) is None:
            return True
        return route.countries is not None and all(country in countries_of(word) for country in route.countries)

    def is_owned_in_the_eea(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return not ask.provider.get("eu_owned") or route.provider_facts.get("headquarters") in EEA

    def forgets_soon(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        if ask.most_retention is None:
            return True
        return route.retention_days is not None and route.retention_days <= ask.most_retention

    def collects_nothing(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        return not ask.denies_collection or route.trains_on_data is False

    def is_free(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        prices = {name: value for name, value in route.model_facts["price"].items() if name != "currency"}
        return ask.variant != "free" or not any(prices.values())

    def is_cheap_enough(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        price = route.model_facts["price"]
        rate = Fraction(str(self.fx[price["currency"]]))
        paid = {
            "prompt": max(Fraction(str(price["input"])), Fraction(str(price.get("cached_input", 0)))),
            "completion": Fraction(str(price.get("output", 0))),
        }
        limits = ask.provider.get("max_price", {})
        return all(rate * paid[name] <= Fraction(str(limit)) for name, limit in limits.items())

    def takes_parameters(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        declared = set(route.model_facts.get("features", []))
        if not ask.features <= declared:
            return False
        if ask.dimensions is not None and not fits(ask.dimensions, route.model_facts.get("dimensions")):
            return False
        if not ask.provider.get("require_parameters"):
            return True
        in_use = {name for name, value in ask.extras.items() if value is not None}
        return not in_use & route.dropped_fields and all(words & declared for words in needed_features(ask.extras))

    @property
    def rules(self) -> dict[str, Callable[[Route, Ask, datetime.date], bool]]:
        """In the order in which they are named as a route's reason."""
        return {
            "disabled": self.is_enabled,
            "modality": self.has_modality,
            "region": self.is_in_region,
            "phi": self.may_see_phi,
            "model": self.has_model,
            "only": self.is_listed,
            "ignore": self.is_not_ignored,
            "data_residency": self.resides,
            "eu_owned": self.is_owned_in_the_eea,
            "retention": self.forgets_soon,
            "data_collection": self.collects_nothing,
            "variant_free": self.is_free,
            "max_price": self.is_cheap_enough,
            "parameters": self.takes_parameters,
        }

    # ---- what follows from them

    def meant(self, model: str) -> list[str]:
        """The concrete models that a name stands for."""
        return self.aliases.get(model, [model])

    def reason(self, route: Route, ask: Ask, today: datetime.date) -> str | None:
        return next((name for name, passes in self.rules.items() if not passes(route, ask, today)), None)

    def eligible(self, ask: Ask, today: datetime.date) -> list[Route]:
        if self._fault(ask) is not None:
            return []
        return [route for route in self.routes if self.reason(route, ask, today) is None]

    def _fault(self, ask: Ask) -> Refusal | None:
        """What is wrong with the request whatever routes there are."""
        if ask.model != "auto" and not any(route.model in self.meant(ask.model) for route in self.routes):
            return Refusal(404, "model_not_found")
        if ask.keeps_nothing and any(ask.extras.get(name) for name in RETAINING):
            return Refusal(400, "unsupported_parameter")
        return Refusal(400, "invalid_region") if ask.region is None else None

    def refusal(self, ask: Ask, today: datetime.date) -> Refusal:
        """For a request without an eligible route."""
        if fault := self._fault(ask):
            return fault
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


def countries_of(residency: str) -> list[str]:
    word = residency.upper()
    return {"EU": EU, "EEA": EEA, "UK": ["GB"]}.get(word, [word])


def region_of(residency: str, regions: dict[str, dict[str, Any]]) -> str | None:
    """The region that a residency names when a request names none."""
    if residency.upper() in ("EU", "EEA"):
        return "EU"
    (country,) = countries_of(residency)
    holding = [name for name, facts in regions.items() if country in facts.get("countries", [])]
    return holding[0] if len(holding) == 1 else None


def needed_features(extras: dict[str, Any]) -> list[set[str]]:
    """For each field that needs one: the features of which a route must declare one."""
    needed = []
    if extras.get("tools"):
        needed.append({"tools"})
    shape = (extras.get("response_format") or {}).get("type")
    if shape in ("json_schema", "json_object"):
        needed.append({"json_schema"} if shape == "json_schema" else {"json_schema", "json_object"})
    if extras.get("logprobs"):
        needed.append({"logprobs"})
    return needed
