"""SIGHUP: both files anew, all or nothing, and nobody who asks notices (spec §12)."""

from __future__ import annotations

import copy
import signal
from typing import Any

from sim import faults
from support.auth_keys import bearer, key
from support.case import CHAT, FreshGatewayCase, question
from support.gateway import merged
from support.raw_client import Connection
from support.registry import World, failover_world
from support.waiting import eventually

CONTENT = {"id": "c1", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
STOP = {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"id": "c1", "choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000}}
PATIENT = {"timeouts": dict.fromkeys(("first_byte", "first_token", "idle", "total"), "20s")}


class ReloadCase(FreshGatewayCase):
    """`registry` is the test's own copy, to be changed and written."""

    config: dict[str, Any] = PATIENT

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def setUp(self) -> None:
        super().setUp()
        self.registry = copy.deepcopy(self.world.registry)

    def reload(self, **config: Any) -> None:
        """Writes both files, `config` laid upon what it was, and tells the daemon; returns before it has read them."""
        self.gateway.config = merged(self.gateway.config, config)
        self.gateway.write_files(self.registry)
        self.gateway.signal(signal.SIGHUP)

    def providers_now(self) -> list[str]:
        return self.explained_order()

    def drop(self, *slugs: str) -> None:
        for slug in slugs:
            del self.registry["providers"][slug]

    def lines_about(self, word: str) -> list[str]:
        return [line for line in self.gateway.log().splitlines() if word in line]

    def wait_for_log(self, *words: str) -> None:
        eventually(lambda: all(word in self.gateway.log() for word in words), f"the log says {words}")

    def read_to_end(self, connection: Connection, response: Any) -> None:
        while chunk := connection.read_chunk():
            response.body += chunk
        response.trailers = connection.read_trailers()


class TakesEffect(ReloadCase):
    def test_providers_come_and_go(self) -> None:
        self.drop("first", "third")
        self.reload()
        eventually(lambda: self.providers_now() == ["second"], "the new registry is in force")
        self.assert_ok(self.chat(), "second")
        self.registry = copy.deepcopy(self.world.registry)
        self.reload()
        eventually(lambda: self.providers_now() == ["first", "second", "third"], "the old one is back")
        self.assert_ok(self.chat(), "first")

    def test_prices_and_upstream_names(self) -> None:
        hosted = self.registry["providers"]["first"]["endpoints"]["first-1"]["models"]["model-a"]
        hosted["price"] = {"currency": "USD", "input": 3, "output": 5}
        self.world["first"].api.usage = USAGE["usage"]
        self.addCleanup(setattr, self.world["first"].api, "usage", None)
        self.assertEqual(self.chat().header("x-phi-cost-micro"), "3000")
        self.reload()
        eventually(lambda: self.chat().header("x-phi-cost-micro") == "8000", "the new price is in force")

    def test_it_says_so_in_the_log(self) -> None:
        said = len(self.gateway.log())
        self.reload()
        eventually(lambda: "reload" in self.gateway.log()[said:], "the log tells of it")

    def test_a_kept_alive_connection_sees_the_new_one(self) -> None:
        connection = self.connect()
        self.assert_ok(self.chat(connection=connection), "first")
        self.drop("first")
        self.reload()
        eventually(
            lambda: self.chat(connection=connection).header("x-provider-slug") == "second",
            "the new registry is in force",
        )


class Broken(ReloadCase):
    def test_a_broken_registry_leaves_the_old_and_each_fault_is_told_with_its_place(self) -> None:
        self.drop("first")
        self.registry["providers"]["second"]["endpoints"]["second-1"]["models"]["model-a"]["price"]["input"] = -1
        self.registry["providers"]["third"]["headquarters"] = "Atlantis"
        self.registry["surplus"] = 1
        self.reload()
        self.wait_for_log(
            "providers.second.endpoints.second-1.models.model-a.price.input", "providers.third.headquarters", "surplus"
        )
        text = (self.gateway.folder / "providers.yaml").read_text().splitlines()
        line = 1 + next(number for number, one in enumerate(text) if "Atlantis" in one)
        self.assertIn(f"providers.yaml:{line}", self.gateway.log())
        self.assertEqual(self.providers_now(), ["first", "second", "third"])
        self.assert_ok(self.chat(), "first")

    def test_a_broken_configuration_leaves_both_old(self) -> None:
        self.drop("first")
        self.reload(limits={"body": "-1"}, no_such_setting=1)
        self.wait_for_log("no_such_setting", "limits.body")
        self.assertEqual(self.providers_now(), ["first", "second", "third"])

    def test_files_that_are_no_yaml_or_are_missing(self) -> None:
        for name in ("providers.yaml", "phigate.yaml"):
            path = self.gateway.folder / name
            whole = path.read_bytes()
            for damage in (lambda: path.write_text("{ ["), path.unlink):
                with self.subTest(name):
                    said = len(self.gateway.log())
                    damage()
                    self.gateway.signal(signal.SIGHUP)
                    eventually(lambda: name in self.gateway.log()[said:], "the fault is told")
                    self.assert_ok(self.chat(), "first")
                    path.write_bytes(whole)

    def test_it_is_put_right_by_the_next(self) -> None:
        self.registry["surplus"] = 1
        self.reload()
        self.wait_for_log("surplus")
        del self.registry["surplus"]
        self.drop("first")
        self.reload()
        eventually(lambda: self.providers_now() == ["second", "third"], "the new registry is in force")

    def test_no_keys_on_an_open_address_is_refused_at_a_reload_too(self) -> None:
        gateway = self.new_gateway(
            listen=[{"address": "127.0.0.1", "port": 0}, {"address": "0.0.0.0", "port": 0}],
            auth={"mode": "keys", "keys": [key("plain")]},
        )
        self.addCleanup(gateway.remove)
        gateway.start()
        gateway.config["auth"] = {"mode": "none"}
        gateway.write_files(self.registry)
        gateway.signal(signal.SIGHUP)
        eventually(lambda: "allow_insecure" in gateway.log(), "the fault is told")
        self.assertEqual(gateway.request("GET", "/v1/models").status, 401)
        gateway.stop()


    def test_a_file_that_is_empty_when_it_is_read_does_not_switch_keys_off(self) -> None:
        gateway = self.new_gateway(auth={"mode": "keys", "keys": [key("plain")]})
        self.addCleanup(gateway.remove)
        gateway.start()
        (gateway.folder / "phigate.yaml").write_text("")
        gateway.signal(signal.SIGHUP)
        eventually(lambda: "the configuration in use stays" in gateway.log(), "the reload is refused")
        self.assertIn("auth.mode", gateway.log())
        self.assertEqual(gateway.request("GET", "/v1/models").status, 401)
        gateway.stop()


class InFlight(ReloadCase):
    def test_a_stream_ends_on_the_snapshot_that_it_began_with(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.stream([CONTENT, gate, CONTENT, STOP, USAGE])])
        connection, response = self.open_stream(question(stream=True))
        self.assert_ok(response, "first")
        self.drop("first")
        self.registry["providers"]["second"]["endpoints"]["second-1"]["models"]["model-a"]["price"]["input"] = 99
        self.reload()
        eventually(lambda: self.providers_now() == ["second", "third"], "its endpoint is gone")
        for _ in range(3):
            self.reload()
            self.assert_ok(self.chat(), "second")
        gate.open()
        self.read_to_end(connection, response)
        self.assertEqual(response.datas()[-1], "[DONE]")
        self.assertEqual(response.trailer("x-phi-cost-micro"), "3000")
        self.assertEqual(response.trailer("x-phi-usage"), "provider")
        self.assert_ok(self.chat(connection=connection), "second")

    def test_a_request_fails_over_within_its_own_snapshot(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.reply(503, b"{}", gate=gate)])
        connection = self.send_only()
        eventually(lambda: self.world["first"].requests, "it is under way")
        self.drop("first", "second")
        self.reload()
        eventually(lambda: self.providers_now() == ["third"], "both are gone")
        gate.open()
        response = connection.read_response()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)

    def test_a_body_that_is_still_on_its_way(self) -> None:
        connection = self.connect()
        body = b'{"model":"model-a","messages":[{"role":"user","content":"hello"}]}'
        head = f"POST {CHAT} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        connection.send(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body[:20])
        self.drop("first")
        self.reload()
        eventually(lambda: self.providers_now() == ["second", "third"], "the new registry is in force")
        connection.send(body[20:])
        response = connection.read_response()
        self.assert_ok(response)
        self.assertIn(response.header("x-provider-slug"), ("first", "second"))

    def test_one_during_a_drain_does_no_harm(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.reply(gate=gate)])
        connection = self.send_only()
        eventually(lambda: self.world["first"].requests, "it is under way")
        self.gateway.signal(signal.SIGTERM)
        self.wait_for_log("draining")
        self.drop("first")
        for _ in range(3):
            self.reload()
        self.registry["surplus"] = 1
        self.reload()
        gate.open()
        self.assert_ok(connection.read_response(), "first")
        self.assertEqual(self.gateway.wait(), 0)

    def check_nothing_broke(self) -> None:
        self.assertEqual({one.name: one.faults for one in self.world.upstreams if one.faults}, {})


