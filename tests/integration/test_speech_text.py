"""What is said, how fast, and how: the text of a speech request on its way through SSML or JSON (spec §10)."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from support.case import spoken
from support.registry import World, model, per_million_chars
from support.speech import PROTOCOLS, SpeechCase, azure_audio, openai_audio

MARKUP = (
    "<speak>",
    "</voice></speak><voice name='de-CH-JanNeural'>",
    "</prosody><break time='10s'/>",
    "<![CDATA[ x ]]>",
    "]]>",
    "<!-- a --> b",
    "<?xml version='1.0'?>a",
    '<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    "&amp; &lt; &#60; &#x3c; &unknown; & &&",
    "\"double\" 'single' `back`",
    "a < b > c = d",
    "%s {0} ${HOME} \\n \\u003c",
)
WRITING = (
    "Grüezi mitenand, ça va? ÄÖÜ ß",
    "e\u0301 a\u0308 n\u0303",  # not composed, and not to be
    "漢字かな交じり文",
    "😀 👩🏽\u200d🔬 🇨🇭",
    "שלום עולם \u200f\u202b",
    "a\u2028b\u2029c\u0085d\u00a0e\ufefff\ufffd",
    "\U0010fffd\U0001fffd",
    "\x7f\x80\x9f.",
    "  leading and trailing  ",
    "tab\tand\nlines\n\n\tand more",
)
UNSPEAKABLE = {  # what XML cannot hold
    "a\u0000b": "a b",
    "a\u0001\u0008\u000b\u000c\u000e\u001fb": "a      b",
    "a\ufffeb\uffffc": "a b c",
}
NAMESPACE = "{http://www.w3.org/2001/10/synthesis}"


class Texts(SpeechCase):
    def said_by_azure(self) -> str:
        """The text in the SSML of the only request."""
        root = ElementTree.fromstring(self.one_request(self.world["voice-1"]).body)
        self.assertEqual([child.tag for child in root], [f"{NAMESPACE}voice"])
        return "".join(root.itertext())

    def test_every_text_arrives_to_the_letter(self) -> None:
        for text in (*MARKUP, *WRITING):
            with self.subTest(text):
                self.world.forget()
                body = spoken(text)
                self.assert_audio(self.speak_at("voice-1", text), azure_audio(body))
                self.assertEqual(self.said_by_azure(), text)
                for slug in ("voice-2", "voice-3"):
                    self.assert_audio(self.speak_at(slug, text), openai_audio(body))
                    self.assertEqual(self.one_request(self.world[slug]).json()["input"], text)

    def test_with_prosody_too(self) -> None:
        for text in MARKUP:
            with self.subTest(text):
                response = self.speak_at("voice-1", text, speed=1.5)
                self.assert_audio(response, azure_audio(spoken(text, speed=1.5)))

    def test_escapes_of_json_mean_what_they_mean(self) -> None:
        body = rb'{"model":"voice-a","voice":"\u0061lloy","input":"\u003c\/speak\u003e \ud83d\ude00 \"\\\t\u00e9"}'
        self.assert_audio(self.speak(body), azure_audio(spoken(json.loads(body)["input"])))

    def test_a_carriage_return_is_a_line_end_at_most(self) -> None:
        for text in ("a\r\nb", "a\rb", "\r\n.\r"):
            with self.subTest(text):
                self.world.forget()
                self.assert_ok(self.speak_at("voice-1", text), "voice-1")
                lines = [text.replace("\r\n", "\n").replace("\r", "\n"), text]
                self.assertIn(self.said_by_azure(), lines)

    def test_what_xml_cannot_hold_becomes_a_space(self) -> None:
        for text, said in UNSPEAKABLE.items():
            with self.subTest(text):
                self.assert_audio(self.speak_at("voice-1", text), azure_audio(spoken(said)))
                self.assert_audio(self.speak_at("voice-2", text), openai_audio(spoken(text)))

    def test_half_a_surrogate_pair_is_no_text(self) -> None:
        for written in (rb"\ud800", rb"\udc00", rb"\ud800a", rb"\udc00\ud800"):
            with self.subTest(written):
                body = b'{"model":"voice-a","voice":"alloy","input":"' + written + b'"}'
                self.assert_error(self.speak(body), 400)
        self.assertEqual(self.world.requests(), 0)

    def test_the_longest_text(self) -> None:
        for text in ("x" * 4096, "😀" * 4096, "e\u0301" * 2048, "&" * 4096, "\x01" * 4095 + "."):
            with self.subTest(text[:4]):
                said = text.replace("\x01", " ")
                self.assert_audio(self.speak_at("voice-1", text), azure_audio(spoken(said)))
                self.assert_audio(self.speak_at("voice-2", text), openai_audio(spoken(text)))

    def test_one_character_more(self) -> None:
        for text in ("x" * 4097, "😀" * 4097, "e\u0301" * 2048 + "x", "&" * 4097, "x" * 1_000_000):
            with self.subTest(text[:4]):
                response = self.speak(spoken(text))
                error = self.assert_error(response, 400, "invalid_request")
                self.assertEqual(error["param"], "input")
                self.assertIn("4096", error["message"])
                self.assert_untried(response)

    def test_what_is_no_text(self) -> None:
        for text in ("", None, 7, True, [], ["a"], {"text": "a"}):
            with self.subTest(text):
                error = self.assert_error(self.speak(spoken(text)), 400, "invalid_request")  # type: ignore[arg-type]
                self.assertEqual(error["param"], "input")
        error = self.assert_error(self.speak({"model": "voice-a", "voice": "alloy"}), 400, "invalid_request")
        self.assertEqual(error["param"], "input")

    def test_nothing_to_say_is_the_clients_mistake_in_the_gateways_words(self) -> None:
        for slug in ("voice-1", "voice-2"):
            response = self.speak_at(slug, "\t \n")
            error = self.assert_error(response, 400, "invalid_request")
            self.assertIn("nothing to speak", error["message"])
            self.assert_untried(response)


class Speeds(SpeechCase):
    def test_they_become_a_rate_in_percent(self) -> None:
        for speed in (0.25, 0.5, 0.99, 1, 1.0, 1.004, 1.006, 1.25, 1.333, 2, 3.999, 4):
            with self.subTest(speed):
                response = self.speak_at("voice-1", speed=speed)
                self.assert_audio(response, azure_audio(spoken(speed=speed)))

    def test_in_any_spelling_of_the_number(self) -> None:
        for written, speed in ((b"1.5e0", 1.5), (b"15E-1", 1.5), (b"0.0025e2", 0.25), (b"400e-2", 4)):
            with self.subTest(written):
                body = b'{"model":"voice-a","voice":"alloy","input":"a","speed":' + written + b"}"
                self.assert_audio(self.speak(body), azure_audio(spoken("a", speed=speed)))

    def test_the_usual_one_has_no_prosody(self) -> None:
        self.speak_at("voice-1", speed=1)
        self.assertNotIn(b"prosody", self.one_request(self.world["voice-1"]).body)

    def test_the_others_get_the_number_as_it_was_written(self) -> None:
        for slug in ("voice-2", "voice-3"):
            body = f'{{"model":"voice-a","voice":"alloy","input":"a","speed":1.50,"provider":{{"only":["{slug}"]}}}}'
            self.assert_ok(self.speak(body.encode()), slug)
            self.assertIn(b'"speed":1.50', self.one_request(self.world[slug]).body)

    def test_what_is_no_speed(self) -> None:
        for written in ("0.249", "4.001", "0", "-1", '"1"', "true", "[]", "{}", "1e400", "-0.0", "1e-400"):
            with self.subTest(written):
                body = f'{{"model":"voice-a","voice":"alloy","input":"a","speed":{written}}}'
                response = self.speak(body.encode())
                error = self.assert_error(response, 400)
                self.assertIn(error["code"], ("invalid_request", "invalid_json"))
                self.assert_untried(response)


class Instructions(SpeechCase):
    protocols = PROTOCOLS[:2]

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        able = model("tts", price=per_million_chars(10_000), features=["instructions"])
        world.provider("able", {"voice-a": able})
        return world

    def test_they_are_passed_on_to_who_takes_them(self) -> None:
        self.assert_ok(self.speak_at("voice-2", instructions="Slowly & <softly>"), "voice-2")
        self.assertEqual(self.one_request(self.world["voice-2"]).json()["instructions"], "Slowly & <softly>")

    def test_azure_is_not_made_to_speak_them(self) -> None:
        response = self.speak_at("voice-1", instructions="Slowly & <softly>")
        self.assert_audio(response, azure_audio(spoken()))
        self.assertNotIn(b"softly", self.one_request(self.world["voice-1"]).body)

    def test_required_parameters_leave_who_declares_them(self) -> None:
        fields: dict[str, Any] = {"instructions": "Slowly", "provider": {"require_parameters": True}}
        self.assert_ok(self.speak(spoken(**fields)), "able")
        self.assert_ok(self.speak(spoken(provider={"require_parameters": True})), "voice-1")

    def test_what_is_no_instruction(self) -> None:
        for given in (7, [], {}, True):
            with self.subTest(given):
                error = self.assert_error(self.speak(spoken(instructions=given)), 400, "invalid_request")
                self.assertEqual(error["param"], "instructions")
