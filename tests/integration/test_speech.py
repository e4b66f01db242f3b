"""POST /v1/audio/speech: which bytes are asked for, and of whom (spec §10)."""

from __future__ import annotations

from typing import Any

from sim import faults
from support.case import SPEECH, encoded, question, spoken
from support.registry import AZURE_VOICES, UNITS, World, agreement, model, per_million_chars
from support.speech import AZURE_FORMATS, MEDIA_TYPES, PRICE, SpeechCase, azure_audio, openai_audio

AUDIBLE = {"voice-1": azure_audio, "voice-2": openai_audio, "voice-3": openai_audio}


class Formats(SpeechCase):
    def test_every_protocol_gives_every_format_that_it_has(self) -> None:
        for slug, told in AUDIBLE.items():
            for form in AZURE_FORMATS if slug == "voice-1" else MEDIA_TYPES:
                with self.subTest((slug, form)):
                    body = spoken(response_format=form)
                    self.assert_audio(self.speak_at(slug, response_format=form), told(body), form, slug)

    def test_mp3_when_nothing_is_said(self) -> None:
        for slug, told in AUDIBLE.items():
            with self.subTest(slug):
                self.assert_audio(self.speak_at(slug), told(spoken()))
        self.assert_audio(
            self.speak(spoken(response_format=None, speed=None, instructions=None)), azure_audio(spoken())
        )

    def test_what_azure_is_asked(self) -> None:
        for form in AZURE_FORMATS:
            with self.subTest(form):
                self.world.forget()
                self.speak_at("voice-1", response_format=form)
                request = self.one_request(self.world["voice-1"])
                self.assert_asked(request, form)
                self.assertEqual(request.target, "/voice-1/cognitiveservices/v1")

    def test_the_others_get_the_body_as_it_is(self) -> None:
        fields = {"instructions": "whisper", "speed": 1.5, "response_format": "flac", "stream_format": "audio"}
        for slug in ("voice-2", "voice-3"):
            with self.subTest(slug):
                self.assert_ok(self.speak_at(slug, **fields), slug)
                sent = self.one_request(self.world[slug])
                self.assertEqual(sent.json(), spoken(**fields) | {"model": f"{slug}/voice-a"})

    def test_a_format_excludes_the_routes_that_cannot_make_it(self) -> None:
        for form in ("aac", "flac"):
            with self.subTest(form):
                self.world.forget()
                response = self.speak(spoken(response_format=form))
                self.assert_audio(response, openai_audio(spoken(response_format=form)), form, "voice-2")
                self.assert_attempts(response, 1)
                self.assertEqual(self.world["voice-1"].connections, [])

    def test_a_format_that_nobody_makes_is_refused_and_the_others_named(self) -> None:
        for form in ("aac", "flac"):
            with self.subTest(form):
                response = self.speak_at("voice-1", response_format=form)
                error = self.assert_error(response, 400, "unsupported_parameter")
                self.assertEqual(error["param"], "response_format")
                for word in AZURE_FORMATS:
                    self.assertIn(word, error["message"])
                self.assert_untried(response)

    def test_a_word_that_is_no_format(self) -> None:
        for form in ("ogg", "MP3", "mp3 ", "", "json", 7, True, [], ["mp3"], {"type": "mp3"}):
            with self.subTest(form):
                response = self.speak(spoken(response_format=form))
                error = self.assert_error(response, 400, "invalid_request")
                self.assertEqual(error["param"], "response_format")
                self.assert_untried(response)


