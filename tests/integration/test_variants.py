"""The suffixes of a model's name: :floor, :nitro and :free (spec §2, §4, §6)."""

from __future__ import annotations

from typing import Any

from sim import faults
from support.case import CHAT, EMBEDDINGS, GatewayCase, image_question, question
from support.raw_client import Response
from support.registry import World, dollars, model


class VariantsCase(GatewayCase):
    """The resident is the dearest; two models; one host is free."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        hosts = {"resident": 1000, "middle": 10, "cheap": 1, "gratis": 0}
        for slug, price in hosts.items():
            world.provider(
                slug,
                {
                    "model-a": model("chat", "vision", price=dollars(price, price)),
                    "embed-a": model("embeddings", price=dollars(price)),
                },
                resident_of="EU" if slug == "resident" else None,
            )
        world.provider("other", {"model-b": model("chat", "vision", price=dollars(0.1, 0.1))})
        world.alias("both", "model-a", "model-b")
        world.alias("vectors", "embed-a")
        return world

    def ask(self, name: str, kind: str = "chat", **fields: Any) -> Response:
        return self.post(*self.body(name, kind, **fields))

    @staticmethod
    def body(name: str, kind: str = "chat", **fields: Any) -> tuple[str, dict[str, Any]]:
        if kind == "embeddings":
            return EMBEDDINGS, {"model": name, "input": "a", **fields}
        return CHAT, (image_question if kind == "vision" else question)(model=name, **fields)

    def order(self, name: str, kind: str = "chat", **fields: Any) -> list[str]:
        return self.explained_order(self.body(name, kind, **fields)[1])

    def assert_first(self, response: Response, provider: str, strategy: str, variant: str | None) -> None:
        self.assert_ok(response, provider)
        self.assertEqual(response.header("x-routing-strategy"), strategy)
        self.assertEqual(response.header("x-model-variant"), variant)
        self.assertNotIn(":", response.header("x-phi-routed"))
        self.assertEqual([one.name for one in self.world.upstreams if one.requests], [provider])
        self.world.forget()


class Floor(VariantsCase):
    def test_the_cheapest_first_whoever_is_resident(self) -> None:
        by_price = ["gratis", "cheap", "middle", "resident"]
        for kind in ("chat", "vision"):
            with self.subTest(kind):
                self.assertEqual(self.order("model-a:floor", kind), by_price)
                for name in ("auto:floor", "both:floor"):
                    self.assertEqual(self.order(name, kind), ["gratis", "other", "cheap", "middle", "resident"])
                    self.assertEqual(self.order(name.removesuffix(":floor"), kind)[0], "resident")
        for name in ("embed-a:floor", "vectors:floor", "auto:floor"):
            with self.subTest(name):
                self.assertEqual(self.order(name, "embeddings"), by_price)

    def test_it_serves(self) -> None:
        for name, kind in (
            ("model-a:floor", "chat"),
            ("auto:floor", "chat"),
            ("both:floor", "vision"),
            ("vectors:floor", "embeddings"),
        ):
            with self.subTest(name):
                self.assert_first(self.ask(name, kind), "gratis", "sorted", "floor")

    def test_the_suffix_never_goes_upstream(self) -> None:
        self.assert_ok(self.ask("both:floor"))
        self.assertEqual(self.one_request(self.world["gratis"]).json(), question(model="gratis/model-a"))


class Nitro(VariantsCase):
    def test_unmeasured_routes_fall_to_the_score(self) -> None:
        self.assertEqual(self.order("model-a:nitro"), ["gratis", "cheap", "middle", "resident"])
        self.assertEqual(self.order("auto:nitro"), ["gratis", "other", "cheap", "middle", "resident"])

    def test_it_serves(self) -> None:
        for name, kind in (("model-a:nitro", "chat"), ("auto:nitro", "vision"), ("embed-a:nitro", "embeddings")):
            with self.subTest(name):
                self.assert_first(self.ask(name, kind), "gratis", "sorted", "nitro")


class Free(VariantsCase):
    def test_only_what_costs_nothing(self) -> None:
        for name, kind in (
            ("model-a:free", "chat"),
            ("auto:free", "chat"),
            ("both:free", "vision"),
            ("vectors:free", "embeddings"),
            ("auto:free", "embeddings"),
        ):
            with self.subTest((name, kind)):
                self.assertEqual(self.order(name, kind), ["gratis"])
                self.assert_first(self.ask(name, kind), "gratis", "default", "free")

    def test_nothing_free_is_no_route(self) -> None:
        response = self.ask("model-b:free")
        error = self.assert_error(response, 422, "no_route")
        self.assertEqual(error["metadata"]["excluded"]["variant_free"], 1)
        self.assert_untried(response)

    def test_a_failure_does_not_fall_over_to_what_costs(self) -> None:
        self.world["gratis"].always(faults.status(503))
        response = self.ask("auto:free")
        self.assert_error(response, 502, "upstream_error")
        self.assert_attempts(response, 1)
        self.assertEqual([one.name for one in self.world.upstreams if one.requests], ["gratis"])
        self.nothing_cools()


class FreeMeansEveryPrice(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("reads", {"model-a": model(price=dollars(0, 1))})
        world.provider("writes", {"model-a": model(price=dollars(1, 0))})
        world.provider("caches", {"model-a": model(price=dollars(0, 0, cached_input=0.1))})
        world.provider("gratis", {"model-a": model(price=dollars(0, 0, cached_input=0))})
        return world

    def test_one_price_above_0_is_not_free(self) -> None:
        self.assertEqual(self.explained_order(question(model="model-a:free")), ["gratis"])


class Headers(VariantsCase):
    def test_without_a_variant_there_is_none(self) -> None:
        for name in ("model-a", "auto", "both"):
            self.assertIsNone(self.ask(name).header("x-model-variant"))

    def test_on_errors_once_a_route_was_tried(self) -> None:
        for variant, strategy in (("floor", "sorted"), ("nitro", "sorted"), ("free", "default")):
            with self.subTest(variant):
                self.world.forget()
                for upstream in self.world.upstreams:
                    upstream.always(faults.status(422))
                response = self.ask(f"model-a:{variant}")
                self.assert_error(response, 422, None, passed_on=True)
                self.assert_attempts(response, 1)
                self.assertEqual(response.header("x-model-variant"), variant)
                self.assertEqual(response.header("x-routing-strategy"), strategy)

    def test_not_on_errors_before_that(self) -> None:
        for response in (
            self.chat(question(model="model-a:floor"), region="INDIA"),
            self.ask("model-a:floor", zdr=True),
            self.ask("nobody-has-it:floor"),
        ):
            self.assert_error(response, response.status)
            self.assert_untried(response)

    def test_on_a_stream(self) -> None:
        _, response = self.open_stream(question(model="auto:floor", stream=True))
        self.assertEqual(response.header("x-model-variant"), "floor")
        self.assertEqual(response.header("x-routing-strategy"), "sorted")


class Together(VariantsCase):
    def test_an_explicit_sort_beats_the_variant(self) -> None:
        for name, sort in (("model-a:nitro", "price"), ("model-a:floor", "throughput"), ("model-a:floor", "latency")):
            with self.subTest((name, sort)):
                response = self.ask(name, provider={"sort": sort})
                self.assert_first(response, "gratis", "sorted", name.split(":")[1])

    def test_an_order_names_the_strategy_and_the_variant_stays(self) -> None:
        response = self.ask("model-a:floor", provider={"order": ["middle"]})
        self.assert_first(response, "middle", "ordered", "floor")
        self.assertEqual(
            self.order("model-a:floor", provider={"order": ["middle"]}), ["middle", "gratis", "cheap", "resident"]
        )

    def test_free_with_preferences(self) -> None:
        self.assertEqual(self.order("auto:free", provider={"sort": "price", "ignore": ["gratis"]}), [])
        response = self.ask("auto:free", provider={"only": ["gratis", "cheap"], "sort": "price"})
        self.assert_first(response, "gratis", "sorted", "free")


class Invalid(VariantsCase):
    def test_any_other_suffix_is_refused(self) -> None:
        for name in (
            "model-a:best",
            "model-a:",
            "model-a:Floor",
            "model-a:floor ",
            "model-a: floor",
            "model-a:floor:free",
            "model-a:floor:floor",
            "model-a::floor",
            "auto:best",
            "both:NITRO",
            "nobody-has-it:best",
        ):
            for kind in ("chat", "vision", "embeddings"):
                with self.subTest((name, kind)):
                    response = self.ask(name, kind)
                    error = self.assert_error(response, 400, "invalid_variant")
                    self.assertEqual(error["param"], "model")
                    self.assert_untried(response)

    def test_the_message_names_the_valid_ones(self) -> None:
        message = self.assert_error(self.ask("model-a:best"), 400)["message"]
        for variant in ("floor", "nitro", "free"):
            self.assertIn(variant, message)

    def test_a_variant_of_nothing_is_no_model(self) -> None:
        for name in (":floor", ":nitro", ":free"):
            with self.subTest(name):
                self.assert_error(self.ask(name), 400, "missing_model")

    def test_a_variant_of_an_unknown_model_is_not_found(self) -> None:
        for name in ("nobody-has-it:floor", "MODEL-A:free", "AUTO:nitro"):
            with self.subTest(name):
                response = self.ask(name)
                self.assert_error(response, 404, "model_not_found")
                self.assert_untried(response)
