"""POST /v1/route/explain: what a request would meet, without any provider being asked (spec §10)."""

from __future__ import annotations

from typing import Any

from sim import faults
from support.auth_keys import bearer, key
from support.case import AFTER_A_TRY, CHAT, EMBEDDINGS, EXPLAIN, GatewayCase, image_question, question
from support.forms import FILE, MODEL
from support.multipart import field, form
from support.raw_client import Response
from support.registry import World, agreement, dollars, model, regional_world, speech_world

MEMBERS = ["decision", "region", "class", "modality", "strategy", "candidates", "excluded", "error"]
CANDIDATE = {"provider", "model", "endpoint", "country", "score", "health", "cooling", "price"}
EXCLUDED = {"provider", "model", "endpoint", "reason", "detail"}
REASONS = {
    *("disabled", "modality", "region", "phi", "model", "only", "ignore", "data_residency", "eu_owned", "retention"),
    *("data_collection", "variant_free", "max_price", "parameters", "allow_fallbacks"),
}


class ExplainCase(GatewayCase):
    def explained(self, body: Any, **options: Any) -> dict[str, Any]:
        """An explanation of the right shape for which nobody was asked."""
        asked = self.world.requests()
        explained = self.explain(body, **options)
        self.assertEqual(self.world.requests(), asked)
        self.assertEqual(set(explained), set(MEMBERS))
        refused = explained["decision"] == "refuse"
        self.assertIn(explained["decision"], ("route", "refuse"))
        self.assertEqual(explained["error"] is not None, refused)
        self.assertEqual(explained["candidates"] == [], refused)
        for one in explained["candidates"]:
            self.assertEqual(set(one), CANDIDATE)
        for one in explained["excluded"]:
            self.assertEqual(set(one), EXCLUDED)
            self.assertIn(one["reason"], REASONS)
            self.assertTrue(one["detail"])
        return explained

    def routed(self, body: Any, **options: Any) -> list[dict[str, Any]]:
        explained = self.explained(body, **options)
        self.assertEqual(explained["decision"], "route", explained["error"])
        return explained["candidates"]

    def routes(self) -> list[tuple[str, str, str]]:
        """Provider, endpoint and model of every route of the registry, once for each modality."""
        return sorted(
            (slug, name, hosted)
            for slug, provider in self.world.registry["providers"].items()
            for name, endpoint in provider["endpoints"].items()
            for hosted, facts in endpoint["models"].items()
            for _ in facts["modalities"]
        )


