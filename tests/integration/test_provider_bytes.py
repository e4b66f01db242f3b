"""Bytes from a provider are trusted no more than a client's (threats §2)."""

from __future__ import annotations

import json
import threading

from sim import faults
from sim.upstream import Then
from support.case import EMBEDDINGS, GatewayCase, question
from support.raw_client import request_bytes
from support.registry import failover_world
from support.waiting import eventually

SHORT = {"timeouts": {"first_byte": "500ms", "first_token": "500ms", "idle": "500ms"}}


class BadAnswers(GatewayCase):
    """Each makes the attempt a failed one, and its connection is never used again."""

    config = SHORT

    def head(self, *lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
        return b"\r\n".join([status, b"Content-Type: application/json", *lines, b"", b""])

    def assert_fails(self, name: str, step: faults.Step) -> None:
        with self.subTest(name):
            self.world.forget()
            upstream = self.world["first"]
            upstream.script([step])
            self.assert_error(self.chat(), 502, "upstream_error")
            self.assert_ok(self.chat())
            bad, good = upstream.requests[0], upstream.requests[-1]
            self.assertNotEqual(id(bad.connection), id(good.connection))
            eventually(
                lambda: bad.connection.peer_closed_at or bad.connection.closed_at, "the bad connection is closed"
            )

    def test_heads(self) -> None:
        body = b'{"choices":[]}'
        length = b"Content-Length: %d" % len(body)
        cases = {
            "length and chunked": self.head(length, b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
            "two lengths": self.head(length, b"Content-Length: 1") + body,
            "a list of lengths": self.head(length + b", 14") + body,
            "a signed length": self.head(b"Content-Length: +14") + body,
            "a huge length": self.head(b"Content-Length: 99999999999999999999") + body,
            "chunked twice": self.head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
            "an unknown coding": self.head(b"Transfer-Encoding: gzip") + body,
            "no version": self.head(length, status=b"HTTP/ 200 OK") + body,
            "version 2": self.head(length, status=b"HTTP/2.0 200 OK") + body,
            "no status": self.head(length, status=b"HTTP/1.1 OK") + body,
            "a status of four digits": self.head(length, status=b"HTTP/1.1 2000 OK") + body,
            "status 099": self.head(length, status=b"HTTP/1.1 099 OK") + body,
            "a header without a colon": self.head(b"nonsense", length) + body,
            "a space before the colon": self.head(b"Content-Length : 14") + body,
            "a folded header": self.head(b"X-Odd: a\r\n b", length) + body,
            "a NUL": self.head(b"X-Odd: a\x00", length) + body,
            "a bare LF": self.head(b"X-Odd: a\nX-Even: b", length) + body,
            "not HTTP at all": b"SSH-2.0-OpenSSH_9\r\n",
            "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        }
        for name, data in cases.items():
            self.assert_fails(name, faults.raw(data))

    def test_a_head_over_64_kib(self) -> None:
        self.assert_fails("one field", faults.big_head(70_000))
        self.assert_fails("many fields", faults.reply(headers=[(f"x-{number}", "a" * 100) for number in range(700)]))
        self.assert_fails("without an end", faults.raw(b"HTTP/1.1 200 OK\r\nX-Odd: " + b"a" * 80_000))

    def test_a_head_of_nearly_64_kib_passes(self) -> None:
        self.world["first"].script([faults.big_head(60_000)])
        self.assert_ok(self.chat())

    def test_chunks(self) -> None:
        head = self.head(b"Transfer-Encoding: chunked")
        cases = {
            "no hexadecimal": b"zz\r\nhello\r\n0\r\n\r\n",
            "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
            "too long a size": b"0" * 17 + b"5\r\nhello\r\n",
            "no CRLF": b"5\r\nhelloxx0\r\n\r\n",
            "a bare LF": b"5\nhello\n0\n\n",
            "an endless extension": b"5;" + b"a" * 5000,
            "an endless trailer": b"0\r\n" + b"X-A: b\r\n" * 20_000,
        }
        for name, chunks in cases.items():
            self.assert_fails(name, faults.raw(head + chunks))

    def test_a_body_shorter_than_announced(self) -> None:
        self.assert_fails("closed", faults.reply(cut=20, then=Then.CLOSE))
        self.assert_fails("closed rudely", faults.reply(cut=20, then=Then.CLOSE_RUDELY))
        self.assert_fails("chunked", faults.reply(framing="chunked", cut=20, then=Then.CLOSE))

    def test_a_content_encoding(self) -> None:
        self.assert_fails("gzip", faults.gzipped())
        self.assert_fails("named only", faults.reply(headers=[("content-encoding", "br")]))


class Surplus(GatewayCase):
    config = SHORT

    def test_bytes_after_the_end_are_never_an_answer(self) -> None:
        poison = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{"choices":[],"poison":"1234"}'
        for framing in ("length", "chunked"):
            with self.subTest(framing):
                self.world.forget()
                sent = faults.Gate()
                self.world["first"].script([self.followed_by(sent, faults.reply(framing=framing, surplus=poison))])
                self.assertNotIn(b"poison", self.chat().body)
                # What comes once the next request is on its way nobody could tell from its answer.
                eventually(sent.is_open, "the surplus is sent")
                for _ in range(2):
                    self.assertNotIn(b"poison", self.chat().body)
                first, last = self.world["first"].requests[0], self.world["first"].requests[-1]
                self.assertNotEqual(id(first.connection), id(last.connection))

    @staticmethod
    def followed_by(gate: faults.Gate, step: faults.Step) -> faults.Step:
        async def play(exchange: faults.Exchange) -> Then:
            then = await step.play(exchange)
            gate.open()
            return then

        return faults.Step(play)

    def test_an_answer_that_comes_together_with_surplus_bytes_is_a_failed_attempt(self) -> None:
        async def play(exchange: faults.Exchange) -> Then:
            await exchange.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"choices":[]}EXTRA')
            return Then.STALL

        self.world["first"].script([faults.Step(play)])
        self.assert_error(self.chat(), 502, "upstream_error")

    def test_an_idle_connection_on_which_anything_arrives_is_closed(self) -> None:
        gate = faults.Gate()

        async def play(exchange: faults.Exchange) -> Then:
            await faults.reply().play(exchange)
            await exchange.wait_for(gate)
            await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return Then.STALL

        self.world["first"].script([faults.Step(play)])
        self.assert_ok(self.chat())
        record = self.world["first"].requests[0].connection
        gate.open()
        eventually(lambda: record.peer_closed_at, "the gateway closes it")
        response = self.chat()
        self.assert_ok(response)
        self.assert_attempts(response, 1)


class Interim(GatewayCase):
    config = SHORT

    def test_any_number_of_1xx_heads_is_looped_over(self) -> None:
        for statuses in ((100,), (103,), (100, 102, 103, 100)):
            with self.subTest(statuses):
                self.world["first"].script([faults.interim(*statuses)])
                response = self.chat()
                self.assert_ok(response)
                self.assertIsNone(response.header("x-early"))

    def test_1xx_heads_without_end_are_not(self) -> None:
        self.world["first"].script(
            [faults.raw(faults.wire.response_head(103, [("x-early", "1")]) * 20_000, then=Then.CLOSE)]
        )
        self.assert_error(self.chat(), 502, "upstream_error")


class Headers(GatewayCase):
    def test_only_what_is_named_passes(self) -> None:
        self.world["first"].script([faults.hostile_headers([("x-request-id", "second-id")])])
        response = self.chat()
        self.assert_ok(response, "first")
        for name in ("set-cookie", "x-hop", "keep-alive", "access-control-allow-origin", "x-should-retry"):
            self.assertEqual(response.all(name), [], name)
        self.assertNotIn("leaky", response.header("server") or "")
        self.assertEqual(response.header("x-phi-routed"), "model-a/EU/general")
        self.assertEqual(response.header("x-phi-tier"), "non_phi")
        self.assertNotEqual(response.header("x-phi-cost-micro"), "1")
        self.assertNotIn("upstream-id-1", response.header("x-request-id"))

    def test_the_providers_request_id_has_a_name_of_its_own(self) -> None:
        theirs = ("DG-Request-Id", "of-theirs")
        for sent, told in (
            ([("x-request-id", "req_42")], "req_42"),
            ([theirs], "of-theirs"),
            ([theirs, ("apim-request-id", "usual")], "usual"),
            ([("x-request", "other"), ("request-ids", "other")], None),
        ):
            with self.subTest(sent):
                self.world["first"].script([faults.reply(headers=sent)])
                self.assertEqual(self.chat().header("x-phi-upstream-request-id"), told)

    def test_hostile_values_do_not_break_out(self) -> None:
        self.world["first"].script([faults.reply(headers=[("x-request-id", "a" * 5000)])])
        response = self.chat()
        self.assert_ok(response)
        self.assertLess(len(response.raw_head), 4096)

    def test_the_content_type_passes(self) -> None:
        self.world["first"].script([faults.reply(content_type="application/json; charset=utf-8")])
        self.assertEqual(self.chat().header("content-type"), "application/json; charset=utf-8")

    def test_trailers_do_not(self) -> None:
        self.world["first"].script(
            [
                faults.reply(
                    framing="chunked", trailers=[("x-phi-cost-micro", "9"), ("set-cookie", "a=b"), ("x-odd", "1")]
                )
            ]
        )
        response = self.chat()
        self.assert_ok(response)
        self.assertEqual(response.trailers, [])
        self.assertNotIn("x-odd", dict(response.headers))

    def test_trailers_of_a_stream_are_the_gateways_own(self) -> None:
        self.world["first"].script([faults.stream(trailers=[("x-phi-cost-micro", "999999"), ("x-odd", "1")])])
        response = self.chat(question(stream=True))
        self.assertEqual({name.lower() for name, _ in response.trailers}, {"x-phi-cost-micro", "x-phi-usage"})
        self.assertNotEqual(response.trailer("x-phi-cost-micro"), "999999")

    def test_the_body_passes_unchanged(self) -> None:
        body = (
            b'{ "id":"x", "model" : "Vendor/Own-Name","choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9 \xc3\xa9"},'
            b'"finish_reason":"stop"}],\r\n "big":123456789012345678901234567890 , "usage":{"prompt_tokens":1,"completion_tokens":1} }'
        )
        self.world["first"].script([faults.reply(body=body, framing="chunked", drip=7)])
        self.assertEqual(self.chat().body, body)


class Pooling(GatewayCase):
    config = {**SHORT, "workers": 1}  # each worker has a pool of its own

    def connections_of(self, *steps: faults.Step) -> int:
        """How many connections so many requests in a row took."""
        self.world.forget()
        self.world["first"].script(steps)
        for _ in steps:
            self.assert_ok(self.chat())
        return len({id(one.connection) for one in self.world["first"].requests})

    def test_a_whole_answer_leaves_its_connection_for_the_next(self) -> None:
        self.assertEqual(
            self.connections_of(
                faults.answer(), faults.reply(framing="chunked"), faults.reply(drip=9), faults.answer()
            ),
            1,
        )

    def test_connection_close_is_believed(self) -> None:
        self.assertEqual(self.connections_of(faults.reply(headers=[("connection", "close")]), faults.answer()), 2)
        self.assertEqual(self.connections_of(faults.reply(headers=[("connection", "x, Close")]), faults.answer()), 2)

    def test_http_1_0_does_not_keep(self) -> None:
        body = b'{"choices":[]}'
        old = faults.raw(
            b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + body, then=Then.STALL
        )
        self.assertEqual(self.connections_of(old, faults.answer()), 2)

    def test_an_answer_that_ends_by_closing(self) -> None:
        self.assertEqual(self.connections_of(faults.reply(framing="close"), faults.answer()), 2)

    def test_an_error_answer_leaves_its_connection_too(self) -> None:
        self.world["first"].script([faults.status(400), faults.answer()])
        self.assertEqual(self.chat().status, 400)
        self.assert_ok(self.chat())
        self.assertEqual(len({id(one.connection) for one in self.world["first"].requests}), 1)

    def test_an_answer_before_the_whole_request_was_read_does_not(self) -> None:
        big = question("x" * 3_000_000)
        for then in (Then.CLOSE, Then.RESET):
            with self.subTest(then):
                self.world.forget()
                said = b'{"error":{"message":"too big"}}'
                self.world["first"].script([faults.reply(413, said, early=True, then=then)])
                error = self.assert_error(self.chat(big), 413, passed_on=True)
                self.assertEqual(error["message"], "too big")
                self.assert_ok(self.chat())
                self.assertEqual(len({id(one.connection) for one in self.world["first"].requests}), 2)


class Nonces(GatewayCase):
    """Many clients on few connections, a third of them leaving at odd moments: each answer is its own request's."""

    config = {"workers": 2}
    CLIENTS, EACH = 8, 60

    def client(self, number: int, wrong: list[str]) -> None:
        connection = None
        for turn in range(self.EACH):
            nonce = f"nonce-{number}-{turn}"
            body = question(nonce, stream=turn % 2 == 0)
            connection = connection or self.gateway.connect()
            try:
                if (number * 31 + turn * 7) % 10 < 3:
                    self.leave_early(connection, body, turn)
                    connection = None
                    continue
                response = self.chat(body, connection=connection)
                text = response.body.decode()
                told = (
                    "".join(
                        (json.loads(data)["choices"] or [{"delta": {}}])[0]["delta"].get("content") or ""
                        for data in response.datas()
                        if data != "[DONE]"
                    )
                    if body["stream"]
                    else text
                )
                if response.status != 200 or nonce not in told or text.count("nonce-") > 1:
                    wrong.append(f"{nonce}: {response.status} {text[:300]}")
            except (AssertionError, OSError, ValueError) as error:
                wrong.append(f"{nonce}: {error!r}")
                connection = None
        if connection is not None:
            connection.close()

    def leave_early(self, connection, body: dict, turn: int) -> None:
        connection.send(
            request_bytes(
                "POST", "/v1/chat/completions", [("Content-Type", "application/json")], json.dumps(body).encode()
            )
        )
        if turn % 3 == 0:
            connection.read_head()
        connection.reset() if turn % 2 else connection.close()

    def test_no_foreign_nonce(self) -> None:
        wrong: list[str] = []
        threads = [threading.Thread(target=self.client, args=(number, wrong)) for number in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class TooLarge(GatewayCase):
    config = {"limits": {"response": "64KiB"}}

    @classmethod
    def build_world(cls):
        return failover_world()

    def test_an_answer_over_the_limit(self) -> None:
        body = json.dumps({"choices": [], "padding": "x" * 70_000}).encode()
        for framing in ("length", "chunked"):
            with self.subTest(framing):
                for upstream in self.world.upstreams:
                    upstream.always(faults.reply(body=body, framing=framing))
                self.assert_error(self.chat(), 502, ("upstream_response_too_large", "upstream_error"))


class SlowAnswers(GatewayCase):
    def test_an_answer_that_comes_byte_by_byte(self) -> None:
        self.world["first"].script([faults.reply(drip=1)])
        self.assert_ok(self.chat())

    def test_an_embedding_answer_that_comes_in_chunks(self) -> None:
        self.world["first"].script([faults.reply(framing="chunked", drip=5)])
        self.assert_ok(self.post(EMBEDDINGS, {"model": "embed-a", "input": "a"}))
