"""multipart/form-data as providers read it, and stricter: what a browser would not send is an error, not a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
DISPOSITION = re.compile(r'form-data; name="([^"\r\n]*)"(?:; filename="([^"\r\n]*)")?')
ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@dataclass(frozen=True)
class Part:
    name: str
    value: bytes
    filename: str | None = None
    content_type: str | None = None

    @property
    def text(self) -> str:
        """ValueError unless it is UTF-8."""
        return self.value.decode()


@dataclass(frozen=True)
class Form:
    boundary: str
    parts: tuple[Part, ...]

    @property
    def names(self) -> list[str]:
        return [part.name for part in self.parts]

    def all(self, name: str) -> list[Part]:
        return [part for part in self.parts if part.name == name]

    def one(self, name: str) -> Part | None:
        """The only part of that name; ValueError when there are more."""
        found = self.all(name)
        if len(found) > 1:
            raise ValueError(f"{name} {len(found)} times")
        return found[0] if found else None

    def text(self, name: str, otherwise: str = "") -> str:
        part = self.one(name)
        return otherwise if part is None else part.text


def parse(content_type: str, body: bytes) -> Form:
    """ValueError, saying what is wrong."""
    boundary = boundary_of(content_type)
    opening, delimiter = f"--{boundary}\r\n".encode(), f"\r\n--{boundary}".encode()
    if not body.startswith(opening):
        raise ValueError("the body does not begin with the boundary")
    *sections, end = (b"\r\n" + body).split(delimiter)
    if end not in (b"--", b"--\r\n"):
        raise ValueError(f"the form ends in {end[-40:]!r}")
    return Form(boundary, tuple(parse_part(section) for section in sections[1:]))


def boundary_of(content_type: str) -> str:
    kind, *parameters = [piece.strip() for piece in content_type.split(";")]
    if kind.lower() != "multipart/form-data":
        raise ValueError(f"content type {content_type!r}")
    found = [value.strip('"') for name, _, value in (one.partition("=") for one in parameters) if name == "boundary"]
    if len(found) != 1 or not BOUNDARY.fullmatch(found[0]):
        raise ValueError(f"boundary in {content_type!r}")
    return found[0]


def parse_part(section: bytes) -> Part:
    """`section` begins with the CRLF that ends its delimiter's line."""
    head, blank, value = section.partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"\r\n"):
        raise ValueError(f"a part without a head: {section[:80]!r}")
    fields: dict[str, str] = {}
    for line in head[2:].decode().split("\r\n"):
        name, colon, text = line.partition(":")
        if not colon or name.lower() in fields or name.lower() not in ("content-disposition", "content-type"):
            raise ValueError(f"part header {line!r}")
        fields[name.lower()] = text.strip()
    match = DISPOSITION.fullmatch(fields.get("content-disposition", ""))
    if not match:
        raise ValueError(f"disposition {fields.get('content-disposition')!r}")
    filename = None if match[2] is None else unescaped(match[2])
    return Part(unescaped(match[1]), value, filename, fields.get("content-type"))


def unescaped(text: str) -> str:
    for escape, character in ESCAPES.items():
        text = text.replace(escape, character)
    return text
