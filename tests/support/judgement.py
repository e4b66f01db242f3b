"""How a request, its answer and what the endpoints saw of it must fit, whatever was asked and whatever failed."""

from __future__ import annotations

import base64
import datetime
import json
import struct
import unittest
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sim.openai_api import count_images, vector
from sim.wire import Request

from .case import AFTER_A_TRY
from .eligibility import Refusal, Route
from .execution import Outcome, Prediction, play
from .generated_traffic import NONCE, Asked
from .generated_world import HASTE, GeneratedWorld
from .ordering import HEALTHY, Key, Order, State, expected_order, usd
from .raw_client import Response

SLACK = 1.5  # seconds that a busy machine may add to a deadline
LATE = 0.1  # seconds behind the script from which a hasty endpoint's good answer may have come too late


@dataclass(frozen=True)
class Sighting:
    """One request as an endpoint received it."""

    at: float
    endpoint: str
    body: dict[str, Any]
    is_embedding: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """As of the route that must have led here."""
        modality = "embeddings" if self.is_embedding else "vision" if count_images(self.body) else "chat"
        return self.endpoint, self.body["model"].removeprefix(f"{self.endpoint}/"), modality


def sighting(endpoint: str, request: Request) -> Sighting:
    return Sighting(request.received_at, endpoint, request.json(), request.target.endswith("/embeddings"))


@dataclass(frozen=True)
class Answer:
    """`explained` is what the gateway said just before of the same request, `states` what it knew of the routes."""

    response: Response
    seconds: float
    explained: dict[str, Any]
    states: dict[Key, State]


