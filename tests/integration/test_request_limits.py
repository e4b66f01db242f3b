"""Sizes, times, media types, kept connections, and what of a request's head goes on to a provider (threats §1, spec §6)."""

from __future__ import annotations

import json

from support.case import CHAT, UUID7, question
from support.framing import BODY, HEAD, LENGTH, FramingCase
from support.raw_client import request_bytes


class Limits(FramingCase):
    config = {"limits": {"body": "64KiB"}, "timeouts": {"client_header": "300ms", "client_idle": "300ms"}}

    def test_a_request_line_over_8_kib(self) -> None:
        self.assert_refused(b"GET /v1/models?" + b"a" * 8192 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414)

    def test_a_request_line_of_nearly_8_kib_passes(self) -> None:
        line = b"GET /v1/models?" + b"a" * (8192 - len("GET /v1/models? HTTP/1.1\r\n")) + b" HTTP/1.1\r\n"
        _, response = self.send_raw(line + b"Host: a\r\n\r\n", "GET")
        self.assertEqual(response.status, 200)

    def test_a_header_block_over_16_kib(self) -> None:
        self.assert_refused(HEAD + b"X-Odd: " + b"a" * 16384 + b"\r\n" + LENGTH + b"\r\n" + BODY, 431)

    def test_a_header_that_never_ends_is_refused_before_its_end(self) -> None:
        connection = self.connect()
        connection.try_send(HEAD + b"X-Odd: " + b"a" * 20000)
        self.assert_error(connection.read_response(), 431)

    def test_more_than_100_fields(self) -> None:
        lines = b"".join(b"X-Odd-%d: a\r\n" % number for number in range(100))
        self.assert_refused(HEAD + lines + LENGTH + b"\r\n" + BODY, 431)

    def test_exactly_100_fields_pass(self) -> None:
        lines = b"".join(b"X-Odd-%d: a\r\n" % number for number in range(97))
        _, response = self.send_raw(HEAD + lines + LENGTH + b"\r\n" + BODY)
        self.assert_ok(response)

    def test_a_body_over_the_limit_is_refused_by_its_announced_length(self) -> None:
        connection = self.connect()
        connection.send(HEAD + b"Content-Length: 65537\r\n\r\n")  # no byte of the body
        response = connection.read_response()
        self.assert_error(response, 413, "payload_too_large")
        self.assertTrue(connection.closed())

    def test_a_body_of_exactly_the_limit_passes(self) -> None:
        body = json.dumps(question()).encode().ljust(65536)
        self.assert_ok(self.chat(body))

    def test_a_chunked_body_over_the_limit(self) -> None:
        self.assert_refused(
            HEAD
            + b"Transfer-Encoding: chunked\r\n\r\n"
            + b"8000\r\n"
            + b" " * 32768
            + b"\r\n8001\r\n"
            + b" " * 32769
            + b"\r\n0\r\n\r\n",
            413,
        )

    def test_continue_is_not_said_before_a_body_over_the_limit(self) -> None:
        connection = self.connect()
        connection.send(HEAD + b"Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n")
        self.assert_error(connection.read_response(), 413, "payload_too_large")

    def test_a_header_that_is_not_complete_in_time(self) -> None:
        connection = self.connect()
        connection.send(b"POST /v1/chat")
        response = connection.read_response()
        self.assert_error(response, 408)
        self.assertTrue(connection.closed())

    def test_a_header_that_drips_is_not_given_more_time(self) -> None:
        connection = self.connect()
        for byte in b"POST /v1/chat/comp":
            if not connection.silent(0.05):
                break
            connection.try_send(bytes([byte]))
        self.assert_error(connection.read_response(), 408)

    def test_an_idle_connection_is_closed_without_a_word(self) -> None:
        connection = self.connect()
        self.assertEqual(connection.request("GET", "/healthz").status, 200)
        self.assertTrue(connection.closed())


class SlowBodies(FramingCase):
    def test_a_body_that_crawls_is_given_up_after_ten_seconds(self) -> None:
        connection = self.connect(timeout=16.0)
        connection.send(HEAD + b"Content-Length: 4096\r\n\r\n{")
        response = connection.read_response()
        self.assert_error(response, 408)
        self.assertTrue(connection.closed())


