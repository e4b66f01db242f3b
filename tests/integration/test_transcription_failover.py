"""A recording whose first host fails: the whole form goes to the next, whatever it speaks (spec §5, §6, §9)."""

from __future__ import annotations

import itertools
import json
import random

from sim import faults
from sim.upstream import Step, Then
from support.case import TRANSCRIPTIONS, FreshGatewayCase
from support.multipart import field, file, form
from support.raw_client import Response
from support.registry import World, authority, model, per_minute, speech_world
from support.transcripts import TranscribingCase, sent, wav
from support.waiting import eventually

SPOKEN = wav(1500)
EXPLAINED = {"model": "whisper-a", "modality": "stt"}
SHORT = {
    "timeouts": {"connect": "300ms", "first_byte": "400ms", "first_token": "400ms", "idle": "400ms", "total": "4s"}
}
PROTOCOLS = ("openai", "azure_speech_stt", "infomaniak_stt", "mistral")
FIELDS = (field("language", "de"), field("response_format", "verbose_json"))
GIVEN = form(field("model", "whisper-a"), file("file", 'voice "1".wav', SPOKEN, "audio/wav"), *FIELDS)


class FailoverCase(TranscribingCase):
    config = SHORT

    def setUp(self) -> None:
        super().setUp()
        self.recover()

    def counts(self) -> list[int]:
        return [len(upstream.requests) for upstream in self.world.upstreams]

    def assert_got_all(self, slug: str) -> None:
        """Its first request was the upload, with nothing lost, changed or added."""
        request = self.world[slug].requests[0]
        eventually(lambda: request.whole, "the upload is whole")
        told = sent(request)
        self.assertEqual((told.filename, told.media_type), ('voice "1".wav', "audio/wav"))
        self.assertEqual(told.audio, SPOKEN)

    def assert_moves_on(self, *steps: Step, attempts: int = 2) -> Response:
        """`steps` at the first route; the second one then serves."""
        self.recover()
        self.world["first"].script(steps)
        response = self.transcribe(GIVEN)
        self.assert_ok(response, "second")
        self.assert_attempts(response, attempts)
        self.assertEqual(response.header("x-phi-routed"), "whisper-a/EU/general")
        self.assertEqual(response.header("x-routing-strategy"), "default")
        self.assertIn("second heard", response.json()["text"])
        self.assertEqual(response.header("x-phi-cost-micro"), str(2 * 7_500_000 // 60))
        self.assertEqual(response.header("x-phi-usage"), "provider")
        self.assertIsNone(response.header("retry-after"))
        for slug in ("first", "second"):
            if self.world[slug].requests:
                self.assert_got_all(slug)
        return response


class EveryPair(FailoverCase):
    """From each protocol to each other one."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for number, protocol in enumerate(PROTOCOLS):
            hosted = {"whisper-a": model("stt", price=per_minute(10**number))}
            api = {"pending": 0} if protocol == "infomaniak_stt" else {}
            world.provider(protocol.replace("_", "-"), hosted, protocol=protocol, api=api)
        return world

    def test_the_whole_form_goes_to_the_next_one(self) -> None:
        slugs = [protocol.replace("_", "-") for protocol in PROTOCOLS]
        for first, second in itertools.permutations(slugs, 2):
            with self.subTest(first=first, second=second):
                self.recover()
                self.world[first].script([faults.status(503)])
                order = field("provider", json.dumps({"order": [first, second]}))
                given = form(
                    field("model", "whisper-a"), file("file", 'voice "1".wav', SPOKEN, "audio/wav"), *FIELDS, order
                )
                response = self.transcribe(given)
                self.assert_ok(response, second)
                self.assert_attempts(response, 2)
                self.assertEqual(response.header("x-routing-strategy"), "ordered")
                told = response.json()
                self.assertEqual(told["duration"], 2 if second == "mistral" else 1.5)
                self.assertEqual(" ".join(one["text"].strip() for one in told["segments"]), told["text"])
                self.assertEqual(told["text"].partition(" ")[0], second)
                for slug in (first, second):
                    self.assert_got_all(slug)

    def test_all_four_in_one_request(self) -> None:
        for upstream in self.world.upstreams[:3]:
            upstream.script([faults.status(500)])
        response = self.transcribe(GIVEN)
        self.assert_ok(response, "mistral")
        self.assert_attempts(response, 4)
        for upstream in self.world.upstreams:
            self.assert_got_all(upstream.name)


class FromEach(FailoverCase):
    """Each kind of failure, at a first route of each protocol."""

    FIRST = "openai"

    @classmethod
    def build_world(cls) -> World:
        world = speech_world(stt=(cls.FIRST, "azure_speech_stt", "openai"), tts=())
        if cls.FIRST == "infomaniak_stt":
            world["first"].api.pending = 0
        return world

    def test_statuses(self) -> None:
        for status in (500, 502, 503, 504, 529, 429, 408, 301, 304, 307):
            with self.subTest(status):
                self.assert_moves_on(faults.status(status, b"" if status == 304 else None, {"retry-after": "7"}))

    def test_connections_that_break(self) -> None:
        for name, step in {
            "closed before the head": faults.CLOSE_BEFORE_HEAD,
            "reset before the head": faults.RESET_BEFORE_HEAD,
            "closed within the head": faults.raw(b"HTTP/1.1 200 OK\r\ncont", then=Then.CLOSE),
            "closed after the head": faults.reply(cut=0, then=Then.CLOSE),
            "reset in the body": faults.reply(cut=10, then=Then.RESET),
        }.items():
            with self.subTest(name):
                self.assert_moves_on(step, step)  # one that looks stale is tried once more on a fresh connection

    def test_answers_that_are_none(self) -> None:
        for name, step in {
            "not HTTP": faults.NAMED["invalid_http"](),
            "two framings": faults.length_and_chunked(),
            "a bad chunk": faults.NAMED["bad_chunk"](),
            "a head without an end": faults.big_head(),
            "encoded": faults.gzipped(),
            "a page": faults.reply(body=b"<html>hello</html>", content_type="text/html"),
            "half a JSON": faults.reply(body=b'{"text": "hel'),
            "nothing": faults.reply(body=b""),
        }.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_json_that_is_no_transcript(self) -> None:
        for body in (
            b"[]",
            b"null",
            b"{}",
            b'"text"',
            b'{"text":5}',
            b'{"text":null}',
            b'{"error":{"message":"x"}}',
            b'{"text":"\xff"}',
        ):
            with self.subTest(body):
                self.assert_moves_on(faults.reply(body=body))

    def test_time_outs(self) -> None:
        for name, step in {
            "before the head": faults.STALL_BEFORE_HEAD,
            "after the head": faults.stall_after_head(),
            "in the body": faults.stall_mid_body(),
        }.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_the_operators_mistake_is_not_the_clients(self) -> None:
        for status, code in (
            (401, "upstream_auth_failed"),
            (403, "upstream_auth_failed"),
            (404, "upstream_misconfigured"),
        ):
            with self.subTest(status):
                self.recover()
                self.world["first"].script([faults.refuse(status, "your key sk-upstream is bad")])
                response = self.transcribe(GIVEN)
                error = self.assert_error(response, 502, code)
                self.assertEqual(response.header("x-should-retry"), "false")
                self.assertNotIn("sk-upstream", response.body.decode())
                self.assertEqual([one["provider"] for one in error["metadata"]["attempts"]], ["first"])
                self.assertEqual(self.counts(), [1, 0, 0])

    def test_the_clients_own_mistake_is_passed_on(self) -> None:
        for status in (400, 413, 415, 422):
            with self.subTest(status):
                self.recover()
                self.world["first"].script([faults.refuse(status, "the recording is no recording", "odd_file")])
                response = self.transcribe(GIVEN)
                error = self.assert_error(response, status, passed_on=True)
                self.assertIn("the recording is no recording", error["message"])
                self.assert_attempts(response, 1)
                self.assertEqual(self.counts(), [1, 0, 0])


class FromAzureSpeech(FromEach):
    FIRST = "azure_speech_stt"


class FromInfomaniak(FromEach):
    FIRST = "infomaniak_stt"


class FromMistral(FromEach):
    FIRST = "mistral"


class Uploads(FailoverCase):
    """A provider that does not take the recording to its end."""

    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("openai", "azure_speech_stt", "openai"), tts=())

    LARGE = random.Random(7).randbytes(3_000_000)

    def upload(self, step: Step) -> Response:
        self.recover()
        self.world["first"].script([step, step])
        given = form(field("model", "whisper-a"), file("file", "a.mp3", self.LARGE), field("language", "de"))
        return self.transcribe(given)

    def test_one_that_breaks_off_is_followed_by_the_next(self) -> None:
        for name, step in {
            "a close": faults.raw(then=Then.CLOSE, early=True),
            "a reset": faults.raw(then=Then.RESET, early=True),
            "an early refusal": faults.reply(503, b"{}", early=True, then=Then.CLOSE),
            "silence": faults.raw(then=Then.STALL, early=True),
        }.items():
            with self.subTest(name):
                response = self.upload(step)
                self.assert_ok(response, "second")
                self.assert_attempts(response, 2)
                self.assertEqual(sent(self.one_request(self.world["second"])).audio, self.LARGE)

    def test_an_early_refusal_of_its_size_is_the_clients(self) -> None:
        body = (
            b'{"error":{"message":"too large","type":"invalid_request_error","param":"file","code":"file_too_large"}}'
        )
        response = self.upload(faults.reply(413, body, early=True, then=Then.STALL))
        self.assert_error(response, 413, "file_too_large", passed_on=True)
        self.assertEqual(self.counts()[1:], [0, 0])

    def test_a_certificate_that_does_not_hold_gets_no_byte_of_it(self) -> None:
        upstream = self.world["first"]
        self.addCleanup(setattr, upstream, "tls", upstream.tls)
        upstream.tls = authority().self_signed().context()
        gateway = self.new_gateway()  # whose pool is empty
        self.addCleanup(gateway.remove)
        gateway.start()
        response = gateway.request("POST", TRANSCRIPTIONS, GIVEN.headers, GIVEN.body)
        gateway.stop()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertEqual(upstream.requests, [])
        self.assertEqual(sum(one.http_bytes for one in upstream.connections), 0)
        self.assert_got_all("second")


class AllFail(FailoverCase):
    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("openai", "azure_speech_stt", "infomaniak_stt"), tts=())

    def fails(self, *steps: Step) -> Response:
        for upstream, step in zip(self.world.upstreams, steps, strict=True):
            upstream.always(step)
        return self.transcribe(GIVEN)

    def test_attempts_are_listed(self) -> None:
        response = self.fails(faults.status(503), faults.rate_limited(9), faults.reply(body=b"{}"))
        error = self.assert_error(response, 502, "upstream_error")
        self.assertEqual([one["provider"] for one in error["metadata"]["attempts"]], ["first", "second", "third"])
        self.assert_attempts(response, 3)
        self.assertEqual(response.header("x-provider-slug"), "third")
        self.assertEqual(response.header("x-should-retry"), "false")
        self.assertEqual(response.header("x-phi-tier"), "non_phi")
        self.assertIsNone(response.header("x-phi-cost-micro"))

    def test_only_rate_limits(self) -> None:
        response = self.fails(faults.rate_limited(30), faults.rate_limited(4), faults.rate_limited(12))
        self.assert_error(response, 429, "upstream_rate_limited")
        self.assertEqual(response.header("retry-after"), "4")

    def test_after_a_time_out_one_more_is_tried(self) -> None:
        response = self.fails(*[faults.STALL_BEFORE_HEAD] * 3)
        self.assert_error(response, 504, "upstream_timeout")
        self.assert_attempts(response, 2)
        self.assertEqual(self.counts(), [1, 1, 0])

    def test_an_answer_that_is_too_large_ends_it(self) -> None:
        gateway = self.new_gateway(limits={"response": "64KiB"})
        self.addCleanup(gateway.remove)
        gateway.start()
        body = json.dumps({"text": "x" * 70_000}).encode()
        for framing in ("length", "chunked", "close"):
            self.world["first"].script([faults.reply(body=body, framing=framing)])
            response = gateway.request("POST", TRANSCRIPTIONS, GIVEN.headers, GIVEN.body)
            self.assert_error(response, 502, "upstream_response_too_large")
        gateway.stop()
        self.assertEqual(self.counts()[1:], [0, 0])


class Cooldown(FreshGatewayCase):
    config = {"health": {"cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}}}

    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("azure_speech_stt", "openai"), tts=())

    def setUp(self) -> None:
        self.world.forget()
        super().setUp()

    def test_a_host_that_failed_comes_last_for_a_while(self) -> None:
        self.world["first"].script([faults.status(503)])
        self.assert_ok(self.transcribe(GIVEN), "second")
        explained = self.explain(EXPLAINED)["candidates"]
        self.assertEqual([(one["provider"], one["cooling"]) for one in explained], [("second", False), ("first", True)])
        response = self.transcribe(GIVEN)
        self.assert_ok(response, "second")
        self.assert_attempts(response, 1)
        self.world["second"].script([faults.status(503)])
        self.assert_ok(self.transcribe(GIVEN), "first")  # still tried when nothing else is left

    def test_a_clients_mistake_cools_nothing(self) -> None:
        self.world["first"].script([faults.refuse(400, "no")] * 4)
        for _ in range(4):
            self.assert_error(self.transcribe(GIVEN), 400, passed_on=True)
        self.assertEqual([one["cooling"] for one in self.explain(EXPLAINED)["candidates"]], [False, False])
        self.assert_ok(self.transcribe(GIVEN), "first")
