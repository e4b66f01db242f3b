"""The openai package for Node."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

from sim import faults
from sim.openai_api import vector
from sim.upstream import Then
from support.case import UUID7, GatewayCase
from support.registry import World, single_world
from support.waiting import eventually

from e2e.sdk_case import ERRORS, LOOK, WISHES, SdkCase, with_variant


def node(base_url: str, call: str, **options: Any) -> dict[str, Any]:
    """What sdk_client.mjs printed: {"ok": …} or {"error": …}."""
    asked = json.dumps({"call": call, "baseURL": base_url, **options})
    done = subprocess.run(
        ["node", "sdk_client.mjs", asked],
        cwd=os.environ["PHIGATE_NODE_FOLDER"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class NodeSdk(SdkCase):
    def call(self, name: str, **options: Any) -> dict[str, Any]:
        told = node(self.gateway.base_url, name, **options)
        self.assertIn("ok", told)
        return told["ok"]

    def failed(self, name: str = "chat", **options: Any) -> dict[str, Any]:
        told = node(self.gateway.base_url, name, **options)
        self.assertIn("error", told)
        return told["error"]

    def test_a_chat_completion(self) -> None:
        told = self.call("chat", headers={"X-Region": "eu"})
        self.assertIn("hello from the SDK", told["text"])
        self.assertEqual(told["headers"]["x-phi-routed"], "model-a/EU/general")
        self.assertEqual(told["requestId"], told["headers"]["x-request-id"])
        sent = self.world["first"].requests[0]
        self.assertEqual([name for name, _ in sent.headers if name.lower().startswith("x-stainless")], [])

    def test_a_stream(self) -> None:
        told = self.call("stream")
        self.assertIn("hello from the SDK", told["text"])
        self.assertEqual((told["finish"], told["usage"]), ("stop", None))

    def test_a_stream_with_usage(self) -> None:
        told = self.call("stream", body={"stream_options": {"include_usage": True}})
        self.assertGreater(told["usage"]["prompt_tokens"], 0)

    def test_a_stream_that_falls_over_before_its_first_content(self) -> None:
        self.world["first"].script([faults.role_then_silence()])
        self.assertIn("second", self.call("stream")["text"])

    def test_a_stream_that_breaks_raises(self) -> None:
        self.world["first"].script([faults.stream(upto=2, then=Then.CLOSE)])
        self.assertEqual(self.failed("stream")["kind"], "APIError")

    def test_leaving_a_stream_early_cancels_it_at_the_provider(self) -> None:
        self.world["first"].script([faults.stream(upto=3, then=Then.STALL)])
        self.call("leave")
        record = self.world["first"].requests[0].connection
        eventually(lambda: record.peer_closed_at, "the provider's connection is closed")

    def test_errors_have_their_class_and_are_not_retried(self) -> None:
        for name, step, asked, kind, status, code, reached in ERRORS:
            with self.subTest(name):
                self.world.forget()
                if step is not None:
                    self.all_answer(step)
                headers = {"X-Region": asked.get("region", "EU"), "X-PHI": asked.get("phi", "false")}
                body = {key: value for key, value in asked.items() if key not in ("region", "phi")}
                error = self.failed(headers=headers, body=body)
                self.assertEqual((error["kind"], error["status"], error["code"]), (kind, status, code))
                self.assertTrue(re.fullmatch(UUID7, error["requestID"]))
                self.assertEqual(tuple(self.counts()), reached)

    def test_a_conflict_is_not_retried_though_the_sdk_would(self) -> None:
        self.world["first"].always(faults.status(409))
        self.assertEqual(self.failed()["kind"], "ConflictError")
        self.assertEqual(self.counts(), [1, 0, 0])

    def test_a_rate_limit_is_retried_after_the_time_named(self) -> None:
        self.all_answer(faults.rate_limited(1))
        self.assertEqual(self.failed(maxRetries=1)["kind"], "RateLimitError")
        self.assertEqual(self.counts(), [2, 2, 2])

    def test_preferences_and_variants(self) -> None:
        for call, model, more in (
            ("chat", "model-a", {}),
            ("chat", "model-a", {"messages": LOOK}),
            ("stream", "model-a", {}),
            ("stream", "model-a", {"messages": LOOK}),
            ("embeddings", "embed-a", {}),
        ):
            for wish, *expected in WISHES:
                with self.subTest(wish, call=call, **more):
                    name, extra = with_variant(model, wish)
                    told = self.call(call, body={"model": name, **more, **extra})
                    self.assert_routed(told["headers"], *expected)

    def test_models(self) -> None:
        self.assertEqual(set(self.call("models")["ids"]), {"auto", "model-a", "embed-a"})
        self.assertEqual(self.call("retrieve", body={"model": "model-a"})["id"], "model-a")
        self.assertEqual(self.failed("retrieve", body={"model": "nothing"})["kind"], "NotFoundError")

    def test_embeddings_by_default_and_as_floats(self) -> None:
        for native in (True, False):
            self.world["first"].api.base64_embeddings = native
            for body in ({}, {"encoding_format": "float"}):
                with self.subTest((native, body)):
                    self.assertEqual(self.call("embeddings", body=body)["vectors"], [vector("a", 8), vector("b", 8)])
        self.world["first"].api.base64_embeddings = True


class NodeSdkKeys(GatewayCase):
    config = {"auth": {"mode": "keys", "keys": [{"id": "a", "sha256": "0" * 64}]}}

    @classmethod
    def build_world(cls) -> World:
        return single_world()

    def test_a_bad_key(self) -> None:
        error = node(self.gateway.base_url, "chat", apiKey="wrong")["error"]
        self.assertEqual((error["kind"], error["code"]), ("AuthenticationError", "invalid_api_key"))
