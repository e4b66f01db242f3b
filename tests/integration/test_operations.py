"""Running it: probes, metrics, methods, old clients, draining, limits on connections (spec §8, §10, §12, threats §5)."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import time

from sim import faults
from sim.upstream import Then
from support.case import CHAT, UUID7, GatewayCase, question
from support.gateway import Gateway, binary
from support.raw_client import Connection, Response, request_bytes
from support.registry import World, authority, single_world
from support.waiting import eventually

STREAM = question(stream=True)
CONTENT = {"id": "x", "choices": [{"index": 0, "delta": {"content": "a"}}]}


class Probes(GatewayCase):
    def test_alive_and_ready(self) -> None:
        for path in ("/healthz", "/readyz"):
            with self.subTest(path):
                response = self.get(path)
                self.assertEqual(response.status, 200)
                self.assertRegex(response.header("x-request-id"), UUID7)
                self.assertEqual(self.get(path, method="HEAD").status, 200)

    def test_metrics_are_prometheus_text_and_count(self) -> None:
        before = self.samples()
        self.assert_ok(self.chat())
        self.assert_error(self.chat(b"{"), 400)
        after = self.samples()
        self.assertTrue(any(after[name] > before.get(name, 0) for name in after), "something was counted")

    def samples(self) -> dict[str, float]:
        response = self.get("/metrics")
        self.assertEqual(response.status, 200)
        self.assertTrue(response.header("content-type").startswith("text/plain"))
        lines = [line for line in response.body.decode().splitlines() if line and not line.startswith("#")]
        self.assertTrue(lines)
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}

    def test_the_ready_line_names_the_address(self) -> None:
        self.assertIn(f"127.0.0.1:{self.gateway.port}", self.gateway.log())


class AdminListener(GatewayCase):
    config = {"admin": {"address": "127.0.0.1", "port": 0}}

    def test_it_has_the_probes_and_the_metrics_and_nothing_else(self) -> None:
        self.assertEqual(len(self.gateway.ports), 2)
        admin = self.gateway.ports[1]
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.gateway.request("GET", path, port=admin).status, 200)
        self.assertEqual(self.gateway.request("GET", "/v1/models", port=admin).status, 404)

    def test_the_metrics_are_not_on_the_public_one(self) -> None:
        self.assertIn(self.get("/metrics").status, (401, 403, 404))


class Methods(GatewayCase):
    def test_options_name_what_is_allowed(self) -> None:
        for path, method in ((CHAT, "POST"), ("/v1/models", "GET"), ("/healthz", "GET")):
            with self.subTest(path):
                response = self.get(path, method="OPTIONS")
                self.assertEqual((response.status, response.body), (204, b""))
                self.assertIn(method, [one.strip() for one in response.header("allow").split(",")])
                self.assertRegex(response.header("x-request-id"), UUID7)

    def test_cors_is_off_by_default(self) -> None:
        preflight = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]
        response = self.get(CHAT, preflight, method="OPTIONS")
        self.assertEqual([name for name, _ in response.headers if name.lower().startswith("access-control")], [])
        response = self.chat(headers=[("Origin", "https://app.example")])
        self.assertEqual([name for name, _ in response.headers if name.lower().startswith("access-control")], [])


class Cors(GatewayCase):
    ORIGIN = "https://app.example"
    config = {"cors": {"origins": [ORIGIN]}}

    def test_a_preflight_of_a_listed_origin(self) -> None:
        asked = [
            ("Origin", self.ORIGIN),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization, x-region, x-stainless-lang"),
        ]
        response = self.get(CHAT, asked, method="OPTIONS")
        self.assertEqual(response.status, 204)
        self.assertEqual(response.header("access-control-allow-origin"), self.ORIGIN)
        allowed = {one.strip().lower() for one in response.header("access-control-allow-headers").split(",")}
        self.assertLessEqual(
            {"authorization", "content-type", "x-api-key", "x-region", "x-phi", "x-request-id"}, allowed
        )
        self.assertIn("x-stainless-lang", allowed)

    def test_an_answer_exposes_the_audit_headers(self) -> None:
        response = self.chat(headers=[("Origin", self.ORIGIN)])
        self.assert_ok(response)
        self.assertEqual(response.header("access-control-allow-origin"), self.ORIGIN)
        exposed = {one.strip().lower() for one in response.header("access-control-expose-headers").split(",")}
        self.assertLessEqual(
            {
                "x-request-id",
                "x-phi-routed",
                "x-phi-tier",
                "x-phi-attempts",
                "x-fallback-count",
                "x-phi-cost-micro",
                "x-phi-usage",
                "x-provider-slug",
                "x-routing-strategy",
            },
            exposed,
        )

    def test_another_origin_gets_nothing(self) -> None:
        for origin in (
            "https://app.example.evil",
            "http://app.example",
            "https://app.example:444",
            "null",
            "https://APP.example",
        ):
            with self.subTest(origin):
                response = self.chat(headers=[("Origin", origin)])
                self.assertIsNone(response.header("access-control-allow-origin"))


class OldClients(GatewayCase):
    def ask(self, *headers: tuple[str, str]) -> tuple[Connection, Response]:
        connection = self.connect()
        connection.send(
            request_bytes(
                "POST",
                CHAT,
                [("Content-Type", "application/json"), *headers],
                json.dumps(question()).encode(),
                version="HTTP/1.0",
            )
        )
        return connection, connection.read_response()

    def test_http_1_0_gets_a_length_or_an_end(self) -> None:
        connection, response = self.ask()
        self.assert_ok(response)
        self.assertIsNone(response.header("transfer-encoding"))
        self.assertTrue(connection.closed())

    def test_http_1_0_needs_no_host_to_be_told_it_is_wrong(self) -> None:
        connection = self.connect()
        connection.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        self.assertIn(connection.read_response("GET").status, (200, 400))

    def test_errors_close_too(self) -> None:
        connection = self.connect()
        connection.send(request_bytes("POST", CHAT, [("Content-Type", "application/json")], b"{", version="HTTP/1.0"))
        self.assert_error(connection.read_response(), 400, "invalid_json")
        self.assertTrue(connection.closed())


class Connections(GatewayCase):
    config = {"limits": {"connections": 4}}

    def test_one_connection_too_many_is_told_so_at_once(self) -> None:
        held = [self.connect() for _ in range(4)]
        for connection in held:
            self.assertEqual(connection.request("GET", "/healthz").status, 200)
        extra = self.connect()
        extra.try_send(request_bytes("GET", "/healthz"))
        response = extra.read_response("GET")
        self.assertEqual(response.status, 503)
        self.assertEqual(response.json()["error"]["code"], "overloaded")
        self.assertEqual(response.header("retry-after"), "1")
        for connection in held:
            self.assertEqual(connection.request("GET", "/healthz").status, 200)
            connection.close()
        eventually(self.served, "room again")

    def served(self) -> bool:
        with self.gateway.connect() as connection:
            connection.try_send(request_bytes("GET", "/healthz", [("Connection", "close")]))
            return connection.read_response("GET").status == 200


class DrainCase(GatewayCase):
    """Each test ends the daemon, so each has its own."""

    config = {
        "drain": {"delay": "400ms", "timeout": "3s"},
        "timeouts": {"first_byte": "20s", "first_token": "20s", "idle": "20s", "total": "20s"},
    }

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.build_world()
        cls.addClassCleanup(cls.world.stop)

    def setUp(self) -> None:
        self.world.forget()
        self.gateway = self.new_gateway()
        self.addCleanup(self.gateway.remove)
        self.gateway.start()

    def begun(self, connection: Connection) -> Connection:
        eventually(
            lambda: self.world["first"].requests and self.world["first"].requests[-1].whole, "the request is under way"
        )
        return connection

    def accepting(self) -> bool:
        try:
            self.gateway.connect(timeout=1.0).close()
            return True
        except OSError:
            return False


class Drain(DrainCase):
    def test_an_idle_daemon_stops_with_0(self) -> None:
        started = time.monotonic()
        self.gateway.stop(expect=0)
        self.assertLess(time.monotonic() - started, 2.5)

    def test_sigint_stops_it_too(self) -> None:
        self.gateway.signal(signal.SIGINT)
        self.assertEqual(self.gateway.wait(), 0)

    def test_ready_turns_503_at_once_while_requests_are_still_taken(self) -> None:
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: self.gateway.request("GET", "/readyz").status == 503, "not ready any more", timeout=0.3)
        self.assertEqual(self.gateway.request("GET", "/healthz").status, 200)
        self.assert_ok(self.chat())
        eventually(lambda: not self.accepting(), "the listener closes after drain.delay")
        self.assertEqual(self.gateway.wait(), 0)

    def test_requests_under_way_finish(self) -> None:
        gate = faults.Gate()
        self.world["first"].script([faults.reply(gate=gate)])
        connection = self.begun(self.send_only())
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.accepting(), "the listener closes")
        gate.open()
        response = connection.read_response()
        self.assert_ok(response)
        self.assertTrue(connection.closed(), "a kept connection does not outlive the drain")
        self.assertEqual(self.gateway.wait(), 0)

    def test_streams_under_way_finish(self) -> None:
        gate = faults.Gate()
        self.world["first"].script(
            [
                faults.stream(
                    [CONTENT, gate, {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
                )
            ]
        )
        connection, response = self.open_stream(STREAM)
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: not self.accepting(), "the listener closes")
        gate.open()
        while chunk := connection.read_chunk():
            response.body += chunk
        self.assertEqual(response.datas()[-1], "[DONE]")
        self.assertEqual(self.gateway.wait(), 0)

    def test_idle_connections_do_not_hold_it_up(self) -> None:
        connections = [self.connect() for _ in range(3)]
        connections[0].request("GET", "/healthz")
        started = time.monotonic()
        self.gateway.stop(expect=0)
        self.assertLess(time.monotonic() - started, 2.5)


class DrainTimeout(DrainCase):
    config = {**DrainCase.config, "drain": {"delay": "50ms", "timeout": "400ms"}}

    def test_what_does_not_finish_is_cut_with_an_error_event_and_exit_code_3(self) -> None:
        self.world["first"].script([faults.stream([CONTENT], then=Then.STALL)])
        connection, response = self.open_stream(STREAM)
        self.gateway.signal(signal.SIGTERM)
        while chunk := connection.read_chunk():
            response.body += chunk
        self.assertNotIn(b"[DONE]", response.body)
        self.assertEqual(json.loads(response.datas()[-1])["error"]["code"], "shutting_down")
        self.assertEqual(self.gateway.wait(), 3)

    def test_a_request_that_waits_for_its_answer_is_told(self) -> None:
        self.world["first"].script([faults.STALL_BEFORE_HEAD])
        connection = self.begun(self.send_only())
        self.gateway.signal(signal.SIGTERM)
        response = connection.read_response()
        self.assert_error(response, 503, ("shutting_down", "draining"))
        self.assertEqual(self.gateway.wait(), 3)


class SecondSignal(DrainCase):
    config = {**DrainCase.config, "drain": {"delay": "30s", "timeout": "30s"}}

    def test_a_second_signal_goes_straight_to_the_end(self) -> None:
        self.world["first"].script([faults.STALL_BEFORE_HEAD])
        self.begun(self.send_only())
        self.gateway.signal(signal.SIGTERM)
        eventually(lambda: self.gateway.request("GET", "/readyz").status == 503, "draining")
        started = time.monotonic()
        self.gateway.signal(signal.SIGTERM)
        self.assertEqual(self.gateway.wait(), 3)
        self.assertLess(time.monotonic() - started, 5)


class Start(DrainCase):
    def run_once(self, gateway: Gateway) -> tuple[int, str]:
        self.addCleanup(gateway.remove)
        gateway.launch()
        return gateway.wait(timeout=10), gateway.log() + gateway.output()

    def test_a_taken_port_is_told(self) -> None:
        code, said = self.run_once(self.new_gateway(listen=[{"address": "127.0.0.1", "port": self.gateway.port}]))
        self.assertNotEqual(code, 0)
        self.assertIn(str(self.gateway.port), said)

    def test_every_fault_of_the_files_is_listed_at_once(self) -> None:
        gateway = self.new_gateway(unknown_key=1, workers=-5, defaults={"region": "NOWHERE"})
        code, said = self.run_once(gateway)
        self.assertNotEqual(code, 0)
        for word in ("unknown_key", "workers", "region"):
            self.assertIn(word, said)

    def test_a_missing_file_is_told(self) -> None:
        done = subprocess.run(
            [binary(), "serve", "--config", self.gateway.folder / "missing.yaml"],
            capture_output=True,
            timeout=10,
            check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"missing.yaml", done.stdout + done.stderr)

    def test_check_agrees(self) -> None:
        done = subprocess.run(
            [binary(), "check", "--config", self.gateway.folder / "phigate.yaml"],
            capture_output=True,
            timeout=10,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_several_workers_share_the_port(self) -> None:
        gateway = self.new_gateway(workers=2)
        self.addCleanup(gateway.remove)
        gateway.start()
        for _ in range(20):
            self.assertEqual(gateway.request("GET", "/healthz").status, 200)
        gateway.stop(expect=0)


class TlsListener(GatewayCase):
    @classmethod
    def setUpClass(cls) -> None:
        server = authority().server("gateway")
        cls.config = {
            "listen": [
                {
                    "address": "127.0.0.1",
                    "port": 0,
                    "tls": {"certificate_file": str(server.certificate_file), "key_file": str(server.key_file)},
                }
            ]
        }
        super().setUpClass()

    @classmethod
    def build_world(cls) -> World:
        return single_world()

    def test_it_serves_over_tls(self) -> None:
        context = ssl.create_default_context(cafile=str(authority().ca_file))
        connection = self.connect(tls=context)
        self.assert_ok(self.chat(connection=connection))
        self.assert_ok(self.chat(STREAM, connection=connection))

    def test_plain_http_on_it_gets_no_answer_and_does_no_harm(self) -> None:
        connection = self.connect()
        connection.try_send(request_bytes("GET", "/healthz"))
        self.assertFalse(connection.silent(3.0))
