"""Speech under way when the daemon is told to stop (threats §5), and what is left of it in logs: nothing (threats §4)."""

from __future__ import annotations

import hashlib
import signal
from typing import Any

from sim import faults
from sim.upstream import Gate, Then
from support.case import FreshGatewayCase, spoken
from support.raw_client import Connection, MalformedResponse
from support.registry import World, speech_world
from support.speech import SpeechCase
from support.waiting import eventually

SOUND = b"ID3\x04" + bytes(range(256)) * 4
TEXT, VOICE, MANNER, SAID = (f"canary-{name}-5c1e" for name in ("text", "voice", "manner", "said"))


class DrainCase(SpeechCase, FreshGatewayCase):
    """Each test ends the daemon, so each has its own."""

    protocols = ("azure_speech_tts", "openai")
    config: dict[str, Any] = {
        "drain": {"delay": "50ms", "timeout": "3s"},
        "timeouts": {"first_byte": "20s", "idle": "20s", "total": "20s"},
    }

    def check_nothing_broke(self) -> None:
        self.assertEqual({one.name: one.faults for one in self.world.upstreams if one.faults}, {})

    def assert_ends(self, connection: Connection, code: int) -> None:
        connection.close()
        self.assertEqual(self.gateway.wait(), code)

    def accepting(self) -> bool:
        try:
            self.gateway.connect(timeout=1.0).close()
            return True
        except OSError:
            return False


class Drained(DrainCase):
    def test_audio_under_way_is_finished(self) -> None:
        gate = Gate()
        self.world["voice-1"].script([faults.pieces(SOUND, gate, SOUND)])
        connection, _ = self.open_speech()
        self.assertEqual(connection.read_chunk(), SOUND)
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.accepting(), "the listener closes")
        self.assertTrue(connection.silent())
        gate.open()
        self.assertEqual(connection.read_chunk(), SOUND)
        self.assertEqual(connection.read_chunk(), b"")
        connection.read_trailers()
        self.assertTrue(connection.closed(timeout=1.0), "a kept connection does not hold up the end")
        self.assert_ends(connection, 0)

    def test_audio_not_yet_begun_is_finished_too(self) -> None:
        gate = Gate()
        self.world["voice-1"].script([faults.reply(gate=gate)])
        connection = self.send_speech()
        eventually(lambda: self.world["voice-1"].requests and self.world["voice-1"].requests[0].whole, "asked")
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.accepting(), "the listener closes")
        gate.open()
        response = connection.read_response()
        self.assert_ok(response, "voice-1")
        self.assertEqual(response.header("connection"), "close")
        self.assert_ends(connection, 0)


class CutOff(DrainCase):
    config = {**DrainCase.config, "drain": {"delay": "50ms", "timeout": "300ms"}}

    def test_audio_under_way_is_cut_so_that_it_shows(self) -> None:
        self.world["voice-1"].script([faults.pieces(SOUND, then=Then.STALL)])
        connection, response = self.open_speech()
        self.gateway.signal(signal.SIGTERM)
        self.assertEqual(self.cut_short(connection, response), SOUND)
        self.assert_ends(connection, 3)
        self.assertEqual(self.world["voice-2"].connections, [])

    def test_audio_not_yet_begun_is_told(self) -> None:
        self.world["voice-1"].script([faults.pieces(then=Then.STALL)])
        connection = self.send_speech()
        eventually(lambda: self.world["voice-1"].requests and self.world["voice-1"].requests[0].whole, "asked")
        self.gateway.signal(signal.SIGTERM)
        self.assert_error(connection.read_response(), 503, "shutting_down")
        self.assert_ends(connection, 3)


class OldClients(SpeechCase):
    """HTTP/1.0 has neither chunks nor, here, a length: nothing but the connection's end can tell a part from the whole."""

    config = {"timeouts": {"idle": "300ms"}}

    def heard(self, step: faults.Step | None) -> tuple[bytes, bool]:
        if step is not None:
            self.world["voice-1"].script([step])
        connection = self.send_speech(version="HTTP/1.0")
        response = connection.read_response()
        self.assert_ok(response, "voice-1")
        return response.body, connection.was_reset

    def test_a_part_ends_in_a_reset(self) -> None:
        for then in (Then.CLOSE, Then.RESET, Then.STALL):
            with self.subTest(then):
                self.nothing_cools(spoken())
                body, was_reset = self.heard(faults.pieces(SOUND, then=then))
                self.assertTrue(SOUND.startswith(body))
                self.assertTrue(was_reset)

    def test_the_whole_does_not(self) -> None:
        self.nothing_cools(spoken())
        self.assertEqual(self.heard(faults.pieces(SOUND)), (SOUND, False))


