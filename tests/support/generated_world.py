"""Random worlds that `phigate check` accepts: regions, providers, models, agreements and prices, all of one seed."""

from __future__ import annotations

import random
import socket
from typing import Any

from sim.upstream import Delay

from .eligibility import Catalogue
from .registry import REGIONS, World, agreement, server_context

UNSET = "PHIGATE_TEST_SURELY_UNSET"
CHAT_MODELS = ["alpha-1", "beta-2", "gamma.3b"]
EMBEDDING_MODELS = ["embed-a", "embed-b"]
FEATURES = ["tools", "json_schema", "json_object", "logprobs", "input_audio"]
DROPPABLE = ["seed", "top_p", "user"]
HASTE = 0.2  # seconds that a hasty endpoint is given for anything

# Steps wide enough that no rounding decides, and pairs that cost the same to the last digit in two currencies.
PRICES: list[tuple[str, float, float]] = [
    ("USD", 0, 0),
    ("CHF", 0, 0),
    ("USD", 0.05, 0.05),
    ("USD", 0.2, 0.6),
    ("USD", 1.08, 2.16),
    ("EUR", 1, 2),
    ("EUR", 2, 1),
    ("CHF", 1.08, 2.16),
    ("USD", 1.188, 2.376),
    ("USD", 5, 15),
    ("CHF", 4, 18),
    ("EUR", 30, 60),
]
AGREEMENT_DAYS = {
    "valid": (-30, 365),
    "from today": (0, 30),
    "lapses tomorrow": (-30, 1),
    "lapsed today": (-30, 0),
    "expired": (-60, -10),
    "from tomorrow": (1, 30),
}


