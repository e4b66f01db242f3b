"""Latency and throughput as they are measured, ordered by and shown (spec §4 key 4, §9)."""

from __future__ import annotations

from typing import Any

from sim.upstream import Delay
from support.case import image_question, question
from support.registry import World, failover_world

from integration import test_health

EMBED = test_health.EMBED
SLUGS = ("first", "second", "third")


class MeasuringCase(test_health.HealthCase):
    # A stream counts once it has ended: by then another worker could have answered the next request.
    config = {**test_health.LONG, "workers": 1}

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def delay(self, **of: Delay) -> None:
        for slug, delay in of.items():
            self.world[slug].delay = delay

    def measure(self, times: int, body: dict[str, Any], slugs: tuple[str, ...] = SLUGS) -> None:
        for _ in range(times):
            for slug in slugs:
                self.assert_ok(self.ask_only(slug, None, body), slug)

    def sorted_by(self, metric: str, body: dict[str, Any] | None = None) -> list[str]:
        return self.explained_order({**(body or question()), "provider": {"sort": metric}})


class Latency(MeasuringCase):
    def setUp(self) -> None:
        super().setUp()
        self.delay(first=Delay(first=0.12), second=Delay(first=0.06), third=Delay(first=0.01))

    def test_from_three_streams_on_the_quickest_comes_first(self) -> None:
        self.measure(2, question(stream=True))
        self.assertEqual(self.sorted_by("latency"), ["first", "second", "third"], "two are no measurement")
        self.assertIsNone(self.figure("latency_seconds", "first"))
        self.measure(1, question(stream=True))
        self.assertEqual(self.sorted_by("latency"), ["third", "second", "first"])
        self.assertAlmostEqual(self.figure("latency_seconds", "first"), 0.12, delta=0.05)
        self.assertAlmostEqual(self.figure("latency_seconds", "second"), 0.06, delta=0.05)
        self.world.forget()
        self.assert_ok(self.chat(question(provider={"sort": "latency"})), "third")
        self.assertEqual(self.explained_order(), ["first", "second", "third"], "without it the price decides")

    def test_it_is_for_streams_alone_where_there_are_streams(self) -> None:
        for body in (question(), image_question()):
            self.measure(3, body)
            self.assertEqual(self.sorted_by("latency", body), ["first", "second", "third"])
        self.assertIsNone(self.figure("latency_seconds", "third"))
        self.assertIsNone(self.figure("latency_seconds", "third", "vision"))

    def test_embeddings_are_measured_whole(self) -> None:
        self.measure(3, EMBED)
        self.assertEqual(self.sorted_by("latency", EMBED), ["third", "second", "first"])
        self.assertAlmostEqual(self.figure("latency_seconds", "first", "embeddings"), 0.12, delta=0.05)

    def test_vision_is_measured_apart_from_chat(self) -> None:
        self.measure(3, image_question(stream=True))
        self.assertEqual(self.sorted_by("latency", image_question()), ["third", "second", "first"])
        self.assertEqual(self.sorted_by("latency"), ["first", "second", "third"])

    def test_a_route_without_a_measurement_comes_last(self) -> None:
        self.measure(3, question(stream=True), ("first", "third"))
        self.assertEqual(self.sorted_by("latency"), ["third", "first", "second"])

    def test_health_falls_with_latency_to_a_half_at_most(self) -> None:
        self.delay(first=Delay(first=0.3), second=Delay(first=0.12), third=Delay(first=0.1))
        self.measure(3, question(stream=True))
        latency = {slug: self.figure("latency_seconds", slug) for slug in SLUGS}
        health = {one["provider"]: one["health"] for one in self.explain()["candidates"]}
        best = min(latency.values())
        for slug in SLUGS:
            self.assertAlmostEqual(health[slug], max(0.5, min(1, best / latency[slug])), places=3)
        self.assertEqual(health["first"], 0.5)
        self.assertEqual(health["third"], 1)

    def test_the_best_is_among_the_routes_of_the_request(self) -> None:
        self.measure(3, question(stream=True))
        explained = self.explain(question(provider={"ignore": ["third", "second"]}))
        self.assertEqual([one["health"] for one in explained["candidates"]], [1])

    def test_the_median_counts_and_not_the_worst(self) -> None:
        self.delay(first=Delay(), second=Delay(first=0.05), third=Delay(first=0.1))
        self.measure(4, question(stream=True))
        self.delay(first=Delay(first=0.4))
        self.measure(1, question(stream=True), ("first",))
        self.assertEqual(self.sorted_by("latency"), ["first", "second", "third"])
        self.assertLess(self.figure("latency_seconds", "first"), 0.05)


