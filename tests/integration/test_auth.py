"""Keys: who may ask, for which regions and for which class (spec §12)."""

from __future__ import annotations

import hashlib
import subprocess
from typing import Any

from support.auth_keys import bearer, key
from support.case import CHAT, GatewayCase, question
from support.gateway import Gateway
from support.raw_client import Response
from support.registry import World, agreement, day, model


def two_regions() -> World:
    world = World()
    for slug, country, region in (("first", "FR", "EU"), ("swiss", "CH", "CH"), ("american", "US", "US")):
        world.provider(
            slug,
            {"model-a": model()},
            country=country,
            regions=[region],
            agreements=[] if region == "US" else [agreement([region])],
        )
    return world


class KeysCase(GatewayCase):
    config = {
        "auth": {
            "mode": "keys",
            "keys": [
                key("plain"),
                key("rotating", "old-secret", "new-secret"),
                key("expired", expires=day(0)),
                key("lasting", expires=day(1)),
                key("swiss-only", regions=["CH"]),
                key("two", regions=["CH", "EU"], region="CH"),
                key("two-without-default", regions=["EU", "CH"]),
                key("clinic", regions=["CH", "EU"], region="CH", phi="required"),
                key("public", phi="forbidden"),
                key("not-eu", regions=["CH", "US"]),
                key("watcher", metrics=True),
            ],
        }
    }

    @classmethod
    def build_world(cls) -> World:
        return two_regions()

    def ask(self, identifier: str, body: Any = None, **options: Any) -> Response:
        return self.chat(body, headers=bearer(identifier) + options.pop("headers", []), **options)

    def assert_routed(self, response: Response, region: str, tier: str = "general") -> None:
        self.assert_ok(response)
        self.assertEqual(response.header("x-phi-routed"), f"model-a/{region}/{tier}")


class Keys(KeysCase):
    def test_a_key_in_either_header(self) -> None:
        self.assert_ok(self.ask("plain"))
        self.assert_ok(self.chat(headers=[("X-Api-Key", "key-of-plain")]))
        self.assert_ok(self.chat(headers=[("authorization", "bearer key-of-plain")]))

    def test_both_headers_at_once(self) -> None:
        response = self.chat(headers=bearer("plain") + [("X-Api-Key", "key-of-plain")])
        self.assert_error(response, 400)
        self.assert_untried(response)

    def test_two_of_one_header(self) -> None:
        self.assert_error(self.chat(headers=bearer("plain") * 2), 400)
        self.assert_error(self.chat(headers=[("X-Api-Key", "key-of-plain")] * 2), 400)

    def test_no_key_or_a_wrong_one(self) -> None:
        digest = hashlib.sha256(b"key-of-plain").hexdigest()
        for headers in (
            [],
            bearer("nobody"),
            [("Authorization", "Bearer ")],
            [("Authorization", "Bearer")],
            [("Authorization", "key-of-plain")],
            [("Authorization", "Basic a2V5LW9mLXBsYWlu")],
            [("X-Api-Key", "")],
            [("X-Api-Key", "Bearer key-of-plain")],
            [("Authorization", "Bearer KEY-OF-PLAIN")],
            [("Authorization", "Bearer key-of-plain x")],
            [("Authorization", f"Bearer {digest}")],
            [("Authorization", "Bearer plain")],
        ):
            with self.subTest(headers):
                response = self.chat(headers=headers)
                self.assert_error(response, 401, "invalid_api_key")
                self.assert_untried(response)

    def test_unknown_and_expired_look_the_same(self) -> None:
        unknown, expired = self.ask("nobody"), self.ask("expired")
        self.assert_error(expired, 401, "invalid_api_key")
        self.assertEqual(unknown.body, expired.body)
        self.assertEqual([name for name, _ in unknown.headers], [name for name, _ in expired.headers])

    def test_a_key_lasts_until_the_day_it_expires(self) -> None:
        self.assert_ok(self.ask("lasting"))

    def test_both_secrets_of_a_rotating_key(self) -> None:
        for secret in ("old-secret", "new-secret"):
            self.assert_ok(self.chat(headers=[("Authorization", f"Bearer {secret}")]))

    def test_a_key_is_never_echoed(self) -> None:
        response = self.chat(headers=[("Authorization", "Bearer sk-very-secret-guess")])
        self.assertNotIn(b"very-secret", response.raw_head + response.body)

    def test_the_clients_key_never_leaves(self) -> None:
        self.assert_ok(self.ask("plain"))
        self.assert_ok(self.chat(headers=[("X-Api-Key", "key-of-plain")]))
        for request in self.world["first"].requests:
            self.assertNotIn(b"key-of-plain", request.raw_head + request.body)
            self.assertIsNone(request.header("x-api-key"))


