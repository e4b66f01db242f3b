"""Builders of test worlds: a registry for the daemon together with the simulated providers that it names."""

from __future__ import annotations

import atexit
import datetime
import functools
import ssl
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sim.background import Simulator
from sim.tls import Authority
from sim.upstream import Upstream

EU = ("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE").split()
REGIONS = {
    "CH": {"countries": ["CH"], "strict": True},
    "EU": {"countries": EU, "strict": True},
    "US": {"countries": ["US"], "strict": True},
    "UK": {"countries": ["GB"]},
    "ASIA": {"countries": ["JP", "SG", "KR"]},
    "ANZ": {"countries": ["AU", "NZ"]},
    "LATAM": {"countries": ["BR", "CL", "MX"]},
    "MENA": {"countries": ["AE", "SA", "EG"]},
    "INDIA": {"countries": ["IN"]},
    "WORLD": {"countries": []},
}
FX = {"USD": 1, "EUR": 1.08, "CHF": 1.1}
GLOBAL_REGIONS = ["UK", "ASIA", "ANZ", "LATAM", "MENA", "INDIA", "WORLD"]
ALL_MODALITIES = ["chat", "vision", "embeddings"]  # of those that take JSON and are priced by tokens
SIX_MODALITIES = [*ALL_MODALITIES, "ocr", "stt", "tts"]
# Where each protocol's API begins, below the provider's own part of the path.
PREFIXES = {
    "openai": "/v1",
    "azure_openai": "/openai/v1",  # the dated form ends in /openai
    "azure_speech_stt": "",
    "azure_speech_tts": "",
    "azure_document_intelligence": "",
    "infomaniak_stt": "/1/ai/7",
    "mistral": "/v1",
}
# Clients' names of voices and Azure's.
AZURE_VOICES = {"alloy": "en-US-AvaMultilingualNeural", "echo": "de-CH-JanNeural", "nova": "de-CH-LeniNeural"}


@functools.cache
def authority() -> Authority:
    """The CA of this test process."""
    folder = tempfile.TemporaryDirectory(prefix="phigate-ca-")
    atexit.register(folder.cleanup)
    return Authority(Path(folder.name))


@functools.cache
def server_context() -> ssl.SSLContext:
    return authority().server().context()


def day(offset: int) -> str:
    """Today (UTC) and so many days, as the registry writes dates."""
    today = datetime.datetime.now(datetime.UTC).date()
    return (today + datetime.timedelta(days=offset)).isoformat()


def agreement(
    regions: list[str], modalities: list[str] | None = None, *, kind: str = "dpa", start: int = -30, end: int = 365
) -> dict[str, Any]:
    return {
        "kind": kind,
        "regions": regions,
        "modalities": modalities or ALL_MODALITIES,
        "valid_from": day(start),
        "valid_until": day(end),
        "reference": "test",
    }


