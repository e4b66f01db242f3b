"""A recording of class phi never reaches a host that is not verified for its region (spec §3), by whatever protocol.

Asserted on what the simulated providers received, in random worlds. PHIGATE_SEED=N begins with the world of that seed.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import random
import re
import unittest
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sim import faults
from sim.upstream import Step
from support.case import TRANSCRIPTIONS
from support.eligibility import Ask, Catalogue, Route, utc_today
from support.gateway import Gateway
from support.generated_preferences import PreferenceDraw
from support.generated_world import AGREEMENT_DAYS, may_serve
from support.multipart import Form, field, file, form
from support.raw_client import Response, request_bytes
from support.registry import REGIONS, World, agreement, model, per_minute
from support.transcripts import sent, wav
from support.waiting import eventually

FIRST_SEED = int(os.environ.get("PHIGATE_SEED", "1"))
WORLDS, BATCHES, AT_ONCE = 6, 3, 24
PROTOCOLS = ("openai", "azure_openai", "azure_speech_stt", "infomaniak_stt", "mistral")
PLACES = ["FR", "FR", "DE", "DE", ["FR", "DE"], ["FR", "CH"], "CH", "US", ["US", "FR"], "global"]
NONCE = re.compile(r"nonce-[0-9]+")
SPOKEN = wav(300)


class SpeechCatalogue(Catalogue):
    def is_cheap_enough(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        """Nobody asks: a recording has no price by tokens."""
        return "max_price" not in ask.provider


@dataclass(frozen=True)
class Asked:
    nonce: str
    ask: Ask

    @property
    def form(self) -> Form:
        told = [field("model", self.ask.model), file("file", f"{self.nonce}.wav", SPOKEN, "audio/wav")]
        told += [field("provider", json.dumps(self.ask.provider))] if self.ask.provider else []
        return form(*told)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [*self.form.headers, ("X-Region", self.ask.region or ""), ("X-PHI", "true")]


class RandomWorld:
    """Nine providers of one to three models, a place, agreements and a word on training each."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"transcriptions {seed}")
        self.world = World()
        regions = {name: REGIONS[name] for name in ("CH", "EU", "US", "UK")}
        self.world.registry["regions"] = {name: dict(facts) for name, facts in regions.items()}
        for number in range(9):
            self.add_provider(f"host-{number}")
        self.world.alias("whisper", "whisper-a", "whisper-b")
        self.catalogue = SpeechCatalogue(self.world.registry)
        self.preferences = PreferenceDraw(self.draw, list(self.world.registry["providers"]))

    def add_provider(self, slug: str) -> None:
        draw = self.draw
        protocol = draw.choice(PROTOCOLS)
        regions = self.world.registry["regions"]
        allowed: list[str] = []
        while not allowed:
            country = draw.choice(PLACES)
            allowed = [name for name, facts in regions.items() if may_serve(name, facts, country)]
        served = draw.sample(allowed, draw.randint(1, len(allowed)))
        names = draw.sample(["whisper-a", "whisper-b", "whisper-c"], draw.randint(1, 3))
        self.world.provider(
            slug,
            {name: model("stt", price=per_minute(draw.choice([0.1, 0.2, 0.4]))) for name in names},
            protocol=protocol,
            country=country,
            regions=served,
            headquarters=draw.choice(["FR", "CH", "US"]),
            agreements=[self.agreement(served) for _ in range(draw.choice([0, 1, 2, 2]))],
            trains_on_data=draw.choice([False, False, False, False, False, True, None]),
            provider={"retention_days": draw.choice([0, 0, 30])},
            endpoint={"trains_on_data": True} if draw.random() < 0.1 else None,
            api={"pending": 0} if protocol == "infomaniak_stt" else None,
        )

    def agreement(self, served: list[str]) -> dict[str, Any]:
        draw = self.draw
        start, end = AGREEMENT_DAYS[draw.choice([*AGREEMENT_DAYS, "valid", "valid", "valid"])]
        modalities = draw.choice([["stt"], ["stt", "chat"], ["stt", "tts"], ["stt"], ["chat", "vision", "tts"]])
        return agreement(draw.choice([served, served, ["EU"], ["US"]]), modalities, start=start, end=end)

    def ask(self, number: int) -> Asked:
        draw = self.draw
        provider = self.preferences.provider()
        provider.pop("max_price", None)
        name = draw.choice(["whisper-a", "whisper-b", "whisper-c", "whisper", "whisper", "auto", "auto"])
        region = draw.choice(["EU", "EU", "EU", *self.world.registry["regions"]])
        return Asked(f"nonce-{number}", Ask(region, True, "stt", name, provider=provider))

    def fate(self) -> Step:
        """What a host does in one batch, to all that it is asked."""
        wrong = [faults.status(503), faults.rate_limited(), faults.reply(body=b"{}"), faults.CLOSE_BEFORE_HEAD]
        return faults.answer() if self.draw.random() < 0.5 else self.draw.choice(wrong)


