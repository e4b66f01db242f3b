"""POST /v1/audio/transcriptions: every form of answer from every protocol, and what it costs (spec §7, §10)."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from sim import faults
from sim.wire import to_json
from support.multipart import field
from support.raw_client import Response
from support.registry import FX, World, model
from support.transcripts import HOSTS, SPOKEN, WISHES, TranscriptionsCase, Wish, asking, every_protocol, wav


class Answers(TranscriptionsCase):
    def test_every_form_of_every_protocol(self) -> None:
        for slug in HOSTS:
            answers = self.transcribe_all(asking(slug, SPOKEN, wish=wish) for wish in WISHES)
            for wish, response in zip(WISHES, answers, strict=True):
                with self.subTest(slug=slug, wish=wish):
                    self.assert_says(response, slug, wish)

    def test_a_language_that_the_client_names(self) -> None:
        for slug in HOSTS:
            wish = Wish("verbose_json", language="fr")
            with self.subTest(slug):
                self.assert_says(self.ask(slug, wish=wish), slug, wish)

    def test_a_clients_temperature_is_that_of_the_segments(self) -> None:
        for slug in ("speech", "swiss", "mistral"):
            response = self.ask(slug, field("temperature", "0.25"), wish=Wish("verbose_json"))
            self.assert_ok(response, slug)
            self.assertEqual({one["temperature"] for one in response.json()["segments"]}, {0.25}, slug)

    def test_hours_have_as_many_digits_as_they_need(self) -> None:
        for hours, written in ((0, "00"), (1, "01"), (99, "99"), (100, "100")):
            self.lasts("speech", hours * 3_600_000 + 1001)
            self.assertIn(f" --> {written}:00:01,001\n", self.ask("speech", wish=Wish("srt")).body.decode())
            self.assert_says(self.ask("speech", wish=Wish("vtt")), "speech", Wish("vtt"))

    def test_a_providers_own_bytes_are_not_touched(self) -> None:
        """Not even those of a JSON with spaces, other fields and an order of its own."""
        body = b'{ "x_groq": {"id": "\\u00fc"} ,\n "usage":{"type":"tokens","total_tokens":5}, "text" : "hello" }\n'
        for slug in ("open", "azure"):
            self.world[slug].script([faults.reply(body=body)])
            response = self.ask(slug)
            self.assert_ok(response, slug)
            self.assertEqual(response.body, body)
            self.assertEqual(response.header("x-phi-usage"), "estimated")

    def test_headers_of_a_provider_stay_behind(self) -> None:
        for slug in HOSTS:
            self.world[slug].script([faults.hostile_headers([("content-language", "de")])])
            response = self.ask(slug)
            self.assert_ok(response, slug)
            for name in ("set-cookie", "server", "x-should-retry", "x-hop", "content-language"):
                self.assertIsNone(response.header(name), name)
            self.assertEqual(response.header("x-phi-routed"), f"whisper-{slug}/EU/general")

    def test_to_http_1_0(self) -> None:
        given = asking("speech", wav(100))
        connection = self.connect()
        head = "POST /v1/audio/transcriptions HTTP/1.0\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"
        connection.send(head.format(given.content_type, len(given.body)).encode() + given.body)
        response = connection.read_response()
        self.assert_ok(response, "speech")
        self.assertFalse(response.chunked)
        self.assertTrue(connection.closed())


class OddAnswers(TranscriptionsCase):
    """What a provider may well write, and what of it would break a cue or a clock."""

    def phrases(self, *spoken: tuple[Any, Any, Any], wish: str = "vtt", total: Any = 9000) -> Response:
        """Azure's answer with these phrases: text, offset and duration."""
        listed = [
            {"text": text, "offsetMilliseconds": offset, "durationMilliseconds": lasts, "locale": "de-DE"}
            for text, offset, lasts in spoken
        ]
        whole = " ".join(str(text) for text, _, _ in spoken)
        body = {"durationMilliseconds": total, "combinedPhrases": [{"text": whole}], "phrases": listed}
        self.world["speech"].script([faults.reply(body=to_json(body))])
        response = self.ask("speech", wish=Wish(wish))
        self.assert_ok(response, "speech")
        return response

    def test_what_is_markup_in_webvtt(self) -> None:
        body = self.phrases(("<b>R&D</b> -> x --> y", 0, 1500)).body.decode()
        self.assertEqual(body.splitlines()[:3], ["WEBVTT", "", "00:00:00.000 --> 00:00:01.500"])
        self.assertEqual(body.count("-->"), 1)
        self.assertIn("&lt;b>R&amp;D&lt;/b>", body)

    def test_in_subrip_it_is_none(self) -> None:
        body = self.phrases(("<b>R&D</b> --> y", 0, 1500), wish="srt").body.decode()
        self.assertTrue(body.startswith("1\n00:00:00,000 --> 00:00:01,500\n<b>R&D</b> "))
        self.assertEqual(body.count("-->"), 1)

    def test_lines_within_a_cue_do_not_end_it(self) -> None:
        text = "one\n\n2\n00:00:01,000 --> 00:00:02,000\r\n\r\ntwo"
        for wish in ("srt", "vtt"):
            cues = self.phrases((text, 0, 1500), ("after", 1500, 500), wish=wish).body.decode().strip().split("\n\n")
            self.assertEqual(len(cues), 2 if wish == "srt" else 3)
            self.assertEqual("".join(cues).count("-->"), 2)

    def test_a_phrase_without_words_is_no_cue(self) -> None:
        body = self.phrases(("", 0, 10), ("  ", 10, 10), ("word", 20, 10), wish="srt").body.decode()
        self.assertEqual(body, "1\n00:00:00,020 --> 00:00:00,030\nword\n\n")

    def test_silence(self) -> None:
        self.assertEqual(self.phrases(wish="srt").body, b"")
        self.assertEqual(self.phrases(wish="vtt").body.strip(), b"WEBVTT")
        self.assertEqual(self.phrases(wish="text").body, b"\n")
        self.assertEqual(self.phrases(wish="json").json(), {"text": "", "usage": {"type": "duration", "seconds": 9}})
        told = self.phrases(wish="verbose_json").json()
        self.assertEqual((told["text"], told["segments"], told["duration"]), ("", [], 9))

    def test_subtitles_of_nothing_but_a_text(self) -> None:
        """Where a length is known, one cue lasts as long; else there is no time that would be true."""
        timeless = to_json({"combinedPhrases": [{"text": "hello"}], "durationMilliseconds": -1})
        for wish in ("srt", "vtt"):
            self.world["speech"].script([faults.reply(body=timeless)])
            error = self.assert_error(self.ask("speech", wish=Wish(wish)), 502, "upstream_error")
            self.assertEqual(error["metadata"]["attempts"][0]["failure"], "bad_response")
        known = timeless.replace(b"-1", b"1500")
        self.world["speech"].script([faults.reply(body=known)])
        body = self.ask("speech", wish=Wish("srt")).body.decode()
        self.assertEqual(body, "1\n00:00:00,000 --> 00:00:01,500\nhello\n\n")

    def test_phrases_without_the_text_of_them_all(self) -> None:
        spoken = [{"text": text, "offsetMilliseconds": 0, "durationMilliseconds": 9} for text in ("Ja.", "Nein.")]
        body = to_json({"durationMilliseconds": 9000, "combinedPhrases": [], "phrases": spoken})
        self.world["speech"].script([faults.reply(body=body)])
        self.assertEqual(self.ask("speech").json()["text"], "Ja. Nein.")

    def test_a_text_that_is_none(self) -> None:
        for content_type, body in (
            ("text/html", b"err"),
            ("text/plain", b"<html>err</html>"),
            ("text/plain", "Grüße".encode("latin-1")),
        ):
            with self.subTest(body):
                self.world["open"].script([faults.reply(body=body, content_type=content_type)])
                self.assert_error(self.ask("open", wish=Wish("text")), 502, "upstream_error")
    
    def test_times_that_make_no_sense_are_mended(self) -> None:
        spoken = [("a", -5, 10), ("b", 2000, -7), ("c", 1e300, 1e300), ("d", "soon", None), ("e", 1.6, 2.4)]
        told = self.phrases(*spoken, wish="verbose_json").json()
        times = [(one["start"], one["end"]) for one in told["segments"]]
        self.assertEqual(len(times), len(spoken))
        self.assertEqual(sorted(start for start, _ in times), [start for start, _ in times])
        for start, end in times:
            self.assertTrue(0 <= start <= end < 1e9, times)
        self.assertEqual({one["text"] for one in told["segments"]}, set("abcde"))

    def test_channels_are_told_in_the_order_of_their_times(self) -> None:
        self.assertEqual(
            [
                one["text"]
                for one in self.phrases(("b", 500, 9), ("c", 900, 9), ("a", 0, 9), wish="verbose_json").json()[
                    "segments"
                ]
            ],
            ["a", "b", "c"],
        )

    def test_characters_that_json_escapes(self) -> None:
        odd = 'quote " backslash \\ control \x01 line \u2028 pair 👋 null \x00'
        self.assertEqual(self.phrases((odd, 0, 10), wish="json").json()["text"], odd)
        self.assertEqual(self.phrases((odd, 0, 10), wish="text").body.decode(), odd + "\n")

    def test_a_batch_in_any_of_its_shapes(self) -> None:
        spoken = {"text": "hello", "duration": 2.5, "segments": [{"start": 0, "end": 2.5, "text": " hello"}]}
        shapes = {
            "an object": spoken,
            "a JSON text, its numbers texts": json.dumps({**spoken, "duration": "2.5"}),
        }
        for name, data in shapes.items():
            with self.subTest(name):
                done = to_json({"batch_id": "a", "status": "success", "data": data})
                self.world["swiss"].script([faults.reply(body=b'{"batch_id":"a-1"}'), faults.reply(body=done)])
                response = self.ask("swiss")
                self.assert_ok(response, "swiss")
                self.assertEqual(response.json(), {"text": "hello", "usage": {"type": "duration", "seconds": 3}})

    def test_a_batch_that_is_its_text_alone(self) -> None:
        done = to_json({"batch_id": "a", "status": "done", "data": " hello\n"})
        self.world["swiss"].script([faults.reply(body=b'{"batch_id":"a-1"}'), faults.reply(body=done)])
        response = self.ask("swiss")
        self.assert_ok(response, "swiss")
        self.assertEqual(response.json(), {"text": "hello"})
        self.assertEqual(response.header("x-phi-usage"), "estimated")


