"""Real files whose hosts fail one after the other: each host gets the very bytes, whatever its protocol."""

from __future__ import annotations

import json
from typing import Any

import openai
from sim import faults, layout, reading
from sim.upstream import Step
from support.documents import data_uri
from support.registry import UNITS, World, dollars, model
from support.transcripts import TranscribingCase, sent

from e2e import media
from e2e.media_case import LETTER, LOOK, document_of

TRANSCRIBERS = {
    "open": "openai",
    "azure": "azure_openai",
    "speech": "azure_speech_stt",
    "swiss": "infomaniak_stt",
    "mistral": "mistral",
}
READERS = {"paper-1": "azure_document_intelligence", "paper-2": "mistral", "paper-3": "azure_document_intelligence"}
VIEWERS = {"eye-1": "openai", "eye-2": "azure_openai", "eye-3": "mistral"}
LIMIT = 25 << 20  # bytes of a request, unless it is configured
# One way to fail for each but the last.
FAILURES: tuple[Step, ...] = (
    faults.status(503),
    faults.reply(body=b"no JSON"),
    faults.rate_limited(1),
    faults.gzipped(),
)


class Failover(TranscribingCase):
    config: dict[str, Any] = {"failover": {"max_attempts": 8}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for modality, slugs, hosted in (
            ("stt", TRANSCRIBERS, "whisper-a"),
            ("ocr", READERS, "ocr-a"),
            ("vision", VIEWERS, "eye-a"),
        ):
            for number, (slug, protocol) in enumerate(slugs.items()):
                price = UNITS[modality](10**number) if modality in UNITS else dollars(10**number, 10**number)
                modalities = ("chat", "vision") if modality == "vision" else (modality,)
                api = {"pending": 0} if protocol == "infomaniak_stt" else {}
                world.provider(slug, {hosted: model(*modalities, price=price)}, protocol=protocol, api=api)
        return world

    def setUp(self) -> None:
        super().setUp()
        self.client = openai.OpenAI(base_url=self.gateway.base_url, api_key="any", max_retries=0)
        self.addCleanup(self.client.close)

    def all_fail_but_last(self, order: list[str]) -> None:
        for slug, failure in zip(order[:-1], FAILURES, strict=False):
            self.world[slug].script([failure])

    def assert_served_by_last(self, headers: Any, order: list[str]) -> None:
        self.assertEqual(headers["x-provider-slug"], order[-1])
        self.assertEqual(headers["x-phi-attempts"], str(len(order)))

    def test_a_recording_reaches_each_host_whole_whoever_is_last(self) -> None:
        slugs = list(TRANSCRIBERS)
        for turn in range(len(slugs)):
            order = slugs[turn:] + slugs[:turn]
            with self.subTest(" → ".join(order)):
                self.recover()
                self.all_fail_but_last(order)
                raw = self.client.audio.transcriptions.with_raw_response.create(
                    model="whisper-a",
                    file=("speech.wav", media.recording(), "audio/wav"),
                    response_format="verbose_json",
                    extra_body={"provider": json.dumps({"order": order})},
                )
                self.assert_served_by_last(raw.headers, order)
                told = raw.parse()
                self.assertIn(f"{order[-1]} heard {len(media.recording())} bytes", told.text)
                self.assertIn(media.digest(media.recording())[:12], told.text)
                for slug in order:
                    received = sent(self.world[slug].requests[0])
                    self.assertEqual(received.digest, media.digest(media.recording()), slug)

    def test_a_recording_of_nearly_the_limit_reaches_each_host_whole(self) -> None:
        self.recover()
        order = list(TRANSCRIBERS)
        self.all_fail_but_last(order)
        long = media.repeated(LIMIT // len(media.recording()))
        self.assertGreater(len(long), LIMIT - 2 * len(media.recording()))
        raw = self.client.audio.transcriptions.with_raw_response.create(
            model="whisper-a",
            file=("long.wav", long, "audio/wav"),
            extra_body={"provider": json.dumps({"order": order})},
        )
        self.assert_served_by_last(raw.headers, order)
        for slug in order:
            self.assertEqual(sent(self.world[slug].requests[0]).digest, media.digest(long), slug)

    def test_a_letter_reaches_each_reader_whole(self) -> None:
        order = list(READERS)
        self.all_fail_but_last(order)
        response = self.read_document({"model": "ocr-a", "document": LETTER, "provider": {"order": order}})
        self.assert_ok(response, order[-1])
        self.assert_attempts(response, len(order))
        found = reading.read_bytes(media.letter())
        pages = response.json()["pages"]
        self.assertEqual(
            [page["markdown"] for page in pages],
            [layout.markdown("paper-3", found, at + 1) for at in range(found.pages)],
        )
        for slug in order:
            received = document_of(self.world[slug].requests[0])
            self.assertEqual(media.digest(received), media.digest(media.letter()), slug)

    def test_a_picture_reaches_each_viewer_whole(self) -> None:
        order = list(VIEWERS)
        self.all_fail_but_last(order)
        raw = self.client.chat.completions.with_raw_response.create(
            model="eye-a", messages=LOOK, extra_body={"provider": {"order": order}}
        )
        self.assert_served_by_last(raw.headers, order)
        self.assertTrue(raw.parse().choices[0].message.content)
        due = data_uri(media.picture(), "image/png")
        for slug in order:
            (message,) = self.one_request(self.world[slug]).json()["messages"]
            url = message["content"][1]["image_url"]
            self.assertEqual(url["url"] if isinstance(url, dict) else url, due, slug)