class Shape(ExplainCase):
    @classmethod
    def build_world(cls) -> World:
        return regional_world()

    def test_a_request_that_would_be_routed(self) -> None:
        explained = self.explained(question(model="gemma-4"), region="eu", phi="FALSE")
        self.assertEqual(explained["decision"], "route")
        self.assertEqual((explained["region"], explained["class"]), ("EU", "general"))
        self.assertEqual((explained["modality"], explained["strategy"]), ("chat", "default"))
        self.assertIsNone(explained["error"])
        first = explained["candidates"][0]
        named = (first["provider"], first["model"], first["endpoint"], first["country"])
        self.assertEqual(named, ("scaleway", "gemma-4-26b", "scaleway-1", "FR"))
        self.assertEqual((first["health"], first["cooling"]), (1, False))
        price = (3 * 0.25 + 0.5) / 4 * 1.08
        self.assertAlmostEqual(first["price"], price)
        self.assertAlmostEqual(first["score"], 1 / price**2)

    def test_the_answers_own_headers(self) -> None:
        response = self.post(EXPLAIN, question(model="auto"), phi="true")
        self.assertEqual(response.header("content-type").split(";")[0], "application/json")
        self.assertEqual(response.header("x-phi-tier"), "phi")
        for name in (*AFTER_A_TRY, "x-phi-cost-micro"):
            self.assertIsNone(response.header(name), name)
        self.assertIsNotNone(response.header("x-request-id"))

    def test_every_route_is_a_candidate_or_excluded_once(self) -> None:
        for body in (
            question(model="auto"),
            question(model="auto:free"),
            question(model="tiny-1b", provider={"ignore": ["nebius"]}),
            image_question(model="gemma-4"),
            {"model": "auto", "input": "a"},
            {"model": "auto", "modality": "ocr"},
            question(model="auto", provider={"allow_fallbacks": False}),
            question(model="auto", provider={"allow_fallbacks": False, "order": ["nebius"]}),
        ):
            for region in (None, "CH", "WORLD"):
                for phi in (None, "true"):
                    with self.subTest(body=body, region=region, phi=phi):
                        explained = self.explained(body, region=region, phi=phi)
                        found = explained["candidates"] + explained["excluded"]
                        names = sorted((one["provider"], one["endpoint"], one["model"]) for one in found)
                        self.assertEqual(names, self.routes())

    def test_the_reasons(self) -> None:
        explained = self.explained(question(model="gemma-4", provider={"ignore": ["nebius"]}), region="EU", phi="true")
        reasons = {(one["provider"], one["model"]): one["reason"] for one in explained["excluded"]}
        self.assertEqual(reasons["scaleway", "qwen3.5-397b"], "model")
        self.assertEqual(reasons["nebius", "gemma-4-26b"], "phi")
        self.assertEqual(reasons["together", "gemma-4-31b"], "region")
        explained = self.explained(question(model="gemma-4", provider={"allow_fallbacks": False}), region="EU")
        reasons = [(one["provider"], one["reason"]) for one in explained["excluded"]]
        self.assertIn(("nebius", "allow_fallbacks"), reasons)

    def test_strategies(self) -> None:
        for fields, strategy in (
            ({}, "default"),
            ({"provider": {"order": ["scaleway"]}}, "ordered"),
            ({"provider": {"sort": "price"}}, "sorted"),
        ):
            self.assertEqual(self.explained(question(model="auto", **fields))["strategy"], strategy)
        self.assertEqual(self.explained(question(model="auto:nitro"))["strategy"], "sorted")
        self.assertEqual(self.explained(question(model="auto:free"))["strategy"], "default")

    def test_a_residency_settles_the_region(self) -> None:
        self.assertEqual(self.explained(question(model="auto", provider={"data_residency": "ch"}))["region"], "CH")


class Modality(ExplainCase):
    @classmethod
    def build_world(cls) -> World:
        return regional_world()

    def test_it_follows_from_the_body(self) -> None:
        for body, modality in (
            ({"model": "auto"}, "chat"),
            (question(model="auto"), "chat"),
            (question(model="auto", stream=True), "chat"),
            (image_question(model="auto"), "vision"),
            ({"model": "auto", "input": "a"}, "embeddings"),
            ({"model": "auto", "input": ["a", "b"], "dimensions": 8}, "embeddings"),
            ({"model": "auto", "input": "a", "voice": "alloy"}, "tts"),
            ({"model": "auto", "document": {"type": "document_url", "document_url": "https://example.org/a.pdf"}}, "ocr"),
        ):
            with self.subTest(body=body):
                self.assertEqual(self.explained(body)["modality"], modality)

    def test_it_may_be_named(self) -> None:
        for modality in ("chat", "vision", "embeddings", "ocr", "stt", "tts"):
            with self.subTest(modality):
                explained = self.explained({"model": "auto", "modality": modality}, region="CH")
                self.assertEqual(explained["modality"], modality)
                known = modality in ("chat", "vision", "embeddings")
                self.assertEqual(explained["decision"], "route" if known else "refuse")
                if not known:
                    self.assertEqual(explained["error"]["code"], "no_route")

    def test_images_make_a_named_chat_vision(self) -> None:
        self.assertEqual(self.explained(image_question(model="auto", modality="chat"))["modality"], "vision")

    def test_an_unknown_one_is_refused(self) -> None:
        for modality in ("Chat", "audio", "", 7, ["chat"]):
            with self.subTest(modality):
                explained = self.explained({"model": "auto", "modality": modality})
                self.assertEqual(explained["decision"], "refuse")
                self.assertEqual(explained["error"]["param"], "modality")

    def test_embeddings_keep_to_one_model(self) -> None:
        explained = self.explained({"model": "auto", "modality": "embeddings"}, region="CH")
        self.assertEqual({one["model"] for one in explained["candidates"]}, {"qwen3-embedding"})


