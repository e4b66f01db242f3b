"""Which route serves: region, class, model, alias, auto, and why others may not (spec §3, §4)."""

from __future__ import annotations

from sim import faults
from support.case import EMBEDDINGS, GatewayCase, image_question, question
from support.raw_client import Response
from support.registry import GLOBAL_REGIONS, World, agreement, dollars, model, regional_world


class RoutingCase(GatewayCase):
    def assert_served(self, response: Response, provider: str, routed: str) -> None:
        self.assert_ok(response, provider)
        self.assertEqual(response.header("x-phi-routed"), routed)
        self.assertEqual(response.header("x-routing-strategy"), "default")
        self.assert_attempts(response, 1)
        self.assertEqual([one.name for one in self.world.upstreams if one.requests], [provider])
        self.world.forget()

    def assert_refused(self, response: Response, status: int, code: str) -> dict:
        error = self.assert_error(response, status, code)
        self.assert_untried(response)
        return error


class Regions(RoutingCase):
    @classmethod
    def build_world(cls) -> World:
        return regional_world()

    def ask(self, name: str, region: str, phi: str | None = None) -> Response:
        return self.chat(question(model=name), region=region, phi=phi)

    def test_auto_goes_to_the_resident_though_others_are_cheaper(self) -> None:
        self.assert_served(self.ask("auto", "CH"), "infomaniak", "gemma-4-31b/CH/general")
        self.assert_served(self.ask("auto", "EU"), "scaleway", "gemma-4-26b/EU/general")
        self.assert_served(self.ask("auto", "US"), "together", "gemma-4-31b/US/general")
        for region in GLOBAL_REGIONS:
            self.assert_served(self.ask("auto", region), "google", f"gemini-flash/{region}/general")

    def test_an_alias_resolves_to_what_the_region_has(self) -> None:
        self.assert_served(self.ask("gemma-4", "CH"), "infomaniak", "gemma-4-31b/CH/general")
        self.assert_served(self.ask("gemma-4", "EU"), "scaleway", "gemma-4-26b/EU/general")
        self.assert_served(self.ask("gemma-4", "US"), "together", "gemma-4-31b/US/general")
        for region, provider in (("CH", "infomaniak"), ("EU", "scaleway"), ("US", "together")):
            self.assert_served(self.ask("qwen3.5", region), provider, f"qwen3.5-397b/{region}/general")

    def test_a_concrete_model_goes_to_the_best_score_resident_or_not(self) -> None:
        self.assert_served(self.ask("gemma-4-26b", "EU"), "nebius", "gemma-4-26b/EU/general")
        self.assert_served(self.ask("tiny-1b", "EU"), "nebius", "tiny-1b/EU/general")
        self.assert_served(self.ask("gemma-4-31b", "CH"), "infomaniak", "gemma-4-31b/CH/general")

    def test_a_model_that_the_region_lacks_has_no_route(self) -> None:
        for name, region in (("gemma-4-31b", "EU"), ("gemini-flash", "CH"), ("tiny-1b", "US"), ("qwen3.5", "INDIA")):
            with self.subTest((name, region)):
                error = self.assert_refused(self.ask(name, region), 422, "no_route")
                excluded = error["metadata"]["excluded"]
                self.assertTrue(excluded, error)
                self.assertIn("region", str(excluded))

    def test_phi_goes_to_the_verified_host_alone(self) -> None:
        self.assert_served(self.ask("auto", "CH", "true"), "infomaniak", "gemma-4-31b/CH/phi")
        self.assert_served(self.ask("gemma-4-26b", "EU", "true"), "scaleway", "gemma-4-26b/EU/phi")
        response = self.ask("gemma-4", "EU", "true")
        self.assertEqual(response.header("x-phi-tier"), "phi")
        self.assert_served(response, "scaleway", "gemma-4-26b/EU/phi")

    def test_phi_without_a_verified_host_is_blocked_and_the_regions_that_have_one_are_named(self) -> None:
        for region in ("US", *GLOBAL_REGIONS):
            with self.subTest(region):
                error = self.assert_refused(self.ask("auto", region, "true"), 403, "phi_blocked")
                self.assertIn("CH", error["message"])
                self.assertIn("EU", error["message"])

    def test_phi_is_blocked_where_its_rule_alone_is_in_the_way(self) -> None:
        self.assert_refused(self.ask("tiny-1b", "EU", "true"), 403, "phi_blocked")

    def test_phi_has_no_route_where_another_rule_is_in_the_way_too(self) -> None:
        self.assert_refused(self.ask("gemini-flash", "EU", "true"), 422, "no_route")

    def test_a_region_without_a_host_for_the_modality_has_no_route_for_either_class(self) -> None:
        for phi in ("true", "false"):
            with self.subTest(phi):
                response = self.post(EMBEDDINGS, {"model": "auto", "input": "a"}, region="INDIA", phi=phi)
                self.assert_refused(response, 422, "no_route")

    def test_vision_needs_a_route_that_sees(self) -> None:
        response = self.chat(image_question(model="auto"), region="CH")
        self.assert_served(response, "infomaniak", "gemma-4-31b/CH/general")
        response = self.chat(image_question(model="gemma-4-26b"), region="EU")
        self.assert_served(response, "scaleway", "gemma-4-26b/EU/general")
        self.assert_refused(self.chat(image_question(model="gemma-4-31b"), region="US"), 422, "no_route")

    def test_a_model_of_another_modality_has_no_route(self) -> None:
        self.assert_refused(self.ask("qwen3-embedding", "EU"), 422, "no_route")
        self.assert_refused(self.post(EMBEDDINGS, {"model": "gemma-4-26b", "input": "a"}, region="EU"), 422, "no_route")

    def test_embeddings_by_alias(self) -> None:
        response = self.post(EMBEDDINGS, {"model": "qwen-embedding", "input": "a"}, region="CH", phi="true")
        self.assert_served(response, "infomaniak", "qwen3-embedding/CH/phi")

    def test_names_are_exact_in_case(self) -> None:
        self.assert_refused(self.ask("Gemma-4", "EU"), 404, "model_not_found")
        self.assert_refused(self.ask("AUTO", "EU"), 404, "model_not_found")


