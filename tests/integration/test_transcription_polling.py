"""A batch that is asked for until it is there: every way in which it comes, fails, lasts, or loses its client."""

from __future__ import annotations

import itertools
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


class PollingCase(TranscribingCase):
    """Each case has a model and a first host of its own, so that all of them can be played at once."""

    MODELS = tuple(f"whisper-{number}" for number in range(16))

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for number, name in enumerate(cls.MODELS):
            hosted = {name: model("stt", price=per_minute(1))}
            world.provider(f"swiss-{number}", hosted, protocol="infomaniak_stt", api={"pending": 0})
        second = {name: model("stt", price=per_minute(10)) for name in cls.MODELS}
        world.provider("second", second, protocol="azure_speech_stt")
        return world

    def play(self, *cases: tuple[Step, ...]) -> list[tuple[Response, list[Request]]]:
        """For each case the answer, and what its first host was sent."""
        hosts = self.world.upstreams[: len(cases)]
        for host, steps in zip(hosts, cases, strict=True):
            host.script(steps)
        answers = self.transcribe_all(to_model(name) for name in self.MODELS[: len(cases)])
        return list(zip(answers, [host.requests for host in hosts], strict=True))


SOON = faults.status(404, headers={"retry-after": "0"})
TOLD = (("x-request-id", "of-the-last"), ("retry-after", "9"), ("set-cookie", "a=b"))
ANSWERED = {
    "usual": (BATCH, NOT_FOUND, PENDING, done()),
    "a time that is named": (BATCH, faults.status(404, headers={"retry-after": "1"}), done()),
    "at once": (BATCH, SOON, SOON, SOON, done()),
    "closed meanwhile": (BATCH, faults.reply(body=b'{"status":"pending"}', then=Then.CLOSE), done()),
    "reset meanwhile": (BATCH, faults.RESET_BEFORE_HEAD, done()),
    "asked too often": (BATCH, NOT_FOUND, faults.rate_limited(1), done()),
    "too much to do": (BATCH, faults.status(503, headers={"retry-after": "1"}), PENDING, done()),
    "other words": (BATCH, done("the last", batch_id="another", error=None)),
    "headers": (
        faults.reply(body=b'{"batch_id":"batch-1"}', headers=[("x-request-id", "of-the-first")]),
        faults.reply(body=b'{"status":"done","data":"hi"}', headers=TOLD),
    ),
}


