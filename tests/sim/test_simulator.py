"""The simulator itself, over real TLS: what it answers, what it records, and that its faults are what they are called."""

from __future__ import annotations

import json
import ssl
import unittest

from support.raw_client import Connection, Cut, MalformedResponse, Response, request_bytes
from support.waiting import eventually

from sim import faults
from sim.case import MODELS, QUESTION, SimulatorCase
from sim.openai_api import encoded
from sim.tls import Authority
from sim.upstream import Gate, Then


class Answers(SimulatorCase):
    def test_a_chat_completion_depends_on_the_request_alone(self) -> None:
        connection = self.connect()
        first, second = self.ask(connection), self.ask(connection)
        self.assertEqual(first.status, 200)
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.json()["choices"][0]["message"]["content"], "vendor received: hello there")
        self.assertEqual(len(self.upstream.connections), 1)

    def test_a_stream_brings_the_same_text_and_usage_only_when_asked(self) -> None:
        plain = self.ask(self.connect(), QUESTION | {"stream": True})
        asked = self.ask(self.connect(), QUESTION | {"stream": True, "stream_options": {"include_usage": True}})
        chunks = [json.loads(data) for data in plain.datas()[:-1]]
        text = "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])
        self.assertEqual(text, "vendor received: hello there")
        self.assertEqual(plain.datas()[-1], "[DONE]")
        self.assertFalse(any("usage" in chunk for chunk in chunks))
        self.assertEqual(json.loads(asked.datas()[-2])["usage"]["completion_tokens"], 4)

    def test_images_are_accepted_and_counted(self) -> None:
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        body = QUESTION | {"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, image]}]}
        self.assertIn("1 image", self.ask(self.connect(), body).json()["choices"][0]["message"]["content"])

    def test_base64_embeddings_are_the_floats(self) -> None:
        ask = {"model": "vendor/embed-1", "input": ["a", "b"], "dimensions": 5}
        connection = self.connect()
        floats = self.ask(connection, ask, "/v1/embeddings").json()["data"]
        packed = self.ask(connection, ask | {"encoding_format": "base64"}, "/v1/embeddings").json()["data"]
        self.assertEqual(len(floats[0]["embedding"]), 5)
        self.assertEqual([one["index"] for one in packed], [0, 1])
        self.assertEqual([encoded(one["embedding"]) for one in floats], [one["embedding"] for one in packed])

    def test_models_keys_and_unknown_paths(self) -> None:
        connection = self.connect()
        self.assertEqual([one["id"] for one in self.ask(connection, path="/v1/models").json()["data"]], list(MODELS))
        self.assertEqual(self.ask(connection, QUESTION | {"model": "other"}).code, "model_not_found")
        self.assertEqual(self.ask(connection, path="/v1/nothing").status, 404)
        self.assertEqual(connection.request("GET", "/v1/models").status, 401)


class Records(SimulatorCase):
    def test_a_request_is_kept_as_it_came(self) -> None:
        body = b'{"model": "vendor/chat-1",\n "messages": []}'
        sent = request_bytes("POST", "/v1/chat/completions", [("X-Odd", "a"), ("x-odd", "b")], body)
        connection = self.connect()
        connection.send(sent)
        connection.read_response()
        request = self.upstream.requests[0]
        self.assertEqual(request.raw_head + request.body, sent)
        self.assertEqual(request.all("x-odd"), ["a", "b"])
        self.assertTrue(request.whole)
        self.assertEqual(request.connection.http_bytes, len(sent))

    def test_a_client_that_refuses_the_certificate_sends_no_http(self) -> None:
        stranger = Authority(self.authority.folder.parent / "stranger")
        for name, certificate in {
            "unknown CA": stranger.server(),
            "expired": self.authority.expired(),
            "wrong host": self.authority.wrong_host(),
            "self-signed": self.authority.self_signed(),
        }.items():
            with self.subTest(name):
                upstream = self.simulator.add(name, MODELS, tls=certificate.context())
                with self.assertRaises(ssl.SSLCertVerificationError):
                    self.connect(upstream)
                eventually(
                    lambda: (
                        upstream.connections
                        and upstream.connections[0].peer_closed_at
                        or upstream.connections[0].closed_at
                    )
                )
                self.assertEqual(upstream.connections[0].http_bytes, 0)
                self.assertGreater(upstream.connections[0].wire_bytes, 0)

    def test_the_moment_the_client_goes_is_seen_while_the_answer_stalls(self) -> None:
        self.upstream.script([faults.stall_mid_body()])
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST", "/v1/chat/completions", [("Authorization", "Bearer secret")], json.dumps(QUESTION).encode()
            )
        )
        connection.read_head()
        self.assertIsNone(self.upstream.connections[0].peer_closed_at)
        connection.reset()
        eventually(lambda: self.upstream.connections[0].peer_closed_at, "the close is recorded")
        self.assertTrue(self.upstream.connections[0].peer_reset)

    def test_the_clients_going_is_seen_by_a_write_as_well_as_by_a_read(self) -> None:
        for leave in (Connection.close, Connection.reset):
            with self.subTest(leave.__name__):
                self.upstream.script([faults.stream([faults.comment("x" * 10_000)] * 5_000)])
                connection = self.connect()
                connection.send(request_bytes("POST", "/v1/chat/completions", [], json.dumps(QUESTION).encode()))
                connection.read_head()
                leave(connection)
                record = self.upstream.connections[-1]
                eventually(lambda: record.peer_closed_at, "the close is recorded")

    def test_a_malformed_request_is_a_fault_on_record(self) -> None:
        connection = self.connect()
        connection.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self.assertEqual(connection.read_response().status, 400)
        self.assertEqual(len(self.upstream.faults), 1)