class WhatNeedsAKey(KeysCase):
    def test_only_the_probes_do_not(self) -> None:
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.get(path).status, 200)
        for path in ("/v1/models", "/v1/models/model-a", "/metrics"):
            with self.subTest(path):
                self.assert_error(self.get(path), 401, "invalid_api_key")

    def test_path_and_method_are_judged_first(self) -> None:
        self.assert_error(self.get("/v1/nothing"), 404, "not_found")
        self.assert_error(self.get(CHAT), 405)

    def test_the_key_is_judged_before_the_policy_headers(self) -> None:
        self.assert_error(self.chat(phi="maybe"), 401, "invalid_api_key")
        self.assert_error(self.ask("plain", phi="maybe"), 400, "invalid_phi")

    def test_metrics_need_a_key_made_for_them(self) -> None:
        self.assertEqual(self.get("/metrics", bearer("watcher")).status, 200)
        self.assert_error(self.get("/metrics", bearer("plain")), 403)


class Regions(KeysCase):
    def test_without_a_region_the_keys_own_holds(self) -> None:
        self.assert_routed(self.ask("two"), "CH")
        self.assert_routed(self.ask("swiss-only"), "CH")
        self.assert_routed(self.ask("two-without-default"), "EU")
        self.assert_routed(self.ask("plain"), "EU")

    def test_a_named_region_within_the_list(self) -> None:
        self.assert_routed(self.ask("two", region="EU"), "EU")
        self.assert_routed(self.ask("two", region="ch"), "CH")
        self.assert_routed(self.ask("plain", region="US"), "US")

    def test_a_region_outside_the_list(self) -> None:
        for identifier, region in (("two", "US"), ("swiss-only", "EU"), ("clinic", "WORLD")):
            with self.subTest(identifier):
                response = self.ask(identifier, region=region)
                self.assert_error(response, 403, "region_not_allowed")
                self.assert_untried(response)

    def test_the_default_region_must_be_in_the_list_too(self) -> None:
        response = self.ask("not-eu")
        self.assert_error(response, 403, "region_not_allowed")
        self.assert_untried(response)

    def test_the_model_is_judged_before_the_keys_limits(self) -> None:
        self.assert_error(self.ask("two", question(model="nobody-has-it"), region="US"), 404, "model_not_found")

    def test_the_keys_limits_are_judged_before_eligibility(self) -> None:
        self.assert_error(self.ask("swiss-only", region="INDIA"), 403, "region_not_allowed")


