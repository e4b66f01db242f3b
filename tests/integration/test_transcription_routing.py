"""Where a recording goes: region, class, preferences, keys, names, and what only some routes can do (spec §2–§4)."""

from __future__ import annotations

import json
from typing import Any

from sim import faults
from sim.upstream import Then
from support.auth_keys import bearer, key
from support.case import TRANSCRIPTIONS, GatewayCase
from support.multipart import Form, Part, field, file, form
from support.raw_client import Cut, Response, request_bytes
from support.registry import World, agreement, model, per_minute

SOUND = file("file", "voice.mp3", b"ID3 sound")


def asking(name: str, *fields: Part, provider: Any = None) -> Form:
    told = [] if provider is None else [field("provider", json.dumps(provider))]
    return form(field("model", name), SOUND, *fields, *told)


def as_fields(members: dict[str, Any]) -> list[Part]:
    """What a JSON body says, as a form says it."""
    told = []
    for name, value in members.items():
        if isinstance(value, list):
            told += [field(name.removesuffix("[]") + "[]", one) for one in value]
        else:
            told.append(field(name, value if isinstance(value, str) else json.dumps(value)))
    return told


def add_host(world: World, slug: str, price: float, protocol: str = "openai", **facts: Any) -> None:
    dialect = {"request": {"drop": ["timestamp_granularities"]}} if slug == "alpha" else {}
    world.provider(slug, {"whisper-a": model("stt", price=per_minute(price), **dialect)}, protocol=protocol, **facts)


