"""GET /v1/models: what the caller may use, in OpenAI's shape and a little more (spec §10)."""

from __future__ import annotations

from typing import Any

from support.case import GatewayCase
from support.registry import REGIONS, World, model, regional_world


class Models(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = regional_world()
        world.provider("off", {"never": model()}, endpoint={"enabled": False})
        return world

    def listed(self, *headers: tuple[str, str]) -> dict[str, dict[str, Any]]:
        response = self.get("/v1/models", headers)
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(response.header("content-type").split(";")[0], "application/json")
        body = response.json()
        self.assertEqual(body["object"], "list")
        cards = {card["id"]: card for card in body["data"]}
        self.assertEqual(len(cards), len(body["data"]), "no id twice")
        return cards

    def test_concrete_models_aliases_and_auto(self) -> None:
        self.assertEqual(
            set(self.listed()),
            {
                "auto",
                "gemma-4",
                "qwen3.5",
                "qwen-embedding",
                "gemma-4-31b",
                "gemma-4-26b",
                "qwen3.5-397b",
                "qwen3-embedding",
                "tiny-1b",
                "gemini-flash",
            },
        )

    def test_openais_fields_and_the_gateways_own(self) -> None:
        for name, card in self.listed().items():
            with self.subTest(name):
                self.assertEqual(card["object"], "model")
                self.assertIsInstance(card["created"], int)
                self.assertIsInstance(card["owned_by"], str)
                self.assertLessEqual(
                    {"regions", "modalities", "phi", "price", "context_length", "providers"}, set(card)
                )

    def test_what_a_card_says(self) -> None:
        cards = self.listed()
        card = cards["gemma-4-31b"]
        self.assertEqual(set(card["regions"]), {"CH", "US"})
        self.assertEqual(set(card["modalities"]), {"chat", "vision"})
        self.assertEqual(set(card["providers"]), {"infomaniak", "together"})
        self.assertIs(card["phi"], True)
        self.assertEqual(card["context_length"], 100000)
        self.assertIs(cards["tiny-1b"]["phi"], False)
        self.assertEqual(set(cards["gemma-4"]["regions"]), {"CH", "EU", "US"})
        self.assertEqual(set(cards["auto"]["regions"]), set(REGIONS))

    def test_a_region_narrows_the_list(self) -> None:
        cards = self.listed(("X-Region", "ch"))
        self.assertEqual(
            set(cards),
            {"auto", "gemma-4", "qwen3.5", "qwen-embedding", "gemma-4-31b", "qwen3.5-397b", "qwen3-embedding"},
        )
        for card in cards.values():
            self.assertEqual(card["regions"], ["CH"])
        self.assertEqual(set(cards["gemma-4-31b"]["providers"]), {"infomaniak"})

    def test_class_phi_narrows_it_too(self) -> None:
        cards = self.listed(("X-PHI", "true"))
        self.assertNotIn("tiny-1b", cards)
        self.assertNotIn("gemini-flash", cards)
        self.assertEqual(set(cards["gemma-4-26b"]["providers"]), {"scaleway"})
        self.assertEqual(self.listed(("X-PHI", "true"), ("X-Region", "INDIA")), {})

    def test_one_model(self) -> None:
        for name in ("auto", "gemma-4", "qwen3.5", "gemini-flash"):
            with self.subTest(name):
                response = self.get(f"/v1/models/{name}")
                self.assertEqual(response.status, 200)
                self.assertEqual(response.json(), self.listed()[name])

    def test_a_model_that_is_not_there_for_the_caller(self) -> None:
        self.assert_error(self.get("/v1/models/nothing"), 404, "model_not_found")
        self.assert_error(self.get("/v1/models/gemini-flash", [("X-Region", "CH")]), 404, "model_not_found")
        self.assert_error(self.get("/v1/models/tiny-1b", [("X-PHI", "true")]), 404, "model_not_found")

    def test_policy_headers_are_as_strict_as_elsewhere(self) -> None:
        self.assert_error(self.get("/v1/models", [("X-Region", "nowhere")]), 400, "invalid_region")
        self.assert_error(self.get("/v1/models", [("X-PHI", "1")]), 400, "invalid_phi")
        self.assert_error(self.get("/v1/models", [("X-Phi-Mode", "1")]), 400, "unknown_policy_header")

    def test_no_secret_and_no_url(self) -> None:
        body = self.get("/v1/models").body
        for secret in (b"upstream-key", b"127.0.0.1", b"http"):
            self.assertNotIn(secret, body)

    def test_head_is_get_without_its_body(self) -> None:
        whole, bare = self.get("/v1/models"), self.get("/v1/models", method="HEAD")
        self.assertEqual((bare.status, bare.body), (200, b""))
        self.assertEqual(bare.header("content-length"), str(len(whole.body)))

    def test_no_provider_is_asked(self) -> None:
        self.listed()
        self.assertEqual(self.world.requests(), 0)
