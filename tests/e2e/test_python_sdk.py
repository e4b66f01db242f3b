"""The openai package for Python."""

from __future__ import annotations

from typing import Any

import openai
from sim import faults
from sim.openai_api import vector
from sim.upstream import Then
from support.case import GatewayCase
from support.registry import World, single_world
from support.waiting import eventually

from e2e.sdk_case import ERRORS, LOOK, WISHES, SdkCase, with_variant

HELLO = [{"role": "user", "content": "hello from the SDK"}]


class PythonSdk(SdkCase):
    def client(self, **options: Any) -> openai.OpenAI:
        client = openai.OpenAI(base_url=self.gateway.base_url, api_key="any", **options)
        self.addCleanup(client.close)
        return client

    def test_a_chat_completion(self) -> None:
        told = self.client().chat.completions.with_raw_response.create(model="model-a", messages=HELLO)
        self.assertIn("hello from the SDK", told.parse().choices[0].message.content)
        self.assertEqual(told.headers["x-phi-routed"], "model-a/EU/general")
        self.assertEqual(told.parse()._request_id, told.headers["x-request-id"])
        sent = self.world["first"].requests[0]
        self.assertEqual([name for name, _ in sent.headers if name.lower().startswith("x-stainless")], [])

    def test_policy_headers(self) -> None:
        client = self.client(default_headers={"X-Region": "eu", "X-PHI": "false"})
        told = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
        self.assertEqual(told.headers["x-phi-tier"], "non_phi")

    def test_a_stream(self) -> None:
        with self.client().chat.completions.create(model="model-a", messages=HELLO, stream=True) as stream:
            chunks = list(stream)
        self.assertIn("hello from the SDK", "".join(chunk.choices[0].delta.content or "" for chunk in chunks))
        self.assertTrue(all(chunk.usage is None for chunk in chunks))
        self.assertEqual(chunks[-1].choices[0].finish_reason, "stop")

    def test_a_stream_with_usage(self) -> None:
        options = {"include_usage": True}
        with self.client().chat.completions.create(
            model="model-a", messages=HELLO, stream=True, stream_options=options
        ) as stream:
            chunks = list(stream)
        self.assertGreater(chunks[-1].usage.prompt_tokens, 0)

    def test_a_stream_that_falls_over_before_its_first_content(self) -> None:
        self.world["first"].script([faults.error_event_first()])
        with self.client().chat.completions.create(model="model-a", messages=HELLO, stream=True) as stream:
            self.assertIn("second", "".join(chunk.choices[0].delta.content or "" for chunk in stream))

    def test_a_stream_that_breaks_raises(self) -> None:
        self.world["first"].script([faults.stream(upto=2, then=Then.CLOSE)])
        with self.client().chat.completions.create(model="model-a", messages=HELLO, stream=True) as stream:
            with self.assertRaises(openai.APIError):
                list(stream)

    def test_leaving_a_stream_early_cancels_it_at_the_provider(self) -> None:
        self.world["first"].script([faults.stream(upto=3, then=Then.STALL)])
        with self.client().chat.completions.create(model="model-a", messages=HELLO, stream=True) as stream:
            next(iter(stream))
        record = self.world["first"].requests[0].connection
        eventually(lambda: record.peer_closed_at, "the provider's connection is closed")

    def test_errors_have_their_class_and_are_not_retried(self) -> None:
        for name, step, asked, kind, status, code, reached in ERRORS:
            with self.subTest(name):
                self.world.forget()
                if step is not None:
                    self.all_answer(step)
                with self.assertRaises(getattr(openai, kind)) as caught:
                    self.ask(**asked)
                error = caught.exception
                self.assertEqual((error.status_code, error.code), (status, code))
                self.assertEqual(error.request_id, error.response.headers["x-request-id"])
                self.assertEqual(tuple(self.counts()), reached)

    def ask(self, model: str = "model-a", region: str | None = None, phi: str | None = None, **extra: Any) -> Any:
        headers = {name: value for name, value in (("X-Region", region), ("X-PHI", phi)) if value is not None}
        client = self.client(max_retries=2)
        return client.chat.completions.create(model=model, messages=HELLO, extra_headers=headers, extra_body=extra)

    def test_a_conflict_is_not_retried_though_the_sdk_would(self) -> None:
        self.world["first"].always(faults.status(409))
        with self.assertRaises(openai.ConflictError):
            self.ask()
        self.assertEqual(self.counts(), [1, 0, 0])

    def test_a_rate_limit_is_retried_after_the_time_named(self) -> None:
        self.all_answer(faults.rate_limited(1))
        with self.assertRaises(openai.RateLimitError):
            self.client(max_retries=1).chat.completions.create(model="model-a", messages=HELLO)
        self.assertEqual(self.counts(), [2, 2, 2])

    def test_preferences_and_variants_of_a_chat(self) -> None:
        chat = self.client().chat.completions.with_raw_response
        for messages in (HELLO, LOOK):
            for wish, *expected in WISHES:
                with self.subTest(wish, messages=messages):
                    model, extra = with_variant("model-a", wish)
                    told = chat.create(model=model, messages=messages, extra_body=extra)
                    self.assertTrue(told.parse().choices[0].message.content)
                    self.assert_routed(told.headers, *expected)

    def test_preferences_and_variants_of_a_stream(self) -> None:
        chat = self.client().chat.completions.with_raw_response
        for messages in (HELLO, LOOK):
            for wish, *expected in WISHES:
                with self.subTest(wish, messages=messages):
                    model, extra = with_variant("model-a", wish)
                    told = chat.create(model=model, messages=messages, stream=True, extra_body=extra)
                    with told.parse() as stream:
                        self.assertIn(expected[0], "".join(chunk.choices[0].delta.content or "" for chunk in stream))
                    self.assert_routed(told.headers, *expected)

    def test_preferences_and_variants_of_embeddings(self) -> None:
        embeddings = self.client().embeddings.with_raw_response
        for wish, *expected in WISHES:
            with self.subTest(wish):
                model, extra = with_variant("embed-a", wish)
                told = embeddings.create(model=model, input="a", extra_body=extra)
                self.assertEqual(list(told.parse().data[0].embedding), vector("a", 8))
                self.assert_routed(told.headers, *expected)

    def test_models(self) -> None:
        client = self.client()
        self.assertEqual({one.id for one in client.models.list()}, {"auto", "model-a", "embed-a"})
        self.assertEqual(client.models.retrieve("model-a").id, "model-a")
        with self.assertRaises(openai.NotFoundError):
            client.models.retrieve("nothing")

    def test_embeddings_by_default_and_as_floats(self) -> None:
        client = self.client()
        for upstream in self.world.upstreams:
            for native in (True, False):
                upstream.api.base64_embeddings = native
                for options in ({}, {"encoding_format": "float"}):
                    with self.subTest((native, options)):
                        told = client.embeddings.create(model="embed-a", input=["a", "b"], **options)
                        self.assertEqual([list(one.embedding) for one in told.data], [vector("a", 8), vector("b", 8)])
            upstream.api.base64_embeddings = True


