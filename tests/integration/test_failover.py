"""What moves a request to the next route, what ends it, and what is said when all fail (spec §5)."""

from __future__ import annotations

import time

from sim import faults
from sim.upstream import Step, Then
from support.case import EMBEDDINGS, GatewayCase, question
from support.raw_client import Response
from support.registry import World, failover_world

SHORT = {
    "timeouts": {"connect": "300ms", "first_byte": "300ms", "first_token": "300ms", "idle": "300ms", "total": "3s"}
}


class FailoverCase(GatewayCase):
    config = SHORT

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def setUp(self) -> None:
        super().setUp()
        self.heal(question(), {"model": "embed-a", "input": "a"})

    def first(self, *steps: Step) -> None:
        self.world["first"].script(steps)

    def all_answer(self, step: Step) -> None:
        for upstream in self.world.upstreams:
            upstream.always(step)

    def counts(self) -> list[int]:
        return [len(upstream.requests) for upstream in self.world.upstreams]

    def assert_moves_on(self, step: Step, **fields) -> Response:
        """`step` at the first route; the second one then serves."""
        self.heal(question())
        self.first(step, step)  # a kept-alive connection that looks stale is tried once more on a fresh one
        response = self.chat(question(**fields))
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertEqual(self.counts()[1:], [1, 0])
        self.assertEqual(response.header("x-phi-routed"), "model-a/EU/general")
        return response

    def assert_ends(self, step: Step, status: int, code: str | None, *, passed_on: bool = True) -> dict:
        """`step` at the first route; nothing else is tried."""
        self.heal(question())
        self.first(step)
        response = self.chat()
        error = self.assert_error(response, status, code, passed_on=passed_on)
        self.assertEqual(self.counts(), [1, 0, 0])
        self.assert_attempts(response, 1)
        self.assertEqual(response.header("x-provider-slug"), "first")
        return error


