"""An analysis that is asked about until it is done: how often, where, and what becomes of it when that fails (spec §5)."""

from __future__ import annotations

import itertools
import time
from typing import Any

from sim import faults
from sim.upstream import Step, Then
from support.case import document
from support.documents import AZURE, DocumentCase, ManyHostsCase
from support.registry import World
from support.waiting import eventually

BEGIN = faults.answer()
RUNNING = b'{"status":"running","createdDateTime":"2026-01-01T00:00:00Z","lastUpdatedDateTime":"2026-01-01T00:00:00Z"}'
SHORT = {"connect": "500ms", "first_byte": "500ms", "idle": "500ms", "total": "9s"}


def running(retry_after: str | None = None) -> Step:
    return faults.reply(body=RUNNING, headers=[] if retry_after is None else [("retry-after", retry_after)])


def failed(code: str, inner: str | None = None) -> Step:
    """An analysis that ended in this error."""
    error: dict[str, Any] = {"code": code, "message": f"about {code}"}
    if inner is not None:
        error["innererror"] = {"code": inner, "message": f"about {inner}"}
    return faults.reply(body=faults.to_json({"status": "failed", "error": error}))


def accepted(*places: str) -> Step:
    told = [("operation-location", place) for place in places]
    return faults.reply(202, b"", [*told, ("retry-after", "0")], content_type="")


class Waits(ManyHostsCase):
    count = 6
    config = {"timeouts": {**SHORT, "total": "20s"}}

    def gaps(self, slug: str) -> list[float]:
        times = [request.received_at for request in self.world[slug].requests if request.method != "DELETE"]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def test_as_long_as_the_provider_says(self) -> None:
        plain = faults.reply(headers=[])
        for upstream in self.world.upstreams[:5]:
            self.addCleanup(setattr, upstream.api, "retry_after", upstream.api.retry_after)  # type: ignore[attr-defined]
        self.addCleanup(setattr, self.world["host-2"].api, "running", 1)
        self.world["host-2"].api.running = 0  # type: ignore[attr-defined]
        waits = {0: None, 1: 1, 2: 2, 3: 0, 4: 0}
        for number, wait in waits.items():
            self.world[f"host-{number}"].api.retry_after = wait  # type: ignore[attr-defined]
        played = self.play(
            {
                "nothing said": [],
                "one second": [],
                "two seconds": [],
                "soon, and soon again": [plain, running("0"), running("0"), running("0")],
                "a word that is no time": [plain, running("soon")],
            }
        )
        for case in played.values():
            self.assert_served(case)
        for number, expected in enumerate(([1, 1], [1, 1], [2], [1, 0.1, 0.1, 0.1, 0.1], [1, 1, 0.1])):
            with self.subTest(number):
                gaps = self.gaps(f"host-{number}")
                self.assertEqual(len(gaps), len(expected), gaps)
                for gap, least in zip(gaps, expected, strict=True):
                    self.assertGreater(gap, least - 0.01)
                    self.assertLess(gap, least + 0.5)

    def test_each_poll_is_asked_alike(self) -> None:
        self.world["host-0"].script([BEGIN, running("0"), running("0")])
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        response = self.read_document(document(model="ocr-0"), headers=[("traceparent", trace)])
        self.assert_ok(response, "host-0")
        self.assertEqual(response.header("x-phi-upstream-request-id"), "azure-request-4")
        self.assertIsNone(response.header("retry-after"))
        polls = self.sent("GET", "host-0")
        self.assertEqual((len(polls), len({poll.target for poll in polls})), (4, 1))
        results = "/host-0/documentintelligence/documentModels/prebuilt-layout/analyzeResults/"
        for poll in polls:
            self.assertTrue(poll.path.startswith(results), poll.path)
            self.assertEqual(poll.header("ocp-apim-subscription-key"), "upstream-key-of-host-0")
            self.assertEqual(poll.header("traceparent"), trace)
            self.assertEqual((poll.body, poll.header("content-length")), (b"", None))


