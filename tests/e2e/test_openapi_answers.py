"""What the daemon answers is what openapi.json describes: each call, each form, streams, and errors of every kind."""

from __future__ import annotations

import json
import signal
from typing import Any

from sim import faults as scripted
from sim.upstream import Then
from support.auth_keys import bearer, key
from support.case import document, question, spoken
from support.raw_client import Response
from support.waiting import eventually

from e2e.described import component, operations, resolved
from e2e.openapi_case import DescribedCase, request_faults
from e2e.openapi_requests import (
    BAD_PREFERENCES,
    BADLY_FORMED,
    CHAT,
    EXCLUDING,
    EXPLAIN,
    FETCHED,
    GOOD_PREFERENCES,
    MODEL,
    MODELS,
    OCR,
    POSTED,
    REFUSED,
    STT,
    TTS,
)


class Answers(DescribedCase):
    def test_what_is_asked_for_and_what_comes_back(self) -> None:
        for path, body in POSTED:
            with self.subTest(path, body=str(body)[:200]):
                self.assertEqual(request_faults(path, as_described(path, body)), [])
                response = self.asked("post", path, body)
                self.assert_described("post", path, response)
                if path != EXPLAIN:
                    self.assertIsNotNone(response.header("x-phi-cost-micro"))
                    self.assertIsNotNone(response.header("x-phi-usage"))

    def test_what_is_fetched(self) -> None:
        for path in FETCHED:
            with self.subTest(path):
                self.assert_described("get", path, self.asked("get", path))

    def test_every_call_is_among_them(self) -> None:
        asked = {("post", path) for path, _ in POSTED} | {("get", path) for path in FETCHED}
        self.assertEqual({(method, path) for method, path, _ in operations()}, asked)

    def test_each_reason_to_exclude_a_route(self) -> None:
        given = set()
        for body, headers in EXCLUDING:
            response = self.asked("post", EXPLAIN, body, headers=headers)
            self.assert_described("post", EXPLAIN, response)
            given |= {route["reason"] for route in response.json()["excluded"]}
        self.assertEqual(given, set(resolved(component("ExclusionReason"))["enum"]))

    def test_each_form_of_the_vendors(self) -> None:
        for accept, expected in (("text/html,*/*;q=0.8", "text/html"), ("application/json", "application/json")):
            response = self.asked("get", "/vendors", headers=[("Accept", accept)])
            self.assert_described("get", "/vendors", response)
            self.assertEqual(response.header("content-type").split(";")[0], expected)

    def test_policy_and_an_id_of_the_clients_own(self) -> None:
        told = [("X-Request-Id", "visit-4711"), ("traceparent", f"00-{'1' * 32}-{'2' * 16}-01")]
        response = self.asked("post", CHAT, question(model="auto:free"), region="ch", phi="TRUE", headers=told)
        self.assert_described("post", CHAT, response)
        self.assertEqual(response.header("x-phi-routed"), "model-s/CH/phi")
        for path in (MODELS, MODEL):
            listed = self.asked("get", path, id="model-s", headers=[*told, ("X-Region", "CH"), ("X-PHI", "true")])
            self.assert_described("get", path, listed)

    def test_streams(self) -> None:
        for body in (question(stream=True), question(stream=True, stream_options={"include_usage": True})):
            response = self.chat(body)
            self.assert_described("post", CHAT, response)
            self.assertEqual(response.datas()[-1], "[DONE]")
            self.assertEqual({name for name, _ in response.trailers}, {"x-phi-cost-micro", "x-phi-usage"})

    def test_a_stream_that_breaks_ends_with_an_error(self) -> None:
        self.world["first"].script([scripted.stream(upto=2, then=Then.CLOSE)])
        response = self.chat(question(stream=True))
        self.assert_described("post", CHAT, response)
        self.assertIn("error", json.loads(response.datas()[-1]))


