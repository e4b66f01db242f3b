"""One shape for every error, the right status and code, and a hint whether to try again (spec §8)."""

from __future__ import annotations

from sim import faults
from support.case import CHAT, EMBEDDINGS, GatewayCase, question
from support.registry import World, failover_world
from support.waiting import eventually


class Codes(GatewayCase):
    def test_one_of_each(self) -> None:
        cases = {
            (400, "invalid_region"): lambda: self.chat(region="nowhere"),
            (400, "invalid_phi"): lambda: self.chat(phi="maybe"),
            (400, "unknown_policy_header"): lambda: self.chat(headers=[("X-Phi-Mode", "1")]),
            (400, "invalid_json"): lambda: self.chat(b"{"),
            (400, "ambiguous_body"): lambda: self.chat(b'{"model":"model-a","model":"model-a","messages":[]}'),
            (400, "missing_model"): lambda: self.chat({"messages": []}),
            (400, "invalid_variant"): lambda: self.chat(question(model="model-a:best")),
            (400, "invalid_provider_preferences"): lambda: self.chat(question(provider=None)),
            (400, "misplaced_preference"): lambda: self.chat(question(order=["first"])),
            (403, "phi_blocked"): lambda: self.chat(phi="true"),
            (404, "model_not_found"): lambda: self.chat(question(model="nobody-has-it")),
            (404, "not_found"): lambda: self.post("/v1/nothing", question()),
            (415, "unsupported_media_type"): lambda: self.chat(headers=[("Content-Type", "text/plain")]),
            (422, "no_route"): lambda: self.chat(region="INDIA"),
        }
        for (status, code), ask in cases.items():
            with self.subTest(code):
                response = ask()
                self.assert_error(response, status, code)
                self.assert_untried(response)
                self.assertIsNone(response.header("x-phi-cost-micro"))

    def test_the_status_line_and_the_json_are_whole_for_a_head_request_too(self) -> None:
        response = self.get("/v1/nothing", method="HEAD")
        self.assertEqual((response.status, response.body), (404, b""))

    def test_messages_do_not_echo_what_was_sent(self) -> None:
        response = self.chat(b'{"model":"model-a","messages":[{"role":"user","content":"canary-4711"}],"x":?}')
        self.assert_error(response, 400, "invalid_json")
        self.assertNotIn(b"canary-4711", response.body)


class Paths(GatewayCase):
    def test_an_endpoint_of_openai_that_is_missing_names_the_nearest(self) -> None:
        for path, nearest in (("/v1/responses", "/v1/chat/completions"), ("/v1/completions", "/v1/chat/completions")):
            with self.subTest(path):
                error = self.assert_error(self.post(path, question()), 404, "not_found")
                self.assertIn(nearest, error["message"])

    def test_any_other_path(self) -> None:
        for path in (
            "/",
            "/v1",
            "/v1/",
            "/v2/chat/completions",
            "/V1/models",
            "/v1/chat",
            "/v1/chat/completions/",
            "/v1/modelsx",
            "/favicon.ico",
        ):
            with self.subTest(path):
                self.assert_error(self.get(path), 404, "not_found")

    def test_a_wrong_method_names_the_right_ones(self) -> None:
        for path, method, allowed in (
            (CHAT, "GET", "POST"),
            (CHAT, "DELETE", "POST"),
            (EMBEDDINGS, "PUT", "POST"),
            ("/v1/models", "POST", "GET"),
            ("/healthz", "POST", "GET"),
            (CHAT, "PATCH", "POST"),
            (CHAT, "BREW", "POST"),
        ):
            with self.subTest((path, method)):
                response = self.gateway.request(method, path)
                self.assert_error(response, 405)
                self.assertIn(allowed, [one.strip() for one in response.header("allow").split(",")])


