"""A provider keeps what it read for a day: of class phi the gateway has it deleted, however the request ends (threats §4)."""

from __future__ import annotations

import hashlib
import signal
from typing import Any

from sim import faults
from sim.upstream import Gate, Step, Then
from support.case import OCR, PDF, FreshGatewayCase, document, encoded
from support.documents import AZURE, DocumentCase, ManyHostsCase
from support.raw_client import Connection, request_bytes
from support.registry import World, agreement, model, per_page
from support.waiting import eventually, settled

BEGIN = faults.answer()
RUNNING = faults.reply(body=b'{"status":"running"}', headers=[("retry-after", "0")])


class Deleted(ManyHostsCase):
    count = 8
    config = {"timeouts": {"first_byte": "500ms", "idle": "500ms", "total": "8s"}}

    ENDINGS: dict[str, list[Step]] = {
        "a result": [BEGIN],
        "a result after a while": [BEGIN, RUNNING, RUNNING],
        "a failure": [BEGIN, faults.status(500)],
        "silence": [BEGIN, faults.STALL_BEFORE_HEAD],
        "the client's mistake": [BEGIN, faults.reply(body=b'{"status":"failed","error":{"code":"InvalidContent"}}')],
        "nonsense": [BEGIN, faults.reply(body=b"{")],
        "a lost connection": [BEGIN, faults.CLOSE_BEFORE_HEAD, faults.CLOSE_BEFORE_HEAD],
    }

    def test_once_however_it_ends(self) -> None:
        for name, case in self.play(self.ENDINGS).items():
            with self.subTest(name):
                self.assert_deleted(slug=case.slug)
                (request,) = self.sent("DELETE", case.slug)
                self.assertEqual(request.target, self.sent("GET", case.slug)[0].target)
                self.assertEqual(request.header("ocp-apim-subscription-key"), f"upstream-key-of-{case.slug}")
                self.assertEqual(request.body, b"")

    UNUSABLE: dict[str, Step] = {
        "surplus behind it": faults.reply(surplus=b"HTTP/1.1 200 OK\r\n\r\n"),
        "compressed": faults.reply(headers=[("content-encoding", "gzip")]),
        "half of it": faults.reply(announce=9, then=Then.CLOSE),
        "a body without an end": faults.reply(announce=9, then=Then.STALL),
    }

    def test_also_where_no_more_than_the_head_of_its_beginning_can_be_used(self) -> None:
        for name, case in self.play({name: [step] for name, step in self.UNUSABLE.items()}).items():
            with self.subTest(name):
                self.assert_deleted(slug=case.slug)

    def test_also_where_the_beginning_was_not_waited_for(self) -> None:
        gate = Gate()
        self.addCleanup(gate.open)
        (case,) = self.play({"late": [faults.reply(gate=gate)]}).values()
        self.assert_fell_back(case)
        self.assertIsNone(self.sent("POST", case.slug)[0].connection.peer_closed_at)
        gate.open()
        self.assert_deleted(slug=case.slug)

    def test_what_nobody_will_ever_know_is_logged(self) -> None:
        (case,) = self.play({"reset": [faults.RESET_BEFORE_HEAD] * 2}).values()
        self.assert_fell_back(case)
        eventually(lambda: "was not told to delete" in self.gateway.log(), "logged")
        (line,) = (line for line in self.gateway.log().splitlines() if "was not told to delete" in line)
        for told in (case.response.header("x-request-id") or "?", case.slug, "outcome=reset"):
            self.assertIn(told, line)

    def test_never_of_class_general(self) -> None:
        self.play(self.ENDINGS, phi=None)
        settled(self.world.requests)
        for number in range(len(self.ENDINGS)):
            self.assert_kept(f"host-{number}")

    def test_never_of_what_was_not_begun(self) -> None:
        self.play({str(status): [faults.status(status)] for status in (400, 429, 500)})
        settled(self.world.requests)
        for number in range(3):
            self.assertEqual([one.method for one in self.world[f"host-{number}"].requests], ["POST"])