class HealthSurvives(ReloadCase):
    config = {**PATIENT, "health": {"window": "300s", "cooldown": {"server_error": "30s", "rate_limit": "60s"}}}

    def cooling(self) -> list[str]:
        return [one["provider"] for one in self.explain()["candidates"] if one["cooling"]]

    def test_cooldowns_go_on(self) -> None:
        self.world["first"].script([faults.status(503)])
        self.assert_ok(self.chat(), "second")
        self.assertEqual(self.cooling(), ["first"])
        hosted = self.registry["providers"]["third"]["endpoints"]["third-1"]["models"]["model-a"]
        for window in ("300s", "200s"):
            hosted["price"]["output"] += 1
            price = (3 * hosted["price"]["input"] + hosted["price"]["output"]) / 4
            self.reload(health={"window": window})
            eventually(
                lambda: self.explain()["candidates"][1]["price"] == price,
                "the new registry is in force",
            )
            self.assertEqual(self.explained_order(), ["second", "third", "first"])
            self.assertEqual(self.cooling(), ["first"])
            ratio = self.gateway.samples().one("phigate_route_success_ratio", provider="first", modality="chat")
            self.assertAlmostEqual(ratio, 5 / 6, places=6)

    def test_an_attempt_of_the_old_snapshot_counts_in_the_new_one(self) -> None:
        gate = faults.Gate()
        self.addCleanup(gate.open)
        self.world["first"].script([faults.reply(503, b"{}", gate=gate)])
        connection = self.send_only()
        eventually(lambda: self.world["first"].requests, "it is under way")
        self.drop("third")
        self.reload()
        eventually(lambda: self.providers_now() == ["first", "second"], "the new registry is in force")
        gate.open()
        self.assert_ok(connection.read_response(), "second")
        self.assertEqual(self.cooling(), ["first"])

    def test_a_route_that_comes_back_has_forgotten_nothing_it_must_remember(self) -> None:
        self.drop("first")
        self.reload()
        eventually(lambda: self.providers_now() == ["second", "third"], "first is gone")
        self.registry = copy.deepcopy(self.world.registry)
        self.reload()
        eventually(lambda: self.providers_now() == ["first", "second", "third"], "first is back")
        self.assert_ok(self.chat(), "first")


