"""Transcriptions by every protocol: a world with a host of each, what reaches it, and how its answer must read."""

from __future__ import annotations

import hashlib
import io
import json
import math
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sim import hearing
from sim.hearing import Heard
from sim.wire import Request

from .case import TRANSCRIPTIONS, GatewayCase
from .multipart import Form, Part, field, file, form
from .raw_client import Response, request_bytes
from .registry import World, model, per_minute

MEDIA_TYPES = {
    "json": "application/json",
    "verbose_json": "application/json",
    "text": "text/plain; charset=utf-8",
    "srt": "text/plain; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}
# A provider's slug → its protocol; each hosts the model `whisper-<slug>`.
HOSTS = {
    "open": "openai",
    "limited": "openai",  # writes json and verbose_json alone
    "azure": "azure_openai",
    "dated": "azure_openai",  # the deployment stands in the path
    "speech": "azure_speech_stt",
    "swiss": "infomaniak_stt",
    "mistral": "mistral",
}
# What each writes itself: its own bytes reach the client.
OWN_FORMATS = {
    "open": tuple(MEDIA_TYPES),
    "limited": ("json", "verbose_json"),
    "azure": tuple(MEDIA_TYPES),
    "dated": tuple(MEDIA_TYPES),
}
# Of the rendered ones, how a provider begins a segment's text, and the logarithm of its confidence.
SEGMENTS = {"speech": ("", math.log(0.75)), "swiss": (" ", -0.25), "mistral": ("", 0.0)}
KEY_HEADERS = {"azure_openai": "api-key", "azure_speech_stt": "ocp-apim-subscription-key"}


def every_protocol(**provider: Any) -> World:
    world = World()
    for slug, protocol in HOSTS.items():
        facts = {"formats": ["json", "verbose_json"]} if slug == "limited" else {}
        api = {"prefix": "/dated/openai"} if slug == "dated" else {"pending": 0} if slug == "swiss" else {}
        hosted = {f"whisper-{slug}": model("stt", price=per_minute(0.6), **facts)}
        world.provider(slug, hosted, protocol=protocol, api=api, **provider)
    return world


def wav(milliseconds: int, rate: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    """Silence, but for a pattern that makes each length a file of its own."""
    told = io.BytesIO()
    with wave.open(told, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        frames = rate * milliseconds // 1000
        writer.writeframes((milliseconds.to_bytes(4, "big") * frames * channels)[: frames * channels * width])
    return told.getvalue()


@dataclass(frozen=True)
class Wish:
    """In which form a client wants its answer."""

    format: str = "json"
    granularities: tuple[str, ...] = ()
    language: str = ""

    @property
    def fields(self) -> list[Part]:
        told = [] if self.format == "json" else [field("response_format", self.format)]
        told += [field("timestamp_granularities[]", one) for one in self.granularities]
        return told + ([field("language", self.language)] if self.language else [])


WISHES = (
    *(Wish(name) for name in MEDIA_TYPES),
    *(Wish("verbose_json", one) for one in (("segment",), ("word",), ("word", "segment"))),
)


def asking(slug: str, audio: bytes, *fields: Part, filename: str = "voice.wav", wish: Wish | None = None) -> Form:
    told = [field("model", f"whisper-{slug}"), *fields, *(wish.fields if wish else ())]
    return form(*told, file("file", filename, audio, "audio/wav"))


# ---- what reached a host


@dataclass(frozen=True)
class Sent:
    """A form as a provider received it: its fields in order, and the one file."""

    fields: list[tuple[str, str]]
    name: str
    filename: str | None
    media_type: str | None
    audio: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.audio).hexdigest()


def sent(request: Request) -> Sent:
    parts = request.form().parts
    files = [part for part in parts if part.filename is not None]
    if len(files) != 1:
        raise AssertionError(f"{len(files)} files in {[part.name for part in parts]}")
    fields = [(part.name, part.text) for part in parts if part.filename is None]
    return Sent(fields, files[0].name, files[0].filename, files[0].content_type, files[0].value)


# ---- what its answer must read like


def expected(slug: str, heard: Heard, wish: Wish) -> bytes | dict[str, Any]:
    """The bytes of the body, or the value of a JSON that the gateway renders."""
    if wish.format in OWN_FORMATS.get(slug, ()):
        return hearing.render(heard, wish.format, frozenset(wish.granularities))[1]
    if wish.format == "text":
        return f"{heard.text}\n".encode()
    if wish.format in ("srt", "vtt"):
        return (hearing.srt if wish.format == "srt" else hearing.vtt)(heard).encode()
    usage = {"type": "duration", "seconds": heard.billed_seconds}
    if wish.format == "json":
        return {"text": heard.text, "usage": usage}
    return rendered_verbose(slug, heard, wish) | {"usage": usage}


def rendered_verbose(slug: str, heard: Heard, wish: Wish) -> dict[str, Any]:
    """Mistral tells whole seconds, and the language only to who named it."""
    is_mistral = slug == "mistral"
    told: dict[str, Any] = {
        "task": "transcribe",
        "language": "" if is_mistral and not wish.language else hearing.LANGUAGES[heard.language],
        "duration": float(heard.billed_seconds) if is_mistral else heard.seconds,
        "text": heard.text,
    }
    granularities = wish.granularities or ("segment",)
    if "segment" in granularities:
        lead, logarithm = SEGMENTS[slug]
        told["segments"] = [
            {
                "id": number,
                "start": span.begin / 1000,
                "end": span.end / 1000,
                "text": lead + span.text,
                "tokens": [],
                "temperature": 0,
                "avg_logprob": logarithm,
                "compression_ratio": 0,
                "no_speech_prob": 0,
            }
            for number, span in enumerate(heard.segments)
        ]
    if "word" in granularities:
        told["words"] = [{"word": one.text, "start": one.begin / 1000, "end": one.end / 1000} for one in heard.words]
    return told


def comparable(value: Any) -> Any:
    """Numbers to nine places, and no `seek`: any count of frames will do there."""
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in value.items() if key != "seek"}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    return round(value, 9) if isinstance(value, float) else value


SPOKEN = wav(2345)


class TranscribingCase(GatewayCase):
    MODELS: tuple[str, ...] = ("whisper-a",)  # whose hosts recover

    def transcribe_all(self, given: Iterable[Form]) -> list[Response]:
        """All at once, each on a connection of its own; the answers in that order."""
        asked = []
        for one in given:
            asked.append(self.connect())
            asked[-1].send(request_bytes("POST", TRANSCRIPTIONS, one.headers, one.body))
        return [connection.read_response() for connection in asked]

    def recover(self) -> None:
        """A good answer of each route that still cools ends its cooldown."""
        self.world.forget()
        for name in self.MODELS:
            for slug in self.cooling(name) and self.cooling(name):  # most are over by the second look
                only = field("provider", json.dumps({"only": [slug]}))
                given = form(field("model", name), file("file", "a.wav", SPOKEN, "audio/wav"), only)
                self.assert_ok(self.transcribe(given), slug)
        self.world.forget()

    def cooling(self, name: str) -> list[str]:
        explained = self.explain({"model": name, "modality": "stt"})
        return [one["provider"] for one in explained["candidates"] if one["cooling"]]


class TranscriptionsCase(TranscribingCase):
    """Asks one host at a time, by its slug."""

    @classmethod
    def build_world(cls) -> World:
        return every_protocol()

    def ask(
        self,
        slug: str,
        *fields: Part,
        audio: bytes = SPOKEN,
        wish: Wish | None = None,
        hosted: str | None = None,
        **options: Any,
    ) -> Response:
        """`hosted`: the model is `whisper-<hosted>`, where a provider has several."""
        return self.transcribe(asking(hosted or slug, audio, *fields, wish=wish), **options)

    def lasts(self, slug: str, milliseconds: int) -> None:
        """Every recording at that provider does, until the test is over."""
        api = self.world[slug].api
        self.addCleanup(setattr, api, "milliseconds", None)
        api.milliseconds = milliseconds

    def upload(self, slug: str) -> Request:
        """The request that brought the recording: the first one, where a batch is then asked for."""
        request = self.world[slug].requests[0]
        self.assertTrue(request.whole)
        return request

    def sent_to(self, slug: str, given: Form) -> Sent:
        self.world.forget()
        self.assert_ok(self.transcribe(given), slug)
        return sent(self.upload(slug))

    def heard(self, slug: str, language: str = "", audio: bytes = SPOKEN) -> Heard:
        return hearing.listen(slug, audio, language, self.world[slug].api.milliseconds)

    def assert_says(self, response: Response, slug: str, wish: Wish) -> None:
        self.assert_ok(response, slug)
        self.assertEqual(response.header("content-type"), MEDIA_TYPES[wish.format])
        self.assertEqual(response.header("x-phi-routed"), f"whisper-{slug}/EU/general")
        self.assert_attempts(response, 1)
        due = expected(slug, self.heard(slug, wish.language), wish)
        if isinstance(due, bytes):
            self.assertEqual(response.body, due)
            return
        told = response.json()
        self.assertEqual(comparable(told), comparable(due))
        for segment in told.get("segments", ()):
            self.assertIs(type(segment["seek"]), int)
