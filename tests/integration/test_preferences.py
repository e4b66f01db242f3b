"""What each field of the `provider` object does, for chat, vision and embeddings alike (spec §2, §3, §4)."""

from __future__ import annotations

from typing import Any

from sim import faults
from support.case import CHAT, EMBEDDINGS, GatewayCase, image_question, question
from support.raw_client import Response
from support.registry import World, dollars, model

from integration import test_bodies

KINDS = ("chat", "vision", "embeddings")


def asking(kind: str, provider: Any, **fields: Any) -> tuple[str, dict[str, Any]]:
    if kind == "embeddings":
        return EMBEDDINGS, {"model": "embed-a", "input": "a", "provider": provider, **fields}
    ask = image_question if kind == "vision" else question
    return CHAT, ask(provider=provider, **fields)


def add_host(world: World, slug: str, price: int, **facts: Any) -> None:
    world.provider(
        slug,
        {
            "model-a": model("chat", "vision", price=dollars(price, price)),
            "embed-a": model("embeddings", price=dollars(price)),
        },
        **facts,
    )


class PreferencesCase(GatewayCase):
    """Hosts that differ tenfold in price, so that their order does not hang on their health."""

    config = {"failover": {"max_attempts": 9}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        add_host(world, "alpha", 100, country="FR", headquarters="FR", provider={"retention_days": 0})
        loose = {"retention_days": 30}
        add_host(world, "beta", 10, country="DE", headquarters="DE", trains_on_data=True, provider=loose)
        add_host(world, "gamma", 1, country=["FR", "DE"], headquarters="CH", trains_on_data=None)
        del world.registry["providers"]["gamma"]["retention_days"]
        add_host(world, "delta", 1000, country="NL", headquarters="US", provider={"retention_days": 7})
        add_host(world, "swiss", 1, country="CH", regions=["CH"], headquarters="CH")
        add_host(world, "nordic", 10, country="NO", regions=["WORLD"], headquarters="NO")
        add_host(world, "roaming", 1, country="global", regions=["WORLD", "UK"], headquarters="US")
        world.registry["regions"]["ASIA"]["countries"] = ["JP", "IN"]  # INDIA has the latter too
        return world

    def ask(self, kind: str, provider: Any, *, fields: dict[str, Any] | None = None, **options: Any) -> Response:
        path, body = asking(kind, provider, **(fields or {}))
        return self.post(path, body, **options)

    def assert_tried(self, provider: Any, expected: list[str], kinds: tuple[str, ...] = KINDS, **options: Any) -> None:
        """Each host fails, so that a request goes through all that it may use, in its order; nobody else is asked."""
        for kind in kinds:
            with self.subTest(kind=kind, provider=provider):
                _, body = asking(kind, provider)
                self.nothing_cools(body, **options)
                self.world.forget()
                for upstream in self.world.upstreams:
                    upstream.always(faults.status(503))
                response = self.ask(kind, provider, **options)
                error = self.assert_error(response, 502, "upstream_error")
                self.assertEqual([one["provider"] for one in error["metadata"]["attempts"]], expected)
                self.assertEqual({one.name for one in self.world.upstreams if one.requests}, set(expected))
                self.assert_attempts(response, len(expected))

    def assert_no_route(self, provider: Any, excluded: dict[str, int], **options: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind=kind, provider=provider):
                self.world.forget()
                response = self.ask(kind, provider, **options)
                error = self.assert_error(response, 422, "no_route")
                self.assert_untried(response)
                found = error["metadata"]["excluded"]
                self.assertEqual({rule: found.get(rule, 0) for rule in excluded}, excluded)
                hosts = self.world.registry["providers"].values()
                routes = [
                    modality
                    for host in hosts
                    for endpoint in host["endpoints"].values()
                    for hosted in endpoint["models"].values()
                    for modality in hosted["modalities"]
                ]
                self.assertEqual(sum(found.values()), len(routes), "each route is counted once")


class Lists(PreferencesCase):
    def test_none_means_the_usual_order(self) -> None:
        for nothing in ({}, {"order": []}, {"ignore": []}, {"max_price": {}}, {"allow_fallbacks": True}):
            self.assert_tried(nothing, ["gamma", "beta", "alpha", "delta"])

    def test_order_puts_its_providers_first(self) -> None:
        self.assert_tried({"order": ["delta", "beta"]}, ["delta", "beta", "gamma", "alpha"])
        self.assert_tried({"order": ["swiss", "alpha"]}, ["alpha", "gamma", "beta", "delta"], kinds=("chat",))

    def test_only_leaves_out_all_others(self) -> None:
        self.assert_tried({"only": ["alpha", "delta"]}, ["alpha", "delta"])
        self.assert_tried({"only": ["delta", "alpha", "swiss"]}, ["alpha", "delta"], kinds=("chat",))
        self.assert_no_route({"only": ["swiss"]}, {"only": 4})

    def test_ignore_leaves_out_its_own(self) -> None:
        self.assert_tried({"ignore": ["gamma", "delta", "swiss"]}, ["beta", "alpha"])
        self.assert_no_route({"ignore": ["alpha", "beta", "gamma", "delta"]}, {"ignore": 4})

    def test_ignore_beats_only_and_both_beat_order(self) -> None:
        self.assert_tried({"only": ["alpha", "beta"], "ignore": ["beta"]}, ["alpha"])
        self.assert_tried({"order": ["delta", "alpha"], "only": ["alpha", "beta"]}, ["alpha", "beta"])
        self.assert_tried({"order": ["gamma", "delta"], "ignore": ["gamma"]}, ["delta", "beta", "alpha"])
        self.assert_no_route({"only": ["alpha"], "ignore": ["alpha"]}, {"only": 3, "ignore": 1})

    def test_the_first_rule_that_fails_is_counted(self) -> None:
        self.assert_no_route({"only": ["beta"], "zdr": True, "eu_owned": True}, {"only": 3, "retention": 1})

    def test_the_strategy_is_told(self) -> None:
        for provider, strategy in (
            ({}, "default"),
            ({"only": ["alpha"], "ignore": ["beta"]}, "default"),
            ({"order": []}, "default"),
            ({"order": ["alpha"]}, "ordered"),
            ({"sort": "price"}, "sorted"),
            ({"sort": "latency"}, "sorted"),
            ({"sort": "throughput"}, "sorted"),
            ({"order": ["alpha"], "sort": "price"}, "ordered"),
        ):
            for kind in KINDS:
                with self.subTest(kind=kind, provider=provider):
                    response = self.ask(kind, provider)
                    self.assert_ok(response)
                    self.assertEqual(response.header("x-routing-strategy"), strategy)


class Sort(PreferencesCase):
    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        world.registry["regions"]["EU"]["resident"] = "delta"
        world.alias("any", "model-a")
        world.alias("embed-any", "embed-a")
        return world

    def test_price_beats_the_resident(self) -> None:
        self.assert_tried({"sort": "price"}, ["gamma", "beta", "alpha", "delta"])
        for name in ("auto", "any"):
            with self.subTest(name):
                self.assertEqual(self.explained_order(question(model=name))[0], "delta")
                found = self.explained_order(question(model=name, provider={"sort": "price"}))
                self.assertEqual(found, ["gamma", "beta", "alpha", "delta"])

    def test_what_is_not_measured_falls_to_the_score(self) -> None:
        for metric in ("latency", "throughput"):
            for model_name in ("model-a", "auto", "any"):
                with self.subTest((metric, model_name)):
                    found = self.explained_order(question(model=model_name, provider={"sort": metric}))
                    self.assertEqual(found, ["gamma", "beta", "alpha", "delta"])

    def test_order_comes_before_the_metric(self) -> None:
        self.assert_tried({"order": ["alpha", "beta"], "sort": "price"}, ["alpha", "beta", "gamma", "delta"])


class Fallbacks(PreferencesCase):
    def test_without_an_order_the_first_route_alone_is_tried(self) -> None:
        self.assert_tried({"allow_fallbacks": False}, ["gamma"])
        self.assert_tried({"allow_fallbacks": False, "ignore": ["gamma"]}, ["beta"])

    def test_with_an_order_its_providers_alone_are_tried(self) -> None:
        self.assert_tried({"allow_fallbacks": False, "order": ["delta"]}, ["delta"])
        self.assert_tried({"allow_fallbacks": False, "order": ["delta", "beta"]}, ["delta", "beta"])
        self.assert_tried({"allow_fallbacks": False, "order": ["swiss", "beta"]}, ["beta"])

    def test_the_cut_comes_after_the_sort(self) -> None:
        self.assert_tried({"allow_fallbacks": False, "sort": "price", "ignore": ["gamma"]}, ["beta"])

    def test_an_order_without_an_eligible_provider_has_no_route(self) -> None:
        self.assert_no_route({"allow_fallbacks": False, "order": ["swiss"]}, {"allow_fallbacks": 4})

    def test_it_is_no_bar_to_an_answer(self) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                response = self.ask(kind, {"allow_fallbacks": False, "order": ["delta"]})
                self.assert_ok(response, "delta")
                self.assert_attempts(response, 1)


class Residency(PreferencesCase):
    def test_it_settles_the_region_when_none_is_named(self) -> None:
        for word, provider, region in (
            ("eu", "gamma", "EU"),
            ("Eu", "gamma", "EU"),
            ("eea", "gamma", "EU"),
            ("de", "beta", "EU"),
            ("FR", "alpha", "EU"),
            ("nl", "delta", "EU"),
            ("cH", "swiss", "CH"),
        ):
            for kind in KINDS:
                with self.subTest((word, kind)):
                    response = self.ask(kind, {"data_residency": word})
                    self.assert_ok(response, provider)
                    self.assertEqual(response.header("x-phi-routed").split("/")[1], region)

    def test_every_country_of_the_endpoint_must_be_inside(self) -> None:
        self.assert_tried({"data_residency": "fr"}, ["alpha"])
        self.assert_tried({"data_residency": "de"}, ["beta"])
        self.assert_tried({"data_residency": "eea"}, ["gamma", "beta", "alpha", "delta"])
        self.assert_no_route({"data_residency": "it"}, {"data_residency": 4})

    def test_with_a_region_both_must_hold(self) -> None:
        self.assert_no_route({"data_residency": "eu"}, {"data_residency": 1}, region="CH")
        self.assert_no_route({"data_residency": "ch"}, {"data_residency": 4}, region="EU")
        self.assert_tried({"data_residency": "eea"}, ["nordic"], region="WORLD")
        self.assert_no_route({"data_residency": "eu"}, {"data_residency": 2}, region="WORLD")
        self.assert_tried({"data_residency": "no"}, ["nordic"], region="WORLD")

    def test_a_global_endpoint_is_nowhere_in_particular(self) -> None:
        for word in ("gb", "uk", "UK"):
            self.assert_no_route({"data_residency": word}, {"data_residency": 1})

    def test_a_country_of_no_region_or_of_several_is_no_region(self) -> None:
        for word in ("no", "is", "ca", "in", "IN"):
            for kind in KINDS:
                with self.subTest((word, kind)):
                    response = self.ask(kind, {"data_residency": word})
                    self.assert_error(response, 400, "invalid_region")
                    self.assert_untried(response)


class DataRules(PreferencesCase):
    """A fact that is not known never passes: gamma's retention and training."""

    def test_eu_owned(self) -> None:
        self.assert_tried({"eu_owned": True}, ["beta", "alpha"])
        self.assert_tried({"eu_owned": False}, ["gamma", "beta", "alpha", "delta"])
        self.assert_tried({"eu_owned": True}, ["nordic"], region="WORLD")
        self.assert_no_route({"eu_owned": True}, {"eu_owned": 1}, region="CH")

    def test_max_retention_days(self) -> None:
        for days, expected in (
            (0, ["alpha"]),
            (6, ["alpha"]),
            (7, ["alpha", "delta"]),
            (29, ["alpha", "delta"]),
            (30, ["beta", "alpha", "delta"]),
            (100_000, ["beta", "alpha", "delta"]),
        ):
            self.assert_tried({"max_retention_days": days}, expected)
        self.assert_no_route({"max_retention_days": 6, "only": ["delta", "gamma"]}, {"retention": 2})

    def test_data_collection(self) -> None:
        self.assert_tried({"data_collection": "deny"}, ["alpha", "delta"])
        self.assert_tried({"data_collection": "allow"}, ["gamma", "beta", "alpha", "delta"])
        self.assert_no_route({"data_collection": "deny", "only": ["beta", "gamma"]}, {"data_collection": 2})

    def test_zdr_is_no_retention_and_no_collection(self) -> None:
        self.assert_tried({"zdr": True}, ["alpha"])
        self.assert_tried({"zdr": False}, ["gamma", "beta", "alpha", "delta"])

    def test_the_stricter_of_two_wins(self) -> None:
        self.assert_tried({"zdr": True, "max_retention_days": 30, "data_collection": "allow"}, ["alpha"])
        self.assert_tried({"max_retention_days": 30, "data_collection": "allow", "zdr": True}, ["alpha"])
        self.assert_tried({"zdr": False, "max_retention_days": 7}, ["alpha", "delta"])


class EndpointsWord(PreferencesCase):
    """An endpoint's own retention and training win over its provider's."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        strict = {"retention_days": 0, "trains_on_data": False}
        loose = {"retention_days": 30, "trains_on_data": True}
        add_host(world, "better", 10, trains_on_data=None, provider=loose, endpoint=strict)
        add_host(world, "worse", 1, trains_on_data=None, provider=strict, endpoint=loose)
        return world

    def test_it_wins(self) -> None:
        for provider in ({"max_retention_days": 0}, {"data_collection": "deny"}, {"zdr": True}):
            self.assert_tried(provider, ["better"])


class RetainingFields(PreferencesCase):
    """What class phi does not admit, no preference against retention admits either."""

    def test_they_are_refused(self) -> None:
        for provider in ({"zdr": True}, {"max_retention_days": 365}, {"data_collection": "deny"}):
            for name, fields in test_bodies.ClassPhi.FIELDS.items():
                with self.subTest(provider=provider, field=name):
                    response = self.ask("chat", provider, fields=fields)
                    error = self.assert_error(response, 400, "unsupported_parameter")
                    self.assertTrue(error["param"])
                    self.assert_untried(response)

    def test_for_embeddings_too(self) -> None:
        response = self.ask("embeddings", {"zdr": True}, fields={"extra_body": {"a": 1}})
        self.assert_error(response, 400, "unsupported_parameter")

    def test_harmless_forms_and_harmless_preferences_pass(self) -> None:
        self.assert_ok(self.ask("chat", {"zdr": True}, fields={"store": False}), "alpha")
        for provider in ({"zdr": False}, {"data_collection": "allow"}, {"eu_owned": True}):
            with self.subTest(provider=provider):
                self.assert_ok(self.ask("chat", provider, fields={"store": True}))
