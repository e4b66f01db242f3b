"""Form bodies for raw clients: fields in any order, the file anywhere, and parts that no client should send.

    form(file("file", "a.mp3", audio), field("model", "whisper-a"))
    form(part(b'Content-Disposition: form-data; name="model"; name="file"', b"x"), boundary="b", end=b"--")
"""

from __future__ import annotations

from dataclasses import dataclass

BOUNDARY = "------------------------phigatetest4711"
CRLF = b"\r\n"


@dataclass(frozen=True)
class Part:
    """The bytes between one delimiter and the next: header lines without the blank line, and the value."""

    head: bytes
    value: bytes


@dataclass(frozen=True)
class Form:
    content_type: str
    body: bytes

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", self.content_type)]


def part(head: bytes, value: bytes = b"") -> Part:
    """Any head at all; its lines end as they are given."""
    return Part(head, value)


def field(name: str, value: str | bytes) -> Part:
    told = value if isinstance(value, bytes) else value.encode()
    return Part(f'Content-Disposition: form-data; name="{escaped(name)}"'.encode(), told)


def file(name: str, filename: str, data: bytes, media_type: str | None = "audio/mpeg") -> Part:
    head = f'Content-Disposition: form-data; name="{escaped(name)}"; filename="{escaped(filename)}"'.encode()
    return Part(head if media_type is None else head + CRLF + f"Content-Type: {media_type}".encode(), data)


def escaped(text: str) -> str:
    """As browsers do."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def form(
    *parts: Part,
    boundary: str = BOUNDARY,
    said: str | None = None,
    preamble: bytes = b"",
    end: bytes = b"--\r\n",
    line_end: bytes = CRLF,
) -> Form:
    """`said` stands in for the Content-Type that fits, `preamble` comes before the first delimiter, `end` behind the last one
    (empty: there is none, and the form is never closed)."""
    delimiter = b"--" + boundary.encode()
    body = b"".join(delimiter + line_end + one.head + line_end * 2 + one.value + line_end for one in parts)
    told = said if said is not None else f"multipart/form-data; boundary={boundary}"
    return Form(told, preamble + body + (delimiter + end if end else b""))
