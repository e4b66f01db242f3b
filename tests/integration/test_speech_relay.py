"""Audio on its way: as it comes, no faster than the client reads, and cut where the provider's is (spec §5, §6)."""

from __future__ import annotations

import json
import time
from pathlib import Path

from sim import faults
from sim.upstream import Gate, Then
from support.case import SPEECH, spoken
from support.raw_client import Connection, Response, request_bytes
from support.speech import PRICE, SpeechCase, azure_audio
from support.waiting import eventually, settled

SOUND = b"ID3\x04" + bytes(range(256)) * 16
BROKEN = {
    "a close": faults.pieces(SOUND, then=Then.CLOSE),
    "a rude close": faults.pieces(SOUND, then=Then.CLOSE_RUDELY),
    "a reset": faults.pieces(SOUND, then=Then.RESET),
    "silence": faults.pieces(SOUND, then=Then.STALL),
    "a body shorter than announced": faults.pieces(SOUND, framing="length", announce=9_999, then=Then.CLOSE),
    "silence before the announced end": faults.pieces(SOUND, framing="length", announce=9_999, then=Then.STALL),
    "a bad chunk": faults.raw(
        b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n4\r\nID3\x04\r\nxyz\r\n",
        then=Then.STALL,
    ),
    "a chunk of another size": faults.raw(
        b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n4\r\nID3\x04?",
        then=Then.STALL,
    ),
}


class RelayCase(SpeechCase):
    protocols = ("azure_speech_tts", "openai")
    config = {"timeouts": {"first_byte": "600ms", "idle": "300ms", "total": "2s", "stream": "20s"}}

    def begin(self, *steps: faults.Step) -> tuple[Connection, Response]:
        self.world["voice-1"].script(steps)
        connection, response = self.open_speech()
        self.assert_ok(response, "voice-1")
        return connection, response


class AsItComes(RelayCase):
    config = {"timeouts": {"first_byte": "5s", "idle": "5s", "total": "5s", "stream": "20s"}}

    def test_the_client_has_the_beginning_while_the_provider_holds_the_rest(self) -> None:
        gates = [Gate(), Gate(), Gate()]
        parts: list[bytes | Gate] = [b"ID3-1", gates[0], b"two", gates[1], b"three", gates[2]]
        connection, response = self.begin(faults.pieces(*parts))
        for gate, part in zip(gates, (b"ID3-1", b"two", b"three"), strict=True):
            self.assertEqual(connection.read_chunk(), part)
            self.assertTrue(connection.silent())
            gate.open()
        self.assertEqual(connection.read_chunk(), b"")
        self.assertEqual(connection.read_trailers(), [])
        self.assertEqual(response.header("x-phi-cost-micro"), str(len(spoken()["input"]) * PRICE))

    def test_the_head_says_it_all(self) -> None:
        connection, response = self.begin(faults.pieces(SOUND, Gate()))
        told = {
            "content-type": "audio/mpeg",
            "transfer-encoding": "chunked",
            "content-length": None,
            "trailer": None,
            "x-phi-routed": "voice-a/EU/general",
            "x-phi-tier": "non_phi",
            "x-phi-attempts": "1",
            "x-fallback-count": "0",
            "x-phi-usage": "estimated",
            "x-routing-strategy": "default",
        }
        self.assertEqual({name: response.header(name) for name in told}, told)
        connection.close()

    def test_any_framing_and_any_cut(self) -> None:
        for framing in ("length", "chunked", "close"):
            for drip in (None, 1, 7, 4096):
                with self.subTest((framing, drip)):
                    sound = SOUND[:600] if drip == 1 else SOUND
                    step = faults.reply(body=sound, content_type="audio/mpeg", framing=framing, drip=drip)
                    self.world["voice-1"].script([step])
                    self.assert_audio(self.speak(), sound, provider="voice-1")

    def test_a_long_one(self) -> None:
        sound = SOUND * 300
        self.world["voice-1"].script(
            [faults.reply(body=sound, content_type="audio/mpeg", framing="chunked", drip=50_000)]
        )
        self.assert_audio(self.speak(), sound)

    def test_what_the_provider_calls_it_does_not_matter_where_it_is_no_other_sound(self) -> None:
        for name in ("audio/mp3", "audio/x-unknown", "application/octet-stream", "AUDIO/MPEG; rate=24000"):
            for slug in ("voice-1", "voice-2"):
                with self.subTest((name, slug)):
                    self.world[slug].script([faults.reply(body=SOUND, content_type=name)])
                    self.assert_audio(self.speak_at(slug), SOUND)

    def test_its_other_headers_stay_behind(self) -> None:
        self.world["voice-1"].script([faults.hostile_headers([("content-disposition", "attachment")])])
        response = self.speak()
        self.assert_audio(response, azure_audio(spoken()))
        for name in ("set-cookie", "server", "content-disposition", "x-hop", "keep-alive", "x-should-retry"):
            self.assertIsNone(response.header(name), name)
        self.assertEqual(response.header("x-phi-routed"), "voice-a/EU/general")
        self.assertEqual(response.header("x-phi-upstream-request-id"), "upstream-id-1")

    def test_azures_own_request_id_is_told(self) -> None:
        response = self.speak()
        self.assertEqual(response.header("x-phi-upstream-request-id"), "azure-request-3")

    def test_what_a_provider_is_sent(self) -> None:
        secret = [("Authorization", "Bearer mine"), ("Cookie", "a=b"), ("X-Forwarded-For", "10.0.0.1")]
        for slug in ("voice-1", "voice-2"):
            with self.subTest(slug):
                body = spoken(provider={"only": [slug]})
                self.assert_ok(self.speak(body, headers=[*secret, ("Accept", "application/octet-stream")]), slug)
                sent = self.one_request(self.world[slug])
                self.assertEqual(
                    [sent.header(name) for name in ("cookie", "x-forwarded-for", "x-phi", "x-region")], [None] * 4
                )
                self.assertNotIn("mine", sent.raw_head.decode())
                self.assertEqual(sent.header("accept-encoding"), "identity")

    def test_connections_are_used_again_on_both_sides(self) -> None:
        connection = self.connect()
        for _ in range(4):
            self.assert_ok(self.post(SPEECH, spoken(), connection=connection), "voice-1")
        self.assertLessEqual(len({id(one.connection) for one in self.world["voice-1"].requests}), 2)

    def test_http_1_0_gets_neither_chunks_nor_a_length_and_an_end(self) -> None:
        response = self.send_speech(version="HTTP/1.0", headers=[("Connection", "keep-alive")]).read_response()
        self.assert_ok(response, "voice-1")
        self.assertEqual(response.body, azure_audio(spoken()))
        for name in ("transfer-encoding", "trailer", "content-length"):
            self.assertIsNone(response.header(name))
        self.assertEqual(response.header("connection"), "close")


