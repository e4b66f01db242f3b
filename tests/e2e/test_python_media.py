"""The openai package for Python with documents and voice, in both of its manners: as usual and async."""

from __future__ import annotations

import asyncio
import json
import operator
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
from openai.types.audio import Transcription, TranscriptionVerbose
from sim import faults
from sim.openai_api import vector
from sim.speaking import MEDIA_TYPES
from sim.upstream import Then
from support.transcripts import HOSTS, sent

from e2e import media
from e2e.media_case import (
    AWKWARD_NAME,
    LOOK,
    REFUSALS,
    SPEAKERS,
    SPEAKING,
    VIEWERS,
    MediaCase,
    documents,
    only,
    speeches,
    transcripts,
)

RECORDING = ("speech.wav", media.recording(), "audio/wav")
USUAL: dict[str, tuple[str, dict[str, Any]]] = {
    "transcribe": ("audio.transcriptions", {"model": "whisper-open", "file": RECORDING}),
    "speak": ("audio.speech", SPEAKING),
    "embed": ("embeddings", {"model": "embed-a", "input": ["a"]}),
}


class PythonMedia(MediaCase):
    def setUp(self) -> None:
        super().setUp()
        options: dict[str, Any] = {"base_url": self.gateway.base_url, "api_key": "any"}
        self.client = openai.OpenAI(**options)
        self.addCleanup(self.client.close)
        self.waiting_client = openai.AsyncOpenAI(**options)
        self.runner = asyncio.Runner()
        self.addCleanup(self.runner.close)
        self.addCleanup(lambda: self.runner.run(self.waiting_client.close()))

    def each_manner(self, resource: str, **fields: Any) -> Iterator[Any]:
        """The raw answer of `resource`.create, called as usual and then async."""
        create = operator.attrgetter(f"{resource}.with_raw_response.create")
        self.world.forget()
        yield create(self.client)(**fields)
        self.world.forget()
        yield self.runner.run(create(self.waiting_client)(**fields))

    def each_error(
        self, kind: type[openai.APIStatusError], resource: str, **fields: Any
    ) -> Iterator[openai.APIStatusError]:
        create = operator.attrgetter(f"{resource}.create")
        with self.assertRaises(kind) as caught:
            create(self.client)(**fields)
        yield caught.exception
        with self.assertRaises(kind) as caught:
            self.runner.run(create(self.waiting_client)(**fields))
        yield caught.exception

    def test_every_form_of_every_hosts_transcript(self) -> None:
        for slug, wish in transcripts():
            fields: dict[str, Any] = {"model": f"whisper-{slug}", "file": RECORDING, "response_format": wish.format}
            if wish.granularities:
                fields["timestamp_granularities"] = list(wish.granularities)
            with self.subTest(slug, wish=wish):
                for raw in self.each_manner("audio.transcriptions", **fields):
                    self.assertEqual(raw.headers["x-provider-slug"], slug)
                    told = raw.parse()
                    kind = {"json": Transcription, "verbose_json": TranscriptionVerbose}.get(wish.format, str)
                    self.assertIs(type(told), kind)
                    self.assert_transcript(slug, wish, told if kind is str else told.model_dump(exclude_unset=True))

    def test_a_verbose_transcript_is_typed_through_and_through(self) -> None:
        for raw in self.each_manner(
            "audio.transcriptions",
            model="whisper-speech",
            file=RECORDING,
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        ):
            told = raw.parse()
            self.assertEqual(told.segments[0].start, 0.0)
            self.assertGreater(told.segments[-1].end, told.segments[0].end)
            self.assertEqual(" ".join(one.word for one in told.words), told.text)
            self.assertAlmostEqual(told.words[-1].end, told.duration, places=3)
            self.assertEqual(told.usage.type, "duration")

    def test_preferences_of_a_transcript_are_json_in_a_field(self) -> None:
        extra = {"provider": json.dumps({"only": ["swiss"], "max_retention_days": 0})}
        for raw in self.each_manner("audio.transcriptions", model="auto", file=RECORDING, extra_body=extra):
            self.assertEqual(raw.headers["x-provider-slug"], "swiss")
            self.assertEqual(raw.headers["x-phi-routed"], "whisper-swiss/EU/general")
            self.assert_got_recording("swiss")

    def test_preferences_of_a_transcript_as_an_object_are_refused_with_a_remedy(self) -> None:
        """The SDK makes `provider[only][]` of it. To ignore that would widen where the recording goes."""
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.audio.transcriptions.create(
                model="auto", file=RECORDING, extra_body={"provider": only("swiss")}
            )
        error = caught.exception
        self.assertEqual((error.code, error.param), ("ambiguous_body", "provider[only][]"))
        self.assertIn("as JSON text", str(error))
        self.assertEqual(self.world.requests(), 0)

    def test_a_recording_from_a_path(self) -> None:
        path = self.folder_with_recording() / "speech.wav"
        told = self.client.audio.transcriptions.create(model="whisper-azure", file=path)
        self.assertIn("azure heard", told.text)
        self.assert_got_recording("azure")

    def test_a_filename_arrives_as_it_was_given(self) -> None:
        self.client.audio.transcriptions.create(model="whisper-open", file=(AWKWARD_NAME, media.recording()))
        self.assertEqual(sent(self.upload("open")).filename, AWKWARD_NAME)

    def test_many_recordings_at_once_do_not_mix(self) -> None:
        given = [(slug, media.repeated(1, first)) for first in range(4) for slug in HOSTS]
        said = self.runner.run(self.transcribe_at_once(given))
        for (slug, audio), text in zip(given, said, strict=True):
            self.assertTrue(
                text.startswith(f"{slug} heard {len(audio)} bytes sha256 {media.digest(audio)[:12]}."), text
            )
        for slug in HOSTS:
            uploads = [sent(one).digest for one in self.world[slug].requests if one.method == "POST"]
            self.assertEqual(sorted(uploads), sorted(media.digest(audio) for at, audio in given if at == slug))

    async def transcribe_at_once(self, given: list[tuple[str, bytes]]) -> list[str]:
        create = self.waiting_client.audio.transcriptions.create
        asked = (create(model=f"whisper-{slug}", file=("speech.wav", audio)) for slug, audio in given)
        return [told.text for told in await asyncio.gather(*asked)]

    def test_every_format_of_every_hosts_speech(self) -> None:
        for slug, form in speeches():
            asked = {**SPEAKING, "response_format": form}
            with self.subTest(slug, form=form):
                for raw in self.each_manner("audio.speech", **asked, extra_body={"provider": only(slug)}):
                    self.assertEqual(raw.headers["content-type"], MEDIA_TYPES[form])
                    self.assertEqual(raw.headers["x-provider-slug"], slug)
                    self.assertTrue(raw.parse().content == SPEAKERS[slug](asked), "other bytes")

    def test_speech_for_health_data(self) -> None:
        for raw in self.each_manner("audio.speech", **SPEAKING, extra_headers={"X-Region": "eu", "X-PHI": "true"}):
            self.assertEqual(raw.headers["x-phi-routed"], "voice-a/EU/phi")

    def test_speech_that_is_streamed_into_a_file(self) -> None:
        asked = {**SPEAKING, "response_format": "pcm"}
        due = SPEAKERS["voice-1"](asked)
        with tempfile.TemporaryDirectory(prefix="phigate-sdk-") as folder:
            usual, waiting = Path(folder) / "usual.pcm", Path(folder) / "async.pcm"
            with self.client.audio.speech.with_streaming_response.create(**asked) as told:
                told.stream_to_file(usual)
            self.runner.run(self.stream_into(waiting, asked))
            self.assertTrue(usual.read_bytes() == due == waiting.read_bytes(), "other bytes")

    def test_speech_that_breaks_raises(self) -> None:
        """Half of the audio is no audio: both manners say so, and neither asks again."""
        for read in (self.speak_usual, self.speak_async):
            with self.subTest(read.__name__):
                self.world.forget()
                self.world["voice-1"].script([faults.pieces(b"ID3" + bytes(999), then=Then.CLOSE)])
                with self.assertRaises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
                    read()
                self.assertEqual(self.world.requests(), 1)

    def speak_usual(self) -> None:
        with self.client.audio.speech.with_streaming_response.create(**SPEAKING) as told:
            told.read()

    def speak_async(self) -> None:
        async def read() -> None:
            async with self.waiting_client.audio.speech.with_streaming_response.create(**SPEAKING) as told:
                await told.read()

        self.runner.run(read())

    async def stream_into(self, path: Path, asked: dict[str, Any]) -> None:
        async with self.waiting_client.audio.speech.with_streaming_response.create(**asked) as told:
            await told.stream_to_file(path)

    def test_embeddings_by_default_as_floats_and_shorter(self) -> None:
        due = {8: [vector("a", 8), vector("b", 8)], 4: [vector("a", 4), vector("b", 4)]}
        for fields in (
            {},
            {"encoding_format": "float"},
            {"dimensions": 4},
            {"encoding_format": "float", "dimensions": 4},
        ):
            with self.subTest(fields):
                for raw in self.each_manner("embeddings", model="embed-a", input=["a", "b"], **fields):
                    vectors = [list(one.embedding) for one in raw.parse().data]
                    self.assertEqual(vectors, due[fields.get("dimensions", 8)])

    def test_documents_by_the_sdks_plain_post(self) -> None:
        for slug, source in documents():
            with self.subTest(slug, source=source["type"]):
                body = {"model": "ocr-a", "document": source, "provider": only(slug)}
                told = self.client.post("/ocr", body=body, cast_to=object)
                self.assert_pages(slug, source, told["pages"])  # type: ignore[index]
                self.world.forget()

    def test_a_picture(self) -> None:
        for slug in VIEWERS:
            with self.subTest(slug):
                wish = {"provider": only(slug)}
                for raw in self.each_manner("chat.completions", model="eye-a", messages=LOOK, extra_body=wish):
                    self.assertTrue(raw.parse().choices[0].message.content)
                    self.assert_saw_picture(slug)

    def test_refusals_have_their_class_and_reach_nobody(self) -> None:
        for name, call, fields, headers, kind, status, code, param in REFUSALS:
            resource, usual = USUAL[call]
            known = {**usual, **{key: value for key, value in fields.items() if key in usual}}
            extra = {key: value for key, value in fields.items() if key not in usual}
            with self.subTest(name, call=call):
                told = {**known, "extra_body": extra, "extra_headers": headers}
                for error in self.each_error(getattr(openai, kind), resource, **told):
                    self.assertEqual((error.status_code, error.code, error.param), (status, code, param))
                    self.assertEqual(error.request_id, error.response.headers["x-request-id"])
                self.assertEqual(self.world.requests(), 0)

    def test_a_call_that_the_gateway_lacks_names_the_nearest(self) -> None:
        client = self.client
        for call, nearest in (
            (lambda: client.post("/audio/translations", body={}, cast_to=object), "/v1/audio/transcriptions"),
            (lambda: client.responses.create(model="auto", input="hello"), "/v1/chat/completions"),
            (lambda: client.completions.create(model="auto", prompt="hello"), "/v1/chat/completions"),
        ):
            with self.subTest(nearest=nearest), self.assertRaises(openai.NotFoundError) as caught:
                call()
            self.assertEqual(caught.exception.code, "not_found")
            self.assertIn(nearest, str(caught.exception))
        self.assertEqual(self.world.requests(), 0)

    def test_a_recording_that_is_too_large_is_refused(self) -> None:
        with self.assertRaises(openai.APIStatusError) as caught:
            large = ("large.wav", bytes(27 << 20), "audio/wav")
            self.client.audio.transcriptions.create(model="whisper-open", file=large)
        self.assertEqual((caught.exception.status_code, caught.exception.code), (413, "payload_too_large"))
        self.assertEqual(self.world.requests(), 0)