def as_described(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A form's preferences as the object that they are."""
    return {**body, "provider": json.loads(body["provider"])} if path == STT and "provider" in body else body


class Refusals(DescribedCase):
    def test_what_the_document_refuses_the_gateway_refuses(self) -> None:
        for code, path, body in BADLY_FORMED:
            with self.subTest(code, path=path, body=str(body)[:200]):
                self.assertNotEqual(request_faults(path, body), [])
                response = self.asked("post", path, body)
                self.assert_described("post", path, response, 400)
                self.assertEqual(response.code, code)

    def test_what_only_the_gateway_can_refuse(self) -> None:
        for status, code, path, body, headers in REFUSED:
            with self.subTest(code, path=path):
                response = self.asked("post", path, body, headers=headers)
                self.assert_described("post", path, response, status)
                self.assertEqual(response.code, code)

    def test_the_lists_of_models(self) -> None:
        self.assert_described("get", MODEL, self.asked("get", MODEL, id="nobody-has-it"), 404)
        for path in (MODELS, MODEL):
            self.assert_described("get", path, self.asked("get", path, headers=[("X-Region", "moon")]), 400)

    def test_faults_of_the_request_as_http(self) -> None:
        cases = {
            (400, "bad_request"): b"POST /v1/ocr HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            (408, "request_timeout"): b"POST /v1/ocr HTTP/1.1\r\nHost: a\r\n",
            (414, "uri_too_long"): b"POST /v1/ocr?" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            (417, "expectation_failed"): b"POST /v1/ocr HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n",
            (431, "header_too_large"): b"POST /v1/ocr HTTP/1.1\r\nHost: a\r\nx: " + b"x" * 17000 + b"\r\n\r\n",
            (501, "not_implemented"): b"POST /v1/ocr HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            (505, "http_version_unsupported"): b"POST /v1/ocr HTTP/2.0\r\nHost: a\r\n\r\n",
        }
        for (status, code), sent in cases.items():
            with self.subTest(code):
                connection = self.connect()
                connection.send(sent)
                response = connection.read_response()
                self.assert_described("post", OCR, response, status)
                self.assertEqual(response.code, code)


class ProviderFailures(DescribedCase):
    def failed(self, step: scripted.Step, path: str = CHAT, body: Any = None) -> Response:
        for upstream in self.world.upstreams:
            upstream.always(step)
        response = self.asked("post", path, question() if body is None else body)
        self.world.forget()
        return response

    def test_each_way_in_which_providers_fail(self) -> None:
        for status, code, step in (
            (429, "upstream_rate_limited", scripted.rate_limited(7)),
            (502, "upstream_error", scripted.status(503)),
            (502, "upstream_auth_failed", scripted.status(401)),
            (502, "upstream_misconfigured", scripted.status(404)),
            (504, "upstream_timeout", scripted.STALL_BEFORE_HEAD),
        ):
            with self.subTest(code):
                response = self.failed(step)
                self.assert_described("post", CHAT, response, status)
                self.assertEqual(response.code, code)

    def test_a_mistake_that_a_provider_finds(self) -> None:
        said = {"error": {"message": "no", "type": "strange", "param": None, "code": "odd"}}
        for status in (400, 409, 413, 418, 422):
            for path, body in ((CHAT, question()), (STT, {}), (TTS, spoken()), (OCR, document())):
                with self.subTest(status, path=path):
                    response = self.failed(scripted.status(status, said), path, body)
                    self.assert_described("post", path, response, status)
                    self.assertEqual(len(response.error["metadata"]["attempts"]), 1)


class Limits(DescribedCase):
    config = {"limits": {"body": "2KiB", "in_flight": 1}}

    def test_a_body_that_is_too_large(self) -> None:
        for path in (CHAT, STT, OCR, EXPLAIN):
            self.assert_described("post", path, self.asked("post", path, {"prompt": "x" * 3000}), 413)

    def test_too_many_requests_at_once(self) -> None:
        gate = scripted.Gate()
        self.world["first"].script([scripted.reply(gate=gate)])
        first = self.send_only()
        try:
            eventually(lambda: self.world["first"].requests, "the first request is under way")
            for path, body in ((CHAT, question()), (TTS, spoken()), (EXPLAIN, question())):
                self.assert_described("post", path, self.asked("post", path, body), 503)
        finally:
            gate.open()
        self.assert_ok(first.read_response())


class Drain(DescribedCase):
    config = {"drain": {"delay": "1s"}}

    def test_the_gateway_is_not_ready_any_more(self) -> None:
        self.assert_described("get", "/readyz", self.get("/readyz"))
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: self.get("/readyz").status == 503, "it says that it drains")
        self.assert_described("get", "/readyz", self.get("/readyz"), 503)


class Keys(DescribedCase):
    config = {
        "auth": {
            "mode": "keys",
            "keys": [
                key("plain"),
                key("swiss", regions=["CH"], phi="required"),
                key("public", phi="forbidden"),
                key("watcher", metrics=True),
            ],
        }
    }
    CLOSED = {"post": dict(POSTED), "get": dict.fromkeys(FETCHED)}

    def test_a_call_needs_a_key_where_the_document_says_so(self) -> None:
        for method, path, call in operations():
            with self.subTest(path):
                response = self.asked(method, path, self.CLOSED[method][path])
                is_open = call.get("security") == []
                self.assert_described(method, path, response, 200 if is_open else 401)

    def test_either_way_to_show_it(self) -> None:
        for headers in (bearer("plain"), [("x-api-key", "key-of-plain")]):
            self.assert_described("post", CHAT, self.asked("post", CHAT, question(), headers=headers))
        both = [*bearer("plain"), ("x-api-key", "key-of-plain")]
        self.assert_described("post", CHAT, self.asked("post", CHAT, question(), headers=both), 400)
        self.assert_described("get", MODELS, self.asked("get", MODELS, headers=both), 400)

    def test_what_a_key_does_not_permit(self) -> None:
        for owner, header, code in (
            ("swiss", ("X-Region", "EU"), "region_not_allowed"),
            ("swiss", ("X-PHI", "false"), "phi_required"),
            ("public", ("X-PHI", "true"), "phi_not_allowed"),
        ):
            headers = [*bearer(owner), header]
            for method, path in (("post", CHAT), ("get", MODELS), ("get", MODEL)):
                with self.subTest(code, path=path):
                    body = question() if method == "post" else None
                    response = self.asked(method, path, body, headers=headers)
                    self.assert_described(method, path, response, 403)
                    self.assertEqual(response.code, code)

    def test_the_metrics_need_a_key_of_their_own(self) -> None:
        self.assert_described("get", "/metrics", self.asked("get", "/metrics", headers=bearer("watcher")))
        self.assert_described("get", "/metrics", self.asked("get", "/metrics", headers=bearer("plain")), 403)


class Preferences(DescribedCase):
    def test_the_document_and_the_gateway_admit_the_same(self) -> None:
        for value, is_good in (*((one, True) for one in GOOD_PREFERENCES), *((one, False) for one in BAD_PREFERENCES)):
            with self.subTest(value):
                self.assertEqual(request_faults(EXPLAIN, question(provider=value)) == [], is_good)
                error = self.explain(question(provider=value))["error"] or {}
                self.assertEqual(error.get("code") != "invalid_provider_preferences", is_good, error)
