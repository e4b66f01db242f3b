"""GET /vendors as a person sees it: Chromium, without script, on a phone and on a desk, by day and by night."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from typing import Any

from support.case import GatewayCase
from support.gateway import ROOT, Gateway
from support.registry import World, day

SHIPPED = (ROOT / "config" / "providers.yaml").read_text(encoding="utf-8")
# One text of the registry that is longer than any line and looks like markup.
HOSTILE = "<img src=x><script>document.title</script>&amp;" + "long" * 60
# A small phone, a usual one, the narrowest that gets tables, a desk.
WIDTHS = (320, 360, 912, 1280)
VIEWS = [{"width": width, "scheme": scheme} for width in WIDTHS for scheme in ("light", "dark")]
ENOUGH_CONTRAST = 4.5  # WCAG 2 AA, for text of any size


def registry_of_today() -> str:
    """The shipped one, under agreements that are valid whenever this runs but for its last one."""
    text = re.sub(r"valid_from: [\d-]+", f"valid_from: {day(-30)}", SHIPPED)
    text = re.sub(r"valid_until: [\d-]+", f"valid_until: {day(30)}", text)
    return re.sub(r'reference: "[^"]*"', f"reference: {json.dumps(HOSTILE)}", text, count=1)


class VendorsPage(GatewayCase):
    environment = {name: "some-value" for name in re.findall(r"\$\{(\w+)\}", SHIPPED)}
    views: list[dict[str, Any]]

    @classmethod
    def build_world(cls) -> World:
        return World()

    @classmethod
    def new_gateway(cls, **over: Any) -> Gateway:
        gateway = super().new_gateway(**over)
        (gateway.folder / "providers.yaml").write_text(registry_of_today(), encoding="utf-8")
        return gateway

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        asked = {"url": f"http://127.0.0.1:{cls.gateway.port}/vendors", "views": VIEWS}
        done = subprocess.run(
            ["node", "vendors_page.mjs", json.dumps(asked)],
            cwd=os.environ["PHIGATE_NODE_FOLDER"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.views = json.loads(done.stdout)

    def seen(self) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
        """What each view was to be, and what was seen there."""
        return zip(VIEWS, self.views, strict=True)

    def test_it_is_a_page_and_asks_for_nothing_else(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual((seen["status"], seen["type"]), (200, "text/html; charset=utf-8"))
                self.assertEqual(seen["asked"], [f"http://127.0.0.1:{self.gateway.port}/vendors"])
        # The daemon agrees. (A connection that the browser opened in advance and left unused ends in a 408.)
        samples = self.gateway.samples()
        requests = samples.total("phigate_requests_total") - samples.total("phigate_requests_total", status="408")
        self.assertEqual(requests, samples.total("phigate_requests_total", route="vendors", status="200"))

    def test_the_browser_has_nothing_to_complain_about(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(seen["complaints"], [])

    def test_no_text_of_the_registry_becomes_markup(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(seen["foreign"], 0)
                self.assertIn(HOSTILE, seen["text"])

    def test_nothing_is_wider_than_the_screen(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(seen["width"], [view["width"], view["width"]])
                self.assertEqual(seen["stickingOut"], [])

    def test_every_text_stands_out_from_its_ground(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertGreater(len(seen["contrast"]), 5)
                faint = {pair: ratio for pair, ratio in seen["contrast"].items() if ratio < ENOUGH_CONTRAST}
                self.assertEqual(faint, {})

    def test_the_ground_is_light_by_day_and_dark_by_night(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                brightest = max(int(part) for part in re.findall(r"\d+", seen["ground"]))
                self.assertEqual(brightest > 128, view["scheme"] == "light", seen["ground"])

    def test_text_and_targets_are_large_enough(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertGreaterEqual(seen["smallestText"], 12)
                self.assertGreaterEqual(min(seen["tapHeights"]), 24)  # WCAG 2.2 AA

    def test_every_provider_has_its_heading_and_a_link_to_it(self) -> None:
        told = json.loads(self.get("/vendors").body)["providers"]
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(seen["providers"], [one["name"] for one in told])
                self.assertEqual(seen["deadLinks"], [])

    def test_headings_are_nested_as_an_outline(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(seen["levels"].count(1), 1)
                steps = zip(seen["levels"], seen["levels"][1:], strict=False)
                self.assertEqual([step for step in steps if step[1] > step[0] + 1], [])

    def test_the_matrix_is_that_of_the_json(self) -> None:
        told = json.loads(self.get("/vendors").body)["matrix"]
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertEqual(list(seen["matrix"]), [row["modality"] for row in told])
                self.assertEqual(seen["matrix"]["chat"]["CH"], "phi")
                self.assertEqual(seen["chatInSwitzerland"], "phi")
                for row in told:
                    shown = seen["matrix"][row["modality"]]
                    self.assertEqual([region for region, word in shown.items() if word == "phi"], row["phi"])
                    self.assertEqual([region for region, word in shown.items() if word != "no"], row["regions"])

    def test_a_list_of_models_opens_without_script(self) -> None:
        for view, seen in self.seen():
            with self.subTest(**view):
                self.assertGreater(len(seen["folded"]), 2)
                self.assertEqual([one for one in seen["folded"] if one != {"before": False, "after": True}], [])
                self.assertIn("gemma-4-31b", seen["text"])
