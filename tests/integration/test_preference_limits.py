"""max_price and require_parameters: what a route costs and what it can do (spec §2, §3 rule 8)."""

from __future__ import annotations

import json
from typing import Any

from support.case import EMBEDDINGS, GatewayCase, image_question, question
from support.registry import World, dollars, model

TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}}


class LimitsCase(GatewayCase):
    def served_by(self, body: dict[str, Any], path: str | None = None) -> set[str]:
        """The providers of all candidates; the first one then serves, and nobody else is asked."""
        explained = self.explain(body)
        found = [one["provider"] for one in explained["candidates"]]
        path = path or (EMBEDDINGS if "input" in body else "/v1/chat/completions")
        self.world.forget()
        response = self.post(path, body)
        if not found:
            self.assert_error(response, 422, "no_route")
            self.assert_untried(response)
        else:
            self.assert_ok(response, found[0])
            self.assertEqual([one.name for one in self.world.upstreams if one.requests], found[:1])
        return set(found)


class MaxPrice(LimitsCase):
    HOSTS = ("free", "dollar", "euro", "cached", "dear")

    @classmethod
    def build_world(cls) -> World:
        world = World()
        prices = {
            "free": dollars(0, 0),
            "dollar": dollars(1, 2),
            "euro": {"currency": "EUR", "input": 1, "output": 2},  # 1.08 and 2.16 dollars
            "cached": dollars(0.5, 1, cached_input=1.5),
            "dear": dollars(30, 60.000001),
        }
        for slug, price in prices.items():
            read = {name: value for name, value in price.items() if name in ("currency", "input")}
            world.provider(
                slug, {"model-a": model("chat", "vision", price=price), "embed-a": model("embeddings", price=read)}
            )
        return world

    def assert_within(self, limit: str, *expected: str) -> None:
        """`limit` as JSON text: the number's form is part of the matter."""
        for kind, body in (("chat", question()), ("vision", image_question())):
            with self.subTest(kind=kind, limit=limit):
                raw = b'{"provider":{"max_price":' + limit.encode() + b"},"
                whole = raw + json.dumps(body).encode()[1:]
                found = {one["provider"] for one in self.explain(whole)["candidates"]}
                self.assertEqual(found, set(expected))
                response = self.chat(whole)
                if expected:
                    self.assert_ok(response)
                    self.assertIn(response.header("x-provider-slug"), expected)
                else:
                    error = self.assert_error(response, 422, "no_route")
                    self.assertEqual(error["metadata"]["excluded"]["max_price"], len(self.HOSTS))

    def test_the_limit_itself_is_within(self) -> None:
        self.assert_within('{"prompt":1}', "free", "dollar")
        self.assert_within('{"prompt":0.999999999999}', "free")
        self.assert_within('{"prompt":30,"completion":60.000001}', *self.HOSTS)
        self.assert_within('{"prompt":30,"completion":60.00000099}', "free", "dollar", "euro", "cached")

    def test_other_currencies_are_converted_exactly(self) -> None:
        self.assert_within('{"prompt":1.08}', "free", "dollar", "euro")
        self.assert_within('{"prompt":1.079999999999999999999}', "free", "dollar")
        self.assert_within('{"completion":2.16}', "free", "dollar", "euro", "cached")
        self.assert_within('{"completion":2.1599999}', "free", "dollar", "cached")

    def test_a_dearer_cached_price_counts(self) -> None:
        self.assert_within('{"prompt":1.5}', "free", "dollar", "euro", "cached")
        self.assert_within('{"prompt":1.4999}', "free", "dollar", "euro")

    def test_both_limits_hold(self) -> None:
        self.assert_within('{"prompt":100,"completion":2}', "free", "dollar", "cached")
        self.assert_within('{"prompt":1,"completion":1}', "free")

    def test_every_form_of_a_number(self) -> None:
        for form in ("108e-2", "1.08E0", "0.108e+1", "1.0800000000000000000000000000"):
            self.assert_within(f'{{"prompt":{form}}}', "free", "dollar", "euro")
        for form in ("0", "0.0", "-0", "0e99", "1e-400"):
            with self.subTest(form):
                self.assert_within(f'{{"prompt":{form}}}', "free")
        self.assert_within('{"prompt":1e400,"completion":1e999}', *self.HOSTS)

    def test_no_limit_is_none(self) -> None:
        self.assert_within("{}", *self.HOSTS)

    def test_embeddings_have_an_input_price_alone(self) -> None:
        body = {"model": "embed-a", "input": "a"}
        for limit, expected in (
            ({"prompt": 1}, {"free", "dollar", "cached"}),
            ({"prompt": 0.5}, {"free", "cached"}),
            ({"prompt": 1.08, "completion": 0}, {"free", "dollar", "euro", "cached"}),
        ):
            with self.subTest(limit=limit):
                self.assertEqual(self.served_by({**body, "provider": {"max_price": limit}}), expected)


