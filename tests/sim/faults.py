"""The steps of a script: good answers with chosen details, and everything a provider can get wrong.

Three builders make nearly all of them: `reply` (a whole answer), `stream` (server-sent events) and `raw` (any bytes).
`NAMED` lists them for the command line and for configuration files.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from . import wire
from .openai_api import Api
from .provider_api import Answer, Failure
from .upstream import Exchange, Gate, Step, Then
from .wire import Headers, to_json

Event = dict[str, Any] | bytes | Gate
DONE = b"data: [DONE]\n\n"


def answer() -> Step:
    """What the API says, refusals included; streamed when the request asks for it."""

    async def play(exchange: Exchange) -> Then:
        try:
            exchange.api.check(exchange.request)
        except Failure as failure:
            return await whole(exchange.api.refusal(failure)).play(exchange)
        streamed = exchange.api.has_events(exchange.request) and exchange.request.json().get("stream")
        return await (stream() if streamed else reply()).play(exchange)

    return Step(play)


def whole(given: Answer, **options: Any) -> Step:
    """That answer as it is; `options` are those of `reply`."""
    headers = [*given.headers, *options.pop("headers", ())]
    usual = {"content_type": given.content_type, "framing": given.framing}
    return reply(given.status, given.body, headers, **(usual | options))


def refuse(
    status: int = 503, message: str = "scripted", code: str | None = None, headers: Headers = (), **details: Any
) -> Step:
    """A refusal in the provider's own words; `details` are fields of Failure."""

    async def play(exchange: Exchange) -> Then:
        failure = Failure(status, message, code, headers=tuple(headers), **details)
        return await whole(exchange.api.refusal(failure)).play(exchange)

    return Step(play)


def raw(*pieces: bytes, pause: float = 0.0, then: Then = Then.STALL, early: bool = False) -> Step:
    """These bytes, each piece in a TLS record of its own."""

    async def play(exchange: Exchange) -> Then:
        for piece in pieces:
            await exchange.send(piece)
            await exchange.sleep(pause)
        return then

    return Step(play, early)


def reply(
    status: int | None = None,
    body: bytes | None = None,
    headers: Headers = (),
    *,
    content_type: str | None = None,
    framing: str | None = None,
    announce: int | None = None,
    before: bytes = b"",
    cut: int | None = None,
    surplus: bytes = b"",
    trailers: Headers = (),
    drip: int | None = None,
    pause: float = 0.0,
    then: Then = Then.KEEP,
    gate: Gate | None = None,
    early: bool = False,
) -> Step:
    """A whole answer; `body` None is the API's own, with its status, type, headers and framing unless others are given.

    `framing` is length, chunked or close; `announce` lies about the length; `before` comes ahead of the head; only `cut`
    bytes of the body are sent; `surplus` follows its end; `drip` bytes go at a time with `pause` seconds between.
    """

    async def play(exchange: Exchange) -> Then:
        given = Answer(body) if body is not None else own_answer(exchange)
        if content_type is not None:
            given = replace(given, content_type=content_type)
        framed = framing or given.framing
        await exchange.sleep(exchange.upstream.delay.first)
        if gate is not None:
            await exchange.wait_for(gate)
        told = [*given.headers, *headers]
        await exchange.send(before + answer_head(status or given.status, given, framed, announce, told))
        sent = given.body if cut is None else given.body[:cut]
        for part in cut_up(sent, drip):
            await exchange.send(wire.chunk(part) if framed == "chunked" else part)
            await exchange.sleep(pause)
        end = wire.last_chunk(trailers) if framed == "chunked" and cut is None else b""
        if end + surplus:
            await exchange.send(end + surplus)
        return Then.CLOSE if framed == "close" and then is Then.KEEP else then

    return Step(play, early)


def own_answer(exchange: Exchange) -> Answer:
    """The API's, or its refusal of what it can't make sense of."""
    try:
        return exchange.api.answer(exchange.request)
    except Failure as failure:
        return exchange.api.refusal(failure)


def answer_head(status: int, given: Answer, framing: str, announce: int | None, headers: Headers) -> bytes:
    typed = [("content-type", given.content_type)] if given.content_type else []
    framed = [] if status == 204 else framing_headers(framing, announce, given.body)
    return wire.response_head(status, [*typed, *framed, *headers])


def framing_headers(framing: str, announce: int | None, content: bytes) -> list[tuple[str, str]]:
    if framing == "chunked":
        return [("transfer-encoding", "chunked")]
    if framing == "close":
        return [("connection", "close")]
    return [("content-length", str(len(content) if announce is None else announce))]


def pieces(
    *given: bytes | Gate,
    content_type: str = "audio/mpeg",
    framing: str = "chunked",
    announce: int | None = None,
    then: Then = Then.KEEP,
) -> Step:
    """A body that comes piece by piece, held up wherever a gate stands. Chunked, it has its end where the connection is kept."""

    async def play(exchange: Exchange) -> Then:
        whole_body = b"".join(piece for piece in given if isinstance(piece, bytes))
        await exchange.send(answer_head(200, Answer(whole_body, 200, content_type), framing, announce, ()))
        for piece in given:
            if isinstance(piece, Gate):
                await exchange.wait_for(piece)
            else:
                await exchange.send(wire.chunk(piece) if framing == "chunked" else piece)
        if framing == "chunked" and then is Then.KEEP:
            await exchange.send(wire.last_chunk())
        return Then.CLOSE if framing == "close" and then is Then.KEEP else then

    return Step(play)