class MovesOn(ManyHostsCase):
    config = {"timeouts": SHORT}
    count = 30

    def test_a_poll_that_fails_is_made_good_by_the_next_route(self) -> None:
        stranger = {"location": self.world["host-0"].origin + "/elsewhere"}
        faults_at_a_poll: dict[str, Step] = {
            **{f"status {status}": faults.status(status) for status in (500, 502, 504, 529, 429, 503, 408)},
            **{f"redirect {status}": faults.status(status, b"", stranger) for status in (302, 307)},
            "half a head": faults.raw(b"HTTP/1.1 200 OK\r\ncont", then=Then.CLOSE),
            "half a body": faults.reply(cut=20, then=Then.CLOSE),
            "a reset in the body": faults.reply(cut=20, then=Then.RESET),
            "silence": faults.STALL_BEFORE_HEAD,
            "silence behind the head": faults.stall_after_head(),
            "no HTTP": faults.NAMED["invalid_http"](),
            "compressed": faults.gzipped(),
            "a page": faults.NAMED["not_json"](),
            "nothing": faults.status(204, b""),
            "no state": faults.reply(body=b"{}"),
            "a failed analysis": failed("InternalServerError"),
            # The address is the provider's and the question the gateway's: neither the client nor the operator did it.
            **{f"status {status}": faults.refuse(status, "gone") for status in (400, 404, 405, 409, 410, 422)},
        }
        played = self.play({name: [BEGIN, step] for name, step in faults_at_a_poll.items()})
        for name, case in played.items():
            with self.subTest(name):
                self.assert_fell_back(case)
                self.assertEqual(len(self.sent("GET", case.slug)), 1)
                self.assert_deleted(slug=case.slug)


class Ends(ManyHostsCase):
    config = {"timeouts": SHORT}

    MISTAKES: dict[str, list[Step]] = {
        "no document": [BEGIN, failed("InvalidRequest", "InvalidContent")],
        "too large": [BEGIN, failed("InvalidContentDimensions")],
        "not supported": [BEGIN, running("0"), failed("UnsupportedContent")],
    }
    OPERATORS: dict[str, list[Step]] = {
        "a key that lapsed": [BEGIN, faults.refuse(401, "canary")],
        "a key that may not": [BEGIN, faults.refuse(403, "canary")],
        "a model that is not there": [BEGIN, failed("InvalidRequest", "ModelNotFound")],
    }

    def test_what_the_client_or_the_operator_got_wrong_ends_it(self) -> None:
        played = self.play(self.MISTAKES | self.OPERATORS)
        for name, case in played.items():
            with self.subTest(name):
                self.assert_attempts(case.response, 1)
                self.assert_deleted(slug=case.slug)
                if name in self.OPERATORS:
                    error = self.assert_error(case.response, 502, ("upstream_auth_failed", "upstream_misconfigured"))
                    self.assertNotIn("about", error["message"])
                    self.assertNotIn("canary", error["message"])
                    continue
                error = self.assert_error(case.response, 400, passed_on=True)
                self.assertTrue(error["message"].startswith("about "), error)
                self.assertEqual(error["type"], "invalid_request_error")
        self.assertEqual(self.world["fallback"].requests, [])


class Excused(ManyHostsCase):
    config = {"timeouts": SHORT}
    count = 4

    def test_a_busy_provider_is_asked_again_as_it_says(self) -> None:
        played = self.play(
            {
                "429": [BEGIN, faults.rate_limited(1)],
                "503": [BEGIN, faults.status(503, None, {"retry-after": "1"})],
                "both, soon": [BEGIN, *[faults.rate_limited(0), faults.status(503, None, {"retry-after": "0"})] * 2],
                "for ever": [BEGIN, *[faults.rate_limited(0)] * 9],
            }
        )
        for name in ("429", "503", "both, soon"):
            with self.subTest(name):
                self.assert_served(played[name])
        self.assert_fell_back(played["for ever"])
        self.assertEqual(len(self.sent("GET", played["for ever"].slug)), 6)