class MovesOn(FailoverCase):
    def test_statuses(self) -> None:
        for status in (500, 501, 502, 503, 504, 520, 529, 599, 429, 408):
            with self.subTest(status):
                self.assert_moves_on(faults.status(status))

    def test_a_redirect_is_never_followed(self) -> None:
        for status in (301, 302, 303, 304, 307, 308):
            with self.subTest(status):
                target = self.world["third"].base_url + "/chat/completions"
                self.assert_moves_on(faults.status(status, b"" if status == 304 else None, {"location": target}))

    def test_cut_connections(self) -> None:
        cases = {
            "closed before the head": faults.CLOSE_BEFORE_HEAD,
            "closed rudely before the head": faults.raw(then=Then.CLOSE_RUDELY),
            "reset before the head": faults.RESET_BEFORE_HEAD,
            "half a head": faults.raw(b"HTTP/1.1 200 OK\r\ncontent-", then=Then.CLOSE),
            "closed after the head": faults.reply(cut=0, then=Then.CLOSE),
            "reset after the head": faults.reply(cut=0, then=Then.RESET),
            "closed in the body": faults.reply(cut=20, then=Then.CLOSE),
            "reset in the body": faults.reply(cut=20, then=Then.RESET),
            "a chunked body without its end": faults.reply(framing="chunked", cut=10_000, then=Then.CLOSE),
        }
        for name, step in cases.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_time_outs(self) -> None:
        for name, step in {
            "before the head": faults.STALL_BEFORE_HEAD,
            "after the head": faults.stall_after_head(),
            "in the body": faults.stall_mid_body(),
        }.items():
            with self.subTest(name):
                started = time.monotonic()
                self.assert_moves_on(step)
                self.assertLess(time.monotonic() - started, 3.5)

    def test_answers_that_are_none(self) -> None:
        for name in ("invalid_http", "bad_chunk", "length_and_chunked", "not_json", "gzipped", "big_head"):
            with self.subTest(name):
                self.assert_moves_on(faults.NAMED[name]())

    def test_a_200_without_sound_json(self) -> None:
        for body in (b"", b"{", b'{"choices":[]', b"[]", b"null", b'"text"', b'{"a":\xff}'):
            with self.subTest(body):
                self.assert_moves_on(faults.reply(body=body))

    def test_a_200_that_is_an_error(self) -> None:
        self.assert_moves_on(faults.reply(body=b'{"error":{"message":"overloaded","type":"server_error","code":503}}'))

    def test_streams_that_fail_before_their_first_content(self) -> None:
        role = {
            "id": "x",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}],
        }
        cases = {
            "an error event": faults.error_event_first(),
            "an error event behind the role": faults.error_event_first(lead=[role]),
            "a close": faults.stream([], done=False, then=Then.CLOSE),
            "a close behind the role": faults.stream([role], done=False, then=Then.CLOSE),
            "a reset behind the role": faults.stream([role], done=False, then=Then.RESET),
            "an end without content": faults.stream([role], done=True),
            "an empty stream": faults.stream([], done=False),
            "silence": faults.stream([], then=Then.STALL),
            "silence behind the role": faults.role_then_silence(),
            "comments and silence": faults.stream([faults.comment("one"), faults.comment("two")], then=Then.STALL),
            "no JSON": faults.stream([b"data: hello\n\n"], done=False, then=Then.CLOSE),
            "a status": faults.status(503),
            "a stall before the head": faults.STALL_BEFORE_HEAD,
        }
        for name, step in cases.items():
            with self.subTest(name):
                response = self.assert_moves_on(step, stream=True)
                self.assertEqual(response.datas()[-1], "[DONE]")
                self.assertNotIn(b"error", response.body)

    def test_an_endless_drip_of_comments_is_no_content(self) -> None:
        self.assert_moves_on(
            faults.stream([faults.comment("still here")] * 200, pause=0.02, then=Then.STALL), stream=True
        )

    def test_embeddings_too(self) -> None:
        self.first(faults.status(503))
        response = self.post(EMBEDDINGS, {"model": "embed-a", "input": "a"})
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)

    def test_three_routes_in_their_order(self) -> None:
        self.first(faults.status(503))
        self.world["second"].script([faults.rate_limited()])
        response = self.chat()
        self.assert_ok(response, "third")
        self.assert_attempts(response, 3)

    def test_the_same_body_goes_to_each(self) -> None:
        self.first(faults.status(503))
        self.assert_ok(self.chat(question("the same for both", temperature=0.25)), "second")
        bodies = [self.one_request(self.world[slug]).json() for slug in ("first", "second")]
        self.assertEqual([body.pop("model") for body in bodies], ["first/model-a", "second/model-a"])
        self.assertEqual(bodies[0], bodies[1])
        keys = [self.world[slug].requests[0].header("authorization") for slug in ("first", "second")]
        self.assertEqual(keys, ["Bearer upstream-key-of-first", "Bearer upstream-key-of-second"])


