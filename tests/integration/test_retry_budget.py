"""Second and later failovers, together, stay under a share of what is under way (threats §5)."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from sim import faults
from sim.upstream import Exchange, Step, Then
from support.case import GatewayCase, question
from support.raw_client import Connection, Response
from support.registry import World, dollars, model
from support.waiting import eventually, settled

PATIENT = {
    "timeouts": dict.fromkeys(("connect", "first_byte", "first_token", "idle", "total"), "30s"),
    "failover": {"max_attempts": 4},
    "health": {"cooldown": {"server_error": "1ms", "rate_limit": "1ms", "repeated": "1ms"}},
}
FLOOR = 10


class Held:
    """A step that holds every request until `open`, and counts how many it holds at most at one time."""

    def __init__(self) -> None:
        self.gate = faults.Gate()
        self.now = 0
        self.most = 0

    def step(self, then: Step) -> Step:
        async def play(exchange: Exchange) -> Then:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await exchange.wait_for(self.gate)
            finally:
                self.now -= 1
            return await then.play(exchange)

        return Step(play)


class BudgetCase(GatewayCase):
    """Four hosts in a fixed order, `h1` to `h4`."""

    config: dict[str, Any] = {**PATIENT, "workers": 2}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        for number in range(1, 5):
            world.provider(f"h{number}", {"model-a": model(price=dollars(10**number, 10**number))})
        return world

    def setUp(self) -> None:
        super().setUp()
        self.heal(question())

    def begin(self, count: int) -> list[Connection]:
        return [self.send_only(question(provider={"order": ["h1", "h2", "h3", "h4"]})) for _ in range(count)]

    def answers(self, connections: list[Connection]) -> list[Response]:
        return [connection.read_response() for connection in connections]

    @staticmethod
    def tried(response: Response) -> int:
        return int(response.header("x-phi-attempts"))


class OneWave(BudgetCase):
    """All arrive at once: the first two hosts fail together, the third one holds what it gets."""

    def play(self, count: int, failure: Step) -> tuple[Held, list[Response]]:
        arrived, held = Held(), Held()
        self.addCleanup(arrived.gate.open)
        self.addCleanup(held.gate.open)
        self.world["h1"].always(arrived.step(failure))
        self.world["h2"].always(failure)
        self.world["h3"].always(held.step(faults.answer()))
        connections = self.begin(count)
        eventually(lambda: arrived.now == count, "all are under way", timeout=20)
        arrived.gate.open()
        eventually(lambda: len(self.world["h2"].requests) == count, "each has failed over once", timeout=20)
        settled(lambda: (len(self.world["h3"].requests), held.now))
        held.gate.open()
        return held, self.answers(connections)

    def test_few_requests_may_all_go_on(self) -> None:
        held, answers = self.play(FLOOR - 1, faults.status(503))
        self.assertEqual(held.most, FLOOR - 1)
        for response in answers:
            self.assert_ok(response, "h3")
            self.assert_attempts(response, 3)

    def test_of_many_a_share_may(self) -> None:
        count = 100
        held, answers = self.play(count, faults.status(503))
        self.assertLessEqual(held.most, max(FLOOR, count // 5))
        self.assertGreaterEqual(held.most, FLOOR - 1)
        served = [response for response in answers if response.status == 200]
        self.assertEqual(len(served), len(self.world["h3"].requests))
        for response in served:
            self.assert_ok(response, "h3")
            self.assert_attempts(response, 3)
        refused = [response for response in answers if response.status != 200]
        self.assertEqual(len(refused), count - len(served))
        for response in refused:
            error = self.assert_error(response, 502, "upstream_error")
            self.assert_attempts(response, 2)
            self.assertEqual([one["status"] for one in error["metadata"]["attempts"]], [503, 503])
            self.assertEqual(response.header("x-provider-slug"), "h2")

    def test_a_refused_one_ends_with_the_failure_it_had(self) -> None:
        _, answers = self.play(60, faults.rate_limited(7))
        refused = [response for response in answers if response.status != 200]
        self.assertGreater(len(refused), 0)
        for response in refused:
            self.assert_error(response, 429, "upstream_rate_limited")
            self.assertEqual(response.header("retry-after"), "7")
            self.assert_attempts(response, 2)

    def test_what_was_spent_comes_back(self) -> None:
        for _ in range(3):
            self.world.forget()
            held, answers = self.play(FLOOR - 1, faults.status(503))
            self.assertEqual({response.status for response in answers}, {200})


class FirstFailovers(BudgetCase):
    def test_each_request_has_its_first_one_however_many_there_are(self) -> None:
        count = 150
        arrived, held = Held(), Held()
        self.addCleanup(arrived.gate.open)
        self.addCleanup(held.gate.open)
        self.world["h1"].always(arrived.step(faults.status(503)))
        self.world["h2"].always(held.step(faults.answer()))
        connections = self.begin(count)
        eventually(lambda: arrived.now == count, "all are under way", timeout=20)
        arrived.gate.open()
        eventually(lambda: held.now == count, "all wait for their second host", timeout=20)
        held.gate.open()
        for response in self.answers(connections):
            self.assert_ok(response, "h2")
            self.assert_attempts(response, 2)


class Hanging(BudgetCase):
    """After a time-out one more route is tried, so hanging hosts alone make no second failover."""

    config = {**BudgetCase.config, "timeouts": {**PATIENT["timeouts"], "first_byte": "400ms"}}

    def test_all_hang(self) -> None:
        for upstream in self.world.upstreams:
            upstream.always(faults.STALL_BEFORE_HEAD)
        for response in self.answers(self.begin(40)):
            self.assert_error(response, 504, "upstream_timeout")
            self.assert_attempts(response, 2)
        self.assertEqual(self.world["h3"].requests, [])


class UnderLoad(BudgetCase):
    """Clients that ask again and again while every host fails, and later attempts take longer than first ones."""

    CLIENTS = 60
    ROUNDS = 4

    def setUp(self) -> None:
        super().setUp()
        self.tries: Counter[str] = Counter()  # of each request, by its text
        self.later = 0  # requests in their third or later attempt now
        self.most = 0
        for upstream in self.world.upstreams:
            upstream.always(Step(self.play))

    async def play(self, exchange: Exchange) -> Then:
        text = exchange.request.json()["messages"][0]["content"]
        self.tries[text] += 1
        is_later = self.tries[text] > 2
        self.later += is_later
        self.most = max(self.most, self.later)
        try:
            await exchange.sleep(0.05 if is_later else 0.01)
        finally:
            self.later -= is_later
        return await faults.status(503).play(exchange)

    def client(self, number: int, wrong: list[str]) -> None:
        try:
            with self.gateway.connect() as connection:
                for turn in range(self.ROUNDS):
                    response = self.chat(question(f"{number}/{turn}"), connection=connection)
                    if response.status != 502 or self.tried(response) != self.tries[f"{number}/{turn}"]:
                        wrong.append(f"{response.raw_head!r} {response.body[:200]!r}")
        except (AssertionError, OSError) as error:
            wrong.append(repr(error))

    def test_the_bound_holds_at_every_moment(self) -> None:
        wrong: list[str] = []
        clients = [
            threading.Thread(target=self.client, args=(number, wrong), daemon=True) for number in range(self.CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join(60)
        self.assertEqual(wrong, [])
        self.assertEqual(len(self.tries), self.CLIENTS * self.ROUNDS)
        self.assertGreaterEqual(min(self.tries.values()), 2, "a first failover is always allowed")
        self.assertGreater(max(self.tries.values()), 2)
        # The gateway may be done with an attempt a moment before the host is.
        self.assertLessEqual(self.most, max(FLOOR, self.CLIENTS // 5) + 1)