class Connections(ManyHostsCase):
    count = 6

    def test_a_kept_connection_that_is_gone_is_no_failure(self) -> None:
        extra = faults.reply(body=RUNNING, headers=[("retry-after", "0")], surplus=b"HTTP/1.1 200 OK\r\n\r\n{}")
        played = self.play(
            {
                "closed behind the first answer": [faults.reply(then=Then.CLOSE)],
                "closed at the poll": [BEGIN, faults.CLOSE_BEFORE_HEAD],
                "reset at the poll": [BEGIN, faults.RESET_BEFORE_HEAD],
                "closed behind every answer": [faults.reply(then=Then.CLOSE)] * 4,
                "twice": [BEGIN, faults.CLOSE_BEFORE_HEAD, faults.CLOSE_BEFORE_HEAD],
                "surplus bytes": [BEGIN, extra],
            }
        )
        for name, case in played.items():
            with self.subTest(name):
                # Surplus that comes after its answer was taken spoils the connection alone.
                is_spoilt = name == "twice" or (name, case.response.header("x-phi-attempts")) == ("surplus bytes", "2")
                (self.assert_fell_back if is_spoilt else self.assert_served)(case)
                self.assert_deleted(slug=case.slug)


class Addresses(DocumentCase):
    """An operation is asked about at the endpoint's own origin or not at all (threats §3)."""

    protocols = (AZURE, "mistral", AZURE)

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        world.registry["providers"].pop("third")  # another origin, whose simulator listens all the same
        return world

    def places(self) -> dict[str, str]:
        first, third = self.world["first"], self.world["third"]
        path = "/first/documentintelligence/documentModels/prebuilt-layout/analyzeResults/1-2?api-version=2024-11-30"
        here = f"127.0.0.1:{first.port}"
        return {
            "another port": third.origin + path,
            "another host": f"https://localhost:{first.port}{path}",
            "another spelling of the host": f"https://127.1:{first.port}{path}",
            "a longer host": f"https://127.0.0.1.example.org:{first.port}{path}",
            "no port": f"https://127.0.0.1{path}",
            "a longer port": f"https://{here}0{path}",
            "another scheme": f"http://{here}{path}",
            "userinfo": f"https://{here}@127.0.0.1:{third.port}{path}",
            "userinfo before the origin": f"https://user:secret@{here}{path}",
            "an empty userinfo": f"https://@{here}{path}",
            "a backslash": f"https://127.0.0.1:{third.port}\\@{here}{path}",
            "a fragment in the authority": f"https://127.0.0.1:{third.port}#@{here}{path}",
            "a query in the authority": f"https://127.0.0.1:{third.port}?@{here}{path}",
            "a relative one": path,
            "a relative one without its scheme": f"//{here}{path}",
            "a blank": f"https://{here}/a b",
            "something else": "urn:uuid:00000000-0000-4000-8000-000000000001",
            "nothing": "",
        }

    def test_anywhere_else_is_not_asked(self) -> None:
        for name, place in self.places().items():
            with self.subTest(name):
                self.nothing_cools(document())
                self.world.forget()
                self.assert_passed_over(accepted(place))

    def test_none_and_two_of_them_neither(self) -> None:
        good = f"{self.world['first'].origin}/first/documentintelligence/documentModels/prebuilt-layout/analyzeResults/"
        for name, step in {"none": accepted(), "two": accepted(good + "a", good + "b")}.items():
            with self.subTest(name):
                self.assert_passed_over(step)

    def assert_passed_over(self, step: Step) -> None:
        self.nothing_cools(document())
        self.world.forget()
        self.world["first"].script([step])
        body = document()
        response = self.read_document(body, phi="true")
        self.assert_mistrals(response, body)
        self.assert_attempts(response, 2)
        self.assertEqual([one.method for one in self.world["first"].requests], ["POST"])
        self.assertEqual(self.world["third"].connections, [])


