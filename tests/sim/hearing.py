"""What a simulated provider hears: a text that proves which bytes arrived, with times, in the forms of OpenAI's API."""

from __future__ import annotations

import hashlib
import io
import json
import wave
from dataclasses import dataclass
from typing import Any

FORMATS = ("json", "text", "srt", "vtt", "verbose_json")
LANGUAGES = {"de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "pt": "portuguese"}
SWEAR_WORD = "verflixt"  # in every transcript: a provider that masks such words shows it
PACE = 400  # milliseconds a word, where the audio does not say how long it lasts


@dataclass(frozen=True)
class Span:
    """A stretch of speech, in milliseconds."""

    begin: int
    end: int
    text: str


@dataclass(frozen=True)
class Heard:
    language: str  # ISO 639-1
    milliseconds: int
    segments: tuple[Span, ...]
    words: tuple[Span, ...]

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    @property
    def billed_seconds(self) -> int:
        return -(-self.milliseconds // 1000)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def listen(name: str, audio: bytes, language: str = "", milliseconds: int | None = None) -> Heard:
    """Lasts as long as it is told, else as a WAV's head says, else by the number of words."""
    sentences = (
        f"{name} heard {len(audio)} bytes sha256 {digest(audio)}.",
        f"Grüezi, das läuft {SWEAR_WORD} gut 👋.",
    )
    split = [sentence.split(" ") for sentence in sentences]
    count = sum(map(len, split))
    lasts = milliseconds or wav_milliseconds(audio) or PACE * count
    words = [
        Span(lasts * number // count, lasts * (number + 1) // count, word)
        for number, word in enumerate(word for sentence in split for word in sentence)
    ]
    first = len(split[0])
    halves = (words[:first], words[first:])
    segments = tuple(Span(half[0].begin, half[-1].end, text) for half, text in zip(halves, sentences, strict=True))
    return Heard(language or "de", lasts, segments, tuple(words))


def wav_milliseconds(audio: bytes) -> int | None:
    try:
        with wave.open(io.BytesIO(audio)) as reader:
            return reader.getnframes() * 1000 // reader.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


def render(heard: Heard, form: str, granularities: frozenset[str] = frozenset()) -> tuple[str, bytes]:
    """Media type and body. Without granularities verbose_json has segments alone, as OpenAI's has."""
    if form == "json":
        usage = {"type": "duration", "seconds": heard.billed_seconds}
        return "application/json", to_json({"text": heard.text, "usage": usage})
    if form == "verbose_json":
        return "application/json", to_json(verbose(heard, granularities or frozenset({"segment"})))
    written = {"text": f"{heard.text}\n", "srt": srt(heard), "vtt": vtt(heard)}[form]
    return "text/plain; charset=utf-8", written.encode()


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def verbose(heard: Heard, granularities: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "task": "transcribe",
        "language": LANGUAGES.get(heard.language, heard.language),
        "duration": heard.seconds,
        "text": heard.text,
    }
    if "segment" in granularities:
        told["segments"] = [segment(number, span) for number, span in enumerate(heard.segments)]
    if "word" in granularities:
        told["words"] = [{"word": one.text, "start": one.begin / 1000, "end": one.end / 1000} for one in heard.words]
    return told | {"usage": {"type": "duration", "seconds": heard.billed_seconds}}


def segment(number: int, span: Span) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 0,
        "start": span.begin / 1000,
        "end": span.end / 1000,
        "text": f" {span.text}",
        "tokens": [50364, 50365 + number],
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 1.25,
        "no_speech_prob": 0.01,
    }


def srt(heard: Heard) -> str:
    return "".join(
        f"{number}\n{clock(span.begin, ',')} --> {clock(span.end, ',')}\n{span.text}\n\n"
        for number, span in enumerate(heard.segments, start=1)
    )


def vtt(heard: Heard) -> str:
    cues = (f"{clock(span.begin, '.')} --> {clock(span.end, '.')}\n{span.text}\n\n" for span in heard.segments)
    return "WEBVTT\n\n" + "".join(cues)


def clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{rest:03}"