class Voices(SpeechCase):
    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        tabled = model("tts", price=per_million_chars(1), voices={"anna": "nova", "zoë": "shimmer"})
        world.provider("tabled", {"voice-b": tabled})
        return world

    def test_azures_are_named_by_either_name(self) -> None:
        for name, native in AZURE_VOICES.items():
            for voice in (name, native):
                with self.subTest(voice):
                    response = self.speak_at("voice-1", voice=voice)
                    self.assert_audio(response, azure_audio(spoken(voice=native)))

    def test_as_an_object(self) -> None:
        self.assert_audio(self.speak_at("voice-1", voice={"id": "nova"}), azure_audio(spoken(voice="nova")))
        self.assert_audio(self.speak_at("voice-2", voice={"id": "nova"}), openai_audio(spoken(voice="nova")))

    def test_a_voice_that_no_route_has_is_refused_and_the_others_named(self) -> None:
        for voice in ("onyx", "Alloy", "alloy ", "en-US-GuyNeural", "en-us-avamultilingualneural", "x' name='y", "😀"):
            with self.subTest(voice):
                response = self.speak_at("voice-1", voice=voice)
                error = self.assert_error(response, 400, "unsupported_parameter")
                self.assertEqual(error["param"], "voice")
                for name in AZURE_VOICES:
                    self.assertIn(name, error["message"])
                self.assertNotIn("onyx", error["message"])
                self.assert_untried(response)

    def test_a_voice_excludes_the_routes_that_lack_it(self) -> None:
        response = self.speak(spoken(voice="onyx"))
        self.assert_audio(response, openai_audio(spoken(voice="onyx")), provider="voice-2")
        self.assert_attempts(response, 1)
        self.assertEqual(self.world["voice-1"].connections, [])

    def test_a_table_at_another_protocol(self) -> None:
        for voice, native in (("anna", "nova"), ("nova", "nova"), ("zoë", "shimmer"), ({"id": "anna"}, "nova")):
            with self.subTest(voice):
                self.world.forget()
                body = spoken(model="voice-b", voice=voice)
                self.assert_audio(self.speak(body), openai_audio(body | {"voice": native}), provider="tabled")
                self.assertEqual(self.one_request(self.world["tabled"]).json()["voice"], native)
        error = self.assert_error(self.speak(spoken(model="voice-b", voice="alloy")), 400, "unsupported_parameter")
        self.assertIn("anna, zoë", error["message"])

    def test_without_a_table_any_voice_is_the_providers_affair(self) -> None:
        response = self.speak_at("voice-2", voice="bob")
        error = self.assert_error(response, 400, "invalid_value", passed_on=True)
        self.assertEqual(error["param"], "voice")
        self.assertIn("bob", error["message"])
        self.assert_attempts(response, 1)

    def test_what_is_no_voice(self) -> None:
        cases: list[Any] = [None, 7, "", [], ["alloy"], {}, {"id": None}, {"id": ""}, {"id": 7}, {"name": "alloy"}]
        for voice in [*cases, "v" * 257, "a\nb", "a\u0000b"]:
            with self.subTest(voice):
                response = self.speak(spoken(voice=voice))
                error = self.assert_error(response, 400, "invalid_request")
                self.assertEqual(error["param"].split(".")[0], "voice")
                self.assert_untried(response)
        lacking = {"model": "voice-a", "input": "a"}
        self.assertEqual(self.assert_error(self.speak(lacking), 400, "invalid_request")["param"], "voice")

    def test_a_voice_twice(self) -> None:
        for body in (
            b'{"model":"voice-a","input":"a","voice":"alloy","voice":"echo"}',
            b'{"model":"voice-a","input":"a","voice":"alloy","v\\u006fice":"echo"}',
            b'{"model":"voice-a","input":"a","voice":{"id":"alloy","id":"echo"}}',
            b'{"model":"voice-a","input":"a","voice":"alloy","Voice":"echo"}',
        ):
            with self.subTest(body):
                self.assert_error(self.speak(body), 400, "ambiguous_body")


class Refusals(SpeechCase):
    def test_a_stream_of_events(self) -> None:
        response = self.speak(spoken(stream_format="sse"))
        error = self.assert_error(response, 400, "unsupported_parameter")
        self.assertEqual(error["param"], "stream_format")
        self.assert_untried(response)
        for word in ("SSE", "", "audio ", 1, []):
            with self.subTest(word):
                error = self.assert_error(self.speak(spoken(stream_format=word)), 400, "invalid_request")
                self.assertEqual(error["param"], "stream_format")
        self.assert_ok(self.speak(spoken(stream_format="audio")), "voice-1")

    def test_a_stream_as_others_name_it(self) -> None:
        response = self.speak(spoken(stream=True))
        error = self.assert_error(response, 400, "unsupported_parameter")
        self.assertEqual(error["param"], "stream")
        self.assert_untried(response)
        for word in ("true", "x", "", 1, [], {}):
            with self.subTest(word):
                error = self.assert_error(self.speak(spoken(stream=word)), 400, "invalid_request")
                self.assertEqual(error["param"], "stream")
        for off in (False, None):
            for slug in AUDIBLE:
                with self.subTest((off, slug)):
                    self.assert_ok(self.speak_at(slug, stream=off), slug)

    def test_nothing_to_say(self) -> None:
        for text in ("", " ", "\t \n", "\u0001", "\u00a0\u3000", "\ufeff"):
            with self.subTest(text):
                response = self.speak(spoken(text))
                error = self.assert_error(response, 400, "invalid_request")
                self.assertEqual(error["param"], "input")
                self.assert_untried(response)

    def test_methods(self) -> None:
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
            with self.subTest(method):
                response = self.get(SPEECH, method=method)
                self.assertEqual(response.status, 405)
                self.assertIn("POST", response.header("allow") or "")
                self.assertEqual(response.body == b"", method == "HEAD")
        self.assertEqual(self.get(SPEECH, method="OPTIONS").status, 204)
        self.assertEqual(self.world.requests(), 0)

    def test_other_bodies(self) -> None:
        for content_type in ("text/plain", "application/ssml+xml", "multipart/form-data; boundary=x"):
            with self.subTest(content_type):
                response = self.post(SPEECH, spoken(), headers=[("Content-Type", content_type)])
                self.assert_error(response, 415, "unsupported_media_type")
        for body in (b"", b"[]", b'"text"', b"null", b'{"model":"voice-a"', b'{"model":"voice-a","input":"\xff"}'):
            with self.subTest(body):
                self.assert_error(self.speak(body), 400)
        self.assertEqual(self.world.requests(), 0)

    def test_models_that_do_not_speak(self) -> None:
        self.assert_error(self.speak(spoken(model="voice-z")), 404, "model_not_found")
        self.assert_error(self.chat(question(model="voice-a")), 422, "no_route")

    def test_preferences(self) -> None:
        self.assert_ok(self.speak(spoken(provider={"order": ["voice-3"]})), "voice-3")
        self.assert_ok(self.speak(spoken(provider={"ignore": ["voice-1"]})), "voice-2")
        self.assert_error(self.speak(spoken(provider={"max_price": {"prompt": 1}})), 400)
        self.assert_error(self.speak(spoken(ignore=["voice-1"])), 400, "misplaced_preference")
        for upstream in self.world.upstreams:
            for request in upstream.requests:
                self.assertNotIn(b'"provider"', request.body)


