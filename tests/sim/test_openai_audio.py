"""Speech both ways in OpenAI's protocol."""

from __future__ import annotations

import io
import json
import unittest
import wave
from typing import Any

from support.multipart import field, file, form
from support.raw_client import Response

from sim import speaking
from sim.case import AUDIO, SimulatorCase, recording
from sim.hearing import digest, listen

PATH, SPEECH = "/v1/audio/transcriptions", "/v1/audio/speech"


def silence(milliseconds: int) -> bytes:
    return speaking.wav(bytes(2 * speaking.RATE * milliseconds // 1000))


class Transcriptions(SimulatorCase):
    models = {"whisper": {"stt"}, "chatty": {"chat"}}

    def transcribe(self, *, model: str = "whisper", **fields: Any) -> Response:
        return self.send(PATH, recording(model=model, **fields))

    def test_the_text_proves_which_bytes_came(self) -> None:
        told = self.transcribe().json()
        self.assertIn(f"vendor heard {len(AUDIO)} bytes sha256 {digest(AUDIO)}.", told["text"])
        self.assertEqual(told["usage"], {"type": "duration", "seconds": 5})

    def test_each_format(self) -> None:
        heard = listen("vendor", AUDIO)
        texts = {name: self.transcribe(response_format=name) for name in ("text", "srt", "vtt")}
        self.assertEqual(texts["text"].body.decode(), heard.text + "\n")
        self.assertTrue(texts["srt"].body.startswith(b"1\n00:00:00,000 --> 00:00:02,400\nvendor heard"))
        self.assertTrue(texts["vtt"].body.startswith(b"WEBVTT\n\n00:00:00.000 --> 00:00:02.400\nvendor heard"))
        for response in texts.values():
            self.assertEqual(response.header("content-type"), "text/plain; charset=utf-8")
        told = self.transcribe(response_format="verbose_json", language="fr").json()
        self.assertEqual((told["language"], told["duration"], len(told["segments"])), ("french", 4.8, 2))
        self.assertNotIn("words", told)

    def test_granularities_choose_words_and_segments(self) -> None:
        for asked in (["word"], ["segment"], ["word", "segment"]):
            with self.subTest(asked):
                told = self.transcribe(response_format="verbose_json", timestamp_granularities=asked).json()
                self.assertEqual({one[:-1] for one in ("words", "segments") if one in told}, set(asked))

    def test_a_wav_says_how_long_it_lasts(self) -> None:
        told = self.send(PATH, recording(silence(61_500), "a.wav", model="whisper")).json()
        self.assertEqual(told["usage"]["seconds"], 62)
        self.set(milliseconds=1_000)
        self.assertEqual(self.transcribe().json()["usage"]["seconds"], 1)

    def test_the_file_may_come_first(self) -> None:
        self.assertEqual(self.send(PATH, form(file("file", "a.mp3", AUDIO), field("model", "whisper"))).status, 200)

    def test_refusals(self) -> None:
        self.set(file_limit=len(AUDIO) - 1)
        self.assert_refusals({"a large file": self.transcribe()}, 413)
        self.set(file_limit=len(AUDIO))
        self.assert_refusals({"no such model": self.transcribe(model="other")}, 404)
        cases = {
            "no model of this kind": self.transcribe(model="chatty"),
            "an unknown field": self.transcribe(provider="{}"),
            "an unknown format": self.transcribe(response_format="xml"),
            "granularities without verbose_json": self.transcribe(timestamp_granularities=["word"]),
            "an unknown granularity": self.transcribe(response_format="verbose_json", timestamp_granularities=["line"]),
            "a language's name": self.transcribe(language="german"),
            "a temperature over 1": self.transcribe(temperature="1.1"),
            "a stream": self.transcribe(stream="true"),
            "an unknown kind of file": self.send(PATH, recording(AUDIO, "a.doc", model="whisper")),
            "an empty file": self.send(PATH, recording(b"", model="whisper")),
            "no file": self.send(PATH, form(field("model", "whisper"), field("file", "text"))),
            "two models": self.send(PATH, form(field("model", "a"), field("model", "b"), file("file", "a.mp3", AUDIO))),
            "JSON": self.send(PATH, {"model": "whisper"}),
        }
        self.assert_refusals(cases, 400)


class Speech(SimulatorCase):
    models = {"tts-1": {"tts"}}

    def speak(self, **fields: Any) -> Response:
        return self.send(SPEECH, {"model": "tts-1", "input": "Grüezi", "voice": "alloy", **fields})

    def test_the_bytes_follow_from_text_voice_speed_and_format(self) -> None:
        for form_, head in {"mp3": b"ID3", "opus": b"OggS", "flac": b"fLaC", "wav": b"RIFF", "aac": b"\xff\xf1"}.items():
            with self.subTest(form_):
                response = self.speak(response_format=form_)
                self.assertEqual(response.header("content-type"), speaking.MEDIA_TYPES[form_])
                self.assertTrue(response.body.startswith(head))
                self.assertEqual(response.body, speaking.speech("Grüezi", voice="alloy", form=form_))
        different = [{}, {"input": "Grüessli"}, {"voice": "nova"}, {"speed": 1.5}]
        for form_ in ("mp3", "pcm"):
            self.assertEqual(len({self.speak(response_format=form_, **one).body for one in different}), 4)

    def test_a_wav_is_one_and_pcm_is_its_samples(self) -> None:
        with wave.open(io.BytesIO(self.speak(response_format="wav").body)) as reader:
            self.assertEqual((reader.getframerate(), reader.getsampwidth(), reader.getnchannels()), (24_000, 2, 1))
            self.assertEqual(reader.readframes(1_000_000), self.speak(response_format="pcm").body)

    def test_a_voice_may_be_an_object(self) -> None:
        self.assertEqual(self.speak(voice={"id": "alloy"}).body, self.speak().body)

    def test_refusals(self) -> None:
        cases = {
            "no text": self.speak(input=""),
            "4097 characters": self.speak(input="a" * 4097),
            "an unknown voice": self.speak(voice="hal"),
            "too slow": self.speak(speed=0.24),
            "too fast": self.speak(speed=4.01),
            "an unknown format": self.speak(response_format="midi"),
            "events": self.speak(stream_format="sse"),
            "an unknown field": self.speak(provider={}),
        }
        self.assert_refusals(cases, 400)
        self.assertEqual(self.speak(input="🎈" * 4096).status, 200)
        self.assertEqual(json.loads(cases["no text"].body)["error"]["param"], "input")


if __name__ == "__main__":
    unittest.main()
