"""Speech that fails before its first byte is asked of the next route; nothing that is no audio is passed on as such (spec §5)."""

from __future__ import annotations

import time

from sim import faults
from sim.upstream import Then
from support.case import spoken
from support.raw_client import Response
from support.speech import SpeechCase, azure_audio, openai_audio

JSON_ERROR = b'{"error":{"message":"overloaded","type":"server_error","param":null,"code":"503"}}'
PAGE = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
AUDIO_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n"
SHORT = {"connect": "300ms", "first_byte": "300ms", "first_token": "300ms", "idle": "300ms", "total": "3s"}
BROKEN = {
    "closed before the head": faults.CLOSE_BEFORE_HEAD,
    "reset before the head": faults.RESET_BEFORE_HEAD,
    "half a head": faults.raw(b"HTTP/1.1 200 OK\r\ncontent-type: audio/", then=Then.CLOSE),
    "no HTTP": faults.raw(b"ID3\x04\x00\x00 200 OK\r\n\r\nhello", then=Then.CLOSE),
    "closed behind the head": faults.pieces(then=Then.CLOSE),
    "reset behind the head": faults.pieces(then=Then.RESET),
    "closed before the announced body": faults.pieces(framing="length", announce=99, then=Then.CLOSE),
    "a bad chunk at once": faults.raw(AUDIO_HEAD + b"5z\r\nhello\r\n0\r\n\r\n", then=Then.CLOSE),
    "no chunk at all": faults.raw(AUDIO_HEAD + b"ID3\x04\r\n", then=Then.CLOSE),
    "length and chunked": faults.reply(
        body=b"ID3", content_type="audio/mpeg", framing="chunked", headers=[("content-length", "3")]
    ),
    "a big head": faults.big_head(),
    "compressed": faults.gzipped(),
}
EMPTY = {
    "a length of 0": faults.reply(body=b"", content_type="audio/mpeg"),
    "the last chunk alone": faults.reply(body=b"", content_type="audio/mpeg", framing="chunked"),
    "the end alone": faults.reply(body=b"", content_type="audio/mpeg", framing="close"),
    "204": faults.reply(204, b"", content_type=""),
}
NO_AUDIO = {
    "an error": faults.reply(body=JSON_ERROR, content_type="application/json"),
    "an error with its charset": faults.reply(body=JSON_ERROR, content_type="Application/JSON; charset=utf-8"),
    "a problem": faults.reply(body=JSON_ERROR, content_type="application/problem+json"),
    "a page": faults.reply(body=PAGE, content_type="text/html"),
    "a page in capitals": faults.reply(body=PAGE, content_type="TEXT/HTML;charset=UTF-8"),
    "an XML error": faults.reply(body=b"<?xml version='1.0'?><error/>", content_type="application/xml"),
    "XML as text": faults.reply(body=b"<?xml version='1.0'?><error/>", content_type="text/xml"),
    "text": faults.reply(body=b"upstream connect error", content_type="text/plain"),
    "events": faults.stream([{"type": "speech.audio.delta", "audio": "AAAA"}]),
    "another sound": faults.reply(body=b"RIFF$\x00\x00\x00WAVE", content_type="audio/wav"),
    "another sound in capitals": faults.reply(body=b"OggS", content_type="Audio/Ogg; codecs=opus"),
    "a sound that no client can ask for": faults.reply(body=b"\x1aE\xdf\xa3", content_type="audio/webm"),
    "no type": faults.reply(body=JSON_ERROR, content_type=""),
}


class FailoverCase(SpeechCase):
    config = {"timeouts": SHORT}

    def assert_moves_on(self, step: faults.Step) -> Response:
        """`step` at the first route; the second one then serves."""
        self.nothing_cools(spoken())
        self.world.forget()
        self.world["voice-1"].script([step, step])  # what looks like a stale connection is tried once more
        response = self.speak()
        self.assert_audio(response, self.sounds(spoken()), provider="voice-2")
        self.assert_attempts(response, 2)
        self.assertEqual(len(self.world["voice-2"].requests), 1)
        return response

    @staticmethod
    def sounds(body: dict) -> bytes:
        """What the second host says."""
        return openai_audio(body)


class FromAzure(FailoverCase):
    protocols = ("azure_speech_tts", "openai")

    def test_statuses(self) -> None:
        for status in (500, 502, 503, 504, 529, 429, 408, 301, 302, 307, 304):
            with self.subTest(status):
                target = {"location": self.world["voice-2"].base_url + "/audio/speech"}
                self.assert_moves_on(faults.status(status, b"" if status == 304 else None, target))

    def test_broken_answers(self) -> None:
        for name, step in BROKEN.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_empty_answers(self) -> None:
        for name, step in EMPTY.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_answers_that_are_no_audio(self) -> None:
        for name, step in NO_AUDIO.items():
            with self.subTest(name):
                self.assert_moves_on(step)

    def test_silence(self) -> None:
        for name, step in {
            "before the head": faults.STALL_BEFORE_HEAD,
            "behind the head": faults.pieces(then=Then.STALL),
            "before the announced body": faults.pieces(framing="length", announce=99, then=Then.STALL),
        }.items():
            with self.subTest(name):
                started = time.monotonic()
                self.assert_moves_on(step)
                self.assertLess(time.monotonic() - started, 1.5)