class Streams(SpeechCase):
    """Of a host that declares one."""

    EVENTS = b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\ndata: {"type":"speech.audio.done"}\n\n'

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        able = model("tts", price=per_million_chars(100_000), features=["sse", "stream"])
        world.provider("able", {"voice-a": able})
        return world

    def test_they_come_as_they_are(self) -> None:
        for fields in ({"stream": True}, {"stream_format": "sse"}):
            with self.subTest(fields):
                step = faults.reply(body=self.EVENTS, content_type="text/event-stream", framing="chunked")
                self.world["able"].script([step])
                response = self.speak(spoken(**fields))
                self.assert_ok(response, "able")
                self.assert_attempts(response, 1)
                self.assertEqual(response.header("content-type"), "text/event-stream")
                self.assertEqual(response.body, self.EVENTS)


class Explained(SpeechCase):
    """What /v1/route/explain says and what happens are one."""

    BODIES = (
        spoken(),
        spoken(response_format="flac"),
        spoken(voice="onyx"),
        spoken(voice="onyx", response_format="pcm", provider={"ignore": ["voice-2"]}),
        spoken(stream_format="sse"),
        spoken(stream=True),
        spoken(stream=False),
        spoken(stream="yes"),
        spoken(" \u0001"),
        spoken(response_format="aac", provider={"only": ["voice-1"]}),
        spoken(voice="onyx", provider={"only": ["voice-1"]}),
        spoken(voice="onyx", response_format="flac", provider={"only": ["voice-1"]}),
        spoken(instructions="whisper", provider={"require_parameters": True}),
        spoken("x" * 4097),
        spoken(response_format="ogg"),
        spoken(model="nobody"),
        spoken(provider={"sort": "price", "order": ["voice-2"]}),
        {"model": "auto", "input": "a", "voice": "echo"},
        {"model": "voice-a:floor", "input": "a", "voice": "fable"},
        {"model": "voice-a:free", "input": "a", "voice": "fable"},
    )

    def test_they_agree(self) -> None:
        for phi in (None, "true"):
            for region in (None, "CH"):
                for body in self.BODIES:
                    with self.subTest(phi=phi, region=region, body=str(body)[:120]):
                        self.check(body, region=region, phi=phi)

    def check(self, body: dict[str, Any], **options: Any) -> None:
        response = self.speak(body, **options)
        told = self.post("/v1/route/explain", body, **options)
        if told.status != 200:
            self.assertEqual((told.status, told.json()), (response.status, response.json()))
            return
        explained = told.json()
        if explained["decision"] == "refuse":
            self.assertEqual(explained["error"], response.error)
            self.assertIsNone(response.header("x-phi-attempts"))
            return
        self.assertEqual(explained["modality"], "tts")
        self.assert_ok(response, explained["candidates"][0]["provider"])

    def test_the_reason_of_a_route_without_the_format_or_the_voice(self) -> None:
        for body, word in ((spoken(response_format="flac"), "opus"), (spoken(voice="onyx"), "alloy")):
            with self.subTest(word):
                (left_out,) = self.explain(body)["excluded"]
                self.assertEqual((left_out["provider"], left_out["reason"]), ("voice-1", "parameters"))
                self.assertIn(word, left_out["detail"])


