"""What an answer cost: one exact sum, rounded once (spec §7)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sim import faults
from sim.wire import to_json
from support.case import EMBEDDINGS, GatewayCase, question
from support.raw_client import Response
from support.registry import FX, World, dollars, model

PRICES: dict[str, dict[str, Any]] = {
    "dollars": dollars(1, 2),
    "cents": dollars(0.15, 0.6),
    "half": dollars(0.5, 0.5),
    "tiny": dollars(0.000_1, 0.000_3),
    "cached": dollars(2, 8, cached_input=0.5),
    "free": dollars(0, 0),
    "francs": {"currency": "CHF", "input": 0.2, "output": 0.4},
    "euros": {"currency": "EUR", "input": 0.25, "output": 0.5},
}


def cost(price: dict[str, Any], prompt: int, completion: int, cached: int = 0) -> int:
    """The rule in exact arithmetic: prices are per million tokens, the result is in millionths, so the millions cancel."""
    cached = min(cached, prompt)
    exact = {name: Fraction(f"{value:.6f}") for name, value in price.items() if name != "currency"}
    total = (
        (prompt - cached) * exact["input"]
        + cached * exact.get("cached_input", exact["input"])
        + completion * exact.get("output", 0)
    )
    total *= Fraction(str(FX[price["currency"]]))
    return int(total + Fraction(1, 2))


class MeteringCase(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        models = {name: model("chat", price=price) for name, price in PRICES.items()}
        world.provider(
            "first",
            models
            | {"embed": model("embeddings", price=dollars(0.13)), "seeing": model("vision", price=dollars(1, 2))},
        )
        return world

    def answered(self, name: str, usage: Any, stream: bool = False) -> Response:
        upstream = self.world["first"]
        if stream:
            told = {"id": "x", "choices": [{"index": 0, "delta": {"content": "abcdefgh"}, "finish_reason": "stop"}]}
            events = [told] if usage is None else [told, {"id": "x", "choices": [], "usage": usage}]
            upstream.script([faults.stream(events)])
        else:
            message = {"role": "assistant", "content": "abcdefgh"}
            body = {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            upstream.script([faults.reply(body=to_json(body if usage is None else body | {"usage": usage}))])
        response = self.chat(question(model=name, stream=stream))
        self.assert_ok(response)
        return response

    def assert_cost(self, name: str, usage: Any, expected: int, source: str = "provider") -> None:
        plain = self.answered(name, usage)
        self.assertEqual(
            (plain.header("x-phi-cost-micro"), plain.header("x-phi-usage")), (str(expected), source), usage
        )
        streamed = self.answered(name, usage, stream=True)
        self.assertEqual(
            (streamed.trailer("x-phi-cost-micro"), streamed.trailer("x-phi-usage")), (str(expected), source), usage
        )
        self.assertIn(f": x-phi-cost-micro={expected} x-phi-usage={source}\ndata: [DONE]".encode(), streamed.body)


def usage(prompt: Any, completion: Any, **details: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 0, **details}


class Metering(MeteringCase):
    def test_tokens_at_their_prices_in_any_currency(self) -> None:
        for name, price in PRICES.items():
            for prompt, completion in (
                (1, 0),
                (0, 1),
                (10, 5),
                (1234, 567),
                (1_000_000, 1_000_000),
                (123_456_789, 987_654),
            ):
                with self.subTest((name, prompt, completion)):
                    self.assert_cost(name, usage(prompt, completion), cost(price, prompt, completion))

    def test_known_sums(self) -> None:
        self.assert_cost("dollars", usage(1000, 500), 2000)
        self.assert_cost("francs", usage(1000, 1000), 660)
        self.assert_cost("euros", usage(1000, 1000), 810)
        self.assert_cost("free", usage(1000, 1000), 0)

    def test_one_rounding_half_up_of_the_whole_sum(self) -> None:
        self.assert_cost("half", usage(1, 0), 1)  # 0.5
        self.assert_cost("half", usage(1, 1), 1)  # 0.5 + 0.5, not twice a half rounded up
        self.assert_cost("half", usage(2, 1), 2)  # 1.5
        self.assert_cost("tiny", usage(4999, 0), 0)  # 0.4999
        self.assert_cost("tiny", usage(5000, 0), 1)  # 0.5

    def test_cached_tokens_at_their_own_price_or_at_the_usual_one(self) -> None:
        details = {"prompt_tokens_details": {"cached_tokens": 600}}
        self.assert_cost("cached", usage(1000, 100, **details), 400 * 2 + 300 + 800)
        self.assert_cost("dollars", usage(1000, 100, **details), 1000 + 200)

    def test_a_cached_count_above_the_prompts_is_clamped(self) -> None:
        self.assert_cost("cached", usage(1000, 0, prompt_tokens_details={"cached_tokens": 5000}), 500)

    def test_details_that_are_null_count_as_none(self) -> None:
        self.assert_cost("cached", usage(1000, 0, prompt_tokens_details=None), 2000)
        self.assert_cost("cached", usage(1000, 0, prompt_tokens_details={"cached_tokens": None}), 2000)
        self.assert_cost("cached", usage(1000, 0, prompt_tokens_details={}), 2000)

    def test_reasoning_is_part_of_the_completion(self) -> None:
        self.assert_cost("dollars", usage(100, 50, completion_tokens_details={"reasoning_tokens": 40}), 200)

    def test_a_block_that_cannot_be_is_none_and_the_cost_is_estimated(self) -> None:
        # ceil(9 / 4) tokens for "user" and "hello" at a dollar, 8 / 4 at two dollars
        for bad in (
            usage(-1, 5),
            usage(1, -5),
            usage(1.5, 5),
            usage("1", 5),
            usage(1, None),
            usage(True, 1),
            usage(10**30, 1),
            {},
            [],
            7,
            usage(10, 5, prompt_tokens_details={"cached_tokens": -1}),
            None,
        ):
            with self.subTest(bad):
                self.assert_cost("dollars", bad, 7, "estimated")

    def test_embeddings_cost_their_input(self) -> None:
        upstream = self.world["first"]
        body = {
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
            "model": "x",
            "usage": {"prompt_tokens": 1000, "total_tokens": 1000},
        }
        upstream.script([faults.reply(body=to_json(body))])
        response = self.post(EMBEDDINGS, {"model": "embed", "input": "a", "encoding_format": "float"})
        self.assertEqual((response.header("x-phi-cost-micro"), response.header("x-phi-usage")), ("130", "provider"))

    def test_data_uris_do_not_count_in_an_estimate(self) -> None:
        answer = {"choices": [{"index": 0, "message": {"content": ""}, "finish_reason": "stop"}]}
        self.world["first"].script([faults.reply(body=to_json(answer))])
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 4000}}
        response = self.chat({"model": "seeing", "messages": [{"role": "user", "content": [picture]}]})
        self.assertEqual(response.header("x-phi-usage"), "estimated")
        self.assertLess(int(response.header("x-phi-cost-micro")), 100)


class OnlyTheAnswerCosts(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        for slug, factor in (("first", 1), ("second", 10)):
            world.provider(slug, {"model-a": model(price=dollars(factor, factor))})
        return world

    def test_a_failed_attempt_is_not_metered(self) -> None:
        counted = {"choices": [], "error": {"message": "no"}, "usage": usage(1_000_000, 1_000_000)}
        self.world["first"].script([faults.status(503, counted)])
        self.world["second"].api.usage = usage(10, 10)
        response = self.chat()
        self.world["second"].api.usage = None
        self.assert_ok(response, "second")
        self.assertEqual(response.header("x-phi-cost-micro"), "200")

    def test_an_error_costs_nothing_and_says_nothing(self) -> None:
        self.world["first"].script([faults.status(400)])
        response = self.chat()
        self.assertEqual(response.all("x-phi-cost-micro") + response.all("x-phi-usage"), [])


class NoStreamUsage(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model(features=["no_stream_usage"])})
        return world

    def test_a_model_that_cannot_is_not_asked(self) -> None:
        response = self.chat(question(stream=True))
        self.assert_ok(response)
        self.assertNotIn("stream_options", self.one_request(self.world["first"]).json())
        self.assertEqual(response.trailer("x-phi-usage"), "estimated")
