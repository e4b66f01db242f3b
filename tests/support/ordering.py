"""In which order eligible routes are tried (spec §4): an oracle. What it is told of health comes from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .eligibility import Ask, Catalogue, Route

Key = tuple[str, str, str]  # endpoint, model, modality


@dataclass(frozen=True)
class State:
    """What live traffic showed of one route."""

    health: float = 1.0
    cooling: bool = False
    latency: float | None = None
    throughput: float | None = None


HEALTHY = State()


@dataclass(frozen=True)
class Order:
    """`routes` in the order of use; `cut` has the reason of each eligible route that is not among them."""

    routes: list[Route]
    cut: dict[Key, str]


def expected_order(eligible: list[Route], ask: Ask, known: Catalogue, states: Mapping[Key, State]) -> Order:
    """`eligible` in the registry's order, as Catalogue.eligible gives it."""
    candidates = only_one_model(eligible, ask, known) if ask.modality == "embeddings" else eligible
    listed = ask.provider.get("order", [])

    def key(route: Route) -> tuple:
        state = states.get(route.key, HEALTHY)
        position = listed.index(route.provider) if route.provider in listed else len(listed)
        wish = by_metric(route, ask, state, known) if ask.sort else by_default(route, ask, candidates, known)
        return route.provider not in listed, state.cooling, position, wish, by_score(route, state, known)

    ordered = sorted(candidates, key=key)  # stable: equal ones stay in the registry's order
    kept = without_fallbacks(ordered, ask)
    cut = {route.key: "model" for route in eligible if route not in candidates}
    cut |= {route.key: "allow_fallbacks" for route in ordered if route not in kept}
    return Order(kept, cut)


def by_metric(route: Route, ask: Ask, state: State, known: Catalogue) -> tuple:
    if ask.sort == "price":
        return False, usd(route, known)
    if ask.sort == "latency":
        return state.latency is None, state.latency or 0
    return state.throughput is None, -(state.throughput or 0)


def by_default(route: Route, ask: Ask, candidates: list[Route], known: Catalogue) -> tuple:
    """The resident, unless a concrete model is named; for `auto` then the cheapest model."""
    is_named = ask.model != "auto" and ask.model not in known.aliases
    resident = None if is_named else known.regions.get(ask.region or "", {}).get("resident")
    same_model = [usd(other, known) for other in candidates if other.model == route.model]
    return route.provider != resident, min(same_model) if ask.model == "auto" else Fraction(0)


def by_score(route: Route, state: State, known: Catalogue) -> tuple[bool, Fraction]:
    """The higher the better: health / price²; what costs nothing comes first, by health alone."""
    price, health = usd(route, known), Fraction(state.health)
    return (False, -health) if price == 0 else (True, -health / price**2)


def without_fallbacks(ordered: list[Route], ask: Ask) -> list[Route]:
    if ask.provider.get("allow_fallbacks", True):
        return ordered
    if listed := ask.provider.get("order"):
        return [route for route in ordered if route.provider in listed]
    return ordered[:1]


def only_one_model(eligible: list[Route], ask: Ask, known: Catalogue) -> list[Route]:
    """An index must never mix models: the first of the alias, or of the registry, that has a route."""
    in_registry = dict.fromkeys(route.model for route in known.routes)
    preferred = known.aliases.get(ask.model, in_registry)
    available = {route.model for route in eligible}
    chosen = next((model for model in preferred if model in available), None)
    return [route for route in eligible if route.model == chosen]


def usd(route: Route, known: Catalogue) -> Fraction:
    """What a route is ordered by: three parts input and one part output, or the unit price. Exact."""
    price = route.model_facts["price"]
    rate = Fraction(str(known.fx[price["currency"]]))
    read = Fraction(str(price["input"]))
    if route.modality == "embeddings":
        return rate * read
    return rate * (3 * read + Fraction(str(price["output"]))) / 4
