"""How often a client may send what: token buckets (as in RFC 2697: a rate, and a burst that may be saved up)."""

from __future__ import annotations

import time
from typing import Callable, NamedTuple


class Rate(NamedTuple):
    """So many a second in the long run, and a burst of so many at once."""

    per_s: float
    burst: int


# Packets that are not here may come at the rate ANY_PACKET.
PACKET_RATES = {
    "JOIN": Rate(1, 5),
    "MOVE": Rate(30, 60),
    "AIM": Rate(30, 60),
    "ATTACK": Rate(10, 20),
    "SHOOT": Rate(10, 20),
    "CHAT": Rate(1, 5),
}
ANY_PACKET = Rate(10, 20)
# Packets that are refused, for whatever reason: who sends more is no game client, and is closed.
BAD_PACKETS = Rate(2, 20)


class TokenBucket:
    """A bucket that refills at `rate`; clock: seconds, never going back."""

    __slots__ = ("_clock", "_filled_at_s", "_rate", "_tokens")

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.burst)
        self._filled_at_s = clock()

    def take(self) -> bool:
        """Takes a token, if there is one; returns whether there was."""
        if self._tokens < 1:
            self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _refill(self) -> None:
        now_s = self._clock()
        gained = (now_s - self._filled_at_s) * self._rate.per_s
        self._tokens = min(self._tokens + gained, float(self._rate.burst))
        self._filled_at_s = now_s
