"""What live traffic does to a route's place: success, cooldowns, latency and throughput (spec §4 key 2, §9)."""

from __future__ import annotations

import socket
from typing import Any

from sim import faults
from sim.upstream import Delay, Step, Then
from support.case import CHAT, EMBEDDINGS, FreshGatewayCase, image_question, question
from support.raw_client import Response
from support.registry import World, dollars, failover_world, model
from support.waiting import eventually

EMBED = {"model": "embed-a", "input": "a"}
CONTENT = {"id": "c1", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
LONG = {"health": {"window": "300s", "cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}}}


class HealthCase(FreshGatewayCase):
    config: dict[str, Any] = LONG

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def setUp(self) -> None:
        for upstream in self.world.upstreams:
            upstream.delay = Delay()
        super().setUp()

    def tearDown(self) -> None:
        self.gateway.stop()

    def check_nothing_broke(self) -> None:
        self.assertEqual({one.name: one.faults for one in self.world.upstreams if one.faults}, {})

    # ---- causing and reading

    def ask_only(self, slug: str, step: Step | None = None, body: dict[str, Any] | None = None) -> Response:
        """One request to that provider and no other; `step` is its answer."""
        if step is not None:
            self.world[slug].script([step])
        asked = {**(body or question()), "provider": {"only": [slug]}}
        return self.post(EMBEDDINGS if "input" in asked else CHAT, asked)

    def cooling(self, body: dict[str, Any] | None = None) -> list[str]:
        return [one["provider"] for one in self.explain(body)["candidates"] if one["cooling"]]

    def figure(self, name: str, slug: str, modality: str = "chat") -> float | None:
        endpoint = next(iter(self.world.registry["providers"][slug]["endpoints"]))
        name = f"phigate_route_{name}"
        model_name = "embed-a" if modality == "embeddings" else "model-a"
        samples = self.gateway.samples()
        return samples.one(name, provider=slug, endpoint=endpoint, model=model_name, modality=modality)

    def cooldown(self, slug: str, modality: str = "chat") -> float:
        return self.figure("cooldown_seconds", slug, modality) or 0.0

    def success_ratio(self, slug: str, modality: str = "chat") -> float:
        """1 while nothing was counted."""
        found = self.figure("success_ratio", slug, modality)
        return 1.0 if found is None else found


class Cooling(HealthCase):
    def test_a_failing_route_goes_last(self) -> None:
        self.world["first"].script([faults.status(503)])
        self.assert_ok(self.chat(), "second")
        self.assertEqual(self.cooling(), ["first"])
        self.assertEqual(self.explained_order(), ["second", "third", "first"])
        self.world.forget()
        response = self.chat()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 1)
        self.assertEqual(self.world["first"].requests, [])

    def test_it_is_still_tried_when_the_others_fail(self) -> None:
        self.ask_only("first", faults.status(503))
        for slug in ("second", "third"):
            self.world[slug].script([faults.status(503)])
        response = self.chat()
        self.assert_ok(response, "first")
        self.assert_attempts(response, 3)

    def test_it_is_still_tried_when_there_is_no_other(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertEqual(self.cooling(), ["first"])
        self.assert_ok(self.ask_only("first"), "first")

    def test_when_all_cool_all_are_tried_in_their_usual_order(self) -> None:
        for slug in ("second", "third", "first"):
            self.ask_only(slug, faults.status(503))
        self.assertEqual(self.explained_order(), ["first", "second", "third"])
        self.assertEqual(len(self.cooling()), 3)
        for upstream in self.world.upstreams:
            upstream.always(faults.status(503))
        self.assert_attempts(self.chat(), 3)

    def test_it_stays_behind_whatever_is_preferred(self) -> None:
        self.ask_only("first", faults.status(503))
        for provider in ({"sort": "price"}, {"sort": "latency"}, {"order": ["third", "second"]}):
            with self.subTest(provider=provider):
                self.assertEqual(self.explained_order(question(provider=provider))[-1], "first")
        found = self.explained_order(question(provider={"order": ["first", "third"]}))
        self.assertEqual(found, ["third", "first", "second"], "listed ones first, cooling ones last among them")

    def test_a_success_ends_it(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertGreater(self.cooldown("first"), 25)
        self.assert_ok(self.ask_only("first"), "first")
        self.assertEqual(self.cooling(), [])
        self.assertEqual(self.cooldown("first"), 0)
        self.assertEqual(self.explained_order(), ["first", "second", "third"])

    def test_other_routes_of_the_host_are_not_touched(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertEqual(self.cooling(EMBED), [])
        self.assertEqual(self.cooling(image_question()), [])
        self.ask_only("second", faults.status(503), EMBED)
        self.assertEqual(self.cooling(), ["first"])
        self.assertEqual(self.cooling(EMBED), ["second"])

    def test_embeddings_and_vision_cool_too(self) -> None:
        for body in (EMBED, image_question()):
            self.ask_only("first", faults.status(500), body)
            self.assertEqual(self.cooling(body), ["first"])


class WhatCounts(HealthCase):
    def assert_counts(self, step: Step, body: dict[str, Any] | None = None, *, seconds: float = 30) -> None:
        before = self.success_ratio("first")
        self.ask_only("first", step, body)
        self.assertEqual(self.cooling(), ["first"])
        self.assertLess(self.success_ratio("first"), before)
        self.assertAlmostEqual(self.cooldown("first"), seconds, delta=3)
        self.assert_ok(self.ask_only("first"), "first")
        self.assertEqual(self.cooling(), [])

    def test_every_failure_of_the_provider(self) -> None:
        cases = {
            "500": faults.status(500),
            "529": faults.status(529),
            "408": faults.status(408),
            "redirect": faults.status(302, None, {"location": "http://127.0.0.1:1/"}),
            "reset": faults.reply(cut=5, then=Then.RESET),
            "no JSON": faults.NAMED["not_json"](),
            "no HTTP": faults.NAMED["invalid_http"](),
            "gzip": faults.gzipped(),
            "an error in a 200": faults.reply(body=b'{"error":{"message":"no","type":"server_error","code":500}}'),
        }
        for name, step in cases.items():
            with self.subTest(name):
                self.assert_counts(step)

    def test_failures_of_a_stream_before_its_commit(self) -> None:
        for name, step in {
            "an error event": faults.error_event_first(),
            "no content": faults.stream([CONTENT | {"choices": []}], done=True),
        }.items():
            with self.subTest(name):
                self.assert_counts(step, question(stream=True))

    def test_a_break_after_the_commit(self) -> None:
        for name, step in {
            "close": faults.stream(upto=2, then=Then.CLOSE),
            "reset": faults.stream(upto=2, then=Then.RESET),
            "no finish reason": faults.stream(finish=False),
        }.items():
            with self.subTest(name):
                before = self.success_ratio("first")
                self.world["first"].script([step])
                connection, response = self.open_stream(
                    {**question(stream=True), "provider": {"only": ["first"]}}
                )
                self.assertEqual(response.status, 200)
                while connection.read_chunk():
                    pass
                eventually(lambda: self.cooling() == ["first"], "it cools")
                self.assertLess(self.success_ratio("first"), before)
                self.assert_ok(self.ask_only("first"), "first")

    def test_the_ratio_is_smoothed_with_five_successes(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertAlmostEqual(self.success_ratio("first"), 5 / 6, places=6)
        self.assert_ok(self.ask_only("first"))
        self.assertAlmostEqual(self.success_ratio("first"), 6 / 7, places=6)
        self.ask_only("first", faults.rate_limited())
        self.assertAlmostEqual(self.success_ratio("first"), 6 / 8, places=6)
        health = {one["provider"]: one["health"] for one in self.explain()["candidates"]}
        self.assertAlmostEqual(health["first"], 6 / 8, places=6)
        self.assertEqual(health["second"], 1)

    def test_a_clients_mistake_does_not(self) -> None:
        for status in (400, 405, 409, 413, 415, 422, 451):
            with self.subTest(status):
                self.ask_only("first", faults.status(status))
                self.assertEqual(self.cooling(), [])
                self.assertEqual(self.success_ratio("first"), 1)

    def test_a_client_that_goes_does_not(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        for leave in ("close", "reset"):
            for body, step in (
                (question(), faults.reply(gate=gate)),
                (question(stream=True), faults.stream(gate=gate)),
                (question(stream=True), faults.stream([CONTENT, gate])),
            ):
                with self.subTest((leave, body.get("stream"))):
                    self.world.forget()
                    self.world["first"].script([step])
                    connection = self.send_only(body)
                    first = self.world["first"]
                    eventually(lambda: first.requests and first.requests[-1].whole, "it is asked")
                    record = first.requests[-1].connection
                    getattr(connection, leave)()
                    eventually(lambda: record.peer_closed_at, "the provider's request is cancelled")
                    self.assertEqual(self.cooling(), [])
                    self.assertEqual(self.success_ratio("first"), 1)
        self.assert_ok(self.chat(), "first")

    def test_an_operators_mistake_cools_and_is_not_counted(self) -> None:
        for slug, status in (("first", 401), ("second", 403), ("third", 404)):
            with self.subTest(status):
                self.assert_error(self.ask_only(slug, faults.status(status)), 502)
                self.assertIn(slug, self.cooling())
                self.assertAlmostEqual(self.cooldown(slug), 120, delta=3)
                self.assertEqual(self.success_ratio(slug), 1)
        self.assert_ok(self.ask_only("second"), "second")
        self.assertEqual(self.explained_order(), ["second", "first", "third"])


class Lengths(HealthCase):
    def test_a_rate_limit_lasts_as_long_as_it_says_within_bounds(self) -> None:
        for retry_after, seconds in ((None, 60), (5, 60), (90, 90), (300, 300), (301, 300), (10**12, 300), ("x", 60)):
            with self.subTest(retry_after):
                self.ask_only("first", faults.rate_limited(retry_after))
                self.assertAlmostEqual(self.cooldown("first"), seconds, delta=3)
                self.assert_ok(self.ask_only("first"), "first")

    def test_a_lesser_event_never_shortens_it(self) -> None:
        self.ask_only("first", faults.rate_limited(200))
        self.ask_only("first", faults.status(503))
        self.ask_only("first", faults.rate_limited())
        self.assertAlmostEqual(self.cooldown("first"), 200, delta=4)

    def test_the_third_failure_without_a_success_between_lasts_longer(self) -> None:
        for expected in (30, 30, 120):
            self.ask_only("first", faults.status(503))
            self.assertAlmostEqual(self.cooldown("first"), expected, delta=4)

    def test_a_success_begins_the_count_anew(self) -> None:
        for _ in range(3):
            self.ask_only("first", faults.status(503))
            self.ask_only("first", faults.status(503))
            self.assertAlmostEqual(self.cooldown("first"), 30, delta=4)
            self.assert_ok(self.ask_only("first"), "first")

    def test_rate_limits_are_no_repeated_failure(self) -> None:
        for _ in range(4):
            self.ask_only("first", faults.rate_limited())
        self.assertAlmostEqual(self.cooldown("first"), 60, delta=4)


class Short(HealthCase):
    config = {"health": {"window": "1s", "cooldown": {"server_error": "300ms", "rate_limit": "1ms", "repeated": "1ms"}}}

    def test_it_ends_by_itself(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertEqual(self.explained_order(), ["second", "third", "first"])
        eventually(lambda: not self.cooling(), "it cools no more")
        self.world.forget()
        self.assert_ok(self.chat(), "first")

    def test_what_lies_before_the_window_is_forgotten(self) -> None:
        self.ask_only("first", faults.status(503))
        self.assertLess(self.success_ratio("first"), 1)
        eventually(lambda: self.success_ratio("first") == 1, "the failure is out of the window")


class Connecting(HealthCase):
    """Nobody listens at `deaf`, the cheapest host."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        cls.unheard = socket.socket()
        cls.unheard.bind(("127.0.0.1", 0))  # held, so that nobody else comes to listen there
        cls.addClassCleanup(cls.unheard.close)
        nobody = {"base_url": f"http://127.0.0.1:{cls.unheard.getsockname()[1]}/v1"}
        for slug, price, endpoint in (("deaf", 1, nobody), ("other", 10, None)):
            models = {"model-a": model("chat", "vision", price=dollars(price, price))}
            models["embed-a"] = model("embeddings", price=dollars(price))
            world.provider(slug, models, endpoint=endpoint)
        return world

    def test_it_counts_for_every_route_of_the_endpoint(self) -> None:
        response = self.chat()
        self.assert_ok(response, "other")
        self.assert_attempts(response, 2)
        for modality, body in (("chat", question()), ("vision", image_question()), ("embeddings", EMBED)):
            with self.subTest(modality):
                self.assertEqual(self.cooling(body), ["deaf"])
                self.assertAlmostEqual(self.success_ratio("deaf", modality), 5 / 6, places=6)
                self.assertAlmostEqual(self.cooldown("deaf", modality), 30, delta=3)
        response = self.post(EMBEDDINGS, EMBED)
        self.assert_ok(response, "other")
        self.assert_attempts(response, 1)