class Retries(GatewayCase):
    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def all_answer(self, step: faults.Step) -> None:
        for upstream in self.world.upstreams:
            upstream.always(step)

    def test_502_after_more_than_one_attempt(self) -> None:
        self.all_answer(faults.status(503))
        response = self.chat()
        self.assert_error(response, 502, "upstream_error")
        self.assertEqual(response.header("x-should-retry"), "false")

    def test_504_after_more_than_one_attempt(self) -> None:
        self.world["first"].always(faults.status(500))
        self.world["second"].always(faults.status(500))
        self.world["third"].always(faults.STALL_BEFORE_HEAD)
        response = self.chat()
        self.assert_error(response, 504, "upstream_timeout")
        self.assertEqual(response.header("x-should-retry"), "false")

    def test_429_may_be_retried(self) -> None:
        self.all_answer(faults.rate_limited(7))
        response = self.chat()
        self.assert_error(response, 429, "upstream_rate_limited")
        self.assertIsNone(response.header("x-should-retry"))
        self.assertEqual(response.header("retry-after"), "7")


class FewRoutes(GatewayCase):
    def test_502_after_one_attempt_may_be_retried(self) -> None:
        self.world["first"].always(faults.status(503))
        response = self.chat()
        self.assert_error(response, 502, "upstream_error")
        self.assertIsNone(response.header("x-should-retry"))
        self.assert_attempts(response, 1)

    def test_the_operators_mistakes_are_not_to_be_retried(self) -> None:
        for status, code in (
            (401, "upstream_auth_failed"),
            (402, "upstream_auth_failed"),
            (403, "upstream_auth_failed"),
            (404, "upstream_misconfigured"),
        ):
            with self.subTest(status):
                self.world["first"].script([faults.status(status)])
                response = self.chat()
                self.assert_error(response, 502, code)
                self.assertEqual(response.header("x-should-retry"), "false")


class Overload(GatewayCase):
    config = {"limits": {"in_flight": 1}}

    def test_one_request_too_many_is_refused_at_once_and_the_first_still_finishes(self) -> None:
        gate = faults.Gate()
        self.world["first"].script([faults.reply(gate=gate)])
        first = self.send_only()
        try:
            eventually(lambda: self.world["first"].requests, "the first request is under way")
            response = self.chat()
            self.assert_error(response, 503, "overloaded")
            self.assertEqual(response.header("retry-after"), "1")
        finally:
            gate.open()
        self.assert_ok(first.read_response())
        self.assert_ok(self.chat())


class MemoryLimit(GatewayCase):
    config = {"limits": {"memory": "1MiB", "body": "4MiB"}}

    def test_a_body_past_the_memory_limit_is_refused_before_it_is_read(self) -> None:
        connection = self.connect()
        connection.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n"
        )
        response = connection.read_response()
        self.assert_error(response, 503, "overloaded")
        self.assertEqual(response.header("retry-after"), "1")
        self.assert_ok(self.chat())

    def test_an_answer_that_finds_no_room_is_no_fault_of_its_provider(self) -> None:
        self.world["first"].script([faults.reply(body=b'{"choices":[],"x":"' + b"x" * (2 << 20) + b'"}')])
        response = self.chat()
        error = self.assert_error(response, 503, "overloaded")
        self.assertNotIn("first", error["message"])
        self.assertEqual(response.header("retry-after"), "1")
        self.assert_ok(self.chat(), "first")

    def test_a_request_that_was_let_in_ends_well_though_all_of_the_memory_is_taken(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        answer = b'{"choices":[],"x":"' + b"x" * 100_000 + b'"}'
        self.world["first"].script([faults.reply(body=answer, gate=gate)])
        served = self.send_only()
        eventually(lambda: self.world["first"].requests, "it is at the provider")
        greedy = self.connect()
        greedy.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Expect: 100-continue\r\nContent-Length: 1048000\r\n\r\n"
        )
        self.assertEqual(greedy.read_head().status, 100, "its body was let in")
        self.assert_error(self.chat(question("x" * 1000)), 503, "overloaded")
        gate.open()
        response = served.read_response()
        self.assert_ok(response, "first")
        self.assertEqual(response.body, answer)