def cut_up(data: bytes, size: int | None) -> list[bytes]:
    if size is None:
        return [data] if data else []
    return [data[start : start + size] for start in range(0, len(data), size)]


def stream(
    events: Sequence[Event] | None = None,
    *,
    headers: Headers = (),
    upto: int | None = None,
    done: bool = True,
    finish: bool = True,
    usage: str = "asked",
    lead: Sequence[Event] = (),
    line_end: bytes = b"\n",
    split: int | None = None,
    trailers: Headers = (),
    framing: str = "chunked",
    pause: float = 0.0,
    gate: Gate | None = None,
    then: Then = Then.KEEP,
) -> Step:
    """Server-sent events; `events` None are the API's own for the request, which the other options then shape.

    `upto`: only so many events with content, then `then` without the last chunk. `usage` is asked, never, every or last.
    `lead` comes first. `split` regroups all bytes into pieces of that size. Where the API has no events for the request, its
    whole answer comes instead, and of that `upto` bytes.
    """

    async def play(exchange: Exchange) -> Then:
        if events is None and not exchange.api.has_events(exchange.request):
            return await reply(headers=headers, cut=upto, gate=gate, then=then).play(exchange)
        told = list(events) if events is not None else usual_events(exchange, upto, finish, usage)
        if done and upto is None and then is not Then.STALL:
            told.append(DONE)
        await exchange.sleep(exchange.upstream.delay.first)
        if gate is not None:
            await exchange.wait_for(gate)
        await exchange.send(wire.response_head(200, stream_headers(framing, headers)))
        for piece in encode_events([*lead, *told], line_end, split):
            if isinstance(piece, Gate):
                await exchange.wait_for(piece)
                continue
            await exchange.send(wire.chunk(piece) if framing == "chunked" else piece)
            await exchange.sleep(pause or exchange.upstream.delay.between)
        if upto is None and then is Then.KEEP and framing == "chunked":
            await exchange.send(wire.last_chunk(trailers))
        return Then.CLOSE if then is Then.KEEP and (framing == "close" or upto is not None) else then

    return Step(play)


