"""Bytes from a client that no edge may accept, row by row (threats §1)."""

from __future__ import annotations

from support.case import CHAT, question
from support.framing import BODY, HEAD, LENGTH, SMUGGLED, FramingCase, chunks
from support.raw_client import request_bytes
from support.waiting import eventually


class Smuggling(FramingCase):
    def test_content_length_with_transfer_encoding(self) -> None:
        te = b"Transfer-Encoding: chunked\r\n"
        for first, second in ((LENGTH, te), (te, LENGTH)):
            with self.subTest(first):
                self.assert_refused(HEAD + first + second + b"\r\n" + chunks(BODY) + SMUGGLED)

    def test_a_content_length_that_is_not_one_plain_number(self) -> None:
        size = b"%d" % len(BODY)
        for value in (
            size + b", " + size,
            b"+" + size,
            b"-1",
            b"0x10",
            b"1 2",
            b"",
            b"9" * 19,
            b"1e3",
            b"abc",
            size + b";",
        ):
            with self.subTest(value):
                self.assert_refused(HEAD + b"Content-Length: " + value + b"\r\n\r\n" + BODY + SMUGGLED)

    def test_more_than_one_content_length_even_when_equal(self) -> None:
        self.assert_refused(HEAD + LENGTH + LENGTH + b"\r\n" + BODY + SMUGGLED)
        self.assert_refused(HEAD + LENGTH + b"content-length: 0\r\n\r\n" + BODY + SMUGGLED)

    def test_a_transfer_encoding_that_is_not_exactly_one_chunked(self) -> None:
        for value, status in (
            (b"gzip", 501),
            (b"chunked, chunked", 400),
            (b"gzip, chunked", 501),
            (b"chunked, gzip", 400),
            (b"identity", 400),
            (b"", 400),
            (b"xchunked", 501),
            (b"chunked;q=1", 400),
            (b'"chunked"', 400),
            (b"chunked\x0b", 400),
        ):
            with self.subTest(value):
                self.assert_refused(
                    HEAD + b"Transfer-Encoding: " + value + b"\r\n\r\n" + chunks(BODY) + SMUGGLED, status
                )

    def test_two_transfer_encodings(self) -> None:
        self.assert_refused(
            HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(BODY) + SMUGGLED
        )

    def test_an_unknown_coding_is_not_implemented(self) -> None:
        self.assert_refused(HEAD + b"Transfer-Encoding: brotli\r\n\r\n" + SMUGGLED, 501)

    def test_chunked_in_http_1_0(self) -> None:
        self.assert_refused(
            HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY) + SMUGGLED
        )

    def test_names_that_turn_into_ours_behind_a_proxy(self) -> None:
        for name in (b"Content_Length", b"Transfer_Encoding", b"X_PHI", b"X_Region", b"content_type", b"X_API_Key"):
            with self.subTest(name):
                self.assert_refused(HEAD + LENGTH + name + b": 1\r\n\r\n" + BODY, closes=False)

    def test_bad_chunks(self) -> None:
        whole = chunks(BODY)
        cases = {
            "not hexadecimal": b"zz\r\n" + whole,
            "seventeen digits": b"0" * 16 + b"1\r\nx\r\n" + whole,
            "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
            "an empty size": b"\r\nhello\r\n0\r\n\r\n",
            "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
            "a line over 256 bytes": b"1;" + b"a" * 260 + b"\r\nx\r\n" + whole,
            "a bare LF in an extension": b"1;a\nb\r\nx\r\n" + whole,
            "a bare LF in a quoted extension": b'1;a="\n"\r\nx\r\n' + whole,
            "a bare LF ends the size": b"1\nx\r\n" + whole,
            "no CRLF behind the data": b"1\r\nxx\r\n" + whole,
        }
        for name, body in cases.items():
            with self.subTest(name):
                self.assert_refused(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED)

    def test_what_follows_a_refused_request_is_not_a_request(self) -> None:
        connection, response = self.send_raw(HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + SMUGGLED * 3)
        self.assert_error(response, 501, "not_implemented")
        self.assertTrue(connection.closed())


