"""What a simulated provider says: audio made of the text, the voice and the speed, so that equal bytes prove equal requests."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import struct
import wave

RATE = 24_000  # samples a second, 16 bits, mono: what OpenAI's wav and pcm are
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
# How a file of that kind begins. What follows stands in for what only a decoder could tell from the real thing.
MAGIC = {
    "mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xf3\x84\xc4",
    "opus": b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01",
    "aac": b"\xff\xf1\x4c\x80",
    "flac": b"fLaC\x00\x00\x00\x22",
}


def speech(text: str, *, voice: str, speed: float = 1.0, form: str = "mp3") -> bytes:
    if form in MAGIC:
        told = repr((text, voice, round(float(speed), 4), form)).encode()
        return MAGIC[form] + hashlib.shake_256(told).digest(120 * len(text))
    samples = pcm(text, voice, speed)
    return samples if form == "pcm" else wav(samples)


def pcm(text: str, voice: str, speed: float) -> bytes:
    """A tone for each character, its pitch from the character, its loudness from the voice."""
    loudness = 2_000 + hashlib.sha256(voice.encode()).digest()[0] * 100
    length = max(8, round(240 / speed))
    return b"".join(tone(ord(character), loudness, length) for character in text)


@functools.cache
def tone(pitch: int, loudness: int, length: int) -> bytes:
    step = 2 * math.pi * (100 + pitch % 4_000) / RATE
    return struct.pack(f"<{length}h", *(round(loudness * math.sin(step * number)) for number in range(length)))


def wav(samples: bytes) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples)
    return written.getvalue()
