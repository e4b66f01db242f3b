"""What each provider is sent of a transcription: its own target, fields and file, and nothing else (spec §6, §10)."""

from __future__ import annotations

import json
import random
from typing import Any

from support.case import TRANSCRIPTIONS, recording
from support.multipart import Part, field, file, form, part
from support.registry import World, model, per_minute
from support.transcripts import HOSTS, KEY_HEADERS, SPOKEN, Sent, TranscriptionsCase, Wish, asking, every_protocol, sent

PROMPT = "Grüezi, Phigate; two"


class Requests(TranscriptionsCase):
    ALL = (
        field("language", "de"),
        field("prompt", PROMPT),
        field("temperature", "0.25"),
        field("chunking_strategy", "auto"),
    )

    def test_targets_and_credentials(self) -> None:
        targets = {
            "open": "/open/v1/audio/transcriptions",
            "limited": "/limited/v1/audio/transcriptions",
            "azure": "/azure/openai/v1/audio/transcriptions",
            "dated": "/dated/openai/deployments/dated%2Fwhisper-dated/audio/transcriptions?api-version=2024-10-21",
            "speech": "/speech/speechtotext/transcriptions:transcribe?api-version=2025-10-15",
            "swiss": "/swiss/1/ai/7/openai/audio/transcriptions",
            "mistral": "/mistral/v1/audio/transcriptions",
        }
        for slug, protocol in HOSTS.items():
            with self.subTest(slug):
                self.assert_ok(self.ask(slug), slug)
                request = self.upload(slug)
                self.assertEqual((request.method, request.target), ("POST", targets[slug]))
                header = KEY_HEADERS.get(protocol, "authorization")
                scheme = "Bearer " if header == "authorization" else ""
                self.assertEqual(request.all(header), [f"{scheme}upstream-key-of-{slug}"])

    def test_nothing_of_the_clients_head_but_what_is_named(self) -> None:
        traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        told = [
            ("Traceparent", traceparent),
            ("Authorization", "Bearer client-key"),
            ("Cookie", "a=b"),
            ("X-Stainless-Lang", "python"),
            ("User-Agent", "curl/8"),
            ("X-Custom", "1"),
        ]
        for slug, protocol in HOSTS.items():
            with self.subTest(slug):
                self.world.forget()
                self.assert_ok(self.ask(slug, headers=told, region="EU", phi="false"), slug)
                for request in self.world[slug].requests:
                    names = {name.lower() for name, _ in request.headers}
                    key = KEY_HEADERS.get(protocol, "authorization")
                    usual = {"host", key, "content-type", "content-length", "accept", "traceparent", "user-agent"}
                    self.assertLessEqual(names, usual | {"connection", "accept-encoding"})
                    self.assertEqual(request.header("traceparent"), traceparent)
                    self.assertNotIn("client-key", request.raw_head.decode())

    def test_a_form_with_nothing_but_a_model_and_a_file(self) -> None:
        segments = ("timestamp_granularities[]", "segment")
        due = {
            "open": [("model", "open/whisper-open"), ("response_format", "json")],
            "limited": [("model", "limited/whisper-limited"), ("response_format", "json")],
            "azure": [("model", "azure/whisper-azure"), ("response_format", "json")],
            "dated": [("model", "dated/whisper-dated"), ("response_format", "json")],
            "swiss": [("model", "swiss/whisper-swiss"), ("response_format", "verbose_json"), segments],
            "mistral": [("model", "mistral/whisper-mistral")],
        }
        for slug, fields in due.items():
            with self.subTest(slug):
                self.assertEqual(self.sent_to(slug, asking(slug, SPOKEN)).fields, fields)
        self.assertEqual(self.definition(self.sent_to("speech", asking("speech", SPOKEN))), {})

    def test_all_fields_that_a_client_has(self) -> None:
        model, prompt = "whisper-{0}", ("prompt", PROMPT)
        given = [("language", "de"), prompt, ("temperature", "0.25"), ("chunking_strategy", "auto")]
        verbose = [("response_format", "verbose_json"), ("timestamp_granularities[]", "segment")]
        due = {
            **{slug: [*given, ("response_format", "json")] for slug in ("open", "limited", "azure", "dated")},
            "swiss": [("language", "de"), prompt, *verbose],
            "mistral": [("language", "de"), ("temperature", "0.25")],
        }
        for slug, fields in due.items():
            with self.subTest(slug):
                told = self.sent_to(slug, asking(slug, SPOKEN, *self.ALL))
                self.assertEqual(sorted(told.fields), sorted([("model", f"{slug}/{model.format(slug)}"), *fields]))
        told = self.sent_to("speech", asking("speech", SPOKEN, *self.ALL))
        phrases = {"phrases": ["Grüezi", "Phigate", "two"]}
        self.assertEqual(self.definition(told), {"locales": ["de-DE"], "phraseList": phrases})

    def definition(self, told: Sent) -> dict[str, Any]:
        """What is in it beside the one thing that always is: that no word is masked."""
        self.assertEqual([name for name, _ in told.fields], ["definition"])
        self.assertEqual(told.name, "audio")
        definition = json.loads(told.fields[0][1])
        self.assertEqual(definition.pop("profanityFilterMode"), "None")
        return definition

    def test_a_form_that_the_provider_lacks_is_asked_for_otherwise(self) -> None:
        verbose = [("response_format", "verbose_json"), ("timestamp_granularities[]", "segment")]
        for wish, fields in {
            Wish("text"): [("response_format", "json")],
            Wish("srt"): verbose,
            Wish("vtt"): verbose,
            Wish("verbose_json", ("word",)): [verbose[0], ("timestamp_granularities[]", "word")],
        }.items():
            told = self.sent_to("limited", asking("limited", SPOKEN, wish=wish))
            self.assertCountEqual(told.fields[1:], fields, wish)

    def test_granularities_reach_each_as_it_calls_them(self) -> None:
        both = [("timestamp_granularities[]", "segment"), ("timestamp_granularities[]", "word")]
        due = {"open": both, "azure": both, "swiss": both, "mistral": [("timestamp_granularities", "word")]}
        for name in ("timestamp_granularities[]", "timestamp_granularities"):
            for slug, fields in due.items():
                with self.subTest(slug=slug, name=name):
                    wanted = [field("response_format", "verbose_json"), field(name, "word"), field(name, "segment")]
                    told = self.sent_to(slug, asking(slug, SPOKEN, *wanted)).fields
                    self.assertCountEqual([one for one in told if one[0].startswith("timestamp")], fields)

    def test_the_place_of_the_file_makes_no_difference(self) -> None:
        recorded = file("file", "voice.wav", SPOKEN, "audio/wav")
        for slug in HOSTS:
            told = [field("model", f"whisper-{slug}"), *self.ALL]
            with self.subTest(slug):
                last = self.sent_to(slug, form(*told, recorded))
                self.assertEqual(last.audio, SPOKEN)
                for place in range(len(told)) if slug != "swiss" else (0, 2):
                    self.assertEqual(self.sent_to(slug, form(*told[:place], recorded, *told[place:])), last)

    def test_the_dialect_of_a_model_holds_for_forms(self) -> None:
        facts = self.world.registry["providers"]["open"]["endpoints"]["open-1"]["models"]["whisper-open"]
        dialect = {"rename": {"prompt": "language"}, "drop": ["chunking_strategy"], "default": {"temperature": 0.5}}
        facts["request"] = dialect
        self.addCleanup(facts.pop, "request")
        gateway = self.new_gateway()
        self.addCleanup(gateway.remove)
        gateway.start()
        given = asking("open", SPOKEN, field("prompt", "fr"), field("chunking_strategy", "auto"))
        response = gateway.request("POST", TRANSCRIPTIONS, given.headers, given.body)
        self.assert_ok(response, "open")
        gateway.stop()
        due = [("language", "fr"), ("response_format", "json"), ("temperature", "0.5")]
        self.assertCountEqual(sent(self.upload("open")).fields[1:], due)