class Broken(RelayCase):
    def test_what_breaks_behind_its_first_byte_is_cut_and_not_begun_again(self) -> None:
        for name, step in BROKEN.items():
            with self.subTest(name):
                self.nothing_cools(spoken())
                self.world.forget()
                connection, response = self.begin(step)
                heard = self.cut_short(connection, response)
                self.assertTrue(heard and SOUND.startswith(heard), heard[:60])
                self.assertEqual(self.world["voice-2"].connections, [])

    def test_it_counts_against_the_route_and_the_connection_is_given_up(self) -> None:
        before = self.gateway.samples()
        connection, response = self.begin(faults.pieces(SOUND, then=Then.STALL))
        self.cut_short(connection, response)
        upstream = self.world["voice-1"].connections[0]
        eventually(lambda: upstream.peer_closed_at, "the connection is closed")
        after = self.gateway.samples()
        labels = {"provider": "voice-1", "outcome": "timeout"}
        name = "phigate_attempts_total"
        self.assertEqual(after.total(name, **labels) - before.total(name, **labels), 1)

    def test_the_next_request_is_none_the_worse(self) -> None:
        connection, response = self.begin(faults.pieces(SOUND, then=Then.CLOSE))
        self.cut_short(connection, response)
        self.nothing_cools(spoken())
        self.world.forget()
        self.assert_audio(self.speak(), azure_audio(spoken()), provider="voice-1")

    def test_surplus_bytes_behind_the_end_make_it_a_broken_answer(self) -> None:
        surplus = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        step = faults.reply(body=SOUND, content_type="audio/mpeg", framing="chunked", surplus=surplus)
        connection, response = self.begin(step)
        self.cut_short(connection, response)
        self.nothing_cools(spoken())
        self.assert_audio(self.speak(), azure_audio(spoken()))
        self.assertEqual(len({id(one.connection) for one in self.world["voice-1"].requests}), 2)

    def test_a_part_of_an_answer_is_none(self) -> None:
        self.nothing_cools(spoken())
        self.world.forget()
        for status in (204, 206):
            with self.subTest(status):
                self.world["voice-1"].script([faults.reply(status, SOUND, content_type="audio/mpeg")])
                self.assert_ok(self.speak(), "voice-2")
                self.nothing_cools(spoken())

    def test_an_old_client_gets_what_there_is_and_a_close(self) -> None:
        self.world["voice-1"].script([faults.pieces(SOUND, then=Then.CLOSE)])
        response = self.send_speech(version="HTTP/1.0").read_response()
        self.assert_ok(response, "voice-1")
        self.assertTrue(SOUND.startswith(response.body))
        self.assertEqual(self.world["voice-2"].connections, [])


class Deadlines(RelayCase):
    config = {"timeouts": {**RelayCase.config["timeouts"], "total": "500ms"}}

    def test_the_deadline_ends_with_the_first_byte(self) -> None:
        step = faults.reply(body=SOUND[:30], content_type="audio/mpeg", framing="chunked", drip=1, pause=0.03)
        started = time.monotonic()
        self.world["voice-1"].script([step])
        self.assert_audio(self.speak(), SOUND[:30])
        self.assertGreater(time.monotonic() - started, 0.8)