class Preferences(GatewayCase):
    """Hosts that differ tenfold in price, so that their order does not hang on their health."""

    config = {"failover": {"max_attempts": 9}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        covered = agreement(["EU", "UK"], ["stt"])
        add_host(world, "alpha", 100, headquarters="FR", agreements=[covered])
        loose = {"retention_days": 30}
        add_host(world, "beta", 10, "azure_speech_stt", country="DE", trains_on_data=True, provider=loose)
        add_host(world, "gamma", 1, "infomaniak_stt", country=["FR", "DE"], headquarters="CH", trains_on_data=None)
        del world.registry["providers"]["gamma"]["retention_days"]
        add_host(world, "delta", 1000, "mistral", country="NL", headquarters="US", provider={"retention_days": 7})
        chat_alone = agreement(["CH"], ["chat"])
        add_host(world, "swiss", 1, "azure_openai", country="CH", regions=["CH"], agreements=[chat_alone])
        add_host(world, "roaming", 1, country="global", regions=["UK", "WORLD"], agreements=[covered])
        return world

    def setUp(self) -> None:
        super().setUp()
        for upstream in self.world.upstreams:
            upstream.always(faults.status(503))

    def tried(self, provider: Any, *fields: Part, **options: Any) -> list[str]:
        """Each host fails, so that the request goes through all that it may use."""
        self.nothing_cools({"model": "whisper-a", "modality": "stt"}, **options)
        for upstream in self.world.upstreams:
            upstream.requests.clear()
        response = self.transcribe(asking("whisper-a", *fields, provider=provider), **options)
        error = self.assert_error(response, 502, "upstream_error")
        named = [one["provider"] for one in error["metadata"]["attempts"]]
        self.assertEqual(sorted(named), sorted(one.name for one in self.world.upstreams if one.requests))
        self.assert_attempts(response, len(named))
        return named

    def test_each_preference(self) -> None:
        usual = ["gamma", "beta", "alpha", "delta"]
        for provider, due in (
            (None, usual),
            ({}, usual),
            ({"order": ["delta", "alpha"]}, ["delta", "alpha", "gamma", "beta"]),
            ({"order": ["delta", "alpha"], "allow_fallbacks": False}, ["delta", "alpha"]),
            ({"allow_fallbacks": False}, ["gamma"]),
            ({"only": ["alpha", "beta"]}, ["beta", "alpha"]),
            ({"ignore": ["gamma", "alpha"]}, ["beta", "delta"]),
            ({"sort": "price"}, usual),
            ({"zdr": True}, ["alpha"]),
            ({"zdr": False}, usual),
            ({"max_retention_days": 7}, ["alpha", "delta"]),
            ({"data_collection": "deny"}, ["alpha", "delta"]),
            ({"data_residency": "FR"}, ["alpha"]),
            ({"data_residency": "eu"}, usual),
            ({"eu_owned": True}, ["beta", "alpha"]),
            ({"require_parameters": True}, usual),
        ):
            with self.subTest(provider):
                self.assertEqual(self.tried(provider), due)
                body = {"model": "whisper-a", "modality": "stt", **({} if provider is None else {"provider": provider})}
                self.nothing_cools({"model": "whisper-a", "modality": "stt"})
                self.assertEqual(self.explained_order(body), due)

    def test_a_field_that_a_route_drops(self) -> None:
        """By its registry, whose list has no brackets, or because its protocol has no place for it."""
        words = (field("timestamp_granularities[]", "word"), field("response_format", "verbose_json"))
        for fields, due in (
            (words, ["gamma", "beta", "delta"]),
            ([field("prompt", "Phigate")], ["gamma", "beta", "alpha"]),
            ([field("temperature", "0.5")], ["alpha", "delta"]),
            ([field("chunking_strategy", "auto")], ["alpha"]),
            ([field("language", "de")], ["gamma", "beta", "alpha", "delta"]),
        ):
            with self.subTest(fields[0].head):
                self.assertEqual(self.tried({"require_parameters": True}, *fields), due)
                usual = ["gamma", "beta", "alpha", "delta"]
                self.assertEqual(self.tried({"require_parameters": False}, *fields), usual)

    def test_why_such_a_route_is_passed_over(self) -> None:
        body = {"model": "whisper-a", "modality": "stt", "prompt": "a", "timestamp_granularities": ["word"]}
        told = self.explain(body | {"response_format": "verbose_json", "provider": {"require_parameters": True}})
        details = {one["provider"]: one["detail"] for one in told["excluded"] if one["reason"] == "parameters"}
        self.assertEqual(
            details, {"alpha": "drops the field 'timestamp_granularities'", "delta": "drops the field 'prompt'"}
        )

    def test_regions(self) -> None:
        self.assertEqual(self.tried(None, region="CH"), ["swiss"])
        self.assertEqual(self.tried(None, region="uk"), ["roaming"])
        for region, provider in (("US", None), ("EU", {"only": ["swiss"]}), ("CH", {"data_residency": "eu"})):
            with self.subTest(region):
                self.world.forget()
                response = self.transcribe(asking("whisper-a", provider=provider), region=region)
                self.assert_error(response, 422, "no_route")
                self.assert_untried(response)

    def test_class_phi(self) -> None:
        self.assertEqual(self.tried(None, phi="true"), ["alpha"])
        self.assertEqual(self.tried({"order": ["gamma", "delta"]}, phi="TRUE"), ["alpha"])
        for region in ("CH", "UK"):
            with self.subTest(region):
                self.world.forget()
                response = self.transcribe(asking("whisper-a"), region=region, phi="true")
                error = self.assert_error(response, 403, "phi_blocked")
                self.assertIn("EU", error["message"])
                self.assertEqual(response.header("x-phi-tier"), "phi")
                self.assert_untried(response)

    def test_the_class_is_told(self) -> None:
        self.world.forget()
        response = self.transcribe(asking("whisper-a"), phi="true")
        self.assert_ok(response, "alpha")
        self.assertEqual(response.header("x-phi-routed"), "whisper-a/EU/phi")
        self.assertEqual(response.header("x-phi-tier"), "phi")


class Names(GatewayCase):
    """auto, aliases, concrete ids and their variants."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        hosted = {"whisper-a": model("stt", price=per_minute(1)), "talker": model("chat")}
        world.provider("cheap", hosted)
        hosted = {"whisper-a": model("stt", price=per_minute(10)), "whisper-b": model("stt", price=per_minute(5))}
        world.provider("dear", hosted, protocol="azure_speech_stt")
        hosted = {"whisper-b": model("stt", price=per_minute(20))}
        world.provider("home", hosted, protocol="mistral", resident_of="EU")
        world.provider("gratis", {"whisper-c": model("stt", price=per_minute(0))})
        world.alias("whisper", "whisper-a", "whisper-b")
        return world

    def test_who_serves_which_name(self) -> None:
        for name, provider, concrete, strategy, variant in (
            ("whisper-a", "cheap", "whisper-a", "default", None),
            ("whisper-b", "dear", "whisper-b", "default", None),
            ("whisper", "home", "whisper-b", "default", None),
            ("auto", "home", "whisper-b", "default", None),
            ("whisper:floor", "cheap", "whisper-a", "sorted", "floor"),
            ("auto:floor", "gratis", "whisper-c", "sorted", "floor"),
            ("whisper-a:nitro", "cheap", "whisper-a", "sorted", "nitro"),
            ("auto:free", "gratis", "whisper-c", "default", "free"),
        ):
            with self.subTest(name):
                response = self.transcribe(asking(name))
                self.assert_ok(response, provider)
                self.assertEqual(response.header("x-phi-routed"), f"{concrete}/EU/general")
                self.assertEqual(response.header("x-routing-strategy"), strategy)
                self.assertEqual(response.header("x-model-variant"), variant)

    def test_a_model_of_another_modality(self) -> None:
        response = self.transcribe(asking("talker"))
        error = self.assert_error(response, 422, "no_route")
        self.assertIn("modality", json.dumps(error["metadata"]["excluded"]))
        self.assert_untried(response)


class Abilities(GatewayCase):
    """What a route cannot give excludes it; where none is left, the client hears what there is."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for slug, name, price, facts in (
            ("plain", "texts-only", 1, {"formats": ["text"]}),
            ("bare", "json-only", 1, {"formats": ["json"]}),
            ("limited", "either", 1, {"formats": ["text"]}),
            ("full", "either", 10, {}),
            ("whole", "streaming", 1, {}),
            ("events", "streaming", 10, {"features": ["stream"]}),
            ("more", "streaming", 100, {"features": ["stream"]}),
            ("telling", "detailed", 1, {"features": ["logprobs", "diarization"]}),
        ):
            world.provider(slug, {name: model("stt", price=per_minute(price), **facts)})
        return world

    def in_form(self, name: str, form_of_answer: str, **options: Any) -> Response:
        return self.transcribe(asking(name, field("response_format", form_of_answer)), **options)

    def test_what_can_be_made_of_a_text(self) -> None:
        response = self.in_form("texts-only", "json")
        self.assert_ok(response, "plain")
        self.assertEqual(list(response.json()), ["text"])
        self.assertEqual(response.header("x-phi-usage"), "estimated")
        self.assertEqual(self.one_request(self.world["plain"]).form().text("response_format"), "text")
        self.assert_ok(self.in_form("texts-only", "text"), "plain")

    def test_times_cannot(self) -> None:
        for name, given, has in (
            ("texts-only", ("srt", "vtt", "verbose_json"), "json, text"),
            ("json-only", ("vtt",), "json"),
        ):
            for one in given:
                with self.subTest(name=name, format=one):
                    response = self.in_form(name, one)
                    error = self.assert_error(response, 400, "unsupported_parameter")
                    self.assertEqual(error["param"], "response_format")
                    self.assertIn(has, error["message"])
                    self.assert_untried(response)

    def test_an_explanation_has_the_same_refusal(self) -> None:
        for name, fields in (
            ("texts-only", {"response_format": "srt"}),
            ("texts-only", {"stream": True}),
            ("json-only", {"include[]": ["logprobs"]}),  # a refusal names it as the client did
            ("either", {"response_format": "srt", "provider": {"only": ["limited"]}}),
        ):
            with self.subTest(name=name, **fields):
                explained = self.explain({"model": name, "modality": "stt", **fields})
                response = self.transcribe(form(field("model", name), SOUND, *as_fields(fields)))
                error = self.assert_error(response, 400, "unsupported_parameter")
                self.assertEqual(explained["decision"], "refuse")
                self.assertEqual(explained["error"], error)

    def test_a_route_that_can_is_taken(self) -> None:
        self.assert_ok(self.in_form("either", "text"), "limited")
        self.assert_ok(self.in_form("either", "srt"), "full")
        response = self.transcribe(asking("either", field("response_format", "srt"), provider={"only": ["limited"]}))
        self.assert_error(response, 400, "unsupported_parameter")

    def test_fields_that_need_an_ability(self) -> None:
        told = (
            field("include[]", "logprobs"),
            field("known_speaker_names[]", "Anna"),
            field("known_speaker_names[]", "Bob"),
        )
        self.assert_ok(self.transcribe(asking("detailed", *told)), "telling")
        sent = self.one_request(self.world["telling"]).form()
        self.assertEqual([part.text for part in sent.all("known_speaker_names[]")], ["Anna", "Bob"])
        self.assertEqual(sent.text("include[]"), "logprobs")

    EVENTS = (
        b'data: {"type":"transcript.text.delta","delta":"hel"}\n\n' * 3 + b'data: {"type":"transcript.text.done"}\n\n'
    )

    def streamed(self) -> Response:
        return self.transcribe(asking("streaming", field("stream", "true")))

    def events(self, **options: Any) -> faults.Step:
        return faults.reply(body=self.EVENTS, content_type="text/event-stream", framing="chunked", **options)

    def test_a_stream_goes_to_who_streams(self) -> None:
        self.world["events"].script([self.events(drip=7, pause=0.001)])
        response = self.streamed()
        self.assert_ok(response, "events")
        self.assertEqual(response.body, self.EVENTS)
        self.assertTrue((response.header("content-type") or "").startswith("text/event-stream"))
        self.assertEqual(self.one_request(self.world["events"]).form().text("stream"), "true")
        self.assertEqual(self.world["whole"].requests, [])

    def test_a_stream_that_is_none_is_tried_elsewhere(self) -> None:
        for step in (faults.reply(), faults.status(500), self.events(cut=0, then=Then.CLOSE)):
            self.world.forget()
            self.nothing_cools({"model": "streaming", "modality": "stt"})
            self.world["events"].script([step])
            self.world["more"].script([self.events()])
            response = self.streamed()
            self.assert_ok(response, "more")
            self.assert_attempts(response, 2)
            self.assertEqual(response.body, self.EVENTS)

    def test_a_stream_that_breaks_shows_it(self) -> None:
        self.nothing_cools({"model": "streaming", "modality": "stt"})
        self.world["events"].script([self.events(cut=60, then=Then.CLOSE)])
        with self.assertRaises(Cut) as cut:
            self.streamed()
        self.assertEqual(cut.exception.partial.status, 200)
        self.assertTrue(self.EVENTS.startswith(cut.exception.partial.body))
        self.assertEqual(self.world["more"].requests, [])


