"""Documents and texts of class phi reach no host that is not verified for them, in any generated world (spec §3).

Asserted on what the simulated providers received. PHIGATE_SEED=N begins with the world of that seed, and
PHIGATE_PHI_WORLDS=N makes so many of them.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import random
import re
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sim import faults
from sim.wire import Request
from support.case import OCR, PDF, SPEECH, document, spoken
from support.eligibility import Ask, Catalogue, Route, utc_today
from support.gateway import Gateway
from support.raw_client import Response
from support.registry import AZURE_VOICES, World, agreement, model, per_million_chars, per_page
from support.waiting import settled

FIRST_SEED = int(os.environ.get("PHIGATE_SEED", "7001"))
WORLDS = int(os.environ.get("PHIGATE_PHI_WORLDS", "3"))
REQUESTS = 60  # in a world, all at once but for the threads
PATHS = {"ocr": OCR, "tts": SPEECH}
PROTOCOLS = {"ocr": ("azure_document_intelligence", "mistral"), "tts": ("azure_speech_tts", "openai")}
REGIONS = ("CH", "EU", "US")
COUNTRIES = {"CH": ("CH",), "EU": ("FR", "DE", ["DE", "FR"]), "US": ("US",)}
DAYS = ((-30, 365), (-30, 365), (-30, 1), (0, 30), (-30, 0), (1, 30), (-60, -10))
NONCE = re.compile(rb"nonce-[0-9a-f]{12}")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{400,}={0,2}")
FAULTS = (
    faults.answer(),
    faults.answer(),
    faults.status(503),
    faults.reply(body=b"{}"),
    faults.CLOSE_BEFORE_HEAD,
    faults.reply(body=b"", content_type="audio/mpeg"),
)


class MediaCatalogue(Catalogue):
    def is_cheap_enough(self, route: Route, ask: Ask, _: datetime.date) -> bool:
        """Nothing here is priced by tokens, and no request says a most."""
        return "max_price" not in ask.provider


class MediaWorld:
    """Six hosts a modality of one model, most of which lack something that class phi needs."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"media {seed}")
        self.world = World()
        for modality in PATHS:
            for number in range(6):
                self._add(modality, f"{modality}-{number}", 10**number)
        self.catalogue = MediaCatalogue(self.world.registry)

    def _add(self, modality: str, slug: str, price: int) -> None:
        region = self.draw.choice(REGIONS)
        protocol = self.draw.choice(PROTOCOLS[modality])
        voices = {"voices": AZURE_VOICES} if protocol == "azure_speech_tts" else {}
        facts = per_page(price) if modality == "ocr" else per_million_chars(price)
        start, end = self.draw.choice(DAYS)
        covered = self.draw.choice([[region], [region], [region], [self.draw.choice(REGIONS)], list(REGIONS)])
        over = self.draw.choice([[modality], [modality], [*PATHS], ["chat", "stt"]])
        upstream = self.world.provider(
            slug,
            {f"{modality}-a": model(modality, price=facts, **voices)},
            protocol=protocol,
            country=self.draw.choice(COUNTRIES[region]),
            regions=[region],
            trains_on_data=self.draw.choice([False, False, False, False, True, None]),
            agreements=[agreement(covered, over, start=start, end=end)] if self.draw.random() < 0.8 else [],
        )
        upstream.always(self.draw.choice(FAULTS))

    def asked(self) -> Asked:
        modality = self.draw.choice([*PATHS])
        nonce = f"nonce-{self.draw.getrandbits(48):012x}"
        slugs = [f"{modality}-{number}" for number in range(6)]
        provider: dict[str, Any] = {}
        if self.draw.random() < 0.3:
            provider["order"] = self.draw.sample(slugs, 2)
        if self.draw.random() < 0.2:
            provider["ignore"] = self.draw.sample(slugs, 2)
        if self.draw.random() < 0.2:
            provider["data_residency"] = self.draw.choice(["eu", "eea", "ch", "us", "de"])
        fields = {"model": self.draw.choice([f"{modality}-a", "auto"]), "provider": provider}
        body = document(PDF + nonce.encode(), **fields) if modality == "ocr" else spoken(nonce, **fields)
        phi = self.draw.random() < 0.8
        ask = Ask(self.draw.choice(REGIONS), phi, modality, fields["model"], provider=provider)
        return Asked(ask, body, nonce)