class TheFile(TranscriptionsCase):
    def test_any_bytes_arrive_as_they_are(self) -> None:
        draw = random.Random(4711)
        boundary = recording().content_type.partition("boundary=")[2].encode()
        first = self.sent_to("open", asking("open", b"x"))
        self.assertEqual(first.audio, b"x")
        ours = self.upload("open").form().boundary.encode()
        stems = b"".join(b"\r\n--" + ours + bytes([digit]) for digit in b"0123456789abcdef")
        contents = {
            "a NUL": b"\x00",
            "line ends": b"\r\n\r\n\n\r--\r\n--",
            "what looks like a boundary": b"\r\n--" + boundary[:-1] + b"\r\n--" + boundary[:-1] + b"5--\r\n",
            "the boundary without its hyphens": b"\r\n" + boundary[2:] + b"--\r\n",
            "the gateway's own boundary": b"--" + ours + b"\r\n--" + ours + b"--\r\n",
            "all boundaries that the gateway might try next": stems + b"\r\n--" + ours + b"0\r\n",
            "the beginning of the closing boundary": b"x\r\n-",
            "a head of a part": b'Content-Disposition: form-data; name="model"\r\n\r\nauto\r\n',
            "noise": draw.randbytes(3_000_001),
        }
        for name, audio in contents.items():
            for slug in ("open", "speech", "mistral"):
                with self.subTest(slug=slug, content=name):
                    self.assertEqual(self.sent_to(slug, asking(slug, audio)).audio, audio)

    def test_filenames(self) -> None:
        names = (
            "a b.mp3",
            'with "quotes".mp3',
            "a\r\nX-Injected: 1\r\n\r\nb.mp3",
            "Grüezi 👋.mp3",
            "back\\slash.mp3",
            "per%20cent%.mp3",
            "semi;colon; filename=x.mp3",
            "../../etc/passwd.mp3",
            "C:\\fakepath\\voice.mp3",
            "x" * 4000 + ".mp3",
        )
        for slug in HOSTS:
            for name in names if slug != "swiss" else names[2:3]:
                with self.subTest(slug=slug, name=name[:40]):
                    told = self.sent_to(slug, asking(slug, SPOKEN, filename=name))
                    self.assertEqual((told.filename, told.audio), (name, SPOKEN))

    def test_a_filename_that_is_escaped_as_in_mail(self) -> None:
        head = b'Content-Disposition: form-data; filename="a\\"b.mp3"; name="file"'
        told = self.sent_to("open", form(field("model", "whisper-open"), part(head, SPOKEN)))
        self.assertEqual(told.filename, 'a"b.mp3')

    def test_media_types(self) -> None:
        for given, due in ((None, "application/octet-stream"), ("audio/x-odd; a=b", "audio/x-odd; a=b")):
            for slug in HOSTS:
                if slug == "swiss" and given is None:
                    continue  # its answers take their time
                with self.subTest(slug=slug, given=given):
                    fields = field("model", f"whisper-{slug}"), file("file", "a.wav", SPOKEN, given)
                    self.assertEqual(self.sent_to(slug, form(*fields)).media_type, due)

    def test_a_body_in_chunks(self) -> None:
        given = asking("open", SPOKEN)
        pieces = (given.body[start : start + 1000] for start in range(0, len(given.body), 1000))
        chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        framing = [("Transfer-Encoding", "chunked"), *given.headers]
        self.assert_ok(self.post(TRANSCRIPTIONS, chunked, headers=framing), "open")
        self.assertEqual(sent(self.upload("open")).audio, SPOKEN)


