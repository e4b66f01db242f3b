"""X-Region, X-PHI and everything that looks like them: a typo must never widen where data goes (spec §2)."""

from __future__ import annotations

from support.case import CHAT, UUID7, GatewayCase, question
from support.registry import REGIONS, World, agreement, model, regional_world


class PolicyHeaders(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return regional_world()

    def ask(self, *headers: tuple[str, str], body: object = None):
        return self.chat(body or question(model="auto"), headers=headers)

    def test_a_region_is_taken_in_any_case_and_with_spaces_around(self) -> None:
        for value in ("CH", "ch", "Ch", "  cH  "):
            with self.subTest(value):
                response = self.ask(("X-Region", value))
                self.assert_ok(response, "infomaniak")
                self.assertEqual(response.header("x-phi-routed"), "gemma-4-31b/CH/general")

    def test_every_region_can_be_named(self) -> None:
        for region in REGIONS:
            with self.subTest(region):
                response = self.ask(("x-region", region.lower()))
                self.assert_ok(response)
                self.assertEqual(response.header("x-phi-routed").split("/")[1], region)

    def test_without_headers_the_defaults_hold(self) -> None:
        response = self.ask()
        self.assert_ok(response, "scaleway")
        self.assertEqual(response.header("x-phi-routed").split("/")[1:], ["EU", "general"])
        self.assertEqual(response.header("x-phi-tier"), "non_phi")

    def test_an_unknown_region_is_refused_and_the_valid_ones_are_named(self) -> None:
        for value in ("DE", "", "CH,EU", "CH;", "EU CH", "ch\u00fc", "WORLDS", "*", "auto"):
            with self.subTest(value):
                error = self.assert_error(self.ask(("X-Region", value)), 400, ("invalid_region", "bad_request"))
                if value.isascii():
                    self.assertEqual(error["code"], "invalid_region")
                    for region in REGIONS:
                        self.assertIn(region, error["message"])
        self.assertEqual(self.world.requests(), 0)

    def test_phi_is_true_or_false_in_any_case(self) -> None:
        for value, tier in (
            ("true", "phi"),
            ("TRUE", "phi"),
            (" True ", "phi"),
            ("false", "non_phi"),
            ("FALSE ", "non_phi"),
        ):
            with self.subTest(value):
                response = self.ask(("X-PHI", value))
                self.assert_ok(response, "scaleway")
                self.assertEqual(response.header("x-phi-tier"), tier)
                self.assertEqual(response.header("x-phi-routed").split("/")[2], "phi" if tier == "phi" else "general")

    def test_any_other_phi_value_is_refused_and_never_read_as_false(self) -> None:
        for value in ("1", "0", "yes", "no", "on", "", "t", "truee", "true;", '"true"', "true false", "null"):
            with self.subTest(value):
                response = self.ask(("X-PHI", value))
                self.assert_error(response, 400, "invalid_phi")
                self.assert_untried(response)

    def test_a_no_break_space_does_not_trim_away(self) -> None:
        for code, header in (("invalid_phi", ("X-PHI", "true\xa0")), ("invalid_region", ("X-Region", "\xa0EU"))):
            with self.subTest(code):
                response = self.ask(header)
                self.assert_error(response, 400, code)
                self.assert_untried(response)

    def test_a_header_that_comes_twice_is_refused_even_when_both_agree(self) -> None:
        cases = {
            "invalid_phi": [("X-PHI", "true"), ("x-phi", "true")],
            "invalid_region": [("X-Region", "CH"), ("X-REGION", "CH")],
        }
        for code, headers in cases.items():
            with self.subTest(code):
                response = self.ask(*headers)
                self.assert_error(response, 400, code)
                self.assert_untried(response)

    def test_a_list_is_refused_even_when_its_members_agree(self) -> None:
        for code, header in (("invalid_phi", ("X-PHI", "true, true")), ("invalid_region", ("X-Region", "CH, CH"))):
            with self.subTest(code):
                self.assert_error(self.ask(header), 400, code)

    def test_headers_that_look_like_policy_are_refused(self) -> None:
        for name in (
            "X-PHI-Mode",
            "x-phi2",
            "X-PHI-Routed",
            "X-Regions",
            "X-Region-Id",
            "XPHI",
            "xphi-tier",
            "XRegion",
            "xregions",
            "X_PHI_Mode",
            "X_Regions",
            "x-phi_",
            "x_region-x",
        ):
            with self.subTest(name):
                response = self.ask((name, "true"))
                self.assert_error(response, 400, "unknown_policy_header")
                self.assert_untried(response)

    def test_an_underscore_in_place_of_the_dash_is_refused(self) -> None:
        for name in ("X_PHI", "x_phi", "X_Region"):
            with self.subTest(name):
                response = self.ask((name, "true"))
                self.assert_error(response, 400, ("unknown_policy_header", "bad_request"))
                self.assert_untried(response)

    def test_other_headers_pass_unread(self) -> None:
        self.assert_ok(
            self.ask(("X-Ph", "true"), ("X-Reg", "CH"), ("X-Forwarded-For", "1.2.3.4"), ("Phi", "true")), "scaleway"
        )

    def test_the_tier_is_told_on_errors_once_the_headers_parse(self) -> None:
        response = self.chat(b"{", phi="true")
        self.assert_error(response, 400, "invalid_json")
        self.assertEqual(response.header("x-phi-tier"), "phi")
        response = self.chat(question(model="nobody-has-it"))
        self.assert_error(response, 404, "model_not_found")
        self.assertEqual(response.header("x-phi-tier"), "non_phi")

    def test_the_tier_is_told_where_the_path_or_the_method_is_refused_before(self) -> None:
        for method, path, status in (("POST", "/v1/nothing", 404), ("GET", CHAT, 405), ("OPTIONS", "/v1/ocr", 204)):
            for value, tier in (("true", "phi"), ("false", "non_phi"), ("maybe", None)):
                with self.subTest(path=path, method=method, value=value):
                    response = self.get(path, [("X-PHI", value)], method)
                    self.assertEqual((response.status, response.header("x-phi-tier")), (status, tier))


class OrderOfChecks(GatewayCase):
    """The first fault answers: path, method, policy headers, content type, JSON, model, provider, eligibility."""

    def test_the_path_comes_before_the_policy_headers(self) -> None:
        self.assert_error(self.post("/v1/nothing", question(), phi="maybe"), 404, "not_found")

    def test_the_method_comes_before_the_policy_headers(self) -> None:
        response = self.get(CHAT, [("X-PHI", "maybe")])
        self.assert_error(response, 405)
        self.assertIn("POST", response.header("allow") or "")

    def test_the_policy_headers_come_before_the_content_type(self) -> None:
        response = self.post(CHAT, question(), phi="maybe", headers=[("Content-Type", "text/plain")])
        self.assert_error(response, 400, "invalid_phi")

    def test_the_content_type_comes_before_the_body(self) -> None:
        self.assert_error(
            self.post(CHAT, b"{", headers=[("Content-Type", "text/plain")]), 415, "unsupported_media_type"
        )

    def test_json_comes_before_the_model(self) -> None:
        self.assert_error(self.post(CHAT, b'{"model": "nobody-has-it", '), 400, "invalid_json")

    def test_the_model_comes_before_the_provider(self) -> None:
        self.assert_error(self.chat(question(model="nobody-has-it", provider=7)), 404, "model_not_found")

    def test_the_provider_comes_before_eligibility(self) -> None:
        self.assert_error(
            self.chat(question(provider={"only": ["x"]}), region="US"), 400, "invalid_provider_preferences"
        )


class RequestIds(GatewayCase):
    def test_every_answer_has_a_new_id(self) -> None:
        seen = {
            self.chat().header("x-request-id"),
            self.chat().header("x-request-id"),
            self.get("/healthz").header("x-request-id"),
        }
        self.assertEqual(len(seen), 3)
        for one in seen:
            self.assertRegex(one, UUID7)

    def test_ids_sort_by_time(self) -> None:
        ids = [self.get("/healthz").header("x-request-id")[:13] for _ in range(5)]
        self.assertEqual(ids, sorted(ids))

    def test_a_clients_id_comes_back_beside_the_gateways_own(self) -> None:
        for value in ("a", "trace.1_2-3", "A" * 128):
            with self.subTest(len(value)):
                response = self.chat(headers=[("X-Request-Id", value)])
                self.assertEqual(response.header("x-client-request-id"), value)
                self.assertRegex(response.header("x-request-id"), UUID7)
                self.assertIsNone(self.world["first"].requests[-1].header("x-request-id"))

    def test_a_clients_id_of_another_form_is_left_out(self) -> None:
        for value in ("", "A" * 129, "a b", "a/b", "a,b", "<script>"):
            with self.subTest(value[:10]):
                response = self.chat(headers=[("X-Request-Id", value)])
                self.assert_ok(response)
                self.assertIsNone(response.header("x-client-request-id"))


class PhiByDefault(GatewayCase):
    """defaults.phi: true makes an absent header mean `true`; a request may still say `false`."""

    config = {"defaults": {"region": "CH", "phi": True}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model()}, country="CH", regions=["CH"], agreements=[agreement(["CH"])])
        return world

    def test_an_absent_header_means_the_default(self) -> None:
        self.assertEqual(self.chat().header("x-phi-routed"), "model-a/CH/phi")

    def test_a_request_may_say_false(self) -> None:
        self.assertEqual(self.chat(phi="false").header("x-phi-routed"), "model-a/CH/general")