class Throughput(MeasuringCase):
    def setUp(self) -> None:
        super().setUp()
        self.delay(first=Delay(between=0.03), second=Delay(between=0.01), third=Delay(between=0.001))

    def test_from_three_samples_on_the_fastest_comes_first(self) -> None:
        body = question("one two three four five", stream=True)
        self.measure(2, body)
        self.assertEqual(self.sorted_by("throughput"), ["first", "second", "third"])
        self.assertIsNone(self.figure("tokens_per_second", "first"))
        self.measure(1, body)
        self.assertEqual(self.sorted_by("throughput"), ["third", "second", "first"])
        rates = [self.figure("tokens_per_second", slug) for slug in SLUGS]
        self.assertEqual(rates, sorted(rates))
        self.assertGreater(rates[0], 5)
        self.assertLess(rates[0], 60)
        for name in ("model-a:nitro", "auto:nitro"):
            self.world.forget()
            response = self.chat(question(model=name))
            self.assert_ok(response, "third")
            self.assertEqual(response.header("x-routing-strategy"), "sorted")
        self.assertEqual(self.explained_order(), ["first", "second", "third"])

    def test_without_a_stream_the_whole_time_counts(self) -> None:
        self.delay(first=Delay(first=0.1), second=Delay(first=0.05), third=Delay(first=0.01))
        self.measure(3, question("one two three"))
        self.assertEqual(self.sorted_by("throughput"), ["third", "second", "first"])
        tokens = len("first received: one two three".split())
        self.assertAlmostEqual(self.figure("tokens_per_second", "first"), tokens / 0.1, delta=tokens / 0.1 * 0.4)

    def test_a_route_without_a_measurement_comes_last(self) -> None:
        self.measure(3, question("one two three", stream=True), ("first", "third"))
        self.assertEqual(self.sorted_by("throughput"), ["third", "first", "second"])

    def test_floor_is_by_price_all_the_same(self) -> None:
        self.measure(3, question("one two three", stream=True))
        self.assertEqual(self.explained_order(question(model="model-a:floor")), ["first", "second", "third"])
        self.assertEqual(
            self.explained_order(question(model="model-a:floor", provider={"sort": "throughput"})),
            ["third", "second", "first"],
        )


class Shown(MeasuringCase):
    NAMES = ("success_ratio", "cooldown_seconds", "latency_seconds", "tokens_per_second")

    def test_each_figure_has_its_type_and_its_labels(self) -> None:
        self.delay(first=Delay(first=0.01, between=0.005))
        self.measure(3, question(stream=True), ("first",))
        text = self.gateway.metrics()
        for name in self.NAMES:
            with self.subTest(name):
                self.assertIn(f"# TYPE phigate_route_{name} gauge", text)
                self.assertIsNotNone(self.figure(name, "first"))
        self.assertEqual(self.figure("success_ratio", "first"), 1)
        self.assertEqual(self.figure("cooldown_seconds", "first"), 0)

    def test_every_label_is_one_of_the_registry(self) -> None:
        self.measure(1, question())
        self.measure(1, EMBED)
        for (name, labels) in self.gateway.samples().only("phigate_route_"):
            with self.subTest(name):
                self.assertEqual({key for key, _ in labels}, {"provider", "endpoint", "model", "modality"})