class PhiStaysWithVerifiedHosts(unittest.TestCase):
    def test_no_recording_reaches_a_host_that_may_not_have_it(self) -> None:
        reached: Counter[str] = Counter()
        for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
            with self.subTest(PHIGATE_SEED=seed), contextlib.ExitStack() as ends:
                world = RandomWorld(seed)
                ends.callback(world.world.stop)
                gateway = Gateway(world.world.registry, {**world.world.config(), "workers": 2})
                ends.callback(gateway.remove)
                gateway.start()
                for batch in range(BATCHES):
                    self.play(world, gateway, batch, reached)
                gateway.stop()
        # A run that proves nothing would look just as well.
        for word, least in {"received": 40, "failed over": 5, "served": 20, "phi_blocked": 20}.items():
            self.assertGreater(reached[word], least, reached)

    def play(self, world: RandomWorld, gateway: Gateway, batch: int, reached: Counter[str]) -> None:
        world.world.forget()
        for upstream in world.world.upstreams:
            upstream.always(world.fate())
        today = utc_today()
        asked = [world.ask(batch * AT_ONCE + number) for number in range(AT_ONCE)]
        answers = answers_to(asked, gateway)
        seen = sightings(world.world)
        self.assertEqual({one.name: one.faults for one in world.world.upstreams if one.faults}, {})
        if utc_today() != today:  # agreements began and lapsed midway: nobody can say what was due
            return
        self.assertLessEqual(set(seen), {one.nonce for one in asked})
        for one, response in zip(asked, answers, strict=True):
            received = seen.get(one.nonce, [])
            self.judge(world.catalogue, one, response, received, today)
            reached["received"] += bool(received)
            reached["failed over"] += len(received) > 1
            reached["served" if response.status == 200 else response.code or ""] += 1

    def judge(
        self, catalogue: Catalogue, asked: Asked, response: Response, seen: list[tuple[str, str]], today: datetime.date
    ) -> None:
        eligible = catalogue.eligible(asked.ask, today)
        verified = {route.provider for route in eligible}
        models = {route.model_facts["upstream"] for route in eligible} | {""}
        self.assertLessEqual({provider for provider, _ in seen}, verified, asked)
        self.assertLessEqual({name for _, name in seen}, models, asked)
        self.assertEqual(response.header("x-phi-tier"), "phi")
        if response.status == 200:
            self.assertTrue((response.header("x-phi-routed") or "").endswith(f"/{asked.ask.region}/phi"))
            self.assertIn(response.header("x-provider-slug"), verified)
        if not eligible:
            refusal = catalogue.refusal(asked.ask, today)
            self.assertEqual((response.status, response.code), (refusal.status, refusal.code), asked)


def answers_to(asked: list[Asked], gateway: Gateway) -> list[Response]:
    """All are asked at once, each on a connection of its own."""
    with contextlib.ExitStack() as ends:
        connections = [ends.enter_context(gateway.connect()) for _ in asked]
        for one, connection in zip(asked, connections, strict=True):
            connection.send(request_bytes("POST", TRANSCRIPTIONS, one.headers, one.form.body))
        return [connection.read_response() for connection in connections]


def sightings(world: World) -> dict[str, list[tuple[str, str]]]:
    """Who received the recording of each request: its nonce → provider, and the model that was asked for."""
    seen: dict[str, list[tuple[str, str]]] = {}
    uploads = [(one.name, request) for one in world.upstreams for request in one.requests if request.method == "POST"]
    eventually(lambda: all(request.whole for _, request in uploads), "every upload is whole")
    for provider, request in uploads:
        told = sent(request)
        (nonce,) = NONCE.findall(told.filename or "")
        seen.setdefault(nonce, []).append((provider, dict(told.fields).get("model", "")))
    return seen
