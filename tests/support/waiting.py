"""Bounded polling: the only place where the tests wait for something by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], what: str = "", timeout: float = 10.0) -> None:
    """Returns as soon as `condition` holds; an AssertionError when it does not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what or condition}")
        time.sleep(0.002)


def settled(value: Callable[[], object], still: float = 0.3, timeout: float = 20.0) -> object:
    """The value once it has not changed for `still` seconds."""
    deadline = time.monotonic() + timeout
    last, since = value(), time.monotonic()
    while time.monotonic() - since < still:
        if time.monotonic() > deadline:
            raise AssertionError(f"still changing after {timeout} s: {last}")
        time.sleep(0.01)
        if (now := value()) != last:
            last, since = now, time.monotonic()
    return last