class Refusals(ExplainCase):
    """What the request would have got, in a 200."""

    config = {
        "auth": {"mode": "keys", "keys": [key("plain"), key("swiss", regions=["CH"]), key("clinic", phi="required")]}
    }

    @classmethod
    def build_world(cls) -> World:
        return regional_world()

    CASES: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("invalid_region", "plain", question(model="auto"), {"region": "nowhere"}),
        ("invalid_region", "plain", question(model="auto"), {"headers": [("X-Region", "CH"), ("X-Region", "CH")]}),
        ("invalid_region", "plain", question(model="auto", provider={"data_residency": "ca"}), {}),
        ("invalid_phi", "plain", question(model="auto"), {"phi": "1"}),
        ("unknown_policy_header", "plain", question(model="auto"), {"headers": [("X-Phi-Mode", "1")]}),
        ("ambiguous_body", "plain", b'{"model":"auto","model":"auto","messages":[]}', {}),
        ("ambiguous_body", "plain", b'{"Model":"auto","messages":[]}', {}),
        ("misplaced_preference", "plain", question(model="auto", zdr=True), {}),
        ("missing_model", "plain", {"messages": []}, {}),
        ("invalid_variant", "plain", question(model="auto:best"), {}),
        ("model_not_found", "plain", question(model="nobody-has-it"), {}),
        ("invalid_provider_preferences", "plain", question(model="auto", provider={"only": []}), {}),
        ("unsupported_parameter", "plain", question(model="auto", store=True), {"phi": "true"}),
        ("unsupported_parameter", "plain", question(model="auto", store=True, provider={"zdr": True}), {}),
        ("region_not_allowed", "swiss", question(model="auto"), {"region": "EU"}),
        ("phi_required", "clinic", question(model="auto"), {"phi": "false"}),
        ("phi_blocked", "plain", question(model="auto"), {"phi": "true", "region": "US"}),
        ("no_route", "plain", question(model="tiny-1b"), {"region": "CH"}),
        ("no_route", "plain", question(model="auto:free"), {}),
    ]

    def asked(self, path: str, who: str, body: Any, options: dict[str, Any]) -> Response:
        return self.post(path, body, **{**options, "headers": [*bearer(who), *options.get("headers", [])]})

    def test_each_is_the_error_of_the_request(self) -> None:
        for code, who, body, options in self.CASES:
            with self.subTest(code=code, body=body):
                refused = self.asked(CHAT, who, body, options)
                self.assert_error(refused, refused.status, code)
                told = {**options, "headers": [*bearer(who), *options.get("headers", [])]}
                explained = self.explained(body, **told)
                self.assertEqual(explained["decision"], "refuse")
                self.assertEqual(explained["error"], refused.error)
                self.assertEqual(explained["candidates"], [])

    def test_facts_that_are_not_known_are_null(self) -> None:
        explained = self.explained(question(model="auto"), region="nowhere", headers=bearer("plain"))
        self.assertIsNone(explained["region"])
        explained = self.explained(question(model="auto"), phi="maybe", headers=bearer("plain"))
        self.assertIsNone(explained["class"])

    def test_those_that_are_known_are_told(self) -> None:
        explained = self.explained(question(model="auto"), region="us", phi="true", headers=bearer("plain"))
        found = (explained["region"], explained["class"], explained["modality"], explained["strategy"])
        self.assertEqual(found, ("US", "phi", "chat", "default"))

    def test_what_is_no_request_to_explain(self) -> None:
        told = bearer("plain")
        cases = [
            (401, "invalid_api_key", question(), []),
            (401, "invalid_api_key", question(), bearer("nobody")),
            (415, "unsupported_media_type", question(), [*told, ("Content-Type", "text/plain")]),
            (400, "invalid_json", b"{", told),
            (400, "invalid_json", b'{"model":"auto"}x', told),
        ]
        for status, code, body, headers in cases:
            with self.subTest((status, body)):
                self.assert_error(self.post(EXPLAIN, body, headers=headers), status, code)
        self.assert_error(self.get(EXPLAIN, told), 405)
        self.assertEqual(self.world.requests(), 0)