class PythonSdkKeys(GatewayCase):
    config = {"auth": {"mode": "keys", "keys": [{"id": "a", "sha256": "0" * 64}]}}

    @classmethod
    def build_world(cls) -> World:
        return single_world()

    def test_a_bad_key(self) -> None:
        with openai.OpenAI(base_url=self.gateway.base_url, api_key="wrong") as client:
            with self.assertRaises(openai.AuthenticationError) as caught:
                client.chat.completions.create(model="model-a", messages=HELLO)
        self.assertEqual(caught.exception.code, "invalid_api_key")


class PythonSdkOneHost(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return single_world()

    def test_a_lone_failure_is_retried_and_then_succeeds(self) -> None:
        self.world["first"].script([faults.status(503)])
        with openai.OpenAI(base_url=self.gateway.base_url, api_key="any") as client:
            told = client.chat.completions.create(model="model-a", messages=HELLO)
        self.assertTrue(told.choices[0].message.content)
        self.assertEqual(len(self.world["first"].requests), 2)

    def test_the_operators_mistake_is_not_retried(self) -> None:
        self.world["first"].always(faults.status(401))
        with openai.OpenAI(base_url=self.gateway.base_url, api_key="any") as client:
            with self.assertRaises(openai.InternalServerError) as caught:
                client.chat.completions.create(model="model-a", messages=HELLO)
        self.assertEqual(caught.exception.code, "upstream_auth_failed")
        self.assertEqual(len(self.world["first"].requests), 1)