class Policies(SpeechCase):
    """Region and class decide as for any other request (spec §3)."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        voices = {"voices": AZURE_VOICES}
        cheap, dear = per_million_chars(1), per_million_chars(100)
        world.provider("loose", {"voice-a": model("tts", price=cheap)})
        world.provider(
            "covered",
            {"voice-a": model("tts", price=dear, **voices)},
            protocol="azure_speech_tts",
            agreements=[agreement(["EU"], ["tts"])],
        )
        world.provider(
            "chatty", {"voice-a": model("tts", price=cheap)}, agreements=[agreement(["EU"], ["stt", "chat"])]
        )
        world.provider(
            "lapsed", {"voice-a": model("tts", price=cheap)}, agreements=[agreement(["EU"], ["tts"], start=-60, end=0)]
        )
        world.provider(
            "swiss",
            {"voice-a": model("tts", price=cheap, **voices)},
            protocol="azure_speech_tts",
            country="CH",
            regions=["CH"],
        )
        return world

    def reached(self) -> list[str]:
        return [upstream.name for upstream in self.world.upstreams if upstream.connections]

    def test_phi_reaches_the_covered_host_alone(self) -> None:
        response = self.speak(phi="true")
        self.assert_ok(response, "covered")
        self.assertEqual(response.header("x-phi-routed"), "voice-a/EU/phi")
        self.assertEqual(response.header("x-phi-tier"), "phi")
        self.assertEqual(self.reached(), ["covered"])

    def test_phi_is_blocked_where_nobody_is_covered(self) -> None:
        for body, region in (
            (spoken(), "CH"),
            (spoken(response_format="flac"), "EU"),  # what the covered host cannot make, others could
            (spoken(voice="onyx"), "EU"),
            (spoken(provider={"ignore": ["covered"]}), "EU"),
        ):
            with self.subTest((region, body)):
                response = self.speak(body, phi="true", region=region)
                self.assert_error(response, 403, "phi_blocked")
                self.assert_untried(response)
        self.assertEqual(self.reached(), [])

    def test_regions(self) -> None:
        self.assert_ok(self.speak(region="CH"), "swiss")
        self.assertEqual(self.reached(), ["swiss"])
        self.assert_error(self.speak(region="US"), 422, "no_route")
        self.assert_ok(self.speak(spoken(provider={"data_residency": "ch"})), "swiss")


class Metered(SpeechCase):
    """By code point, known before the first byte (spec §7)."""

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        prices = {
            "half": UNITS["tts"](0.5),
            "francs": {"currency": "CHF", "per_million_chars": 16},
            "free": UNITS["tts"](0),
        }
        world.provider("priced", {name: model("tts", price=price) for name, price in prices.items()})
        return world

    def assert_cost(self, response: Any, micros: int) -> None:
        self.assert_ok(response)
        self.assertEqual(response.header("x-phi-cost-micro"), str(micros))
        self.assertEqual(response.header("x-phi-usage"), "estimated")
        self.assertIsNone(response.header("trailer"))

    def test_code_points_count_and_not_bytes_or_what_a_reader_sees(self) -> None:
        for text in ("a", "é", "e\u0301", "漢字", "😀", "👩🏽\u200d🔬", "🇨🇭", "a" * 4096, "\u200b."):
            for slug, factor in (("voice-1", 1), ("voice-2", 10), ("voice-3", 100)):
                with self.subTest((text[:8], slug)):
                    self.assert_cost(self.speak_at(slug, text), len(text) * PRICE * factor)

    def test_escapes_count_as_what_they_mean(self) -> None:
        for written, count in ((b"\\u00e9", 1), (b"\\ud83d\\ude00", 1), (b"\\n.", 2), (b'\\\\\\"', 2)):
            with self.subTest(written):
                body = b'{"model":"voice-a","voice":"alloy","input":"' + written + b'"}'
                self.assert_cost(self.speak(body), count * PRICE)

    def test_one_rounding_and_other_currencies(self) -> None:
        for name, count, micros in (("half", 1, 1), ("half", 2, 1), ("half", 3, 2), ("francs", 3, 53), ("free", 9, 0)):
            with self.subTest((name, count)):
                self.assert_cost(self.speak(spoken("x" * count, model=name)), micros)

    def test_a_refusal_costs_nothing(self) -> None:
        response = self.speak(encoded(spoken(" ", provider={"only": ["voice-1"]})))
        self.assert_error(response, 400, passed_on=True)
        self.assertEqual(response.all("x-phi-cost-micro") + response.all("x-phi-usage"), [])
