"""curl, as the README shows it."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile

from sim.speaking import MEDIA_TYPES
from support.raw_client import parse_events

from e2e.media_case import SPEAKERS, SPEAKING, MediaCase, transcripts
from e2e.sdk_case import SdkCase

BODY = {"model": "auto", "messages": [{"role": "user", "content": "hello from curl"}]}


class Curl(SdkCase):
    def posted(self, body: dict, *headers: str) -> tuple[list[str], bytes]:
        """Every head and trailer line, and the body."""
        options = [option for header in headers for option in ("--header", header)]
        with tempfile.NamedTemporaryFile() as head:
            done = subprocess.run(
                ["curl", "--silent", "--show-error", "--max-time", "20", "--dump-header", head.name, "--json", "@-"]
                + [*options, self.gateway.base_url + "/chat/completions"],
                input=json.dumps(body).encode(),
                capture_output=True,
                check=True,
            )
            return head.read().decode().lower().split("\r\n"), done.stdout

    def test_a_chat_completion(self) -> None:
        headers, body = self.posted(BODY, "X-Region: EU")
        self.assertEqual(headers[0], "http/1.1 200 ok")
        self.assertIn("hello from curl", json.loads(body)["choices"][0]["message"]["content"])
        self.assertIn("x-provider-slug: first", headers)
        self.assertTrue([line for line in headers if re.fullmatch("x-phi-cost-micro: [0-9]+", line)])

    def test_a_stream(self) -> None:
        headers, body = self.posted({**BODY, "stream": True})
        self.assertIn("content-type: text/event-stream", [line.split(";")[0] for line in headers])
        self.assertEqual(parse_events(body)[-1].data, "[DONE]")
        self.assertIn(b": x-phi-cost-micro=", body)
        self.assertIn("x-phi-usage: provider", headers[headers.index("") :], "in a trailer")

    def test_a_large_body_waits_for_its_continue(self) -> None:
        headers, body = self.posted({**BODY, "user": "x" * 2_000_000}, "Expect: 100-continue")
        self.assertEqual(headers[0], "http/1.1 100 continue")
        self.assertIn("http/1.1 200 ok", headers)
        self.assertIn("hello from curl", json.loads(body)["choices"][0]["message"]["content"])

    def test_an_error(self) -> None:
        headers, body = self.posted(BODY, "X-PHI: true")
        self.assertEqual(headers[0], "http/1.1 403 forbidden")
        self.assertEqual(json.loads(body)["error"]["code"], "phi_blocked")

    def test_a_health_check_fails_on_an_error_and_passes_else(self) -> None:
        root = self.gateway.base_url.removesuffix("/v1")
        for path, code in (("/healthz", 0), ("/readyz", 0), ("/nothing", 22)):
            done = subprocess.run(["curl", "--silent", "--fail", root + path], capture_output=True, check=False)
            self.assertEqual(done.returncode, code)


class CurlWithVoice(MediaCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.folder_with_recording()

    def asked(self, path: str, *options: str) -> str:
        """What `--write-out` told; the body is in the file `answer`."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "20", "--output", "answer", self.gateway.base_url + path]
            + ["--write-out", "%{http_code} %{content_type}", *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def answer(self) -> bytes:
        return (self.folder / "answer").read_bytes()

    def test_every_form_of_every_hosts_transcript(self) -> None:
        for slug, wish in transcripts():
            options = ["--form", f"model=whisper-{slug}", "--form", f"response_format={wish.format}"]
            for granularity in wish.granularities:
                options += ["--form", f"timestamp_granularities[]={granularity}"]
            with self.subTest(slug, wish=wish):
                self.world.forget()
                told = self.asked("/audio/transcriptions", *options, "--form", "file=@speech.wav")
                self.assertTrue(told.startswith("200 "), told)
                is_json = wish.format in ("json", "verbose_json")
                self.assert_transcript(slug, wish, json.loads(self.answer()) if is_json else self.answer().decode())

    def test_preferences_and_policy_of_a_transcript(self) -> None:
        form = ["--form", "file=@speech.wav", "--form", "model=auto", "--form", 'provider={"only": ["mistral"]}']
        self.assertEqual(self.asked("/audio/transcriptions", *form), "200 application/json")
        self.assert_got_recording("mistral")
        self.assertEqual(self.asked("/audio/transcriptions", *form, "-H", "X-PHI: true"), "403 application/json")
        self.assertEqual(json.loads(self.answer())["error"]["code"], "phi_blocked")

    def test_speech(self) -> None:
        for form in ("mp3", "opus", "wav", "pcm"):
            with self.subTest(form):
                body = {**SPEAKING, "response_format": form}
                self.assertEqual(self.asked("/audio/speech", "--json", json.dumps(body)), f"200 {MEDIA_TYPES[form]}")
                self.assertTrue(self.answer() == SPEAKERS["voice-1"](body), "other bytes")