class OldClientsCutOff(DrainCase):
    config = {**DrainCase.config, "drain": {"delay": "50ms", "timeout": "300ms"}}

    def test_a_part_ends_in_a_reset(self) -> None:
        self.world["voice-1"].script([faults.pieces(SOUND, then=Then.STALL)])
        connection = self.send_speech(version="HTTP/1.0")
        connection.read_head()
        self.gateway.signal(signal.SIGTERM)
        self.assertEqual(connection.read_rest(), SOUND)
        self.assertTrue(connection.was_reset)
        self.assertEqual(self.gateway.wait(), 3)


class Secrets(SpeechCase):
    KEY = "canary-clientkey-5c1e"
    config = {
        "auth": {
            "mode": "keys",
            "keys": [{"id": "someone", "sha256": hashlib.sha256(KEY.encode()).hexdigest(), "metrics": True}],
        },
        "timeouts": {"first_byte": "200ms", "idle": "200ms"},
        "log": {"level": "trace", "format": "json"},
    }

    @classmethod
    def build_world(cls) -> World:
        return speech_world((), ("azure_speech_tts", "openai"))

    def say(self, step: faults.Step | None, **fields: Any) -> bytes:
        """Plays one exchange full of canaries and returns the whole answer, broken ones included."""
        for upstream in self.world.upstreams:
            if step is not None:
                upstream.always(step)
        body = spoken(TEXT, instructions=MANNER, **fields)
        try:
            response = self.speak(body, headers=[("Authorization", f"Bearer {self.KEY}")])
        except MalformedResponse:
            return b""
        return response.raw_head + response.body

    def everything(self) -> None:
        said = SAID.encode()
        self.assertIn(b"audio/wav", self.say(None, response_format="wav"))
        self.say(None, voice=VOICE, response_format="aac")
        self.say(None, voice=VOICE, provider={"only": ["voice-1"]})
        for name in ("response_format", "stream_format", "speed", "model", "surprise"):
            self.say(None, **{name: TEXT})
        for status in (400, 401, 404, 415, 429, 500, 503):
            self.say(faults.reply(status, said, [("x-request-id", SAID)], content_type="text/plain"))
        for step in (
            faults.pieces(said, then=Then.CLOSE),
            faults.pieces(said, then=Then.STALL),
            faults.pieces(said, then=Then.RESET),
            faults.reply(body=said, content_type=f"text/{SAID}"),
            faults.reply(body=said, content_type="application/json"),
            faults.raw(b"HTTP/1.1 200 " + said + b"\r\n" + said + b"\r\n\r\n", then=Then.CLOSE),
            faults.raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + said, then=Then.CLOSE),
        ):
            self.say(step)

    def test_no_canary_anywhere(self) -> None:
        self.everything()
        eventually(lambda: self.gateway.log().count('"event":"request"') > 20, "the trace level does log")
        log = self.gateway.log()
        metrics = self.get("/metrics", [("Authorization", f"Bearer {self.KEY}")])
        self.assertEqual(metrics.status, 200)
        for place, text in (
            ("stderr", log),
            ("stdout", self.gateway.output()),
            ("metrics", metrics.body.decode()),
        ):
            for canary in (TEXT, VOICE, MANNER, SAID, self.KEY, "upstream-key-of"):
                with self.subTest(f"{canary} in {place}"):
                    self.assertEqual([line for line in text.splitlines() if canary in line], [])

    def test_the_gateways_own_errors_hold_no_text(self) -> None:
        for fields in (
            {"speed": 9},
            {"response_format": "x"},
            {"voice": 7},
            {"model": "nobody"},
            {"input": TEXT * 300},
        ):
            with self.subTest(fields):
                answer = self.say(None, **fields) if "input" not in fields else self.refused(fields["input"])
                self.assertNotIn(TEXT.encode(), answer)
        self.assertNotIn(SAID.encode(), self.say(faults.status(503, SAID.encode())))
        self.assertNotIn(SAID.encode(), self.say(faults.status(401, SAID.encode())))

    def refused(self, text: Any) -> bytes:
        response = self.speak(spoken(text), headers=[("Authorization", f"Bearer {self.KEY}")])
        self.assert_error(response, 400)
        return response.body
