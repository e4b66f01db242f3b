"""Azure Speech: fast transcription and text to speech."""

from __future__ import annotations

import json
import unittest
from typing import Any

from support.multipart import Form, field, file, form
from support.raw_client import Response

from sim import speaking
from sim.azure_speech_tts_api import FORMATS, MEDIA_TYPES
from sim.case import AUDIO, AZURE_KEY, BEARER, SimulatorCase
from sim.hearing import SWEAR_WORD, digest

STT = "/speechtotext/transcriptions:transcribe?api-version=2025-10-15"
TTS = "/cognitiveservices/v1"
MP3 = "audio-24khz-48kbitrate-mono-mp3"


class FastTranscription(SimulatorCase):
    models = {}
    options = {"protocol": "azure_speech_stt"}
    credential = AZURE_KEY

    def built(self, **definition: Any) -> Form:
        return form(field("definition", json.dumps(definition)), file("audio", "a.mp3", AUDIO))

    def transcribe(self, path: str = STT, **definition: Any) -> Response:
        return self.send(path, self.built(**definition))

    def test_the_text_proves_which_bytes_came(self) -> None:
        told = self.transcribe(locales=["de-CH"], profanityFilterMode="None").json()
        (whole,) = told["combinedPhrases"]
        self.assertIn(f"vendor heard {len(AUDIO)} bytes sha256 {digest(AUDIO)}.", whole["text"])
        self.assertIn(SWEAR_WORD, whole["text"])
        self.assertEqual(whole["text"], " ".join(one["text"] for one in told["phrases"]))
        self.assertEqual({one["locale"] for one in told["phrases"]}, {"de-CH"})
        words = [word for one in told["phrases"] for word in one["words"]]
        self.assertEqual(sum(word["durationMilliseconds"] for word in words), told["durationMilliseconds"])

    def test_swear_words_are_masked_unless_told(self) -> None:
        for mode, shown in {"Masked": "********", "Tags": "<profanity>", "Removed": "läuft  gut"}.items():
            with self.subTest(mode):
                self.assertIn(shown, self.transcribe(profanityFilterMode=mode).json()["combinedPhrases"][0]["text"])
        self.assertIn("********", self.transcribe().json()["combinedPhrases"][0]["text"])

    def test_the_definition_may_come_last_or_not_at_all(self) -> None:
        for given in (form(file("audio", "a.mp3", AUDIO), field("definition", "{}")), form(file("audio", "a.mp3", AUDIO))):
            self.assertEqual(self.send(STT, given).status, 200)

    def test_refusals(self) -> None:
        older = STT.replace("2025-10-15", "2024-11-15")
        audio = file("audio", "a.mp3", AUDIO)
        cases = {
            "no version": self.transcribe(STT.partition("?")[0]),
            "an unknown version": self.transcribe(STT.replace("2025", "2023")),
            "a second parameter": self.transcribe(STT + "&language=de"),
            "an unknown member": self.transcribe(language="de"),
            "a language without a region": self.transcribe(locales=["de"]),
            "an unknown locale": self.transcribe(locales=["xx-XX"]),
            "locales that are no list": self.transcribe(locales="de-DE"),
            "an unknown filter mode": self.transcribe(profanityFilterMode="none"),
            "phrases before their time": self.transcribe(older, phraseList={"phrases": ["Grüezi"]}),
            "phrases of nothing": self.transcribe(phraseList={"phrases": []}),
            "an audio and its URL": self.transcribe(audioUrl="https://a.test/a.mp3"),
            "no audio": self.send(STT, form(field("definition", "{}"))),
            "an unknown part": self.send(STT, form(audio, field("model", "whisper"))),
            "two definitions": self.send(STT, form(audio, field("definition", "{}"), field("definition", "{}"))),
            "no JSON": self.send(STT, form(audio, field("definition", "de"))),
            "an empty audio": self.send(STT, form(file("audio", "a.mp3", b""))),
            "an MP4": self.send(STT, form(file("audio", "a.m4a", b"\0\0\0\x20ftypM4A "))),
            "audio without a name": self.send(STT, form(field("audio", AUDIO))),
        }
        self.assert_refusals(cases, 400)
        self.assertEqual(cases["an unknown locale"].json()["innerError"]["code"], "InvalidLocale")
        self.assertEqual(self.transcribe(phraseList={"phrases": ["Grüezi"]}).status, 200)

    def test_the_key_has_a_header_of_its_own(self) -> None:
        sent = self.built()
        for headers, status in (([], 401), ([(AZURE_KEY[0], "x")], 401), ([BEARER], 400)):
            response = self.connect().request("POST", STT, [*headers, *sent.headers], sent.body)
            self.assertEqual(response.status, status)
        self.assertEqual(self.connect().request("POST", STT, sent.headers, sent.body).json()["error"]["code"], "401")


