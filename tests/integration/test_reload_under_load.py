"""Hundreds of reloads while clients ask without pause: no answer fails and none mixes two registries (spec §12)."""

from __future__ import annotations

import copy
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from support.case import GatewayCase, question
from support.raw_client import Connection, Response
from support.registry import World, dollars, model
from support.waiting import eventually

RELOADS = int(os.environ.get("PHIGATE_RELOADS", "300"))
CLIENTS = 6
TOKENS = 1000


@dataclass(frozen=True)
class Told:
    """What an answer says of the registry that it was made under."""

    provider: str
    model: str
    upstream: str
    cost: str


@dataclass(frozen=True)
class Face:
    """One registry as its answers show it: the same host under another name, key, model and price."""

    provider: str
    model: str
    dollars: int

    @property
    def upstream(self) -> str:
        return f"host/{self.model}"

    @property
    def told(self) -> Told:
        return Told(self.provider, self.model, self.upstream, str(2 * TOKENS * self.dollars))


FACES = (Face("left", "model-a", 1), Face("right", "model-b", 7))


class ReloadUnderLoad(GatewayCase):
    config = {"workers": 2, "timeouts": {"first_byte": "20s", "first_token": "20s", "idle": "20s", "total": "30s"}}

    @classmethod
    def build_world(cls) -> World:
        world = World()
        usage = {"prompt_tokens": TOKENS, "completion_tokens": TOKENS, "total_tokens": 2 * TOKENS}
        hosts = {face.model: model(price=dollars(face.dollars, face.dollars), upstream=face.upstream) for face in FACES}
        keys = tuple(f"upstream-key-of-{face.provider}" for face in FACES)
        world.provider("host", hosts, api={"keys": keys, "usage": usage})
        cls.registries = [cls.registry_of(world, face) for face in FACES]
        world.registry = cls.registries[0]
        return world

    @staticmethod
    def registry_of(world: World, face: Face) -> dict[str, Any]:
        """The host as the only provider, with this face's model alone."""
        registry = copy.deepcopy(world.registry)
        facts = registry["providers"].pop("host")
        endpoint = facts["endpoints"].pop("host-1")
        endpoint["models"] = {face.model: endpoint["models"][face.model]}
        endpoint["credential"] = f"upstream-key-of-{face.provider}"
        facts["endpoints"] = {f"{face.provider}-1": endpoint}
        registry["providers"][face.provider] = facts
        return registry

    def setUp(self) -> None:
        super().setUp()
        self.stopping = threading.Event()
        self.wrong: list[str] = []
        self.seen: Counter[Told] = Counter()
        self.lock = threading.Lock()

    # ---- those who ask

    def client(self, number: int) -> None:
        try:
            with self.gateway.connect(timeout=30.0) as connection:
                while not self.stopping.is_set() and not self.wrong:
                    self.ask(connection, is_stream=number % 2 == 1)
        except (AssertionError, OSError, ValueError, LookupError) as error:
            self.wrong.append(f"client {number}: {error!r}")

    def ask(self, connection: Connection, *, is_stream: bool) -> None:
        response = self.chat(question(model="auto", stream=is_stream), connection=connection)
        if response.status != 200:
            self.wrong.append(f"{response.status} {response.body[:300]!r}")
            return
        told = self.told_by(response, is_stream=is_stream)
        if told not in [face.told for face in FACES]:
            self.wrong.append(f"a mixed answer: {told}")
        with self.lock:
            self.seen[told] += 1

    @staticmethod
    def told_by(response: Response, *, is_stream: bool) -> Told:
        routed = (response.header("x-phi-routed") or "").split("/")[0]
        if is_stream:
            first = response.events()[0].json()
            cost = response.trailer("x-phi-cost-micro") or ""
        else:
            first = response.json()
            cost = response.header("x-phi-cost-micro") or ""
        return Told(response.header("x-provider-slug") or "", routed, first["model"], cost)

    # ---- the one who reloads

    def in_force(self) -> str:
        candidates = self.explain(question(model="auto"))["candidates"]
        return candidates[0]["provider"]

    def reload_to(self, turn: int) -> None:
        self.gateway.write_files(self.registries[turn % 2])
        self.gateway.signal(signal.SIGHUP)
        expected = FACES[turn % 2].provider
        eventually(lambda: self.in_force() == expected, f"reload {turn} is in force", timeout=20)

    def test_no_answer_fails_and_none_is_mixed(self) -> None:
        clients = [threading.Thread(target=self.client, args=(number,), daemon=True) for number in range(CLIENTS)]
        for one in clients:
            one.start()
        started = time.monotonic()
        for turn in range(1, RELOADS + 1):
            self.reload_to(turn)
            if self.wrong:
                break
        seconds = time.monotonic() - started
        self.stopping.set()
        for one in clients:
            one.join(30)
        self.assertEqual(self.wrong, [])
        self.assertEqual([one for one in clients if one.is_alive()], [])
        for face in FACES:
            self.assertGreater(self.seen[face.told], RELOADS // 10, (self.seen, seconds))
        self.check_what_the_host_got()

    def check_what_the_host_got(self) -> None:
        """Each request came with the key that belongs to its model."""
        sent = {
            (request.json()["model"], request.header("authorization"))
            for request in self.world["host"].requests
            if request.whole and request.method == "POST"
        }
        expected = {(face.upstream, f"Bearer upstream-key-of-{face.provider}") for face in FACES}
        self.assertEqual(sent, expected)

    def test_signals_in_a_heap_end_with_the_last_files(self) -> None:
        for turn in range(200):
            self.gateway.write_files(self.registries[turn % 2])
            self.gateway.signal(signal.SIGHUP)
        self.gateway.write_files(self.registries[1])
        self.gateway.signal(signal.SIGHUP)
        eventually(lambda: self.in_force() == FACES[1].provider, "the last files are in force", timeout=20)
        self.assert_ok(self.chat(question(model="auto")), FACES[1].provider)
