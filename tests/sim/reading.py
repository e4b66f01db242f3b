"""What a simulated provider reads in a document: pages that prove which document arrived."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from .hearing import digest

PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")
FLOWING = (b"PK\x03\x04", b"<!DOCTYPE html", b"<html")  # Office and HTML: text without pages of a size
PAPERS = (b"%PDF-", *FLOWING)
FLOWING_NAMES = (".docx", ".xlsx", ".pptx", ".html", ".htm")
PAGES = 3  # of everything but a picture


@dataclass(frozen=True)
class Document:
    """`proof` names what was read: so many bytes and their digest, or a URL's."""

    proof: str
    pages: int
    is_picture: bool = False
    size: int | None = None  # bytes; unknown of a URL's
    is_flowing: bool = False

    def page(self, reader: str, number: int) -> str:
        """Markdown of one page, counted from 1. Its characters take one to four bytes, and some are combined."""
        return (
            f"# Überschrift {number} 🧪\n\n{reader} read {self.proof}: page {number} of {self.pages}.\n\n"
            f"Grüße, Zoe\u0308 & 👩🏽\u200d🔬 ≤ {number}"
        )


def read_bytes(data: bytes) -> Document:
    """ValueError for what is neither a document nor a picture."""
    if not data.startswith(PICTURES + PAPERS):
        raise ValueError("neither a document nor a picture")
    is_picture = data.startswith(PICTURES)
    proof = f"{len(data)} bytes sha256 {digest(data)}"
    return Document(proof, 1 if is_picture else PAGES, is_picture, len(data), data.startswith(FLOWING))


def read_url(url: str, is_picture: bool = False) -> Document:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"no URL to fetch: {url[:40]!r}")
    is_flowing = urlsplit(url).path.lower().endswith(FLOWING_NAMES)
    return Document(f"url sha256 {digest(url.encode())}", 1 if is_picture else PAGES, is_picture, is_flowing=is_flowing)


def decoded(text: str) -> bytes:
    """ValueError unless it is base64 to the letter."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"no base64: {error}") from error


def read_data_uri(uri: str) -> Document:
    head, comma, data = uri.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64") or "/" not in head:
        raise ValueError(f"no data URI: {uri[:40]!r}")
    return read_bytes(decoded(data))
