"""docs/routing.md says what the daemon does: its example is run as it stands there, and its tables are held against answers."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sim import faults
from sim.upstream import Step
from support.case import GatewayCase, question
from support.gateway import ROOT, Gateway, binary
from support.registry import World, dollars, model, server_context

PAGE = (ROOT / "docs" / "routing.md").read_text(encoding="utf-8")
AS_SHIPPED = {"health": {"window": "300s", "cooldown": {"server_error": "30s", "rate_limit": "60s", "repeated": "120s"}}}
KEY = "example-key"
HOST = re.compile(r"https://([a-z-]+)\.example/v1")
SHARE = re.compile(r"\((\d+) \+ (\d+)\) / \((\d+) \+ (\d+)\) = (\d+\.\d+)")
BLEND = re.compile(r"\(3 × ([\d.]+) \+ ([\d.]+)\) / 4 = ([\d.]+) [A-Z]{3}")


@dataclass
class Piece:
    """A fenced block (`kind` is its language), a table ("table") or a paragraph ("prose")."""

    kind: str
    text: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def pieces(text: str) -> Iterator[Piece]:
    for block in re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL):
        if fenced := re.fullmatch(r"```(\w*)\n(.*)```", block, re.DOTALL):
            yield Piece(fenced[1], fenced[2])
            continue
        for paragraph in re.split(r"\n{2,}", block.strip("\n")):
            if paragraph.startswith("|"):
                head, _, *rows = paragraph.split("\n")
                yield Piece("table", head=cells(head), rows=[cells(row) for row in rows])
            elif paragraph:
                yield Piece("prose", " ".join(paragraph.split()))


def section(title: str) -> str:
    """What follows the heading, up to the next one of its level."""
    level = re.search(rf"^(#+) {re.escape(title)}$", PAGE, re.MULTILINE)
    assert level is not None, title
    return re.split(rf"^#{{1,{len(level[1])}}} ", PAGE[level.end() :], maxsplit=1, flags=re.MULTILINE)[0]


def table(title: str, first: str) -> list[list[str]]:
    """The rows of the table in that section whose head begins so."""
    found = [one.rows for one in pieces(section(title)) if one.kind == "table" and one.head[0] == first]
    assert len(found) == 1, (title, first)
    return found[0]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


class DocumentCase(GatewayCase):
    config = AS_SHIPPED

    def assert_shown(self, value: float, shown: str) -> None:
        """With four places at most, and no zeros behind."""
        self.assertEqual(f"{value:.4f}".rstrip("0").rstrip("."), shown)


class Example(DocumentCase):
    """The registry of the page with its hosts simulated."""

    environment = {"EXAMPLE_KEY": KEY}
    pieces = list(pieces(section("One example, with its numbers")))

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for name in dict.fromkeys(HOST.findall(cls.registry_text())):
            models = {"large-1": {"chat"}, "tiny-1": {"chat"}, "embed-1": {"embeddings"}}
            world.simulator.add(name, models, tls=server_context(), keys=(KEY,))
        return world

    @classmethod
    def registry_text(cls) -> str:
        return next(piece.text for piece in cls.pieces if piece.kind == "yaml")

    @classmethod
    def new_gateway(cls, **over: Any) -> Gateway:
        gateway = super().new_gateway(**over)
        text = HOST.sub(lambda host: cls.world[host[1]].base_url, cls.registry_text())
        (gateway.folder / "providers.yaml").write_text(text)
        return gateway

    def test_it_is_what_the_gateway_does(self) -> None:
        self.outcomes: list[int] = []  # of birch, so far
        self.answer: dict[str, Any] = {}  # the last explanation
        self.first_answer: dict[str, Any] = {}  # the first one
        checked: Counter[str] = Counter()
        for piece in self.pieces:
            with self.subTest(piece.kind, about=piece.text[:60] or piece.rows[0]):
                checked[self.follow(piece)] += 1
        self.assertGreater(min(checked[name] for name in ("http", "text", "#", "excluded", "prose")), 1, checked)
        self.assertEqual((checked["price"], checked["l"]), (1, 1))

    def follow(self, piece: Piece) -> str:
        """What the piece was found to be; a failure when it isn't true."""
        if piece.kind == "http":
            self.ask(piece.text)
        elif piece.kind == "text":
            self.play(piece.text)
        elif piece.kind == "table":
            return self.check_table(piece)
        else:
            return "prose" if piece.kind == "prose" and self.check_prose(piece.text) else "other"
        return piece.kind

    def ask(self, text: str) -> None:
        head, _, body = text.partition("\n\n")
        self.headers = [tuple(line.split(": ", 1)) for line in head.splitlines()]
        self.asked = json.loads(body)
        self.answer = self.explain(self.asked, headers=self.headers)
        self.first_answer = self.first_answer or self.answer

    def play(self, text: str) -> None:
        slug, _, statuses = text.strip().partition(" answers: ")
        for status in map(int, statuses.split()):
            self.world[slug].script([] if status == 200 else [faults.status(status)])
            asked = question(model="large-1", provider={"only": [slug]})
            self.assertEqual(self.chat(asked, region="EU").status, 200 if status == 200 else 502)
            self.outcomes.append(status)

    # ---- what stands behind a request

    def check_table(self, piece: Piece) -> str:
        if piece.head[0] == "#":
            self.check_candidates(piece.rows, self.answer["candidates"])
            return "#"
        if piece.head[0] == "excluded":
            listed = [[one["endpoint"], one["model"], one["reason"]] for one in self.answer["excluded"]]
            self.assertEqual(piece.rows, listed)
            return "excluded"
        if piece.head[-1] == "price":
            self.check_prices(piece.rows, {one["endpoint"]: one["price"] for one in self.first_answer["candidates"]})
        else:
            self.check_latency_shares(piece.rows)
        return piece.head[-1]

    def check_candidates(self, rows: list[list[str]], candidates: list[dict[str, Any]]) -> None:
        self.assertEqual([row[:2] for row in rows], [[str(i), one["endpoint"]] for i, one in enumerate(candidates, 1)])
        for (_, _, price, health, cooling, score), one in zip(rows, candidates, strict=True):
            self.assert_shown(one["price"], price)
            self.assert_shown(one["health"], health)
            self.assertEqual(cooling, "yes" if one["cooling"] else "no")
            if one["score"] is None:
                self.assertEqual(score, "free")
            else:
                self.assert_shown(one["score"], score)

    def check_prices(self, rows: list[list[str]], prices: dict[str, float]) -> None:
        self.assertEqual({row[0] for row in rows}, set(prices))
        for endpoint, formula, rate, price in rows:
            match = BLEND.fullmatch(formula)
            self.assertIsNotNone(match, formula)
            given, made, blend = (float(part) for part in match.groups())
            self.assertAlmostEqual((3 * given + made) / 4, blend)
            self.assertAlmostEqual(blend * float(rate), float(price))
            self.assertAlmostEqual(float(price), prices[endpoint])

    def check_latency_shares(self, rows: list[list[str]]) -> None:
        medians = {endpoint: float(median.removesuffix(" ms")) for endpoint, median, _ in rows}
        for endpoint, _, share in rows:
            self.assert_shown(min(1.0, max(0.5, min(medians.values()) / medians[endpoint])), share)

    def check_prose(self, text: str) -> bool:
        """Whether there was something to check."""
        shares = SHARE.findall(text)
        for *terms, share in shares:
            good, given, total, given_too = map(int, terms)
            self.assertEqual((good, given, total, given_too), (self.outcomes.count(200), 5, len(self.outcomes), 5))
            self.assert_shown((good + given) / (total + given_too), share)
        if strategy := re.search(r"The strategy is `(\w+)`", text):
            self.assertEqual(self.answer["strategy"], strategy[1])
        if refusal := re.search(r"This would be (\d+) `(\w+)`", text):
            response = self.chat(question() | self.asked, headers=self.headers)
            self.assertEqual(self.assert_error(response, int(refusal[1]), refusal[2]), self.answer["error"])
        return bool(shares or strategy or refusal)

    # ---- the rest of the page, with the same registry

    def test_the_command_line_says_the_same(self) -> None:
        gateway = self.new_gateway()
        self.addCleanup(gateway.remove)
        gateway.start()
        self.addCleanup(gateway.stop)
        wishes = {"order": ["alder"], "data_collection": "deny"}
        served = gateway.request(
            "POST",
            "/v1/route/explain",
            [("Content-Type", "application/json"), ("X-Region", "EU")],
            json.dumps({"model": "large-1", "provider": wishes}).encode(),
        )
        asked = ["--model", "large-1", "--region", "EU", "--prefer", json.dumps(wishes), "--json"]
        config = ["--config", str(gateway.folder / "phigate.yaml")]
        done = subprocess.run(
            [str(binary()), "explain", *config, *asked],
            capture_output=True,
            env={"EXAMPLE_KEY": KEY, "PATH": "/usr/bin:/bin"},
            check=True,
        )
        self.assertEqual(json.loads(done.stdout), served.json())

    def test_every_reason_of_the_table_is_one_in_the_tables_order(self) -> None:
        listed = [words(row[0])[0] for row in table("Which routes are eligible", "reason")]
        seen: set[str] = set()
        for wishes in (
            {"only": ["cedar"]},
            {"ignore": ["cedar"]},
            {"data_residency": "se"},
            {"eu_owned": True},
            {"max_retention_days": 7},
            {"data_collection": "deny"},
            {"max_price": {"completion": 0.01}},
            {"require_parameters": True},
        ):
            told = self.explain({"model": "large-1", "tools": [{"type": "function"}], "provider": wishes}, region="EU")
            seen |= self.reasons(told, listed)
        seen |= self.reasons(self.explain({"model": "large-1:free"}), listed)
        seen |= self.reasons(self.explain({"model": "auto"}, phi="true"), listed)
        self.assertEqual(seen, set(listed))

    def reasons(self, told: dict[str, Any], listed: list[str]) -> set[str]:
        """Those of an explanation; the counts of a refusal come in the order of the rules."""
        if told["error"] is not None:
            counted = list(told["error"]["metadata"]["excluded"])
            self.assertEqual(counted, [name for name in listed if name in counted])
        return {one["reason"] for one in told["excluded"]}

    def test_every_refusal_that_is_named_has_its_status(self) -> None:
        refused: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
            "missing_model": ({"model": ""}, {}),
            "invalid_variant": ({"model": "large-1:slow"}, {}),
            "model_not_found": ({"model": "large-2"}, {}),
            "invalid_provider_preferences": ({"provider": {"only": []}}, {}),
            "ambiguous_body": ({"provider": {}, "Provider": {}}, {}),
            "misplaced_preference": ({"sort": "price"}, {}),
            "unsupported_parameter": ({"store": True, "provider": {"zdr": True}}, {}),
            "invalid_region": ({"provider": {"data_residency": "jp"}}, {}),
            "phi_blocked": ({"provider": {"ignore": ["alder"]}}, {"region": "EU", "phi": "true"}),
            "no_route": ({"provider": {"data_residency": "eu"}}, {"region": "US"}),
        }
        named = set(re.findall(r"(\d{3}) `(\w+)`", " ".join(PAGE.split())))
        self.assertEqual({code for _, code in named}, set(refused))
        for status, code in named:
            with self.subTest(code):
                body, options = refused[code]
                self.assert_error(self.chat(question(model="large-1") | body, **options), int(status), code)

    def test_every_field_of_the_table_is_a_preference_and_there_is_no_other(self) -> None:
        told = self.explain({"model": "large-1", "provider": {"no_such_preference": 1}})
        known = told["error"]["message"].partition("Use any of: ")[2].rstrip(".").split(", ")
        self.assertEqual({words(row[0])[0] for row in table("Preferences", "field")}, set(known))

    def test_every_variant_has_its_strategy(self) -> None:
        rows = table("Variants", "suffix")
        self.assertEqual(len(rows), 3)
        for suffix, _, strategy in rows:
            with self.subTest(suffix):
                told = self.explain({"model": "auto" + words(suffix)[0]}, region="EU")
                self.assertEqual((told["decision"], told["strategy"]), ("route", words(strategy)[0]))