class Ends(FailoverCase):
    def test_the_clients_own_mistake_is_passed_on(self) -> None:
        for status in (400, 405, 409, 413, 415, 418, 422):
            with self.subTest(status):
                body = {
                    "error": {
                        "message": "temperature is too high",
                        "type": "invalid_request_error",
                        "param": "temperature",
                        "code": "bad_temperature",
                    }
                }
                error = self.assert_ends(faults.status(status, body), status, "bad_temperature")
                self.assertEqual((error["message"], error["param"]), ("temperature is too high", "temperature"))

    def test_every_providers_shape_of_an_error_becomes_openais(self) -> None:
        shapes = {
            "a numeric code": {"error": {"message": "the-reason", "type": "BadRequest", "param": None, "code": 400}},
            "flat": {"object": "error", "message": "the-reason", "type": "BadRequestError", "param": None, "code": 400},
            "an array": [{"error": {"code": 400, "message": "the-reason", "status": "INVALID_ARGUMENT"}}],
            "fastapi": {"detail": [{"loc": ["body", "messages"], "msg": "the-reason", "type": "value_error"}]},
            "infomaniak": {"code": "validation_failed", "description": "the-reason"},
            "azure": {
                "error": {
                    "code": "content_filter",
                    "message": "the-reason",
                    "param": "prompt",
                    "status": 400,
                    "innererror": {"code": "x", "content_filter_result": {"hate": {"filtered": True}}},
                }
            },
            "a string": {"error": "the-reason"},
            "plain text": b"the-reason",
        }
        for name, body in shapes.items():
            with self.subTest(name):
                error = self.assert_ends(faults.status(400, body), 400, None)
                self.assertIn("the-reason", error["message"])
                self.assertTrue(error["code"] is None or isinstance(error["code"], str))
                self.assertEqual(error.get("innererror"), body["error"]["innererror"] if name == "azure" else None)

    def test_error_bodies_that_say_nothing(self) -> None:
        for body in (b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{", b"\x00" * 10):
            with self.subTest(body):
                self.assert_ends(faults.status(400, body), 400, None)

    def test_the_operators_mistake_is_not_the_clients(self) -> None:
        for status, code in (
            (401, "upstream_auth_failed"),
            (402, "upstream_auth_failed"),
            (403, "upstream_auth_failed"),
            (404, "upstream_misconfigured"),
        ):
            with self.subTest(status):
                body = {
                    "error": {
                        "message": "your key sk-upstream is bad",
                        "type": "x",
                        "param": None,
                        "code": "invalid_api_key",
                    }
                }
                self.assert_ends(faults.status(status, body), 502, code, passed_on=False)

    def test_a_retry_after_of_a_failed_attempt_is_not_the_answers(self) -> None:
        self.first(faults.rate_limited(9))
        response = self.chat()
        self.assert_ok(response, "second")
        self.assertIsNone(response.header("retry-after"))


class AllFail(FailoverCase):
    def test_attempts_are_listed(self) -> None:
        self.first(faults.status(503))
        self.world["second"].script([faults.rate_limited(3)])
        self.world["third"].script([faults.RESET_BEFORE_HEAD] * 2)
        response = self.chat()
        error = self.assert_error(response, 502, "upstream_error")
        self.assert_attempts(response, 3)
        self.assertEqual(response.header("x-provider-slug"), "third")
        attempts = error["metadata"]["attempts"]
        self.assertEqual([one["provider"] for one in attempts], ["first", "second", "third"])
        self.assertEqual({one["model"] for one in attempts}, {"model-a"})
        self.assertIn("503", str(attempts[0]))
        self.assertIn("429", str(attempts[1]))

    def test_only_rate_limits_give_the_smallest_retry_after(self) -> None:
        for slug, seconds in (("first", 30), ("second", 4), ("third", 12)):
            self.world[slug].script([faults.rate_limited(seconds)])
        response = self.chat()
        self.assert_error(response, 429, "upstream_rate_limited")
        self.assertEqual(response.header("retry-after"), "4")

    def test_one_other_failure_makes_it_an_upstream_error(self) -> None:
        self.first(faults.rate_limited(3))
        self.world["second"].script([faults.status(500)])
        self.world["third"].script([faults.rate_limited(3)])
        self.assert_error(self.chat(), 502, "upstream_error")

    def test_after_a_time_out_of_a_sent_request_one_more_route_is_tried(self) -> None:
        self.all_answer(faults.STALL_BEFORE_HEAD)
        response = self.chat()
        self.assert_error(response, 504, "upstream_timeout")
        self.assert_attempts(response, 2)
        self.assertEqual(self.counts(), [1, 1, 0])

    def test_streams_fail_with_a_status_and_not_in_the_stream(self) -> None:
        for name, step, status in (
            ("error events", faults.error_event_first(), 502),
            ("silence", faults.role_then_silence(), 504),
        ):
            with self.subTest(name):
                self.world.forget()
                self.all_answer(step)
                self.assert_error(self.chat(question(stream=True)), status)

    def test_the_deadline_bounds_everything_up_to_the_answer(self) -> None:
        self.all_answer(faults.reply(drip=1, pause=0.05))
        started = time.monotonic()
        response = self.chat()
        self.assert_error(response, 504, "upstream_timeout")
        self.assertLess(time.monotonic() - started, 4.5)


class MoreRoutesThanAttempts(GatewayCase):
    config = {"failover": {"max_attempts": 2}}

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def test_the_number_of_attempts_is_bounded(self) -> None:
        for upstream in self.world.upstreams:
            upstream.always(faults.status(503))
        response = self.chat()
        self.assert_error(response, 502, "upstream_error")
        self.assert_attempts(response, 2)
        self.assertEqual(len(self.world["third"].requests), 0)