class Keys(GatewayCase):
    config = {
        "auth": {
            "mode": "keys",
            "keys": [
                key("plain"),
                key("swiss", regions=["CH"]),
                key("clinic", regions=["CH", "EU"], region="CH", phi="required"),
                key("public", phi="forbidden"),
            ],
        }
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for slug, country, region in (("first", "FR", "EU"), ("swiss", "CH", "CH")):
            place = {"country": country, "regions": [region], "agreements": [agreement([region], ["stt"])]}
            world.provider(slug, {"whisper-a": model("stt")}, **place)
        return world

    def ask(self, identifier: str, **options: Any) -> Response:
        return self.transcribe(asking("whisper-a"), headers=bearer(identifier), **options)

    def test_what_a_key_admits(self) -> None:
        for identifier, options, routed in (
            ("plain", {}, "EU/general"),
            ("plain", {"region": "CH", "phi": "true"}, "CH/phi"),
            ("swiss", {}, "CH/general"),
            ("clinic", {}, "CH/phi"),
            ("clinic", {"region": "EU", "phi": "true"}, "EU/phi"),
        ):
            with self.subTest(identifier=identifier, **options):
                response = self.ask(identifier, **options)
                self.assert_ok(response)
                self.assertEqual(response.header("x-phi-routed"), f"whisper-a/{routed}")

    def test_what_it_does_not(self) -> None:
        for identifier, options, status, code in (
            ("nobody", {}, 401, "invalid_api_key"),
            ("swiss", {"region": "EU"}, 403, "region_not_allowed"),
            ("clinic", {"phi": "false"}, 403, "phi_required"),
            ("public", {"phi": "true"}, 403, "phi_not_allowed"),
        ):
            with self.subTest(identifier=identifier, **options):
                response = self.ask(identifier, **options)
                self.assert_error(response, status, code)
                self.assert_untried(response)

    def test_the_key_is_judged_before_a_byte_of_the_form(self) -> None:
        connection = self.connect()
        head = [("Content-Type", "text/plain"), ("Content-Length", "99")]
        connection.send(request_bytes("POST", TRANSCRIPTIONS, head))
        self.assert_error(connection.read_response(), 401, "invalid_api_key")
