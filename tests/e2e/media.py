"""Real files: speech of espeak-ng, a PDF of two pages and a picture, made anew for each run and unlike any sample."""

from __future__ import annotations

import functools
import hashlib
import io
import struct
import subprocess
import tempfile
import wave
import zlib
from pathlib import Path

SENTENCE = "The patient slept well and asks for breakfast."


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@functools.cache
def recording() -> bytes:
    """WAV, 16 bit, mono, as a microphone's."""
    with tempfile.TemporaryDirectory(prefix="phigate-speech-") as folder:
        written = Path(folder) / "speech.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-w", written, SENTENCE], check=True, timeout=30)
        return written.read_bytes()


def repeated(times: int, first: int = 0) -> bytes:
    """That speech over and over, after so many samples of silence that tell one recording from another."""
    with wave.open(io.BytesIO(recording())) as reader:
        head, frames = reader.getparams(), reader.readframes(reader.getnframes())
    told = io.BytesIO()
    with wave.open(told, "wb") as writer:
        writer.setparams(head)
        writer.writeframes(bytes(2 * first) + frames * times)
    return told.getvalue()


@functools.cache
def letter() -> bytes:
    """A PDF of two pages. Its texts are compressed, so that it holds any byte at all, as scanned letters do."""
    pages = ("Dear colleague,", "with kind regards")
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, text in enumerate(pages):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * at} 0 R "
        objects.append(f"{page}/Resources << /Font << /F1 3 0 R >> >> >>".encode())
        drawn = zlib.compress(f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode() * 20)
        head = f"<< /Length {len(drawn)} /Filter /FlateDecode >>".encode()
        objects.append(head + b"\nstream\n" + drawn + b"\nendstream")
    return with_xref(objects)


def with_xref(objects: list[bytes]) -> bytes:
    written = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    xref = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\n" % (count, table, count)
    return written + xref + b"startxref\n%d\n%%%%EOF\n" % len(written)


@functools.cache
def picture(side: int = 64) -> bytes:
    """PNG, red growing to the right, green downwards."""
    rows = b"".join(b"\x00" + b"".join(bytes((4 * x, 4 * y, 128)) for x in range(side)) for y in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
