"""The base of the speech tests, and what each simulated provider must have been asked to say: an oracle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sim import speaking
from sim.wire import Request

from .case import SPEECH, GatewayCase, spoken
from .raw_client import Connection, Cut, Headers, Response, request_bytes
from .registry import AZURE_VOICES, World, speech_world

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
AZURE_FORMATS = {
    "mp3": "audio-24khz-48kbitrate-mono-mp3",
    "opus": "ogg-24khz-16bit-mono-opus",
    "wav": "riff-24khz-16bit-mono-pcm",
    "pcm": "raw-24khz-16bit-mono-pcm",
}
PROTOCOLS = ("azure_speech_tts", "openai", "azure_openai")
PRICE = 15  # micro-USD a code point at the first host, ten times more at each further one


def azure_audio(body: dict[str, Any]) -> bytes:
    """What Azure makes of a request: whole percents of speed, half to twice as fast, and its own names of voices."""
    percent = round((min(max(body.get("speed", 1), 0.5), 2) - 1) * 100)
    return audio(body, AZURE_VOICES.get(body["voice"], body["voice"]), 1 + percent / 100)


def openai_audio(body: dict[str, Any]) -> bytes:
    return audio(body, body["voice"], body.get("speed", 1))


def audio(body: dict[str, Any], voice: str, speed: float) -> bytes:
    return speaking.speech(body["input"], voice=voice, speed=speed, form=body.get("response_format", "mp3"))


class SpeechCase(GatewayCase):
    """Hosts of `voice-a` that speak `protocols`: voice-1 the cheapest, then voice-2 and so on."""

    protocols: Sequence[str] = PROTOCOLS

    @classmethod
    def build_world(cls) -> World:
        return speech_world((), cls.protocols)

    def speak_at(self, slug: str, text: str = "Grüezi", **fields: Any) -> Response:
        """At that provider and no other."""
        return self.speak(spoken(text, **fields, provider={"only": [slug]}))

    def assert_audio(self, response: Response, audio: bytes, form: str = "mp3", provider: str | None = None) -> None:
        self.assert_ok(response, provider)
        self.assertEqual(response.header("content-type"), MEDIA_TYPES[form])
        self.assertTrue(response.chunked)
        self.assertEqual(response.trailers, [])
        self.assertTrue(response.body == audio, f"{response.body[:60]!r} instead of {audio[:60]!r}")

    def open_speech(self, body: Any = None, **options: Any) -> tuple[Connection, Response]:
        """Speech whose head was read; its audio is the caller's to read."""
        connection = self.send_speech(body, **options)
        return connection, connection.read_head()

    def send_speech(
        self, body: Any = None, *, version: str = "HTTP/1.1", headers: Headers = (), **options: Any
    ) -> Connection:
        """A request that was sent, its answer not read. `options` are those of a connection."""
        connection = self.connect(**options)
        sent = json.dumps(body or spoken()).encode()
        connection.send(request_bytes("POST", SPEECH, self.told(None, None, headers), sent, version=version))
        return connection

    def cut_short(self, connection: Connection, response: Response) -> bytes:
        """The audio that came before the connection was closed, which must be before the answer's end."""
        with self.assertRaises(Cut):
            while True:
                chunk = connection.read_chunk()
                self.assertTrue(chunk, "the answer claims to be whole")
                response.body += chunk
        return response.body

    def assert_asked(self, request: Request, form: str) -> None:
        """What Azure was asked for, beside the text."""
        self.assertEqual(request.header("x-microsoft-outputformat"), AZURE_FORMATS[form])
        self.assertEqual(request.header("content-type"), "application/ssml+xml")
        self.assertIsNone(request.header("authorization"))
