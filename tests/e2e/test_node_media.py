"""The openai package for Node with documents and voice."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

from sim import faults
from sim.openai_api import vector
from sim.speaking import MEDIA_TYPES
from sim.upstream import Then
from support.case import UUID7
from support.transcripts import sent

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

USUAL: dict[str, dict[str, Any]] = {
    "transcribe": {"model": "whisper-open"},
    "speak": SPEAKING,
    "embed": {"model": "embed-a", "input": ["a"]},
}


class NodeMedia(MediaCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.folder_with_recording()

    def call_all(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What sdk_media.mjs printed: a {"told", "headers"} or an {"error"} for each."""
        given = json.dumps({"baseURL": self.gateway.base_url, "folder": str(self.folder), "asked": asked})
        done = subprocess.run(
            ["node", "sdk_media.mjs"],
            cwd=os.environ["PHIGATE_NODE_FOLDER"],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        results = json.loads(done.stdout)
        self.assertEqual(len(results), len(asked))
        return results

    def call(self, name: str, **body: Any) -> dict[str, Any]:
        (result,) = self.call_all([{"call": name, "body": body}])
        self.assertNotIn("error", result)
        return result

    def each_call(self, asked: list[dict[str, Any]]) -> Any:
        for one, result in zip(asked, self.call_all(asked), strict=True):
            with self.subTest(one["call"], **{key: str(value)[:80] for key, value in one["body"].items()}):
                self.assertNotIn("error", result)
                yield one["body"], result

    def test_every_form_of_every_hosts_transcript(self) -> None:
        pairs = transcripts()
        asked = [
            {
                "call": "transcribe",
                "body": {"model": f"whisper-{slug}", "response_format": wish.format}
                | ({"timestamp_granularities": list(wish.granularities)} if wish.granularities else {}),
            }
            for slug, wish in pairs
        ]
        for (slug, wish), (_, result) in zip(pairs, self.each_call(asked), strict=True):
            self.assertEqual(result["headers"]["x-provider-slug"], slug)
            self.assert_transcript(slug, wish, result["told"])

    def test_preferences_of_a_transcript_are_json_in_a_field(self) -> None:
        provider = json.dumps({"only": ["swiss"], "max_retention_days": 0})
        result = self.call("transcribe", model="auto", provider=provider)
        self.assertEqual(result["headers"]["x-phi-routed"], "whisper-swiss/EU/general")
        self.assert_got_recording("swiss")

    def test_preferences_of_a_transcript_as_an_object_are_refused(self) -> None:
        """The SDK makes `provider[only][]` of it."""
        (result,) = self.call_all([{"call": "transcribe", "body": {"model": "auto", "provider": only("swiss")}}])
        error = result["error"]
        self.assertEqual((error["status"], error["code"]), (400, "ambiguous_body"))
        self.assertEqual(error["param"], "provider[only][]")
        self.assertEqual(self.world.requests(), 0)

    def test_a_filename_arrives_as_it_was_given(self) -> None:
        (self.folder / AWKWARD_NAME).write_bytes(media.recording())
        self.call("transcribe", model="whisper-open", filename=AWKWARD_NAME)
        self.assertEqual(sent(self.upload("open")).filename, AWKWARD_NAME)

    def test_every_format_of_every_hosts_speech(self) -> None:
        pairs = speeches()
        asked = [
            {"call": "speak", "body": {**SPEAKING, "response_format": form, "provider": only(slug)}}
            for slug, form in pairs
        ]
        for (slug, form), (body, result) in zip(pairs, self.each_call(asked), strict=True):
            self.assertEqual(result["headers"]["content-type"], MEDIA_TYPES[form])
            self.assertEqual(result["headers"]["x-provider-slug"], slug)
            self.assertEqual(result["told"], media.digest(SPEAKERS[slug](body)))

    def test_speech_that_is_streamed_into_a_file(self) -> None:
        asked = {**SPEAKING, "response_format": "pcm"}
        self.assertEqual(self.call("speakIntoFile", **asked)["told"], media.digest(SPEAKERS["voice-1"](asked)))

    def test_speech_that_breaks_throws(self) -> None:
        for call in ("speak", "speakIntoFile"):
            with self.subTest(call):
                self.world.forget()
                self.world["voice-1"].script([faults.pieces(b"ID3" + bytes(999), then=Then.CLOSE)])
                (result,) = self.call_all([{"call": call, "body": SPEAKING}])
                self.assertEqual(result["error"]["kind"], "TypeError")  # of fetch itself: the head was good
                self.assertEqual(self.world.requests(), 1)

    def test_speech_for_health_data(self) -> None:
        asked = {"call": "speak", "body": SPEAKING, "headers": {"X-Region": "eu", "X-PHI": "true"}}
        (result,) = self.call_all([asked])
        self.assertEqual(result["headers"]["x-phi-routed"], "voice-a/EU/phi")

    def test_embeddings_by_default_as_floats_and_shorter(self) -> None:
        wishes: tuple[dict[str, Any], ...] = ({}, {"encoding_format": "float"}, {"dimensions": 4})
        asked = [{"call": "embed", "body": {"model": "embed-a", "input": ["a", "b"], **wish}} for wish in wishes]
        for body, result in self.each_call(asked):
            size = body.get("dimensions", 8)
            self.assertEqual(result["told"], [vector("a", size), vector("b", size)])

    def test_documents_by_the_sdks_plain_post(self) -> None:
        for slug, source in documents():
            with self.subTest(slug, source=source["type"]):
                told = self.call("read", model="ocr-a", document=source, provider=only(slug))["told"]
                self.assert_pages(slug, source, told["pages"])
                self.world.forget()

    def test_a_picture(self) -> None:
        asked = [
            {"call": "look", "body": {"model": "eye-a", "messages": LOOK, "provider": only(slug)}} for slug in VIEWERS
        ]
        for (_, result), slug in zip(self.each_call(asked), VIEWERS, strict=True):
            self.assertTrue(result["told"])
            self.assert_saw_picture(slug)

    def test_refusals_have_their_class_and_reach_nobody(self) -> None:
        # `stream: true` has the SDK expect events; a refusal is no less one for that.
        asked = [
            {"call": call, "body": {**USUAL[call], **fields}, "headers": headers}
            for _, call, fields, headers, *_ in REFUSALS
        ]
        for (name, call, _, _, kind, *due), result in zip(REFUSALS, self.call_all(asked), strict=True):
            with self.subTest(name, call=call):
                error = result["error"]
                self.assertEqual([error[key] for key in ("kind", "status", "code", "param")], [kind, *due])
                self.assertTrue(re.fullmatch(UUID7, error["requestID"]))
        self.assertEqual(self.world.requests(), 0)
