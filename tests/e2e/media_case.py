"""What every SDK is held to with documents and voice: hosts of each protocol, what each must receive, and the refusals."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim import layout, reading
from sim.wire import Request
from support.documents import data_uri
from support.registry import World, agreement, dollars, hosts, model
from support.speech import AZURE_FORMATS, MEDIA_TYPES, azure_audio, openai_audio
from support.transcripts import HOSTS, WISHES, TranscriptionsCase, Wish, comparable, every_protocol, expected, sent

from e2e import media

SPEAKERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "voice-1": azure_audio,
    "voice-2": openai_audio,
    "voice-3": openai_audio,
}
READERS = {"paper-1": "azure_document_intelligence", "paper-2": "mistral"}
VIEWERS = {"eye-1": "openai", "eye-2": "azure_openai", "eye-3": "mistral"}
AWKWARD_NAME = 'Visite "Müller" 50%.wav'
SPEAKING = {"model": "voice-a", "input": "Guten Morgen, Zoë 👋.", "voice": "alloy"}
LETTER = {"type": "document_url", "document_url": data_uri(media.letter(), "application/pdf")}
SCAN = {"type": "image_url", "image_url": data_uri(media.picture(), "image/png")}
SEEN = {"type": "image_url", "image_url": {"url": data_uri(media.picture(), "image/png")}}
LOOK = [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, SEEN]}]


def media_world() -> World:
    """Every protocol of each modality in the EU. Who speaks and reads is verified for PHI, who transcribes is not."""
    world = every_protocol()
    protocols = ("azure_speech_tts", "openai", "azure_openai")
    hosts(world, SPEAKERS, protocols, "voice-a", "tts", agreements=[agreement(["EU"], ["tts"])])
    hosts(world, READERS, READERS.values(), "ocr-a", "ocr", agreements=[agreement(["EU"], ["ocr"])])
    for number, (slug, protocol) in enumerate(VIEWERS.items()):
        hosted = {"eye-a": model("chat", "vision", price=dollars(10**number, 10**number))}
        world.provider(slug, hosted, protocol=protocol)
    shrinks = {"dimensions": {"min": 2, "max": 8}}
    world.provider("vectors", {"embed-a": model("embeddings", price=dollars(1), **shrinks)})
    return world


class MediaCase(TranscriptionsCase):
    """The recording is always media.recording()."""

    @classmethod
    def build_world(cls) -> World:
        return media_world()

    def folder_with_recording(self) -> Path:
        """A folder of the test's own that holds speech.wav."""
        made = tempfile.TemporaryDirectory(prefix="phigate-media-")
        self.addCleanup(made.cleanup)
        folder = Path(made.name)
        (folder / "speech.wav").write_bytes(media.recording())
        return folder

    def assert_transcript(self, slug: str, wish: Wish, told: Any) -> None:
        """`told` is what the SDK made of the answer: a string, or an object's fields. Its host got the very file."""
        due = expected(slug, self.heard(slug, wish.language, media.recording()), wish)
        is_json = wish.format in ("json", "verbose_json")
        if is_json:
            due = json.loads(due) if isinstance(due, bytes) else due
            self.assertEqual(comparable(told), comparable(due))
        else:
            self.assertEqual(told, due.decode() if isinstance(due, bytes) else due)
        self.assert_got_recording(slug)

    def assert_got_recording(self, slug: str) -> None:
        """With each upload that there was."""
        uploads = [request for request in self.world[slug].requests if request.method == "POST"]
        self.assertTrue(uploads)
        for request in uploads:
            self.assertTrue(request.whole)
            received = sent(request)
            self.assertEqual(
                (received.name, received.filename), ("audio" if slug == "speech" else "file", "speech.wav")
            )
            self.assertEqual(received.digest, media.digest(media.recording()))

    def assert_pages(self, slug: str, source: dict[str, str], pages: list[dict[str, Any]]) -> None:
        """Each page tells the size and digest of what was read, and the host got the very file."""
        data = media.letter() if source is LETTER else media.picture()
        found = reading.read_bytes(data)
        said = [page["markdown"] for page in pages]
        written = layout.markdown if READERS[slug] == "azure_document_intelligence" else found_page
        self.assertEqual(said, [written(slug, found, number + 1) for number in range(found.pages)])
        received = document_of(self.world[slug].requests[0])
        self.assertEqual(media.digest(received), media.digest(data))

    def assert_saw_picture(self, slug: str) -> None:
        (message,) = self.one_request(self.world[slug]).json()["messages"]
        url = message["content"][1]["image_url"]
        data = reading.decoded((url["url"] if isinstance(url, dict) else url).partition(",")[2])
        self.assertEqual(media.digest(data), media.digest(media.picture()))


