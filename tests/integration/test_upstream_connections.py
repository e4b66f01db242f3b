"""Connections to providers: refused, kept, gone while idle, closed under a request, or never trusted (spec §5)."""

from __future__ import annotations

import socket

from sim import faults
from support.case import GatewayCase
from support.registry import World, authority, dollars, failover_world, model
from support.waiting import eventually

SHORT = {"timeouts": {"connect": "300ms", "first_byte": "300ms", "first_token": "300ms", "total": "3s"}}


def closed_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class UnreachableHosts(GatewayCase):
    config = SHORT

    @classmethod
    def build_world(cls) -> World:
        world = failover_world()
        first = world.registry["providers"]["first"]["endpoints"]["first-1"]
        first["base_url"] = f"https://127.0.0.1:{closed_port()}/v1"
        return world

    def test_a_refused_connection_moves_on(self) -> None:
        response = self.chat()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)

    def test_failures_to_connect_do_not_use_up_the_time_outs_one_more(self) -> None:
        self.world["second"].script([faults.status(503)])
        self.assert_ok(self.chat(), "third")


class KeptConnections(GatewayCase):
    """One retry on a fresh connection when a kept one turns out to be dead: no attempt, no other route."""

    config = {**SHORT, "workers": 1}  # each worker has a pool of its own

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def kept(self) -> None:
        """Leaves one idle connection to `first` in the pool."""
        self.assert_ok(self.chat(), "first")
        self.assertEqual(len(self.world["first"].requests), 1)

    def test_connections_are_kept_and_used_again(self) -> None:
        for _ in range(5):
            self.assert_ok(self.chat(), "first")
        self.assertEqual(len({id(one.connection) for one in self.world["first"].requests}), 1)

    def test_a_kept_connection_that_dies_with_the_next_request_is_retried_fresh(self) -> None:
        for name, step in (("closed", faults.CLOSE_BEFORE_HEAD), ("reset", faults.RESET_BEFORE_HEAD)):
            with self.subTest(name):
                self.world.forget()
                self.kept()
                self.world["first"].script([step])
                response = self.chat()
                self.assert_ok(response, "first")
                self.assert_attempts(response, 1)
                self.assertEqual(len(self.world["first"].requests), 3)
                used = [id(one.connection) for one in self.world["first"].requests]
                self.assertEqual(used[0], used[1])
                self.assertNotEqual(used[1], used[2])

    def test_the_fresh_connection_is_not_retried_again(self) -> None:
        self.kept()
        self.world["first"].script([faults.CLOSE_BEFORE_HEAD] * 3)
        response = self.chat()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertEqual(len(self.world["first"].requests), 3)

    def test_a_time_out_on_a_kept_connection_is_no_such_case(self) -> None:
        self.kept()
        self.world["first"].script([faults.STALL_BEFORE_HEAD])
        self.assert_ok(self.chat(), "second")
        self.assertEqual(len(self.world["first"].requests), 2)

    def test_a_connection_that_was_closed_while_idle_is_not_used(self) -> None:
        self.world["first"].script([faults.NAMED["close_idle"]()])
        self.kept()
        eventually(
            lambda: self.world["first"].connections == [] or self.world["first"].requests[0].connection.closed_at,
            "closed",
        )
        response = self.chat()
        self.assert_ok(response, "first")
        self.assert_attempts(response, 1)
        self.assertEqual(len({id(one.connection) for one in self.world["first"].requests}), 2)


class TlsFailures(GatewayCase):
    config = SHORT

    @classmethod
    def build_world(cls) -> World:
        world = World()
        world.provider("first", {"model-a": model(price=dollars(1, 1))}, tls=authority().expired().context())
        world.provider("second", {"model-a": model(price=dollars(10, 10))})
        return world

    def test_a_failed_handshake_moves_on_and_sends_nothing(self) -> None:
        response = self.chat()
        self.assert_ok(response, "second")
        self.assert_attempts(response, 2)
        self.assertEqual(self.world["first"].requests, [])
        self.assertEqual(
            [one.http_bytes for one in self.world["first"].connections], [0] * len(self.world["first"].connections)
        )