class TextToSpeech(SimulatorCase):
    models = {}
    options = {"protocol": "azure_speech_tts", "voices": ("de-CH-LeniNeural",)}
    credential = AZURE_KEY

    def ssml(self, inside: str = "Grüezi &lt;miteinand&gt;", voice: str = "de-CH-LeniNeural") -> bytes:
        return f"<speak version='1.0' xml:lang='de-CH'><voice name='{voice}'>{inside}</voice></speak>".encode()

    def speak(
        self, body: bytes, *, wanted: str = MP3, agent: str = "phigate", kind: str = "application/ssml+xml"
    ) -> Response:
        headers = {"Content-Type": kind, "X-Microsoft-OutputFormat": wanted, "User-Agent": agent}
        return self.send(TTS, body, headers=[(name, value) for name, value in headers.items() if value])

    def test_the_bytes_follow_from_text_voice_and_rate_in_every_format(self) -> None:
        text = "Grüezi &lt;miteinand&gt;"
        for wanted, form_ in FORMATS.items():
            for inside, speed in ((text, 1.0), (f"<prosody rate='+50%'>{text}</prosody>", 1.5)):
                with self.subTest(wanted, speed=speed):
                    response = self.speak(self.ssml(inside), wanted=wanted)
                    due = speaking.speech("Grüezi <miteinand>", voice="de-CH-LeniNeural", speed=speed, form=form_)
                    self.assertEqual((response.status, response.body), (200, due))
                    self.assertEqual(response.header("content-type"), MEDIA_TYPES[form_])
                    self.assertTrue(response.chunked)

    def test_nothing_is_slower_than_half_nor_faster_than_twice_as_fast(self) -> None:
        for rate, speed in (("-50%", 0.5), ("-51%", 0.5), ("-75%", 0.5), ("+100%", 2), ("+101%", 2), ("+300%", 2)):
            with self.subTest(rate):
                due = speaking.speech("a", voice="de-CH-LeniNeural", speed=speed)
                self.assertEqual(self.speak(self.ssml(f"<prosody rate='{rate}'>a</prosody>")).body, due)

    def test_both_ways_of_naming_the_elements(self) -> None:
        named = self.ssml().replace(b"<speak ", b"<speak xmlns='http://www.w3.org/2001/10/synthesis' ")
        self.assertEqual(self.speak(named).body, self.speak(self.ssml()).body)

    def test_refusals(self) -> None:
        good = self.ssml()
        cases = {
            "not well-formed": self.speak(self.ssml("a & b")),
            "markup in the text": self.speak(self.ssml("a <break time='1s'/> b")),
            "a voice in a voice": self.speak(self.ssml("</voice><voice name='de-CH-LeniNeural'>b")),
            "an entity of its own": self.speak(b"<!DOCTYPE s [<!ENTITY e 'x'>]>" + good),
            "a comment": self.speak(self.ssml("a<!-- b -->")),
            "a control character": self.speak(self.ssml("a\x01b")),
            "no text": self.speak(self.ssml("  ")),
            "an unknown voice": self.speak(self.ssml(voice="alloy")),
            "a voice that is not there": self.speak(self.ssml(voice="de-CH-JanNeural")),
            "a rate without a sign": self.speak(self.ssml("<prosody rate='50%'>a</prosody>")),
            "a rate that is no number": self.speak(self.ssml("<prosody rate='+fast%'>a</prosody>")),
            "no version": self.speak(good.replace(b" version='1.0'", b"")),
            "no format": self.speak(good, wanted=""),
            "an unknown format": self.speak(good, wanted="audio-24khz-aac"),
            "no agent": self.speak(good, agent=""),
            "an agent of 255": self.speak(good, agent="a" * 255),
        }
        self.assert_refusals(cases, 400)
        self.assertEqual(self.speak(good, agent="a" * 254).status, 200)
        self.assertEqual(self.speak(good, kind="text/xml").status, 415)

    def test_a_bad_key_gets_a_401_without_a_word(self) -> None:
        response = self.connect().request("POST", TTS, [(AZURE_KEY[0], "x")], self.ssml())
        self.assertEqual((response.status, response.body, response.header("content-type")), (401, b"", None))

    def test_the_list_of_voices(self) -> None:
        response = self.send("/cognitiveservices/voices/list", method="GET", headers=[("User-Agent", "phigate")])
        self.assertEqual([one["ShortName"] for one in response.json()], ["de-CH-LeniNeural"])


if __name__ == "__main__":
    unittest.main()
