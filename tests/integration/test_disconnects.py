"""A client that goes, or that does not read: both reach the provider (spec §5, threats §5)."""

from __future__ import annotations

from sim import faults
from sim.upstream import Then
from support.case import GatewayCase, question
from support.raw_client import Connection, parse_events
from support.registry import World, failover_world
from support.waiting import eventually, settled

STREAM = question(stream=True)
CONTENT = {"id": "c1", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
STOP = {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


class Disconnects(GatewayCase):
    """The client's going cancels the upstream request within 100 ms (spec §5)."""

    config = {"timeouts": {"first_byte": "20s", "first_token": "20s", "idle": "20s", "total": "20s"}}

    @classmethod
    def build_world(cls) -> World:
        return failover_world()

    def delay_until_cancelled(self, connection: Connection, leave: str) -> float:
        eventually(
            lambda: self.world["first"].requests and self.world["first"].requests[-1].whole, "the request arrived"
        )
        record = self.world["first"].requests[-1].connection
        self.assertIsNone(record.peer_closed_at)
        left = connection.close() if leave == "close" else connection.reset()
        eventually(lambda: record.peer_closed_at, "the upstream request is cancelled")
        return record.peer_closed_at - left

    def assert_prompt(self, begin, leave: str = "close") -> None:
        """The median of five, so that one hiccup of a busy machine decides nothing."""
        delays = []
        for _ in range(5):
            self.world.forget()
            delays.append(self.delay_until_cancelled(begin(), leave))
        self.assertLess(sorted(delays)[2], 0.1, delays)
        self.assertEqual([len(one.requests) for one in self.world.upstreams], [1, 0, 0])

    def send(self, body: dict, step: faults.Step) -> Connection:
        self.world["first"].script([step])
        return self.send_only(body)

    def test_before_the_first_byte(self) -> None:
        self.assert_prompt(lambda: self.send(question(), faults.STALL_BEFORE_HEAD))

    def test_before_the_first_byte_of_a_stream(self) -> None:
        self.assert_prompt(lambda: self.send(STREAM, faults.STALL_BEFORE_HEAD))

    def test_by_a_reset(self) -> None:
        self.assert_prompt(lambda: self.send(question(), faults.STALL_BEFORE_HEAD), "reset")

    def test_in_a_body(self) -> None:
        self.assert_prompt(lambda: self.send(question(), faults.stall_mid_body()))

    def test_in_a_held_stream(self) -> None:
        self.assert_prompt(lambda: self.send(STREAM, faults.role_then_silence()))

    def test_in_a_committed_stream(self) -> None:
        def begin() -> Connection:
            connection = self.send(STREAM, faults.stream([CONTENT], then=Then.STALL))
            connection.read_head()
            connection.read_event()
            return connection

        self.assert_prompt(begin)
        self.assert_prompt(begin, "reset")

    def test_while_events_flow(self) -> None:
        def begin() -> Connection:
            connection = self.send(STREAM, faults.stream([CONTENT] * 2000, pause=0.01))
            connection.read_head()
            connection.read_event()
            return connection

        self.assert_prompt(begin)

    def test_a_cancelled_connection_is_not_used_again(self) -> None:
        self.delay_until_cancelled(self.send(question(), faults.STALL_BEFORE_HEAD), "close")
        self.world.forget()
        response = self.chat(question("afterwards"))
        self.assert_ok(response, "first")
        self.assertIn("afterwards", response.json()["choices"][0]["message"]["content"])


class BackPressure(GatewayCase):
    config = {"timeouts": {"idle": "20s", "first_token": "20s", "total": "20s", "stream": "60s"}}
    EVENT = {"id": "c1", "choices": [{"index": 0, "delta": {"content": "x" * 16_000}}]}
    COUNT = 6_000  # about 97 MB

    def test_a_client_that_does_not_read_stops_its_provider(self) -> None:
        self.world["first"].script([faults.stream([self.EVENT] * self.COUNT + [STOP])])
        connection, response = self.open_stream(connect={"receive_buffer": 16_384, "timeout": 30.0})
        self.assertEqual(response.status, 200)
        record = self.world["first"].requests[0].connection
        settled(lambda: record.sent_bytes)
        self.assertLess(record.sent_bytes, 40_000_000, "kernel buffers and a little more, not the whole answer")
        connection.close()
        eventually(lambda: record.peer_closed_at, "the provider's connection is given up")

    def test_a_slow_client_gets_everything_in_the_end(self) -> None:
        self.world["first"].script([faults.stream([self.EVENT] * 400 + [STOP])])
        connection, response = self.open_stream(connect={"receive_buffer": 16_384, "timeout": 30.0})
        while chunk := connection.read_chunk():
            response.body += chunk
        events = parse_events(response.body)
        self.assertEqual(sum(event.data is not None and "xxx" in event.data for event in events), 400)
        self.assertEqual(events[-1].data, "[DONE]")