class Faults(SimulatorCase):
    def play(self, step: faults.Step, body: dict | None = None) -> Response:
        self.upstream.script([step])
        return self.ask(self.connect(), body)

    def test_statuses_carry_body_and_headers(self) -> None:
        response = self.play(faults.rate_limited(7))
        self.assertEqual((response.status, response.header("retry-after")), (429, "7"))
        self.assertEqual(self.play(faults.status(529, b"plain")).body, b"plain")

    def test_the_apis_own_answer_can_be_given_another_head(self) -> None:
        response = self.play(faults.reply(203, content_type="application/json; charset=utf-8", headers=[("x-odd", "1")]))
        self.assertEqual((response.status, response.header("x-odd")), (203, "1"))
        self.assertEqual(response.all("content-type"), ["application/json; charset=utf-8"])
        self.assertIn(b"vendor received", response.body)

    def test_cuts_are_cuts(self) -> None:
        cases = {
            "before the head": faults.CLOSE_BEFORE_HEAD,
            "reset": faults.RESET_BEFORE_HEAD,
            "after the head": faults.reply(cut=0, then=Then.CLOSE),
            "short body": faults.reply(cut=10, then=Then.CLOSE),
            "reset in the body": faults.reply(cut=10, then=Then.RESET),
        }
        for name, step in cases.items():
            with self.subTest(name), self.assertRaises(Cut):
                self.play(step)

    def test_invalid_http_is_invalid(self) -> None:
        for name in ("invalid_http", "bad_chunk", "length_and_chunked"):
            with self.subTest(name), self.assertRaises(MalformedResponse):
                self.play(faults.NAMED[name]())

    def test_interim_answers_come_first(self) -> None:
        self.upstream.script([faults.interim(103)])
        connection = self.connect()
        self.assertEqual(self.ask(connection).status, 103)
        self.assertEqual(connection.read_response().status, 200)

    def test_surplus_bytes_follow_the_body(self) -> None:
        self.upstream.script([faults.NAMED["surplus"]()])
        connection = self.connect()
        self.assertEqual(self.ask(connection).status, 200)
        self.assertEqual(connection.read_response().header("content-length"), "0")

    def test_a_stream_is_cut_after_the_nth_content_event(self) -> None:
        with self.assertRaises(Cut) as caught:
            self.play(faults.stream(upto=2, then=Then.CLOSE), QUESTION | {"stream": True})
        self.assertEqual(caught.exception.partial.body.count(b'"content":"'), 3)  # the role's empty one counted

    def test_line_ends_and_splits_leave_the_events_as_they_are(self) -> None:
        ask = QUESTION | {"stream": True}
        expected = self.play(faults.stream(), ask).datas()
        for options in ({"line_end": b"\r\n"}, {"line_end": b"\r"}, {"split": 7}, {"split": 1, "line_end": b"\r\n"}):
            with self.subTest(options):
                self.assertEqual(self.play(faults.stream(**options), ask).datas(), expected)

    def test_a_gate_holds_the_stream_until_it_is_opened(self) -> None:
        gate = Gate()
        self.upstream.script([faults.stream(lead=[faults.comment("soon"), gate])])
        connection = self.connect()
        connection.send(
            request_bytes("POST", "/v1/chat/completions", [], json.dumps(QUESTION | {"stream": True}).encode())
        )
        connection.read_head()
        self.assertEqual(connection.read_event(), b": soon\n\n")
        self.assertTrue(connection.silent(0.05))
        gate.open()
        self.assertIn(b"assistant", connection.read_event())

    def test_trailers_and_gzip(self) -> None:
        self.assertEqual(self.play(faults.NAMED["trailers"]()).trailer("x-phi-cost-micro"), "9")
        self.assertEqual(self.play(faults.gzipped()).body[:2], b"\x1f\x8b")


if __name__ == "__main__":
    unittest.main()