class Classes(KeysCase):
    def test_required_means_phi_when_nothing_is_said(self) -> None:
        self.assert_routed(self.ask("clinic"), "CH", "phi")
        self.assert_routed(self.ask("clinic", phi="true"), "CH", "phi")

    def test_the_tier_of_what_is_refused_before_is_the_keys_too(self) -> None:
        for given, said, tier in (
            (bearer("clinic"), None, "phi"),
            (bearer("plain"), None, "non_phi"),
            (bearer("nobody"), "true", "phi"),
            (bearer("nobody"), "false", None),  # whose key it is might tighten it
            ([], None, None),
        ):
            headers = given + ([] if said is None else [("X-PHI", said)])
            for method, path in (("POST", "/v1/nothing"), ("GET", CHAT), ("POST", CHAT)):
                if method == "POST" and path == CHAT and given in (bearer("clinic"), bearer("plain")):
                    continue
                with self.subTest(given=given, said=said, path=path, method=method):
                    self.assertEqual(self.get(path, headers, method).header("x-phi-tier"), tier)

    def test_required_refuses_false(self) -> None:
        response = self.ask("clinic", phi="false")
        self.assert_error(response, 403, "phi_required")
        self.assert_untried(response)

    def test_required_makes_the_fields_of_phi_count(self) -> None:
        self.assert_error(self.ask("clinic", question(store=True)), 400, "unsupported_parameter")

    def test_forbidden_refuses_phi(self) -> None:
        response = self.ask("public", phi="true")
        self.assert_error(response, 403, "phi_not_allowed")
        self.assert_untried(response)

    def test_forbidden_serves_the_rest(self) -> None:
        self.assert_routed(self.ask("public"), "EU")
        self.assert_routed(self.ask("public", phi="false"), "EU")

    def test_allowed_serves_both(self) -> None:
        self.assert_routed(self.ask("plain", phi="true"), "EU", "phi")
        self.assert_routed(self.ask("plain", phi="false"), "EU")

    def test_a_bad_value_is_an_error_whatever_the_key(self) -> None:
        for identifier in ("clinic", "public", "plain"):
            self.assert_error(self.ask(identifier, phi="yes"), 400, "invalid_phi")


class ModelsOfAKey(KeysCase):
    def regions_of(self, identifier: str, *headers: tuple[str, str]) -> set[str]:
        response = self.get("/v1/models/model-a", bearer(identifier) + list(headers))
        self.assertEqual(response.status, 200, response.body)
        return set(response.json()["regions"])

    def test_a_key_sees_its_regions(self) -> None:
        self.assertEqual(self.regions_of("swiss-only"), {"CH"})
        self.assertEqual(self.regions_of("two"), {"CH", "EU"})
        self.assertEqual(self.regions_of("plain"), {"CH", "EU", "US"})

    def test_a_named_region_narrows_it(self) -> None:
        self.assertEqual(self.regions_of("plain", ("X-Region", "US")), {"US"})
        self.assert_error(
            self.get("/v1/models", bearer("swiss-only") + [("X-Region", "US")]), 403, "region_not_allowed"
        )

    def test_a_key_for_phi_sees_what_serves_phi(self) -> None:
        self.assertEqual(self.regions_of("clinic"), {"CH", "EU"})
        self.assertEqual(self.regions_of("plain", ("X-PHI", "true")), {"CH", "EU"})


class WithoutKeys(GatewayCase):
    def test_a_key_is_not_looked_at_and_not_passed_on(self) -> None:
        response = self.chat(headers=[("Authorization", "Bearer anything")])
        self.assert_ok(response)
        self.assertNotIn(b"anything", self.one_request(self.world["first"]).raw_head)

    def start_on(self, config: dict[str, Any]) -> tuple[int, str]:
        gateway = Gateway(self.world.registry, {**self.world.config(), **config})
        self.addCleanup(gateway.remove)
        gateway.launch()
        try:
            return gateway.wait(timeout=10), gateway.log() + gateway.output()
        except subprocess.TimeoutExpired:
            return 0, "still running"

    def test_no_keys_on_an_open_address_is_refused_at_start(self) -> None:
        code, said = self.start_on({"listen": [{"address": "0.0.0.0", "port": 0}]})
        self.assertNotEqual(code, 0, said)
        self.assertIn("allow_insecure", said)

    def test_unless_it_is_allowed(self) -> None:
        config = {
            "listen": [{"address": "127.0.0.1", "port": 0}, {"address": "0.0.0.0", "port": 0}],
            "auth": {"mode": "none", "allow_insecure": True},
        }
        gateway = Gateway(self.world.registry, {**self.world.config(), **config})
        self.addCleanup(gateway.remove)
        gateway.start()
        self.assertEqual(gateway.request("GET", "/healthz").status, 200)
        gateway.stop()

    def test_a_key_that_is_no_sha256_is_a_fault(self) -> None:
        code, said = self.start_on({"auth": {"mode": "keys", "keys": [{"id": "a", "sha256": "abc"}]}})
        self.assertNotEqual(code, 0, said)
        self.assertIn("sha256", said)
