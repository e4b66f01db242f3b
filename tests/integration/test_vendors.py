"""GET /vendors: the registry for anybody, as JSON or as a page, without a secret in either (spec §10)."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from support.auth_keys import bearer, key
from support.case import FreshGatewayCase, GatewayCase
from support.gateway import binary
from support.raw_client import Response
from support.registry import REGIONS, SIX_MODALITIES, World, agreement, day, model, regional_world
from support.waiting import eventually

VENDORS = "/vendors"
BROWSER = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
SECRETS = {
    "CANARY_VARIABLE_KEY": "canary-value-of-a-key",
    "CANARY_VARIABLE_PRODUCT": "canary-value-of-a-path",
    "CANARY_VARIABLE_RESOURCE": "shown-resource",
}


def secretive_world(folder: Path) -> World:
    """Providers that keep their secrets in every place there is: CH under an agreement, EU under one that has lapsed."""
    world = World()
    world.provider(
        "swiss",
        {"model-a": model("chat", "vision", upstream="canary-deployment"), "embed-a": model("embeddings")},
        country="CH",
        regions=["CH"],
        headquarters="CH",
        agreements=[agreement(["CH"])],
        resident_of="CH",
        endpoint={
            "base_url": "https://${CANARY_VARIABLE_RESOURCE}.localhost:8443/${CANARY_VARIABLE_PRODUCT}/v1",
            "credential": "${CANARY_VARIABLE_KEY}",
        },
    )
    world.provider(
        "lapsed",
        {"model-a": model()},
        agreements=[agreement(["EU"], ["chat"], end=0), agreement(["EU"], ["chat"], kind="baa", start=1)],
        endpoint={"credential": "canary-literal"},
        api={"prefix": "/canary-literal-path/v1"},
    )
    (folder / "canary-file").write_text("canary-content-of-a-file\n")
    world.provider(
        "filed",
        {"ocr-a": model("ocr")},
        protocol="mistral",
        country="US",
        regions=["US"],
        trains_on_data=None,
        provider={"headquarters": "US"},
        endpoint={"credential": None, "credential_file": str(folder / "canary-file")},
    )
    del world.registry["providers"]["filed"]["endpoints"]["filed-1"]["credential"]
    world.provider("keyless", {"tts-a": model("tts")}, endpoint={"credential": "${CANARY_VARIABLE_UNSET}"})
    world.provider("off", {"stt-a": model("stt")}, endpoint={"enabled": False, "credential": "canary-unused"})
    world.alias("any", "model-a")
    return world


class VendorsCase(GatewayCase):
    def told(self) -> dict[str, Any]:
        response = self.get(VENDORS)
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(response.header("content-type"), "application/json")
        return response.json()

    def provider(self, slug: str) -> dict[str, Any]:
        return next(one for one in self.told()["providers"] if one["slug"] == slug)

    def matrix(self) -> dict[str, dict[str, str]]:
        """As `phigate routes --matrix --json` has it."""
        return {
            row["modality"]: {
                region: "phi" if region in row["phi"] else "general" if region in row["regions"] else "-"
                for region in REGIONS
            }
            for row in self.told()["matrix"]
        }

    def matrix_of_the_command(self) -> dict[str, dict[str, str]]:
        done = subprocess.run(
            [binary(), "routes", "--config", self.gateway.folder / "phigate.yaml", "--matrix", "--json"],
            env={**os.environ, **self.environment},
            capture_output=True,
            timeout=20,
            check=True,
        )
        return {row.pop("modality"): row for row in json.loads(done.stdout)}

    def page(self, *more: tuple[str, str]) -> str:
        response = self.get(VENDORS, [BROWSER, *more])
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(response.header("content-type"), "text/html; charset=utf-8")
        return response.body.decode()


class Vendors(VendorsCase):
    environment = SECRETS
    config = {"auth": {"mode": "keys", "keys": [key("watcher", metrics=True)]}}

    @classmethod
    def build_world(cls) -> World:
        folder = tempfile.TemporaryDirectory(prefix="phigate-credentials-")
        cls.addClassCleanup(folder.cleanup)
        return secretive_world(Path(folder.name))

    def test_json_needs_no_key(self) -> None:
        told = self.told()
        self.assertEqual(list(told), ["providers", "matrix", "residents", "aliases", "generated_at"])
        self.assertEqual([one["slug"] for one in told["providers"]], ["swiss", "lapsed", "filed", "keyless", "off"])
        self.assertEqual(told["residents"], {"CH": "swiss"})
        self.assertEqual(told["aliases"], {"any": ["model-a"]})
        self.assertTrue(told["generated_at"].startswith(day(0)))
        self.assertEqual([row["modality"] for row in told["matrix"]], SIX_MODALITIES)

    def test_what_a_provider_tells(self) -> None:
        swiss = self.provider("swiss")
        (endpoint,) = swiss.pop("endpoints")
        models = endpoint.pop("models")
        self.assertEqual(
            swiss,
            {
                "slug": "swiss",
                "name": "Swiss",
                "headquarters": "CH",
                "eu_owned": False,
                "enabled": True,
                "retention_days": 0,
                "trains_on_data": False,
                "agreements": [agreement(["CH"]) | {"valid_today": True}],
            },
        )
        self.assertEqual(
            endpoint,
            {
                "id": "swiss-1",
                "host": "https://shown-resource.localhost:8443",
                "protocol": "openai",
                "countries": ["CH"],
                "global": False,
                "regions": ["CH"],
                "enabled": True,
                "disabled_because": None,
                "retention_days": 0,
                "trains_on_data": False,
            },
        )
        self.assertEqual([one["id"] for one in models], ["model-a", "embed-a"])
        self.assertEqual(models[0]["price"], {"currency": "USD", "input": 1.0, "output": 1.0})
        self.assertEqual((models[0]["modalities"], models[0]["context_length"]), (["chat", "vision"], None))

    def test_what_nobody_stated_is_null(self) -> None:
        filed = self.provider("filed")
        self.assertIsNone(filed["trains_on_data"])
        self.assertIsNone(filed["endpoints"][0]["trains_on_data"])

    def test_what_is_not_in_use_says_so_and_covers_nothing(self) -> None:
        for slug, modality, why in (("keyless", "tts", "not set up at this gateway"), ("off", "stt", "switched off")):
            with self.subTest(slug):
                endpoint = self.provider(slug)["endpoints"][0]
                self.assertEqual((endpoint["enabled"], endpoint["disabled_because"]), (False, why))
                self.assertEqual(set(self.matrix()[modality].values()), {"-"})

    def test_an_agreement_that_does_not_hold_today_covers_nothing(self) -> None:
        lapsed, future = self.provider("lapsed")["agreements"]
        self.assertEqual((lapsed["valid_today"], lapsed["valid_until"]), (False, day(0)))
        self.assertEqual((future["valid_today"], future["valid_from"], future["kind"]), (False, day(1), "baa"))
        self.assertEqual(self.matrix()["chat"]["EU"], "general")
        page = self.page()
        self.assertEqual((page.count(">not valid today<"), page.count(">valid today<")), (2, 1))
        self.assertIn('<td class="general" data-column="EU">general</td>', page)
        self.assertIn('<td class="phi" data-column="CH">phi</td>', page)

    def test_neither_form_holds_a_secret_or_a_path(self) -> None:
        for name, response in {"json": self.get(VENDORS), "page": self.get(VENDORS, [BROWSER])}.items():
            with self.subTest(name):
                whole = (response.raw_head + response.body).lower()
                self.assertNotIn(b"canary", whole)
                self.assertNotIn(b"key-of", whole)
                self.assertIn(b"shown-resource.localhost:8443", whole)

    def test_the_page_is_for_who_prefers_it(self) -> None:
        for accepts, media_type in (
            ([BROWSER[1]], "text/html; charset=utf-8"),
            (["text/html"], "text/html; charset=utf-8"),
            (["application/json;q=0.5", "TEXT/HTML"], "text/html; charset=utf-8"),  # two lines are one list
            (["image/png", "text/*"], "text/html; charset=utf-8"),
            ([], "application/json"),
            (["*/*"], "application/json"),
            (["text/html;q=0.4, application/json;q=0.5"], "application/json"),
            (["text/html;q=0"], "application/json"),
            (["application/json, text/plain, */*"], "application/json"),
            (["image/png"], "application/json"),
            (['text/html;q=x, ;;=,"', ""], "application/json"),
        ):
            with self.subTest(accepts):
                response = self.get(VENDORS, [("Accept", accept) for accept in accepts])
                self.assertEqual((response.status, response.header("content-type")), (200, media_type))
                self.assertEqual(response.header("vary"), "accept")

    def test_no_copy_of_either_form_is_kept(self) -> None:
        for headers in ([], [BROWSER]):
            response = self.get(VENDORS, headers)
            self.assertEqual(response.header("cache-control"), "no-cache")
            self.assertEqual(response.header("x-content-type-options"), "nosniff")

    def test_the_page_may_load_nothing(self) -> None:
        policy = self.get(VENDORS, [BROWSER]).header("content-security-policy").split("; ")
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", " ".join(policy))
        self.assertNotIn("script", " ".join(policy))

    def test_head_is_get_without_its_body(self) -> None:
        for headers in ([], [BROWSER]):
            whole, bare = self.get(VENDORS, headers), self.get(VENDORS, headers, method="HEAD")
            self.assertEqual((bare.status, bare.body), (200, b""))
            for name in ("content-type", "content-length", "content-security-policy", "vary"):
                self.assertEqual(bare.header(name), whole.header(name))
            self.assertEqual(whole.header("content-length"), str(len(whole.body)))

    def test_other_methods_are_told_what_there_is(self) -> None:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            with self.subTest(method):
                response = self.get(VENDORS, method=method)
                self.assert_error(response, 405, "method_not_allowed")
                self.assertEqual(response.header("allow"), "GET, HEAD, OPTIONS")

    def test_what_may_be_asked_without_a_key_may_be_asked_about_without_one(self) -> None:
        for path in (VENDORS, "/openapi.json", "/healthz", "/readyz"):
            with self.subTest(path):
                self.assertEqual(self.get(path).status, 200)
                response = self.get(path, method="OPTIONS")
                self.assertEqual((response.status, response.header("allow")), (204, "GET, HEAD, OPTIONS"))
        for path in ("/v1/models", "/v1/models/model-a", "/metrics", "/v1/ocr"):
            with self.subTest(path):
                self.assert_error(self.get(path, method="OPTIONS"), 401, "invalid_api_key")

    def test_each_answer_has_its_own_time(self) -> None:
        def at(told: dict[str, Any]) -> str:
            return told.pop("generated_at")

        first = self.told()
        began = at(first)
        eventually(lambda: at(self.told()) > began, "time goes on")
        again = self.told()
        self.assertRegex(at(again), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(again, first)

    def test_a_query_changes_nothing_and_a_path_below_is_none(self) -> None:
        self.assertEqual(self.get(f"{VENDORS}?format=html&provider=swiss").header("content-type"), "application/json")
        self.assert_error(self.get(f"{VENDORS}/swiss"), 404, "not_found")

    def test_a_key_of_any_kind_changes_nothing(self) -> None:
        for headers in (bearer("watcher"), bearer("nobody"), [("Authorization", "Basic eDp5")], [("X-Api-Key", "x")]):
            with self.subTest(headers):
                self.assertEqual(self.get(VENDORS, headers).status, 200)

    def test_its_name_in_the_metrics(self) -> None:
        def counted() -> float:
            told: Response = self.get("/metrics", bearer("watcher"))
            named = [line for line in told.body.decode().splitlines() if 'route="vendors",status="200"' in line]
            return sum(float(line.rsplit(" ", 1)[1]) for line in named)

        before = counted()
        self.told()
        self.page()
        eventually(lambda: counted() == before + 2, "both are counted")

    def test_no_provider_is_asked(self) -> None:
        self.told()
        self.page()
        self.assertEqual(self.world.requests(), 0)


class Matrix(VendorsCase, FreshGatewayCase):
    """The same in every place that shows it, and after every reload."""

    environment = {"VENDORS_TEST_KEY": "x"}

    @classmethod
    def build_world(cls) -> World:
        world = regional_world()
        world.provider(
            "mistral", {"ocr-a": model("ocr")}, protocol="mistral", endpoint={"credential": "${VENDORS_TEST_KEY}"}
        )
        return world

    def test_it_is_that_of_the_command(self) -> None:
        shown = self.matrix()
        self.assertEqual(shown, self.matrix_of_the_command())
        self.assertEqual((shown["chat"]["CH"], shown["chat"]["US"], shown["vision"]["US"]), ("phi", "general", "-"))
        page = self.page()
        for modality, row in shown.items():
            cells = "".join(
                f'<td class="{word}" data-column="{region}">{word}</td>'
                for region, served in row.items()
                for word in [{"-": "no"}.get(served, served)]
            )
            with self.subTest(modality):
                self.assertIn(f"</th>{cells}</tr>", page)

    def test_a_reload_changes_both_forms(self) -> None:
        registry = copy.deepcopy(self.world.registry)
        registry["providers"]["infomaniak"]["agreements"] = []
        registry["providers"]["mistral"]["endpoints"]["mistral-1"]["credential"] = "${VENDORS_TEST_UNSET}"
        self.gateway.write_files(registry)
        self.gateway.signal(signal.SIGHUP)
        eventually(lambda: self.matrix()["chat"]["CH"] == "general", "the reload takes effect")
        self.assertEqual(self.matrix()["ocr"]["EU"], "-")
        # The command plans: it takes a key that is missing for one that is to come.
        self.assertEqual(self.matrix_of_the_command()["ocr"]["EU"], "general")
        self.assertIn('<td class="general" data-column="CH">general</td>', self.page())
