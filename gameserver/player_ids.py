"""Ids for players: small ones, because everybody who is in view is named by its id in every STATE.

MessagePack writes an id up to 127 in one byte, up to 255 in two, then in three. So an id that its player gave back is
given out again, the smallest first; but it rests before, lest somebody take a newcomer for the one who just left.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from typing import Callable, Iterable

REST_S = 60.0


class PlayerIds:
    """Gives out ids from 1. taken: those that are in use already. clock: seconds, never going back."""

    def __init__(self, taken: Iterable[int] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        in_use = set(taken)
        self._highest = max(in_use, default=0)
        self._free = [number for number in range(1, self._highest) if number not in in_use]  # a heap
        self._resting: deque[tuple[float, int]] = deque()  # until when, in that order

    def take(self) -> int:
        """Returns an id that nobody has, and nobody had a moment ago."""
        now_s = self._clock()
        while self._resting and self._resting[0][0] <= now_s:
            heapq.heappush(self._free, self._resting.popleft()[1])
        if self._free:
            return heapq.heappop(self._free)
        self._highest += 1
        return self._highest

    def give_back(self, player_id: int) -> None:
        """Says that a player does not need its id any more."""
        self._resting.append((self._clock() + REST_S, player_id))
