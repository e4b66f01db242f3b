"""A batch that is asked for until it is there (Infomaniak's): every way in which it comes, fails, lasts, or loses its client."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

from sim import faults
from sim.upstream import Gate, Step, Then
from sim.wire import Request, to_json
from support.case import TRANSCRIPTIONS, FreshGatewayCase
from support.multipart import Form, field, file, form
from support.raw_client import Connection, Response, request_bytes
from support.registry import World, model, per_minute, speech_world
from support.transcripts import TranscribingCase, sent, wav
from support.waiting import eventually, settled

SPOKEN = wav(2500)
BATCH = faults.reply(body=b'{"batch_id":"batch-1"}')
NOT_FOUND = faults.status(404, {"code": "object_not_found", "description": "Object not found"})
PENDING = faults.reply(body=b'{"batch_id":"batch-1","status":"pending","data":null}')
PAUSE = 0.5  # seconds between two questions, unless the provider names another time


def to_model(name: str) -> Form:
    return form(field("model", name), file("file", "voice.wav", SPOKEN, "audio/wav"))


GIVEN = to_model("whisper-a")


def done(text: str = "hello", **more: Any) -> Step:
    told = {"text": text, "duration": 2.5, "segments": [{"start": 0, "end": 2.5, "text": text}]}
    return faults.reply(body=to_json({"status": "done", "data": json.dumps(told), **more}))


class Answers(TranscribingCase):
    config = {"timeouts": {"first_byte": "2s", "idle": "2s", "total": "6s"}}

    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("infomaniak_stt",), tts=())

    def asks(self) -> list[Request]:
        return self.world["first"].requests[1:]

    def assert_answers(self, *steps: Step, text: str = "hello") -> Response:
        """`steps` follow the upload; the last of them is the answer."""
        self.world["first"].script([BATCH, *steps])
        response = self.transcribe(GIVEN)
        self.assert_ok(response, "first")
        self.assert_attempts(response, 1)
        self.assertEqual(response.json(), {"text": text, "usage": {"type": "duration", "seconds": 3}})
        return response

    def test_it_is_asked_for_until_it_is_there(self) -> None:
        response = self.assert_answers(NOT_FOUND, PENDING, NOT_FOUND, done())
        self.assertEqual(len(self.asks()), 4)
        upload = self.world["first"].requests[0]
        for request in self.asks():
            self.assertEqual((request.method, request.target), ("GET", "/first/1/ai/7/results/batch-1"))
            self.assertEqual(request.header("authorization"), "Bearer upstream-key-of-first")
            self.assertEqual((request.body, request.all("content-type"), request.all("content-length")), (b"", [], []))
            self.assertIs(request.connection, upload.connection, "one connection serves them all")
        self.assertEqual(response.header("x-phi-cost-micro"), str(3 * 750_000 // 60))

    def test_it_is_not_asked_for_at_once_nor_too_often(self) -> None:
        self.assert_answers(NOT_FOUND, done())
        times = [request.received_at for request in self.world["first"].requests]
        for before, after in zip(times, times[1:]):
            self.assertGreater(after - before, PAUSE * 0.9)
            self.assertLess(after - before, PAUSE * 3)

    def test_a_provider_that_names_the_time(self) -> None:
        self.assert_answers(faults.status(404, headers={"retry-after": "1"}), done())
        first, second = self.asks()
        self.assertTrue(0.95 < second.received_at - first.received_at < 2.5)

    def test_at_once_again_and_again_is_not_obeyed(self) -> None:
        soon = faults.status(404, headers={"retry-after": "0"})
        self.assert_answers(soon, soon, soon, done())
        times = [request.received_at for request in self.asks()]
        self.assertGreater(times[1] - times[0], 0.95)
        for before, after in zip(times[1:], times[2:]):
            self.assertGreater(after - before, 0.09)

    def test_a_connection_that_was_closed_meanwhile(self) -> None:
        """Between two questions the provider may close it: that is no failure."""
        closing = faults.reply(body=b'{"status":"pending"}', then=Then.CLOSE)
        self.assert_answers(closing, closing, done())
        self.assertEqual(len(self.asks()), 3)

    def test_a_connection_that_was_reset_meanwhile(self) -> None:
        self.assert_answers(faults.RESET_BEFORE_HEAD, done())

    def test_the_words_of_the_last_answer_count(self) -> None:
        self.assert_answers(PENDING, done("the last", batch_id="another", error=None), text="the last")

    def test_headers_of_the_answers_on_the_way_stay_behind(self) -> None:
        told = [("x-request-id", "of-the-last"), ("retry-after", "9"), ("set-cookie", "a=b")]
        pending = faults.reply(body=b'{"batch_id":"batch-1"}', headers=[("x-request-id", "of-the-first")])
        self.world["first"].script([pending, faults.reply(body=b'{"status":"done","data":"hi"}', headers=told)])
        response = self.transcribe(GIVEN)
        self.assert_ok(response, "first")
        self.assertIn(response.header("x-phi-upstream-request-id"), ("of-the-first", "of-the-last"))
        self.assertIsNone(response.header("retry-after"))
        self.assertIsNone(response.header("set-cookie"))


MOST = 16  # cases that are played at once


class Failures(TranscribingCase):
    """Each case has a model and a first host of its own, so that all of them are played at once."""

    config = {"timeouts": {"first_byte": "700ms", "idle": "700ms", "total": "2500ms"}}
    MODEL = "whisper-0"

    @classmethod
    def build_world(cls) -> World:
        world = World()
        names = [f"whisper-{number}" for number in range(MOST)]
        for number, name in enumerate(names):
            hosted = {name: model("stt", price=per_minute(1))}
            world.provider(f"swiss-{number}", hosted, protocol="infomaniak_stt", api={"pending": 0})
        second = {name: model("stt", price=per_minute(10)) for name in names}
        world.provider("second", second, protocol="azure_speech_stt")
        return world

    def play(self, *cases: tuple[Step, ...]) -> list[tuple[Response, list[Request]]]:
        """For each case the answer, and what its first host was sent."""
        hosts = self.world.upstreams[: len(cases)]
        for host, steps in zip(hosts, cases, strict=True):
            host.script(steps)
        answers = self.transcribe_all(to_model(f"whisper-{number}") for number in range(len(cases)))
        return list(zip(answers, [host.requests for host in hosts], strict=True))

    def assert_move_on(self, cases: dict[Any, tuple[Step, ...]]) -> None:
        """All its steps are played, in vain; the second host then serves."""
        self.recover()
        for (name, steps), (response, seen) in zip(cases.items(), self.play(*cases.values()), strict=True):
            with self.subTest(name):
                self.assert_ok(response, "second")
                self.assert_attempts(response, 2)
                self.assertEqual(len(seen), len(steps))
                self.assertEqual(sent(seen[0]).audio, SPOKEN)
        got = [sent(request) for request in self.world["second"].requests]
        self.assertEqual([(one.filename, one.audio) for one in got], [("voice.wav", SPOKEN)] * len(cases))

    def assert_ends(self, status: int, code: str | None, *steps: Step, passed_on: bool = False) -> dict[str, Any]:
        self.recover()
        [(response, seen)] = self.play(steps)
        self.assertEqual(len(seen), len(steps))
        self.assertEqual(self.world["second"].requests, [])
        self.assert_attempts(response, 1)
        return self.assert_error(response, status, code, passed_on=passed_on)

    def test_no_receipt(self) -> None:
        bodies = (
            b"{}",
            b"[]",
            b'{"batch_id":null}',
            b'{"batch_id":""}',
            b'{"batch_id":5}',
            b'{"batch_id":"../../2/secrets"}',
            b'{"batch_id":"a/b"}',
            b'{"batch_id":"a?b=c"}',
            b'{"batch_id":"a\\r\\nX-Injected: 1"}',
            b'{"batch_id":"%2e%2e"}',
            b'{"batch_id":"' + b"x" * 65 + b'"}',
            b'{"batch_id"',
            b"<html>",
            b"",
        )
        self.assert_move_on({body: (faults.reply(body=body),) for body in bodies})

    def test_no_result(self) -> None:
        bodies = (
            b"",
            b"{",
            b"[]",
            b"{}",
            b'{"status":5}',
            b'{"status":"done"}',
            b'{"status":"done","data":"{\\"text\\":"}',
            b'{"status":"done","data":[]}',
            b'{"status":"done","data":{"text":5}}',
        )
        self.assert_move_on({body: (BATCH, faults.reply(body=body)) for body in bodies})

    def test_a_batch_that_failed(self) -> None:
        told = (
            {"status": "error", "error": "internal error"},
            {"status": "failed", "error": {"code": "oops", "description": "out of memory"}},
            {"status": "failed"},
            {"result": "error", "error": {"code": "server_error"}},
        )
        self.assert_move_on({str(one): (BATCH, faults.reply(body=to_json(one))) for one in told})

    def test_questions_that_fail(self) -> None:
        cases = {
            "a status": faults.status(503),
            "too often": faults.rate_limited(1),
            "silence": faults.STALL_BEFORE_HEAD,
            "half an answer": faults.reply(body=b'{"status":"done"}', cut=5, then=Then.CLOSE),
            "a redirect": faults.NAMED["redirect"](),
            "encoded": faults.reply(body=b"x", headers=[("content-encoding", "gzip")]),
        }
        self.assert_move_on({name: (BATCH, NOT_FOUND, step) for name, step in cases.items()})

    def test_a_batch_that_failed_for_its_recording(self) -> None:
        told = to_json({"status": "error", "error": {"code": "bad", "description": "The audio file is corrupt"}})
        error = self.assert_ends(400, None, BATCH, faults.reply(body=told), passed_on=True)
        self.assertIn("corrupt", error["message"])
        self.assertEqual(error["param"], "file")

    def test_the_operators_mistake_shows_late(self) -> None:
        unknown = {"code": "method_not_found", "description": "Method not found"}
        self.assert_ends(502, "upstream_misconfigured", BATCH, faults.status(404, unknown))
        self.assert_ends(502, "upstream_auth_failed", BATCH, faults.status(401, {}))

    def test_a_404_to_the_upload_is_no_batch_to_wait_for(self) -> None:
        self.assert_ends(502, "upstream_misconfigured", NOT_FOUND)

    def test_the_deadline_bounds_all_of_it(self) -> None:
        self.recover()
        self.world["swiss-0"].always(PENDING)
        started = time.monotonic()
        [(response, _)] = self.play((BATCH,))
        took = time.monotonic() - started
        self.assert_error(response, 504, "upstream_timeout")
        self.assertTrue(2.0 < took < 4.5, took)
        self.assert_attempts(response, 1)
        self.assertEqual(self.world["second"].requests, [])


class Leaving(FreshGatewayCase):
    """Whoever goes while a batch is waited for: the client, or the gateway."""

    config = {"drain": {"delay": "10ms", "timeout": "4s"}, "timeouts": {"total": "20s", "first_byte": "10s"}}

    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("infomaniak_stt",), tts=())

    def setUp(self) -> None:
        self.world.forget()
        super().setUp()

    def begin(self, *steps: Step) -> Connection:
        """A request whose batch was asked for once, to no avail."""
        upstream = self.world["first"]
        before = len(upstream.requests)
        upstream.always(PENDING)
        upstream.script([BATCH, *steps])
        connection = self.connect()
        connection.send(request_bytes("POST", TRANSCRIPTIONS, GIVEN.headers, GIVEN.body))
        eventually(lambda: len(upstream.requests) > before + 1, "the batch was asked for")
        return connection

    def test_a_client_that_goes_between_two_questions(self) -> None:
        connections = [self.begin(), self.begin()]
        connections[0].close()
        connections[1].reset()
        asked = len(self.world["first"].requests)
        # One of either may have been on its way.
        self.assertLessEqual(settled(lambda: len(self.world["first"].requests), 1.1), asked + 2)

    def test_a_client_that_goes_within_a_question(self) -> None:
        gate = Gate()
        self.addCleanup(gate.open)
        connection = self.begin(faults.reply(body=b"{}", gate=gate))
        record = self.world["first"].requests[-1].connection
        left = connection.close()
        eventually(lambda: record.peer_closed_at, "the question is cancelled")
        self.assertLess(record.peer_closed_at - left, 0.3)
        self.assertEqual(len(self.world["first"].requests), 2)

    def test_a_drain_waits_for_the_batch(self) -> None:
        connection = self.begin()
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.listens(), "the listener closes")
        self.world["first"].always(done())
        response = connection.read_response()
        self.assert_ok(response, "first")
        self.assertEqual(response.json()["text"], "hello")
        connection.close()
        self.assertEqual(self.gateway.wait(), 0)
        self.gateway_ended = True

    def test_a_drain_that_lasts_too_long_cuts_it(self) -> None:
        connection = self.begin()
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.listens(), "the listener closes")
        self.gateway.signal(signal.SIGTERM)
        response = connection.read_response()
        self.assert_error(response, 503, "shutting_down")
        connection.close()
        self.assertEqual(self.gateway.wait(), 3)
        self.gateway_ended = True

    gateway_ended = False

    def listens(self) -> bool:
        try:
            self.gateway.connect().close()
        except OSError:
            return False
        return True

    def check_nothing_broke(self) -> None:
        if not self.gateway_ended:
            super().check_nothing_broke()