class AddressesAtTheOrigin(ManyHostsCase):
    count = 3

    def test_they_are_asked_unless_their_result_could_not_be_deleted(self) -> None:
        others: Any = [self.world[f"host-{number}"].api for number in range(3)]
        self.addCleanup(setattr, others[0], "elsewhere", None)
        others[0].elsewhere = others[0].origin.replace("https", "HTTPS")
        moved = faults.reply(body=RUNNING, headers=[("operation-location", others[0].origin), ("retry-after", "0")])
        played = self.play(
            {
                "in other words": [BEGIN],
                "an odd path": [accepted(f"{others[1].origin}/other/place?x=1#part")],
                "another one later": [BEGIN, moved, moved],
            }
        )
        self.assert_served(played["in other words"])
        self.assert_deleted(slug="host-0")
        self.assert_fell_back(played["an odd path"])
        self.assertEqual([one.method for one in self.world["host-1"].requests], ["POST"])
        eventually(lambda: "outcome=no_address" in self.gateway.log(), "logged")
        self.assert_served(played["another one later"])
        self.assertEqual(len({one.target for one in self.sent("GET", "host-2")}), 1)

    def test_of_class_general_any_of_them_is_asked(self) -> None:
        odd = self.world["host-1"].api.origin + "/other/place?x=1#part"
        played = self.play({"": [BEGIN], "an odd path": [accepted(odd)]}, phi=None)
        self.assert_fell_back(played["an odd path"])
        self.assertEqual([one.target for one in self.sent("GET", "host-1")], ["/other/place?x=1"])
        self.assert_kept("host-1")


class Deadlines(DocumentCase):
    protocols = (AZURE,)
    config = {"timeouts": {**SHORT, "total": "1100ms"}}

    def test_an_analysis_without_an_end(self) -> None:
        self.world["first"].always(running("0"))
        self.world["first"].script([faults.answer()])
        started = time.monotonic()
        response = self.read_document(document())
        self.assert_error(response, 504, "upstream_timeout")
        self.assert_attempts(response, 1)
        self.assertLess(time.monotonic() - started, 1.7)

    def test_a_wait_beyond_the_deadline(self) -> None:
        self.world["first"].script([faults.reply(headers=[("retry-after", "3600")])])
        api: Any = self.world["first"].api
        self.addCleanup(setattr, api, "retry_after", api.retry_after)
        api.retry_after = None
        started = time.monotonic()
        self.assert_error(self.read_document(document()), 504, "upstream_timeout")
        self.assertLess(time.monotonic() - started, 1.7)
        self.assertEqual(self.sent("GET"), [])


class NoTimeToWait(DocumentCase):
    config = {"timeouts": {**SHORT, "total": "3s"}}

    def test_what_is_left_of_the_time_goes_to_another_route(self) -> None:
        self.world["first"].script([faults.reply(202, headers=[("retry-after", "9")])])
        api: Any = self.world["first"].api
        self.addCleanup(setattr, api, "retry_after", api.retry_after)
        api.retry_after = None
        body = document()
        started = time.monotonic()
        response = self.read_document(body)
        self.assertLess(time.monotonic() - started, 2.0)
        self.assert_mistrals(response, body)
        self.assert_attempts(response, 2)
        self.assertEqual(self.sent("GET"), [])


class HostsOwnDeadline(DocumentCase):
    config = {"timeouts": SHORT}

    @classmethod
    def build_world(cls) -> World:
        world = super().build_world()
        world.registry["providers"]["first"]["endpoints"]["first-1"]["timeouts"] = {"total": "1100ms"}
        return world

    def test_leaves_time_for_another_route(self) -> None:
        self.world["first"].script([faults.answer()])
        self.world["first"].always(running("0"))
        body = document()
        response = self.read_document(body)
        self.assert_mistrals(response, body)
        self.assert_attempts(response, 2)
