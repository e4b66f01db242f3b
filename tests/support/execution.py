"""What becomes of a request whose routes answer as scripted (spec §5): an oracle."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Outcome(enum.Enum):
    """What an answer means to the one who asked for it."""

    GOOD = "good"
    BROKEN = "broken"  # a stream that fails after its first content
    FAILED = "failed"
    LIMITED = "limited"  # 429
    STALLED = "stalled"  # a time-out after the whole request was sent
    REFUSED = "refused"  # the client's own mistake
    UNAUTHORISED = "unauthorised"  # 401, 402, 403
    MISCONFIGURED = "misconfigured"  # 404


ENDINGS = {
    Outcome.GOOD: (200, None),
    Outcome.BROKEN: (200, None),
    Outcome.UNAUTHORISED: (502, "upstream_auth_failed"),
    Outcome.MISCONFIGURED: (502, "upstream_misconfigured"),
}


@dataclass(frozen=True)
class Scripted:
    """One route's answer. `status` is the provider's own; `retry_after` whole seconds; `stalls_for` seconds."""

    outcome: Outcome
    status: int = 0
    code: str | None = None
    retry_after: int | None = None
    stalls_for: float = 0.0


@dataclass(frozen=True)
class Prediction:
    attempts: int
    status: int
    code: str | None
    retry_after: int | None
    stalled_for: float  # seconds spent waiting for what never comes, the commit counted out
    last: Outcome


def play(answers: Sequence[Scripted], max_attempts: int) -> Prediction:
    """`answers[i]` is what position i of the order says. At least one."""
    allowed = min(max_attempts, len(answers))
    tried: list[Scripted] = []
    while len(tried) < allowed:
        answer = answers[len(tried)]
        tried.append(answer)
        if answer.outcome not in (Outcome.FAILED, Outcome.LIMITED, Outcome.STALLED):
            break
        if answer.outcome is Outcome.STALLED:
            allowed = min(allowed, len(tried) + 1)
    status, code, retry_after = ending(tried)
    stalled = sum(one.stalls_for for one in tried)
    return Prediction(len(tried), status, code, retry_after, stalled, tried[-1].outcome)


def ending(tried: Sequence[Scripted]) -> tuple[int, str | None, int | None]:
    last = tried[-1]
    if last.outcome in ENDINGS:
        return *ENDINGS[last.outcome], None
    if last.outcome is Outcome.REFUSED:
        return last.status, last.code, None
    if all(one.outcome is Outcome.LIMITED for one in tried):
        waits = [one.retry_after for one in tried if one.retry_after is not None]
        return 429, "upstream_rate_limited", min(waits, default=None)
    if last.outcome is Outcome.STALLED:
        return 504, "upstream_timeout", None
    return 502, "upstream_error", None
