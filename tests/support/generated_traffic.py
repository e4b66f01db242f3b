"""Random requests to a generated world, each with a nonce of its own and a script of what every route answers to it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim import faults
from sim.upstream import Exchange, Step, Then

from .eligibility import Ask, Route, region_of, utc_today
from .execution import Outcome, Scripted
from .generated_preferences import PreferenceDraw
from .generated_world import CHAT_MODELS, EMBEDDING_MODELS, HASTE, GeneratedWorld
from .registry import REGIONS

NONCE = re.compile(r"nonce-[0-9a-f]{16}")
PATHS = {"chat": "/v1/chat/completions", "vision": "/v1/chat/completions", "embeddings": "/v1/embeddings"}
ROLE = {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}


@dataclass(frozen=True)
class Fault:
    """One answer of an endpoint: how it is played and what it comes to."""

    name: str
    step: Step
    scripted: Scripted
    may_come_twice: bool = False  # on a kept-alive connection it looks stale, and is asked once more on a fresh one


@dataclass(frozen=True)
class Asked:
    """One request as it is sent, and what its answer depends on."""

    number: int
    nonce: str
    ask: Ask
    headers: list[tuple[str, str]]
    body: dict[str, Any]
    answers: dict[str, Fault]  # by the model's upstream name

    @property
    def path(self) -> str:
        return PATHS[self.ask.modality]

    @property
    def is_stream(self) -> bool:
        return self.body.get("stream", False)

    def answer_of(self, route: Route) -> Fault:
        return self.answers[route.model_facts["upstream"]]

    def __str__(self) -> str:
        scripts = {name: fault.name for name, fault in self.answers.items()}
        return f"request {self.number}: {self.ask}, headers {self.headers}, body {self.body}, answers {scripts}"


# ---- what an endpoint can answer


def good(name: str, step: Step) -> Fault:
    return Fault(name, step, Scripted(Outcome.GOOD))


def failed(name: str, step: Step, *, twice: bool = False) -> Fault:
    return Fault(name, step, Scripted(Outcome.FAILED), twice)


def stalled(name: str, step: Step) -> Fault:
    return Fault(name, step, Scripted(Outcome.STALLED, stalls_for=HASTE))


def broken(name: str, step: Step, stalls_for: float = 0.0) -> Fault:
    return Fault(name, step, Scripted(Outcome.BROKEN, stalls_for=stalls_for))


def ends(status: int, outcome: Outcome) -> Fault:
    code = "scripted_mistake" if outcome is Outcome.REFUSED else None
    said = {"error": {"message": f"scripted {status}", "type": "invalid_request_error", "param": None, "code": code}}
    return Fault(f"status {status}", faults.status(status, said), Scripted(outcome, status, code))


def limited(retry_after: int | None) -> Fault:
    scripted = Scripted(Outcome.LIMITED, 429, retry_after=retry_after)
    return Fault(f"429, Retry-After {retry_after}", faults.rate_limited(retry_after), scripted)


ERROR_BODY = b'{"error":{"message":"overloaded","type":"server_error","code":503}}'
SAME_FOR_ALL = [
    *(failed(f"status {one}", faults.status(one)) for one in (500, 502, 503, 504, 529, 408)),
    failed("redirect", faults.status(307, b"", {"location": "http://127.0.0.1:1/v1/chat/completions"})),
    failed("close before the head", faults.CLOSE_BEFORE_HEAD, twice=True),
    failed("reset before the head", faults.RESET_BEFORE_HEAD, twice=True),
    failed("half a head", faults.raw(b"HTTP/1.1 200 OK\r\ncontent-", then=Then.CLOSE)),
    *(failed(name, faults.NAMED[name]()) for name in ("invalid_http", "big_head", "bad_chunk", "not_json")),
]
ENDS = [
    *(ends(status, Outcome.REFUSED) for status in (400, 409, 415, 422)),
    *(ends(status, Outcome.UNAUTHORISED) for status in (401, 402, 403)),
    *[ends(404, Outcome.MISCONFIGURED)] * 2,
]
WHOLE_GOOD = [
    good("answer", faults.answer()),
    good("chunked", faults.reply(framing="chunked")),
    *(good(name, faults.NAMED[name]()) for name in ("interim", "hostile_headers", "connection_close", "close_idle")),
    good("drip", faults.reply(drip=7)),
]
WHOLE_FAILED = [
    *(failed(name, faults.NAMED[name]()) for name in ("length_and_chunked", "gzipped", "short_body", "reset_mid_body")),
    failed("no body", faults.reply(cut=0, then=Then.CLOSE)),
    failed("a 200 that is an error", faults.reply(body=ERROR_BODY)),
]
WHOLE_STALLED = [
    stalled("stall before the head", faults.STALL_BEFORE_HEAD),
    stalled("stall after the head", faults.stall_after_head()),
    stalled("stall in the body", faults.stall_mid_body()),
]
STREAM_GOOD = [
    good("answer", faults.answer()),
    *(good(name, faults.NAMED[name]()) for name in ("no_done", "usage_in_every_chunk", "no_usage")),
    good("until close", faults.stream(framing="close")),
    good("regrouped", faults.stream(split=7)),
    good("other line ends", faults.stream(line_end=b"\r\n")),
    good("comments first", faults.stream(lead=[faults.comment("one"), ROLE])),
]
STREAM_FAILED = [
    failed("error event", faults.error_event_first()),
    failed("error event behind the role", faults.error_event_first(lead=[ROLE])),
    failed("close behind the role", faults.stream([ROLE], done=False, then=Then.CLOSE)),
    failed("reset behind the role", faults.stream([ROLE], done=False, then=Then.RESET)),
    failed("no content", faults.stream([ROLE])),
    failed("garbage", faults.stream([b"data: hello\n\n"], done=False, then=Then.CLOSE)),
]
STREAM_STALLED = [
    stalled("stall before the head", faults.STALL_BEFORE_HEAD),
    stalled("role and silence", faults.role_then_silence()),
    stalled("drip of comments", faults.stream([faults.comment("here")] * 200, pause=0.05, then=Then.STALL)),
]
STREAM_BROKEN = [
    broken("close in the stream", faults.stream(upto=2, then=Then.CLOSE)),
    broken("reset in the stream", faults.stream(upto=2, then=Then.RESET)),
    broken("no finish reason", faults.stream(finish=False)),
    broken("neither finish reason nor end", faults.stream(finish=False, done=False)),
]
BROKEN_BY_SILENCE = broken("silence in the stream", faults.stream(upto=2, then=Then.STALL), HASTE)


# ---- what a client asks


class Traffic:
    """Draws requests to `of`, and plays their scripts at its endpoints. `all_phi`: each is of class phi."""

    def __init__(self, of: GeneratedWorld, seed: int, *, all_phi: bool = False) -> None:
        self._draw = random.Random(f"traffic {seed}")
        self._of = of
        self._all_phi = all_phi
        self._preferences = PreferenceDraw(self._draw, list(of.world.registry["providers"]))
        self._scripts: dict[str, dict[str, Fault]] = {}
        for upstream in of.world.upstreams:
            upstream.always(Step(self._play))

    async def _play(self, exchange: Exchange) -> Then:
        nonce = NONCE.search(exchange.request.raw_body.decode())
        script = self._scripts.get(nonce.group(), {}) if nonce else {}
        fault = script.get(exchange.request.json()["model"])
        return await (fault.step if fault else faults.answer()).play(exchange)

    def batch(self, count: int) -> list[Asked]:
        """The last one is answered 429 by all, with waits that would disturb those behind it."""
        calm = 2 * count if self._of.is_calm_at_first else 0
        begins = [self._asked(number, self._in_earshot(lambda *_: WHOLE_GOOD[0])) for number in range(calm)]
        return begins + [self._asked(calm + number, self._mood(number == count - 1)) for number in range(count)]

    def _asked(self, number: int, mood: Callable[[str, bool], Fault]) -> Asked:
        nonce = f"nonce-{self._draw.getrandbits(64):016x}"
        ask, headers = self._ask()
        body = self._embeddings_body(ask, nonce) if ask.modality == "embeddings" else self._chat_body(ask, nonce)
        answers = {
            route.model_facts["upstream"]: mood(route.endpoint, body.get("stream", False))
            for route in self._of.catalogue.routes
        }
        self._scripts[nonce] = answers
        return Asked(number, nonce, ask, headers, body, answers)

    def _ask(self) -> tuple[Ask, list[tuple[str, str]]]:
        """Mostly the one of several draws that has most routes: refusals would be most of it otherwise."""
        draws = [self._any_ask() for _ in range(self._draw.choice([1, 8, 8]))]
        return max(draws, key=lambda drawn: len(self._of.catalogue.eligible(drawn[0], utc_today())))

    def _any_ask(self) -> tuple[Ask, list[tuple[str, str]]]:
        draw = self._draw
        modality = draw.choices(["chat", "vision", "embeddings"], [4, 3, 3])[0]
        provider = self._preferences.provider()
        headers = [("Content-Type", "application/json")]
        region = self._region(headers, provider.get("data_residency"))
        phi = self._phi(headers)
        is_chat = modality != "embeddings"
        features = frozenset({"input_audio"}) if is_chat and draw.random() < 0.1 else frozenset()
        dimensions = draw.choice([4, 8, 16, 17]) if not is_chat and draw.random() < 0.3 else None
        extras = self._preferences.extras() if is_chat else {}
        model, variant = self._model(modality), self._preferences.variant()
        return Ask(region, phi, modality, model, features, dimensions, variant, provider, extras), headers

    def _region(self, headers: list[tuple[str, str]], residency: str | None) -> str | None:
        if self._draw.random() < (0.15 if residency is None else 0.6):
            return self._of.default_region if residency is None else region_of(residency, self._of.regions)
        name = self._draw.choice(["EU", *self._of.regions] * 6 + list(REGIONS))
        headers.append(("X-Region", self._draw.choice([name, name, name.lower(), f" {name.title()}  "])))
        return name

    def _phi(self, headers: list[tuple[str, str]]) -> bool:
        if self._draw.random() < 0.4 and not self._all_phi:
            return self._of.default_phi
        words = ["true", "True", " true ", "TRUE"] + ["false", "FALSE"] * (not self._all_phi)
        word = self._draw.choice(words)
        headers.append(("X-PHI", word))
        return word.strip().lower() == "true"

    def _model(self, modality: str) -> str:
        family = EMBEDDING_MODELS if modality == "embeddings" else CHAT_MODELS
        strangers = ["no-such-model", "Alpha-1", "AUTO", *CHAT_MODELS, *EMBEDDING_MODELS]
        kind = self._draw.choices(["auto", "alias", "pin", "stranger"], [30, 25, 38, 7])[0]
        if kind == "alias" and self._of.catalogue.aliases:
            return self._draw.choice(list(self._of.catalogue.aliases))
        return "auto" if kind in ("auto", "alias") else self._draw.choice(family if kind == "pin" else strangers)

    def _chat_body(self, ask: Ask, nonce: str) -> dict[str, Any]:
        parts = [{"type": "text", "text": nonce}]
        parts += [IMAGE] * (ask.modality == "vision") + [SOUND] * ("input_audio" in ask.features)
        self._draw.shuffle(parts)
        content = parts if len(parts) > 1 else self._draw.choice([nonce, parts])
        body = {**self._common(ask), "messages": [{"role": "user", "content": content}], **ask.extras}
        if self._draw.random() < 0.5:
            body["stream"] = True
            if self._draw.random() < 0.3:
                body["stream_options"] = {"include_usage": True}
        return self._shuffled(body)

    def _embeddings_body(self, ask: Ask, nonce: str) -> dict[str, Any]:
        body = {**self._common(ask), "input": self._draw.choice([nonce, [nonce], [nonce, "and more"]])}
        if ask.dimensions is not None:
            body["dimensions"] = ask.dimensions
        if self._draw.random() < 0.6:
            body["encoding_format"] = self._draw.choice(["float", "base64"])
        return self._shuffled(body)

    def _common(self, ask: Ask) -> dict[str, Any]:
        name = ask.model if ask.variant is None else f"{ask.model}:{ask.variant}"
        has_object = ask.provider or self._draw.random() < 0.1
        return {"model": name, **({"provider": ask.provider} if has_object else {})}

    def _shuffled(self, body: dict[str, Any]) -> dict[str, Any]:
        return dict(self._draw.sample(list(body.items()), len(body)))

    # ---- what becomes of it

    def _mood(self, is_last: bool) -> Callable[[str, bool], Fault]:
        """How all endpoints answer one request: well, as it comes, or each with something that moves it on."""
        draw = self._draw
        if is_last:
            return self._in_earshot(lambda *_: limited(draw.randint(1, 400)))
        if draw.random() < 0.12:
            return self._in_earshot(lambda *_: limited(draw.choice([0, None])))
        trouble, failing = draw.choice([(0.0, 1.0), (0.4, 0.7), (0.8, 0.8), (0.8, 1.0), (1.0, 1.0)])

        def answer(endpoint: str, stream: bool) -> Fault:
            if draw.random() >= trouble:
                return draw.choice(STREAM_GOOD if stream else WHOLE_GOOD)
            if draw.random() >= failing:
                return draw.choice(ENDS + (STREAM_BROKEN * 2 if stream else []))
            return self._failure(endpoint, stream)

        return self._in_earshot(answer)

    def _failure(self, endpoint: str, stream: bool) -> Fault:
        """Stalls are for endpoints that are given little time; to the others they would only take long."""
        if endpoint in self._of.hasty and self._draw.random() < 0.5:
            if stream:
                return self._draw.choice([*STREAM_STALLED, BROKEN_BY_SILENCE])
            return self._draw.choice(WHOLE_STALLED)
        if self._draw.random() < 0.2:
            return limited(self._draw.choice([0, None]))
        return self._draw.choice(SAME_FOR_ALL + (STREAM_FAILED if stream else WHOLE_FAILED))

    def _in_earshot(self, answer: Callable[[str, bool], Fault]) -> Callable[[str, bool], Fault]:
        nobody = failed("nobody listens", faults.CLOSE_BEFORE_HEAD)
        return lambda endpoint, stream: nobody if endpoint in self._of.silent else answer(endpoint, stream)
