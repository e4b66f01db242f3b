"""curl, as the README shows it."""

from __future__ import annotations

import json
import subprocess

from e2e.sdk_case import SdkCase
from support.raw_client import parse_events

BODY = {"model": "auto", "messages": [{"role": "user", "content": "hello from curl"}]}


class Curl(SdkCase):
    def curl(self, *arguments: str, path: str = "/chat/completions") -> tuple[dict[str, str], bytes]:
        """Headers (trailers too) by lower-case name, and the body."""
        command = ["curl", "--silent", "--show-error", "--max-time", "20", "--include", *arguments]
        done = subprocess.run([*command, self.gateway.base_url + path], capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
        return {"": head.decode().split("\r\n")[0], **{name.lower(): value for name, _, value in lines}}, body

    def posted(self, body: dict, *headers: str) -> tuple[dict[str, str], bytes]:
        options = [option for header in headers for option in ("--header", header)]
        return self.curl("--json", json.dumps(body), *options)

    def test_a_chat_completion(self) -> None:
        headers, body = self.posted(BODY, "X-Region: EU")
        self.assertIn(" 200 ", headers[""])
        self.assertIn("hello from curl", json.loads(body)["choices"][0]["message"]["content"])
        self.assertEqual(headers["x-provider-slug"], "first")
        self.assertTrue(headers["x-phi-cost-micro"].isdigit())

    def test_a_stream(self) -> None:
        headers, body = self.posted({**BODY, "stream": True})
        self.assertTrue(headers["content-type"].startswith("text/event-stream"))
        events = [event for event in parse_events(body.split(b"\r\n")[0]) if event.data is not None]
        self.assertEqual(events[-1].data, "[DONE]")
        self.assertIn(b": x-phi-cost-micro=", body)

    def test_a_large_body_waits_for_its_continue(self) -> None:
        headers, body = self.posted({**BODY, "user": "x" * 2_000_000}, "Expect: 100-continue")
        self.assertIn("100 Continue", headers[""])
        self.assertIn(b"HTTP/1.1 200", body)

    def test_an_error(self) -> None:
        headers, body = self.posted(BODY, "X-PHI: true")
        self.assertIn(" 403 ", headers[""])
        self.assertEqual(json.loads(body)["error"]["code"], "phi_blocked")

    def test_a_health_check_fails_on_an_error_and_passes_else(self) -> None:
        root = self.gateway.base_url.removesuffix("/v1")
        for path, code in (("/healthz", 0), ("/readyz", 0), ("/nothing", 22)):
            done = subprocess.run(["curl", "--silent", "--fail", root + path], capture_output=True, check=False)
            self.assertEqual(done.returncode, code)
