"""What must hold in any world, for any request and whatever fails, against oracles of the rules (spec §3-§5, §10).

PHIGATE_SEED=N runs the world of that seed alone; PHIGATE_WORLDS=N runs N worlds instead of the usual number.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time
import unittest
from collections import Counter, defaultdict
from typing import Any

from sim import faults
from sim.upstream import Delay, Exchange, Step, Then
from support.case import EXPLAIN, GatewayCase, encoded
from support.eligibility import utc_today
from support.gateway import Gateway, binary
from support.generated_traffic import NONCE, PATHS, SAME_FOR_ALL, Asked, Traffic
from support.generated_world import GeneratedWorld
from support.judgement import Answer, Judge, Sighting, sighting
from support.ordering import Key, State
from support.registry import World, failover_world
from support.restless_client import RestlessClient
from support.samples import Samples
from support.waiting import eventually

WORLDS = 48
REQUESTS = 40  # in each world
EXCLUSIONS = [
    *("disabled", "modality", "region", "phi", "model", "only", "ignore", "data_residency", "eu_owned", "retention"),
    *("data_collection", "variant_free", "max_price", "parameters", "allow_fallbacks"),
]
REACHED = [
    *("served", "failed over", "attempts used up", "cut by a time-out", "broken stream", "scripted_mistake"),
    *("model_not_found", "phi_blocked", "no_route", "invalid_region", "unsupported_parameter"),
    *("default", "ordered", "sorted", "by latency", "by throughput", "some cool"),
    *("variant floor", "variant nitro", "variant free"),
    *(f"excluded by {rule}" for rule in EXCLUSIONS),
    *("upstream_error", "upstream_timeout", "upstream_rate_limited", "upstream_auth_failed", "upstream_misconfigured"),
    *(f"{modality} {data_class}" for modality in PATHS for data_class in ("general", "phi")),
]


def seeds() -> list[int]:
    if seed := os.environ.get("PHIGATE_SEED"):
        return [int(seed)]
    return list(range(1, 1 + int(os.environ.get("PHIGATE_WORLDS", WORLDS))))


class GeneratedWorlds(unittest.TestCase):
    maxDiff = None

    def test_no_request_leaves_its_policy_and_each_ends_as_the_rules_say(self) -> None:
        reached: Counter[str] = Counter()
        for seed in seeds():
            with self.subTest(PHIGATE_SEED=seed):
                self.run_world(seed, reached)
        if len(seeds()) >= WORLDS:
            self.assertEqual([kind for kind in REACHED if not reached[kind]], [], f"no request came to this: {reached}")

    def run_world(self, seed: int, reached: Counter[str]) -> None:
        today = utc_today()
        world = GeneratedWorld(seed)
        gateway = Gateway(world.world.registry, world.config())
        with contextlib.ExitStack() as ends:
            ends.callback(world.stop)
            ends.callback(gateway.remove)
            self.check_accepts(gateway)
            gateway.start()
            batch = Traffic(world, seed).batch(REQUESTS)
            answers = {asked.nonce: self.ask(world, seed, gateway, asked) for asked in batch}
            gateway.stop()
            seen = self.sightings(world)
        if utc_today() != today:  # agreements began and lapsed midway: nobody can say what was due
            self.run_world(seed, reached)
            return
        self.assertEqual({one.name: one.faults for one in world.world.upstreams if one.faults}, {})
        self.assertLessEqual(set(seen), set(answers), "an endpoint received what no client sent")
        judge = Judge(self, world, today, reached)
        for asked in batch:
            try:
                judge.judge(asked, answers[asked.nonce], seen[asked.nonce])
            except (AssertionError, ValueError, LookupError, TypeError) as error:
                self.fail(self.told(seed, asked, answers[asked.nonce], error))

    def told(self, seed: int, asked: Asked, answer: Answer, error: Exception) -> str:
        head = answer.response.raw_head.decode("latin-1").strip()
        got = f"{head}\n\n{answer.response.body[:1500].decode(errors='replace')}"
        return f"PHIGATE_SEED={seed}, {asked}\n--- got after {answer.seconds:.3f} s\n{got}\n--- but\n{error}"

    def check_accepts(self, gateway: Gateway) -> None:
        """The generator makes no world that an operator could not run."""
        command = [str(binary()), "check", "--config", str(gateway.folder / "phigate.yaml")]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def ask(self, world: GeneratedWorld, seed: int, gateway: Gateway, asked: Asked) -> Answer:
        try:
            if world.is_forgiving:
                eventually(lambda: not self.cools_for_a_moment(gateway), "short cooldowns are over")
            explained = self.explain(gateway, asked, asked.body)
            states = self.states(gateway, asked, explained)
            started = time.monotonic()
            response = gateway.request("POST", asked.path, asked.headers, encoded(asked.body))
        except (AssertionError, OSError) as error:
            self.fail(f"PHIGATE_SEED={seed}, {asked}\n--- no answer: {error!r}\n{gateway.log()[-4000:]}")
        return Answer(response, time.monotonic() - started, explained, states)

    @staticmethod
    def cools_for_a_moment(gateway: Gateway) -> bool:
        return any(0 < left < 1 for left in gateway.samples().named("phigate_route_cooldown_seconds"))

    def explain(self, gateway: Gateway, asked: Asked, body: dict[str, Any]) -> dict[str, Any]:
        response = gateway.request("POST", EXPLAIN, asked.headers, encoded(body))
        self.assertEqual(response.status, 200, response.body)
        return response.json()

    def states(self, gateway: Gateway, asked: Asked, explained: dict[str, Any]) -> dict[Key, State]:
        """What is known of every route that the request could have, those that its preferences cut included."""
        if "allow_fallbacks" in asked.ask.provider:
            kept = {name: value for name, value in asked.ask.provider.items() if name != "allow_fallbacks"}
            explained = self.explain(gateway, asked, {**asked.body, "provider": kept})
        samples = gateway.samples() if asked.ask.sort in ("latency", "throughput") else Samples("")
        found = {}
        for one in explained["candidates"]:
            key = (one["endpoint"], one["model"], asked.ask.modality)
            labels = dict(zip(("endpoint", "model", "modality"), key, strict=True))
            latency = samples.one("phigate_route_latency_seconds", **labels)
            throughput = samples.one("phigate_route_tokens_per_second", **labels)
            found[key] = State(one["health"], one["cooling"], latency, throughput)
        return found

    def sightings(self, world: GeneratedWorld) -> dict[str, list[Sighting]]:
        """By nonce, in the order in which they arrived."""
        requests = [(one.name, request) for one in world.world.upstreams for request in one.requests]
        eventually(lambda: all(request.whole for _, request in requests), "every request is whole")
        found: dict[str, list[Sighting]] = defaultdict(list)
        for endpoint, request in sorted(requests, key=lambda one: one[1].received_at):
            for nonce in NONCE.findall(request.raw_body.decode()) or ["none"]:
                found[nonce].append(sighting(endpoint, request))
        return found


class ManyClients(GatewayCase):
    """Requests of many at once on shared connections to flaky hosts, where the third one always answers."""

    THREADS = 8
    SECONDS = 5.0
    config = {
        "workers": max(2, int(os.environ.get("PHIGATE_WORKERS", "2"))),
        "timeouts": dict.fromkeys(("connect", "first_byte", "first_token", "idle"), "20s") | {"total": "60s"},
    }

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def flaky(self, seed: str) -> Step:
        draw = random.Random(seed)

        async def play(exchange: Exchange) -> Then:
            fails = draw.random() < 0.2
            return await (draw.choice(SAME_FOR_ALL).step if fails else faults.answer()).play(exchange)

        return Step(play)

    def test_nobody_gets_the_answer_to_anothers_request(self) -> None:
        seed = seeds()[0]
        for upstream in self.world.upstreams:
            upstream.delay = Delay(between=0.001)
        for slug in ("first", "second"):
            self.world[slug].always(self.flaky(f"{slug} {seed}"))
        clients = [
            RestlessClient(self.gateway.port, f"{seed}/{number}", self.SECONDS) for number in range(self.THREADS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(self.SECONDS + 30)
        self.assertEqual([client.name for client in clients if client.is_alive()], [])
        self.assertEqual([wrong for client in clients for wrong in client.wrong], [], f"PHIGATE_SEED={seed}")
        done = sum((client.done for client in clients), Counter())
        for kind in ("chat", "stream", "embeddings", "aborted"):
            self.assertGreater(done[kind], self.THREADS, done)
        self.assertGreater(len(self.world["third"].requests), 0, "nothing failed over twice")