class StreamDeadline(RelayCase):
    config = {"timeouts": {**RelayCase.config["timeouts"], "stream": "500ms"}}

    def test_audio_without_an_end_is_cut_and_does_not_count_against_the_route(self) -> None:
        step = faults.reply(body=SOUND, content_type="audio/mpeg", framing="chunked", drip=1, pause=0.01)
        started = time.monotonic()
        connection, response = self.begin(step)
        self.cut_short(connection, response)
        self.assertLess(abs(time.monotonic() - started - 0.5), 0.4)
        self.assertFalse(self.explain(spoken())["candidates"][0]["cooling"])


class Disconnects(RelayCase):
    """The client's going cancels the provider's work within 100 ms (spec §5): the median of five tries."""

    config = {"timeouts": {"first_byte": "20s", "idle": "20s", "total": "20s"}}

    def assert_prompt(self, step: faults.Step, chunks: int | None, *, resets: bool = False) -> None:
        delays = []
        for _ in range(5):
            self.world.forget()
            self.world["voice-1"].script([step])
            connection = self.send_speech()
            eventually(lambda: self.world["voice-1"].requests and self.world["voice-1"].requests[0].whole, "asked")
            if chunks is not None:
                connection.read_head()
                for _ in range(chunks):
                    connection.read_chunk()
            record = self.world["voice-1"].requests[0].connection
            self.assertIsNone(record.peer_closed_at)
            left = connection.reset() if resets else connection.close()
            eventually(lambda one=record: one.peer_closed_at, "the request is cancelled")
            delays.append((record.peer_closed_at or 0) - left)
        self.assertLess(sorted(delays)[2], 0.1, delays)
        self.assertEqual(self.world["voice-2"].connections, [])

    def test_before_the_head(self) -> None:
        self.assert_prompt(faults.STALL_BEFORE_HEAD, None)

    def test_before_the_first_byte(self) -> None:
        self.assert_prompt(faults.pieces(then=Then.STALL), None)

    def test_in_silence(self) -> None:
        self.assert_prompt(faults.pieces(SOUND, then=Then.STALL), 1)
        self.assert_prompt(faults.pieces(SOUND, then=Then.STALL), 1, resets=True)

    def test_while_it_flows(self) -> None:
        step = faults.reply(body=SOUND * 50, content_type="audio/mpeg", framing="chunked", drip=500, pause=0.005)
        self.assert_prompt(step, 3)

    def test_it_does_not_count_against_the_route(self) -> None:
        self.assert_prompt(faults.pieces(SOUND, then=Then.STALL), 1)
        self.assertFalse(self.explain(spoken())["candidates"][0]["cooling"])
        self.assert_ok(self.speak(), "voice-1")


class BackPressure(RelayCase):
    config = {"timeouts": {"first_byte": "20s", "idle": "500ms", "total": "20s", "stream": "60s"}}
    PIECE = b"\xff\xfb" * 8_000
    COUNT = 6_000  # about 96 MB

    def resident(self) -> int:
        """Bytes of the daemon's memory."""
        assert self.gateway.process is not None
        status = Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def test_a_client_that_does_not_read_stops_its_provider(self) -> None:
        self.assert_ok(self.speak())
        self.world.forget()
        before = self.resident()
        self.world["voice-1"].script([faults.pieces(*[self.PIECE] * self.COUNT)])
        connection, response = self.open_speech(receive_buffer=16_384, timeout=30.0)
        self.assert_ok(response)
        record = self.world["voice-1"].requests[0].connection
        settled(lambda: record.sent_bytes, still=0.8)
        self.assertLess(record.sent_bytes, 40_000_000, "kernel buffers and a little more, not the whole answer")
        self.assertLess(self.resident() - before, 16 << 20)
        self.assertIsNone(record.peer_closed_at, "a slow client's waiting is not the provider's silence")
        connection.close()
        eventually(lambda: record.peer_closed_at, "the provider's connection is given up")

    def test_a_slow_client_gets_everything_in_the_end(self) -> None:
        self.world["voice-1"].script([faults.pieces(*[self.PIECE] * 400)])
        connection, response = self.open_speech(receive_buffer=16_384, timeout=30.0)
        self.assertTrue(settled(lambda: self.world["voice-1"].requests[0].connection.sent_bytes, still=0.7))
        while chunk := connection.read_chunk():
            response.body += chunk
        self.assertTrue(response.body == self.PIECE * 400)

    def test_requests_in_a_row_are_answered_one_by_one(self) -> None:
        connection = self.connect()
        texts = ("one", "two", "three")
        for text in texts:
            connection.send(request_bytes("POST", SPEECH, self.told(None, None, ()), json.dumps(spoken(text)).encode()))
        for text in texts:
            self.assert_audio(connection.read_response(), azure_audio(spoken(text)))