class GeneratedWorld:
    """A registry, its simulated endpoints, and the settings to run it with. Upstreams are named like endpoints."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(f"world {seed}")
        self.world = World()
        self.is_tight = self._chance(0.12)  # a deadline that two stalls use up
        self.max_attempts = self._draw.choice([1, 2, 3, 4, 4, 4])
        self.silent: set[str] = set()  # endpoints where nothing listens
        self.is_forgiving = self._chance(0.5)  # cooldowns that are over at once
        self.is_calm_at_first = self._chance(0.25)  # all goes well for a while, so that much is measured
        self.hasty: set[str] = set()  # endpoints with short time-outs of their own
        self._unheard: list[socket.socket] = []
        self._make_regions()
        for number in range(self._draw.randint(2, 6)):
            self._make_provider(f"provider-{number}")
        self._make_aliases()
        self._make_residents()
        self.catalogue = Catalogue(self.world.registry, (UNSET,))

    # ---- settings

    @property
    def total(self) -> float:
        """The deadline in seconds."""
        return 1.5 * HASTE if self.is_tight else 3.0

    def config(self) -> dict[str, Any]:
        waits = dict.fromkeys(("connect", "first_byte", "first_token", "idle"), "2500ms")
        # Nothing in between: no cooldown and no sample shall end by the clock between an explanation and its request.
        cooldown = "1ms" if self.is_forgiving else "900s"
        return {
            **self.world.config(),
            # A stream counts once it has ended: by then another worker could have explained the next request.
            "workers": 1,
            "timeouts": {**waits, "total": f"{round(self.total * 1000)}ms"},
            "failover": {"max_attempts": self.max_attempts},
            "health": {
                "window": "900s",
                "cooldown": dict.fromkeys(("server_error", "rate_limit", "repeated"), cooldown),
            },
            "defaults": {"region": self.default_region, "phi": self.default_phi},
        }

    def stop(self) -> None:
        self.world.stop()
        for sock in self._unheard:
            sock.close()

    # ---- drawing

    def _chance(self, probability: float) -> bool:
        return self._draw.random() < probability

    def _some(self, of: list[Any], most: int) -> list[Any]:
        """One to `most` different ones, in any order."""
        return self._draw.sample(of, self._draw.randint(1, min(most, len(of))))

    def _many(self, of: list[Any]) -> list[Any]:
        """All or all but one, in any order."""
        return self._draw.sample(of, max(1, len(of) - self._draw.randint(0, 1)))

    def _make_regions(self) -> None:
        names = ["EU", *self._draw.sample([name for name in REGIONS if name != "EU"], self._draw.randint(1, 3))]
        self._draw.shuffle(names)
        self.regions = {name: self._region(name) for name in names}
        self.world.registry["regions"] = self.regions
        self.default_region = self._draw.choice(names)
        self.default_phi = self._chance(0.2)

    def _region(self, name: str) -> dict[str, Any]:
        countries = list(REGIONS[name]["countries"])
        if not countries or self._chance(0.1):
            return {}
        return {"countries": countries, "strict": True} if self._chance(0.5) else {"countries": countries}

    def _make_provider(self, slug: str) -> None:
        facts: dict[str, Any] = {"name": slug.title(), "headquarters": self._draw.choice(["FR", "CH", "US"])}
        facts["agreements"] = [self._agreement() for _ in range(self._draw.choice([0, 1, 1, 2, 3]))]
        self._say_of_training(facts, [False, False, False, True, None])
        if (days := self._draw.choice([0, 0, 7, 30, None])) is not None:
            facts["retention_days"] = days
        if self._chance(0.06):
            facts["enabled"] = False
        count = self._draw.choice([1, 2])
        facts["endpoints"] = {f"{slug}-{letter}": self._endpoint(f"{slug}-{letter}") for letter in "ab"[:count]}
        self.world.registry["providers"][slug] = facts

    def _agreement(self) -> dict[str, Any]:
        start, end = AGREEMENT_DAYS[self._draw.choice([*AGREEMENT_DAYS, "valid", "valid", "valid"])]
        modalities = self._some(["chat", "vision", "embeddings"], 3) if self._chance(0.4) else None
        regions = self._many(list(self.regions))
        return agreement(regions, modalities, kind=self._draw.choice(["dpa", "baa"]), start=start, end=end)

    def _say_of_training(self, facts: dict[str, Any], words: list[bool | None]) -> None:
        if (word := self._draw.choice(words)) is not None:
            facts["trains_on_data"] = word

    # ---- endpoints

    def _endpoint(self, name: str) -> dict[str, Any]:
        country, regions = self._place()
        models = {model: self._model(name, model) for model in self._model_ids()}
        facts: dict[str, Any] = {
            "base_url": self._listener(name, models),
            "protocol": "openai",
            "country": country,
            "regions": regions,
            "credential": f"upstream-key-of-{name}",
            "models": models,
        }
        if self._chance(0.2):
            self._say_of_training(facts, [False, True])
        if self._chance(0.2):
            facts["retention_days"] = self._draw.choice([0, 30])
        if self._chance(0.2):
            facts["request"] = {"drop": self._some(DROPPABLE, 2)}
        if self._chance(0.35):
            self.hasty.add(name)
            for hurried in [facts] if self._chance(0.7) else models.values():
                hurried["timeouts"] = dict.fromkeys(("first_byte", "first_token", "idle"), f"{round(HASTE * 1000)}ms")
        if self._chance(0.06):
            facts["enabled"] = False
        elif self._chance(0.06):
            facts["credential"] = f"${{{UNSET}}}"
        return facts

    def _place(self) -> tuple[Any, list[str]]:
        """Where an endpoint is, and some of the regions that it may serve from there."""
        while True:
            country = self._location()
            allowed = [name for name, facts in self.regions.items() if may_serve(name, facts, country)]
            if allowed:
                return country, self._many(allowed)

    def _location(self) -> Any:
        if self._chance(0.25):
            return "global"
        homes = [facts["countries"] for facts in self.regions.values() if "countries" in facts] or [["FR", "DE"]]
        home = REGIONS["EU"]["countries"] if self._chance(0.5) else self._draw.choice(homes)
        if self._chance(0.5):
            return self._draw.choice(home)
        return self._some(home + (["US"] if self._chance(0.2) and "US" not in home else []), 3)

    def _listener(self, name: str, models: dict[str, Any]) -> str:
        """A simulated endpoint, or an address where nothing listens; its base URL."""
        if self._chance(0.06):
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))  # held, so that nobody else comes to listen there
            self._unheard.append(sock)
            self.silent.add(name)
            return f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
        upstream = self.world.simulator.add(
            name,
            {facts["upstream"]: set(facts["modalities"]) for facts in models.values()},
            tls=server_context() if self._chance(0.3) else None,
            keys=(f"upstream-key-of-{name}",),
            prefix=f"/{name}/v1",
            base64_embeddings=self._chance(0.5),
        )
        if self.is_calm_at_first:
            upstream.delay = Delay(first=self._draw.choice([0.002, 0.005, 0.01]), between=0.001)
        return upstream.base_url

    def _model_ids(self) -> list[str]:
        ids = self._many(CHAT_MODELS) if self._chance(0.9) else []
        return ids + (self._some(EMBEDDING_MODELS, 2) if self._chance(0.7) or not ids else [])

    def _model(self, endpoint: str, model: str) -> dict[str, Any]:
        currency, read, written = self._draw.choice(PRICES)
        facts: dict[str, Any] = {"upstream": f"{endpoint}/{model}"}
        if model in EMBEDDING_MODELS:
            facts |= {"modalities": ["embeddings"], "price": {"currency": currency, "input": read}}
            if self._chance(0.6):
                facts["dimensions"] = self._draw.choice([8, 16, {"min": 4, "max": 16}])
        else:
            facts["modalities"] = self._draw.choice([["chat"], ["vision"], *[["chat", "vision"]] * 4])
            facts["price"] = {"currency": currency, "input": read, "output": written}
            if self._chance(0.6):
                facts["features"] = self._some(FEATURES, 5)
            if self._chance(0.1):
                facts["request"] = {"drop": self._some(DROPPABLE, 2)}
            if self._chance(0.15):
                facts["price"]["cached_input"] = self._draw.choice([0, read, 2 * read])
        if self._chance(0.06):
            facts["enabled"] = False
        return facts

    # ---- what refers to providers and models

    def _make_aliases(self) -> None:
        hosted = list(dict.fromkeys(route.model for route in Catalogue(self.world.registry).routes))
        families = [[model for model in hosted if model in kind] for kind in (CHAT_MODELS, EMBEDDING_MODELS)]
        for name, family in zip(("family", "vectors", "anything"), (*families, hosted), strict=True):
            if family and self._chance(0.8):
                self.world.alias(name, *self._some(family, 4))

    def _make_residents(self) -> None:
        for facts in self.regions.values():
            if self._chance(0.7):
                facts["resident"] = self._draw.choice(list(self.world.registry["providers"]))


def may_serve(region: str, facts: dict[str, Any], country: Any) -> bool:
    """Whether a registry may let an endpoint there serve the region (spec §11)."""
    where = [country] if isinstance(country, str) else country
    inside = country != "global" and all(one in facts.get("countries", []) for one in where)
    if facts.get("strict"):
        return inside
    return region == "WORLD" or "countries" not in facts or country == "global" or inside