class LeavingCase(DocumentCase):
    def left_before_it_began(self) -> Gate:
        """Two clients have gone; with the gate open, the provider tells of each that it began."""
        gate = Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.reply(gate=gate)] * 2)
        connections = [self.send_document(document(), phi="true") for _ in range(2)]
        eventually(lambda: sum(one.whole for one in self.sent("POST")) == 2, "both are at the provider")
        connections[0].close()
        connections[1].reset()
        eventually(lambda: self.gateway.samples().total("phigate_in_flight_requests") == 0, "both are over")
        return gate


class Leaving(LeavingCase):
    """The client goes while the provider is at work."""

    protocols = (AZURE, "mistral")
    config = {"timeouts": {"first_byte": "20s", "idle": "20s", "total": "20s"}}

    def begun(self, *steps: Step, phi: str | None = "true") -> Connection:
        """At its first poll, so that the gateway knows of the analysis."""
        self.world["first"].script([BEGIN, *steps])
        connection = self.send_document(document(), phi=phi)
        self.polled()
        return connection

    def test_while_the_gateway_waits_to_ask(self) -> None:
        wait = faults.reply(body=b'{"status":"running"}', headers=[("retry-after", "9")])
        self.world["first"].script([BEGIN, BEGIN, wait, wait])
        connections = [self.send_document(document(), phi="true") for _ in range(2)]
        self.polled(2)
        settled(lambda: self.world["first"].requests[-1].connection.sent_bytes, still=0.1)
        left = connections[0].close()
        connections[1].reset()
        self.assert_deleted(2)
        self.assertLess(self.sent("DELETE")[-1].received_at - left, 0.5)
        self.assertEqual(len(self.sent("GET")), 2)
        self.assertEqual(self.world["second"].connections, [])

    def test_before_the_provider_has_said_that_it_began(self) -> None:
        gate = self.left_before_it_began()
        self.assertEqual([one.connection.peer_closed_at for one in self.sent("POST")], [None, None])
        gate.open()
        self.assert_deleted(2)
        self.assertEqual(self.sent("GET"), [])
        self.assertEqual(self.world["second"].connections, [])

    def test_of_class_general_the_provider_is_left_at_once(self) -> None:
        self.world["first"].script([faults.STALL_BEFORE_HEAD])
        connection = self.send_document(document())
        eventually(lambda: [one.whole for one in self.sent("POST")] == [True], "it is at the provider")
        left = connection.close()
        record = self.sent("POST")[0].connection
        eventually(lambda: record.peer_closed_at, "the request is cancelled")
        self.assertLess((record.peer_closed_at or 0) - left, 0.3)

    def test_while_a_poll_is_under_way(self) -> None:
        connection = self.begun(faults.STALL_BEFORE_HEAD)
        record = self.sent("GET")[0].connection
        left = connection.close()
        eventually(lambda: record.peer_closed_at, "the poll is cancelled")
        self.assertLess((record.peer_closed_at or 0) - left, 0.3)
        self.assert_deleted()
        self.assertEqual(self.world["second"].connections, [])

    def test_of_class_general_the_polls_stop_and_no_more(self) -> None:
        self.begun(faults.STALL_BEFORE_HEAD, phi=None).close()
        settled(self.world.requests)
        self.assertEqual([one.method for one in self.world["first"].requests], ["POST", "GET"])

    def test_a_refused_deletion_is_logged_and_nobody_is_told(self) -> None:
        refusals = [faults.status(500), faults.status(404), faults.raw(b"HTTP/1.1 2", then=Then.CLOSE)]
        self.world["first"].script([*[BEGIN] * 3, *[faults.STALL_BEFORE_HEAD] * 3, *refusals])
        connections = [self.send_document(document(), phi="true") for _ in refusals]
        self.polled(3)
        for connection in connections:
            connection.close()
        eventually(lambda: self.gateway.log().count("was not told to delete") == len(refusals), "logged")
        self.assertEqual(len(self.sent("DELETE")), 3)
        self.assertFalse(self.explain(document())["candidates"][0]["cooling"])


class LeavingTooOften(LeavingCase):
    """What outlives its request counts as one in flight: else whoever sends and leaves would have any number of them."""

    protocols = (AZURE,)
    config = {"limits": {"in_flight": 2}}

    def test_no_more_are_let_in_until_the_provider_has_spoken(self) -> None:
        gate = self.left_before_it_began()
        refused = self.read_document(document(), phi="true")
        self.assert_error(refused, 503, "overloaded")
        self.assertEqual(refused.header("retry-after"), "1")
        gate.open()
        self.assert_deleted(2)
        eventually(lambda: self.read_document(document()).status == 200, "there is room again")


