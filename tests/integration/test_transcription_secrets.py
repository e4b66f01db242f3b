"""A recording, its name, its prompt and its transcript leave no trace: in no log and no metric (threats §4)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sim import faults
from sim.upstream import Step, Then
from sim.wire import to_json
from support.case import TRANSCRIPTIONS
from support.multipart import Form, field, file, form, part
from support.raw_client import MalformedResponse, request_bytes
from support.registry import World
from support.transcripts import HOSTS, TranscribingCase, Wish, every_protocol, wav

SOUND, NAME, PROMPT, SAID, CLIENT_KEY, PROVIDER_KEY, PROVIDER_TEXT, HEADER, FIELD = (
    f"canary-{name}-5c1e7"
    for name in (
        "sound",
        "filename",
        "prompt",
        "transcript",
        "clientkey",
        "providerkey",
        "providertext",
        "header",
        "field",
    )
)
CANARIES = (SOUND, NAME, PROMPT, SAID, CLIENT_KEY, PROVIDER_KEY, PROVIDER_TEXT, HEADER, FIELD)
SPOKEN = wav(400) + SOUND.encode()
FILE = file("file", f"{NAME}.wav", SPOKEN, f"audio/x-{HEADER}")


def asking(slug: str, wish: Wish | None = None) -> Form:
    told = wish.fields if wish else []
    return form(field("model", f"whisper-{slug}"), field("prompt", PROMPT), *told, FILE)


def transcripts(slug: str) -> bytes:
    """A good answer, in which the canary is what was said."""
    segment = {"start": 0, "end": 1, "text": SAID}
    verbose = {"text": SAID, "duration": 1.5, "segments": [segment], "words": [{"word": SAID, "start": 0, "end": 1}]}
    phrase = {"text": SAID, "offsetMilliseconds": 0, "durationMilliseconds": 1500, "locale": "de-DE", "words": []}
    azure = {"durationMilliseconds": 1500, "combinedPhrases": [{"text": SAID}], "phrases": [phrase]}
    return to_json({"speech": azure, "swiss": {"status": "done", "data": json.dumps(verbose)}}.get(slug, verbose))


class Secrets(TranscribingCase):
    environment = {"PHIGATE_TEST_PROVIDER_KEY": PROVIDER_KEY}
    config = {
        "auth": {
            "mode": "keys",
            "keys": [{"id": "someone", "sha256": hashlib.sha256(CLIENT_KEY.encode()).hexdigest(), "metrics": True}],
        },
        "timeouts": {"first_byte": "300ms", "idle": "300ms", "total": "2s"},
        "log": {"level": "trace", "format": "json"},
    }

    @classmethod
    def build_world(cls) -> World:
        world = every_protocol(endpoint={"credential": "${PHIGATE_TEST_PROVIDER_KEY}"})
        for upstream in world.upstreams:
            upstream.api.keys = (PROVIDER_KEY,)
        return world

    def said(self, given: Form, **options: Any) -> bytes:
        headers = [("Authorization", f"Bearer {CLIENT_KEY}"), ("X-Custom", HEADER), ("User-Agent", HEADER)]
        try:
            response = self.transcribe(given, headers=[*headers, *options.pop("headers", ())], **options)
            return response.raw_head + response.body
        except MalformedResponse:
            return b""

    def good_answers(self) -> None:
        receipt = faults.reply(body=b'{"batch_id":"batch-1"}')
        for slug in HOSTS:
            for wish in (Wish(), Wish("verbose_json", ("word", "segment"))):
                answer = faults.reply(body=transcripts(slug))
                self.world[slug].script([receipt, answer] if slug == "swiss" else [answer])
                self.assertIn(SAID.encode(), self.said(asking(slug, wish)), slug)
            self.assertIn(b" 200 ", self.said(asking(slug)))

    def broken_answers(self) -> None:
        leaky = {"error": {"message": PROVIDER_TEXT, "type": PROVIDER_TEXT, "param": None, "code": PROVIDER_TEXT}}
        steps: list[Step] = [
            *(faults.status(one, leaky, {"x-request-id": PROVIDER_TEXT}) for one in (400, 401, 404, 429, 503)),
            faults.reply(body=SAID.encode()),
            faults.reply(body=f'{{"text": "{SAID}'.encode()),
            faults.reply(body=f'{{"{SAID}": 1}}'.encode(), content_type=PROVIDER_TEXT),
            faults.reply(body=to_json({"batch_id": f"{PROVIDER_TEXT}/.."})),
            faults.reply(body=transcripts("open"), cut=20, then=Then.CLOSE),
            faults.raw(f"HTTP/1.1 200 {SAID}\r\nbad {SAID}\r\n\r\n".encode(), then=Then.CLOSE),
            faults.CLOSE_BEFORE_HEAD,
        ]
        for slug in HOSTS:
            for step in steps:
                self.world[slug].always(step)
                self.said(asking(slug))
        failed = to_json({"status": "failed", "error": {"code": PROVIDER_TEXT, "description": PROVIDER_TEXT}})
        self.world["swiss"].script([faults.reply(body=b'{"batch_id":"b"}'), faults.reply(body=failed)])
        self.said(asking("swiss"))
        self.world["open"].always(faults.STALL_BEFORE_HEAD)
        self.said(asking("open"))
        self.world.forget()

    def broken_forms(self) -> None:
        model = field("model", "whisper-open")
        for given in (
            form(model, FILE, field(FIELD, FIELD)),
            form(model, FILE, field("temperature", FIELD)),
            form(model, FILE, field("language", FIELD)),
            form(model, FILE, field("response_format", FIELD)),
            form(model, FILE, field("provider", f'{{"{FIELD}": 1}}')),
            form(model, FILE, field("provider", f'{{"only": ["{FIELD}"]}}')),
            form(model, FILE, field("provider", FIELD)),
            form(model, FILE, FILE),
            form(field("model", FIELD), FILE),
            form(model, FILE, end=b""),
            form(model, FILE, said=f"multipart/form-data; boundary={FIELD}"),
            form(model, FILE, said=f"text/{FIELD}"),
            form(model, part(f"X-Part: {FIELD}\x00".encode(), SPOKEN)),
        ):
            self.said(given)
        self.said(asking("open"), phi=FIELD)
        self.said(asking("open"), region=FIELD)
        connection = self.connect()
        head = [*asking("open").headers, ("Authorization", f"Bearer {CLIENT_KEY}"), ("Content-Length", "99999")]
        connection.send(request_bytes("POST", f"{TRANSCRIPTIONS}?q={PROMPT}", head))
        connection.send(asking("open").body)
        connection.reset()

    def test_no_canary_anywhere(self) -> None:
        self.good_answers()
        self.broken_answers()
        self.broken_forms()
        log = self.gateway.log()
        self.assertGreater(len(log.splitlines()), 100, "the trace level does log")
        self.assertIn("audio_transcriptions", log)
        places = {
            "stderr": log,
            "stdout": self.gateway.output(),
            "metrics": self.get("/metrics", [("Authorization", f"Bearer {CLIENT_KEY}")]).body.decode(),
            "files it wrote": "".join(path.name for path in self.gateway.folder.iterdir()),
        }
        for place, text in places.items():
            for canary in CANARIES:
                with self.subTest(f"{canary} in {place}"):
                    self.assertEqual([line for line in text.splitlines() if canary in line], [])

    def test_errors_hold_neither_the_recording_nor_the_operators_affairs(self) -> None:
        leaky = {"error": {"message": f"{PROVIDER_TEXT} {PROVIDER_KEY}", "type": "x", "param": None, "code": "y"}}
        for slug in HOSTS:
            for step in (faults.status(401, leaky), faults.status(503, leaky), faults.reply(body=SAID.encode())):
                self.world[slug].script([step])
                answer = self.said(asking(slug)).decode()
                self.assertIn(" 502 ", answer)
                for canary in CANARIES:
                    self.assertNotIn(canary, answer, slug)
