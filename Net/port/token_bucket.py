"""Token buckets: a steady rate, and a burst that a key can save up (as in RFC 2697).

In:  requests to take a token. Out: whether there was a token. Nothing here waits.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, NamedTuple

# The most keys that one `KeyedBuckets` remembers. Each takes about 200 bytes.
MOST_KEYS = 4096
# The shared bucket of all new keys that arrive while no more keys can be remembered.
_OTHERS = ""


class Rate(NamedTuple):
    """A steady rate in tokens per second, and the burst that may come at once."""

    per_s: float
    burst: int


class TokenBucket:
    """A bucket that refills at `rate`. clock: seconds that never go back."""

    __slots__ = ("_clock", "_filled_at_s", "_rate", "_tokens")

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.burst)
        self._filled_at_s = clock()

    def take(self) -> bool:
        """Takes a token, if there is one; returns whether there was one."""
        if self._tokens < 1:
            self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def is_full(self) -> bool:
        """Whether the bucket holds its whole burst, as a new bucket does."""
        self._refill()
        return self._tokens >= self._rate.burst

    def _refill(self) -> None:
        now_s = self._clock()
        gained = (now_s - self._filled_at_s) * self._rate.per_s
        self._tokens = min(self._tokens + gained, float(self._rate.burst))
        self._filled_at_s = now_s


class KeyedBuckets:
    """One bucket for each key, such as an address; any thread may call the methods.

    The number of keys is bounded. When room is needed, full buckets are forgotten; if no bucket is full, new keys share
    one bucket.
    """

    def __init__(self, rate: Rate, most_keys: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most_keys = most_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str) -> bool:
        """Takes a token from the bucket of a key; returns whether there was one."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._make_bucket(key)
            return bucket.take()

    def _make_bucket(self, key: str) -> TokenBucket:
        if len(self._buckets) >= self._most_keys:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full()}
        if len(self._buckets) >= self._most_keys:
            key = _OTHERS
        return self._buckets.setdefault(key, TokenBucket(self._rate, self._clock))
