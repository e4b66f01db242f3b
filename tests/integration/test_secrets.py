"""Prompts, answers and keys leave no trace: not in a log at any level, a metric, an error or the process table (threats §4)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sim import faults
from sim.upstream import Then
from support.case import EMBEDDINGS, GatewayCase, image_question, question
from support.raw_client import MalformedResponse
from support.registry import World, agreement, dollars, model
from support.waiting import eventually

PROMPT, REPLY, CLIENT_KEY, PROVIDER_KEY = (
    f"canary-{name}-7f3a9" for name in ("prompt", "reply", "clientkey", "providerkey")
)
PROVIDER_TEXT = "canary-providertext-7f3a9"
HEADER = "canary-header-7f3a9"
CANARIES = (PROMPT, REPLY, CLIENT_KEY, PROVIDER_KEY, PROVIDER_TEXT, HEADER)


class Secrets(GatewayCase):
    environment = {"PHIGATE_TEST_PROVIDER_KEY": PROVIDER_KEY}
    config = {
        "auth": {
            "mode": "keys",
            "keys": [{"id": "someone", "sha256": hashlib.sha256(CLIENT_KEY.encode()).hexdigest(), "metrics": True}],
        },
        "timeouts": {"first_byte": "300ms", "first_token": "300ms", "idle": "300ms"},
        "log": {"level": "trace", "format": "json"},
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for slug, factor in (("first", 1), ("second", 10)):
            world.provider(
                slug,
                {
                    "model-a": model("chat", "vision", price=dollars(factor, factor)),
                    "embed-a": model("embeddings", price=dollars(factor)),
                },
                agreements=[agreement(["EU"])],
                endpoint={"credential": "${PHIGATE_TEST_PROVIDER_KEY}"},
                api={"keys": (PROVIDER_KEY,)},
            )
        return world

    def said(self, step: faults.Step | None = None, body=None, path: str = "/v1/chat/completions", **options) -> bytes:
        """Plays one exchange full of canaries and returns the whole answer, broken ones included."""
        if step is not None:
            for upstream in self.world.upstreams:
                upstream.always(step)
        headers = [
            ("Authorization", f"Bearer {CLIENT_KEY}"),
            ("X-Custom", HEADER),
            ("Cookie", HEADER),
            ("User-Agent", HEADER),
            *options.pop("headers", []),
        ]
        try:
            response = self.post(path, body or question(PROMPT), headers=headers, **options)
            return response.raw_head + response.body
        except MalformedResponse:
            return b""

    def everything(self) -> None:
        """Good answers and every kind of failure, each with canaries in all that is private."""
        leaky = {"error": {"message": PROVIDER_TEXT, "type": PROVIDER_TEXT, "param": None, "code": PROVIDER_TEXT}}
        told = {"id": "x", "choices": [{"index": 0, "delta": {"content": REPLY}}]}
        self.assertIn(PROMPT.encode(), self.said())  # the simulator echoes, so the answer is known to hold it
        self.assertIn(PROMPT.encode(), self.said(phi="true"))
        self.said(body=question(PROMPT, stream=True))
        self.said(body=image_question(user=PROMPT))
        self.said(body={"model": "embed-a", "input": PROMPT}, path=EMBEDDINGS)
        for status in (400, 401, 403, 404, 422, 429, 500, 503):
            self.said(faults.status(status, leaky, {"x-request-id": PROVIDER_TEXT, "x-leak": PROVIDER_TEXT}))
        steps = [
            faults.reply(body=REPLY.encode()),
            faults.raw(
                b"HTTP/1.1 200 " + REPLY.encode() + b"\r\nbad header " + REPLY.encode() + b"\r\n\r\n", then=Then.CLOSE
            ),
            faults.STALL_BEFORE_HEAD,
            faults.RESET_BEFORE_HEAD,
            faults.reply(cut=20, then=Then.CLOSE),
            faults.raw(f"SSH-2.0-{REPLY}\r\n".encode(), then=Then.CLOSE),
        ]
        for step in steps:
            self.said(step)
        for step in (
            faults.stream([told], done=False, then=Then.CLOSE),
            faults.stream([told], then=Then.STALL),
            faults.error_event_first(PROVIDER_TEXT),
            faults.stream([told, leaky], done=False),
            faults.stream([b"data: " + REPLY.encode() + b"\n\n"], done=False),
        ):
            self.said(step, question(PROMPT, stream=True))
        self.world.forget()
        for bad in (
            f'{{"model":"model-a","messages":"{PROMPT}"',
            f'{{"{PROMPT}":1,"{PROMPT}":2}}',
            f'{{"model":"{PROMPT}","messages":[]}}',
            f'{{"model":"model-a","order":"{PROMPT}","messages":[]}}',
            f'["{PROMPT}"]',
            f'{{"model":"model-a:{PROMPT}"}}',
        ):
            self.said(body=bad.encode())
        self.said(phi=PROMPT)
        self.said(region=PROMPT)
        self.said(path=f"/v1/{PROMPT}?q={PROMPT}")
        self.said(headers=[("X-Phi-Mode", PROMPT)])
        self.said(headers=[("X-Api-Key", CLIENT_KEY)])
        self.post("/v1/chat/completions", question(PROMPT), headers=[("Authorization", f"Bearer wrong-{CLIENT_KEY}")])
        self.said(phi="true", headers=[("X-Request-Id", PROMPT)])

    def test_no_canary_anywhere(self) -> None:
        self.everything()
        pid = self.gateway.process.pid
        log = self.gateway.log()
        self.assertGreater(len(log.splitlines()), 20, "the trace level does log")
        metrics = self.get("/metrics", [("Authorization", f"Bearer {CLIENT_KEY}")]).body.decode()
        places = {
            "stderr": log,
            "stdout": self.gateway.output(),
            "metrics": metrics,
            "command line": Path(f"/proc/{pid}/cmdline").read_text(),
            "files it wrote": "".join(path.name for path in self.gateway.folder.iterdir()),
        }
        for place, text in places.items():
            for canary in CANARIES:
                with self.subTest(f"{canary} in {place}"):
                    lines = [line for line in text.splitlines() if canary in line]
                    self.assertEqual(lines, [])

    def test_json_logs_are_one_object_a_line(self) -> None:
        self.said()
        for line in self.gateway.log().splitlines():
            self.assertIsInstance(json.loads(line), dict, line)

    def test_errors_of_the_gateway_hold_neither_keys_nor_prompts(self) -> None:
        for name, answer in {
            "bad JSON": self.said(body=f'{{"model":"model-a","messages":"{PROMPT}"'.encode()),
            "a failed provider": self.said(faults.status(503, {"error": {"message": PROVIDER_TEXT}})),
            "the operator's mistake": self.said(
                faults.status(401, {"error": {"message": f"{PROVIDER_TEXT} {PROVIDER_KEY}"}})
            ),
            "a wrong key": self.gateway.request(
                "POST", "/v1/chat/completions", [("Authorization", f"Bearer wrong-{CLIENT_KEY}")], b"{}"
            ).body,
        }.items():
            for canary in (PROMPT, CLIENT_KEY, PROVIDER_KEY, PROVIDER_TEXT, HEADER):
                with self.subTest(f"{canary} in {name}"):
                    self.assertNotIn(canary.encode(), answer)

    def test_the_process_cannot_be_dumped(self) -> None:
        pid = self.gateway.process.pid
        limits = Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])

    def test_a_clients_own_id_is_logged_for_class_general_only(self) -> None:
        self.said(headers=[("X-Request-Id", "trace-general-1")])
        self.said(headers=[("X-Request-Id", "trace-phi-1")], phi="true")
        eventually(lambda: "trace-general-1" in self.gateway.log(), "the general one is logged")
        self.assertNotIn("trace-phi-1", self.gateway.log())