class Late(DocumentCase):
    protocols = (AZURE,)
    config = {"timeouts": {"first_byte": "500ms", "idle": "500ms", "total": "1100ms"}}

    def test_at_the_deadline(self) -> None:
        api: Any = self.world["first"].api
        self.addCleanup(setattr, api, "running", api.running)
        api.running = 50
        self.assert_error(self.read_document(document(), phi="true"), 504, "upstream_timeout")
        self.assert_deleted()

    def test_within_a_poll_that_stalls(self) -> None:
        self.world["first"].script([BEGIN, faults.STALL_BEFORE_HEAD])
        self.assert_error(self.read_document(document(), phi="true"), 504, "upstream_timeout")
        self.assert_deleted()


class DrainCase(DocumentCase, FreshGatewayCase):
    """Each test ends the daemon, so each has its own."""

    protocols = (AZURE, "mistral")
    config: dict[str, Any] = {"drain": {"delay": "50ms", "timeout": "5s"}, "timeouts": {"total": "20s"}}

    def check_nothing_broke(self) -> None:
        self.assertEqual({one.name: one.faults for one in self.world.upstreams if one.faults}, {})

    def begun(self, phi: str | None, *steps: Step) -> Connection:
        """At its first poll, and told to stop."""
        self.world["first"].script([BEGIN, *steps])
        connection = self.send_document(document(), phi=phi)
        self.polled()
        self.gateway.signal(signal.SIGTERM)
        return connection


class Drained(DrainCase):
    def test_an_analysis_under_way_is_finished_and_deleted(self) -> None:
        connection = self.begun("true", RUNNING, RUNNING)
        response = connection.read_response()
        connection.close()
        self.assert_ok(response, "first")
        self.assertEqual(self.gateway.wait(), 0)
        self.assert_deleted()


class CutOff(DrainCase):
    config = {**DrainCase.config, "drain": {"delay": "50ms", "timeout": "300ms"}}

    def test_an_analysis_that_takes_too_long_is_cut_and_deleted(self) -> None:
        connection = self.begun("true", faults.reply(body=b'{"status":"running"}', headers=[("retry-after", "9")]))
        self.assert_error(connection.read_response(), 503, "shutting_down")
        connection.close()
        self.assertEqual(self.gateway.wait(), 3)
        self.assert_deleted()
        self.assertEqual(len(self.sent("GET")), 1)
        self.assertEqual(self.world["second"].connections, [])

    def test_a_beginning_that_is_cut_is_heard_of_and_deleted(self) -> None:
        gate = Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.reply(gate=gate)])
        connection = self.send_document(document(), phi="true")
        eventually(lambda: [one.whole for one in self.sent("POST")] == [True], "it is at the provider")
        self.gateway.signal(signal.SIGTERM)
        self.assert_error(connection.read_response(), 503, "shutting_down")
        gate.open()
        self.assertEqual(self.gateway.wait(), 3)
        self.assert_deleted()

    def test_of_class_general_it_is_cut(self) -> None:
        connection = self.begun(None, faults.STALL_BEFORE_HEAD)
        self.assert_error(connection.read_response(), 503, "shutting_down")
        connection.close()
        self.assertEqual(self.gateway.wait(), 3)
        self.assert_kept()


class SlowReader(DocumentCase):
    """A client that takes its time keeps neither the provider nor others waiting."""

    protocols = (AZURE,)
    TEXT = 6 << 20  # more than the sockets between take up
    config = {"limits": {"body": "10MiB", "memory": "20MiB"}}

    def test_what_it_waits_for_is_deleted_and_what_it_sent_is_let_go(self) -> None:
        result = {"content": "x" * self.TEXT, "pages": [{"pageNumber": 1, "spans": [{"offset": 0, "length": self.TEXT}]}]}
        done = faults.reply(body=faults.to_json({"status": "succeeded", "analyzeResult": result}))
        self.world["first"].script([BEGIN, done])
        slow = self.connect(receive_buffer=4096)
        body = encoded(document(PDF + bytes(7 << 20))) or b""
        slow.send(request_bytes("POST", OCR, self.told(None, "true", ()), body))
        self.assert_deleted()
        # Its upload and its answer and another upload would be more than all of the memory.
        self.assert_ok(self.read_document(body, phi="true"), "first")
        self.assertEqual(len(slow.read_response().json()["pages"][0]["markdown"]), self.TEXT)