class NoFreeHost(LimitsCase):
    def test_nothing_left_is_no_route(self) -> None:
        self.assertEqual(self.served_by(question(provider={"max_price": {"prompt": 0}})), set())
        response = self.chat(question(provider={"max_price": {"prompt": 0.5}}))
        self.assertEqual(self.assert_error(response, 422)["metadata"]["excluded"]["max_price"], 1)


class RequireDocumentParameters(GatewayCase):
    """What a protocol has no place for counts as well as what a registry drops."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for slug, protocol in (("azure", "azure_document_intelligence"), ("mistral", "mistral")):
            world.provider(slug, {"ocr-a": model("ocr")}, protocol=protocol)
        return world

    def test_a_field_that_only_one_takes(self) -> None:
        both = {"azure", "mistral"}
        for fields, due in (
            ({}, both),
            ({"pages": [0]}, both),
            ({"include_image_base64": None}, both),
            ({"include_image_base64": True}, {"mistral"}),
            ({"table_format": "html"}, {"mistral"}),
            ({"extract_header": True, "pages": [0]}, {"mistral"}),
        ):
            for required in (True, False):
                with self.subTest(fields=fields, required=required):
                    body = {"model": "ocr-a", "modality": "ocr", "provider": {"require_parameters": required}, **fields}
                    told = {one["provider"] for one in self.explain(body)["candidates"]}
                    self.assertEqual(told, due if required else both)


class RequireParameters(LimitsCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        hosts = {
            "plain": [],
            "tooled": ["tools"],
            "objects": ["json_object"],
            "schemas": ["tools", "json_schema"],
            "full": ["tools", "json_schema", "logprobs", "reasoning", "web_search", "audio", "prediction"],
        }
        for slug, features in hosts.items():
            declared = {"features": features} if features else {}
            world.provider(
                slug, {"model-a": model("chat", "vision", **declared), "embed-a": model("embeddings")}
            )
        world.provider("dropping", {"model-a": model(features=hosts["full"])}, endpoint={"request": {"drop": ["seed"]}})
        world.provider("models-drop", {"model-a": model(features=hosts["full"], request={"drop": ["top_p", "tools"]})})
        return world

    ALL = {"plain", "tooled", "objects", "schemas", "full", "dropping", "models-drop"}
    FULL = {"full", "dropping", "models-drop"}

    CASES: list[tuple[dict[str, Any], set[str]]] = [
        ({}, ALL),
        ({"temperature": 0.5, "top_k": 3, "max_tokens": 5}, ALL),
        ({"tools": [TOOL]}, {"tooled", "schemas", "full", "dropping"}),
        ({"functions": [{"name": "f"}]}, {"tooled", "schemas"} | FULL),
        ({"tools": []}, ALL - {"models-drop"}),
        ({"response_format": SCHEMA}, {"schemas"} | FULL),
        ({"response_format": {"type": "json_object"}}, {"objects", "schemas"} | FULL),
        ({"response_format": {"type": "text"}}, ALL),
        ({"logprobs": True}, FULL),
        ({"logprobs": False}, ALL),
        ({"top_logprobs": 2}, FULL),
        ({"reasoning": {"effort": "low"}}, FULL),
        ({"reasoning_effort": "low"}, FULL),
        ({"web_search_options": {}}, FULL),
        ({"audio": {"voice": "alloy", "format": "wav"}}, FULL),
        ({"prediction": {"type": "content", "content": "a"}}, FULL),
        ({"tools": [TOOL], "response_format": SCHEMA}, {"schemas", "full", "dropping"}),
        ({"seed": 1}, ALL - {"dropping"}),
        ({"seed": None}, ALL),
        ({"top_p": 0.5, "seed": 1}, ALL - {"dropping", "models-drop"}),
    ]

    def test_only_routes_that_take_what_the_body_holds(self) -> None:
        for fields, expected in self.CASES:
            with self.subTest(fields=fields):
                body = question(provider={"require_parameters": True}, **fields)
                self.assertEqual({one["provider"] for one in self.explain(body)["candidates"]}, expected)
                response = self.chat(body)
                self.assert_ok(response)
                self.assertIn(response.header("x-provider-slug"), expected)

    def test_without_it_all_serve(self) -> None:
        for provider in ({}, {"require_parameters": False}):
            for fields, _ in self.CASES:
                with self.subTest(provider=provider, fields=fields):
                    found = self.explained_order(question(provider=provider, **fields))
                    self.assertEqual(set(found), self.ALL)

    def test_vision_too(self) -> None:
        body = image_question(provider={"require_parameters": True}, response_format=SCHEMA)
        self.assertEqual(self.served_by(body), {"schemas", "full"})

    def test_embeddings_have_nothing_to_require(self) -> None:
        body = {"model": "embed-a", "input": "a", "provider": {"require_parameters": True}}
        self.assertEqual(self.served_by(body), {"plain", "tooled", "objects", "schemas", "full"})

    def test_none_left_is_no_route(self) -> None:
        body = question(provider={"require_parameters": True, "only": ["plain"]}, tools=[TOOL])
        response = self.chat(body)
        error = self.assert_error(response, 422, "no_route")
        self.assertEqual(error["metadata"]["excluded"]["parameters"], 1)
        self.assert_untried(response)