EVENTS: dict[str, list[Step]] = {
    "a failure that is no 429": [faults.status(503)],
    "429": [faults.rate_limited()],
    "the third failure that is no 429 within 60 seconds, without a success between": [faults.status(503)] * 3,
    "the operator's mistake: 401, 402, 403, 404": [faults.status(401)],
    "a client's mistake": [faults.status(400)],
}
FEATURES: dict[str, list[dict[str, Any]]] = {
    "`tools` or `functions`, not empty": [{"tools": [{"type": "function"}]}, {"functions": [{"name": "f"}]}],
    "`response_format` of type `json_schema`": [{"response_format": {"type": "json_schema"}}],
    "`response_format` of type `json_object`": [{"response_format": {"type": "json_object"}}],
    "`logprobs: true`, `top_logprobs`": [{"logprobs": True}, {"top_logprobs": 2}],
    "`reasoning`, `reasoning_effort`": [{"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}],
    "`web_search_options`": [{"web_search_options": {}}],
    "`audio`": [{"audio": {"voice": "a", "format": "mp3"}}],
    "`prediction`": [{"prediction": {"type": "content", "content": "a"}}],
}


class Tables(DocumentCase):
    """A model for each event of the cooldown table, and one for each word of the features'."""

    @classmethod
    def build_world(cls) -> World:
        world = World()
        models = {f"event-{i}": model("chat", price=dollars(1, 1)) for i in range(len(EVENTS) + 1)}
        models["plain"] = model("chat", price=dollars(1, 1))
        for word in cls.feature_words():
            models[word] = model("chat", price=dollars(1, 1), features=[word])
        world.provider("first", models)
        return world

    @staticmethod
    def feature_rows() -> list[list[str]]:
        return table("require_parameters", "in the request")

    @classmethod
    def feature_words(cls) -> set[str]:
        return {word for row in cls.feature_rows() for word in words(row[1])}

    def assert_cooldown(self, model_id: str, steps: list[Step], shown: str) -> None:
        """As much is left of it as stands there, but for the time that passed meanwhile."""
        self.world["first"].script(steps)
        for _ in steps:
            before_last = time.monotonic()
            self.chat(question(model=model_id))
        left = self.gateway.samples().one("phigate_route_cooldown_seconds", model=model_id) or 0.0
        self.assertLessEqual(left, float(shown))
        self.assertGreaterEqual(left + time.monotonic() - before_last, float(shown))

    def test_cooldowns_last_as_long_as_the_table_says(self) -> None:
        rows = table("Cooldowns", "event")
        self.assertEqual([row[0] for row in rows], list(EVENTS))
        for number, (event, seconds, _) in enumerate(rows):
            with self.subTest(event):
                self.assert_cooldown(f"event-{number}", EVENTS[event], seconds)
        longest = re.search(r"`Retry-After` when that is longer, (\d+) at most", section("Cooldowns"))
        self.assertIsNotNone(longest)
        self.assert_cooldown(f"event-{len(rows)}", [faults.rate_limited(100_000)], longest[1])

    def test_parameters_need_the_features_of_the_table(self) -> None:
        rows = self.feature_rows()
        self.assertEqual([row[0] for row in rows], list(FEATURES))
        for asked, features in rows:
            for fields in FEATURES[asked]:
                for one in self.feature_words() | {"plain"}:
                    with self.subTest(asked, model=one):
                        told = self.explain({"model": one, "provider": {"require_parameters": True}, **fields})
                        serves = one in words(features)
                        self.assertEqual(told["decision"], "route" if serves else "refuse")
                        if not serves:
                            self.assertIn("parameters", told["error"]["metadata"]["excluded"])