PRICES: dict[str, dict[str, Any]] = {
    "usual": {"currency": "USD", "per_minute": 0.6},
    "odd": {"currency": "CHF", "per_minute": 0.006},
    "dear": {"currency": "EUR", "per_minute": 123.456789},
    "tiny": {"currency": "USD", "per_minute": 0.0003},
    "free": {"currency": "USD", "per_minute": 0},
}


def cost(price: dict[str, Any], seconds: int) -> str:
    """Exactly, and rounded half up once."""
    exact = Fraction(str(price["per_minute"])) * Fraction(str(FX[price["currency"]])) * seconds / 60
    return str(int(exact * 1_000_000 + Fraction(1, 2)))


class Costs(TranscriptionsCase):
    """By the second, rounded up; from what the provider says, else from the file."""

    @classmethod
    def build_world(cls) -> World:
        world = every_protocol()
        hosted = {f"whisper-{name}": model("stt", price=price) for name, price in PRICES.items()}
        world.provider("priced", hosted)
        return world

    def assert_cost(self, response: Response, slug: str, seconds: int, source: str, price: str = "usual") -> None:
        self.assert_ok(response, slug)
        told = (response.header("x-phi-cost-micro"), response.header("x-phi-usage"))
        self.assertEqual(told, (cost(PRICES[price], seconds), source))

    def test_every_price_at_every_length(self) -> None:
        for milliseconds in (1, 999, 1000, 1001, 29_000, 30_001, 59_999, 60_000, 60_001, 3_600_000, 35_999_001):
            self.lasts("priced", milliseconds)
            for name in PRICES:
                with self.subTest(milliseconds=milliseconds, price=name):
                    response = self.ask("priced", hosted=name, wish=Wish("verbose_json"))
                    self.assert_cost(response, "priced", -(-milliseconds // 1000), "provider", name)

    def test_every_protocol_says_how_long_it_was(self) -> None:
        for slug in HOSTS:
            for wish in (Wish(), Wish("verbose_json"), Wish("srt")):
                if slug in ("open", "azure", "dated") and wish.format == "srt":
                    continue  # their own srt has no length
                with self.subTest(slug=slug, wish=wish):
                    self.lasts(slug, 61_001)
                    self.assert_cost(self.ask(slug, wish=wish), slug, 62, "provider")

    def test_where_nobody_says_it_a_wav_does(self) -> None:
        for rate, channels, width in ((8000, 1, 2), (44_100, 2, 2), (16_000, 1, 1), (48_000, 2, 4)):
            for milliseconds in (1000, 1001, 2345):
                audio = wav(milliseconds, rate, channels, width)
                frames = rate * milliseconds // 1000
                with self.subTest(rate=rate, channels=channels, width=width, milliseconds=milliseconds):
                    response = self.ask("open", audio=audio, wish=Wish("text"))
                    self.assert_cost(response, "open", -(-frames // rate), "estimated")

    def test_a_wav_that_was_streamed_has_no_sizes(self) -> None:
        audio = wav(5000)
        for size in (b"\x00" * 4, b"\xff" * 4):
            streamed = audio[:4] + size + audio[8:40] + size + audio[44:]
            self.assert_cost(self.ask("open", audio=streamed, wish=Wish("vtt")), "open", 5, "estimated")

    def test_a_wav_that_lies_is_not_dearer_than_its_bytes(self) -> None:
        """The head says days, or no rate at all."""
        audio = wav(5000)
        lies = {
            "a size beyond the file": audio[:40] + b"\xfe\xff\xff\x7f" + audio[44:],
            "no bytes a second": audio[:28] + b"\x00" * 4 + audio[32:],
        }
        for name, lie in lies.items():
            with self.subTest(name):
                self.assert_cost(self.ask("open", audio=lie, wish=Wish("text")), "open", 5, "estimated")

    def test_any_other_file_counts_as_64_kbit_a_second(self) -> None:
        for size, seconds in ((1, 1), (8000, 1), (8001, 2), (80_000, 10)):
            with self.subTest(size):
                response = self.ask("open", audio=b"\xff\xfb" * (size // 2) + b"x" * (size % 2), wish=Wish("srt"))
                self.assert_cost(response, "open", seconds, "estimated")

    def test_lengths_that_cannot_be(self) -> None:
        for said in ("-1", "1e300", '"long"', "null", "[]", '"-5"', '"nan"', "1e12"):
            with self.subTest(said):
                body = b'{"text":"a","duration":' + said.encode() + b"}"
                self.world["open"].script([faults.reply(body=body)])
                self.assert_cost(self.ask("open", audio=wav(3000)), "open", 3, "estimated")

    def test_fractions_of_a_second_round_up_once(self) -> None:
        for said, seconds in (("2.0", 2), ("2.0004", 2), ("2.001", 3), ("0.1", 1)):
            with self.subTest(said):
                self.world["open"].script([faults.reply(body=b'{"text":"a","duration":' + said.encode() + b"}")])
                self.assert_cost(self.ask("open"), "open", seconds, "provider")