class Answers(PollingCase):
    config = {"timeouts": {"first_byte": "4s", "idle": "4s", "total": "9s"}}
    MODELS = PollingCase.MODELS[: len(ANSWERED)]

    def setUp(self) -> None:
        super().setUp()
        self.told = dict(zip(ANSWERED, self.shared(), strict=True))

    def shared(self) -> list[tuple[Response, list[Request]]]:
        """All cases are played once, at the same time, for all tests."""
        cls = type(self)
        if not hasattr(cls, "played"):
            cls.played = self.play(*ANSWERED.values())
        return cls.played

    def assert_answered(self, name: str, text: str = "hello") -> tuple[Response, list[Request]]:
        """With the questions, which follow the upload."""
        response, seen = self.told[name]
        self.assert_ok(response)
        self.assertTrue((response.header("x-provider-slug") or "").startswith("swiss-"))
        self.assert_attempts(response, 1)
        self.assertEqual(response.json(), {"text": text, "usage": {"type": "duration", "seconds": 3}})
        return response, seen[1:]

    def test_it_is_asked_for_until_it_is_there(self) -> None:
        response, questions = self.assert_answered("usual")
        self.assertEqual(len(questions), 3)
        for request in questions:
            self.assertEqual((request.method, request.target), ("GET", "/swiss-0/1/ai/7/results/batch-1"))
            self.assertEqual(request.header("authorization"), "Bearer upstream-key-of-swiss-0")
            self.assertEqual((request.body, request.all("content-type"), request.all("content-length")), (b"", [], []))
            self.assertIs(request.connection, questions[0].connection, "one connection serves them all")
        self.assertEqual(response.header("x-phi-cost-micro"), str(3 * 1_000_000 // 60))

    def test_between_two_questions_there_is_a_pause(self) -> None:
        times = [request.received_at for request in self.told["usual"][1]]
        for before, after in itertools.pairwise(times):
            self.assertTrue(PAUSE * 0.9 < after - before < PAUSE * 3, times)

    def test_a_provider_that_names_the_time(self) -> None:
        _, (first, second) = self.assert_answered("a time that is named")
        self.assertTrue(0.95 < second.received_at - first.received_at < 5)

    def test_a_provider_that_is_busy_is_asked_again_as_it_says(self) -> None:
        for name, questions, refused in (("asked too often", 3, 1), ("too much to do", 3, 0)):
            with self.subTest(name):
                _, seen = self.assert_answered(name)
                self.assertEqual(len(seen), questions)
                self.assertTrue(0.95 < seen[refused + 1].received_at - seen[refused].received_at < 5)

    def test_at_once_again_and_again_is_not_obeyed(self) -> None:
        _, questions = self.assert_answered("at once")
        times = [request.received_at for request in questions]
        self.assertGreater(times[1] - times[0], 0.95)
        for before, after in itertools.pairwise(times[1:]):
            self.assertGreater(after - before, 0.09)

    def test_a_connection_that_ends_meanwhile_is_no_failure(self) -> None:
        self.assertEqual(len(self.assert_answered("closed meanwhile")[1]), 2)
        self.assertEqual(len(self.assert_answered("reset meanwhile")[1]), 2)

    def test_the_words_of_the_last_answer_count(self) -> None:
        self.assert_answered("other words", text="the last")

    def test_headers_of_the_answers_on_the_way_stay_behind(self) -> None:
        response, _ = self.told["headers"]
        self.assert_ok(response)
        self.assertEqual(response.header("x-phi-upstream-request-id"), "of-the-first")
        self.assertIsNone(response.header("retry-after"))
        self.assertIsNone(response.header("set-cookie"))


class Failures(PollingCase):
    config = {"timeouts": {"first_byte": "700ms", "idle": "700ms", "total": "2500ms"}}

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
            "too often, and no word of when": faults.status(429),
            "too often for the time that is left": faults.rate_limited(60),
            "silence": faults.STALL_BEFORE_HEAD,
            "half an answer": faults.reply(body=b'{"status":"done"}', cut=5, then=Then.CLOSE),
            "a redirect": faults.NAMED["redirect"](),
            "encoded": faults.reply(body=b"x", headers=[("content-encoding", "gzip")]),
            # The question is the gateway's: the client did not do it.
            **{str(status): faults.refuse(status, "Invalid batch") for status in (400, 405, 410, 422)},
        }
        self.assert_move_on({name: (BATCH, NOT_FOUND, step) for name, step in cases.items()})

    def test_a_provider_that_is_busy_for_ever(self) -> None:
        self.assert_move_on({"six times": (BATCH, *[faults.rate_limited(0)] * 6)})

    def test_a_batch_that_failed_for_its_recording(self) -> None:
        told = to_json({"status": "error", "error": {"code": "bad", "description": "The audio file is corrupt"}})
        error = self.assert_ends(400, None, BATCH, faults.reply(body=told), passed_on=True)
        self.assertIn("corrupt", error["message"])
        self.assertEqual(error["param"], "file")

    def test_the_operators_mistake_shows_late(self) -> None:
        self.recover()
        unknown = {"code": "method_not_found", "description": "Method not found"}
        cases = {"upstream_misconfigured": faults.status(404, unknown), "upstream_auth_failed": faults.status(401, {})}
        answers = self.play(*((BATCH, step) for step in cases.values()))
        for code, (response, seen) in zip(cases, answers, strict=True):
            self.assert_error(response, 502, code)
            self.assertEqual(len(seen), 2)
        self.assertEqual(self.world["second"].requests, [])

    def test_an_error_that_repeats_what_the_client_wrote_cools_nobody(self) -> None:
        for said in ("Invalid audio file for model whisper", "Prompt refused: The selected model is invalid"):
            told = {"result": "error", "error": {"code": "refused", "description": said}}
            error = self.assert_ends(422, None, faults.status(422, told), passed_on=True)
            self.assertEqual(error["message"], said)
            [(response, _)] = self.play((BATCH, done()))
            self.assert_ok(response, "swiss-0")

    def test_a_404_to_the_upload_is_no_batch_to_wait_for(self) -> None:
        self.assert_ends(502, "upstream_misconfigured", NOT_FOUND)

    def test_the_deadline_bounds_all_of_it(self) -> None:
        """Whoever would wait beyond it does not wait: what is left of the time is another host's."""
        self.recover()
        self.world["swiss-0"].always(PENDING)
        started = time.monotonic()
        [(response, _)] = self.play((BATCH,))
        took = time.monotonic() - started
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertTrue(1.9 < took < 2.5, took)


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