def model(*modalities: str, price: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """One hosted model; a dollar per unit when no price is given, per million tokens both ways where tokens count."""
    units = [UNITS[modality](1) for modality in modalities if modality in UNITS]
    return {"modalities": list(modalities or ["chat"]), "price": price or (units or [dollars(1, 1)])[0], **facts}


def dollars(input_price: float, output_price: float | None = None, **more: Any) -> dict[str, Any]:
    given = {"currency": "USD", "input": input_price, **more}
    return given if output_price is None else given | {"output": output_price}


def per_minute(price: float) -> dict[str, Any]:
    return {"currency": "USD", "per_minute": price}


def per_million_chars(price: float) -> dict[str, Any]:
    return {"currency": "USD", "per_million_chars": price}


def per_page(price: float) -> dict[str, Any]:
    return {"currency": "USD", "per_page": price}


UNITS = {"ocr": per_page, "stt": per_minute, "tts": per_million_chars}
USUAL_PRICES = {"ocr": 0.5, "stt": 0.75, "tts": 15}


def upstream_name(slug: str, name: str, protocol: str) -> str:
    """What the provider calls the model."""
    return "prebuilt-layout" if protocol == "azure_document_intelligence" else f"{slug}/{name}"


class World:
    """Providers as they are simulated and as the registry describes them. An upstream name is `<slug>/<model>`, but where
    a model has one of its own."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        self.registry: dict[str, Any] = {
            "version": 1,
            "fx": dict(FX),
            "regions": {name: dict(facts) for name, facts in REGIONS.items()},
            "providers": {},
            "aliases": {},
        }

    def provider(
        self,
        slug: str,
        models: dict[str, dict[str, Any]],
        *,
        protocol: str = "openai",
        country: Any = "FR",
        regions: list[str] | None = None,
        headquarters: str = "FR",
        agreements: list[dict[str, Any]] | None = None,
        trains_on_data: bool | None = False,
        resident_of: str | None = None,
        tls: ssl.SSLContext | None = None,
        plain: bool = False,
        endpoint: dict[str, Any] | None = None,
        api: dict[str, Any] | None = None,
        provider: dict[str, Any] | None = None,
    ) -> Upstream:
        """A provider with one endpoint that speaks the protocol. `endpoint` and `provider` are laid upon their registry
        entries, `api` goes to the simulated one."""
        credential = f"upstream-key-of-{slug}"
        hosted = {name: {"upstream": upstream_name(slug, name, protocol), **facts} for name, facts in models.items()}
        upstream = self.simulator.add(
            slug,
            {facts["upstream"]: set(facts["modalities"]) for facts in hosted.values()},
            tls=None if plain else tls or server_context(),
            protocol=protocol,
            **{"keys": (credential,), "prefix": f"/{slug}{PREFIXES[protocol]}", **(api or {})},
        )
        entry = {
            "base_url": upstream.base_url,
            "protocol": protocol,
            "country": country,
            "regions": regions or ["EU"],
            "credential": credential,
            "models": hosted,
            **(endpoint or {}),
        }
        facts = {
            "name": slug.title(),
            "headquarters": headquarters,
            "retention_days": 0,
            "agreements": agreements or [],
            "endpoints": {f"{slug}-1": entry},
            **(provider or {}),
        }
        if trains_on_data is not None:
            facts.setdefault("trains_on_data", trains_on_data)
        self.registry["providers"][slug] = facts
        if resident_of is not None:
            self.registry["regions"][resident_of]["resident"] = slug
        return upstream

    def alias(self, name: str, *models: str) -> None:
        self.registry["aliases"][name] = list(models)

    @property
    def upstreams(self) -> list[Upstream]:
        return list(self.simulator.upstreams.values())

    def __getitem__(self, slug: str) -> Upstream:
        return self.simulator.upstreams[slug]

    def config(self) -> dict[str, Any]:
        """What the daemon's configuration needs in order to trust this world."""
        return {"upstream": {"ca_file": str(authority().ca_file)}}

    def forget(self) -> None:
        for upstream in self.upstreams:
            upstream.forget()

    def requests(self) -> int:
        return sum(len(upstream.requests) for upstream in self.upstreams)

    def stop(self) -> None:
        self.simulator.stop()


def failover_world(**endpoint: Any) -> World:
    """Three EU hosts of `model-a`, ten times dearer each, so that the order is first, second, third whatever their health."""
    world = World()
    for slug, factor in (("first", 1), ("second", 10), ("third", 100)):
        world.provider(
            slug,
            {
                "model-a": model("chat", "vision", price=dollars(factor, 2 * factor)),
                "embed-a": model("embeddings", price=dollars(factor)),
            },
            endpoint=endpoint or None,
        )
    return world


def single_world(**provider: Any) -> World:
    """One EU host, `first`, of `model-a` and `embed-a`."""
    world = World()
    world.provider(
        "first",
        {"model-a": model("chat", "vision", price=dollars(1, 2)), "embed-a": model("embeddings", price=dollars(1))},
        **provider,
    )
    return world


def hosts(
    world: World, slugs: Iterable[str], protocols: Iterable[str], hosted: str, modality: str, **provider: Any
) -> None:
    """EU providers of one model, each ten times dearer than the one before, so that this is their order."""
    for number, (slug, protocol) in enumerate(zip(slugs, protocols, strict=False)):
        voices = {"voices": AZURE_VOICES} if protocol == "azure_speech_tts" else {}
        price = UNITS[modality](USUAL_PRICES[modality] * 10**number)
        world.provider(slug, {hosted: model(modality, price=price, **voices)}, protocol=protocol, **provider)


def speech_world(
    stt: Sequence[str] = ("openai", "azure_speech_stt", "infomaniak_stt"),
    tts: Sequence[str] = ("azure_speech_tts", "openai"),
    **provider: Any,
) -> World:
    """Up to four EU hosts of `whisper-a` (first, second, …) and of `voice-a` (voice-1, …) that speak these protocols."""
    world = World()
    hosts(world, ("first", "second", "third", "fourth"), stt, "whisper-a", "stt", **provider)
    hosts(world, ("voice-1", "voice-2", "voice-3", "voice-4"), tts, "voice-a", "tts", **provider)
    return world


def document_world(
    ocr: Sequence[str] = ("azure_document_intelligence", "mistral", "azure_document_intelligence"), **provider: Any
) -> World:
    """Up to four EU hosts of `ocr-a` (first, second, …) that speak these protocols."""
    world = World()
    hosts(world, ("first", "second", "third", "fourth"), ocr, "ocr-a", "ocr", **provider)
    return world


def regional_world() -> World:
    """The shape of the shipped registry: residents of CH, EU and US, everything else at a global host."""
    world = World()
    world.provider(
        "infomaniak",
        {
            "gemma-4-31b": model(
                "chat", "vision", price={"currency": "CHF", "input": 0.2, "output": 0.4}, context_length=100000
            ),
            "qwen3.5-397b": model("chat", price={"currency": "CHF", "input": 0.8, "output": 3.6}),
            "qwen3-embedding": model("embeddings", price={"currency": "CHF", "input": 0.08}),
        },
        country="CH",
        regions=["CH"],
        headquarters="CH",
        agreements=[agreement(["CH"])],
        resident_of="CH",
    )
    world.provider(
        "scaleway",
        {
            "gemma-4-26b": model(
                "chat", "vision", price={"currency": "EUR", "input": 0.25, "output": 0.5}, context_length=256000
            ),
            "qwen3.5-397b": model("chat", price={"currency": "EUR", "input": 0.6, "output": 3.6}),
            "qwen3-embedding": model("embeddings", price={"currency": "EUR", "input": 0.1}),
        },
        regions=["EU"],
        agreements=[agreement(["EU"])],
        resident_of="EU",
    )
    world.provider(
        "nebius",
        {
            "gemma-4-26b": model("chat", price=dollars(0.01, 0.02)),
            "tiny-1b": model("chat", price=dollars(0.001, 0.001)),
        },
        country="NL",
        regions=["EU"],
        headquarters="NL",
    )
    world.provider(
        "together",
        {
            "gemma-4-31b": model("chat", price=dollars(0.39, 0.97)),
            "qwen3.5-397b": model("chat", price=dollars(0.6, 3.6)),
        },
        country="US",
        regions=["US"],
        headquarters="US",
        resident_of="US",
    )
    world.provider(
        "google",
        {
            "gemini-flash": model("chat", price=dollars(0.3, 2.5)),
        },
        country="global",
        regions=GLOBAL_REGIONS,
        headquarters="US",
    )
    for region in GLOBAL_REGIONS:
        world.registry["regions"][region]["resident"] = "google"
    world.alias("gemma-4", "gemma-4-31b", "gemma-4-26b")
    world.alias("qwen3.5", "qwen3.5-397b")
    world.alias("qwen-embedding", "qwen3-embedding")
    return world