@dataclass(frozen=True)
class Asked:
    ask: Ask
    body: dict[str, Any]
    nonce: str

    @property
    def headers(self) -> list[tuple[str, str]]:
        class_of_data = "true" if self.ask.phi else "false"
        return [("Content-Type", "application/json"), ("X-Region", self.ask.region or ""), ("X-PHI", class_of_data)]


class VerifiedHostsAlone(unittest.TestCase):
    maxDiff = None

    def test_no_provider_receives_what_it_may_not(self) -> None:
        counted: Counter[str] = Counter()
        for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
            with self.subTest(PHIGATE_SEED=seed):
                self.run_world(MediaWorld(seed), counted)
        print(f"\nmedia of class phi: {dict(counted)}", flush=True)
        for what in ("phi received", "phi served", "phi refused", "general received", "deleted"):
            self.assertGreater(counted[what], 0, f"{what}: too dull a run to prove anything")

    def run_world(self, generated: MediaWorld, counted: Counter[str]) -> None:
        world, today = generated.world, utc_today()
        self.addCleanup(world.stop)
        gateway = Gateway(world.registry, {**world.config(), "log": {"level": "info"}})
        self.addCleanup(gateway.remove)
        gateway.start()
        batch = [generated.asked() for _ in range(REQUESTS)]
        with ThreadPoolExecutor(REQUESTS // 2) as pool:
            answers = list(pool.map(lambda asked: self.ask(gateway, asked), batch))
        settled(world.requests)
        gateway.stop()
        if utc_today() != today:  # agreements began and lapsed midway: nobody can say what was due
            return
        for asked, answer in zip(batch, answers, strict=True):
            self.judge(generated, asked, answer, counted)
        self.check_deletions(generated, batch, counted)

    @staticmethod
    def ask(gateway: Gateway, asked: Asked) -> Response:
        return gateway.request("POST", PATHS[asked.ask.modality], asked.headers, json.dumps(asked.body).encode())

    def judge(self, generated: MediaWorld, asked: Asked, answer: Response, counted: Counter[str]) -> None:
        today = utc_today()
        eligible = {route.provider: route for route in generated.catalogue.eligible(asked.ask, today)}
        received = self.who_received(generated.world, asked)
        self.assertLessEqual(received, set(eligible), f"{asked}")
        if asked.ask.phi:
            for slug in received:
                self.assertTrue(generated.catalogue.is_verified(eligible[slug], asked.ask.region or "", today))
        told = "phi" if asked.ask.phi else "general"
        counted[f"{told} received"] += bool(received)
        counted[f"{told} served"] += answer.status == 200
        counted[f"{told} refused"] += answer.status in (403, 422)
        self.assertEqual(answer.status in (403, 422), not eligible, f"{asked} {answer.body[:300]!r}")

    @staticmethod
    def who_received(world: World, asked: Asked) -> set[str]:
        return {one.name for one in world.upstreams for request in one.requests if asked.nonce in nonces(request)}

    def check_deletions(self, generated: MediaWorld, batch: list[Asked], counted: Counter[str]) -> None:
        """Of each analysis that was begun for class phi its result is deleted, and of no other."""
        classes = {asked.nonce: asked.ask.phi for asked in batch}
        for upstream in generated.world.upstreams:
            asked_to_delete = [request.path for request in upstream.requests if request.method == "DELETE"]
            self.assertEqual(len(set(asked_to_delete)), len(asked_to_delete), "deleted twice")
            api: Any = upstream.api
            if not hasattr(api, "deleted") or not upstream.requests:
                continue
            begun = [request for request in upstream.requests if request.method == "POST"]
            of_phi = sum(classes[nonce] for request in begun for nonce in nonces(request))
            is_sound = bool(api.operations or api.deleted)
            self.assertEqual(len(api.deleted), of_phi if is_sound else 0, upstream.name)
            counted["deleted"] += len(api.deleted)


def nonces(request: Request) -> set[str]:
    """Those that a request holds, in the open or in base64."""
    found = NONCE.findall(request.body)
    if b"base64" in request.body:
        found += [one for text in BASE64.findall(request.body) for one in NONCE.findall(base64.b64decode(text))]
    return {one.decode() for one in found}
