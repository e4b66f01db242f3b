"""In which order eligible routes are tried while all are healthy (spec §4, keys 5 and 6): an oracle."""

from __future__ import annotations

from fractions import Fraction

from .eligibility import Ask, Catalogue, Route


def expected_order(eligible: list[Route], ask: Ask, known: Catalogue) -> list[Route]:
    """`eligible` in the registry's order, as Catalogue.eligible gives it."""
    candidates = only_one_model(eligible, ask, known) if ask.modality == "embeddings" else eligible
    is_named = ask.model != "auto" and ask.model not in known.aliases
    resident = None if is_named else known.regions.get(ask.region, {}).get("resident")

    def key(route: Route) -> tuple[bool, Fraction, bool, Fraction]:
        price = usd(route, known)
        same_model = [usd(other, known) for other in candidates if other.model == route.model]
        # Health is the same for all, so the best score is the lowest price, and a free route comes before any.
        return route.provider != resident, min(same_model) if ask.model == "auto" else Fraction(0), price != 0, price

    return sorted(candidates, key=key)  # stable: equal ones stay in the registry's order


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