class Transcriptions(ExplainCase):
    """Asked as JSON; the error is the one that the form would have got."""

    @classmethod
    def build_world(cls) -> World:
        return speech_world(stt=("openai",), tts=())

    def explained_as(self, fields: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.explained({"modality": "stt", "model": "whisper-a", **fields}, **options)

    def test_what_a_form_may_have(self) -> None:
        for fields in (
            {"language": "de", "prompt": "a", "temperature": 0.5, "response_format": "srt", "stream": False},
            {"response_format": "verbose_json", "timestamp_granularities": ["word"]},
            {"response_format": "verbose_json", "timestamp_granularities[]": ["word"]},
            {"file": "a.mp3", "chunking_strategy": "auto", "provider": {"only": ["first"]}, "prompt": None},
        ):
            with self.subTest(fields):
                self.assertEqual(self.explained_as(fields)["decision"], "route")

    def test_what_a_form_may_not_have(self) -> None:
        for name, value in (("languag", "de"), ("store", "true"), ("messages", "[]"), ("zdr", "true"), ("Prompt", "a")):
            for phi in ("false", "true"):
                with self.subTest(name=name, phi=phi):
                    refused = self.transcribe(form(MODEL, field(name, value), FILE), phi=phi)
                    self.assert_error(refused, 400)
                    self.assertEqual(self.explained_as({name: value}, phi=phi)["error"], refused.error)

    def test_what_no_route_has_is_named_as_the_form_names_it(self) -> None:
        for name in ("include[]", "known_speaker_names[]", "known_speaker_references[]"):
            with self.subTest(name):
                refused = self.transcribe(form(MODEL, field(name, "a"), FILE))
                self.assert_error(refused, 400, "unsupported_parameter")
                self.assertEqual(refused.error["param"], name)
                for told in (name, name.removesuffix("[]")):
                    self.assertEqual(self.explained_as({told: ["a"]})["error"], refused.error)


class NothingIsCounted(ExplainCase):
    config = {
        "health": {"window": "300s", "cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}}
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("gratis", {"model-a": model(price=dollars(0, 0))}, agreements=[agreement(["EU"])])
        world.provider("first", {"model-a": model(price=dollars(1, 1)), "embed-a": model("embeddings")})
        world.provider("second", {"model-a": model(price=dollars(10, 10))}, country=["DE", "FR"])
        return world

    def test_neither_health_nor_attempts(self) -> None:
        self.world["gratis"].script([faults.status(503)])
        self.assert_ok(self.chat(), "first")
        kept = ("phigate_route_success_ratio", "phigate_route_latency", "phigate_route_tokens", "phigate_attempts")
        before = self.gateway.samples().only(*kept)
        for _ in range(5):
            self.explained(question())
            self.explained({"model": "embed-a", "input": "a"})
            self.explained(question(model="nobody-has-it"))
        self.assertEqual(self.gateway.samples().only(*kept), before)

    def test_cooling_scores_and_countries(self) -> None:
        self.world["gratis"].script([faults.status(503)])
        two = question(provider={"only": ["gratis", "first"]})
        self.assert_ok(self.chat(two))
        found = {one["provider"]: one for one in self.routed(question())}
        self.assertEqual(list(found), ["first", "second", "gratis"])
        self.assertEqual([one["cooling"] for one in found.values()], [False, False, True])
        self.assertIsNone(found["gratis"]["score"])
        self.assertEqual(found["gratis"]["price"], 0)
        self.assertLess(found["gratis"]["health"], 1)
        self.assertAlmostEqual(found["second"]["score"], 0.01)
        self.assertEqual(found["second"]["country"], "DE,FR")
        self.assertEqual(len(self.routed(two)), 2)

    def test_it_says_what_the_request_then_does(self) -> None:
        for body, path in ((question(), CHAT), ({"model": "embed-a", "input": "a"}, EMBEDDINGS)):
            expected = [one["provider"] for one in self.routed(body)]
            for upstream in self.world.upstreams:
                upstream.always(faults.status(503))
            response = self.post(path, body)
            error = self.assert_error(response, 502)
            self.assertEqual([one["provider"] for one in error["metadata"]["attempts"]], expected)
