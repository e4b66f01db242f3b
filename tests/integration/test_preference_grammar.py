"""How the `provider` object is read: strictly, and never sent on (spec §2)."""

from __future__ import annotations

import json
from typing import Any

from sim import faults
from support.auth_keys import bearer, key
from support.case import CHAT, EMBEDDINGS, EXPLAIN, GatewayCase, question
from support.registry import World, agreement, failover_world, model

TEXT = b'"messages":[{"role":"user","content":"hello"}]'
WRONG_LISTS = [
    ("null", ""),
    ('"first"', ""),
    ("{}", ""),
    ("7", ""),
    ("true", ""),
    ("[7]", "[0]"),
    ("[null]", "[0]"),
    ('["first",["second"]]', "[1]"),
    ('["first","first"]', "[1]"),
    ('["first","second","f\\u0069rst"]', "[2]"),
    ('["nobody"]', "[0]"),
    ('["first","First"]', "[1]"),
    ('["first "]', "[0]"),
    ('["first",""]', "[1]"),
    ('["first-1"]', "[0]"),  # an endpoint's name
]
WRONG_VALUES = {
    "allow_fallbacks": ["null", '"true"', "0", "[]", "{}"],
    "sort": ["null", '"prices"', '"Price"', '"price "', '""', "1", '["price"]', '{"by":"price"}', "true"],
    "data_residency": ["null", "1", '""', '"germany"', '"zz"', '"eu "', '"e\\u00fc"', '["de"]', "true", '"EU,CH"'],
    "eu_owned": ["null", '"yes"', "1", "[]"],
    "max_retention_days": ["null", "-1", "1.5", '"0"', "true", "[0]", "-0.5", "{}"],
    "data_collection": ["null", '"Deny"', '"no"', "true", '""', '["deny"]'],
    "zdr": ["null", "1", '"true"', "[]"],
    "max_price": ["null", "1", "[]", '"1"', "true"],
    "require_parameters": ["null", '"true"', "0", "[]"],
}
WRONG_OBJECTS = [
    ('{"ordr":["first"]}', "provider.ordr"),
    ('{"Order":["first"]}', "provider.Order"),
    ('{"":1}', None),
    ('{"quantizations":["fp8"]}', "provider.quantizations"),
    ('{"only":[]}', "provider.only"),
    ('{"max_price":{"prompt":-1}}', "provider.max_price.prompt"),
    ('{"max_price":{"prompt":-0.0000001}}', "provider.max_price.prompt"),
    ('{"max_price":{"prompt":1,"completion":"1"}}', "provider.max_price.completion"),
    ('{"max_price":{"completion":null}}', "provider.max_price.completion"),
    ('{"max_price":{"completion":[1]}}', "provider.max_price.completion"),
    ('{"max_price":{"request":1}}', "provider.max_price.request"),
    ('{"max_price":{"Prompt":1}}', "provider.max_price.Prompt"),
    # The first fault of several, in the text's order.
    ('{"zdr":1,"only":[]}', "provider.zdr"),
    ('{"ignore":["first","second","nobody"],"zdr":1}', "provider.ignore[2]"),
]


def faulty_texts() -> list[tuple[str, str | None]]:
    """Every `provider` value that is refused, with the param of its error."""
    rows: list[tuple[str, str | None]] = [(text, "provider") for text in ("null", "7", '"first"', "[]", "true", "[{}]")]
    for name in ("order", "only", "ignore"):
        rows += [(f'{{"{name}":{text}}}', f"provider.{name}{place}") for text, place in WRONG_LISTS]
    for name, texts in WRONG_VALUES.items():
        rows += [(f'{{"{name}":{text}}}', f"provider.{name}") for text in texts]
    return rows + WRONG_OBJECTS