class Agreements(RoutingCase):
    """Which agreement makes a host fit for class phi today."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        hosts = {
            "valid": {"agreements": [agreement(["EU"])]},
            "baa": {"agreements": [agreement(["EU"], kind="baa")]},
            "from-today": {"agreements": [agreement(["EU"], start=0)]},
            "lapses-tomorrow": {"agreements": [agreement(["EU"], end=1)]},
            "two": {"agreements": [agreement(["EU"], end=-10), agreement(["EU"], start=-10)]},
            "none": {},
            "lapsed-today": {"agreements": [agreement(["EU"], end=0)]},
            "lapsed": {"agreements": [agreement(["EU"], end=-1)]},
            "from-tomorrow": {"agreements": [agreement(["EU"], start=1)]},
            "other-region": {"agreements": [agreement(["CH"])]},
            "other-modality": {"agreements": [agreement(["EU"], ["embeddings"])]},
            "trains": {"agreements": [agreement(["EU"])], "trains_on_data": True},
            "may-train": {"agreements": [agreement(["EU"])], "trains_on_data": None},
        }
        for slug, facts in hosts.items():
            world.provider(slug, {f"of-{slug}": model()}, **facts)
        world.provider(
            "everywhere",
            {"of-everywhere": model()},
            country="global",
            regions=["WORLD"],
            headquarters="US",
            agreements=[agreement(["WORLD"])],
        )
        return world

    GOOD = ("valid", "baa", "from-today", "lapses-tomorrow", "two")
    BAD = ("none", "lapsed-today", "lapsed", "from-tomorrow", "other-region", "other-modality", "trains", "may-train")

    def test_each_host_by_its_agreement(self) -> None:
        for slug in self.GOOD:
            with self.subTest(slug):
                self.assert_served(self.chat(question(model=f"of-{slug}"), phi="true"), slug, f"of-{slug}/EU/phi")
        for slug in self.BAD:
            with self.subTest(slug):
                self.assert_refused(self.chat(question(model=f"of-{slug}"), phi="true"), 403, "phi_blocked")
                self.assert_served(self.chat(question(model=f"of-{slug}")), slug, f"of-{slug}/EU/general")

    def test_global_never_serves_phi(self) -> None:
        self.assert_refused(self.chat(question(model="of-everywhere"), region="WORLD", phi="true"), 403, "phi_blocked")

    def test_auto_never_leaves_the_verified_hosts(self) -> None:
        response = self.chat(question(model="auto"), phi="true")
        self.assert_ok(response)
        self.assertIn(response.header("x-provider-slug"), self.GOOD)


class Order(RoutingCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider(
            "resident", {"dear": model(price=dollars(50, 50)), "shared": model(price=dollars(5, 5))}, resident_of="EU"
        )
        world.provider("cheap", {"shared": model(price=dollars(1, 1)), "cheapest": model(price=dollars(0.1, 0.1))})
        world.provider("free", {"gratis": model(price=dollars(0, 0)), "both": model(price=dollars(0, 0))})
        world.provider("paid", {"both": model(price=dollars(0.001, 0.001)), "tie": model(price=dollars(2, 2))})
        world.provider("later", {"tie": model(price=dollars(2, 2)), "blended": model(price=dollars(1, 9))})
        world.provider("blend", {"blended": model(price=dollars(2, 4))})
        world.alias("any", "dear", "shared", "cheapest")
        return world

    def test_auto_takes_the_residents_cheapest_model(self) -> None:
        self.assert_served(self.chat(question(model="auto")), "resident", "shared/EU/general")

    def test_an_alias_prefers_the_resident(self) -> None:
        response = self.chat(question(model="any"))
        self.assert_ok(response, "resident")

    def test_a_pin_takes_the_cheapest_host(self) -> None:
        self.assert_served(self.chat(question(model="shared")), "cheap", "shared/EU/general")

    def test_a_free_route_comes_first(self) -> None:
        self.assert_served(self.chat(question(model="both")), "free", "both/EU/general")

    def test_equal_scores_fall_to_the_registrys_order(self) -> None:
        self.assert_served(self.chat(question(model="tie")), "paid", "tie/EU/general")

    def test_the_price_is_three_parts_input_and_one_part_output(self) -> None:
        # (3·2 + 4) / 4 = 2.5 against (3·1 + 9) / 4 = 3
        self.assert_served(self.chat(question(model="blended")), "blend", "blended/EU/general")


class Disabled(RoutingCase):
    environment = {"PHIGATE_TEST_KEY": "upstream-key-of-present", "PHIGATE_TEST_EMPTY": ""}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider(
            "missing",
            {"model-a": model(price=dollars(1, 1)), "lone": model()},
            endpoint={"credential": "${PHIGATE_TEST_SURELY_UNSET}"},
        )
        world.provider(
            "empty", {"model-a": model(price=dollars(2, 2))}, endpoint={"credential": "${PHIGATE_TEST_EMPTY}"}
        )
        world.provider("off", {"model-a": model(price=dollars(3, 3))}, endpoint={"enabled": False})
        world.provider("whole-off", {"model-a": model(price=dollars(4, 4))}, provider={"enabled": False})
        world.provider("model-off", {"model-a": model(price=dollars(5, 5), enabled=False), "on": model()})
        world.provider(
            "present", {"model-a": model(price=dollars(100, 100))}, endpoint={"credential": "${PHIGATE_TEST_KEY}"}
        )
        return world

    def test_only_what_is_enabled_and_has_its_credential_serves(self) -> None:
        self.assert_served(self.chat(), "present", "model-a/EU/general")
        self.assert_served(self.chat(question(model="on")), "model-off", "on/EU/general")

    def test_the_credential_comes_from_the_environment(self) -> None:
        self.assert_ok(self.chat(), "present")
        self.assertEqual(self.world["present"].requests[0].header("authorization"), "Bearer upstream-key-of-present")

    def test_a_model_that_only_disabled_routes_have_is_known_but_has_no_route(self) -> None:
        error = self.assert_refused(self.chat(question(model="lone")), 422, "no_route")
        self.assertIn("disabled", str(error["metadata"]["excluded"]))

    def test_the_log_says_why_an_endpoint_is_disabled(self) -> None:
        self.assertIn("PHIGATE_TEST_SURELY_UNSET", self.gateway.log())


class EmbeddingsStayWithOneModel(RoutingCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("resident", {"embed-b": model("embeddings", price=dollars(1))}, resident_of="EU")
        world.provider("other", {"embed-a": model("embeddings", price=dollars(100))}, api={"base64_embeddings": True})
        world.alias("embed", "embed-a", "embed-b")
        return world

    def test_an_alias_means_its_first_model_that_has_a_route(self) -> None:
        response = self.post(EMBEDDINGS, {"model": "embed", "input": "a"})
        self.assert_served(response, "other", "embed-a/EU/general")

    def test_auto_means_the_first_model_of_the_registry(self) -> None:
        response = self.post(EMBEDDINGS, {"model": "auto", "input": "a"})
        self.assert_served(response, "resident", "embed-b/EU/general")

    def test_a_failure_never_falls_over_to_another_model(self) -> None:
        self.world["other"].always(faults.status(503))
        response = self.post(EMBEDDINGS, {"model": "embed", "input": "a"})
        self.assert_error(response, 502, "upstream_error")
        self.assertEqual(self.world["resident"].requests, [])