class Words(TranscriptionsCase):
    """Languages, prompts and temperatures: what is read of them, and what each provider makes of it."""

    @classmethod
    def build_world(cls) -> World:
        world = every_protocol()
        priced = {"price": per_minute(0.6)}
        hosted = {"whisper-local": model("stt", **priced, locales={"de": "de-CH", "en": "en-GB"})}
        world.provider("local", hosted, protocol="azure_speech_stt")
        hosted = {"whisper-older": model("stt", **priced)}
        world.provider("older", hosted, protocol="azure_speech_stt", endpoint={"api_version": "2024-11-15"})
        return world

    def definition(self, slug: str, *fields: Part) -> dict[str, Any]:
        return json.loads(self.sent_to(slug, asking(slug, SPOKEN, *fields)).fields[0][1])

    def locales(self, slug: str, language: str) -> Any:
        return self.definition(slug, field("language", language)).get("locales")

    def phrases(self, prompt: str, slug: str = "speech") -> Any:
        return self.definition(slug, field("prompt", prompt)).get("phraseList", {}).get("phrases")

    def test_a_language_becomes_a_locale(self) -> None:
        usual = {
            "de": "de-DE",
            "en": "en-US",
            "fr": "fr-FR",
            "it": "it-IT",
            "pt": "pt-BR",
            "no": "nb-NO",
            "zh": "zh-CN",
        }
        for language, locale in {**usual, "de-CH": "de-CH", "fr-CH": "fr-CH", "en-GB": "en-GB"}.items():
            with self.subTest(language):
                self.assertEqual(self.locales("speech", language), [locale])

    def test_a_locale_in_any_case(self) -> None:
        for language, locale in {"DE": "de-DE", "de-ch": "de-CH", "EN-gb": "en-GB"}.items():
            with self.subTest(language):
                self.assertEqual(self.locales("speech", language), [locale])

    def test_the_registrys_locale_wins(self) -> None:
        for language, locale in {"de": "de-CH", "en": "en-GB", "fr": "fr-FR", "de-AT": "de-AT"}.items():
            with self.subTest(language):
                self.assertEqual(self.locales("local", language), [locale])

    def test_others_are_told_the_language_alone(self) -> None:
        """They know codes of two letters: a region behind one would be refused."""
        for slug in ("open", "azure", "swiss", "mistral"):
            for language in ("de", "de-CH", "DE") if slug != "swiss" else ("de-CH",):
                with self.subTest(slug=slug, language=language):
                    told = self.sent_to(slug, asking(slug, SPOKEN, field("language", language)))
                    self.assertEqual(dict(told.fields)["language"], "de")

    def test_mistral_has_no_language_where_it_has_times(self) -> None:
        for wish in (Wish("srt"), Wish("verbose_json"), Wish("verbose_json", ("word",))):
            told = self.sent_to("mistral", asking("mistral", SPOKEN, field("language", "de"), wish=wish))
            self.assertNotIn("language", dict(told.fields))

    def test_a_language_that_the_provider_lacks_is_the_clients_mistake(self) -> None:
        response = self.ask("speech", field("language", "la"))
        error = self.assert_error(response, 400, passed_on=True)
        self.assertEqual(error["param"], "language")
        self.assertIn("la", error["message"])

    def test_what_is_no_language(self) -> None:
        for language in ("", "d", "german", "de_CH", "de-", "-de", "de--CH", "12", "de CH", "de\r\nX: 1", "dé", "🇩🇪"):
            with self.subTest(language):
                error = self.assert_error(self.ask("open", field("language", language)), 400, "invalid_request")
                self.assertEqual(error["param"], "language")
        self.assertEqual(self.world.requests(), 0)

    def test_a_prompt_becomes_phrases(self) -> None:
        cases = {
            "Phigate": ["Phigate"],
            "  two words ;, ,three": ["two words", "three"],
            "line\r\nbreak\nand\ttab": ["line", "break", "and\ttab"],
            " , ;\n": None,
            '"quoted" \\ {"a": 1}': ['"quoted" \\ {"a": 1}'],
            ",".join(map(str, range(150))): [str(number) for number in range(100)],
            "ü" * 150: ["ü" * 100],
        }
        for prompt, phrases in cases.items():
            with self.subTest(prompt[:30]):
                self.assertEqual(self.phrases(prompt), phrases)

    def test_an_older_version_has_no_phrases(self) -> None:
        self.assertIsNone(self.phrases("Phigate", "older"))
        self.assertTrue(self.upload("older").target.endswith("api-version=2024-11-15"))

    def test_a_prompt_of_any_text_reaches_those_that_take_one(self) -> None:
        prompt = 'a\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nother\r\n\x00 👋 ' + "x" * 10_000
        for slug in ("open", "azure", "swiss"):
            with self.subTest(slug):
                told = self.sent_to(slug, asking(slug, SPOKEN, field("prompt", prompt)))
                self.assertEqual(dict(told.fields)["prompt"], prompt)
                self.assertEqual(dict(told.fields)["model"], f"{slug}/whisper-{slug}")

    def test_temperatures(self) -> None:
        for temperature in ("0", "1", "0.5", "0.0", "1.0"):
            for slug in ("open", "azure", "mistral"):
                with self.subTest(slug=slug, temperature=temperature):
                    told = self.sent_to(slug, asking(slug, SPOKEN, field("temperature", temperature)))
                    self.assertEqual(dict(told.fields)["temperature"], temperature)

    def test_what_is_no_temperature(self) -> None:
        for temperature in ("", "1.1", "-0.1", "nan", "inf", "hot", "0,5", "0x1", " 0.5", "0.5 ", "1e999", "+0.5"):
            with self.subTest(temperature):
                error = self.assert_error(self.ask("open", field("temperature", temperature)), 400, "invalid_request")
                self.assertEqual(error["param"], "temperature")
        self.assertEqual(self.world.requests(), 0)
