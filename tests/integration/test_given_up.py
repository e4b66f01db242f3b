"""An answer that its provider gave up: Mistral says so with a finish reason of its own, "error" (spec §5)."""

from __future__ import annotations

import json
from typing import Any

from sim import faults
from sim.upstream import Step
from sim.wire import to_json
from support.case import FreshGatewayCase, question
from support.raw_client import Response
from support.registry import World, dollars, model

NAME = "model-a"
USED = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}


def answer(reason: str, *more: str) -> Step:
    """One choice for each reason."""
    choices = [
        {"index": at, "message": {"role": "assistant", "content": "partial"}, "finish_reason": one}
        for at, one in enumerate((reason, *more))
    ]
    return faults.reply(body=to_json({"id": "1", "object": "chat.completion", "choices": choices, "usage": USED}))


class GivenUpCase(FreshGatewayCase):
    protocol = "mistral"
    config = {"health": {"cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {NAME: model("chat")}, protocol=cls.protocol)
        world.provider("second", {NAME: model("chat", price=dollars(10, 10))})
        return world

    def ask(self, *steps: Step, **fields: Any) -> Response:
        self.world["first"].script(steps)
        return self.chat({**question(**fields), "model": NAME})

    def cools(self) -> bool:
        candidates = self.explain({**question(), "model": NAME})["candidates"]
        return {one["provider"]: one["cooling"] for one in candidates}["first"]


class WholeAnswers(GivenUpCase):
    def test_the_next_route_answers(self) -> None:
        response = self.ask(answer("error"))
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertNotIn(b"partial", response.body)
        self.assertTrue(self.cools())

    def test_one_choice_of_several_is_enough(self) -> None:
        self.assert_ok(self.ask(answer("stop", "error")), "second")

    def test_without_another_route_it_is_an_error(self) -> None:
        response = self.ask(answer("error"), provider={"only": ["first"]})
        self.assert_error(response, 502, "upstream_error")

    def test_any_other_reason_is_an_answer(self) -> None:
        for reason in ("stop", "length", "model_length", "tool_calls", "Error"):
            with self.subTest(reason):
                self.assert_ok(self.ask(answer(reason)), "first")
        self.assertFalse(self.cools())


def piece(text: str | None, reason: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


class Streams(GivenUpCase):
    def stream(self, *events: dict[str, Any], **fields: Any) -> Response:
        return self.ask(faults.stream([piece(""), *events]), stream=True, **fields)

    def test_before_anything_went_to_the_client_the_next_route_answers(self) -> None:
        for events in ((piece(None, "error"),), (piece("partial", "error"),), (piece(""), piece("", "error"))):
            with self.subTest(str(events)):
                response = self.stream(*events, provider={"order": ["first"]})  # though it cools
                self.assert_ok(response, "second")
                self.assert_attempts(response, 2)
                self.assertNotIn(b"partial", response.body)
                self.assertEqual(response.datas()[-1], "[DONE]")

    def test_without_another_route_it_is_an_error(self) -> None:
        response = self.stream(piece(None, "error"), provider={"only": ["first"]})
        self.assert_error(response, 502, "upstream_error")

    def test_after_the_commit_the_stream_breaks(self) -> None:
        response = self.stream(piece("partial"), piece(None, "error"))
        self.assertEqual(response.status, 200)
        self.assertNotIn(b"[DONE]", response.body)
        self.assertNotIn(b'"finish_reason":"error"', response.body)
        self.assertIn(b"partial", response.body)
        error = json.loads(response.datas()[-1])["error"]
        self.assertEqual(error["message"], "The provider gave up on its answer.")
        self.assertEqual(response.trailer("x-phi-usage"), "estimated")
        self.assertEqual(self.world["second"].requests, [])
        self.assertTrue(self.cools())

    def test_any_other_reason_ends_it_well(self) -> None:
        response = self.stream(piece("whole"), piece(None, "model_length"))
        self.assert_ok(response, "first")
        self.assertEqual(response.datas()[-1], "[DONE]")


class ElsewhereItIsTheProvidersWord(GivenUpCase):
    """OpenAI's protocol has no such reason: what a provider of it says passes as it stands."""

    protocol = "openai"

    def test_it_passes(self) -> None:
        response = self.ask(answer("error"))
        self.assert_ok(response, "first")
        self.assertEqual(response.json()["choices"][0]["finish_reason"], "error")