class MediaTypes(FramingCase):
    def test_types_that_are_json(self) -> None:
        for value in ("application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"):
            with self.subTest(value):
                self.assert_ok(self.chat(headers=[("Content-Type", value)]))

    def test_other_types_are_refused(self) -> None:
        for value in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "json",
            "",
        ):
            with self.subTest(value):
                self.assert_error(self.chat(headers=[("Content-Type", value)]), 415, "unsupported_media_type")
        self.assertEqual(self.world.requests(), 0)

    def test_a_content_encoding_is_refused_and_identity_is_none(self) -> None:
        for value in ("gzip", "deflate", "br", "gzip, identity"):
            with self.subTest(value):
                self.assert_error(self.chat(headers=[("Content-Encoding", value)]), 415, "unsupported_media_type")
        self.assert_ok(self.chat(headers=[("Content-Encoding", "identity")]))


class KeepAlive(FramingCase):
    def test_requests_on_one_connection(self) -> None:
        connection = self.connect()
        for _ in range(5):
            self.assert_ok(self.chat(connection=connection))
        self.assert_error(self.chat(b"{", connection=connection), 400, "invalid_json")
        self.assert_ok(self.chat(connection=connection))

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        connection = self.connect()
        texts = [f"number {number}" for number in range(4)]
        connection.send(
            b"".join(
                request_bytes("POST", CHAT, [("Content-Type", "application/json")], json.dumps(question(text)).encode())
                for text in texts
            )
        )
        for text in texts:
            self.assertIn(text, connection.read_response().json()["choices"][0]["message"]["content"])

    def test_a_request_cut_into_single_bytes(self) -> None:
        connection = self.connect()
        for byte in request_bytes("POST", CHAT, [("Content-Type", "application/json")], BODY):
            connection.send(bytes([byte]))
        self.assert_ok(connection.read_response())

    def test_connection_close_is_honoured(self) -> None:
        connection = self.connect()
        response = self.chat(headers=[("Connection", "close")], connection=connection)
        self.assert_ok(response)
        self.assertEqual(response.header("connection").lower(), "close")
        self.assertTrue(connection.closed())

    def test_ids_differ_on_one_connection(self) -> None:
        connection = self.connect()
        ids = {connection.request("GET", "/healthz").header("x-request-id") for _ in range(3)}
        self.assertEqual(len(ids), 3)
        for one in ids:
            self.assertRegex(one, UUID7)


class ForwardedHeaders(FramingCase):
    def test_only_what_is_named_leaves(self) -> None:
        told = [
            ("Accept", "application/json"),
            ("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("Authorization", "Bearer client-key"),
            ("Cookie", "a=b"),
            ("X-Stainless-Lang", "python"),
            ("X-Stainless-Retry-Count", "1"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("Forwarded", "for=10.0.0.1"),
            ("Via", "1.1 proxy"),
            ("Proxy-Authorization", "Basic eA=="),
            ("TE", "trailers"),
            ("Keep-Alive", "timeout=5"),
            ("Connection", "keep-alive, X-Named"),
            ("X-Named", "hop"),
            ("OpenAI-Organization", "org"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", "curl/8"),
            ("Origin", "https://a.example"),
            ("Referer", "https://a.example/x"),
            ("X-Request-Id", "mine"),
            ("Expect", "100-continue"),
            ("X-Custom", "1"),
        ]
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST",
                CHAT,
                [("Content-Type", "application/json"), ("X-Region", "EU"), ("X-PHI", "false"), *told],
                BODY,
            )
        )
        response = connection.read_response()
        self.assert_ok(connection.read_response() if response.status == 100 else response)
        sent = {name.lower(): value for name, value in self.one_request(self.world["first"]).headers}
        self.assertEqual(sent["authorization"], "Bearer upstream-key-of-first")
        self.assertEqual(sent["traceparent"], told[1][1])
        self.assertEqual(sent["accept"], "application/json")
        self.assertLessEqual(
            set(sent),
            {
                "host",
                "authorization",
                "content-type",
                "content-length",
                "accept",
                "traceparent",
                "user-agent",
                "connection",
                "accept-encoding",
            },
        )
        self.assertNotIn("curl", sent.get("user-agent", ""))
        self.assertNotIn("gzip", sent.get("accept-encoding", ""))

    def test_the_host_is_the_registrys(self) -> None:
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST",
                CHAT,
                [("Content-Type", "application/json"), ("X-Forwarded-Host", "evil.example")],
                BODY,
                host="evil.example",
            )
        )
        self.assert_ok(connection.read_response())
        upstream = self.world["first"]
        self.assertEqual(upstream.requests[0].header("host"), f"127.0.0.1:{upstream.port}")