class FromOpenAi(FromAzure):
    protocols = ("openai", "azure_speech_tts")

    @staticmethod
    def sounds(body: dict) -> bytes:
        return azure_audio(body)


class FromAzureOpenAi(FromOpenAi):
    protocols = ("azure_openai", "azure_speech_tts")


class Ends(FailoverCase):
    protocols = ("azure_speech_tts", "openai", "azure_openai")

    def failed(self, slug: str, step: faults.Step) -> Response:
        """That provider's answer to a request that others could serve too."""
        self.world.forget()
        self.world[slug].script([step])
        response = self.speak(spoken(provider={"order": [slug]}))
        self.assertEqual(response.header("x-provider-slug"), slug)
        self.assert_attempts(response, 1)
        self.assertEqual(self.world.requests(), 1)
        self.assert_ok(self.speak(spoken(provider={"only": [slug]})), slug)  # ends the cooldown, if there is one
        return response

    def test_the_clients_mistakes_are_passed_on(self) -> None:
        for slug in ("voice-1", "voice-2", "voice-3"):
            for status in (400, 413, 422):
                with self.subTest((slug, status)):
                    response = self.failed(slug, faults.refuse(status, "the voice is hoarse"))
                    error = self.assert_error(response, status, passed_on=True)
                    self.assertIn("the voice is hoarse", error["message"])

    def test_azures_wordless_refusals_say_something_all_the_same(self) -> None:
        for body in (b"", b"  \r\n", b"<html><body>400</body></html>"):
            with self.subTest(body):
                response = self.failed("voice-1", faults.reply(400, body, content_type="text/html"))
                error = self.assert_error(response, 400, passed_on=True)
                self.assertNotIn("<", error["message"])
                self.assertEqual(error["type"], "invalid_request_error")

    def test_the_operators_mistakes_are_told_as_such(self) -> None:
        for slug in ("voice-1", "voice-2", "voice-3"):
            for status, code in (
                (401, "upstream_auth_failed"),
                (403, "upstream_auth_failed"),
                (404, "upstream_misconfigured"),
            ):
                with self.subTest((slug, status)):
                    response = self.failed(slug, faults.refuse(status, "canary of the provider"))
                    error = self.assert_error(response, 502, code)
                    self.assertEqual(response.header("x-should-retry"), "false")
                    self.assertNotIn("canary", str(error))

    def test_what_the_gateway_itself_got_wrong_at_azure(self) -> None:
        for status in (405, 406, 415):
            with self.subTest(status):
                self.assert_error(self.failed("voice-1", faults.refuse(status, "")), 502, "upstream_misconfigured")


class AllFail(FailoverCase):
    protocols = ("azure_speech_tts", "openai")

    def all_answer(self, step: faults.Step) -> Response:
        self.world.forget()
        for upstream in self.world.upstreams:
            upstream.always(step)
        response = self.speak()
        self.assert_attempts(response, 2)
        return response

    def test_what_is_said_then(self) -> None:
        for step, status, code, outcomes in (
            (faults.status(503), 502, "upstream_error", [503, 503]),
            (faults.rate_limited(7), 429, "upstream_rate_limited", [429, 429]),
            (faults.STALL_BEFORE_HEAD, 504, "upstream_timeout", ["timeout", "timeout"]),
            (EMPTY["a length of 0"], 502, "upstream_error", ["bad_response", "bad_response"]),
            (NO_AUDIO["a page"], 502, "upstream_error", ["bad_response", "bad_response"]),
        ):
            with self.subTest(code=code, outcomes=outcomes):
                response = self.all_answer(step)
                error = self.assert_error(response, status, code)
                tried = error["metadata"]["attempts"]
                self.assertEqual([one["provider"] for one in tried], ["voice-1", "voice-2"])
                self.assertEqual([one.get("status") or one["failure"] for one in tried], outcomes)
                self.assertEqual(response.all("x-phi-cost-micro"), [])
                if status == 429:
                    self.assertEqual(response.header("retry-after"), "7")

    def test_a_failed_attempt_is_not_metered(self) -> None:
        self.world["voice-1"].script([EMPTY["a length of 0"]])
        response = self.speak()
        self.assert_ok(response, "voice-2")
        self.assertEqual(response.header("x-phi-cost-micro"), str(len(spoken()["input"]) * 150))


class Health(FailoverCase):
    protocols = ("azure_speech_tts", "openai")
    config = {
        "timeouts": SHORT,
        "health": {"window": "300s", "cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}},
    }

    def test_a_route_that_fails_cools_and_a_good_answer_ends_it(self) -> None:
        for name, step in {
            "before its first byte": EMPTY["a length of 0"],
            "no audio": NO_AUDIO["an error"],
            "a status": faults.status(500),
            "behind its first byte": faults.pieces(b"ID3", then=Then.CLOSE),
        }.items():
            with self.subTest(name):
                self.world.forget()
                self.world["voice-1"].script([step])
                if name == "behind its first byte":
                    self.cut_short(*self.open_speech())
                else:
                    self.assert_ok(self.speak(), "voice-2")
                self.assertEqual(self.explained_order(spoken()), ["voice-2", "voice-1"])
                response = self.speak()
                self.assert_ok(response, "voice-2")
                self.assert_attempts(response, 1)
                self.assert_ok(self.speak_at("voice-1"), "voice-1")
                self.assertEqual(self.explained_order(spoken()), ["voice-1", "voice-2"])
