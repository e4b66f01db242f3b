"""Class phi never reaches a host that is not verified for its region, whatever is asked and whatever fails (spec §3).

Asserted on what the simulated providers received. PHIGATE_PHI_REQUESTS=N asks N times instead of the usual number;
PHIGATE_SEED=N begins with the world of that seed.
"""

from __future__ import annotations

import contextlib
import os
import threading
import unittest
from collections import Counter, defaultdict
from typing import Any

from support.case import encoded
from support.eligibility import utc_today
from support.gateway import Gateway
from support.generated_traffic import NONCE, Asked, Traffic
from support.generated_world import GeneratedWorld
from support.judgement import Judge, Sighting, sighting
from support.raw_client import Connection
from support.waiting import eventually

REQUESTS = int(os.environ.get("PHIGATE_PHI_REQUESTS", "4000"))
IN_A_WORLD = 250
CLIENTS = 4
FIRST_SEED = int(os.environ.get("PHIGATE_SEED", "100001"))


class Client(threading.Thread):
    """Asks its share one after the other on a kept-alive connection; `answers` are status and headers by nonce."""

    def __init__(self, gateway: Gateway, share: list[Asked]) -> None:
        super().__init__(daemon=True)
        self.answers: dict[str, Any] = {}
        self.wrong: list[str] = []
        self._gateway = gateway
        self._share = share
        self._connection: Connection | None = None

    def run(self) -> None:
        for asked in self._share:
            try:
                self.answers[asked.nonce] = self._ask(asked)
            except (AssertionError, OSError) as error:
                self.wrong.append(f"{asked}: {error!r}")
        self._leave()

    def _ask(self, asked: Asked) -> Any:
        if self._connection is None:
            self._connection = self._gateway.connect()
        response = self._connection.request("POST", asked.path, asked.headers, encoded(asked.body))
        is_broken_stream = response.chunked and b"[DONE]" not in response.body
        if is_broken_stream or (response.header("connection") or "").lower() == "close":
            self._leave()
        return response

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PhiStaysWithVerifiedHosts(unittest.TestCase):
    maxDiff = None

    def test_no_provider_receives_what_it_may_not(self) -> None:
        reached: Counter[str] = Counter()
        seed = FIRST_SEED
        while reached["asked"] < REQUESTS:
            with self.subTest(PHIGATE_SEED=seed):
                self.run_world(seed, min(IN_A_WORLD, REQUESTS - reached["asked"]), reached)
            seed += 1
        print(f"\nclass phi: {dict(reached)}", flush=True)
        self.assertGreater(reached["received"], REQUESTS // 10, "too few requests had a route to prove anything")
        self.assertGreater(reached["failed over"], REQUESTS // 100)

    def run_world(self, seed: int, count: int, reached: Counter[str]) -> None:
        reached["asked"] += count
        today = utc_today()
        world = GeneratedWorld(seed)
        world.hasty.clear()  # nothing that stalls: it would only take long
        gateway = Gateway(world.world.registry, {**world.config(), "log": {"level": "info"}, "workers": 2})
        with contextlib.ExitStack() as ends:
            ends.callback(world.stop)
            ends.callback(gateway.remove)
            gateway.start()
            batch = Traffic(world, seed, all_phi=True).batch(count)
            clients = [Client(gateway, batch[number::CLIENTS]) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            gateway.stop()
            seen = self.sightings(world)
        self.assertEqual([wrong for client in clients for wrong in client.wrong], [])
        if utc_today() != today:  # agreements began and lapsed midway: nobody can say what was due
            return
        judge = Judge(self, world, today, reached)
        asked_as = {asked.nonce: asked for asked in batch}
        for client in clients:
            for nonce, response in client.answers.items():
                self.check(judge, world, asked_as[nonce], response, seen[nonce])
                reached["received"] += bool(seen[nonce])
                reached["failed over"] += len(seen[nonce]) > 1
                reached["served"] += response.status == 200
        self.assertLessEqual(set(seen), {asked.nonce for asked in batch}, "an endpoint received what no client sent")

    def check(self, judge: Judge, world: GeneratedWorld, asked: Asked, response: Any, seen: list[Sighting]) -> None:
        self.assertTrue(asked.ask.phi)
        self.assertEqual(response.header("x-phi-tier"), "phi")
        try:
            judge.nothing_ineligible_was_sent(asked, world.catalogue.eligible(asked.ask, utc_today()), seen)
        except AssertionError as error:
            self.fail(f"{asked}\n{error}")
        if response.status == 200:
            self.assertEqual((response.header("x-phi-routed") or "").split("/")[1:], [asked.ask.region, "phi"])

    @staticmethod
    def sightings(world: GeneratedWorld) -> dict[str, list[Sighting]]:
        requests = [(one.name, request) for one in world.world.upstreams for request in one.requests]
        found: dict[str, list[Sighting]] = defaultdict(list)
        eventually(lambda: all(request.whole for _, request in requests), "every request is whole")
        for endpoint, request in requests:
            for nonce in NONCE.findall(request.raw_body.decode()) or ["none"]:
                found[nonce].append(sighting(endpoint, request))
        return found