class Judge:
    """`seen` counts what the requests led to, so that a generator gone dull can be told from a daemon without fault."""

    def __init__(
        self, test: unittest.TestCase, world: GeneratedWorld, today: datetime.date, seen: Counter[str]
    ) -> None:
        self._test = test
        self._world = world
        self._known = world.catalogue
        self._today = today
        self._seen = seen

    def judge(self, asked: Asked, answer: Answer, sightings: list[Sighting]) -> None:
        eligible = self._known.eligible(asked.ask, self._today)
        self.nothing_ineligible_was_sent(asked, eligible, sightings)
        response = answer.response
        self._test.assertEqual(response.header("x-phi-tier"), "phi" if asked.ask.phi else "non_phi")
        self._test.assertLessEqual(set(NONCE.findall(response.body.decode())), {asked.nonce})
        self._test.assertLess(answer.seconds, self._world.total + HASTE + SLACK)
        order = expected_order(eligible, asked.ask, self._known, answer.states)
        self._was_explained(asked, answer, order)
        if order.routes:
            self._tried(asked, answer, order.routes, sightings)
        else:
            self._refused(response, self._refusal(asked, order), sightings)

    def nothing_ineligible_was_sent(self, asked: Asked, eligible: list[Route], sightings: list[Sighting]) -> None:
        by_key = {route.key: route for route in eligible}
        for one in sightings:
            self._test.assertIn(one.key, by_key, "an endpoint received what it is not eligible for")
            self._test.assertEqual(one.body, self._sent(asked, by_key[one.key]))
            if asked.ask.phi:
                region = asked.ask.region or ""
                self._test.assertTrue(self._known.is_verified(by_key[one.key], region, self._today))

    @staticmethod
    def _sent(asked: Asked, route: Route) -> dict[str, Any]:
        """What the endpoint is due to receive."""
        absent = {"provider", *route.dropped_fields}
        sent = {name: value for name, value in asked.body.items() if name not in absent}
        if asked.is_stream:
            sent["stream_options"] = {**sent.get("stream_options", {}), "include_usage": True}
        return {**sent, "model": route.model_facts["upstream"]}

    def _refusal(self, asked: Asked, order: Order) -> Refusal:
        if not order.cut:
            return self._known.refusal(asked.ask, self._today)
        reasons = Counter(order.cut.get(route.key) or self._reason(asked, route) for route in self._known.routes)
        return Refusal(422, "no_route", dict(reasons))

    def _reason(self, asked: Asked, route: Route) -> str:
        return str(self._known.reason(route, asked.ask, self._today))

    def _refused(self, response: Response, refusal: Refusal, sightings: list[Sighting]) -> None:
        self._test.assertEqual((response.status, response.code), (refusal.status, refusal.code))
        self._test.assertEqual(sightings, [])
        self._test.assertEqual([name for name in (*AFTER_A_TRY, "x-phi-routed") if response.all(name)], [])
        if refusal.excluded:
            self._test.assertEqual(response.error["metadata"]["excluded"], refusal.excluded)
        self._seen[refusal.code] += 1
        for rule in refusal.excluded:
            self._seen[f"excluded by {rule}"] += 1

    # ---- what was said of it beforehand

    def _was_explained(self, asked: Asked, answer: Answer, order: Order) -> None:
        test, explained = self._test, answer.explained
        named = [(one["endpoint"], one["model"]) for one in explained["candidates"]]
        test.assertEqual(named, [route.key[:2] for route in order.routes], "explained in another order")
        if not order.routes:
            test.assertEqual(explained["decision"], "refuse")
            test.assertEqual(explained["error"], answer.response.error)
            if answer.response.code not in ("no_route", "phi_blocked"):
                return
        else:
            test.assertEqual((explained["decision"], explained["error"]), ("route", None))
            test.assertEqual(explained["strategy"], asked.ask.strategy)
        facts = (explained["region"], explained["class"], explained["modality"])
        test.assertEqual(facts, (asked.ask.region, asked.ask.data_class, asked.ask.modality))
        self._figures_agree(explained["candidates"], order.routes, answer.states)
        others = [route for route in self._known.routes if route not in order.routes]
        due = Counter((*route.key[:2], order.cut.get(route.key) or self._reason(asked, route)) for route in others)
        test.assertEqual(Counter((one["endpoint"], one["model"], one["reason"]) for one in explained["excluded"]), due)

    def _figures_agree(self, told: list[dict[str, Any]], routes: list[Route], states: dict[Key, State]) -> None:
        for one, route in zip(told, routes, strict=True):
            price, health = float(usd(route, self._known)), states.get(route.key, HEALTHY).health
            self._test.assertTrue(0 < health <= 1, health)
            self._test.assertAlmostEqual(one["price"], price, places=6)
            if price == 0:
                self._test.assertIsNone(one["score"])
            else:
                self._test.assertAlmostEqual(one["score"] * price**2, health, places=6)

    # ---- a request that had a route

    def _tried(self, asked: Asked, answer: Answer, order: list[Route], sightings: list[Sighting]) -> None:
        test, response = self._test, answer.response
        attempts = int(response.header("x-phi-attempts") or 0)
        test.assertIn(attempts, range(1, min(self._world.max_attempts, len(order)) + 1))
        test.assertEqual(response.header("x-fallback-count"), str(attempts - 1))
        test.assertEqual(response.header("x-routing-strategy"), asked.ask.strategy)
        test.assertEqual(response.header("x-model-variant"), asked.ask.variant)
        self._count_the_ways(asked, answer, order)
        dialled = order[:attempts]
        test.assertEqual(response.header("x-provider-slug"), dialled[-1].provider)
        prediction = play([asked.answer_of(route).scripted for route in order], self._world.max_attempts)
        is_late = self._may_be_late(asked, answer, order[: max(attempts, prediction.attempts)], prediction)
        self._were_dialled(asked, dialled, sightings, may_lack_last=is_late)
        if is_late:
            self._seen["late"] += 1
        else:
            self._ended_as_predicted(response, attempts, prediction)
            self._count(prediction, len(order))
        if response.status == 200:
            self._served(asked, response, dialled[-1])
        else:
            self._failed(response, dialled)

    def _may_be_late(self, asked: Asked, answer: Answer, dialled: list[Route], prediction: Prediction) -> bool:
        """Whether a machine that is slow today may have made a time-out of what was scripted as none."""
        prompt = [route for route in dialled if asked.answer_of(route).scripted.outcome is not Outcome.STALLED]
        has_little_time = self._world.is_tight or any(route.endpoint in self._world.hasty for route in prompt)
        return has_little_time and answer.seconds > min(prediction.stalled_for + LATE, self._world.total - LATE)

    def _were_dialled(
        self, asked: Asked, dialled: list[Route], sightings: list[Sighting], *, may_lack_last: bool
    ) -> None:
        """Each once and in that order, but for a stale connection's second try and where nobody listens."""
        heard = [route for route in dialled if route.endpoint not in self._world.silent]
        tries = [one.key for one in sightings]
        for route in heard:
            if asked.answer_of(route).may_come_twice and tries.count(route.key) == 2:
                tries.remove(route.key)
        expected = [route.key for route in heard]
        if may_lack_last and heard and heard[-1] is dialled[-1] and len(tries) < len(expected):
            expected.pop()
        self._test.assertEqual(tries, expected)

    def _ended_as_predicted(self, response: Response, attempts: int, prediction: Prediction) -> None:
        test = self._test
        code = None if response.status == 200 else response.code
        expected = (prediction.attempts, prediction.status, prediction.code)
        test.assertEqual((attempts, response.status, code), expected)
        if prediction.code == "upstream_rate_limited":
            wait = prediction.retry_after
            test.assertEqual(response.header("retry-after"), None if wait is None else str(wait))
        if response.status == 200 and "event-stream" in (response.header("content-type") or ""):
            self._stream_ended(response, is_whole=prediction.last is Outcome.GOOD)

    def _stream_ended(self, response: Response, *, is_whole: bool) -> None:
        *events, last = response.datas()
        if is_whole:
            self._test.assertEqual(last, "[DONE]")
        else:
            self._test.assertEqual(list(json.loads(last)), ["error"])
            self._test.assertNotIn("[DONE]", events)

    def _count_the_ways(self, asked: Asked, answer: Answer, order: list[Route]) -> None:
        self._seen[asked.ask.strategy] += 1
        self._seen[f"variant {asked.ask.variant}"] += 1
        cooling = [answer.states.get(route.key, HEALTHY).cooling for route in order]
        if any(cooling) and not all(cooling):
            self._seen["some cool"] += 1
        for metric in ("latency", "throughput"):
            if asked.ask.sort == metric and any(getattr(one, metric) for one in answer.states.values()):
                self._seen[f"by {metric}"] += 1

    def _count(self, prediction: Prediction, routes: int) -> None:
        outcome = "broken stream" if prediction.last is Outcome.BROKEN else prediction.code or "served"
        self._seen[outcome] += 1
        if prediction.attempts > 1 and prediction.status == 200:
            self._seen["failed over"] += 1
        if outcome in ("upstream_error", "upstream_timeout"):
            most = min(routes, self._world.max_attempts)
            self._seen["cut by a time-out" if prediction.attempts < most else "attempts used up"] += 1

    def _served(self, asked: Asked, response: Response, by: Route) -> None:
        ask = asked.ask
        self._test.assertEqual(response.header("x-phi-routed"), f"{by.model}/{ask.region}/{ask.data_class}")
        self._seen[f"{ask.modality} {ask.data_class}"] += 1
        if ask.modality == "embeddings":
            size = 8 if ask.dimensions is None else ask.dimensions
            self._test.assertEqual(first_vector(response.json()), vector(asked.nonce, size))
            return
        text = text_of(response, asked.is_stream)
        said = f"{by.endpoint} received{' and 1 image' if ask.modality == 'vision' else ''}: {asked.nonce}"
        if asked.answer_of(by).scripted.outcome is Outcome.BROKEN:
            self._test.assertTrue(said.startswith(text) and text, text)
        else:
            self._test.assertEqual(text, said)

    def _failed(self, response: Response, dialled: list[Route]) -> None:
        self._test.assertEqual(response.all("x-phi-routed"), [])
        tried = [(one["provider"], one["model"]) for one in response.error.get("metadata", {}).get("attempts", [])]
        if tried or response.status >= 500:
            self._test.assertEqual(tried, [(route.provider, route.model) for route in dialled])


def text_of(response: Response, is_stream: bool) -> str:
    if not is_stream:
        return response.json()["choices"][0]["message"]["content"]
    chunks = [json.loads(data) for data in response.datas() if data != "[DONE]"]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk.get("choices", [])]
    return "".join(delta.get("content") or "" for delta in deltas)


def first_vector(body: dict[str, Any]) -> list[float]:
    numbers = body["data"][0]["embedding"]
    if isinstance(numbers, list):
        return numbers
    packed = base64.b64decode(numbers)
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
