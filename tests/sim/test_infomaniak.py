"""Infomaniak's batches."""

from __future__ import annotations

import json
import unittest
from typing import Any

from support.raw_client import Response

from sim.case import AUDIO, SimulatorCase, recording
from sim.hearing import digest

POST = "/1/ai/7/openai/audio/transcriptions"


class Batches(SimulatorCase):
    models = {"whisper": {"stt"}}
    options = {"protocol": "infomaniak_stt", "prefix": "/1/ai/7"}

    def begin(self, **fields: Any) -> Response:
        return self.send(POST, recording(**{"model": "whisper", **fields}))

    def result(self, batch: str) -> Response:
        return self.send(f"/1/ai/7/results/{batch}", method="GET")

    def test_a_result_is_not_found_until_it_is_there(self) -> None:
        self.set(pending=2)
        batch = self.begin(response_format="verbose_json", timestamp_granularities=["word", "segment"]).json()["batch_id"]
        self.assertEqual([self.result(batch).status for _ in range(4)], [404, 404, 200, 200])
        told = self.result(batch).json()
        self.assertEqual((told["status"], told["error"]), ("done", None))
        data = json.loads(told["data"])
        self.assertIn(f"vendor heard {len(AUDIO)} bytes sha256 {digest(AUDIO)}.", data["text"])
        self.assertLessEqual({"words", "segments", "duration"}, set(data))

    def test_the_data_is_in_the_format_that_was_asked_for(self) -> None:
        self.set(pending=0, done="success")
        for form, begins in {"text": "vendor", "srt": "1\n", "vtt": "WEBVTT", "json": "{"}.items():
            told = self.result(self.begin(response_format=form).json()["batch_id"]).json()
            self.assertEqual(told["status"], "success")
            self.assertTrue(told["data"].startswith(begins))

    def test_a_batch_may_fail(self) -> None:
        self.set(pending=0, fails_with={"code": "invalid_file", "description": "unreadable audio"})
        told = self.result(self.begin().json()["batch_id"]).json()
        self.assertEqual((told["status"], told["data"], told["error"]["code"]), ("error", None, "invalid_file"))

    def test_a_batch_that_nobody_made_is_never_found(self) -> None:
        for _ in range(3):
            self.assertEqual(self.result("00000000-0000-4000-9000-000000000009").status, 404)

    def test_refusals(self) -> None:
        cases = {
            "an unknown field": self.begin(temperature="0"),
            "an unknown model": self.begin(model="whisper-9"),
            "an unknown format": self.begin(response_format="xml"),
            "words without verbose_json": self.begin(timestamp_granularities=["word"]),
        }
        self.assert_refusals(cases, 422)
        for response in cases.values():
            self.assertEqual(set(response.json()), {"code", "description"})
        self.assertEqual(self.send("/1/ai/7/audio/transcriptions", recording()).json()["code"], "method_not_found")
        sent = recording(model="whisper")
        self.assertEqual(self.connect().request("POST", POST, sent.headers, sent.body).status, 401)


if __name__ == "__main__":
    unittest.main()