class Secrets(DocumentCase):
    """Of documents, their addresses and their texts nothing is written anywhere (threats §4)."""

    KEY, WORDS, PLACE, SAID, NAME = (f"canary-{name}-9d2b" for name in ("clientkey", "words", "place", "said", "name"))
    config = {
        "auth": {
            "mode": "keys",
            "keys": [{"id": "someone", "sha256": hashlib.sha256(KEY.encode()).hexdigest(), "metrics": True}],
        },
        "timeouts": {"first_byte": "200ms", "idle": "200ms"},
        "log": {"level": "trace", "format": "json"},
    }

    @classmethod
    def build_world(cls) -> World:
        world = World()
        covered = [agreement(["EU"], ["ocr"])]
        world.provider("first", {"ocr-a": model("ocr", price=per_page(1))}, protocol=AZURE, agreements=covered)
        world.provider("second", {"ocr-a": model("ocr", price=per_page(100))}, protocol="mistral", agreements=covered)
        return world

    def read(self, *steps: Step, body: Any = None, phi: str = "true") -> bytes:
        self.world["first"].script(steps)
        headers = [("Authorization", f"Bearer {self.KEY}")]
        told = {**(body or document(PDF + self.WORDS.encode())), "provider": {"order": ["first"]}}
        response = self.read_document(told, phi=phi, headers=headers)
        return response.raw_head + response.body

    def test_no_canary_anywhere(self) -> None:
        said, name = self.SAID.encode(), f"/x/{self.NAME}"
        link = {
            "type": "document_url",
            "document_url": f"https://example.org/{self.PLACE}?{self.PLACE}",
            "document_name": self.NAME,
        }
        linked = {"model": "ocr-a", "document": link}
        self.read(body=linked)
        for place in (f"https://{self.SAID}.example.org{name}", f"{self.world['first'].origin}{name}", self.SAID):
            self.read(faults.reply(202, b"", [("operation-location", place)], content_type=""))
        for status in (400, 401, 404, 415, 429, 500):
            self.read(faults.reply(status, b'{"error":{"code":"' + said + b'","message":"' + said + b'"}}'))
        failure = b'{"status":"failed","error":{"code":"%b","message":"' + said + b'"}}'
        for body in (b"{" + said, said, failure % b"InvalidContent", failure % said, b'{"status":"' + said + b'"}'):
            self.read(faults.reply(body=body), body=linked)
        self.read(faults.raw(b"HTTP/1.1 200 " + said + b"\r\n" + said, then=Then.CLOSE))
        self.world["first"].always(faults.status(503, said))
        for body in (
            *(
                {"model": "ocr-a", "document": self.WORDS},
                {"model": self.WORDS, "document": link},
                {**linked, "pages": self.WORDS},
            ),
            *(
                {**linked, self.WORDS: 1},
                {"model": "ocr-a", "document": {"type": self.WORDS, "document_url": self.WORDS}},
            ),
            {"model": "ocr-a", "document": {"document_url": f"data:application/{self.WORDS};base64,{self.WORDS}"}},
        ):
            self.assertNotIn(f'{self.WORDS}","type', self.read(body=body).decode())
        self.assert_silent()

    def assert_silent(self) -> None:
        eventually(lambda: self.gateway.log().count('"event":"request"') > 20, "the trace level does log")
        log = self.gateway.log()
        metrics = self.get("/metrics", [("Authorization", f"Bearer {self.KEY}")])
        self.assertEqual(metrics.status, 200)
        for place, text in (("stderr", log), ("stdout", self.gateway.output()), ("metrics", metrics.body.decode())):
            for canary in (self.KEY, self.WORDS, self.PLACE, self.SAID, self.NAME, "upstream-key-of", "analyzeResults"):
                with self.subTest(f"{canary} in {place}"):
                    self.assertEqual([line for line in text.splitlines() if canary in line], [])