class Faults(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def bodies(self, provider: str) -> dict[str, bytes]:
        picture = '[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:,"}}]'
        said = {
            "chat": (CHAT, '"messages":[{"role":"user","content":"a"}],"model":"model-a"'),
            "vision": (CHAT, f'"messages":[{{"role":"user","content":{picture}}}],"model":"model-a"'),
            "embeddings": (EMBEDDINGS, '"input":"a","model":"embed-a"'),
        }
        return {kind: (path, f'{{{members},"provider":{provider}}}'.encode()) for kind, (path, members) in said.items()}

    def test_each_is_refused_with_the_place_of_what_is_wrong(self) -> None:
        for text, param in faulty_texts():
            for kind, (path, body) in self.bodies(text).items():
                with self.subTest(kind=kind, provider=text):
                    response = self.post(path, body)
                    error = self.assert_error(response, 400, "invalid_provider_preferences")
                    if param is not None:
                        self.assertEqual(error["param"], param)
                    self.assert_untried(response)

    def test_explain_says_the_same(self) -> None:
        for text, param in faulty_texts():
            with self.subTest(provider=text):
                _, body = self.bodies(text)["chat"]
                error = self.explain(body)["error"]
                self.assertEqual(error["code"], "invalid_provider_preferences")
                if param is not None:
                    self.assertEqual(error["param"], param)

    def test_a_key_twice_is_ambiguous(self) -> None:
        for text in (
            '{"zdr":true,"zdr":true}',
            '{"only":["first"],"ignore":[],"only":["second"]}',
            '{"zdr":true,"z\\u0064r":false}',
            '{"max_price":{"prompt":1,"prompt":2}}',
            '{"max_price":{"prompt":1},"max_price":{}}',
            '{"nonsense":1,"nonsense":2}',
        ):
            for kind, (path, body) in self.bodies(text).items():
                with self.subTest(kind=kind, provider=text):
                    response = self.post(path, body)
                    self.assert_error(response, 400, "ambiguous_body")
                    self.assert_untried(response)

    def test_the_object_twice_is_ambiguous(self) -> None:
        for second in (b'"provider":{}', b'"provid\\u0065r":{}', b'"Provider":{}'):
            body = b'{"model":"model-a","provider":{"zdr":true},' + second + b"," + TEXT + b"}"
            self.assert_error(self.chat(body), 400, "ambiguous_body")

    def test_a_price_limit_needs_a_price_by_tokens(self) -> None:
        for modality in ("ocr", "stt", "tts"):
            for limit in ({"prompt": 1}, {"completion": 0}):
                with self.subTest(modality):
                    body = {"model": "auto", "modality": modality, "provider": {"max_price": limit}}
                    error = self.explain(body)["error"]
                    self.assertEqual(error["code"], "invalid_provider_preferences")
                    self.assertEqual(error["param"], "provider.max_price")

    def test_the_place_in_the_order_of_checks(self) -> None:
        wrong = {"zdr": 1}
        self.assert_error(self.chat(question(provider=wrong, zdr=True)), 400, "misplaced_preference")
        self.assert_error(self.chat({"messages": [], "provider": wrong}), 400, "missing_model")
        self.assert_error(self.chat(question(model="model-a:best", provider=wrong)), 400, "invalid_variant")
        self.assert_error(self.chat(question(model="nobody-has-it", provider=wrong)), 404, "model_not_found")
        self.assert_error(self.chat(question(provider=wrong), phi="maybe"), 400, "invalid_phi")
        self.assert_error(self.chat(question(provider=wrong), region="INDIA"), 400, "invalid_provider_preferences")

    def test_large_and_odd_values_that_are_fine(self) -> None:
        for text in (
            '{"max_retention_days":9007199254740993}',
            '{"max_price":{"prompt":1e30,"completion":123456789012345678901234567890.5}}',
            '{"max_price":{"prompt":100.000000000000000000001E-0}}',
            ' {\n"data_residency" : "D\\u0045" , "order":[ "first" ]} ',
        ):
            with self.subTest(text):
                response = self.post(EXPLAIN, b'{"model":"model-a","provider":' + text.encode() + b"," + TEXT + b"}")
                self.assertEqual(response.status, 200)
                code = (response.json()["error"] or {}).get("code")
                self.assertIn(code, (None, "no_route"))


class Removal(GatewayCase):
    """The object never goes upstream, and what stays is what the client wrote."""

    OBJECT = b'"provider":{"order":["first","second"],"max_price":{"prompt":50},"data_residency":"fr"}'

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def sent(self, body: bytes, path: str = CHAT) -> bytes:
        self.world.forget()
        self.assert_ok(self.post(path, body), "first")
        return self.one_request(self.world["first"]).body

    def test_wherever_it_stands(self) -> None:
        members = [b'"model":"model-a"', TEXT, b'"temperature":1.50', b'"x":{"provider":{"zdr":1}}']
        without = b"{" + b",".join(members).replace(b"model-a", b"first/model-a") + b"}"
        for place in range(len(members) + 1):
            with self.subTest(place):
                body = b"{" + b",".join([*members[:place], self.OBJECT, *members[place:]]) + b"}"
                self.assertEqual(self.sent(body), without)

    def test_with_space_around(self) -> None:
        for pattern in (
            b'{ %s , "model":"model-a", %s }',
            b'{"model":"model-a"\n,\r\n\t%s\n,  %s}',
            b'{"model" : "model-a", %s ,%s }',
        ):
            for first, second in ((self.OBJECT, TEXT), (TEXT, self.OBJECT)):
                with self.subTest(pattern):
                    sent = self.sent(pattern % (first, second))
                    self.assertNotIn(b"provider", sent)
                    self.assertEqual(json.loads(sent), question(model="first/model-a"))

    def test_an_escaped_name(self) -> None:
        escaped = self.OBJECT.replace(b"provider", b"pro\\u0076ider")
        sent = self.sent(b'{"model":"model-a",' + escaped + b"," + TEXT + b"}")
        self.assertEqual(sent, b'{"model":"first/model-a",' + TEXT + b"}")

    def test_an_empty_object_too(self) -> None:
        self.assertEqual(
            self.sent(b'{"model":"model-a","provider":{},' + TEXT + b"}"), b'{"model":"first/model-a",' + TEXT + b"}"
        )

    def test_from_a_stream(self) -> None:
        for body in (
            b'{"model":"model-a","stream":true,' + TEXT + b"," + self.OBJECT + b"}",
            b"{" + self.OBJECT + b',"model":"model-a","stream":true,' + TEXT + b"}",
            b'{"stream_options":{},' + self.OBJECT + b',"model":"model-a","stream":true,' + TEXT + b"}",
        ):
            with self.subTest(body[:20]):
                sent = self.sent(body)
                self.assertNotIn(b"provider", sent)
                expected = question(model="first/model-a", stream=True, stream_options={"include_usage": True})
                self.assertEqual(json.loads(sent), expected)

    def test_from_embeddings(self) -> None:
        for body in (
            b'{"input":["a"],' + self.OBJECT + b',"model":"embed-a"}',
            b"{" + self.OBJECT + b',"input":["a"],"model":"embed-a"}',
            b'{"input":["a"],"model":"embed-a",' + self.OBJECT + b"}",
        ):
            with self.subTest(body[:20]):
                self.assertEqual(self.sent(body, EMBEDDINGS), b'{"input":["a"],"model":"first/embed-a"}')

    def test_from_every_attempt(self) -> None:
        for slug in ("first", "second"):
            self.world[slug].script([faults.status(503)])
        self.assert_ok(self.chat(b'{"model":"model-a",' + TEXT + b',"provider":{"sort":"price"}}'), "third")
        for upstream in self.world.upstreams:
            self.assertEqual(json.loads(self.one_request(upstream).body), question(model=f"{upstream.name}/model-a"))
        self.nothing_cools()


class KeysStillBind(GatewayCase):
    """A preference tightens what a key allows and never loosens it."""

    config = {
        "auth": {
            "mode": "keys",
            "keys": [
                key("swiss-only", regions=["CH"]),
                key("two", regions=["CH", "EU"], region="CH"),
                key("clinic", regions=["CH", "EU"], region="CH", phi="required"),
            ],
        }
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model()}, agreements=[agreement(["EU"])])
        world.provider("swiss", {"model-a": model()}, country="CH", regions=["CH"], agreements=[agreement(["CH"])])
        world.provider("german", {"model-a": model()}, country="DE")
        return world

    def ask(self, identifier: str, provider: dict[str, Any], **options: Any):
        return self.chat(question(provider=provider), headers=bearer(identifier), **options)

    def test_the_region_of_a_residency_must_be_the_keys(self) -> None:
        for word in ("eu", "de", "us"):
            response = self.ask("swiss-only", {"data_residency": word})
            self.assert_error(response, 403, "region_not_allowed")
            self.assert_untried(response)
        self.assert_ok(self.ask("swiss-only", {"data_residency": "ch"}), "swiss")

    def test_a_residency_comes_before_the_keys_own_region(self) -> None:
        self.assert_ok(self.ask("two", {}), "swiss")
        response = self.ask("two", {"data_residency": "de"})
        self.assert_ok(response, "german")
        self.assertEqual(response.header("x-phi-routed"), "model-a/EU/general")

    def test_no_list_of_providers_leads_out_of_the_keys_regions(self) -> None:
        for name in ("order", "only"):
            with self.subTest(name):
                response = self.ask("swiss-only", {name: ["first"]}, region="EU")
                self.assert_error(response, 403, "region_not_allowed")
                self.assert_untried(response)
        response = self.ask("swiss-only", {"only": ["first"]})
        self.assert_error(response, 422, "no_route")
        self.assert_untried(response)

    def test_no_preference_leads_out_of_class_phi(self) -> None:
        response = self.ask("clinic", {"order": ["german"]}, region="EU")
        self.assert_ok(response, "first")
        self.assertEqual(response.header("x-phi-routed"), "model-a/EU/phi")
        self.world.forget()
        response = self.ask("clinic", {"only": ["german"]}, region="EU")
        self.assert_error(response, 403, "phi_blocked")
        self.assert_untried(response)

    def test_the_preferences_are_judged_before_the_keys_limits(self) -> None:
        self.assert_error(self.ask("swiss-only", {"zdr": 1}, region="US"), 400, "invalid_provider_preferences")