def found_page(slug: str, found: reading.Document, number: int) -> str:
    return found.page(slug, number)


def document_of(request: Request) -> bytes:
    """What a provider of either protocol was sent."""
    body = request.json()
    if "base64Source" in body:
        return reading.decoded(body["base64Source"])
    given = body["document"]
    url = given.get("document_url") or given["image_url"]
    return reading.decoded((url["url"] if isinstance(url, dict) else url).partition(",")[2])


def transcripts() -> list[tuple[str, Wish]]:
    return [(slug, wish) for slug in HOSTS for wish in WISHES]


def speeches() -> list[tuple[str, str]]:
    """Who speaks, and in which format."""
    return [(slug, form) for slug in SPEAKERS for form in (AZURE_FORMATS if slug == "voice-1" else MEDIA_TYPES)]


def documents() -> list[tuple[str, dict[str, str]]]:
    return [(slug, source) for slug in READERS for source in (LETTER, SCAN)]


def only(slug: str) -> dict[str, Any]:
    return {"only": [slug]}


# Name of the case, the call, its fields beyond the usual ones, its headers, the SDKs' error class, status, code and param.
PHI, CH = {"X-PHI": "true"}, {"X-Region": "CH"}
NONSENSE = json.dumps({"onyl": ["open"]})
BAD, FORBIDDEN, UNPROCESSABLE = "BadRequestError", "PermissionDeniedError", "UnprocessableEntityError"
REFUSALS: tuple[tuple[str, str, dict[str, Any], dict[str, str], str, int, str, str | None], ...] = (
    ("a blocked class", "transcribe", {}, PHI, FORBIDDEN, 403, "phi_blocked", None),
    ("a blocked class", "embed", {}, PHI, FORBIDDEN, 403, "phi_blocked", None),
    ("no host in the region", "transcribe", {}, CH, UNPROCESSABLE, 422, "no_route", None),
    ("no host in the region", "speak", {}, CH, UNPROCESSABLE, 422, "no_route", None),
    ("no host in the region, for PHI", "speak", {}, CH | PHI, UNPROCESSABLE, 422, "no_route", None),
    (
        "no host of that residency",
        "speak",
        {"provider": {"data_residency": "de"}},
        {},
        UNPROCESSABLE,
        422,
        "no_route",
        None,
    ),
    ("a region that is none", "transcribe", {}, {"X-Region": "Mars"}, BAD, 400, "invalid_region", "X-Region"),
    ("a class that is none", "speak", {}, {"X-PHI": "yes"}, BAD, 400, "invalid_phi", "X-PHI"),
    ("an unknown model", "transcribe", {"model": "nobody"}, {}, "NotFoundError", 404, "model_not_found", "model"),
    ("another modality's model", "speak", {"model": "ocr-a"}, {}, UNPROCESSABLE, 422, "no_route", None),
    (
        "a format that is none",
        "transcribe",
        {"response_format": "yaml"},
        {},
        BAD,
        400,
        "invalid_request",
        "response_format",
    ),
    ("a stream", "transcribe", {"stream": True}, {}, BAD, 400, "unsupported_parameter", "stream"),
    ("a field that is none", "transcribe", {"colour": "red"}, {}, BAD, 400, "invalid_request", "colour"),
    ("a preference in the open", "transcribe", {"zdr": "true"}, {}, BAD, 400, "misplaced_preference", "zdr"),
    (
        "a preference that is none",
        "transcribe",
        {"provider": NONSENSE},
        {},
        BAD,
        400,
        "invalid_provider_preferences",
        "provider.onyl",
    ),
    (
        "a format that Azure lacks",
        "speak",
        {"response_format": "aac", "provider": only("voice-1")},
        {},
        BAD,
        400,
        "unsupported_parameter",
        "response_format",
    ),
    (
        "a voice that Azure lacks",
        "speak",
        {"voice": "nobody", "provider": only("voice-1")},
        {},
        BAD,
        400,
        "unsupported_parameter",
        "voice",
    ),
    (
        "an event stream of audio",
        "speak",
        {"stream_format": "sse"},
        {},
        BAD,
        400,
        "unsupported_parameter",
        "stream_format",
    ),
    ("no dimensions so many", "embed", {"dimensions": 9}, {}, UNPROCESSABLE, 422, "no_route", None),
)