class Settings(ReloadCase):
    config = {**PATIENT, "auth": {"mode": "keys", "keys": [key("old"), key("kept", metrics=True)]}}

    def status_for(self, identifier: str) -> int:
        return self.chat(headers=bearer(identifier)).status

    def test_keys(self) -> None:
        self.assertEqual((self.status_for("old"), self.status_for("new")), (200, 401))
        self.gateway.config["auth"]["keys"] = [key("new"), key("kept", regions=["CH"])]
        self.reload()
        eventually(lambda: self.status_for("new") == 200, "the new key is in force")
        self.assertEqual(self.status_for("old"), 401)
        self.assert_error(self.chat(headers=bearer("kept"), region="EU"), 403, "region_not_allowed")

    def test_limits(self) -> None:
        large = question("x" * 5000)
        self.assert_ok(self.chat(large, headers=bearer("kept")))
        self.reload(limits={"body": "2KiB"})
        eventually(lambda: self.chat(large, headers=bearer("kept")).status == 413, "the new limit is in force")
        self.assert_ok(self.chat(headers=bearer("kept")))

    def test_cors(self) -> None:
        origin = [("Origin", "https://app.example"), *bearer("kept")]
        self.assertIsNone(self.chat(headers=origin).header("access-control-allow-origin"))
        self.reload(cors={"origins": ["https://app.example"]})
        eventually(lambda: self.chat(headers=origin).header("access-control-allow-origin"), "the origin is allowed")

    def test_the_log_level(self) -> None:
        large = question("x" * 5000)
        self.reload(log={"level": "error"}, limits={"body": "2KiB"})
        eventually(lambda: self.chat(large, headers=bearer("kept")).status == 413, "the reload is done")
        quiet = self.chat(headers=bearer("kept")).header("x-request-id")
        self.reload(log={"level": "info"}, limits={"body": "20KiB"})
        eventually(lambda: self.chat(large, headers=bearer("kept")).status == 200, "the reload is done")
        self.wait_for_log(self.chat(headers=bearer("kept")).header("x-request-id"))
        self.assertNotIn(quiet, self.gateway.log())

    def test_what_needs_a_restart_is_named_and_the_rest_applies(self) -> None:
        before = self.gateway.ports
        self.reload(
            listen=[{"address": "127.0.0.1", "port": 1}],
            admin={"address": "127.0.0.1", "port": 0},
            workers=self.gateway.config["workers"] + 1,
            limits={"body": "2KiB"},
        )
        large = question("x" * 5000)
        eventually(lambda: self.chat(large, headers=bearer("kept")).status == 413, "the rest is in force")
        for name in ("listen", "admin", "workers"):
            eventually(lambda name=name: any(name in line for line in self.lines_about("restart")), f"{name} is named")
        self.assertEqual(self.gateway.ports, before)

    def test_what_did_not_change_needs_no_restart(self) -> None:
        self.reload(limits={"body": "2KiB"})
        large = question("x" * 5000)
        eventually(lambda: self.chat(large, headers=bearer("kept")).status == 413, "the reload is done")
        self.assertNotIn("restart", self.gateway.log())