class Heads(FramingCase):
    def test_the_host_is_there_once_and_not_empty(self) -> None:
        start = b"POST /v1/chat/completions HTTP/1.1\r\n"
        rest = b"Content-Type: application/json\r\n" + LENGTH + b"\r\n" + BODY
        for hosts in (b"", b"Host:\r\n", b"Host: \r\n", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: b\r\n"):
            with self.subTest(hosts):
                self.assert_refused(start + hosts + rest)

    def test_line_noise_in_a_head(self) -> None:
        cases = {
            "folded line": b"X-Odd: a\r\n b\r\n",
            "folded with a tab": b"X-Odd: a\r\n\tb\r\n",
            "bare LF": b"X-Odd: a\nX-PHI: false\r\n",
            "bare CR": b"X-Odd: a\rb\r\n",
            "NUL": b"X-Odd: a\x00b\r\n",
            "space before the colon": b"X-Odd : a\r\n",
            "space before the colon of one we read": b"X-PHI : true\r\n",
            "space in a name": b"X Odd: a\r\n",
            "no colon": b"X-Odd\r\n",
            "empty name": b": a\r\n",
            "space before the first header's name": b" X-Odd: a\r\n",
        }
        for name, line in cases.items():
            with self.subTest(name):
                self.assert_refused(HEAD + line + LENGTH + b"\r\n" + BODY)
                self.assert_refused(HEAD.replace(b"Host", line + b"Host") + LENGTH + b"\r\n" + BODY)

    def test_bytes_that_have_no_place_in_a_header_that_is_read(self) -> None:
        for line in (
            b"X-PHI: tru\xc3\xa9\r\n",
            b"X-Region: \x80\r\n",
            b"X-PHI: true\x01\r\n",
            b"Authorization: Bearer \xff\r\n",
            b"X-Region: E\x7fU\r\n",
        ):
            with self.subTest(line):
                self.assert_refused(HEAD + line + LENGTH + b"\r\n" + BODY, closes=False)

    def test_targets(self) -> None:
        for target in (
            b"http://gateway.test/v1/models",
            b"*",
            b"/v1/models#x",
            b"/v1/../v1/models",
            b"/v1/./models",
            b"/v1/%2e%2e/models",
            b"/v1%2fmodels",
            b"/v1%2Fmodels",
            b"/v1/models%00",
            b"/v1\\models",
            b"//v1/models",
            b"/v1//models",
            b"/v1/models/..",
            b"v1/models",
            b"/v1/%2E/models",
        ):
            with self.subTest(target):
                self.assert_refused(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n", closes=False)

    def test_a_query_is_ignored(self) -> None:
        response = self.post(CHAT + "?model=other&region=US", question())
        self.assert_ok(response)
        self.assertNotIn("?", self.world["first"].requests[0].target)

    def test_methods_that_open_tunnels(self) -> None:
        self.assert_refused(
            b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", (405, 400), closes=False
        )
        self.assert_refused(b"CONNECT /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", 405, closes=False)
        self.assert_refused(b"TRACE /v1/models HTTP/1.1\r\nHost: a\r\n\r\n", 405, closes=False)

    def test_upgrade_is_ignored(self) -> None:
        response = self.chat(
            headers=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAAA")]
        )
        self.assert_ok(response)
        response = self.chat(headers=[("Connection", "Upgrade"), ("Upgrade", "websocket")])
        self.assert_ok(response)
        self.assertIsNone(self.world["first"].requests[-1].header("upgrade"))

    def test_versions(self) -> None:
        for version in (b"HTTP/2.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/3.0"):
            with self.subTest(version):
                self.assert_refused(b"GET /v1/models " + version + b"\r\nHost: a\r\n\r\n", 505)
        for noise in (b"HTTP/1.10", b"http/1.1", b"HTTP/1.1 ", b"HTTPS/1.1", b""):
            with self.subTest(noise):
                self.assert_refused(b"GET /v1/models " + noise + b"\r\nHost: a\r\n\r\n", (400, 505))

    def test_request_lines_that_are_none(self) -> None:
        for line in (
            b"GET  /v1/models HTTP/1.1",
            b"GET\t/v1/models HTTP/1.1",
            b"GET /v1/models\xff HTTP/1.1",
            b"GET /v1 /models HTTP/1.1",
            b"G(T /v1/models HTTP/1.1",
            b" GET /v1/models HTTP/1.1",
            b"\x16\x03\x01\x02\x00\x01\x00",
        ):
            with self.subTest(line):
                self.assert_refused(line + b"\r\nHost: a\r\n\r\n", (400, 405, 501), closes=False)

    def test_two_leading_crlfs_are_skipped_and_a_third_is_not(self) -> None:
        connection, response = self.send_raw(b"\r\n\r\n" + request_bytes("GET", "/healthz"), "GET")
        self.assertEqual(response.status, 200)
        self.assert_refused(b"\r\n\r\n\r\n" + request_bytes("GET", "/healthz"), 400)

    def test_expectations(self) -> None:
        connection = self.connect()
        connection.send(HEAD + LENGTH + b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(connection.read_response().status, 100)
        connection.send(BODY)
        self.assert_ok(connection.read_response())

    def test_another_expectation_is_refused(self) -> None:
        self.assert_refused(HEAD + LENGTH + b"Expect: 200-ok\r\n\r\n" + BODY, 417, closes=False)

    def test_continue_is_not_said_to_a_request_that_is_refused(self) -> None:
        self.assert_refused(HEAD + LENGTH + b"X-PHI: maybe\r\nExpect: 100-continue\r\n\r\n", 400, closes=False)

    def test_a_body_where_none_belongs(self) -> None:
        for method in ("GET", "DELETE"):
            with self.subTest(method):
                self.assert_refused(
                    request_bytes(method, "/v1/models", [], b"{}"),
                    (400, 405) if method == "DELETE" else 400,
                    closes=False,
                )
        self.assert_refused(request_bytes("HEAD", "/v1/models", [], b"{}"), 400, closes=False, method="HEAD")
        self.assert_refused(
            b"GET /v1/models HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, closes=False
        )


class Trailers(FramingCase):
    def chunked(self, trailers: bytes, extra: bytes = b"") -> bytes:
        return HEAD + extra + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-2] + trailers + b"\r\n"

    def test_a_chunked_body_arrives_whole_and_is_sent_on_with_a_length(self) -> None:
        _, response = self.send_raw(self.chunked(b""))
        self.assert_ok(response)
        request = self.one_request(self.world["first"])
        self.assertEqual(request.json()["messages"], question()["messages"])
        self.assertEqual(request.header("content-length"), str(len(request.body)))
        self.assertIsNone(request.header("transfer-encoding"))

    def test_policy_in_a_trailer_is_not_read(self) -> None:
        _, response = self.send_raw(self.chunked(b"X-PHI: true\r\nX-Region: CH\r\nX-Odd: 1\r\n"))
        self.assert_ok(response)
        self.assertEqual(response.header("x-phi-routed"), "model-a/EU/general")
        self.assertIsNone(self.world["first"].requests[0].header("x-odd"))

    def test_a_trailer_cannot_loosen_the_header(self) -> None:
        _, response = self.send_raw(self.chunked(b"X-PHI: false\r\n", b"X-PHI: true\r\n"))
        self.assert_error(response, 403, "phi_blocked")
        self.assertEqual(self.world.requests(), 0)

    def test_the_connection_goes_on_behind_trailers(self) -> None:
        connection, response = self.send_raw(self.chunked(b"X-Odd: 1\r\n") + request_bytes("GET", "/healthz"))
        self.assert_ok(response)
        self.assertEqual(connection.read_response("GET").status, 200)


class EarlyAnswers(FramingCase):
    """Many clients read nothing before they have sent everything: an answer that comes first must not be lost with it."""

    SIZE = 20 << 20

    def head(self, size: int) -> bytes:
        return HEAD + b"X-PHI: maybe\r\nContent-Length: %d\r\n\r\n" % size

    def test_the_rest_of_an_announced_body_is_taken_and_dropped(self) -> None:
        connection = self.connect()
        connection.send(self.head(self.SIZE) + bytes(self.SIZE))
        self.assert_error(connection.read_response(), 400, "invalid_phi")
        self.assertTrue(connection.closed())
        self.assertFalse(connection.was_reset)

    def test_more_than_a_body_may_be_is_dropped_too(self) -> None:
        size = 40 << 20
        for name, head in {
            "by its length": HEAD + b"Content-Length: %d\r\n\r\n" % size,
            "by what came": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size,
            "refused for its head": HEAD + b"X_PHI: true\r\nContent-Length: %d\r\n\r\n" % size,
        }.items():
            with self.subTest(name):
                connection = self.connect()
                connection.send(head + bytes(size))
                self.assertEqual(connection.read_response().status, 400 if "head" in name else 413)
                self.assertTrue(connection.closed())
                self.assertFalse(connection.was_reset)

    def test_not_without_end(self) -> None:
        connection = self.connect()
        with self.assertRaises(ConnectionError):
            connection.send(self.head(1 << 40) + bytes(160 << 20))

    def test_who_stops_sending_is_not_waited_for(self) -> None:
        def connections() -> float:
            return self.gateway.samples().total("phigate_client_connections")

        eventually(lambda: connections() <= 1, "at most that of the samples")
        least = connections()
        connection = self.connect()
        connection.send(self.head(self.SIZE))
        self.assert_error(connection.read_response(), 400, "invalid_phi")
        self.assertEqual(connections(), least + 1)
        eventually(lambda: connections() == least, "it is given up", timeout=5)
