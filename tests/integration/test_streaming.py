"""Streams: what commits them, what is held, how they end, and that nobody waits for a client that has gone (spec §5, §6)."""

from __future__ import annotations

import json
import time

from sim import faults
from sim.upstream import Gate, Then
from support.case import GatewayCase, question
from support.raw_client import Response, request_bytes
from support.registry import World, failover_world, single_world
from support.waiting import eventually

STREAM = question(stream=True)
ROLE = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}],
}


def piece(delta: dict, finish: str | None = None, index: int = 0) -> dict:
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish}],
    }


STOP = piece({}, "stop")
USAGE = {
    "id": "c1",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
}


class StreamCase(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return single_world()

    def stream(self, step: faults.Step | None = None, **fields) -> Response:
        if step is not None:
            self.world["first"].script([step])
        return self.chat(STREAM | fields)

    def streamed(self, *events: faults.Event, **options) -> Response:
        return self.stream(faults.stream(list(events), **options))

    def assert_broken(self, response: Response) -> dict:
        """Committed, then ended by exactly one error event, without a [DONE]."""
        self.assertEqual(response.status, 200)
        errors = [data for data in response.datas() if '"error"' in data]
        self.assertEqual(len(errors), 1, response.body)
        self.assertEqual(response.datas()[-1], errors[0])
        self.assertNotIn(b"[DONE]", response.body)
        error = json.loads(errors[0])["error"]
        self.assertLessEqual({"message", "type", "param", "code"}, set(error))
        return error


class WholeStreams(StreamCase):
    def test_events_pass_as_they_stand(self) -> None:
        events = [
            ROLE,
            piece({"content": "h\u00e9llo"}),
            b'data: {"id":"c1" , "choices":[{"index":0,"delta":{"content":"\\u00e9 "}}]}\n\n',
            STOP,
        ]
        response = self.streamed(*events)
        self.assert_ok(response, "first")
        self.assertTrue(response.header("content-type").startswith("text/event-stream"))
        self.assertTrue(response.chunked)
        for event in events:
            self.assertIn(faults.to_event(event), response.body)
        self.assertEqual(response.datas()[-1], "[DONE]")

    def test_cost_and_usage_are_trailers_and_one_comment_before_the_end(self) -> None:
        response = self.streamed(ROLE, piece({"content": "a"}), STOP, USAGE)
        announced = {one.strip().lower() for one in response.header("trailer").split(",")}
        self.assertEqual(announced, {"x-phi-cost-micro", "x-phi-usage"})
        self.assertIsNone(response.header("x-phi-cost-micro"))
        self.assertEqual(response.trailer("x-phi-cost-micro"), "2000")  # 1000 · 1 + 500 · 2 USD per million
        self.assertEqual(response.trailer("x-phi-usage"), "provider")
        self.assertTrue(
            response.body.endswith(b": x-phi-cost-micro=2000 x-phi-usage=provider\ndata: [DONE]\n\n"),
            response.body[-200:],
        )
        # OpenAI's SDK for Go (1 and 2) takes what ends with a blank line for an event, and its data for JSON.
        self.assertNotIn(None, [event.data for event in response.events()])

    def test_a_missing_done_is_added(self) -> None:
        response = self.streamed(ROLE, piece({"content": "a"}), STOP, done=False)
        self.assert_ok(response)
        self.assertEqual(response.datas()[-1], "[DONE]")
        self.assertEqual(response.body.count(b"[DONE]"), 1)

    def test_a_stream_that_ends_by_a_close_is_whole_when_it_says_so(self) -> None:
        response = self.streamed(ROLE, piece({"content": "a"}), STOP, framing="close")
        self.assert_ok(response)
        self.assertEqual(response.datas()[-1], "[DONE]")

    def test_line_ends_and_odd_cuts(self) -> None:
        expected = self.streamed(ROLE, piece({"content": "a"}), piece({"content": "b"}), STOP).datas()
        for options in (
            {"line_end": b"\r\n"},
            {"line_end": b"\r"},
            {"split": 1},
            {"split": 7},
            {"split": 3, "line_end": b"\r\n"},
            {"split": 5, "line_end": b"\r"},
        ):
            with self.subTest(options):
                self.assertEqual(
                    self.streamed(ROLE, piece({"content": "a"}), piece({"content": "b"}), STOP, **options).datas(),
                    expected,
                )

    def test_comments_and_other_fields(self) -> None:
        odd = b'event: message\nid: 7\nretry: 10\ndata: {"id":"c1",\ndata: "choices":[{"index":0,"delta":{"content":"odd"}}]}\n\n'
        response = self.streamed(faults.comment("OPENROUTER PROCESSING"), ROLE, odd, faults.comment("keep-alive"), STOP)
        self.assert_ok(response)
        self.assertIn("odd", "".join(response.datas()))

    def test_all_choices_must_finish_and_may_interleave(self) -> None:
        events = [
            piece({"content": "a"}, index=0),
            piece({"content": "b"}, index=1),
            piece({}, "stop", 1),
            piece({}, "length", 0),
        ]
        self.assertEqual(self.streamed(*events).datas()[-1], "[DONE]")

    def test_a_large_event_passes(self) -> None:
        text = "x" * 300_000
        response = self.streamed(ROLE, piece({"content": "a"}), piece({"content": text}), STOP)
        self.assertIn(text.encode(), response.body)

    def test_the_connection_is_used_again_on_both_sides(self) -> None:
        connection = self.connect()
        for _ in range(3):
            self.assert_ok(self.chat(STREAM, connection=connection))
        # The provider's last chunk may still be on its way when the next request comes, which then opens a second one.
        self.assertLessEqual(len({id(one.connection) for one in self.world["first"].requests}), 2)

    def test_http_1_0_gets_neither_chunks_nor_trailers(self) -> None:
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST",
                "/v1/chat/completions",
                [("Content-Type", "application/json")],
                json.dumps(STREAM).encode(),
                version="HTTP/1.0",
            )
        )
        response = connection.read_response()
        self.assertEqual(response.status, 200)
        for name in ("transfer-encoding", "trailer", "content-length"):
            self.assertIsNone(response.header(name))
        self.assertEqual(response.datas()[-1], "[DONE]")
        self.assertIn(b": x-phi-cost-micro=", response.body)


