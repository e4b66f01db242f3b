"""Embeddings in both encodings, whatever the provider can do (spec §10)."""

from __future__ import annotations

import base64
import struct

from sim import faults
from sim.openai_api import encoded, vector
from support.case import EMBEDDINGS, GatewayCase
from support.raw_client import Response
from support.registry import World, dollars, model


def packed(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


class Embeddings(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("both", {"of-both": model("embeddings", price=dollars(1))})
        world.provider("floats", {"of-floats": model("embeddings", price=dollars(1))}, api={"base64_embeddings": False})
        return world

    def ask(self, host: str, encoding: str | None, **fields) -> Response:
        body = {"model": f"of-{host}", "input": ["a", "zwei"], **fields}
        response = self.post(EMBEDDINGS, body if encoding is None else body | {"encoding_format": encoding})
        self.assert_ok(response, host)
        return response

    def vectors(self, response: Response) -> list:
        data = response.json()["data"]
        self.assertEqual([one["index"] for one in data], [0, 1])
        return [one["embedding"] for one in data]

    def test_floats_from_either(self) -> None:
        expected = [vector("a", 8), vector("zwei", 8)]
        for host in ("both", "floats"):
            for encoding in (None, "float"):
                with self.subTest((host, encoding)):
                    self.assertEqual(self.vectors(self.ask(host, encoding)), expected)

    def test_base64_from_either(self) -> None:
        expected = [encoded(vector("a", 8)), encoded(vector("zwei", 8))]
        for host in ("both", "floats"):
            with self.subTest(host):
                self.assertEqual(self.vectors(self.ask(host, "base64")), expected)

    def test_base64_from_a_provider_that_gives_it_unasked(self) -> None:
        body = faults.to_json(
            {
                "object": "list",
                "model": "m",
                "data": [
                    {"object": "embedding", "index": 0, "embedding": packed([0.5, -1.25])},
                    {"object": "embedding", "index": 1, "embedding": packed([0.0, 3.0])},
                ],
                "usage": {"prompt_tokens": 2, "total_tokens": 2},
            }
        )
        self.world["both"].script([faults.reply(body=body)])
        self.assertEqual(self.vectors(self.ask("both", "float")), [[0.5, -1.25], [0.0, 3.0]])

    def test_conversion_leaves_everything_else_as_it_is(self) -> None:
        body = (
            b'{ "object":"list","data" : [ {"index":0, "embedding":[0.1, -2e-3 ,3,1e30],"object":"embedding"}],"big":123456789012345678901, '
            b'"usage":{"prompt_tokens":1,"total_tokens":1}, "model":"x\\u00e9" }'
        )
        self.world["floats"].script([faults.reply(body=body)])
        response = self.ask("floats", "base64")
        before, after = body.split(b"[0.1, -2e-3 ,3,1e30]")
        self.assertTrue(response.body.startswith(before), response.body)
        self.assertTrue(response.body.endswith(after), response.body)

    def test_what_needs_no_conversion_passes_byte_for_byte(self) -> None:
        body = b'{ "object":"list","data" : [ {"index":0, "embedding":[0.10, -2E-3],"object":"embedding"}], "usage":{"prompt_tokens":1,"total_tokens":1} }'
        self.world["both"].script([faults.reply(body=body)])
        self.assertEqual(self.ask("both", "float").body, body)

    def test_numbers_are_rounded_to_float32(self) -> None:
        numbers = [0.1, 1 / 3, -1e-8, 16777217.0, 0.0, -0.0]
        body = faults.to_json(
            {
                "object": "list",
                "data": [{"object": "embedding", "index": 0, "embedding": numbers}],
                "model": "m",
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            }
        )
        self.world["floats"].script([faults.reply(body=body)])
        response = self.ask("floats", "base64")
        self.assertEqual(response.json()["data"][0]["embedding"], packed(numbers))

    def test_a_large_vector(self) -> None:
        self.world["floats"].api.dimensions = 4096
        self.addCleanup(setattr, self.world["floats"].api, "dimensions", 8)
        self.assertEqual(self.vectors(self.ask("floats", "base64"))[0], encoded(vector("a", 4096)))

    def test_inputs_of_every_kind_pass(self) -> None:
        for given in ("text", ["a", "b"], [1, 2, 3], [[1, 2], [3]]):
            with self.subTest(given):
                response = self.post(EMBEDDINGS, {"model": "of-both", "input": given})
                self.assert_ok(response)
                self.assertEqual(self.world["both"].requests[-1].json()["input"], given)

    def test_an_unknown_encoding_is_refused(self) -> None:
        for value in ("hex", "", 7, "BASE64"):
            with self.subTest(value):
                response = self.post(EMBEDDINGS, {"model": "of-both", "input": "a", "encoding_format": value})
                self.assert_error(response, 400, "invalid_request")

    def test_a_length_that_follows_the_conversion(self) -> None:
        response = self.ask("floats", "base64")
        self.assertEqual(response.header("content-length"), str(len(response.body)))

    def test_an_answer_that_is_none_fails_over(self) -> None:
        for body in (b"[]", b"no", b'{"error":{"message":"no"}}'):
            with self.subTest(body):
                self.world["both"].script([faults.reply(body=body)])
                response = self.post(EMBEDDINGS, {"model": "of-both", "input": "a", "encoding_format": "base64"})
                self.assert_error(response, 502, "upstream_error")


class Dimensions(GatewayCase):
    """`dimensions` that a route cannot give excludes it (spec §4)."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("fixed", {"fixed-size": model("embeddings", price=dollars(1))})
        return world

    def test_a_model_that_declares_none_has_only_its_native_size(self) -> None:
        response = self.post(EMBEDDINGS, {"model": "fixed-size", "input": "a", "dimensions": 4})
        self.assert_error(response, 422, "no_route")
        self.assert_untried(response)

    def test_without_dimensions_it_serves(self) -> None:
        self.assert_ok(self.post(EMBEDDINGS, {"model": "fixed-size", "input": "a"}), "fixed")

    def test_dimensions_must_be_a_positive_integer(self) -> None:
        for value in (0, -1, 1.5, "4", True, 2**32, 10**12):
            with self.subTest(value):
                response = self.post(EMBEDDINGS, {"model": "fixed-size", "input": "a", "dimensions": value})
                self.assertEqual(self.assert_error(response, 400, "invalid_request")["param"], "dimensions")
                self.assert_untried(response)

    def test_the_largest_that_is_one_is_a_matter_of_routes(self) -> None:
        response = self.post(EMBEDDINGS, {"model": "fixed-size", "input": "a", "dimensions": 2**32 - 1})
        self.assert_error(response, 422, "no_route")