def stream_headers(framing: str, extra: Headers) -> list[tuple[str, str]]:
    framed = ("transfer-encoding", "chunked") if framing == "chunked" else ("connection", "close")
    return [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"), framed, *extra]


def encode_events(events: Iterable[Event], line_end: bytes, split: int | None) -> list[bytes | Gate]:
    encoded = [event if isinstance(event, Gate) else to_event(event).replace(b"\n", line_end) for event in events]
    if split is None:
        return encoded
    return list(cut_up(b"".join(piece for piece in encoded if isinstance(piece, bytes)), split))


def to_event(event: dict[str, Any] | bytes) -> bytes:
    return event if isinstance(event, bytes) else b"data: " + to_json(event) + b"\n\n"


def comment(text: str) -> bytes:
    return f": {text}\n\n".encode()


def usual_events(exchange: Exchange, upto: int | None, finish: bool, usage: str) -> list[Event]:
    api = exchange.api
    assert isinstance(api, Api)
    body = api.read_body(exchange.request)
    events = [*api.opening(body), api.chunk(body, {"role": "assistant", "content": ""})]
    events += [api.chunk(body, delta) for delta in api.deltas(body)[:upto]]
    if upto is not None:
        return list(events)
    if finish:
        events.append(api.chunk(body, {}, api.finish_reason(body)))
    counted = api.counted(body, api.text(body))
    if usage == "every":
        for event in events:
            event["usage"] = counted
    elif usage == "last" or (usage == "asked" and api.counts_in_last_chunk and wants_usage(body)):
        events[-1]["usage"] = counted
    elif usage == "asked" and wants_usage(body):
        events.append(api.chunk(body, None) | {"usage": counted})
    return list(events)


def wants_usage(body: dict[str, Any]) -> bool:
    return (body.get("stream_options") or {}).get("include_usage") is True


def status(status: int, body: Any = None, headers: Headers = (), **options: Any) -> Step:
    """An error answer: a JSON value or bytes as its body, OpenAI's shape by default."""
    if body is None:
        body = {"error": {"message": f"scripted {status}", "type": "server_error", "param": None, "code": None}}
    return reply(status, body if isinstance(body, bytes) else to_json(body), list(dict(headers).items()), **options)


def rate_limited(retry_after: str | int | None = None) -> Step:
    headers = [] if retry_after is None else [("retry-after", str(retry_after))]
    return status(
        429,
        {"error": {"message": "slow down", "type": "rate_limit_error", "param": None, "code": "rate_limit_exceeded"}},
        headers,
    )


def stall_after_head(length: int = 100) -> Step:
    return reply(body=b"", announce=length, then=Then.STALL)


def stall_mid_body(after: int = 10) -> Step:
    return reply(cut=after, then=Then.STALL)


def role_then_silence() -> Step:
    return stream(upto=0, then=Then.STALL)


def error_event_first(message: str = "scripted failure in the stream", lead: Sequence[Event] = ()) -> Step:
    """A 200 whose first event is an error."""
    error = {"error": {"message": message, "type": "server_error", "param": None, "code": 500}}
    return stream([*lead, error], done=False)


def big_head(size: int = 70_000) -> Step:
    return reply(headers=[("x-padding", "p" * size)])


def gzipped() -> Step:
    async def play(exchange: Exchange) -> Then:
        packed = gzip.compress(own_answer(exchange).body, mtime=0)
        return await reply(body=packed, headers=[("content-encoding", "gzip")]).play(exchange)

    return Step(play)


def length_and_chunked() -> Step:
    return reply(framing="chunked", headers=[("content-length", "5")])


def hostile_headers(extra: Headers = ()) -> Step:
    """Headers that must never reach a client."""
    hostile = [
        ("set-cookie", "track=1"),
        ("server", "leaky/1.0"),
        ("x-phi-routed", "fake/WORLD/phi"),
        ("x-phi-tier", "phi"),
        ("x-phi-cost-micro", "1"),
        ("x-request-id", "upstream-id-1"),
        ("x-should-retry", "true"),
        ("x-provider-slug", "fake"),
        ("access-control-allow-origin", "*"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
    ]
    return reply(headers=[*hostile, *extra])


def interim(*statuses: int) -> Step:
    """1xx heads ahead of the answer."""
    return reply(before=b"".join(wire.response_head(one, [("x-early", "1")]) for one in statuses or (100, 103)))


CLOSE_BEFORE_HEAD = raw(then=Then.CLOSE)
RESET_BEFORE_HEAD = raw(then=Then.RESET)
STALL_BEFORE_HEAD = raw(then=Then.STALL)

BAD_CHUNK_HEAD = wire.response_head(200, [("content-type", "application/json"), ("transfer-encoding", "chunked")])

NAMED: dict[str, Callable[..., Step]] = {
    "answer": answer,
    "status": status,
    "refuse": refuse,
    "rate_limited": rate_limited,
    "redirect": lambda to="https://127.0.0.1:1/": status(307, b"", [("location", to)]),
    "close_before_head": lambda: CLOSE_BEFORE_HEAD,
    "close_after_head": lambda: reply(cut=0, then=Then.CLOSE),
    "reset_before_head": lambda: RESET_BEFORE_HEAD,
    "reset_mid_body": lambda after=10: reply(cut=after, then=Then.RESET),
    "stall_before_head": lambda: STALL_BEFORE_HEAD,
    "stall_after_head": stall_after_head,
    "stall_mid_body": stall_mid_body,
    "stall_mid_stream": lambda after=2: stream(upto=after, then=Then.STALL),
    "role_then_silence": role_then_silence,
    "error_event_first": error_event_first,
    "close_in_stream": lambda after=2: stream(upto=after, then=Then.CLOSE),
    "reset_in_stream": lambda after=2: stream(upto=after, then=Then.RESET),
    "no_done": lambda: stream(done=False),
    "no_finish_reason": lambda: stream(finish=False),
    "invalid_http": lambda: raw(b"ICY 200 OK\r\n\r\nhello", then=Then.CLOSE),
    "bad_chunk": lambda: raw(BAD_CHUNK_HEAD + b"5z\r\nhello\r\n0\r\n\r\n", then=Then.CLOSE),
    "length_and_chunked": length_and_chunked,
    "short_body": lambda missing=10: reply(cut=missing, then=Then.CLOSE),
    "surplus": lambda: reply(surplus=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    "big_head": big_head,
    "interim": interim,
    "gzipped": gzipped,
    "not_json": lambda: reply(body=b"<html>hello</html>", content_type="text/html"),
    "usage_in_every_chunk": lambda: stream(usage="every"),
    "no_usage": lambda: stream(usage="never"),
    "hostile_headers": hostile_headers,
    "trailers": lambda: reply(framing="chunked", trailers=[("x-phi-cost-micro", "9"), ("set-cookie", "a=b")]),
    "drip": lambda size=1, pause=0.02: reply(drip=size, pause=pause),
    "connection_close": lambda: reply(framing="close"),
    "close_idle": lambda: reply(then=Then.CLOSE),
}


def from_config(text_or_object: str | dict[str, Any]) -> Step:
    """ "stall_before_head", "status:503", or {"fault": "status", "status": 503, "headers": {...}}."""
    if isinstance(text_or_object, dict):
        options = dict(text_or_object)
        name = options.pop("fault")
        return NAMED[name](**options)
    name, _, argument = text_or_object.partition(":")
    if name not in NAMED:
        raise ValueError(f"unknown fault {name!r}; known: {', '.join(sorted(NAMED))}")
    return NAMED[name](*([json.loads(argument)] if argument else []))