class Usage(StreamCase):
    def test_the_usage_chunk_is_hidden_from_who_did_not_ask(self) -> None:
        response = self.streamed(ROLE, piece({"content": "a"}), STOP, USAGE)
        self.assertNotIn(b'"usage"', response.body)
        self.assertEqual(response.trailer("x-phi-usage"), "provider")

    def test_it_is_shown_to_who_asked(self) -> None:
        self.world["first"].script([faults.stream([ROLE, piece({"content": "a"}), STOP, USAGE])])
        response = self.chat(STREAM | {"stream_options": {"include_usage": True}})
        self.assertEqual(json.loads(response.datas()[-2])["usage"]["prompt_tokens"], 1000)

    def test_who_asked_for_none_gets_none(self) -> None:
        self.world["first"].script([faults.stream([ROLE, piece({"content": "a"}), STOP, USAGE])])
        response = self.chat(STREAM | {"stream_options": {"include_usage": False}})
        self.assertNotIn(b'"usage"', response.body)

    def test_only_a_chunk_of_usage_alone_is_hidden(self) -> None:
        counted = piece({"content": "a"}) | {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        empty = ROLE | {"choices": [], "prompt_filter_results": []}
        response = self.streamed(empty, counted, STOP)
        self.assertIn(faults.to_event(counted), response.body)
        self.assertIn(faults.to_event(empty), response.body)

    def test_the_last_usage_block_counts(self) -> None:
        def counted(tokens: int, **more) -> dict:
            return (
                piece({"content": "a"})
                | {"usage": {"prompt_tokens": 1000, "completion_tokens": tokens, "total_tokens": 0}}
                | more
            )

        response = self.streamed(counted(1), counted(2), counted(3), STOP)
        self.assertEqual(response.trailer("x-phi-cost-micro"), "1006")

    def test_usage_behind_the_finish_is_still_read(self) -> None:
        self.assertEqual(
            self.streamed(piece({"content": "a"}), STOP, USAGE, done=False).trailer("x-phi-cost-micro"), "2000"
        )

    def test_without_usage_the_cost_is_estimated(self) -> None:
        response = self.streamed(ROLE, piece({"content": "abcde"}), STOP)
        self.assertEqual(response.trailer("x-phi-usage"), "estimated")
        self.assertIn(b"x-phi-usage=estimated", response.body)
        # ceil(9 / 4) tokens for "user" and "hello" at a dollar, ceil(5 / 4) at two dollars
        self.assertEqual(response.trailer("x-phi-cost-micro"), "7")


class Commit(StreamCase):
    """Nothing reaches the client before the first event with content; then everything held comes first."""

    CONTENT = {
        "content": {"content": "a"},
        "reasoning": {"reasoning": "a"},
        "reasoning_content": {"reasoning_content": "a"},
        "refusal": {"refusal": "a"},
        "content array": {"content": [{"type": "text", "text": "a"}]},
        "tool_calls": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]},
        "function_call": {"function_call": {"name": "f", "arguments": ""}},
        "audio": {"audio": {"id": "a"}},
    }

    EMPTY = {
        "a role": {"role": "assistant"},
        "an empty content": {"content": ""},
        "a null content": {"content": None},
        "an empty reasoning": {"reasoning": "", "reasoning_content": "", "refusal": ""},
        "an empty array": {"content": []},
        "nothing": {},
        "an unknown field": {"x_vendor": "a"},
    }

    def held_until(self, lead: list, commit: dict) -> None:
        gate, rest = Gate(), Gate()
        self.addCleanup(gate.open)
        self.addCleanup(rest.open)
        self.world["first"].script([faults.stream([*lead, gate, commit, rest, STOP])])
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST", "/v1/chat/completions", [("Content-Type", "application/json")], json.dumps(STREAM).encode()
            )
        )
        eventually(lambda: self.world["first"].requests and self.world["first"].requests[0].whole)
        self.assertTrue(connection.silent(0.05), "nothing before the commit")
        gate.open()
        response = connection.read_head()
        self.assertEqual(response.status, 200)
        sent = b"".join(faults.to_event(one) for one in [*lead, commit])
        received = bytearray()
        while len(received) < len(sent):
            received += connection.read_chunk()
        self.assertEqual(bytes(received), sent)
        rest.open()
        while connection.read_chunk():
            pass
        connection.close()
        self.world.forget()

    def test_each_kind_of_content_commits(self) -> None:
        for name, delta in self.CONTENT.items():
            with self.subTest(name):
                self.held_until([ROLE], piece(delta))

    def test_a_finish_reason_commits(self) -> None:
        self.held_until([ROLE], piece({}, "content_filter"))

    def test_what_is_no_content_is_held_and_sent_first(self) -> None:
        lead = [
            faults.comment("processing"),
            *(piece(delta) for delta in self.EMPTY.values()),
            ROLE | {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        ]
        self.held_until(lead, piece({"content": "a"}))

    def test_each_kind_of_emptiness_is_failed_over(self) -> None:
        for name, delta in self.EMPTY.items():
            with self.subTest(name):
                self.world["first"].script([faults.stream([piece(delta)], done=False, then=Then.CLOSE)])
                self.assert_error(self.chat(STREAM), 502, "upstream_error")

    def test_more_than_64_kib_without_content_is_a_failed_attempt(self) -> None:
        self.world["first"].script([faults.stream([faults.comment("x" * 1000)] * 70 + [piece({"content": "a"}), STOP])])
        self.assert_error(self.chat(STREAM), 502, "upstream_error")

    def test_nearly_64_kib_without_content_is_held(self) -> None:
        response = self.streamed(*[faults.comment("x" * 997)] * 60, piece({"content": "a"}), STOP)
        self.assert_ok(response)
        self.assertEqual(response.body.count(b": xxx"), 60)


class Broken(StreamCase):
    config = {"timeouts": {"idle": "300ms", "first_token": "1s"}}

    def test_what_ends_a_committed_stream_badly(self) -> None:
        content = [ROLE, piece({"content": "partial"})]
        cases = {
            "a close": faults.stream(content, done=False, then=Then.CLOSE),
            "a rude close": faults.stream(content, done=False, then=Then.CLOSE_RUDELY),
            "a reset": faults.stream(content, done=False, then=Then.RESET),
            "silence": faults.stream(content, then=Then.STALL),
            "an end without a finish reason": faults.stream(content, done=False),
            "a [DONE] without a finish reason": faults.stream(content),
            "one of two choices unfinished": faults.stream(
                [*content, piece({"content": "b"}, index=1), STOP], done=True
            ),
            "a bad chunk": faults.raw(
                faults.wire.response_head(200, faults.stream_headers("chunked", ()))
                + faults.wire.chunk(b"".join(map(faults.to_event, content)))
                + b"zz\r\n",
                then=Then.CLOSE,
            ),
            "an error event": faults.stream(
                [*content, {"error": {"message": "late failure", "type": "server_error", "code": 500}}], done=False
            ),
        }
        for name, step in cases.items():
            with self.subTest(name):
                self.world.forget()
                self.world["first"].script([step])
                connection, response = self.open_stream()
                while chunk := connection.read_chunk():
                    response.body += chunk
                response.trailers = connection.read_trailers()
                self.assert_broken(response)
                self.assertIn(b"partial", response.body)
                self.assertEqual(response.trailer("x-phi-usage"), "estimated")
                self.assertTrue(connection.closed(), "the connection closes")
                self.assertEqual(len(self.world["first"].requests), 1)

    def test_a_cut_after_the_finish_ends_one_way_or_the_other_but_not_both(self) -> None:
        response = self.streamed(ROLE, piece({"content": "a"}), STOP, done=False, then=Then.CLOSE)
        self.assertNotEqual(b"[DONE]" in response.body, b'"error"' in response.body, response.body)

    def test_comments_keep_a_committed_stream_alive(self) -> None:
        slow = [ROLE, piece({"content": "a"}), *[faults.comment("thinking")] * 8, piece({"content": "b"}), STOP]
        self.world["first"].script([faults.stream(slow, pause=0.1)])
        self.assertEqual(self.chat(STREAM).datas()[-1], "[DONE]")


class NoFailoverAfterTheCommit(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def test_the_other_routes_are_left_alone(self) -> None:
        self.world["first"].script([faults.stream([piece({"content": "a"})], done=False, then=Then.CLOSE)])
        response = self.chat(STREAM)
        self.assertIn(b'"error"', response.body)
        self.assertEqual([len(one.requests) for one in self.world.upstreams], [1, 0, 0])

    def test_events_of_a_failed_route_are_not_mixed_with_the_next_ones(self) -> None:
        self.world["first"].script([faults.error_event_first(lead=[faults.comment("from first"), ROLE])])
        response = self.chat(STREAM)
        self.assert_ok(response, "second")
        self.assertNotIn(b"from first", response.body)
        self.assertEqual(response.body.count(b'"role"'), 1)


class StreamDeadline(GatewayCase):
    config = {"timeouts": {"stream": "1500ms", "idle": "2s", "total": "500ms"}}

    def test_a_stream_is_bounded_after_its_commit(self) -> None:
        self.world["first"].script([faults.stream([piece({"content": "a"})] * 500, pause=0.02)])
        started = time.monotonic()
        response = self.chat(STREAM)
        self.assertLess(time.monotonic() - started, 3)
        self.assertNotIn(b"[DONE]", response.body)
        self.assertIn(b'"error"', response.body)

    def test_the_total_does_not_bound_a_committed_stream(self) -> None:
        self.world["first"].script([faults.stream([piece({"content": "a"})] * 8 + [STOP], pause=0.1)])
        self.assertEqual(self.chat(STREAM).datas()[-1], "[DONE]")


class FailedBeforeHead(GatewayCase):
    def test_a_stream_whose_only_route_fails_is_a_plain_error(self) -> None:
        self.world["first"].script([faults.status(500)])
        response = self.chat(STREAM)
        self.assert_error(response, 502, "upstream_error")
